/* SPDX-License-Identifier: Apache-2.0 */
/* The objects. All have the same struct; which of its fields they show is in their tables. */
#include "object.h"

#include <math.h>
#include <syslog.h>
#include <time.h>

#include "list.h"

#define AXES         3
#define SAY_AGAIN_MS INT64_C(3600000)

struct reading {
	struct sensor *sensor;
	double values[SENSOR_VALUES]; /* NAN: none now */
	double lowest[AXES], highest[AXES];
	double range_min, range_max;
	char unit[8], label[2 * SENSOR_NAME];
};

static const struct quantity {
	const struct lw_object *object;
	const char *unit;
	unsigned int values;
} quantities[SENSOR_QUANTITIES] = {
	[SENSOR_TEMPERATURE] = { &object_temperature, "Cel", 1 },
	[SENSOR_HUMIDITY] = { &object_humidity, "%RH", 1 },
	[SENSOR_PRESSURE] = { &object_pressure, "Pa", 1 },
	[SENSOR_ILLUMINANCE] = { &object_illuminance, "lx", 1 },
	[SENSOR_VOLTAGE] = { &object_voltage, "V", 1 },
	[SENSOR_CURRENT] = { &object_current, "A", 1 },
	[SENSOR_POWER] = { &object_power, "W", 1 },
	[SENSOR_GAS] = { &object_concentration, "ppm", 1 },
	[SENSOR_DUST] = { &object_concentration, "ug/m3", 1 },
	[SENSOR_ACIDITY] = { &object_acidity, "pH", 1 },
	[SENSOR_CONDUCTIVITY] = { &object_conductivity, "S/m", 1 },
	[SENSOR_DISTANCE] = { &object_distance, "m", 1 },
	[SENSOR_RATE] = { &object_rate, "1/min", 1 },
	[SENSOR_RESISTANCE] = { &object_generic, "Ohm", 1 },
	[SENSOR_ENERGY] = { &object_generic, "J", 1 },
	[SENSOR_INDEX] = { &object_generic, "", 1 },
	[SENSOR_ACCELERATION] = { &object_acceleration, "m/s2", AXES },
	[SENSOR_ROTATION] = { &object_rotation, "rad/s", AXES },
	[SENSOR_MAGNETISM] = { &object_magnetism, "T", AXES },
	[SENSOR_AIR] = { &object_air, "", SENSOR_VALUES },
};

