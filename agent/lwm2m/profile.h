/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile.h - the Profile ID (Core 1.2.2, 6.2.1): a hash that stands for the object list
 *
 * It is of the list of objects, their versions and instances, versions that go without saying included. The text is
 * "6:1234abcd": a suite of RFC 6920, which says how much of the SHA-256 is told, and so much of it.
 */
#pragma once

#include "base/bytes.h"
#include "lwm2m/registry.h"

enum { PROFILE_DIGEST_SIZE = 32, PROFILE_SUITE_MIN = 1, PROFILE_SUITE_MAX = 6 };

/* -ENOMEM, -EMSGSIZE. */
int profile_digest(const struct registry *registry, uint8_t ret[PROFILE_DIGEST_SIZE]);

/* Appends the text; a suite that is out of range is the shortest, 6. -ENOMEM, -EMSGSIZE. */
int profile_append(const uint8_t digest[PROFILE_DIGEST_SIZE], unsigned int suite, struct buffer *ret);
