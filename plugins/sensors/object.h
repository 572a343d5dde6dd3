/* SPDX-License-Identifier: Apache-2.0 */
/* object.h - the objects, one for each kind of quantity */
#pragma once

#include "sensor.h"

extern const struct lw_object object_temperature, object_humidity, object_pressure, object_illuminance, object_voltage,
	object_current, object_power, object_concentration, object_acidity, object_conductivity, object_distance,
	object_rate, object_generic, object_acceleration, object_rotation, object_magnetism, object_air;

/* The object that shows this quantity. */
const struct lw_object *object_of(enum sensor_quantity quantity);

/* sensor has an instance: another range. */
void object_refresh(struct sensor *sensor);
