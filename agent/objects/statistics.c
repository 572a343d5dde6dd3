/* SPDX-License-Identifier: Apache-2.0 */
#include "objects/statistics.h"

#include <errno.h>
#include <stdlib.h>

#include "lwm2m/registry.h"

enum {
	TX_DATA = 2,
	RX_DATA = 3,
	MAX_MESSAGE_SIZE = 4,
	AVERAGE_MESSAGE_SIZE = 5,
	START = 6,
	STOP = 7,
	COLLECTION_PERIOD = 8,
};

#define FIRST_COUNTER TX_DATA
#define LAST_COUNTER  AVERAGE_MESSAGE_SIZE
#define N_COUNTERS    (LAST_COUNTER - FIRST_COUNTER + 1)

#define QUIET_TIME USEC_PER_SEC

struct statistics {
	struct object object;
	const struct statistics_actions *actions;
	void *userdata;
	struct traffic traffic;
	uint32_t period_s;        /* 0: until Stop */
	usec_t end;               /* of the collection; USEC_INFINITY: there is none, or it has no end */
	bool noticed;             /* observers are to hear of it at tell_at */
	usec_t tell_at;           /* not before: they heard of something a moment ago */
	int64_t told[N_COUNTERS]; /* what they know */
};

static const struct resource_info resources[] = {
	{ TX_DATA, VALUE_INTEGER, RESOURCE_R, 0 },
	{ RX_DATA, VALUE_INTEGER, RESOURCE_R, 0 },
	{ MAX_MESSAGE_SIZE, VALUE_INTEGER, RESOURCE_R, 0 },
	{ AVERAGE_MESSAGE_SIZE, VALUE_INTEGER, RESOURCE_R, 0 },
	{ START, VALUE_NONE, RESOURCE_E, RESOURCE_MANDATORY },
	{ STOP, VALUE_NONE, RESOURCE_E, RESOURCE_MANDATORY },
	{ COLLECTION_PERIOD, VALUE_INTEGER, RESOURCE_RW, 0 },
};

static const struct object_info info = {
	.id = 7,
	.flags = OBJECT_PERSIST | OBJECT_REPLACEABLE,
	.version = "1.0",
	.resources = resources,
	.n_resources = ELEMENTSOF(resources),
};

static int64_t get(const struct statistics *statistics, uint16_t rid)
{
	const struct traffic *traffic = &statistics->traffic;

	switch (rid) {
	case TX_DATA:
		return (int64_t)(traffic->sent / 1000);
	case RX_DATA:
		return (int64_t)(traffic->received / 1000);
	case MAX_MESSAGE_SIZE:
		return (int64_t)traffic->largest;
	case AVERAGE_MESSAGE_SIZE:
		if (traffic->messages == 0)
			return 0;
		return (int64_t)((traffic->sent + traffic->received) / traffic->messages);
	default:
		return statistics->period_s;
	}
}

static struct statistics *statistics_of(const struct object *object)
{
	return container_of(object, struct statistics, object);
}

static void statistics_read(struct object *object, struct operation *operation)
{
	int r = 0;

	for (size_t i = 0; i < ELEMENTSOF(resources) && r == 0; i++) {
		uint16_t rid = resources[i].id;

		if (!(resources[i].operations & RESOURCE_R) ||
			(operation->path.depth >= PATH_RESOURCE && operation->path.ids[2] != rid))
			continue;
		r = records_add(&operation->records, PATH3(info.id, 0, rid),
			VALUE_INTEGER(get(statistics_of(object), rid)));
	}
	operation_done(operation, r);
}

