/* SPDX-License-Identifier: Apache-2.0 */
/* Chips in /sys/class/hwmon. */
#include <errno.h>
#include <stdlib.h>

#include "settings.h"
#include "sysfs.h"

#define CLASS "/sys/class/hwmon"

/* By what a file's name begins with; the kernel's unit is per of ours. */
static const struct kind {
	const char *prefix;
	enum sensor_quantity quantity;
	double per;
} kinds[] = {
	{ "temp", SENSOR_TEMPERATURE, 1e3 },
	{ "in", SENSOR_VOLTAGE, 1e3 },
	{ "curr", SENSOR_CURRENT, 1e3 },
	{ "power", SENSOR_POWER, 1e6 },
	{ "humidity", SENSOR_HUMIDITY, 1e3 },
	{ "fan", SENSOR_RATE, 1 },
	{ "energy", SENSOR_ENERGY, 1e6 },
};

struct input {
	char folder[SYSFS_PATH], file[SENSOR_NAME], fault[SENSOR_NAME + 8];
	double per;
};

static int input_read(struct sensor *sensor, void *userdata, double values[SENSOR_VALUES])
{
	const struct input *input = userdata;
	double number, fault = 0;
	int r;

	/* A sensor that is broken or not connected still has a number. */
	if (sysfs_number(input->folder, input->fault, &fault) == 0 && fault != 0)
		return -EIO;
	r = sysfs_number(input->folder, input->file, &number);
	if (r == 0)
		values[0] = number / input->per;
	return r;
}

static const struct kind *find_kind(const char *file)
{
	size_t len = strcspn(file, "0123456789");

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strlen(kinds[i].prefix) == len && strncmp(kinds[i].prefix, file, len) == 0)
			return &kinds[i];
	return NULL;
}

/* file is "temp1_input"; of power there may be "power1_average" only. */
static void add_input(
	const struct lw_host *host, const char *folder, struct sensor_channel *channel, const char *file)
{
	const struct kind *kind = find_kind(file);
	char name[SENSOR_NAME + 8];
	struct input *input;

	if (!kind || strlen(file) >= SENSOR_NAME ||
		(kind->quantity == SENSOR_TEMPERATURE && !sensors_settings.hwmon_temperatures))
		return;
	strcpy(channel->name, file);
	channel->name[strcspn(file, "_")] = 0;
	snprintf(name, sizeof(name), "%s_input", channel->name);
	if (strcmp(file, name) != 0 && sysfs_has(folder, name))
		return;
	snprintf(name, sizeof(name), "%s_label", channel->name);
	sysfs_line(folder, name, channel->label, sizeof(channel->label));
	input = calloc(1, sizeof(*input));
	if (!input)
		return;
	snprintf(input->folder, sizeof(input->folder), "%s", folder);
	snprintf(input->file, sizeof(input->file), "%s", file);
	snprintf(input->fault, sizeof(input->fault), "%s_fault", channel->name);
	input->per = kind->per;
	channel->quantity = kind->quantity;
	channel->userdata = input;
	sensor_add(host, channel);
}

/* What the kernel shows elsewhere, too: thermal zones, and channels of IIO. */
static bool is_shadow(const char *folder, const char *place)
{
	char driver[SENSOR_NAME], device[SYSFS_PATH + 8];

	snprintf(device, sizeof(device), "%s/device", folder);
	if (strncmp(place, "thermal_zone", strlen("thermal_zone")) == 0)
		return true;
	return sensors_settings.iio && sysfs_link(device, "driver", driver, sizeof(driver)) &&
	       strcmp(driver, "iio_hwmon") == 0;
}

static void add_chip(const struct lw_host *host, const char *folder)
{
	struct sensor_channel channel = { .read = input_read, .free = free };
	char *files[SYSFS_FILES];
	size_t n;

	sysfs_link(folder, "device", channel.place, sizeof(channel.place));
	if (!sysfs_line(folder, "name", channel.device, sizeof(channel.device)) ||
		is_shadow(folder, channel.place))
		return;
	n = sysfs_list(folder, "*[0-9]_input", files);
	for (size_t i = 0; i < n; free(files[i++]))
		add_input(host, folder, &channel, files[i]);
	n = sysfs_list(folder, "power*[0-9]_average", files);
	for (size_t i = 0; i < n; free(files[i++]))
		add_input(host, folder, &channel, files[i]);
}

static void scan(const struct lw_host *host)
{
	char parent[SYSFS_PATH], folder[SYSFS_PATH];
	char *chips[SYSFS_FILES];
	size_t n;

	if (!sensors_settings.hwmon)
		return;
	snprintf(parent, sizeof(parent), "%s" CLASS, sensors_root);
	n = sysfs_list(parent, "hwmon*", chips);
	for (size_t i = 0; i < n; free(chips[i++]))
		if (snprintf(folder, sizeof(folder), "%s/%s", parent, chips[i]) < SYSFS_PATH)
			add_chip(host, folder);
}

const struct sensor_source sensor_hwmon = { .name = "hwmon", .scan = scan };
