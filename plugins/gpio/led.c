/* SPDX-License-Identifier: Apache-2.0 */
#include "led.h"

#include <errno.h>
#include <lwm2m/plugin.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *file_of(const struct led *led, const char *name, char *ret, size_t size)
{
	snprintf(ret, size, "%s/%s", led->path, name);
	return ret;
}

static int read_number(const struct led *led, const char *name, long *ret)
{
	char path[LED_PATH_MAX + 32];
	double number = 0;
	int r = lw_sysfs_read(file_of(led, name, path, sizeof(path)), 1, &number);

	if (r == 0)
		*ret = (long)number;
	return r;
}

static int write_brightness(const struct led *led, long brightness)
{
	char path[LED_PATH_MAX + 32];

	return lw_sysfs_write(file_of(led, "brightness", path, sizeof(path)), brightness);
}

static int write_trigger(const struct led *led, const char *trigger)
{
	char path[LED_PATH_MAX + 32];
	FILE *file = fopen(file_of(led, "trigger", path, sizeof(path)), "we");
	bool written;

	if (!file)
		return -errno;
	written = fputs(trigger, file) >= 0;
	return fclose(file) == 0 && written ? 0 : errno ? -errno : -EIO;
}

/* "none [timer] heartbeat": is the word there, in brackets if it is active? Without a file there is no trigger. */
static bool has_trigger(const struct led *led, bool active, const char *trigger)
{
	char path[LED_PATH_MAX + 32], wanted[LED_NAME_MAX + 4], word[LED_NAME_MAX + 4];
	FILE *file = fopen(file_of(led, "trigger", path, sizeof(path)), "re");
	bool found = false;

	if (!file)
		return false;
	snprintf(wanted, sizeof(wanted), active ? "[%s]" : "%s", trigger);
	while (!found && fscanf(file, "%67s", word) == 1)
		found = strcmp(word, wanted) == 0;
	fclose(file);
	return found;
}

static bool knows_trigger(const struct led *led, const char *trigger)
{
	return has_trigger(led, false, trigger) || has_trigger(led, true, trigger);
}

int led_open(struct led *led, const char *root, const char *name, const char *trigger)
{
	int r;

	snprintf(led->path, sizeof(led->path), "%s/sys/class/leds/%s", root, name);
	snprintf(led->trigger, sizeof(led->trigger), "%s", trigger);
	r = read_number(led, "max_brightness", &led->max);
	if (r == 0 && led->max < 1)
		r = -EIO;
	if (r == 0 && *trigger && !knows_trigger(led, trigger))
		r = -ENOTSUP;
	if (r == 0 && !*trigger && !has_trigger(led, true, "none")) {
		r = write_trigger(led, "none");
		if (r == -ENOENT) /* a kernel without triggers */
			r = 0;
	}
	if (r < 0)
		led_close(led);
	return r;
}

void led_close(struct led *led)
{
	*led = (struct led){ 0 };
}

bool led_is_there(const struct led *led)
{
	return access(led->path, F_OK) == 0;
}

bool led_has_levels(const struct led *led)
{
	return led->max > 1;
}

/* What is not quite dark does not become dark. */
static long brightness_of(const struct led *led, int64_t percent)
{
	long brightness = (long)((percent * led->max + 50) / 100);

	return percent > 0 && brightness == 0 ? 1 : brightness;
}

int led_set(struct led *led, bool on, int64_t percent)
{
	int r = 0;

	if (!*led->trigger)
		return write_brightness(led, on ? brightness_of(led, percent) : 0);
	if (!on && !has_trigger(led, true, "none"))
		r = write_trigger(led, "none");
	if (r == 0)
		r = write_brightness(led, on ? brightness_of(led, percent) : 0);
	return r == 0 && on ? write_trigger(led, led->trigger) : r;
}

int led_get(struct led *led, bool *ret_on, int64_t *percent)
{
	long brightness;
	int r = read_number(led, "brightness", &brightness);

	if (r < 0)
		return r;
	if (*led->trigger) {
		*ret_on = has_trigger(led, true, led->trigger);
		return 0;
	}
	*ret_on = brightness > 0 || (*ret_on && *percent == 0);
	if (brightness > 0 && brightness != brightness_of(led, *percent))
		*percent = (brightness * 100 + led->max / 2) / led->max;
	return 0;
}
