/* SPDX-License-Identifier: Apache-2.0 */
/* settings.h - sensors.conf: [sensors], and a section [channel.NAME] for each channel that is to be shown otherwise */
#pragma once

#include "sensor.h"

#define PATTERNS_MAX 256

struct settings {
	bool iio, hwmon, hwmon_temperatures;
	char devices[PATTERNS_MAX], without[PATTERNS_MAX]; /* patterns with blanks between */
	char root[PATTERNS_MAX];
	uint32_t rescan_ms;
};

/* [channel.NAME]: the first one in the file whose device and channel match counts. */
struct channel_options {
	char device[SENSOR_NAME], channel[SENSOR_NAME]; /* patterns */
	char label[SENSOR_NAME];
	uint32_t instance; /* UINT32_MAX: none is asked for */
	double scale, offset;
	bool ignore;
};

extern struct settings sensors_settings;

/* What is wrong is said and left out. -ENOMEM. */
int settings_read(const struct lw_host *host);
void settings_free(void);

/* Is the device wanted, by its name or its place? */
bool settings_want(const struct sensor_channel *channel);

/* NULL: none matches. */
const struct channel_options *settings_of(const struct sensor_channel *channel);

/* Does a section ask for this instance, of whichever object? */
bool settings_reserved(uint32_t instance);
