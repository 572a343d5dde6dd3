/* SPDX-License-Identifier: Apache-2.0 */
#include "connection.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "authorize.h"

#define DBUS_ERROR  "org.freedesktop.DBus.Error."
#define AGENT_ERROR "org.lwm2m.Agent1.Error."

#define PASSWORD_HELPS   DBUS_ERROR "InteractiveAuthorizationRequired"
#define PASSWORD_TIMEOUT (300 * USEC_PER_SEC)

#define START                                                                    \
	"Start it with 'systemctl start lwm2m-agent'. If it does not stay up,\n" \
	"'journalctl -u lwm2m-agent' says why."
#define OTHER_VERSION "lwm2mctl and the agent are of different versions: restart the agent after an upgrade."

static const char ask_for_rights[] = "Try it with sudo, or as a member of the group lwm2m-agent.";
static const char ask_polkit[] = "Try it with sudo.";

/* text stands in for the message of the error; hint is a line of its own. */
static const struct {
	const char *name;
	enum outcome outcome;
	const char *text, *hint;
	bool of_paths; /* the hint is for calls with a path */
} errors[] = {
	{ DBUS_ERROR "ServiceUnknown", OUTCOME_NO_DAEMON, "lwm2m-agent is not running", START },
	{ DBUS_ERROR "NameHasNoOwner", OUTCOME_NO_DAEMON, "lwm2m-agent is not running", START },
	{ DBUS_ERROR "NoReply", OUTCOME_NO_DAEMON, "lwm2m-agent went away before it answered", START },
	{ DBUS_ERROR "Disconnected", OUTCOME_NO_DAEMON, "the bus went away", NULL },
	{ DBUS_ERROR "Timeout", OUTCOME_FAILED, "no answer in time", "--timeout SECONDS waits longer." },
	{ DBUS_ERROR "AccessDenied", OUTCOME_FAILED, "you are not allowed to", ask_for_rights },
	{ PASSWORD_HELPS, OUTCOME_FAILED, "you are not allowed to", ask_for_rights },
	{ DBUS_ERROR "UnknownMethod", OUTCOME_FAILED, NULL, OTHER_VERSION },
	{ DBUS_ERROR "UnknownInterface", OUTCOME_FAILED, NULL, OTHER_VERSION },
	{ DBUS_ERROR "UnknownProperty", OUTCOME_FAILED, NULL, OTHER_VERSION },
	{ DBUS_ERROR "InvalidArgs", OUTCOME_FAILED, NULL, OTHER_VERSION },
	{ AGENT_ERROR "NotFound", OUTCOME_FAILED, NULL,
		"'lwm2mctl objects' lists what there is, 'lwm2mctl read /OBJECT' its resources.", true },
	{ AGENT_ERROR "BadPath", OUTCOME_FAILED, NULL,
		"A path is /OBJECT/INSTANCE/RESOURCE, as /3/0/9, or less of it." },
	{ AGENT_ERROR "Busy", OUTCOME_FAILED, NULL, "Try again in a moment." },
	{ AGENT_ERROR "TimedOut", OUTCOME_FAILED, NULL,
		"'lwm2mctl plugins' shows whether its plugin is well.", true },
	{ AGENT_ERROR "NotRegistered", OUTCOME_FAILED, NULL,
		"'lwm2mctl status' says what the agent waits for." },
	{ AGENT_ERROR "QuotaExceeded", OUTCOME_FAILED, NULL,
		"More is not watched. Name objects, as /3303, rather than their resources." },
};

static int open_address(const char *address, sd_bus **ret)
{
	sd_bus *bus;
	int r = sd_bus_new(&bus);

	if (r < 0)
		return r;
	r = sd_bus_set_address(bus, address);
	if (r >= 0)
		r = sd_bus_set_bus_client(bus, true);
	if (r >= 0)
		r = sd_bus_start(bus);
	if (r < 0)
		sd_bus_unref(bus);
	else
		*ret = bus;
	return r;
}

int connection_open(struct ctl *ctl)
{
	int r;

	if (ctl->bus)
		return OUTCOME_DONE;
	if (strcmp(ctl->bus_address, "system") == 0)
		r = sd_bus_open_system(&ctl->bus);
	else if (strcmp(ctl->bus_address, "session") == 0)
		r = sd_bus_open_user(&ctl->bus);
	else
		r = open_address(ctl->bus_address, &ctl->bus);
	if (r >= 0)
		return OUTCOME_DONE;
	if (r == -ENOMEM)
		return r;
	if (strcmp(ctl->bus_address, "system") == 0)
		return ctl_fail(ctl, OUTCOME_NO_DAEMON,
			"There is no system bus to ask lwm2m-agent over: %s\n"
			"'systemctl status dbus' says whether D-Bus runs.",
			strerror(-r));
	return ctl_fail(
		ctl, OUTCOME_NO_DAEMON, "Cannot connect to the bus '%s': %s", ctl->bus_address, strerror(-r));
}

