/* SPDX-License-Identifier: Apache-2.0 */
/* The plugin: its sources, and when they look for devices. */
#include <errno.h>
#include <syslog.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "../common/uevents.h"
#include "list.h"
#include "object.h"

static const struct sensor_source *const sources[] = { &sensor_iio, &sensor_hwmon, &sensor_i2c };

#define N_SOURCES (sizeof(sources) / sizeof(*sources))

const char *sensors_root = "";
static struct uevents uevents = UEVENTS_NONE;
static sd_event_source *rescan_timer;
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

static const char *const uevent_patterns[] = { "*@*/iio:device*", "*@*/hwmon*", NULL };

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
	r = *sensors_root ? 0 : uevents_start(&uevents, host, uevent_patterns, sensors_scan);
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
	rescan_timer = sd_event_source_disable_unref(rescan_timer);
	uevents_stop(&uevents);
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