/* A Replace of the instance that has no period takes it away. A collection that is under way keeps its end. */
static void statistics_write(struct object *object, struct operation *operation)
{
	struct statistics *statistics = statistics_of(object);
	bool replace = operation->type == OPERATION_WRITE_REPLACE && operation->path.depth == PATH_INSTANCE;
	int64_t period_s = replace ? 0 : statistics->period_s;

	for (size_t i = 0; i < operation->records.count; i++)
		if (operation->records.items[i].path.ids[2] == COLLECTION_PERIOD)
			period_s = operation->records.items[i].value.integer;
	if (period_s < 0 || period_s > UINT32_MAX) {
		operation_done(operation, -ERANGE);
		return;
	}
	statistics->period_s = (uint32_t)period_s;
	operation_done(operation, 0);
}

static void tell(struct statistics *statistics, usec_t now)
{
	statistics->noticed = false;
	for (uint16_t rid = FIRST_COUNTER; rid <= LAST_COUNTER; rid++) {
		int64_t value = get(statistics, rid), *told = &statistics->told[rid - FIRST_COUNTER];

		if (value == *told)
			continue;
		*told = value;
		statistics->tell_at = usec_add(now, QUIET_TIME);
		registry_changed(statistics->object.registry, &PATH3(info.id, 0, rid));
	}
}

static void start(struct statistics *statistics)
{
	usec_t now = statistics->actions->now(statistics->userdata);

	statistics->traffic = (struct traffic){ 0 };
	statistics->end = statistics->period_s > 0 ? usec_add(now, usec_from_s(statistics->period_s)) :
						     USEC_INFINITY;
	statistics->actions->count(statistics->userdata, &statistics->traffic);
}

static void stop(struct statistics *statistics)
{
	statistics->end = USEC_INFINITY;
	statistics->actions->count(statistics->userdata, NULL);
}

static void statistics_execute(struct object *object, struct operation *operation)
{
	if (operation->path.ids[2] == START)
		start(statistics_of(object));
	else
		stop(statistics_of(object));
	operation_done(operation, 0);
}

static int statistics_probe(const struct object *object, uint16_t iid, const struct resource_info *resource,
			    const uint16_t **ret_ids)
{
	return 0;
}

static void statistics_watch(struct object *object, bool watched)
{
	struct statistics *statistics = statistics_of(object);

	for (uint16_t rid = FIRST_COUNTER; rid <= LAST_COUNTER; rid++)
		statistics->told[rid - FIRST_COUNTER] = get(statistics, rid);
	statistics->noticed = false;
}

static const struct object_ops ops = {
	.read = statistics_read,
	.write = statistics_write,
	.execute = statistics_execute,
	.probe = statistics_probe,
	.watch = statistics_watch,
};

int statistics_new(const struct statistics_actions *actions, void *userdata, struct statistics **ret)
{
	_cleanup_(statistics_freep) struct statistics *statistics = calloc(1, sizeof(*statistics));
	int r;

	if (!statistics)
		return -ENOMEM;
	statistics->object.info = &info;
	statistics->object.ops = &ops;
	statistics->actions = actions;
	statistics->userdata = userdata;
	statistics->end = USEC_INFINITY;
	r = object_add_instance(&statistics->object, 0);
	if (r < 0)
		return r;
	*ret = steal_pointer(&statistics);
	return 0;
}

struct statistics *statistics_free(struct statistics *statistics)
{
	if (!statistics)
		return NULL;
	object_deinit(&statistics->object);
	free(statistics);
	return NULL;
}

struct object *statistics_object(struct statistics *statistics)
{
	return &statistics->object;
}

/* What is looked at when the time has come: an answer may not be on its way yet. */
void statistics_noticed(struct statistics *statistics)
{
	statistics->noticed = statistics->object.watched;
}

usec_t statistics_deadline(const struct statistics *statistics)
{
	return statistics->noticed ? usec_min(statistics->end, statistics->tell_at) : statistics->end;
}

void statistics_tick(struct statistics *statistics, usec_t now)
{
	if (now >= statistics->end)
		stop(statistics);
	if (statistics->noticed && now >= statistics->tell_at)
		tell(statistics, now);
}
