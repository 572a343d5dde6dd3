/* SPDX-License-Identifier: Apache-2.0 */
/* Connectivity Monitoring (OMA 4) while the default route is through a station; the agent's own otherwise. */
#include "../common/route.h"
#include "wifi.h"

#define WLAN          21
#define ADDRESSES_MAX 8
#define NOISE_UNKNOWN 9999 /* wpa_supplicant's word for it */

struct connectivity {
	int32_t bearer, strength, snr;
	bool has_strength, has_snr;
	LW_ARRAY(int32_t, 1) available;
	LW_ARRAY_STRING(ROUTE_ADDRESS_MAX, ADDRESSES_MAX) addresses;
	LW_ARRAY_STRING(ROUTE_ADDRESS_MAX, ADDRESSES_MAX) routers;
};

static struct lw_instance *instance;
static struct station *shown; /* whose instance it is */
static sd_bus_slot *call;

/* Most drivers know no noise; wpa_supplicant says 0 or 9999 then. */
static void take_signal(struct connectivity *c, int32_t level, int32_t noise)
{
	c->has_strength = level < 0;
	c->has_snr = level < 0 && noise < 0;
	if (c->has_strength)
		c->strength = level;
	if (c->has_snr)
		c->snr = level - noise;
}

/* A variant of a{sv}; of what is in it, two. */
static int read_signal(sd_bus_message *message, int32_t *ret_level, int32_t *ret_noise)
{
	const char *name;
	int r = sd_bus_message_enter_container(message, 'v', "a{sv}");

	if (r >= 0)
		r = sd_bus_message_enter_container(message, 'a', "{sv}");
	while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
		r = sd_bus_message_read(message, "s", &name);
		if (r < 0)
			return r;
		if (strcmp(name, "rssi") == 0)
			r = sd_bus_message_read(message, "v", "i", ret_level);
		else if (strcmp(name, "noise") == 0)
			r = sd_bus_message_read(message, "v", "i", ret_noise);
		else
			r = sd_bus_message_skip(message, "v");
		if (r >= 0)
			r = sd_bus_message_exit_container(message);
	}
	return r;
}

static int on_signal(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	int32_t level = 0, noise = NOISE_UNKNOWN;

	call = sd_bus_slot_unref(call);
	if (!instance)
		return 0;
	if (sd_bus_message_is_method_error(message, NULL) || read_signal(message, &level, &noise) < 0)
		level = 0;
	take_signal(instance->data, level, noise);
	lw_finish(instance, 0);
	return 0;
}

/* Only while somebody reads or observes. */
static int connectivity_poll(struct lw_instance *inst)
{
	int r;

	call = sd_bus_slot_unref(call);
	r = sd_bus_call_method_async(supplicant_bus(), &call, SUPPLICANT, shown->path, SUPPLICANT_INTERFACE, "SignalPoll",
		on_signal, NULL, NULL);
	return r < 0 ? r : LW_LATER;
}

static int connectivity_init(struct lw_instance *inst)
{
	instance = inst;
	return 0;
}

static void connectivity_fini(struct lw_instance *inst)
{
	call = sd_bus_slot_unref(call);
	instance = NULL;
}

static void leave(void)
{
	if (instance)
		lw_remove_instance(instance);
	shown = NULL;
}

/* The one that the default route goes through; NULL: it goes elsewhere, or nowhere. */
static struct station *find_station(void)
{
	char name[ROUTE_INTERFACE_MAX];
	struct station *station = route_find(name) ? supplicant_find(name) : NULL;

	return station && strcmp(station->state, "completed") == 0 ? station : NULL;
}

void connectivity_show(const struct lw_host *host)
{
	struct station *station = find_station();
	struct connectivity *c;

	if (station != shown)
		leave();
	if (!station)
		return;
	shown = station;
	if (!instance && lw_add_instance(host, connectivity_object.id, 0, NULL) < 0)
		return;
	c = instance->data;
	c->addresses.count = route_addresses(station->name, c->addresses.values, ADDRESSES_MAX);
	c->routers.count = route_routers(station->name, c->routers.values, ADDRESSES_MAX);
}

static const struct lw_resource resources[] = {
	LW_RES_INTEGER(0, LW_R, struct connectivity, bearer),
	LW_RES_ARRAY_INTEGER(1, LW_R, struct connectivity, available),
	LW_RES_INTEGER(2, LW_R, struct connectivity, strength, LW_PRESENT(struct connectivity, has_strength)),
	LW_RES_ARRAY_STRING(4, LW_R, struct connectivity, addresses),
	LW_RES_ARRAY_STRING(5, LW_R, struct connectivity, routers),
	LW_RES_INTEGER(11, LW_R, struct connectivity, snr, LW_PRESENT(struct connectivity, has_snr)),
	LW_RES_END,
};

const struct lw_object connectivity_object = {
	.id = 4,
	.version = "1.3",
	.flags = LW_INSTANCES,
	.resources = resources,
	LW_DATA(struct connectivity, .bearer = WLAN, .available = { .count = 1, .values = { WLAN } }),
	.poll_ms = 5000,
	.poll = connectivity_poll,
	.init = connectivity_init,
	.fini = connectivity_fini,
};
