/* SPDX-License-Identifier: Apache-2.0 */
#include "observe.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <systemd/sd-event.h>

#include "data.h"
#include "observe-internal.h"
#include "tree.h"

#define DBUS_NAME "org.freedesktop.DBus"
#define DBUS_PATH "/org/freedesktop/DBus"

/* The first failure ends the loop; r is an outcome or -errno. */
static int leave(struct observe *observe, int r)
{
	if (r != OUTCOME_DONE)
		(void)sd_event_exit(observe->event, r < 0 ? OUTCOME_FAILED : r);
	return 0;
}

static int add_target(struct observe *observe, const struct path *path)
{
	struct observe_target *targets;

	for (size_t i = 0; i < observe->n_targets; i++)
		if (strcmp(observe->targets[i].path.text, path->text) == 0)
			return OUTCOME_DONE;
	targets = reallocarray(observe->targets, observe->n_targets + 1, sizeof(*targets));
	if (!targets)
		return -ENOMEM;
	observe->targets = targets;
	targets[observe->n_targets++] = (struct observe_target){ .path = *path };
	return OUTCOME_DONE;
}

static int add_object(struct observe *observe, uint16_t id)
{
	struct path path;
	char text[8];

	snprintf(text, sizeof(text), "/%u", id);
	return path_parse(text, &path) < 0 ? OUTCOME_DONE : add_target(observe, &path);
}

static int print_first(void *userdata, const struct path *path, const struct value *value)
{
	return observe_print_value(userdata, path, value);
}

/* First watched, then read: a change in between is shown twice rather than never. */
static int watch(struct observe *observe, struct observe_target *target)
{
	char what[64];
	int r;

	snprintf(what, sizeof(what), "Cannot observe %s", target->path.text);
	r = connection_agent(observe->ctl, what, "Watch", "s", target->path.text);
	if (r != OUTCOME_DONE)
		return r;
	target->watched = true;
	return data_each(observe->ctl, target->path.text, print_first, observe);
}

/*
 * strict: all that was named has to be there; of what was not named, something. Else those that are not there
 * yet are watched when they come.
 */
static int watch_all(struct observe *observe, bool strict)
{
	struct ctl *ctl = observe->ctl;
	bool any = false;
	int r = OUTCOME_DONE;

	ctl->quiet = !strict;
	for (size_t i = 0; i < observe->n_targets; i++) {
		if (!observe->targets[i].watched)
			r = watch(observe, &observe->targets[i]);
		any |= observe->targets[i].watched;
		if (r < 0 || (r != OUTCOME_DONE && strict && !(observe->all && any)))
			break;
		if (r != OUTCOME_DONE)
			ctl->quiet = true; /* once is enough */
		r = OUTCOME_DONE;
	}
	ctl->quiet = false;
	return r;
}

static int add_objects(struct observe *observe)
{
	_cleanup_(tree_deinit) struct tree tree = { 0 };
	int r = tree_read(observe->ctl, &tree);

	for (size_t i = 0; r == OUTCOME_DONE && i < tree.n_objects; i++)
		r = add_object(observe, tree.objects[i].id);
	return r;
}

/* An object, of a plugin that starts or of a program on the bus, has come. */
static int on_added(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	static const char prefix[] = AGENT_PATH "/objects/";
	struct observe *observe = userdata;
	const char *path;
	unsigned long id;
	int r = sd_bus_message_read(message, "o", &path);

	if (r < 0 || strncmp(path, prefix, sizeof(prefix) - 1) != 0)
		return 0;
	id = strtoul(path + sizeof(prefix) - 1, NULL, 10);
	r = observe->all && id <= UINT16_MAX ? add_object(observe, (uint16_t)id) : OUTCOME_DONE;
	return leave(observe, r != OUTCOME_DONE ? r : watch_all(observe, false));
}

/* Whoever is on the bus can send us a signal. */
static bool is_agent(const struct observe *observe, sd_bus_message *message)
{
	const char *sender = sd_bus_message_get_sender(message);

	return sender && observe->owner && strcmp(sender, observe->owner) == 0;
}

static int on_changed(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct observe *observe = userdata;
	const char *text, *type;
	struct value value;
	struct path path;

	if (!is_agent(observe, message) || sd_bus_message_read(message, "ss", &text, &type) < 0 ||
		value_read(message, type, &value) < 0 || path_parse(text, &path) < 0)
		return 0;
	return leave(observe, observe_print_value(observe, &path, &value));
}

static int on_removed(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct observe *observe = userdata;
	struct path path;
	const char *text;

	if (!is_agent(observe, message) || sd_bus_message_read(message, "s", &text) < 0 ||
		path_parse(text, &path) < 0)
		return 0;
	for (size_t i = 0; i < observe->n_targets; i++)
		if (path.depth <= observe->targets[i].path.depth &&
			memcmp(path.ids, observe->targets[i].path.ids, path.depth * sizeof(path.ids[0])) == 0)
			observe->targets[i].watched = false;
	return leave(observe, observe_print_removed(observe, &path));
}

static int on_properties(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct observe *observe = userdata;

	return is_agent(observe, message) ? leave(observe, observe_state(observe, message)) : 0;
}

static int set_owner(struct observe *observe, const char *owner)
{
	free(observe->owner);
	observe->owner = *owner ? strdup(owner) : NULL;
	return *owner && !observe->owner ? -ENOMEM : OUTCOME_DONE;
}

