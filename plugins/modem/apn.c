/* SPDX-License-Identifier: Apache-2.0 */
/*
 * APN Connection Profile (OMA 11): what the modem connects with
 *
 * A server that changes it may be heard through the very connection that goes down. So the answer leaves first, and when
 * the new settings do not connect, the ones before are put back.
 */
#include <ctype.h>
#include <syslog.h>
#include <systemd/sd-event.h>

#include "objects.h"

#define ANSWER_FIRST UINT64_C(2000000)
#define SETTLE_MAX   UINT64_C(10000000)

/* MMBearerAllowedAuth by Authentication Type, MMBearerIpFamily by PDN Type; 0: left to ModemManager. */
static const uint32_t auths[] = { 2, 4, 6, 1 }, ip_types[] = { 8, 1, 2, 4 };

#define N_TYPES 4

struct apn {
	char name[101], apn[101], user[65], secret[65];
	int32_t auth, pdn_type;
	bool enabled, has_pdn_type;
	int64_t sent, received;
	LW_ARRAY_STRING(46, 2) addresses;
	LW_ARRAY_STRING(46, 2) gateways;
	LW_ARRAY_STRING(46, 2) dns;
};

static struct lw_instance *instance;
static struct apn before;   /* what the modem was connected with when a server wrote */
static bool had_connection; /* and whether it was */
static sd_event_source *timer;
static enum { IDLE, WAITING, DISCONNECTING, CONNECTING, SETTLING } progress;

static int32_t type_of(const uint32_t *table, uint32_t value, int32_t otherwise)
{
	for (int32_t i = 0; i < N_TYPES; i++)
		if (table[i] == value)
			return i;
	return otherwise;
}

static void show_bearer(struct apn *apn, const struct bearer *bearer)
{
	snprintf(apn->apn, sizeof(apn->apn), "%s", bearer->apn);
	snprintf(apn->user, sizeof(apn->user), "%s", bearer->user);
	snprintf(apn->secret, sizeof(apn->secret), "%s", bearer->password);
	if (!apn->name[0])
		snprintf(apn->name, sizeof(apn->name), "%s", bearer->apn);
	apn->auth = type_of(auths, bearer->auth, bearer->user[0] ? 2 : 3);
	apn->pdn_type = type_of(ip_types, bearer->ip_type, -1);
	apn->has_pdn_type = apn->pdn_type >= 0;
	apn->enabled = bearer->connected;
}

static void show_addresses(struct apn *apn, const struct bearer *bearer)
{
	apn->addresses.count = apn->gateways.count = apn->dns.count = 0;
	for (size_t i = 0; i < 2 && bearer->connected; i++) {
		if (bearer->address[i][0])
			strcpy(apn->addresses.values[apn->addresses.count++], bearer->address[i]);
		if (bearer->gateway[i][0])
			strcpy(apn->gateways.values[apn->gateways.count++], bearer->gateway[i]);
		if (bearer->dns[i][0])
			strcpy(apn->dns.values[apn->dns.count++], bearer->dns[i]);
	}
	apn->sent = (int64_t)bearer->tx_bytes;
	apn->received = (int64_t)bearer->rx_bytes;
}

static int apn_init(struct lw_instance *inst)
{
	instance = inst;
	return 0;
}

static void apn_fini(struct lw_instance *inst)
{
	instance = NULL;
}

void apn_stop(void)
{
	timer = sd_event_source_disable_unref(timer);
	progress = IDLE;
}

void apn_show(const struct lw_host *host, const struct modem *modem)
{
	const struct bearer *bearer = modem ? modem_bearer(modem) : NULL;

	if (!modem) {
		apn_stop();
		if (instance)
			lw_remove_instance(instance);
		return;
	}
	if (!instance && lw_add_instance(host, apn_object.id, 0, NULL) < 0)
		return;
	if (!bearer)
		return;
	if (progress == SETTLING && bearer->connected)
		progress = IDLE;
	if (progress == IDLE)
		show_bearer(instance->data, bearer);
	show_addresses(instance->data, bearer);
}

static void profile_of(const struct apn *apn, struct profile *ret)
{
	*ret = (struct profile){
		.apn = apn->apn,
		.user = apn->user,
		.password = apn->secret,
		.auth = apn->user[0] || apn->auth == 3 ? auths[apn->auth] : 0,
		.ip_type = apn->has_pdn_type ? ip_types[apn->pdn_type] : 0,
	};
}

static void come_to_rest(const struct lw_host *host)
{
	progress = IDLE;
	apn_show(host, manager_modem());
}

static int on_settled(sd_event_source *source, uint64_t usec, void *userdata)
{
	come_to_rest(userdata);
	return 0;
}

/* ModemManager says that it is connected before it says what the new bearer is. */
static void settle(const struct lw_host *host)
{
	timer = sd_event_source_disable_unref(timer);
	progress = SETTLING;
	(void)sd_event_add_time_relative(lw_event(host), &timer, CLOCK_BOOTTIME, SETTLE_MAX, 0, on_settled,
		(void *)(uintptr_t)host);
	apn_show(host, manager_modem());
}

