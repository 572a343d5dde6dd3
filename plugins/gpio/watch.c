/* SPDX-License-Identifier: Apache-2.0 */
/* Chips that come and go in /dev, by inotify; LEDs, by the kernel's uevents. */
#include <errno.h>
#include <fnmatch.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gpio.h"

#define CHIPS "gpiochip"

static int uevents = -1;
static sd_event_source *device_source, *uevent_source;

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

/* "add@/devices/platform/leds/leds/red" */
static int on_uevent(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	char message[2048];
	bool ours = false;
	ssize_t n;

	while ((n = recv(fd, message, sizeof(message) - 1, 0)) > 0) {
		message[n] = 0;
		ours = ours || fnmatch("add@*/leds/*", message, 0) == 0 ||
		       fnmatch("remove@*/leds/*", message, 0) == 0;
	}
	/* Messages that got lost may have been ours. */
	if (ours || (n < 0 && errno == ENOBUFS)) {
		gpio_detach_leds();
		gpio_attach_all();
	}
	return 0;
}

static int listen_uevents(const struct lw_host *host)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK, .nl_groups = 1 };

	uevents = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
	if (uevents < 0 || bind(uevents, (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return -errno;
	return sd_event_add_io(lw_event(host), &uevent_source, uevents, EPOLLIN, on_uevent, NULL);
}

void watch_start(const struct lw_host *host, bool leds)
{
	int r = sd_event_add_inotify(lw_event(host), &device_source, "/dev",
		IN_CREATE | IN_ATTRIB | IN_DELETE | IN_ONLYDIR, on_device, NULL);

	if (r < 0)
		lw_log(host, LOG_NOTICE, "No word of GPIO chips that come or go: /dev: %s", strerror(-r));
	r = leds ? listen_uevents(host) : 0;
	if (r < 0)
		lw_log(host, LOG_NOTICE, "No word from the kernel when LEDs come or go: %s", strerror(-r));
}

void watch_stop(void)
{
	device_source = sd_event_source_disable_unref(device_source);
	uevent_source = sd_event_source_disable_unref(uevent_source);
	if (uevents >= 0)
		close(uevents);
	uevents = -1;
}
