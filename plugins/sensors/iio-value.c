/* SPDX-License-Identifier: Apache-2.0 */
#include "iio-value.h"

#include <ctype.h>
#include <errno.h>

static const struct iio_type types[] = {
	{ "temp", SENSOR_TEMPERATURE, 1, 1e3, false },                                          /* m°C */
	{ "humidityrelative", SENSOR_HUMIDITY, 1, 1e3, false },                                 /* m% */
	{ "pressure", SENSOR_PRESSURE, 1e3, 1, false },                                         /* kPa */
	{ "illuminance", SENSOR_ILLUMINANCE, 1, 1, false },                                     /* lx */
	{ "voltage", SENSOR_VOLTAGE, 1, 1e3, false },                                           /* mV */
	{ "current", SENSOR_CURRENT, 1, 1e3, false },                                           /* mA */
	{ "power", SENSOR_POWER, 1, 1e3, false },                                               /* mW */
	{ "concentration", SENSOR_GAS, 1e4, 1, false },                                         /* % */
	{ "massconcentration", SENSOR_DUST, 1, 1, false },                                      /* µg/m³ */
	{ "ph", SENSOR_ACIDITY, 1, 1, false },                                                  /* pH */
	{ "electricalconductivity", SENSOR_CONDUCTIVITY, 1, 1, false },                         /* S/m */
	{ "distance", SENSOR_DISTANCE, 1, 1, false },                                           /* m */
	{ "resistance", SENSOR_RESISTANCE, 1, 1, false },                                       /* Ohm */
	{ "energy", SENSOR_ENERGY, 1, 1, false },                                               /* J */
	{ "uvindex", SENSOR_INDEX, 1, 1, false }, { "accel", SENSOR_ACCELERATION, 1, 1, true }, /* m/s² */
	{ "anglvel", SENSOR_ROTATION, 1, 1, true },                                             /* rad/s */
	{ "magn", SENSOR_MAGNETISM, 1, 1e4, true },                                             /* Gauss */
};

/* "in_voltage0-voltage1" begins with "in_" and the letters of its type. */
static const struct iio_type *find_type(const char *stem)
{
	const char *name = stem + strlen("in_");
	size_t len = 0;

	while (islower((unsigned char)name[len]))
		len++;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (strlen(types[i].name) == len && strncmp(types[i].name, name, len) == 0)
			return &types[i];
	return NULL;
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), n = strlen(end);

	return len > n && strcmp(text + len - n, end) == 0;
}

bool iio_value_parse(const char *folder, const char *file, struct iio_value *ret)
{
	const char *end = strrchr(file, '_');
	char input[IIO_STEM + 8];
	size_t len;

	if (strncmp(file, "in_", 3) != 0 || (strcmp(end, "_raw") != 0 && strcmp(end, "_input") != 0) ||
		end - file >= IIO_STEM || end - file < 4)
		return false;
	*ret = (struct iio_value){ .raw = strcmp(end, "_raw") == 0, .group = (size_t)(end - file) };
	memcpy(ret->stem, file, ret->group);
	ret->type = find_type(ret->stem);
	/* The latter are beside the value itself. */
	if (!ret->type || ends_with(ret->stem, "_mean") || ends_with(ret->stem, "_peak"))
		return false;
	if (ret->type->axes) {
		len = ret->group;
		if (ret->stem[len - 2] != '_' || ret->stem[len - 1] < 'x' || ret->stem[len - 1] > 'z')
			return false;
		ret->axis = (unsigned int)(ret->stem[len - 1] - 'x');
		ret->group = len - 2;
	}
	snprintf(input, sizeof(input), "%s_input", ret->stem);
	return !ret->raw || !sysfs_has(folder, input);
}

/* "in_voltage0-voltage1" → "in_voltage-voltage", the name of what differential channels share. */
static void drop_digits(const char *stem, char ret[IIO_STEM])
{
	size_t n = 0;

	for (; *stem; stem++)
		if (!isdigit((unsigned char)*stem))
			ret[n++] = *stem;
	ret[n] = 0;
}

/* scale and offset may be the channel's own, or shared by those of its type, by all inputs, by all. */
static int read_factor(const char *folder, const struct iio_value *value, const char *what, double *ret)
{
	char type[IIO_STEM], shared[IIO_STEM], file[IIO_STEM + 16];
	const char *const stems[] = { value->stem, shared, type, "in" };
	int r = -ENOENT;

	drop_digits(value->stem, shared);
	snprintf(type, sizeof(type), "in_%s", value->type->name);
	for (size_t i = 0; r == -ENOENT && i < sizeof(stems) / sizeof(*stems); i++) {
		snprintf(file, sizeof(file), "%s_%s", stems[i], what);
		r = sysfs_number(folder, file, ret);
	}
	if (r == -ENOENT)
		r = sysfs_number(folder, what, ret);
	return r == -ENOENT ? 0 : r;
}

/* *ret holds what is in the file: our unit of it. */
static int convert(const char *folder, const struct iio_value *value, double *ret, int n)
{
	double offset = 0, scale = 1;
	int r;

	if (value->raw) {
		r = read_factor(folder, value, "offset", &offset);
		if (r == 0)
			r = read_factor(folder, value, "scale", &scale);
		if (r < 0)
			return r;
	}
	/* By division where the unit is a thousandth: 25082 / 1000 is 25.082, and times 0.001 it is not quite. */
	for (int i = 0; i < n; i++)
		ret[i] = (ret[i] + offset) * scale * value->type->times / value->type->per;
	return 0;
}

int iio_value_read(const char *folder, const struct iio_value *value, double *ret)
{
	char file[IIO_STEM + 8];
	double number;
	int r;

	snprintf(file, sizeof(file), "%s_%s", value->stem, value->raw ? "raw" : "input");
	r = sysfs_number(folder, file, &number);
	if (r == 0)
		r = convert(folder, value, &number, 1);
	if (r == 0)
		*ret = number;
	return r;
}

/* "[-32768 1 32767]": lowest, step, highest. */
bool iio_value_range(const char *folder, const struct iio_value *value, double *min, double *max)
{
	char file[IIO_STEM + 24], line[128];
	double range[2], other;

	snprintf(file, sizeof(file), "%s_%s_available", value->stem, value->raw ? "raw" : "input");
	if (!sysfs_line(folder, file, line, sizeof(line)) ||
		sscanf(line, " [ %lf %*f %lf ]", &range[0], &range[1]) != 2 ||
		convert(folder, value, range, 2) < 0)
		return false;
	if (range[0] > range[1]) {
		other = range[0];
		range[0] = range[1];
		range[1] = other;
	}
	*min = range[0];
	*max = range[1];
	return true;
}
