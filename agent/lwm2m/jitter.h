/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jitter.h - waits that differ from client to client, so that a thousand of them do not come back at once
 *
 * splitmix64; the state is the caller's, seeded with something random. Not for secrets.
 */
#pragma once

#include "base/usec.h"

static inline uint64_t jitter_next(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* Between half and one and a half of the interval. */
static inline usec_t jitter_spread(uint64_t *state, usec_t interval)
{
	return interval / 2 + jitter_next(state) % (interval + 1);
}
