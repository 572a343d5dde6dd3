/* SPDX-License-Identifier: Apache-2.0 */
/* Devices of the kernel's Industrial I/O, in /sys/bus/iio. README.md says why not by libiio. */
#include <stdlib.h>

#include "iio-value.h"
#include "settings.h"

#define DEVICES "/sys/bus/iio/devices"

/* One channel of ours: its values, and which of the quantity's each of them is. */
struct iio_channel {
	char folder[SYSFS_PATH];
	struct iio_value values[SENSOR_VALUES];
	unsigned int place[SENSOR_VALUES];
	size_t n_values;
};

/* What a device has. */
struct iio_device {
	char folder[SYSFS_PATH];
	struct sensor_channel channel; /* what its channels have in common */
	struct iio_value values[SYSFS_FILES];
	bool done[SYSFS_FILES];
	size_t n_values;
};

/* What object Air Quality has a place for, by the modifier at the end of a stem. */
static const struct {
	const char *modifier;
	enum sensor_air place;
} airs[] = {
	{ "pm10", AIR_PM10 },
	{ "pm2p5", AIR_PM2_5 },
	{ "pm1", AIR_PM1 },
	{ "co2", AIR_CO2 },
	{ "voc", AIR_VOC },
};

/* All or none: a vector with values of two moments is none. */
static int channel_read(struct sensor *sensor, void *userdata, double values[SENSOR_VALUES])
{
	const struct iio_channel *iio = userdata;
	int r = 0;

	for (size_t i = 0; i < iio->n_values && r == 0; i++)
		r = iio_value_read(iio->folder, &iio->values[i], &values[iio->place[i]]);
	return r;
}

static void append_value(struct iio_channel *iio, const struct iio_value *value, unsigned int place)
{
	if (iio->n_values == SENSOR_VALUES)
		return;
	iio->values[iio->n_values] = *value;
	iio->place[iio->n_values++] = place;
}

/* Hands over *iio as "name". */
static void add_channel(const struct lw_host *host, const struct iio_device *device,
	enum sensor_quantity quantity, const char *name, size_t len, const struct iio_channel *iio)
{
	struct sensor_channel channel = device->channel;
	struct iio_channel *copy = malloc(sizeof(*copy));
	char label[IIO_STEM + 8];

	if (!copy)
		return;
	*copy = *iio;
	channel.quantity = quantity;
	channel.userdata = copy;
	snprintf(channel.name, sizeof(channel.name), "%.*s", (int)len, name);
	snprintf(label, sizeof(label), "in_%s_label", channel.name);
	sysfs_line(device->folder, label, channel.label, sizeof(channel.label));
	channel.has_range = iio->n_values > 0 && quantity != SENSOR_AIR &&
			    iio_value_range(device->folder, &iio->values[0], &channel.min, &channel.max);
	sensor_add(host, &channel);
}

/* The value at first, with the other axes of its sensor where it has some. */
static void add_group(const struct lw_host *host, struct iio_device *device, size_t first)
{
	const struct iio_value *value = &device->values[first];
	struct iio_channel iio = { .n_values = 0 };

	memcpy(iio.folder, device->folder, sizeof(iio.folder));
	for (size_t i = first; i < device->n_values; i++) {
		const struct iio_value *other = &device->values[i];

		if (device->done[i] || other->type != value->type || other->group != value->group ||
			strncmp(other->stem, value->stem, value->group) != 0)
			continue;
		append_value(&iio, other, other->axis);
		device->done[i] = true;
	}
	add_channel(host, device, value->type->quantity, value->stem + strlen("in_"),
		value->group - strlen("in_"), &iio);
}

static void add_air(const struct lw_host *host, const struct iio_device *device)
{
	struct iio_channel iio = { .n_values = 0 };

	memcpy(iio.folder, device->folder, sizeof(iio.folder));
	for (size_t i = 0; i < device->n_values; i++) {
		const struct iio_value *value = &device->values[i];
		const char *modifier = strrchr(value->stem, '_') + 1;

		if (value->type->quantity != SENSOR_GAS && value->type->quantity != SENSOR_DUST)
			continue;
		for (size_t k = 0; k < sizeof(airs) / sizeof(*airs); k++)
			if (strcmp(airs[k].modifier, modifier) == 0)
				append_value(&iio, value, airs[k].place);
	}
	if (iio.n_values > 0)
		add_channel(host, device, SENSOR_AIR, "air", strlen("air"), &iio);
}

/* ".../i2c-1/1-0076/iio:device0": the folder above is where the chip is. */
static void find_place(const char *folder, char *ret, size_t size)
{
	char *real = realpath(folder, NULL);
	char *end = real ? strrchr(real, '/') : NULL, *last;

	ret[0] = 0;
	if (end) {
		*end = 0;
		last = strrchr(real, '/');
		snprintf(ret, size, "%s", last ? last + 1 : "");
	}
	free(real);
}

static void add_device(const struct lw_host *host, struct iio_device *device)
{
	struct sensor_channel *channel = &device->channel;
	char *files[SYSFS_FILES];
	size_t n;

	*channel = (struct sensor_channel){ .read = channel_read, .free = free };
	device->n_values = 0;
	if (!sysfs_line(device->folder, "name", channel->device, sizeof(channel->device)))
		return;
	find_place(device->folder, channel->place, sizeof(channel->place));
	n = sysfs_list(device->folder, "in_*_@(raw|input)", files);
	for (size_t i = 0; i < n; free(files[i++]))
		if (iio_value_parse(device->folder, files[i], &device->values[device->n_values]))
			device->done[device->n_values++] = false;
	for (size_t i = 0; i < device->n_values; i++)
		if (!device->done[i])
			add_group(host, device, i);
	add_air(host, device);
}

static void scan(const struct lw_host *host)
{
	struct iio_device *device = sensors_settings.iio ? malloc(sizeof(*device)) : NULL;
	char parent[SYSFS_PATH], *devices[SYSFS_FILES];
	size_t n;

	if (!device)
		return;
	snprintf(parent, sizeof(parent), "%s" DEVICES, sensors_root);
	n = sysfs_list(parent, "iio:device*", devices);
	for (size_t i = 0; i < n; free(devices[i++]))
		if (snprintf(device->folder, sizeof(device->folder), "%s/%s", parent, devices[i]) <
			SYSFS_PATH)
			add_device(host, device);
	free(device);
}

const struct sensor_source sensor_iio = { .name = "iio", .scan = scan };
