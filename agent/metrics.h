/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrics.h - what the agent counted, as text in the format of Prometheus, where [metrics] of the configuration says
 *
 * Nothing is formatted before somebody asks, or the file is due. What cannot be served is logged, and the agent goes on.
 */
#pragma once

#include "agent-internal.h"

struct metrics {
	struct scrape *scrape;     /* these two are NULL where they are not wanted */
	struct textfile *textfile;
	struct traffic traffic;
	usec_t since; /* everything is counted */
};

/* -ENOMEM. */
int metrics_add(struct agent *agent);
void metrics_free(struct agent *agent);

/* Appends all of it. -ENOMEM. */
int metrics_format(const struct agent *agent, struct buffer *ret);
