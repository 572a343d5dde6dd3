/* SPDX-License-Identifier: Apache-2.0 */
/* Chips without a driver, over /dev/i2c-N: sections [chip.NAME]. One that does not answer keeps its instances. */
#include <errno.h>
#include <fcntl.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <lwm2m/settings.h>
#include <math.h>
#include <sys/ioctl.h>
#include <systemd/sd-event.h>
#include <time.h>
#include <unistd.h>

#include "chip.h"

#define SECTION   "chip."
#define CHIPS_MAX 32

struct options {
	char chip[16];
	uint32_t bus, address, idle_s; /* bus UINT32_MAX, address 0: not set */
	double altitude, temperature_offset;
};

struct device;

/* One channel of a device: what read() gets. */
struct link {
	struct device *device;
	const struct chip_channel *channel;
	struct sensor *waits; /* its read() has not ended */
};

struct device {
	const struct lw_host *host;
	struct options options;
	struct chip_machine machine;
	int fd;
	struct link links[CHIP_CHANNELS];
	bool wanting, ended; /* chip_want() runs; it has ended in there, with … */
	int error;
	sd_event_source *step_timer, *idle_timer;
};

static const struct lw_setting settings[] = {
	LW_SETTING_TEXT("chip", struct options, chip),
	LW_SETTING_NUMBER("bus", struct options, bus, 0, 1048575),
	LW_SETTING_NUMBER("address", struct options, address, 3, 119),
	LW_SETTING_NUMBER("idle_s", struct options, idle_s, 2, 86400),
	LW_SETTING_REAL("altitude", struct options, altitude, 0, 3000),
	LW_SETTING_REAL("temperature_offset", struct options, temperature_offset, 0, 20),
	LW_SETTING_END,
};

static struct device *devices[CHIPS_MAX];
static size_t n_devices;

static void close_bus(struct device *device)
{
	if (device->fd >= 0)
		close(device->fd);
	device->fd = -1;
}

/* I2C_SLAVE is refused where the chip has a driver: two of us would get each other's answers. */
static int open_bus(struct device *device)
{
	char path[32];
	int r = 0;

	if (device->fd >= 0)
		return 0;
	snprintf(path, sizeof(path), "/dev/i2c-%u", device->options.bus);
	device->fd = open(path, O_RDWR | O_CLOEXEC);
	if (device->fd < 0 || ioctl(device->fd, I2C_SLAVE, (unsigned long)device->options.address) < 0)
		r = -errno;
	if (r < 0)
		close_bus(device);
	return r;
}

/*
 * What is configured stays, with no value: to the caller it is never gone. -EAGAIN is a lost arbitration, which to the
 * caller would be nothing to say.
 */
static int error_for_caller(int r)
{
	if (r == -ENOENT || r == -ENODEV)
		return -ENXIO;
	return r == -EAGAIN ? -EIO : r;
}

static int transfer(void *userdata, const uint8_t *out, size_t n_out, uint8_t *in, size_t n_in)
{
	struct device *device = userdata;
	struct i2c_msg message = { .addr = (uint16_t)device->options.address };
	struct i2c_rdwr_ioctl_data data = { .msgs = &message, .nmsgs = 1 };
	int r = open_bus(device);

	message.flags = n_in > 0 ? I2C_M_RD : 0;
	message.len = (uint16_t)(n_in > 0 ? n_in : n_out);
	message.buf = n_in > 0 ? in : (uint8_t *)(uintptr_t)out;
	if (r == 0 && ioctl(device->fd, I2C_RDWR, &data) < 0)
		r = -errno;
	if (r < 0)
		close_bus(device);
	return error_for_caller(r);
}

static int on_step_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct device *device = userdata;

	chip_go_on(&device->machine);
	return 0;
}

/* From now on: the loop's own time is that of its turn, which a slow transfer leaves behind. */
static int set_timer(struct device *device, sd_event_source **timer, sd_event_time_handler_t handler,
	uint64_t usec, uint64_t accuracy)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	usec += (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000 + 1;
	*timer = sd_event_source_disable_unref(*timer);
	return sd_event_add_time(lw_event(device->host), timer, CLOCK_BOOTTIME, usec, accuracy, handler, device);
}

static int on_idle_timer(sd_event_source *source, uint64_t usec, void *userdata);

static int set_idle_timer(struct device *device)
{
	return set_timer(device, &device->idle_timer, on_idle_timer, device->options.idle_s * UINT64_C(1000000),
		1000000);
}

static int on_idle_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct device *device = userdata;

	if (device->machine.stage != CHIP_IDLE)
		return set_idle_timer(device);
	chip_end(&device->machine);
	close_bus(device);
	return 0;
}

static int wait_ms(void *userdata, uint32_t ms)
{
	struct device *device = userdata;

	return set_timer(device, &device->step_timer, on_step_timer, ms * UINT64_C(1000), 1);
}

static int64_t now_ms(void *userdata)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

static void finish_link(struct link *link, int error)
{
	struct sensor *sensor = link->waits;
	double values[SENSOR_VALUES] = { 0 };

	link->waits = NULL;
	if (!sensor)
		return;
	if (error == 0)
		values[0] = chip_value(link->channel, link->device->machine.words);
	sensor_done(sensor, error, values);
}

static void done(void *userdata, int error)
{
	struct device *device = userdata;

	if (error < 0 && error != -ENODATA)
		close_bus(device);
	if (device->wanting) {
		device->ended = true;
		device->error = error;
		return;
	}
	for (size_t i = 0; i < CHIP_CHANNELS; i++)
		finish_link(&device->links[i], error);
}