static int agent_came(struct observe *observe)
{
	int r = observe_print_agent(observe, "back", "lwm2m-agent is back.");

	observe->ctl->quiet = true;
	if (r == OUTCOME_DONE && observe->all && add_objects(observe) == -ENOMEM)
		r = -ENOMEM;
	return r != OUTCOME_DONE ? r : watch_all(observe, false);
}

static int agent_went(struct observe *observe)
{
	for (size_t i = 0; i < observe->n_targets; i++)
		observe->targets[i].watched = false;
	return observe_print_agent(observe, "gone", "lwm2m-agent has stopped; waiting for it to come back.");
}

static int on_owner(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	const char *name, *before, *owner;
	struct observe *observe = userdata;
	int r;

	if (sd_bus_message_read(message, "sss", &name, &before, &owner) < 0 || strcmp(name, AGENT_NAME) != 0)
		return 0;
	r = set_owner(observe, owner);
	if (r == OUTCOME_DONE && *before)
		r = agent_went(observe);
	if (r == OUTCOME_DONE && *owner)
		r = agent_came(observe);
	return leave(observe, r);
}

static int on_disconnected(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct observe *observe = userdata;

	return leave(observe, ctl_fail(observe->ctl, OUTCOME_NO_DAEMON, "The bus went away"));
}

static int add_matches(struct observe *observe)
{
	static const struct {
		const char *sender, *path, *interface, *member;
		sd_bus_message_handler_t handler;
	} matches[] = {
		{ DBUS_NAME, DBUS_PATH, DBUS_NAME, "NameOwnerChanged", on_owner },
		{ AGENT_NAME, AGENT_PATH, AGENT_INTERFACE, "ValueChanged", on_changed },
		{ AGENT_NAME, AGENT_PATH, AGENT_INTERFACE, "Removed", on_removed },
		{ AGENT_NAME, AGENT_PATH, "org.freedesktop.DBus.ObjectManager", "InterfacesAdded", on_added },
		{ "org.freedesktop.DBus.Local", "/org/freedesktop/DBus/Local", "org.freedesktop.DBus.Local",
			"Disconnected", on_disconnected },
	};
	int r = 0;

	for (size_t i = 0; r >= 0 && i < ELEMENTSOF(matches); i++)
		r = sd_bus_match_signal(observe->ctl->bus, NULL, matches[i].sender, matches[i].path,
			matches[i].interface, matches[i].member, matches[i].handler, observe);
	if (r >= 0 && observe->all)
		r = sd_bus_match_signal(observe->ctl->bus, NULL, AGENT_NAME, NULL,
			"org.freedesktop.DBus.Properties", "PropertiesChanged", on_properties, observe);
	return r < 0 ? r : OUTCOME_DONE;
}

static int find_owner(struct observe *observe)
{
	_cleanup_(message_unrefp) sd_bus_message *reply = NULL;
	_cleanup_(bus_error_freep) sd_bus_error error = SD_BUS_ERROR_NULL;
	const char *owner;
	int r = sd_bus_call_method(observe->ctl->bus, DBUS_NAME, DBUS_PATH, DBUS_NAME, "GetNameOwner", &error,
		&reply, "s", AGENT_NAME);

	if (r < 0)
		return connection_explain(observe->ctl, &error, r, "Cannot observe");
	r = sd_bus_message_read(reply, "s", &owner);
	return r < 0 ? r : set_owner(observe, owner);
}

/* At once, even while a call waits for its answer: each line was written when it was complete. */
static void on_interrupt(int number)
{
	_exit(OUTCOME_DONE);
}

static int on_timeout(sd_event_source *source, uint64_t usec, void *userdata)
{
	return sd_event_exit(sd_event_source_get_event(source), OUTCOME_DONE);
}

static int prepare_loop(struct observe *observe)
{
	const struct sigaction action = { .sa_handler = on_interrupt };
	int r = sd_event_default(&observe->event);

	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
	if (r >= 0 && observe->ctl->timeout > 0)
		r = sd_event_add_time_relative(
			observe->event, NULL, CLOCK_MONOTONIC, observe->ctl->timeout, 0, on_timeout, NULL);
	if (r >= 0)
		r = sd_bus_attach_event(observe->ctl->bus, observe->event, SD_EVENT_PRIORITY_NORMAL);
	return r < 0 ? r : OUTCOME_DONE;
}

static int start(struct observe *observe, size_t argc, char **argv)
{
	int r = OUTCOME_DONE;

	for (size_t i = 0; r == OUTCOME_DONE && i < argc; i++) {
		struct path path;

		r = path_take(observe->ctl, argv[i], 1, &path);
		if (r == OUTCOME_DONE)
			r = add_target(observe, &path);
	}
	if (r == OUTCOME_DONE)
		r = connection_open(observe->ctl);
	if (r == OUTCOME_DONE)
		r = prepare_loop(observe);
	if (r == OUTCOME_DONE)
		r = add_matches(observe);
	if (r == OUTCOME_DONE)
		r = find_owner(observe);
	if (r == OUTCOME_DONE && observe->all)
		r = add_objects(observe);
	return r == OUTCOME_DONE ? watch_all(observe, true) : r;
}

int observe_run(struct ctl *ctl, size_t argc, char **argv)
{
	struct observe observe = { .ctl = ctl, .all = argc == 0, .path_width = 12, .name_width = 16 };
	int r = start(&observe, argc, argv);

	if (r == OUTCOME_DONE)
		r = sd_event_loop(observe.event);
	if (observe.event) {
		(void)sd_bus_detach_event(ctl->bus);
		sd_event_unref(observe.event);
	}
	units_deinit(&observe.units);
	free(observe.targets);
	free(observe.owner);
	return r;
}
