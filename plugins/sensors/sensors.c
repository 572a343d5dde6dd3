/* SPDX-License-Identifier: Apache-2.0 */
/* The plugin: its sources, and when they look for devices. */
#include <errno.h>
#include <fnmatch.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <syslog.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "list.h"
#include "object.h"

static const struct sensor_source *const sources[] = { &sensor_iio, &sensor_hwmon, &sensor_i2c };

#define N_SOURCES (sizeof(sources) / sizeof(*sources))

const char *sensors_root = "";
static int uevents = -1;
static sd_event_source *uevent_source, *rescan_timer;
static bool scanning;

static void scan_once(const struct lw_host *host)
{
	for (size_t i = 0; i < N_SOURCES; i++) {
		if (!sources[i]->scan)
			continue;
		list_begin_scan(sources[i]);
		sources[i]->scan(host);
		list_end_scan();
	}
	sensors_settle(host);
}

/* New instances are read at once. One that finds that it went away again is looked for the next time. */
void sensors_scan(const struct lw_host *host)
{
	if (scanning)
		return;
	scanning = true;
	scan_once(host);
	scanning = false;
}

/* "add@/devices/pci0000:00/…/i2c-1/1-0076/iio:device0" */
static int on_uevent(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	char message[2048];
	bool ours = false;
	ssize_t n;

	while ((n = recv(fd, message, sizeof(message) - 1, 0)) > 0) {
		message[n] = 0;
		ours = ours || fnmatch("*@*/iio:device*", message, 0) == 0 ||
		       fnmatch("*@*/hwmon*", message, 0) == 0;
	}
	/* Messages that got lost may have been ours. */
	if (ours || (n < 0 && errno == ENOBUFS))
		sensors_scan(userdata);
	return 0;
}

static int listen_uevents(const struct lw_host *host)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK, .nl_groups = 1 };

	uevents = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
	if (uevents < 0 || bind(uevents, (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return -errno;
	return sd_event_add_io(
		lw_event(host), &uevent_source, uevents, EPOLLIN, on_uevent, (void *)(uintptr_t)host);
}

static int on_rescan_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	sensors_scan(userdata);
	sd_event_source_set_time_relative(source, (uint64_t)sensors_settings.rescan_ms * 1000);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* Not more exact than a tenth: the machine may wake for several things at once. */
static int start_timer(const struct lw_host *host)
{
	uint64_t usec = (uint64_t)sensors_settings.rescan_ms * 1000;

	return sd_event_add_time_relative(lw_event(host), &rescan_timer, CLOCK_BOOTTIME, usec, usec / 10,
		on_rescan_timer, (void *)(uintptr_t)host);
}

static int start_sources(const struct lw_host *host)
{
	int r = 0;

	for (size_t i = 0; i < N_SOURCES && r >= 0; i++)
		r = sources[i]->start ? sources[i]->start(host) : 0;
	return r;
}

static int start(const struct lw_host *host)
{
	int r = settings_read(host);

	if (r < 0)
		return r;
	sensors_root = sensors_settings.root;
	/* First, so that nothing comes unheard after the scan. */
	r = *sensors_root ? 0 : listen_uevents(host);
	if (r < 0)
		lw_log(host, LOG_NOTICE, "No word from the kernel when sensors come or go: %s", strerror(-r));
	r = start_sources(host);
	if (r < 0)
		return r;
	sensors_scan(host);
	return sensors_settings.rescan_ms > 0 ? start_timer(host) : 0;
}

static void stop(const struct lw_host *host)
{
	uevent_source = sd_event_source_disable_unref(uevent_source);
	rescan_timer = sd_event_source_disable_unref(rescan_timer);
	if (uevents >= 0)
		close(uevents);
	uevents = -1;
	for (size_t i = 0; i < N_SOURCES; i++)
		if (sources[i]->stop)
			sources[i]->stop();
	list_stop();
	settings_free();
}

LW_PLUGIN_START("sensors", start, stop, &object_temperature, &object_humidity, &object_pressure,
	&object_illuminance, &object_voltage, &object_current, &object_power, &object_concentration,
	&object_acidity, &object_conductivity, &object_distance, &object_rate, &object_generic,
	&object_acceleration, &object_rotation, &object_magnetism, &object_air);
