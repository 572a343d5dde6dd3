/* SPDX-License-Identifier: Apache-2.0 */
/*
 * times.h - points in time and durations, in words
 *
 * Times are microseconds since 1970, as on the bus; 0 is no time. People get the local time, programs RFC
 * 3339 in UTC.
 */
#pragma once

#include <stddef.h>

#include "base/usec.h"

#define TIMES_MAX 48

usec_t times_now(void);

/* "12:03:04" today, "12:03 yesterday", "12:03 tomorrow", else "2026-11-25 12:03". */
const char *times_point(usec_t time, usec_t now, char text[TIMES_MAX]);

/* "8 s", "5 min", "2 h 10 min", "3 d 4 h". */
const char *times_span(usec_t span, char text[TIMES_MAX]);

/* "5 min ago", "just now", "now", "in 54 min". */
const char *times_relative(usec_t time, usec_t now, char text[TIMES_MAX]);

/* "2026-11-25T12:03:04Z"; NULL for no time. */
const char *times_rfc3339(usec_t time, char text[TIMES_MAX]);
