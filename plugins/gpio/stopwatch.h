/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stopwatch.h - how long something was so, in total
 *
 * For the resources On Time and Off Time, which a server may only set to 0. One of zeros stands still at 0.
 */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct stopwatch {
	int64_t total_ms, since_ms; /* since_ms 0: it stands still */
	int64_t shown_s;            /* what the field was set to last */
};

static inline int64_t stopwatch_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

static inline void stopwatch_run(struct stopwatch *watch, bool run)
{
	int64_t now = stopwatch_now();

	if (watch->since_ms > 0)
		watch->total_ms += now - watch->since_ms;
	watch->since_ms = run ? now : 0;
}

/* Sets the field that servers see. */
static inline void stopwatch_show(struct stopwatch *watch, int64_t *field)
{
	stopwatch_run(watch, watch->since_ms > 0);
	*field = watch->shown_s = watch->total_ms / 1000;
}

/* The field after a server may have written it. -EINVAL: to something else than 0. */
static inline int stopwatch_written(struct stopwatch *watch, const int64_t *field)
{
	if (*field == watch->shown_s)
		return 0;
	if (*field != 0)
		return -EINVAL;
	stopwatch_run(watch, watch->since_ms > 0);
	watch->total_ms = watch->shown_s = 0;
	return 0;
}
