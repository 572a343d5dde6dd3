/* SPDX-License-Identifier: Apache-2.0 */
#include "objects/connectivity.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lwm2m/registry.h"

enum {
	NETWORK_BEARER = 0,
	AVAILABLE_BEARERS = 1,
	RADIO_SIGNAL_STRENGTH = 2,
	LINK_QUALITY = 3,
	IP_ADDRESSES = 4,
	ROUTER_ADDRESSES = 5,
	LINK_UTILIZATION = 6,
	APN = 7,
	CELL_ID = 8,
	SMNC = 9,
	SMCC = 10,
	SIGNAL_SNR = 11,
	LAC = 12,
};

#define UTILIZATION_TIME (10 * USEC_PER_SEC)

/* The value of a kind, and of its resource instance the id: kind - 1. */
static const int64_t bearers[_UPLINK_KIND_MAX] = {
	[UPLINK_ETHERNET] = 41,
	[UPLINK_WLAN] = 21,
	[UPLINK_BLUETOOTH] = 22,
	[UPLINK_IEEE802154] = 23,
};

_Static_assert(UPLINK_ADDRESSES_MAX >= (int)_UPLINK_KIND_MAX, "struct connectivity.ids has room for either");

/* Of a resource: its instances by id, "" where there is none. */
struct slots {
	char list[UPLINK_ADDRESSES_MAX][UPLINK_ADDRESS_MAX];
};

struct connectivity {
	struct object object;
	const struct connectivity_source *source;
	void *userdata;
	uint32_t interface;
	enum uplink_kind kind;
	unsigned int available;
	struct slots addresses, routers;
	struct uplink_load load; /* as it was at load_at; speed 0: not known */
	usec_t load_at;
	int64_t utilization; /* up to load_at; negative: none yet */
	uint16_t ids[UPLINK_ADDRESSES_MAX]; /* for probe */
};

/* Those of a radio have no value here, and keep who observes them while a plugin's object comes and goes. */
static const struct resource_info resources[] = {
	{ NETWORK_BEARER, VALUE_INTEGER, RESOURCE_R, RESOURCE_MANDATORY },
	{ AVAILABLE_BEARERS, VALUE_INTEGER, RESOURCE_R, RESOURCE_MULTIPLE | RESOURCE_MANDATORY },
	{ RADIO_SIGNAL_STRENGTH, VALUE_INTEGER, RESOURCE_R, 0 },
	{ LINK_QUALITY, VALUE_INTEGER, RESOURCE_R, 0 },
	{ IP_ADDRESSES, VALUE_STRING, RESOURCE_R, RESOURCE_MULTIPLE | RESOURCE_MANDATORY },
	{ ROUTER_ADDRESSES, VALUE_STRING, RESOURCE_R, RESOURCE_MULTIPLE },
	{ LINK_UTILIZATION, VALUE_INTEGER, RESOURCE_R, 0 },
	{ APN, VALUE_STRING, RESOURCE_R, RESOURCE_MULTIPLE },
	{ CELL_ID, VALUE_INTEGER, RESOURCE_R, 0 },
	{ SMNC, VALUE_INTEGER, RESOURCE_R, 0 },
	{ SMCC, VALUE_INTEGER, RESOURCE_R, 0 },
	{ SIGNAL_SNR, VALUE_INTEGER, RESOURCE_R, 0 },
	{ LAC, VALUE_INTEGER, RESOURCE_R, 0 },
};

static const struct object_info info = {
	.id = 4,
	.flags = OBJECT_REPLACEABLE,
	.version = "1.3",
	.resources = resources,
	.n_resources = ELEMENTSOF(resources),
};

static struct connectivity *connectivity_of(const struct object *object)
{
	return container_of(object, struct connectivity, object);
}

static uint64_t grown(uint64_t from, uint64_t to)
{
	return to > from ? to - from : 0;
}

