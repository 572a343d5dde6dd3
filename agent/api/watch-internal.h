/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watch-internal.h - what watch.c, which reads, and watch-values.c, which compares and tells, share
 */
#pragma once

#include "api/api-internal.h"

struct value_seen {
	struct path path;
	bool there;
	uint64_t hash;
};

struct watch {
	struct list link; /* in caller->watches */
	struct caller *caller;
	struct path path;
	sd_bus_message *m; /* Watch(), until the first read has ended */
	uint32_t id;       /* of the read under way, 0: none */
	bool changed;
	usec_t not_before;
	struct value_seen *values;
	size_t n_values, allocated;
};

/*
 * These are the values now; NULL: there are none. told: the caller hears of what differs, else this is what
 * it knows already. -ENOSPC: it watches more values than it may, and hears nothing of the others; -ENOMEM.
 */
int watch_take(struct watch *watch, const struct records *records, bool told);