static void on_returned(const struct lw_host *host, const char *error)
{
	if (*error)
		lw_log(host, LOG_ERR, "The modem does not connect with APN '%s' any more either: %s", before.apn, error);
	settle(host);
}

/* The settings of before are what servers see again, and what the modem connects with where it was connected. */
static void go_back(const struct lw_host *host, const char *error)
{
	struct apn *apn = instance->data;
	struct profile profile;

	lw_log(host, LOG_WARNING, "The modem does not connect with APN '%s': %s; back to '%s'", apn->apn, error,
		before.apn);
	*apn = before;
	progress = CONNECTING;
	profile_of(apn, &profile);
	if (!had_connection || manager_connect(&profile, on_returned) < 0)
		come_to_rest(host);
}

static void on_connected(const struct lw_host *host, const char *error)
{
	if (!instance)
		return;
	if (*error) {
		go_back(host, error);
		return;
	}
	lw_log(host, LOG_NOTICE, "The modem is connected with APN '%s' now", ((struct apn *)instance->data)->apn);
	settle(host);
}

/* Whether there was something to disconnect does not matter. */
static void on_disconnected(const struct lw_host *host, const char *error)
{
	struct profile profile;
	struct apn *apn;

	if (!instance)
		return;
	apn = instance->data;
	if (!apn->enabled) {
		if (*error && had_connection)
			lw_log(host, LOG_WARNING, "The modem does not disconnect: %s", error);
		come_to_rest(host);
		return;
	}
	progress = CONNECTING;
	profile_of(apn, &profile);
	if (manager_connect(&profile, on_connected) < 0)
		go_back(host, "ModemManager cannot be asked");
}

static void apply(const struct lw_host *host)
{
	progress = DISCONNECTING;
	if (manager_disconnect(on_disconnected) < 0)
		come_to_rest(host);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	apply(userdata);
	return 0;
}

static bool is_apn(const char *text)
{
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && *text != '.' && *text != '-')
			return false;
	return true;
}

static bool is_sane(const struct apn *apn)
{
	return is_apn(apn->apn) && apn->auth >= 0 && apn->auth < N_TYPES &&
	       (!apn->has_pdn_type || (apn->pdn_type >= 0 && apn->pdn_type < N_TYPES));
}

static bool connects_alike(const struct apn *apn, const struct bearer *bearer)
{
	struct apn now = *apn;

	show_bearer(&now, bearer);
	return strcmp(now.apn, apn->apn) == 0 && strcmp(now.user, apn->user) == 0 &&
	       strcmp(now.secret, apn->secret) == 0 && now.auth == apn->auth && now.enabled == apn->enabled &&
	       now.has_pdn_type == apn->has_pdn_type && now.pdn_type == apn->pdn_type;
}

static int written(struct lw_instance *inst)
{
	const struct modem *modem = manager_modem();
	const struct bearer *bearer = modem ? modem_bearer(modem) : NULL;
	struct apn *apn = inst->data;

	if (progress > WAITING)
		return -EBUSY;
	if (!is_sane(apn))
		return -EINVAL;
	if (bearer && connects_alike(apn, bearer))
		return 0;
	if (progress == IDLE) {
		before = *apn;
		if (bearer)
			show_bearer(&before, bearer);
		had_connection = bearer && bearer->connected;
	}
	timer = sd_event_source_disable_unref(timer);
	progress = WAITING;
	return sd_event_add_time_relative(lw_event(inst->host), &timer, CLOCK_BOOTTIME, ANSWER_FIRST, 0, on_timer,
		(void *)(uintptr_t)inst->host);
}

static const struct lw_resource resources[] = {
	LW_RES_STRING(0, LW_RW, struct apn, name, .flags = LW_MANDATORY),
	LW_RES_STRING(1, LW_RW, struct apn, apn),
	LW_RES_BOOLEAN(3, LW_RW, struct apn, enabled),
	LW_RES_INTEGER(4, LW_RW, struct apn, auth, .flags = LW_MANDATORY),
	LW_RES_STRING(5, LW_RW, struct apn, user),
	LW_RES_STRING(6, LW_W, struct apn, secret),
	LW_RES_INTEGER(13, LW_R, struct apn, sent),
	LW_RES_INTEGER(14, LW_R, struct apn, received),
	LW_RES_ARRAY_STRING(15, LW_R, struct apn, addresses),
	LW_RES_ARRAY_STRING(18, LW_R, struct apn, gateways),
	LW_RES_ARRAY_STRING(19, LW_R, struct apn, dns),
	LW_RES_INTEGER(24, LW_RW, struct apn, pdn_type, LW_PRESENT(struct apn, has_pdn_type)),
	LW_RES_END,
};

const struct lw_object apn_object = {
	.id = 11,
	.version = "1.1",
	.flags = LW_INSTANCES,
	.resources = resources,
	LW_DATA(struct apn, .auth = 3),
	.written = written,
	.init = apn_init,
	.fini = apn_fini,
};