/* Mbit/s are bits in a microsecond. */
static int64_t percent(const struct uplink_load *from, const struct uplink_load *to, usec_t elapsed)
{
	uint64_t sent = grown(from->sent, to->sent), received = grown(from->received, to->received);
	double bits = (double)(sent > received ? sent : received) * 8;
	double used = elapsed > 0 ? 100 * bits / ((double)to->speed_mbit * (double)elapsed) : 0;

	return used > 100 ? 100 : (int64_t)(used + 0.5);
}

/* From here on the next value is the average. */
static void begin_load(struct connectivity *connectivity)
{
	connectivity->utilization = -1;
	connectivity->load_at = connectivity->source->now(connectivity->userdata);
	if (connectivity->interface == 0 || connectivity->source->load(connectivity->userdata,
						    connectivity->interface, &connectivity->load) < 0)
		connectivity->load = (struct uplink_load){ 0 };
}

static void measure(struct connectivity *connectivity)
{
	usec_t now = connectivity->source->now(connectivity->userdata);
	struct uplink_load load;

	if (connectivity->utilization >= 0 && now < usec_add(connectivity->load_at, UTILIZATION_TIME))
		return;
	if (connectivity->source->load(connectivity->userdata, connectivity->interface, &load) < 0 ||
		load.speed_mbit == 0) {
		connectivity->load.speed_mbit = 0;
		return;
	}
	connectivity->utilization = percent(&connectivity->load, &load, now - connectivity->load_at);
	connectivity->load = load;
	connectivity->load_at = now;
}

/* A single resource, or the instance riid of a multiple one. -ENOENT: not there. */
static int get(const struct connectivity *connectivity, uint16_t rid, uint16_t riid, struct value *ret)
{
	const struct slots *slots = rid == IP_ADDRESSES ? &connectivity->addresses : &connectivity->routers;

	switch (rid) {
	case NETWORK_BEARER:
		*ret = VALUE_INTEGER(bearers[connectivity->kind]);
		return connectivity->kind != UPLINK_UNKNOWN ? 0 : -ENOENT;
	case AVAILABLE_BEARERS:
		if (riid + 1 >= _UPLINK_KIND_MAX || !(connectivity->available & 1U << (riid + 1)))
			return -ENOENT;
		*ret = VALUE_INTEGER(bearers[riid + 1]);
		return 0;
	case LINK_UTILIZATION:
		*ret = VALUE_INTEGER(connectivity->utilization);
		return connectivity->load.speed_mbit > 0 ? 0 : -ENOENT;
	case IP_ADDRESSES:
	case ROUTER_ADDRESSES:
		if (riid >= UPLINK_ADDRESSES_MAX || !*slots->list[riid])
			return -ENOENT;
		*ret = VALUE_STRING(slots->list[riid]);
		return 0;
	default:
		return -ENOENT;
	}
}

static int read_multiple(const struct connectivity *connectivity, struct operation *operation, uint16_t rid)
{
	struct value value;
	int r = 0;

	for (uint16_t riid = 0; riid < UPLINK_ADDRESSES_MAX && r == 0; riid++) {
		if (operation->path.depth == PATH_RESOURCE_INSTANCE && operation->path.ids[3] != riid)
			continue;
		if (get(connectivity, rid, riid, &value) == 0)
			r = records_add_copy(&operation->records, PATH4(info.id, 0, rid, riid), value);
	}
	return r;
}

static int read_resource(
	struct connectivity *connectivity, struct operation *operation, const struct resource_info *resource)
{
	struct value value;

	if (resource->flags & RESOURCE_MULTIPLE)
		return read_multiple(connectivity, operation, resource->id);
	if (resource->id == LINK_UTILIZATION)
		measure(connectivity);
	if (get(connectivity, resource->id, 0, &value) < 0)
		return 0;
	return records_add(&operation->records, PATH3(info.id, 0, resource->id), value);
}

static void connectivity_read(struct object *object, struct operation *operation)
{
	int r = 0;

	for (size_t i = 0; i < ELEMENTSOF(resources) && r == 0; i++)
		if (operation->path.depth < PATH_RESOURCE || operation->path.ids[2] == resources[i].id)
			r = read_resource(connectivity_of(object), operation, &resources[i]);
	if (r == 0 && operation->path.depth >= PATH_RESOURCE && operation->records.count == 0)
		r = -ENODATA;
	operation_done(operation, r);
}

