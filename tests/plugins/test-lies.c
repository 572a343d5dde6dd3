/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plugin for tests that says what is not so, and works all the same: fields that claim more than they hold, answers of the
 * wrong type, too long, or to a question that nobody asked. Object 33032; 33033 is honest. Resource 20 takes half a second.
 */
#include <lwm2m/plugin.h>
#include <stdlib.h>
#include <systemd/sd-event.h>

#define LONG (2 << 20)

struct lies {
	LW_BYTES(8) opaque;
	LW_ARRAY(int32_t, 4) many, unordered;
	char endless[8], broken[8];
	bool seven;
	LW_ARRAY_STRING(4, 2) texts;
};

static int init(struct lw_instance *inst)
{
	struct lies *l = inst->data;

	l->opaque.len = UINT32_MAX;
	memset(l->opaque.data, 0xAA, sizeof(l->opaque.data));
	l->many.count = 1000;
	l->unordered.count = 3;
	memcpy(l->unordered.ids, (uint16_t[]){ 5, 3, 3 }, 3 * sizeof(uint16_t));
	memset(l->endless, 'x', sizeof(l->endless));
	memcpy(l->broken, "a\xff\xc3z", 5);
	memset(&l->seven, 7, 1);
	l->texts.count = UINT32_MAX;
	memset(l->texts.values, 'y', sizeof(l->texts.values));
	return 0;
}

static int lie(struct lw_instance *inst, uint16_t rid, lw_request request)
{
	struct lw_value nonsense = { .type = 77, .bytes = { NULL, UINT64_MAX } };
	static char big[LONG];
	int r;

	switch (rid) {
	case 10: /* too long */
		return lw_answer(inst, request, lw_opaque(big, LONG));
	case 11: /* of no type, then of a wrong one */
		r = lw_answer(inst, request, nonsense);
		return r < 0 ? lw_answer(inst, request, lw_float(1)) : 0;
	case 12: /* to others, and twice */
		lw_answer(inst, request + 1000, lw_integer(1));
		lw_done(inst, request + 1000, 0);
		lw_finish(inst, -EIO);
		lw_changed(inst, 9999);
		lw_add_instance(inst->host, 1, 1, NULL);
		r = lw_answer(inst, request, lw_integer(12));
		lw_done(inst, request, 0);
		lw_done(inst, request, -EIO);
		return r;
	case 13: /* errors that are none */
		return -100000;
	case 14:
		return 4711;
	default: /* of an instance that the resource does not have */
		return lw_answer_at(inst, request, 3, lw_integer(3));
	}
}

static lw_request slow_request;

static int on_slow(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct lw_instance *inst = userdata;

	lw_answer(inst, slow_request, lw_integer(20));
	lw_done(inst, slow_request, 0);
	return 0;
}

static sd_event_source *timer;

static int slow(struct lw_instance *inst, uint16_t rid, lw_request request)
{
	slow_request = request;
	timer = sd_event_source_disable_unref(timer);
	sd_event_add_time_relative(lw_event(inst->host), &timer, CLOCK_BOOTTIME, 500000, 1, on_slow, inst);
	return LW_LATER;
}

static void fini(struct lw_instance *inst)
{
	timer = sd_event_source_disable_unref(timer);
}

static const struct lw_resource resources[] = {
	LW_RES_OPAQUE(1, LW_RW, struct lies, opaque),
	LW_RES_ARRAY_INTEGER(2, LW_RW, struct lies, many),
	LW_RES_ARRAY_INTEGER(3, LW_R, struct lies, unordered),
	LW_RES_STRING(4, LW_RW, struct lies, endless),
	LW_RES_STRING(5, LW_R, struct lies, broken),
	LW_RES_BOOLEAN(6, LW_R, struct lies, seven),
	LW_RES_ARRAY_STRING(7, LW_R, struct lies, texts),
	LW_RES_CALLBACK(10, LW_R, LW_OPAQUE, .read = lie),
	LW_RES_CALLBACK(11, LW_R, LW_INTEGER, .read = lie),
	LW_RES_CALLBACK(12, LW_R, LW_INTEGER, .read = lie),
	LW_RES_CALLBACK(13, LW_R, LW_INTEGER, .read = lie),
	LW_RES_CALLBACK(14, LW_R, LW_INTEGER, .read = lie),
	LW_RES_CALLBACK(15, LW_R, LW_INTEGER, .read = lie),
	LW_RES_CALLBACK(20, LW_R, LW_INTEGER, .read = slow),
	LW_RES_END,
};

static const struct lw_object lies = {
	.id = 33032, .version = "1.0", .resources = resources, LW_DATA(struct lies, { 0 }), .init = init, .fini = fini,
};

struct honest {
	int32_t value;
};

static const struct lw_resource honest_resources[] = {
	LW_RES_INTEGER(1, LW_RW, struct honest, value),
	LW_RES_END,
};

static const struct lw_object honest = {
	.id = 33033, .version = "1.0", .resources = honest_resources, LW_DATA(struct honest, 7),
};

LW_PLUGIN("test-lies", &lies, &honest);
