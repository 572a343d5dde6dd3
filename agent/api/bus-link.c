/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connection to the bus, one of the API's own: it lives as long as the agent and goes with a name, a tree
 * and callers that are followed, while io/bus.c has one for the moment in which another service is asked for
 * something.
 *
 * A bus that is not there yet, or is restarted, is waited for where its socket appears
 * (sd_bus_set_watch_bind()): that takes no timer. Any other failure is tried again later.
 */
#include <stdio.h>
#include <string.h>

#include "api/api-internal.h"
#include "base/log.h"

#define RETRY_MIN (1 * USEC_PER_SEC)
#define RETRY_MAX (300 * USEC_PER_SEC)

/*
 * Messages that wait for a bus that takes none. Of sd-bus the kernel takes 8 MiB before the first one waits.
 */
#define QUEUE_MAX 64

#define BUS_NAME_OWNED 1 /* RequestName() */

#define SYSTEM_BUS "unix:path=/run/dbus/system_bus_socket"

/* Nobody is there any more who could hear of the end of what goes on. */
static void cancel(struct api *api)
{
	access_cancel(api);
	call_cancel(api);
	send_cancel(api);
	callers_free(api);
	watch_stop(api);
}

static void drop(struct api *api)
{
	cancel(api);
	api->bus = sd_bus_close_unref(api->bus);
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct api *api = userdata;

	drop(api);
	bus_link_open(api);
	return 0;
}

/* Also how a connection is left from one of its own callbacks. */
static void retry_in(struct api *api, usec_t delay)
{
	api->retry = sd_event_source_disable_unref(api->retry);
	(void)sd_event_add_time_relative(
		api->parts.event, &api->retry, CLOCK_BOOTTIME, delay, USEC_PER_SEC / 10, on_retry, api);
}

static void retry_later(struct api *api, int error, const char *what)
{
	if (!api->bus_missed)
		(void)log_warning_errno(error,
			"The D-Bus API is not there: %s the %s bus: %m; trying again", what,
			api->parts.address);
	api->bus_missed = true;
	api->retry_delay = api->retry_delay ? usec_min(2 * api->retry_delay, RETRY_MAX) : RETRY_MIN;
	retry_in(api, api->retry_delay);
}

/*
 * Signals that a bus does not take would pile up here; callers see that the name is gone, and look again when
 * it is back.
 */
static bool is_stuck(const struct api *api)
{
	uint64_t waiting = 0;

	return sd_bus_get_n_queued_write(api->bus, &waiting) >= 0 && waiting > QUEUE_MAX;
}

bool bus_link_is_up(struct api *api)
{
	if (!api->bus || api->retry || sd_bus_is_ready(api->bus) <= 0)
		return false;
	if (!is_stuck(api))
		return true;
	retry_later(api, -EAGAIN, "no messages are taken by");
	return false;
}

static int on_disconnected(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct api *api = userdata;

	if (!api->bus_missed)
		log_notice("The D-Bus API is gone: the bus closed its connection; waiting for it to return");
	api->bus_missed = true;
	api->retry_delay = 0;
	retry_in(api, 0);
	return 0;
}

/*
 * Now, or when the one that had it has left: that may be our own connection from before, which a slow bus
 * still knows.
 */
static int on_acquired(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct api *api = userdata;
	const char *name;

	if (sd_bus_message_read(m, "s", &name) < 0 || strcmp(name, API_NAME) != 0)
		return 0;
	if (api->bus_missed)
		log_notice("The D-Bus API is back");
	api->bus_missed = false;
	api->retry_delay = 0;
	return 0;
}

static int on_requested(sd_bus_message *m, void *userdata, sd_bus_error *unused)
{
	const sd_bus_error *error = sd_bus_message_get_error(m);
	struct api *api = userdata;
	uint32_t outcome = 0;

	if (!error && sd_bus_message_read(m, "u", &outcome) >= 0 && outcome == BUS_NAME_OWNED)
		return 0;
	log_warning("The D-Bus API has no name: %s is not given to this agent: %s", API_NAME,
		!error ? "another process has it; waiting for that to leave" :
		error->message ? error->message :
				 error->name);
	api->bus_missed = true;
	return 0;
}

static int address_of(const struct api *api, const char **ret, char *text, size_t size)
{
	const char *address = api->parts.address, *runtime = getenv("XDG_RUNTIME_DIR");

	if (strcmp(address, "system") == 0) {
		address = getenv("DBUS_SYSTEM_BUS_ADDRESS");
		address = address ? address : SYSTEM_BUS;
	} else if (strcmp(address, "session") == 0) {
		address = getenv("DBUS_SESSION_BUS_ADDRESS");
		if (!address && !runtime)
			return -ENOMEDIUM;
		if (!address) {
			snprintf(text, size, "unix:path=%s/bus", runtime);
			address = text;
		}
	}
	*ret = address;
	return 0;
}

static int start(struct api *api)
{
	const char *address;
	char text[256];
	int r = address_of(api, &address, text, sizeof(text));

	if (r >= 0)
		r = sd_bus_set_address(api->bus, address);
	if (r >= 0)
		r = sd_bus_set_bus_client(api->bus, true);
	if (r >= 0)
		r = sd_bus_set_watch_bind(api->bus, true);
	if (r >= 0)
		r = sd_bus_match_signal_async(api->bus, NULL, "org.freedesktop.DBus.Local",
			"/org/freedesktop/DBus/Local", "org.freedesktop.DBus.Local", "Disconnected",
			on_disconnected, NULL, api);
	if (r >= 0)
		r = tree_publish(api);
	if (r >= 0)
		r = sd_bus_attach_event(api->bus, api->parts.event, SD_EVENT_PRIORITY_NORMAL);
	if (r >= 0)
		r = sd_bus_start(api->bus);
	if (r >= 0)
		r = sd_bus_match_signal_async(api->bus, NULL, "org.freedesktop.DBus", "/org/freedesktop/DBus",
			"org.freedesktop.DBus", "NameAcquired", on_acquired, NULL, api);
	if (r >= 0)
		r = sd_bus_request_name_async(api->bus, NULL, API_NAME, SD_BUS_NAME_QUEUE, on_requested, api);
	return r;
}

void bus_link_open(struct api *api)
{
	int r;

	api->retry = sd_event_source_disable_unref(api->retry);
	if (strcmp(api->parts.address, "none") == 0)
		return;
	r = sd_bus_new(&api->bus);
	if (r >= 0)
		r = start(api);
	if (r >= 0)
		return;
	drop(api);
	retry_later(api, r, "no connection to");
}

void bus_link_close(struct api *api)
{
	api->retry = sd_event_source_disable_unref(api->retry);
	/* What was answered is in the socket already; sd_bus_flush() would wait for a bus that hangs. */
	drop(api);
}
