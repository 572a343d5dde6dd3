/* SPDX-License-Identifier: Apache-2.0 */
/*
 * list.h - all channels, those that are there and those that were
 *
 * One that went away keeps its place, and so its instance id, until the list is full.
 */
#pragma once

#include "sensor.h"
#include "settings.h"

#define SENSORS_MAX 256

struct sensor {
	const struct lw_host *host;
	struct sensor_channel channel;
	const struct sensor_source *source; /* whose scan() handed it over; NULL: none did */
	const struct channel_options *options;
	struct lw_instance *inst; /* NULL: not there, or not yet */
	uint16_t oid, iid;
	bool present, seen, has_iid;
	int failure; /* of read(), which was said at … */
	int64_t said_ms;
};

/* NULL: there is none. */
struct sensor *list_find(uint16_t oid, uint16_t iid);

/* What source's scan() hands over stays, what it had handed over before and does not now is removed. */
void list_begin_scan(const struct sensor_source *source);
void list_end_scan(void);

/* Frees all of it; the instances are gone. */
void list_stop(void);
