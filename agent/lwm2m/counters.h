/* SPDX-License-Identifier: Apache-2.0 */
/*
 * counters.h - how often what happened with one server, as plain numbers that only grow
 *
 * Counted is what leaves the engine as an effect: answers by operation and code, notifications, events. Nothing is allocated
 * and nothing formatted for it; names are for whoever shows the numbers.
 */
#pragma once

#include "lwm2m/message.h"
#include "lwm2m/object.h"

/* What a server asks for, as it is counted. */
enum counted_operation {
	COUNTED_READ,
	COUNTED_OBSERVE,
	COUNTED_DISCOVER,
	COUNTED_WRITE,
	COUNTED_WRITE_ATTRIBUTES,
	COUNTED_EXECUTE,
	COUNTED_CREATE,
	COUNTED_DELETE,
	COUNTED_READ_COMPOSITE,
	COUNTED_OBSERVE_COMPOSITE,
	COUNTED_WRITE_COMPOSITE,
	COUNTED_OTHER, /* no operation of LwM2M */
	_COUNTED_MAX,
};

#define COUNTERS_CODES_MAX 24

struct counters {
	uint64_t answers[_COUNTED_MAX][COUNTERS_CODES_MAX]; /* by counters_code() */
	uint64_t events[_EVENT_TYPE_MAX];
	uint64_t notifications, confirmable; /* of which are */
};

/* For those two functions that every request passes. */
extern const uint8_t counters_indexes[UINT8_MAX + 1];
extern const uint8_t counters_operations[_OPERATION_TYPE_MAX];

/* Counts an effect that is about to be carried out. */
static inline void counters_add(struct counters *counters, const struct effect *effect)
{
	if (effect->type == EFFECT_REPLY) {
		counters->answers[effect->value][counters_indexes[effect->message.code]] += effect->message.code != 0;
	} else if (effect->type == EFFECT_NOTIFY) {
		counters->notifications++;
		counters->confirmable += effect->message.confirmable;
	} else if (effect->type == EFFECT_EVENT) {
		counters->events[effect->event]++;
	}
}

/* The operation that a request asks for, whether that can be done or not; and one that is known. */
enum counted_operation counters_classify(const struct message *request);

static inline enum counted_operation counters_operation(enum operation_type type, bool observe)
{
	return observe && type == OPERATION_READ ? COUNTED_OBSERVE :
						   (enum counted_operation)counters_operations[type];
}

/* "read_composite", … */
const char *counters_operation_name(enum counted_operation operation);

/* The code of an answer at this index; 0: none, or (index 0) any other code. */
uint8_t counters_code(size_t index);
