/* SPDX-License-Identifier: Apache-2.0 */
/* Connectivity Monitoring (OMA 4) while the default route is through the modem; the agent's own otherwise. */
#include <math.h>
#include <stdlib.h>

#include "../common/route.h"
#include "objects.h"

/* MMModemAccessTechnology, the newest first, and what object 4 calls it. */
static const struct {
	uint32_t technologies;
	int32_t bearer;
	size_t signal;
	bool by_rscp;
} technologies[] = {
	{ 1U << 15, 9, offsetof(struct modem, nr5g) },             /* 5G-NR; FDD, which is not told from TDD */
	{ 1U << 17, 7, offsetof(struct modem, lte) },              /* NB-IoT */
	{ 1U << 14 | 1U << 16, 6, offsetof(struct modem, lte) },   /* LTE, LTE-M; FDD as above */
	{ 0xfU << 10, 3, offsetof(struct modem, gsm) },            /* CDMA2000 */
	{ 0x1fU << 5, 2, offsetof(struct modem, umts), true },     /* WCDMA */
	{ 0xfU << 1, 0, offsetof(struct modem, gsm) },             /* GSM */
};

struct connectivity {
	int32_t bearer, strength, quality, snr, cell, mnc, mcc, lac;
	bool has_bearer, has_strength, has_quality, has_snr, has_cell, has_operator, has_lac;
	LW_ARRAY(int32_t, 1) available;
	LW_ARRAY_STRING(46, 2) addresses;
	LW_ARRAY_STRING(46, 2) routers;
	LW_ARRAY_STRING(101, 1) apns;
};

static struct lw_instance *instance;

static void set_level(double level, int32_t *ret, bool *ret_has)
{
	*ret_has = !isnan(level);
	if (*ret_has)
		*ret = (int32_t)lround(level);
}

static void show_radio(struct connectivity *c, const struct modem *modem)
{
	const struct signal *signal;
	size_t i = 0;

	c->has_bearer = c->has_strength = c->has_quality = c->has_snr = false;
	c->available.count = 0;
	while (i < sizeof(technologies) / sizeof(technologies[0]) &&
		!(modem->technologies & technologies[i].technologies))
		i++;
	if (i == sizeof(technologies) / sizeof(technologies[0]))
		return;
	signal = (const struct signal *)(const void *)((const char *)modem + technologies[i].signal);
	c->has_bearer = true;
	c->bearer = c->available.values[0] = technologies[i].bearer;
	c->available.count = 1;
	set_level(!isnan(signal->rsrp) && !technologies[i].by_rscp     ? signal->rsrp :
		  technologies[i].by_rscp && !isnan(signal->rscp) ? signal->rscp :
								    signal->rssi,
		&c->strength, &c->has_strength);
	set_level(signal->rsrq, &c->quality, &c->has_quality);
	set_level(signal->snr, &c->snr, &c->has_snr);
}

/* "262,02,1A2B,01C2D3E4,001A2B": MCC, MNC, LAC, CI, TAC; in LTE the last takes the place of the third. */
static void show_cell(struct connectivity *c, const struct modem *modem)
{
	unsigned int mcc, mnc, lac, cell, tac = 0;
	int n = sscanf(modem->cell, "%u,%u,%x,%x,%x", &mcc, &mnc, &lac, &cell, &tac);

	c->has_cell = n >= 4;
	c->has_lac = n >= 3 && (lac > 0 || tac > 0);
	c->has_operator = n >= 2;
	if (!c->has_operator)
		c->has_operator = sscanf(modem->operator_code, "%3u%3u", &mcc, &mnc) == 2;
	if (c->has_operator) {
		c->mcc = (int32_t)mcc;
		c->mnc = (int32_t)mnc;
	}
	if (c->has_cell)
		c->cell = (int32_t)cell;
	if (c->has_lac)
		c->lac = (int32_t)(lac > 0 ? lac : tac);
}

static void show_addresses(struct connectivity *c, const struct bearer *bearer)
{
	c->addresses.count = c->routers.count = c->apns.count = 0;
	if (!bearer || !bearer->connected)
		return;
	for (size_t i = 0; i < 2; i++) {
		if (bearer->address[i][0])
			strcpy(c->addresses.values[c->addresses.count++], bearer->address[i]);
		if (bearer->gateway[i][0])
			strcpy(c->routers.values[c->routers.count++], bearer->gateway[i]);
	}
	strcpy(c->apns.values[0], bearer->apn);
	c->apns.count = 1;
}

/* pppd names the interface, not ModemManager. */
static bool is_in_use(const struct bearer *bearer)
{
	char name[ROUTE_INTERFACE_MAX];

	return bearer && bearer->connected && route_find(name) &&
	       (strcmp(name, bearer->interface) == 0 || strncmp(name, "ppp", 3) == 0);
}

static int connectivity_init(struct lw_instance *inst)
{
	instance = inst;
	return 0;
}

static void connectivity_fini(struct lw_instance *inst)
{
	instance = NULL;
}

void connectivity_show(const struct lw_host *host, const struct modem *modem, bool always)
{
	const struct bearer *bearer = modem ? modem_bearer(modem) : NULL;
	struct connectivity *c;

	if (!modem || !(always || is_in_use(bearer))) {
		if (instance)
			lw_remove_instance(instance);
		return;
	}
	if (!instance && lw_add_instance(host, connectivity_object.id, 0, NULL) < 0)
		return;
	c = instance->data;
	show_radio(c, modem);
	show_cell(c, modem);
	show_addresses(c, bearer);
}

static const struct lw_resource resources[] = {
	LW_RES_INTEGER(0, LW_R, struct connectivity, bearer, LW_PRESENT(struct connectivity, has_bearer)),
	LW_RES_ARRAY_INTEGER(1, LW_R, struct connectivity, available),
	LW_RES_INTEGER(2, LW_R, struct connectivity, strength, LW_PRESENT(struct connectivity, has_strength)),
	LW_RES_INTEGER(3, LW_R, struct connectivity, quality, LW_PRESENT(struct connectivity, has_quality)),
	LW_RES_ARRAY_STRING(4, LW_R, struct connectivity, addresses),
	LW_RES_ARRAY_STRING(5, LW_R, struct connectivity, routers),
	LW_RES_ARRAY_STRING(7, LW_R, struct connectivity, apns),
	LW_RES_INTEGER(8, LW_R, struct connectivity, cell, LW_PRESENT(struct connectivity, has_cell)),
	LW_RES_INTEGER(9, LW_R, struct connectivity, mnc, LW_PRESENT(struct connectivity, has_operator)),
	LW_RES_INTEGER(10, LW_R, struct connectivity, mcc, LW_PRESENT(struct connectivity, has_operator)),
	LW_RES_INTEGER(11, LW_R, struct connectivity, snr, LW_PRESENT(struct connectivity, has_snr)),
	LW_RES_INTEGER(12, LW_R, struct connectivity, lac, LW_PRESENT(struct connectivity, has_lac)),
	LW_RES_END,
};

const struct lw_object connectivity_object = {
	.id = 4,
	.version = "1.3",
	.flags = LW_INSTANCES,
	.resources = resources,
	LW_DATA(struct connectivity, 0),
	.init = connectivity_init,
	.fini = connectivity_fini,
};
