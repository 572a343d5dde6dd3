/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hash.h - FNV-1a: is it the same as before? Not for tables that a peer could fill with collisions, nor for secrets.
 */
#pragma once

#include "base/bytes.h"

#define HASH_INIT UINT64_C(0xcbf29ce484222325)

/* Goes on from a hash of what came before, or from HASH_INIT. */
static inline uint64_t hash_bytes(uint64_t hash, struct bytes bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		hash = (hash ^ bytes.data[i]) * UINT64_C(0x100000001b3);
	return hash;
}
