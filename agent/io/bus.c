/* SPDX-License-Identifier: Apache-2.0 */
#include "io/bus.h"

#include <errno.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "base/log.h"

struct bus {
	sd_event *event;
	char *address;
	sd_bus *connection; /* NULL until needed */
};

int bus_new(sd_event *event, const char *address, struct bus **ret)
{
	_cleanup_(bus_freep) struct bus *bus = NULL;

	if (strcmp(address, "system") != 0 && strcmp(address, "session") != 0 &&
		strcmp(address, "none") != 0 && !strchr(address, ':'))
		return -EINVAL;
	bus = calloc(1, sizeof(*bus));
	if (!bus)
		return -ENOMEM;
	bus->event = sd_event_ref(event);
	bus->address = strdup(address);
	if (!bus->address)
		return -ENOMEM;
	*ret = steal_pointer(&bus);
	return 0;
}

struct bus *bus_free(struct bus *bus)
{
	if (!bus)
		return NULL;
	sd_bus_close_unref(bus->connection);
	sd_event_unref(bus->event);
	free(bus->address);
	free(bus);
	return NULL;
}

static int start(struct bus *bus, sd_bus *connection)
{
	int r;

	r = sd_bus_set_address(connection, bus->address);
	if (r >= 0)
		r = sd_bus_set_bus_client(connection, true);
	if (r >= 0)
		r = sd_bus_start(connection);
	return r;
}

static int open_address(struct bus *bus, sd_bus **ret)
{
	sd_bus *connection;
	int r;

	if (strcmp(bus->address, "system") == 0)
		return sd_bus_open_system(ret);
	if (strcmp(bus->address, "session") == 0)
		return sd_bus_open_user(ret);
	r = sd_bus_new(&connection);
	if (r < 0)
		return r;
	r = start(bus, connection);
	if (r < 0)
		sd_bus_unref(connection);
	else
		*ret = connection;
	return r;
}

static int connect_bus(struct bus *bus)
{
	sd_bus *connection;
	int r;

	if (bus->connection && sd_bus_is_open(bus->connection) > 0)
		return 0;
	bus->connection = sd_bus_close_unref(bus->connection);
	r = open_address(bus, &connection);
	if (r < 0)
		return r;
	r = sd_bus_attach_event(connection, bus->event, SD_EVENT_PRIORITY_NORMAL);
	if (r < 0) {
		sd_bus_close_unref(connection);
		return r;
	}
	bus->connection = connection;
	return 0;
}

static int on_reboot_answer(sd_bus_message *answer, void *userdata, sd_bus_error *ret_error)
{
	const sd_bus_error *error = sd_bus_message_get_error(answer);

	if (error)
		log_error("systemd-logind does not restart this machine: %s",
			error->message ? error->message : error->name);
	return 0;
}

/* A connection whose end went unnoticed so far fails when it is written to; a new one may not. */
static int ask_logind(struct bus *bus)
{
	int r = 0;

	for (unsigned int i = 0; i < 2; i++) {
		r = connect_bus(bus);
		if (r < 0)
			return log_error_errno(r,
				"Cannot restart this machine: no connection to the %s bus: %m", bus->address);
		r = sd_bus_call_method_async(bus->connection, NULL, "org.freedesktop.login1",
			"/org/freedesktop/login1", "org.freedesktop.login1.Manager", "Reboot",
			on_reboot_answer, NULL, "b", false);
		if (r >= 0)
			return 0;
		bus->connection = sd_bus_close_unref(bus->connection);
	}
	return log_error_errno(r, "Cannot ask systemd-logind to restart this machine: %m");
}

int bus_reboot(struct bus *bus)
{
	if (strcmp(bus->address, "none") == 0) {
		log_error("Cannot restart this machine: that needs D-Bus, which --bus none turns off");
		return -ENOTSUP;
	}
	return ask_logind(bus);
}