static int connectivity_probe(const struct object *object, uint16_t iid, const struct resource_info *resource,
			      const uint16_t **ret_ids)
{
	struct connectivity *connectivity = connectivity_of(object);
	struct value value;
	int n = 0;

	if (!(resource->flags & RESOURCE_MULTIPLE))
		return get(connectivity, resource->id, 0, &value);
	for (uint16_t riid = 0; riid < UPLINK_ADDRESSES_MAX; riid++)
		if (get(connectivity, resource->id, riid, &value) == 0)
			connectivity->ids[n++] = riid;
	if (n == 0)
		return -ENOENT;
	*ret_ids = connectivity->ids;
	return n;
}

static const struct object_ops ops = {
	.read = connectivity_read,
	.probe = connectivity_probe,
};

static bool has_address(const struct uplink_addresses *addresses, const char *address)
{
	for (size_t i = 0; i < addresses->count; i++)
		if (strcmp(addresses->list[i], address) == 0)
			return true;
	return false;
}

static char *find_slot(struct slots *slots, const char *address)
{
	for (size_t i = 0; i < UPLINK_ADDRESSES_MAX; i++)
		if (strcmp(slots->list[i], address) == 0)
			return slots->list[i];
	return NULL;
}

/* What goes leaves a gap, what comes takes the first one. Is anything another now? */
static bool update_slots(struct slots *slots, const struct uplink_addresses *addresses)
{
	bool changed = false;

	for (size_t i = 0; i < UPLINK_ADDRESSES_MAX; i++)
		if (*slots->list[i] && !has_address(addresses, slots->list[i])) {
			*slots->list[i] = '\0';
			changed = true;
		}
	for (size_t i = 0; i < addresses->count; i++) {
		char *slot = find_slot(slots, addresses->list[i]) ? NULL : find_slot(slots, "");

		if (slot) {
			strcpy(slot, addresses->list[i]);
			changed = true;
		}
	}
	return changed;
}

static void tell(struct connectivity *connectivity, uint16_t rid)
{
	if (connectivity->object.registry)
		registry_changed(connectivity->object.registry, &PATH3(info.id, 0, rid));
}

void connectivity_refresh(struct connectivity *connectivity)
{
	struct uplink uplink;

	connectivity->source->uplink(connectivity->userdata, &uplink);
	if (uplink.interface != connectivity->interface) {
		connectivity->interface = uplink.interface;
		begin_load(connectivity);
	}
	if (uplink.kind != connectivity->kind) {
		connectivity->kind = uplink.kind;
		tell(connectivity, NETWORK_BEARER);
	}
	if (uplink.available != connectivity->available) {
		connectivity->available = uplink.available;
		tell(connectivity, AVAILABLE_BEARERS);
	}
	if (update_slots(&connectivity->addresses, &uplink.addresses))
		tell(connectivity, IP_ADDRESSES);
	if (update_slots(&connectivity->routers, &uplink.routers))
		tell(connectivity, ROUTER_ADDRESSES);
}

int connectivity_new(const struct connectivity_source *source, void *userdata, struct connectivity **ret)
{
	_cleanup_(connectivity_freep) struct connectivity *connectivity = calloc(1, sizeof(*connectivity));
	int r;

	if (!connectivity)
		return -ENOMEM;
	connectivity->object.info = &info;
	connectivity->object.ops = &ops;
	connectivity->source = source;
	connectivity->userdata = userdata;
	r = object_add_instance(&connectivity->object, 0);
	if (r < 0)
		return r;
	connectivity_refresh(connectivity);
	*ret = steal_pointer(&connectivity);
	return 0;
}

struct connectivity *connectivity_free(struct connectivity *connectivity)
{
	if (!connectivity)
		return NULL;
	object_deinit(&connectivity->object);
	free(connectivity);
	return NULL;
}

struct object *connectivity_object(struct connectivity *connectivity)
{
	return &connectivity->object;
}
