/* SPDX-License-Identifier: Apache-2.0 */
#include "io/bus.h"

#include <errno.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "base/list.h"
#include "base/log.h"
#include "base/usec.h"

/* An operation of a server has ten seconds; what takes longer is answered by then. */
#define ANSWER_TIMEOUT (9 * USEC_PER_SEC)

struct bus {
	sd_event *event;
	char *address;
	sd_bus *connection; /* NULL until needed */
	struct list calls;  /* struct call: those that are not answered yet */
};

struct method {
	const char *service, *what; /* for people: who does not do what */
	const char *name, *path, *interface, *member;
	const char *action; /* of polkit */
	int (*check)(const struct method *method, sd_bus_message *answer); /* what it says; NULL: nothing */
};

struct call {
	struct list link;
	const struct method *method;
	bus_answer_t answer; /* NULL: nobody waits for it */
	void *userdata;
};

#define LOGIND                                                                 \
	"systemd-logind", "restart this machine", "org.freedesktop.login1", "/org/freedesktop/login1", \
		"org.freedesktop.login1.Manager"
#define TIMEDATED "org.freedesktop.timedate1", "/org/freedesktop/timedate1", "org.freedesktop.timedate1"

static int check_reboot(const struct method *method, sd_bus_message *answer);

static const struct method ask_reboot_method = {
	LOGIND, "CanReboot", "org.freedesktop.login1.reboot", check_reboot,
};
static const struct method reboot_method = {
	LOGIND, "Reboot", "org.freedesktop.login1.reboot", NULL,
};
static const struct method time_method = {
	"systemd-timedated", "set the clock", TIMEDATED, "SetTime", "org.freedesktop.timedate1.set-time", NULL,
};
static const struct method timezone_method = {
	"systemd-timedated", "set the time zone", TIMEDATED, "SetTimezone",
	"org.freedesktop.timedate1.set-timezone", NULL,
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
	list_init(&bus->calls);
	bus->event = sd_event_ref(event);
	bus->address = strdup(address);
	if (!bus->address)
		return -ENOMEM;
	*ret = steal_pointer(&bus);
	return 0;
}

static void call_free(struct call *call)
{
	list_remove(&call->link);
	free(call);
}

struct bus *bus_free(struct bus *bus)
{
	struct call *call, *safe;

