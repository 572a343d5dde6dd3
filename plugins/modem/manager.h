/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manager.h - one modem, as ModemManager has it on the system bus
 *
 * What ModemManager says of the modem and of its bearers is kept in a struct modem; a handler hears when anything in it is
 * another. ModemManager may come and go, and so may the modem.
 */
#pragma once

#include <lwm2m/plugin.h>

#define MANAGER_BEARERS_MAX 4
#define MANAGER_PATH_MAX    96

/* NAN: not known. dBm, dB. */
struct signal {
	double rssi, rsrp, rsrq, snr, rscp;
};

struct bearer {
	char path[MANAGER_PATH_MAX];
	bool connected;
	char interface[32];
	char address[2][46], gateway[2][46], dns[2][46]; /* of IPv4, of IPv6 */
	char apn[101], user[65], password[65];
	uint32_t ip_type, auth; /* MMBearerIpFamily, MMBearerAllowedAuth */
	uint64_t rx_bytes, tx_bytes;
};

struct modem {
	char path[MANAGER_PATH_MAX];
	char imei[32], device[128];
	int32_t state;         /* MMModemState */
	uint32_t technologies; /* MMModemAccessTechnology */
	uint32_t sources, enabled_sources; /* MMModemLocationSource */
	char operator_code[8]; /* MCC and MNC */
	char cell[64];         /* "MCC,MNC,LAC,CI,TAC", the last three hexadecimal */
	struct signal gsm, umts, lte, nr5g;
	struct bearer bearers[MANAGER_BEARERS_MAX];
	size_t n_bearers;
};

/* wanted: the IMEI or the device of the modem to take; NULL: the first one. signal_s: 0: signals are not asked for. */
struct manager_options {
	const char *wanted;
	uint32_t signal_s;
	void (*changed)(const struct lw_host *host);
};

/* What a connection is made with. */
struct profile {
	const char *apn, *user, *password;
	uint32_t ip_type, auth;
};

int manager_start(const struct lw_host *host, const struct manager_options *options);
void manager_stop(void);

/* NULL: there is none now. */
const struct modem *manager_modem(void);

/* Hears what became of the call: "" or ModemManager's words for why not. */
typedef void (*manager_done)(const struct lw_host *host, const char *error);

int manager_connect(const struct profile *profile, manager_done done);
int manager_disconnect(manager_done done);
