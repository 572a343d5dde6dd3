/* SPDX-License-Identifier: Apache-2.0 */
/* Chips that come and go in /dev, by inotify; LEDs, by the kernel's uevents. */
#include <string.h>
#include <sys/inotify.h>

#include "../common/uevents.h"
#include "gpio.h"

#define CHIPS "gpiochip"

static struct uevents uevents = UEVENTS_NONE;
static sd_event_source *device_source;

/* The device file is there before udev has given it its owner: that is IN_ATTRIB. */
static int on_device(sd_event_source *source, const struct inotify_event *event, void *userdata)
{
	char path[LINE_NAME_MAX];

	if (event->mask & IN_Q_OVERFLOW)
		gpio_attach_all();
	if (event->len == 0 || strncmp(event->name, CHIPS, strlen(CHIPS)) != 0)
		return 0;
	snprintf(path, sizeof(path), "/dev/%.40s", event->name);
	if (event->mask & IN_DELETE)
		gpio_detach_chip(path);
	else
		gpio_attach_all();
	return 0;
}

static const char *const led_patterns[] = { "add@*/leds/*", "remove@*/leds/*", NULL };

static void on_leds(const struct lw_host *host)
{
	gpio_detach_leds();
	gpio_attach_all();
}

void watch_start(const struct lw_host *host, bool leds)
{
	int r = sd_event_add_inotify(lw_event(host), &device_source, "/dev",
		IN_CREATE | IN_ATTRIB | IN_DELETE | IN_ONLYDIR, on_device, NULL);

	if (r < 0)
		lw_log(host, LOG_NOTICE, "No word of GPIO chips that come or go: /dev: %s", strerror(-r));
	r = leds ? uevents_start(&uevents, host, led_patterns, on_leds) : 0;
	if (r < 0)
		lw_log(host, LOG_NOTICE, "No word from the kernel when LEDs come or go: %s", strerror(-r));
}

void watch_stop(void)
{
	device_source = sd_event_source_disable_unref(device_source);
	uevents_stop(&uevents);
}