	if (!bus)
		return NULL;
	sd_bus_close_unref(bus->connection);
	list_for_each_safe(call, safe, &bus->calls, link)
		call_free(call);
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

static void call_end(struct call *call, int error)
{
	bus_answer_t answer = call->answer;
	void *userdata = call->userdata;

	call_free(call);
	if (answer)
		answer(userdata, error);
}

/* Who waits for an answer over this connection gets none. */
static void disconnect(struct bus *bus)
{
	struct call *call;

	bus->connection = sd_bus_close_unref(bus->connection);
	while ((call = list_first_entry(&bus->calls, struct call, link))) {
		if (call->answer)
			log_error("%s does not %s: the connection to the bus is lost", call->method->service,
				call->method->what);
		call_end(call, -EIO);
	}
}

static int connect_bus(struct bus *bus)
{
	sd_bus *connection;
	int r;

	if (bus->connection && sd_bus_is_open(bus->connection) > 0)
		return 0;
	disconnect(bus);
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

/* Names of errors, or what they begin with. */
static const struct {
	const char *name;
	int error;
} errors[] = {
	{ "org.freedesktop.timedate1.AutomaticTimeSyncEnabled", -EPERM },
	{ SD_BUS_ERROR_ACCESS_DENIED, -EPERM },
	{ SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED, -EPERM },
	{ SD_BUS_ERROR_INVALID_ARGS, -EINVAL },
	{ SD_BUS_ERROR_SERVICE_UNKNOWN, -ENOTSUP },
	{ SD_BUS_ERROR_NAME_HAS_NO_OWNER, -ENOTSUP },
	{ "org.freedesktop.DBus.Error.Spawn.", -ENOTSUP },
	{ "org.freedesktop.systemd1.", -ENOTSUP }, /* no such unit, or it is masked */
	{ SD_BUS_ERROR_NO_REPLY, -ETIMEDOUT },
	{ SD_BUS_ERROR_TIMEOUT, -ETIMEDOUT },
};

static int error_number(const sd_bus_error *error)
{
	for (size_t i = 0; i < ELEMENTSOF(errors); i++)
		if (strncmp(error->name, errors[i].name, strlen(errors[i].name)) == 0)
			return errors[i].error;
	return -EIO;
}

static void report_refusal(const struct method *method, const sd_bus_error *error)
{
	const char *message = error->message ? error->message : error->name;

	if (strcmp(error->name, errors[0].name) == 0)
		log_error("%s does not %s: %s ('timedatectl set-ntp no' turns it off)", method->service,
			method->what, message);
	else if (error_number(error) == -EPERM)
		log_error("%s does not %s: %s (polkit has to allow %s to user %u)", method->service,
			method->what, message, method->action, (unsigned int)geteuid());
	else
		log_error("%s does not %s: %s", method->service, method->what, message);
}

/* "yes", "no", "challenge" (somebody would have to log in), "na" (not on this machine). */
static int check_reboot(const struct method *method, sd_bus_message *answer)
{
	const char *text;
	int r = sd_bus_message_read(answer, "s", &text);

	if (r < 0)
		return log_error_errno(-EIO, "The answer of %s cannot be read", method->service);
	if (strcmp(text, "yes") == 0)
		return 0;
	log_error("%s does not %s: its answer is '%s' (polkit has to allow %s to user %u, and nobody may inhibit it: "
		  "'systemd-inhibit --list')",
		method->service, method->what, text, method->action, (unsigned int)geteuid());
	return -EPERM;
}

static int on_answer(sd_bus_message *answer, void *userdata, sd_bus_error *ret_error)
{
	const sd_bus_error *error = sd_bus_message_get_error(answer);
	struct call *call = userdata;
	int r = error ? error_number(error) : 0;

	if (!error && call->method->check)
		r = call->method->check(call->method, answer);
	else if (r < 0 && (r != -ENOTSUP || !call->answer))
		report_refusal(call->method, error);
	call_end(call, r);
	return 0;
}

static int send_call(struct bus *bus, struct call *call, const char *types, va_list arguments)
{
	const struct method *method = call->method;
	sd_bus_message *message = NULL;
	int r;

	r = sd_bus_message_new_method_call(bus->connection, &message, method->name, method->path,
		method->interface, method->member);
	if (r >= 0)
		r = sd_bus_message_appendv(message, types, arguments);
	if (r >= 0)
		r = sd_bus_call_async(bus->connection, NULL, message, on_answer, call,
			call->answer ? ANSWER_TIMEOUT : 0);
	sd_bus_message_unref(message);
	return r;
}

/* A connection whose end went unnoticed so far fails when it is written to; a new one may not. */
static int ask(struct bus *bus, const struct method *method, bus_answer_t answer, void *userdata,
	       const char *types, ...)
{
	struct call *call;
	int r = 0;

	for (unsigned int i = 0; i < 2; i++) {
		va_list arguments;

		r = connect_bus(bus);
		if (r < 0)
			return r;
		call = calloc(1, sizeof(*call));
		if (!call)
			return -ENOMEM;
		*call = (struct call){ .method = method, .answer = answer, .userdata = userdata };
		list_append(&bus->calls, &call->link);
		va_start(arguments, types);
		r = send_call(bus, call, types, arguments);
		va_end(arguments);
		if (r >= 0)
			return 0;
		call_free(call);
		disconnect(bus);
	}
	return r;
}

/* A bus that cannot be reached is as good as none. */
static int or_no_bus(int r)
{
	return r < 0 && r != -ENOMEM ? -ENOTSUP : r;
}

int bus_ask_reboot(struct bus *bus, bus_answer_t answer, void *userdata)
{
	if (strcmp(bus->address, "none") == 0)
		return -ENOTSUP;
	return or_no_bus(ask(bus, &ask_reboot_method, answer, userdata, ""));
}

int bus_reboot(struct bus *bus)
{
	int r;

	if (strcmp(bus->address, "none") == 0) {
		log_error("Cannot restart this machine: that needs D-Bus, which --bus none turns off");
		return -ENOTSUP;
	}
	r = ask(bus, &reboot_method, NULL, NULL, "b", false);
	if (r < 0)
		return log_error_errno(
			r, "Cannot restart this machine: no connection to the %s bus: %m", bus->address);
	return 0;
}


int bus_set_time(struct bus *bus, int64_t seconds, bus_answer_t answer, void *userdata)
{
	if (seconds > INT64_MAX / (int64_t)USEC_PER_SEC || seconds <= 0)
		return -ERANGE;
	if (strcmp(bus->address, "none") == 0)
		return -ENOTSUP;
	return or_no_bus(ask(bus, &time_method, answer, userdata, "xbb", seconds * (int64_t)USEC_PER_SEC,
		(int)false, (int)false));
}

int bus_set_timezone(struct bus *bus, const char *timezone, bus_answer_t answer, void *userdata)
{
	if (strcmp(bus->address, "none") == 0)
		return -ENOTSUP;
	return or_no_bus(
		ask(bus, &timezone_method, answer, userdata, "sb", timezone, (int)false));
}