int connection_prepare(
	struct ctl *ctl, const char *path, const char *interface, const char *member, sd_bus_message **ret)
{
	_cleanup_(message_unrefp) sd_bus_message *call = NULL;
	int r = connection_open(ctl);

	if (r != OUTCOME_DONE)
		return r;
	r = sd_bus_message_new_method_call(ctl->bus, &call, AGENT_NAME, path, interface, member);
	if (r >= 0)
		r = sd_bus_message_set_auto_start(call, false);
	if (r < 0)
		return r;
	*ret = steal_pointer(&call);
	return OUTCOME_DONE;
}

int connection_explain(struct ctl *ctl, const sd_bus_error *error, int r, const char *what)
{
	const char *name = error->name ? error->name : "", *text = error->message, *hint = NULL;
	enum outcome outcome = OUTCOME_FAILED;

	for (size_t i = 0; i < ELEMENTSOF(errors); i++) {
		if (strcmp(errors[i].name, name) != 0)
			continue;
		outcome = errors[i].outcome;
		if (!errors[i].of_paths || strchr(what, '/'))
			hint = errors[i].hint;
		if (hint == ask_for_rights && text && strstr(text, "polkit"))
			hint = ask_polkit; /* the bus let us call, and the agent says what may not be done */
		else if (errors[i].text)
			text = errors[i].text;
	}
	if (!text || !*text)
		text = *name ? name : strerror(-r);
	else if (outcome == OUTCOME_NO_DAEMON || strncmp(name, AGENT_ERROR, strlen(AGENT_ERROR)) == 0)
		what = NULL; /* it is a whole sentence */
	return ctl_fail(ctl, outcome, "%s%s%s%s%s", what ? what : "", what ? ": " : "", text,
		hint ? "\n" : "", hint ? hint : "");
}

/* The same call once more, which may take as long as somebody needs to type a password. */
static int call_with_password(
	struct ctl *ctl, sd_bus_message *call, sd_bus_error *error, sd_bus_message **ret)
{
	_cleanup_(message_unrefp) sd_bus_message *again = NULL;
	pid_t agent;
	int r;

	r = sd_bus_message_new_method_call(ctl->bus, &again, AGENT_NAME, sd_bus_message_get_path(call),
		sd_bus_message_get_interface(call), sd_bus_message_get_member(call));
	if (r >= 0)
		r = sd_bus_message_rewind(call, true);
	if (r >= 0)
		r = sd_bus_message_copy(again, call, true);
	if (r >= 0)
		r = sd_bus_message_set_allow_interactive_authorization(again, true);
	if (r < 0)
		return r;
	agent = authorize_start();
	if (agent < 0)
		return agent;
	sd_bus_error_free(error);
	r = sd_bus_call(ctl->bus, again, PASSWORD_TIMEOUT, error, ret);
	authorize_stop(agent);
	return r;
}

int connection_run(struct ctl *ctl, sd_bus_message *call, const char *what, sd_bus_message **ret)
{
	_cleanup_(bus_error_freep) sd_bus_error error = SD_BUS_ERROR_NULL;
	int r = sd_bus_call(ctl->bus, call, ctl->timeout, &error, ret);

	if (r < 0 && sd_bus_error_has_name(&error, PASSWORD_HELPS) && !ctl->quiet &&
		authorize_is_possible(ctl))
		r = call_with_password(ctl, call, &error, ret);
	if (r == -ENOMEM)
		return r;
	return r < 0 ? connection_explain(ctl, &error, r, what) : OUTCOME_DONE;
}

int connection_call(struct ctl *ctl, const char *what, const char *path, const char *interface,
	const char *member, sd_bus_message **ret, const char *types, ...)
{
	_cleanup_(message_unrefp) sd_bus_message *call = NULL;
	va_list list;
	int r = connection_prepare(ctl, path, interface, member, &call);

	if (r != OUTCOME_DONE)
		return r;
	va_start(list, types);
	if (types)
		r = sd_bus_message_appendv(call, types, list);
	va_end(list);
	return r < 0 ? r : connection_run(ctl, call, what, ret);
}
