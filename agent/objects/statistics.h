/* SPDX-License-Identifier: Apache-2.0 */
/*
 * statistics.h - object 7, Connectivity Statistics: how much the agent sends and receives
 *
 * Start sets the counters to 0 and has the transport count, until Stop or for the Collection Period as it was at Start;
 * what was counted stays to be read until the next Start. Before the first Start nothing is counted. The period is kept
 * as servers wrote it; a collection and what it counted end with the agent, also with a reload. Kilobytes are of 1000
 * bytes, rounded down; sizes are those of IP packets. There is no SMS, and no counter for it.
 *
 * Observers hear of what changed at most once a second, and only after traffic that is none of theirs: the notifications
 * of this object are counted, and told with the next change, but are no reason for another. Time comes from outside, as
 * in the engine: who runs the object calls statistics_tick() at statistics_deadline().
 */
#pragma once

#include "base/cleanup.h"
#include "base/traffic.h"
#include "base/usec.h"
#include "lwm2m/object.h"

struct statistics_actions {
	usec_t (*now)(void *userdata);
	/* Count into these from now on; NULL: no longer. */
	void (*count)(void *userdata, struct traffic *traffic);
};

struct statistics;

/* actions and userdata are borrowed. -ENOMEM. */
int statistics_new(const struct statistics_actions *actions, void *userdata, struct statistics **ret);

/* Whoever counts has to be told before. */
struct statistics *statistics_free(struct statistics *statistics);
DEFINE_CLEANUP(struct statistics *, statistics_free)

struct object *statistics_object(struct statistics *statistics);

/* Something went over the network that was not a notification of this object, nor its confirmation. */
void statistics_noticed(struct statistics *statistics);

/* USEC_INFINITY: nothing is due; one that is past: something is. */
usec_t statistics_deadline(const struct statistics *statistics);
void statistics_tick(struct statistics *statistics, usec_t now);
