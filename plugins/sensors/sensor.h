/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sensor.h - what a source of values and the objects know of each other
 *
 * A source (iio.c, hwmon.c; chips without a driver) finds devices and hands over their channels, one for each value
 * that has an object, with a function that reads it. list.c keeps them and gives them instances, object.c asks them for
 * values: only when somebody wants to know. All that is in here is called from the plugin's one thread.
 */
#pragma once

#include <lwm2m/plugin.h>

/* What is measured, in the unit that servers see; object.c has the table of objects. */
enum sensor_quantity {
	SENSOR_TEMPERATURE,   /* Cel */
	SENSOR_HUMIDITY,      /* %RH */
	SENSOR_PRESSURE,      /* Pa */
	SENSOR_ILLUMINANCE,   /* lx */
	SENSOR_VOLTAGE,       /* V */
	SENSOR_CURRENT,       /* A */
	SENSOR_POWER,         /* W */
	SENSOR_GAS,           /* ppm, object Concentration */
	SENSOR_DUST,          /* ug/m3, object Concentration */
	SENSOR_ACIDITY,       /* pH */
	SENSOR_CONDUCTIVITY,  /* S/m */
	SENSOR_DISTANCE,      /* m */
	SENSOR_RATE,          /* 1/min, as of a fan */
	SENSOR_RESISTANCE,    /* Ohm, object Generic Sensor; so are the next ones */
	SENSOR_ENERGY,        /* J */
	SENSOR_INDEX,         /* no unit, as a VOC index or a UV index */
	SENSOR_ACCELERATION,  /* m/s2; three values: x, y, z */
	SENSOR_ROTATION,      /* rad/s; three values */
	SENSOR_MAGNETISM,     /* T; three values */
	SENSOR_AIR,           /* object Air Quality, one for a device: all that it knows, by enum sensor_air */
	SENSOR_QUANTITIES,
};

/* The values of SENSOR_AIR: ug/m3 for particles, ppm for gases. */
enum sensor_air { AIR_PM10, AIR_PM2_5, AIR_PM1, AIR_CO, AIR_SO2, AIR_O3, AIR_NO2, AIR_CO2, AIR_NO, AIR_H2S, AIR_VOC };

#define SENSOR_VALUES 11 /* of one channel, at most */
#define SENSOR_NAME   48

struct sensor;

/*
 * One channel: an instance of an object. The three names are what it is known by, to people, to the settings and after
 * a restart: the chip's name ("bme280"), where it is ("1-0076": bus 1, address 0x76) and which of its channels ("temp").
 */
struct sensor_channel {
	enum sensor_quantity quantity;
	char device[SENSOR_NAME], place[SENSOR_NAME], name[SENSOR_NAME];
	char label[SENSOR_NAME]; /* for people, if the device has one; otherwise "": device and name are shown */
	bool has_range;
	double min, max; /* the range it can measure */
	/*
	 * Measures: values[0], or as many as the quantity has, which are NAN before; what stays NAN is left out of answers.
	 * -errno: no value at all, said once. -EAGAIN, -ENODATA: none now, nothing to say. -ENODEV, -ENOENT: it went away; all
	 * devices are looked for again. LW_LATER: sensor_done() follows; not called again before. It must not block for
	 * longer than a transfer on the bus takes.
	 */
	int (*read)(struct sensor *sensor, void *userdata, double values[SENSOR_VALUES]);
	void *userdata;
	void (*free)(void *userdata); /* of userdata, when the channel goes or is handed over anew; or NULL */
};

/*
 * A channel is there; *channel is copied. One that is known by the same names is brought up to date and keeps its
 * instance. NULL: the settings leave it out, or there are too many; userdata is freed then. The instance is made by
 * sensors_settle().
 */
struct sensor *sensor_add(const struct lw_host *host, const struct sensor_channel *channel);

/*
 * The channel went away: so does its instance. The id is kept for when it comes back. In its own read() return -ENODEV
 * instead. End transfers before: sensor_done() of one that is gone does nothing.
 */
void sensor_remove(struct sensor *sensor);

/* Ends a read() that returned LW_LATER: error is 0 or -errno, as of read(); values may be NULL with an error. */
void sensor_done(struct sensor *sensor, int error, const double *values);

/* Makes the instances of the channels that were added since, ordered by their names: ids are the same next time. */
void sensors_settle(const struct lw_host *host);

/*
 * A source, in the table of sensors.c. start() and stop() may be NULL. scan(): hands over all channels that are there
 * now, at the start and whenever devices may have come or gone; of those that scan() had handed over before, the rest
 * is removed. NULL: the source does so by itself, and calls sensors_settle(); it need not in start().
 */
struct sensor_source {
	const char *name;
	int (*start)(const struct lw_host *host);
	void (*scan)(const struct lw_host *host);
	void (*stop)(void);
};

extern const struct sensor_source sensor_iio, sensor_hwmon, sensor_i2c;

/*
 * What paths of /sys begin with: "", or where tests have their files. Sections [chip.NAME] of the settings are left to
 * the source of chips, which reads and checks them itself.
 */
extern const char *sensors_root;

/* Looks for devices again, in all sources. */
void sensors_scan(const struct lw_host *host);
