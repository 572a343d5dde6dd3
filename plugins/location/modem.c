/* SPDX-License-Identifier: Apache-2.0 */
/* modem.c - fixes of a modem's receiver, over the D-Bus interface Modem.Location of ModemManager */
#include <math.h>
#include <syslog.h>
#include <systemd/sd-bus.h>
#include <time.h>

#include "../common/service.h"
#include "location.h"

#define SERVICE  "org.freedesktop.ModemManager1"
#define ROOT     "/org/freedesktop/ModemManager1"
#define LOCATION SERVICE ".Modem.Location"

/* MMModemLocationSource: the modem gives positions, and not only NMEA sentences. */
#define SOURCE_GPS_RAW 2

#define DAY (24 * 3600)

static const struct lw_host *host;
static sd_bus *bus;
static bool complained;

/* "132001.00", of today, or of yesterday when it would be in the future by more than an hour. */
static int64_t parse_time(const char *text, int64_t now)
{
	unsigned int h, m, s;
	int64_t result;

	if (!text || sscanf(text, "%2u%2u%2u", &h, &m, &s) != 3 || h > 23 || m > 59 || s > 60)
		return 0;
	result = now - now % DAY + h * 3600 + m * 60 + s;
	return result > now + 3600 ? result - DAY : result;
}

static int read_member(sd_bus_message *message, const char *name, struct fix *ret)
{
	double *number = strcmp(name, "latitude") == 0  ? &ret->latitude :
			 strcmp(name, "longitude") == 0 ? &ret->longitude :
			 strcmp(name, "altitude") == 0  ? &ret->altitude :
							  NULL;
	const char *text;
	int r;

	if (number)
		return sd_bus_message_read(message, "v", "d", number);
	if (strcmp(name, "utc-time") != 0)
		return sd_bus_message_skip(message, "v");
	r = sd_bus_message_read(message, "v", "s", &text);
	if (r >= 0)
		ret->time = parse_time(text, time(NULL));
	return r;
}

/* a{sv} */
static int read_fix(sd_bus_message *message, struct fix *ret)
{
	const char *name;
	int r = sd_bus_message_enter_container(message, 'a', "{sv}");

	while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
		r = sd_bus_message_read(message, "s", &name);
		if (r >= 0)
			r = read_member(message, name, ret);
		if (r >= 0)
			r = sd_bus_message_exit_container(message);
	}
	return r < 0 ? r : sd_bus_message_exit_container(message);
}

/* a{uv}: what each source knows. 1: one of them has a fix. */
static int read_location(sd_bus_message *message, struct fix *ret)
{
	uint32_t source;
	int r = sd_bus_message_enter_container(message, 'a', "{uv}");

	while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "uv")) > 0) {
		r = sd_bus_message_read(message, "u", &source);
		if (r >= 0 && source != SOURCE_GPS_RAW) {
			r = sd_bus_message_skip(message, "v");
		} else if (r >= 0) {
			r = sd_bus_message_enter_container(message, 'v', "a{sv}");
			if (r >= 0)
				r = read_fix(message, ret);
			if (r >= 0)
				r = sd_bus_message_exit_container(message);
		}
		if (r >= 0)
			r = sd_bus_message_exit_container(message);
	}
	if (r >= 0)
		r = sd_bus_message_exit_container(message);
	return r < 0 ? r : fabs(ret->latitude) <= 90 && fabs(ret->longitude) <= 180;
}

static void take_location(sd_bus_message *message)
{
	struct fix fix = FIX_NONE;

	location_set(host, LOCATION_MODEM, read_location(message, &fix) > 0 ? &fix : NULL);
}

static int on_properties(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	const char *name;
	int r = sd_bus_message_skip(message, "s");

	if (r >= 0)
		r = sd_bus_message_enter_container(message, 'a', "{sv}");
	while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
		r = sd_bus_message_read(message, "s", &name);
		if (r >= 0 && strcmp(name, "Location") == 0) {
			r = sd_bus_message_enter_container(message, 'v', "a{uv}");
			if (r >= 0)
				take_location(message);
			return 0;
		}
		if (r >= 0)
			r = sd_bus_message_skip(message, "v");
		if (r >= 0)
			r = sd_bus_message_exit_container(message);
	}
	return 0;
}

