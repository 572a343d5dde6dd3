/* SPDX-License-Identifier: Apache-2.0 */
/*
 * iio-value.h - one value of an IIO device: which files it has and what it means
 *
 * The names are the kernel's: "in_voltage0_raw" is stem "in_voltage0" and what is in the file. Its value is (raw +
 * offset) * scale, or "in_temp_input" as it is; then it is in the unit that the kernel has for the type.
 */
#pragma once

#include "sensor.h"
#include "sysfs.h"

#define IIO_STEM 64

/* The kernel's type: how it is called, and times / per what makes our unit of the kernel's. */
struct iio_type {
	const char *name;
	enum sensor_quantity quantity;
	double times, per;
	bool axes;
};

struct iio_value {
	char stem[IIO_STEM];
	bool raw;
	const struct iio_type *type;
	unsigned int axis; /* 0 to 2: x, y, z; otherwise 0 */
	size_t group;      /* so much of the stem is the same for all axes of one sensor */
};

/* false: file is none, or has a value that another file has, or one that no object has. */
bool iio_value_parse(const char *folder, const char *file, struct iio_value *ret);

/* Now, in our unit. -errno. */
int iio_value_read(const char *folder, const struct iio_value *value, double *ret);

/* The lowest and the highest that it can be, in our unit. false: the driver does not say. */
bool iio_value_range(const char *folder, const struct iio_value *value, double *min, double *max);
