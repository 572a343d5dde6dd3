/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usec.h - time in microseconds
 *
 * The engine's time is CLOCK_BOOTTIME, handed to it as an argument: it only grows and counts suspend. Wall-clock time
 * (resources of type Time) is seconds since 1970 in an int64_t and says so in its name.
 */
#pragma once

#include <stdint.h>
#include <time.h>

typedef uint64_t usec_t;

#define USEC_PER_MSEC UINT64_C(1000)
#define USEC_PER_SEC  UINT64_C(1000000)
#define USEC_INFINITY UINT64_MAX

/* a + b, USEC_INFINITY when either is, or when the sum does not fit. */
static inline usec_t usec_add(usec_t a, usec_t b)
{
	return a > USEC_INFINITY - b ? USEC_INFINITY : a + b;
}

/* Seconds to microseconds; USEC_INFINITY when they do not fit. */
static inline usec_t usec_from_s(uint64_t s)
{
	return s > USEC_INFINITY / USEC_PER_SEC ? USEC_INFINITY : s * USEC_PER_SEC;
}

static inline usec_t usec_min(usec_t a, usec_t b)
{
	return a < b ? a : b;
}

/* The agent's clock; called by the outermost layer only. */
static inline usec_t usec_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (usec_t)t.tv_sec * USEC_PER_SEC + (usec_t)t.tv_nsec / 1000;
}