static int on_setup(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	const sd_bus_error *e = sd_bus_message_get_error(message);

	if (e && !complained)
		lw_log(host, LOG_NOTICE,
			"No position: ModemManager does not start a modem's receiver: %s (mmcli -m any --location-status)",
			e->message ? e->message : e->name);
	complained = complained || e;
	return 0;
}

/* Asks for signals with the position, and for those sources that run already as well as for the receiver. */
static void set_up(const char *path, uint32_t capabilities, uint32_t enabled)
{
	if (capabilities & SOURCE_GPS_RAW)
		(void)sd_bus_call_method_async(bus, NULL, SERVICE, path, LOCATION, "Setup", on_setup, NULL, "ub",
			enabled | SOURCE_GPS_RAW, true);
}

/* a{sv} of one interface. */
static int read_properties(sd_bus_message *message, const char *path)
{
	uint32_t capabilities = 0, enabled = 0;
	const char *name;
	int r = sd_bus_message_enter_container(message, 'a', "{sv}");

	while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
		r = sd_bus_message_read(message, "s", &name);
		if (r >= 0)
			r = strcmp(name, "Capabilities") == 0 ? sd_bus_message_read(message, "v", "u", &capabilities) :
			    strcmp(name, "Enabled") == 0      ? sd_bus_message_read(message, "v", "u", &enabled) :
								sd_bus_message_skip(message, "v");
		if (r >= 0)
			r = sd_bus_message_exit_container(message);
	}
	if (r >= 0)
		set_up(path, capabilities, enabled);
	return r < 0 ? r : sd_bus_message_exit_container(message);
}

/* a{sa{sv}} of one object. */
static int read_interfaces(sd_bus_message *message, const char *path)
{
	const char *name;
	int r = sd_bus_message_enter_container(message, 'a', "{sa{sv}}");

	while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "sa{sv}")) > 0) {
		r = sd_bus_message_read(message, "s", &name);
		if (r >= 0)
			r = strcmp(name, LOCATION) == 0 ? read_properties(message, path) :
							  sd_bus_message_skip(message, "a{sv}");
		if (r >= 0)
			r = sd_bus_message_exit_container(message);
	}
	return r < 0 ? r : sd_bus_message_exit_container(message);
}

static int on_added(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	service_read_added(message, read_interfaces);
	return 0;
}

static int on_objects(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	service_read_objects(message, read_interfaces);
	return 0;
}

static int ask_for_modems(void)
{
	return sd_bus_call_method_async(bus, NULL, SERVICE, ROOT, SERVICE_OBJECTS, "GetManagedObjects", on_objects, NULL, NULL);
}

static int on_removed(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	location_set(host, LOCATION_MODEM, NULL);
	return 0;
}

/* ModemManager came, or went. */
static void on_owner(bool there)
{
	complained = false;
	location_set(host, LOCATION_MODEM, NULL);
	if (there)
		(void)ask_for_modems();
}

static int add_matches(void)
{
	int r = sd_bus_add_match_async(bus, NULL,
		"type='signal',sender='" SERVICE "',interface='org.freedesktop.DBus.Properties',"
		"member='PropertiesChanged',path_namespace='" ROOT "/Modem',arg0='" LOCATION "'",
		on_properties, NULL, NULL);

	if (r >= 0)
		r = sd_bus_match_signal_async(bus, NULL, SERVICE, ROOT, SERVICE_OBJECTS, "InterfacesAdded", on_added, NULL, NULL);
	if (r >= 0)
		r = sd_bus_match_signal_async(
			bus, NULL, SERVICE, ROOT, SERVICE_OBJECTS, "InterfacesRemoved", on_removed, NULL, NULL);
	return r;
}

int modem_start(const struct lw_host *h)
{
	int r = service_open(h, SERVICE, on_owner, &bus);

	host = h;
	if (r >= 0)
		r = add_matches();
	if (r >= 0)
		r = ask_for_modems();
	if (r < 0)
		lw_log(host, LOG_NOTICE, "No position from modems: the system bus: %s", strerror(-r));
	return r;
}

void modem_stop(void)
{
	bus = sd_bus_flush_close_unref(bus);
}
