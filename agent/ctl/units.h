/* SPDX-License-Identifier: Apache-2.0 */
/*
 * units.h - the units of what is shown
 *
 * The unit of a sensor is a resource beside its value (5701), asked for once for each instance; others are
 * known by name.
 */
#pragma once

#include "path.h"

#define UNITS_TEXT_MAX 16

struct units {
	struct units_entry {
		uint16_t object, instance;
		char text[UNITS_TEXT_MAX];
	} * entries;
	size_t n;
};

void units_deinit(struct units *units);

/* " Cel", with a space before it; "" for none. Valid until the next call. */
const char *units_of(struct units *units, struct ctl *ctl, const struct path *path);