const struct lw_object *object_of(enum sensor_quantity quantity)
{
	return quantities[quantity].object;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* Once while it lasts, and of one that comes and goes once an hour. */
static void say_failure(struct sensor *sensor, int failure)
{
	const struct sensor_channel *channel = &sensor->channel;
	int64_t now = now_ms();

	if (sensor->failure == failure && now - sensor->said_ms < SAY_AGAIN_MS)
		return;
	sensor->failure = failure;
	sensor->said_ms = now;
	lw_log(sensor->host, LOG_WARNING, "%s %s, %s cannot be read: %s; /%u/%u has no value until it can",
		channel->device, channel->place, channel->name, strerror(-failure), sensor->oid, sensor->iid);
}

static void forget_values(struct reading *reading)
{
	for (unsigned int i = 0; i < SENSOR_VALUES; i++)
		reading->values[i] = NAN;
}

static void begin_anew(struct reading *reading)
{
	for (unsigned int i = 0; i < AXES; i++)
		reading->lowest[i] = reading->highest[i] = reading->values[i];
}

/* One that went away is removed by the scan: it has nothing to say. */
static void take_failure(struct sensor *sensor, int failure)
{
	if (failure == -ENODEV || failure == -ENOENT)
		sensors_scan(sensor->host);
	if (sensor->present && failure != -EAGAIN && failure != -ENODATA)
		say_failure(sensor, failure);
}

/* How read() ended. */
static void take(struct sensor *sensor, int error, const double *values)
{
	struct reading *reading = sensor->inst->data;
	bool calibrated = sensor->options && sensor->channel.quantity != SENSOR_AIR;
	double scale = calibrated ? sensor->options->scale : 1;
	double offset = calibrated ? sensor->options->offset : 0;

	forget_values(reading);
	if (error < 0) {
		take_failure(sensor, error);
		return;
	}
	for (unsigned int i = 0; i < quantities[sensor->channel.quantity].values; i++)
		reading->values[i] = values[i] * scale + offset;
	for (unsigned int i = 0; i < AXES; i++) {
		reading->lowest[i] = fmin(reading->lowest[i], reading->values[i]);
		reading->highest[i] = fmax(reading->highest[i], reading->values[i]);
	}
}

static int reading_poll(struct lw_instance *inst)
{
	struct sensor *sensor = ((struct reading *)inst->data)->sensor;
	double values[SENSOR_VALUES];
	int r;

	for (unsigned int i = 0; i < SENSOR_VALUES; i++)
		values[i] = NAN;
	r = sensor->channel.read(sensor, sensor->channel.userdata, values);
	if (r == LW_LATER)
		return r;
	take(sensor, r, values);
	return 0;
}

void sensor_done(struct sensor *sensor, int error, const double *values)
{
	if (!sensor->inst)
		return;
	take(sensor, values || error < 0 ? error : -EIO, values);
	if (sensor->inst)
		lw_finish(sensor->inst, 0);
}

void object_refresh(struct sensor *sensor)
{
	struct reading *reading = sensor->inst->data;
	const struct sensor_channel *channel = &sensor->channel;
	double scale = sensor->options ? sensor->options->scale : 1;
	double offset = sensor->options ? sensor->options->offset : 0;

	reading->range_min = reading->range_max = NAN;
	if (!channel->has_range)
		return;
	reading->range_min = fmin(channel->min * scale, channel->max * scale) + offset;
	reading->range_max = fmax(channel->min * scale, channel->max * scale) + offset;
}

static int reading_init(struct lw_instance *inst)
{
	struct reading *reading = inst->data;
	struct sensor *sensor = list_find(inst->oid, inst->iid);
	const struct sensor_channel *channel;

	if (!sensor)
		return -ENOENT;
	channel = &sensor->channel;
	reading->sensor = sensor;
	sensor->inst = inst;
	forget_values(reading);
	begin_anew(reading);
	object_refresh(sensor);
	strcpy(reading->unit, quantities[channel->quantity].unit);
	if (sensor->options && sensor->options->label[0])
		strcpy(reading->label, sensor->options->label);
	else
		snprintf(reading->label, sizeof(reading->label), "%s %s", channel->device,
			channel->label[0] ? channel->label : channel->name);
	return 0;
}

static void reading_fini(struct lw_instance *inst)
{
	((struct reading *)inst->data)->sensor->inst = NULL;
}

static int reset(struct lw_instance *inst, uint16_t rid, lw_request request, const char *args)
{
	begin_anew(inst->data);
	return 0;
}

#define FLOAT(id, member, ...) LW_RES_FLOAT(id, LW_R, struct reading, member, __VA_ARGS__)
#define UNIT                   LW_RES_STRING(5701, LW_R, struct reading, unit)
#define RANGE                  FLOAT(5603, range_min), FLOAT(5604, range_max)
#define LABEL                  LW_RES_STRING(5750, LW_RW, struct reading, label)
#define VECTOR                 FLOAT(5702, values[0], .flags = LW_MANDATORY), FLOAT(5703, values[1]), FLOAT(5704, values[2])

static const struct lw_resource scalar[] = {
	FLOAT(5700, values[0], .flags = LW_MANDATORY),
	FLOAT(5601, lowest[0]),
	FLOAT(5602, highest[0]),
	RANGE,
	LW_RES_EXECUTE(5605, reset),
	UNIT,
	LABEL,
	LW_RES_END,
};

static const struct lw_resource acceleration[] = { VECTOR, RANGE, UNIT, LABEL, LW_RES_END };
static const struct lw_resource magnetism[] = { VECTOR, UNIT, LABEL, LW_RES_END };
static const struct lw_resource rotation[] = {
	VECTOR,
	FLOAT(5508, lowest[0]),
	FLOAT(5509, highest[0]),
	FLOAT(5510, lowest[1]),
	FLOAT(5511, highest[1]),
	FLOAT(5512, lowest[2]),
	FLOAT(5513, highest[2]),
	LW_RES_EXECUTE(5605, reset),
	RANGE,
	UNIT,
	LABEL,
	LW_RES_END,
};

static const struct lw_resource air[] = {
	FLOAT(1, values[AIR_PM10]),
	FLOAT(3, values[AIR_PM2_5]),
	FLOAT(5, values[AIR_PM1]),
	FLOAT(7, values[AIR_CO]),
	FLOAT(9, values[AIR_SO2]),
	FLOAT(12, values[AIR_O3]),
	FLOAT(15, values[AIR_NO2]),
	FLOAT(17, values[AIR_CO2]),
	FLOAT(19, values[AIR_NO]),
	FLOAT(21, values[AIR_H2S]),
	FLOAT(23, values[AIR_VOC]),
	LW_RES_END,
};

#define OBJECT(name, _id, _version, _resources)  \
	const struct lw_object object_##name = { \
		.id = (_id),                     \
		.version = (_version),           \
		.flags = LW_INSTANCES,           \
		.resources = (_resources),       \
		LW_DATA(struct reading, NULL),   \
		.poll_ms = 1000,                 \
		.poll = reading_poll,            \
		.init = reading_init,            \
		.fini = reading_fini,            \
	}

OBJECT(temperature, 3303, "1.1", scalar);
OBJECT(humidity, 3304, "1.1", scalar);
OBJECT(pressure, 3315, "1.1", scalar);
OBJECT(illuminance, 3301, "1.1", scalar);
OBJECT(voltage, 3316, "1.1", scalar);
OBJECT(current, 3317, "1.1", scalar);
OBJECT(power, 3328, "1.1", scalar);
OBJECT(concentration, 3325, "1.1", scalar);
OBJECT(acidity, 3326, "1.1", scalar);
OBJECT(conductivity, 3327, "1.1", scalar);
OBJECT(distance, 3330, "1.1", scalar);
OBJECT(rate, 3346, "1.1", scalar);
OBJECT(generic, 3300, "1.1", scalar);
OBJECT(acceleration, 3313, "1.1", acceleration);
OBJECT(rotation, 3334, "1.1", rotation);
OBJECT(magnetism, 3314, "1.1", magnetism);
OBJECT(air, 3428, "2.0", air);
