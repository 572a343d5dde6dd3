/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rfc3339.h - "2026-11-24T17:00:00Z" to seconds since 1970
 */
#pragma once

#include "base/bytes.h"

/* The fraction of a second is dropped; a leap second counts as the one after it. -EINVAL. */
int rfc3339_parse(struct bytes text, int64_t *ret);