static const struct chip_io io = { .transfer = transfer, .wait = wait_ms, .now_ms = now_ms, .done = done };

static int want(struct device *device)
{
	int r;

	set_idle_timer(device);
	device->wanting = true;
	device->ended = false;
	r = chip_want(&device->machine);
	device->wanting = false;
	return device->ended ? device->error : r;
}

static int link_read(struct sensor *sensor, void *userdata, double values[SENSOR_VALUES])
{
	struct link *link = userdata;
	int r = want(link->device);

	if (r == LW_LATER)
		link->waits = sensor;
	if (r == 0)
		values[0] = chip_value(link->channel, link->device->machine.words);
	return r;
}

static const struct chip *find_chip(const struct lw_host *host, const char *section, const char *name)
{
	char known[400] = "";

	for (size_t i = 0; chips[i].name; i++) {
		if (strcmp(chips[i].name, name) == 0)
			return &chips[i];
		lw_list_word(known, sizeof(known), chips[i].name, i == 0, !chips[i + 1].name);
	}
	lw_config_error(host, section, "chip", "chip = %s: it has to be %s", name, known);
	return NULL;
}

static int check_argument(const struct lw_host *host, const char *section, const char *key,
	const struct chip *chip, enum chip_argument argument)
{
	const char *value = lw_config(host, section, key);

	if (!value || !value[0] || chip->argument_times[argument] > 0)
		return 0;
	lw_config_error(host, section, key, "%s: the %s has no such setting", key, chip->name);
	return -EINVAL;
}

static const struct chip *read_options(const struct lw_host *host, const char *section, struct options *options)
{
	const struct chip *chip;

	*options = (struct options){ .bus = UINT32_MAX, .idle_s = 30, .altitude = NAN, .temperature_offset = NAN };
	if (lw_read_section(host, section, settings, options) < 0)
		return NULL;
	chip = find_chip(host, section, options->chip);
	if (chip && options->bus == UINT32_MAX)
		lw_config_error(host, section, NULL, "bus is missing: the N of /dev/i2c-N");
	if (!chip || options->bus == UINT32_MAX ||
		check_argument(host, section, "altitude", chip, CHIP_ALTITUDE) < 0 ||
		check_argument(host, section, "temperature_offset", chip, CHIP_TEMPERATURE_OFFSET) < 0)
		return NULL;
	if (options->address == 0)
		options->address = chip->address;
	return chip;
}

static void add_channels(struct device *device)
{
	const struct chip *chip = device->machine.chip;
	struct sensor_channel channel = { .read = link_read, .has_range = true };

	snprintf(channel.device, sizeof(channel.device), "%s", chip->name);
	snprintf(channel.place, sizeof(channel.place), "%u-%04x", device->options.bus, device->options.address);
	for (size_t i = 0; i < CHIP_CHANNELS && chip->channels[i].name; i++) {
		device->links[i] = (struct link){ .device = device, .channel = &chip->channels[i] };
		channel.quantity = chip->channels[i].quantity;
		channel.min = chip->channels[i].min;
		channel.max = chip->channels[i].max;
		snprintf(channel.name, sizeof(channel.name), "%s", chip->channels[i].name);
		channel.userdata = &device->links[i];
		sensor_add(device->host, &channel);
	}
}

/* Two of us at one chip would start and stop it under each other's hands. */
static bool is_taken(const struct lw_host *host, const char *section, const struct options *options)
{
	for (size_t i = 0; i < n_devices; i++)
		if (devices[i]->options.bus == options->bus &&
			devices[i]->options.address == options->address) {
			lw_config_error(host, section, NULL, "[%s] is left out: bus %u has a chip at 0x%02x already",
				section, options->bus, options->address);
			return true;
		}
	return false;
}

static int add_device(const struct lw_host *host, const char *section)
{
	struct options options;
	const struct chip *chip = read_options(host, section, &options);
	struct device *device;

	if (!chip || is_taken(host, section, &options))
		return 0;
	if (n_devices == CHIPS_MAX) {
		lw_config_error(host, section, NULL, "left out: more than %d chips", CHIPS_MAX);
		return 0;
	}
	device = calloc(1, sizeof(*device));
	if (!device)
		return -ENOMEM;
	*device = (struct device){ .host = host, .options = options, .fd = -1 };
	device->machine = (struct chip_machine){ .chip = chip, .io = &io, .userdata = device };
	device->machine.arguments[CHIP_ALTITUDE] = options.altitude;
	device->machine.arguments[CHIP_TEMPERATURE_OFFSET] = options.temperature_offset;
	devices[n_devices++] = device;
	add_channels(device);
	return 0;
}

static int start(const struct lw_host *host)
{
	const char *section;
	int r = 0;

	for (unsigned int i = 0; (section = lw_section(host, i)) && r == 0; i++)
		if (strncmp(section, SECTION, strlen(SECTION)) == 0)
			r = add_device(host, section);
	return r;
}

static void stop(void)
{
	for (size_t i = 0; i < n_devices; i++) {
		sd_event_source_disable_unref(devices[i]->step_timer);
		sd_event_source_disable_unref(devices[i]->idle_timer);
		devices[i]->machine.stage = CHIP_IDLE;
		chip_end(&devices[i]->machine);
		close_bus(devices[i]);
		free(devices[i]);
	}
	n_devices = 0;
}

const struct sensor_source sensor_i2c = { .name = "i2c", .start = start, .stop = stop };
