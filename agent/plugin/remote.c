/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/remote.h"

#include <stdarg.h>

#include "base/log.h"
#include "plugin/remote-internal.h"

/*
 * The host sends news every PROTOCOL_NEWS_INTERVAL at most, and those of one moment in several pieces. To these come, for
 * each call, its answer and the news that it makes: a server may ask as fast as it likes.
 */
#define NEWS_PER_SECOND_MAX   2000
#define MESSAGES_PER_CALL_MAX 4

/* A watched host that has nothing new says nothing; after so many times its silence_max it is asked, too. */
#define WATCH_SILENCE_FACTOR 15

/* Behind sockets and timers of the agent's own. */
#define PRIORITY (SD_EVENT_PRIORITY_NORMAL + 10)

const char *remote_path(const struct remote *remote)
{
	return remote->path ? remote->path : PROTOCOL_PATH;
}

usec_t remote_now(const struct remote *remote)
{
	usec_t now = 0;

	sd_event_now(remote->event, CLOCK_BOOTTIME, &now);
	return now;
}

static void closed(struct remote *remote)
{
	if (!remote->bus)
		return;
	remote_detach(remote);
	remote->handlers->failed(remote->userdata, false, NULL);
}

void remote_fail(struct remote *remote, bool for_good, const char *format, ...)
{
	char reason[512];
	va_list arguments;

	if (!remote->bus)
		return;
	va_start(arguments, format);
	vsnprintf(reason, sizeof(reason), format, arguments);
	va_end(arguments);
	remote_detach(remote);
	remote->handlers->failed(remote->userdata, for_good, reason);
}

void remote_heard(struct remote *remote)
{
	remote->heard_at = remote_now(remote);
	remote->pinged = false;
}

static bool is_watched(const struct remote *remote)
{
	for (size_t i = 0; i < remote->mirror.n_objects; i++)
		if (remote->mirror.objects[i]->watched &&
			remote->mirror.objects[i]->interval != USEC_INFINITY)
			return true;
	return false;
}

/* When the host has to be asked whether it lives, if it says nothing until then. */
static usec_t life_deadline(const struct remote *remote)
{
	if (remote->pinged)
		return usec_add(remote->heard_at, remote->timeouts.ping);
	if (!list_is_empty(&remote->calls))
		return usec_add(remote->heard_at, remote->timeouts.silence);
	if (is_watched(remote))
		return usec_add(remote->heard_at, WATCH_SILENCE_FACTOR * remote->timeouts.silence);
	return USEC_INFINITY;
}

static int on_pong(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct remote *remote = userdata;

	if (remote->bus && !sd_bus_message_is_method_error(m, NULL))
		remote_heard(remote);
	return 1;
}

static int ping(struct remote *remote, usec_t now)
{
	remote->pinged = true;
	remote->heard_at = now;
	remote->ping = sd_bus_slot_unref(remote->ping);
	return sd_bus_call_method_async(remote->bus, &remote->ping, remote->destination, remote_path(remote),
		"org.freedesktop.DBus.Peer", "Ping", on_pong, remote, "");
}

static int on_life(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct remote *remote = userdata;
	usec_t deadline = life_deadline(remote), now = remote_now(remote);
	int r = 0;

	if (deadline == USEC_INFINITY)
		return 0;
	if (deadline <= now && remote->pinged) {
		remote_fail(remote, false, "does not answer: one of its callbacks does not return");
		return 0;
	}
	if (deadline <= now)
		r = ping(remote, now);
	if (r == -ENOBUFS || r == -ENOMEM) {
		remote_fail(remote, false, "takes no messages any more");
		return 0;
	}
	/* It has just ended, which the bus has yet to notice: how it ended says more. */
	if (r < 0) {
		closed(remote);
		return 0;
	}
	sd_event_source_set_time(source, life_deadline(remote));
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

void remote_expect(struct remote *remote)
{
	int enabled = SD_EVENT_OFF;
	usec_t deadline, armed;

	if (!remote->bus)
		return;
	/* Silence before there was something to say does not count. */
	if (remote->n_calls <= 1 && !remote->pinged)
		remote->heard_at = remote_now(remote);
	deadline = life_deadline(remote);
	if (deadline == USEC_INFINITY)
		return;
	if (!remote->life) {
		sd_event_add_time(remote->event, &remote->life, CLOCK_BOOTTIME, deadline, 10 * USEC_PER_MSEC,
			on_life, remote);
		return;
	}
	sd_event_source_get_enabled(remote->life, &enabled);
	if (enabled != SD_EVENT_OFF && sd_event_source_get_time(remote->life, &armed) >= 0 &&
		armed <= deadline)
		return;
	sd_event_source_set_time(remote->life, deadline);
	sd_event_source_set_enabled(remote->life, SD_EVENT_ONESHOT);
}

static bool floods(struct remote *remote)
{
	usec_t now = remote_now(remote);

	if (now - remote->news_since >= USEC_PER_SEC) {
		remote->news_since = now;
		remote->n_news = 0;
		remote->n_asked = (unsigned int)remote->n_calls;
	}
	return ++remote->n_news > NEWS_PER_SECOND_MAX + MESSAGES_PER_CALL_MAX * remote->n_asked;
}

static int read_signal(struct remote *remote, sd_bus_message *m, char reason[MIRROR_REASON_MAX])
{
	struct mirror *mirror = remote->started ? &remote->mirror : &remote->staged;

	if (sd_bus_message_is_signal(m, PROTOCOL_INTERFACE, PROTOCOL_CHANGED))
		return mirror_read_news(mirror, m, reason);
	if (sd_bus_message_is_signal(m, PROTOCOL_HOST_INTERFACE, PROTOCOL_TABLES) && !remote->started)
		return mirror_read_tables(mirror, m, reason);
	snprintf(reason, MIRROR_REASON_MAX, "sent what nobody asked it for");
	return -EBADMSG;
}

/* The answer to a call, or to one that was given up meanwhile. */
static bool is_reply(sd_bus_message *m)
{
	uint8_t type = 0;

	sd_bus_message_get_type(m, &type);
	return type == SD_BUS_MESSAGE_METHOD_RETURN || type == SD_BUS_MESSAGE_METHOD_ERROR;
}

static int on_message(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	char reason[MIRROR_REASON_MAX] = "needs more memory than there is";
	struct remote *remote = userdata;

	remote_heard(remote);
	if (sd_bus_message_is_signal(m, "org.freedesktop.DBus.Local", "Disconnected"))
		closed(remote);
	else if (floods(remote))
		remote_fail(remote, false, "sends more than %d messages a second", NEWS_PER_SECOND_MAX);
	else if (!is_reply(m) && read_signal(remote, m, reason) < 0)
		remote_fail(remote, false, "%s", reason);
	return 1;
}

static void take(struct remote *remote)
{
	char reason[MIRROR_REASON_MAX] = "needs more memory than there is";
	int r = mirror_take(&remote->mirror, &remote->staged, remote->registry, remote, remote->config->first_instance,
		&remote_ops, reason);

	if (r < 0) {
		remote_fail(remote, r == -EEXIST, "%s", reason);
		return;
	}
	remote->started = true;
	remote_object_rewatch(remote);
	remote->handlers->started(remote->userdata);
}

/* Not 0, here and in on_reply(): after a timeout sd-bus would go on with the bus, which may be closed by now. */
static int on_started(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct remote *remote = userdata;
	int failure, for_good;
	const char *reason;
	bool late;

	if (!remote->bus)
		return 1;
	late = remote_now(remote) - remote->heard_at >= remote->timeouts.start;
	if (sd_bus_message_is_method_error(m, NULL) && late)
		remote_fail(remote, false, "did not start within %.3g s",
			(double)remote->timeouts.start / (double)USEC_PER_SEC);
	else if (sd_bus_message_is_method_error(m, NULL))
		closed(remote);
	else if (sd_bus_message_read(m, PROTOCOL_START_OUT, &failure, &for_good, &reason) < 0)
		remote_fail(remote, false, "sent a message of the wrong form");
	else if (failure != 0)
		remote_fail(remote, for_good, "%s", reason);
	else if (remote->staged.n_objects == 0)
		remote_fail(remote, false, "described no object");
	else
		take(remote);
	return 1;
}

static int append_settings(sd_bus_message *m, const struct plugin_config *config)
{
	int r = sd_bus_message_open_container(m, 'a', PROTOCOL_SETTING);

	for (size_t i = 0; i < config->n_settings && r >= 0; i++)
		r = sd_bus_message_append(m, PROTOCOL_SETTING, config->settings[i].section,
			config->settings[i].key, config->settings[i].value, config->settings[i].line);
	return r < 0 ? r : sd_bus_message_close_container(m);
}

static int send_start(struct remote *remote)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
	const struct plugin_config *config = remote->config;
	int r = sd_bus_message_new_method_call(
		remote->bus, &m, NULL, PROTOCOL_PATH, PROTOCOL_HOST_INTERFACE, PROTOCOL_START);

	if (r >= 0)
		r = sd_bus_message_append(
			m, "isss", log_level(), config->name, config->module, config->file ? config->file : "");
	if (r >= 0)
		r = append_settings(m, config);
	if (r >= 0)
		r = sd_bus_message_sensitive(m);
	if (r >= 0)
		r = sd_bus_call_async(
			remote->bus, &remote->start, m, on_started, remote, remote->timeouts.start);
	return r;
}

static int connect_bus(struct remote *remote, int fd)
{
	int r = sd_bus_new(&remote->bus);

	if (r < 0) {
		close(fd);
		return r;
	}
	r = sd_bus_set_fd(remote->bus, fd, fd);
	if (r < 0) {
		close(fd);
		return r;
	}
	r = sd_bus_set_anonymous(remote->bus, true);
	if (r >= 0)
		r = sd_bus_add_filter(remote->bus, &remote->filter, on_message, remote);
	if (r >= 0)
		r = sd_bus_attach_event(remote->bus, remote->event, PRIORITY);
	if (r >= 0)
		r = sd_bus_start(remote->bus);
	return r;
}

int remote_attach(struct remote *remote, int fd)
{
	int r;

	remote_detach(remote);
	remote_heard(remote);
	r = connect_bus(remote, fd);
	if (r >= 0)
		r = send_start(remote);
	if (r < 0)
		remote_detach(remote);
	return r < 0 ? r : 0;
}

static bool is_told_only(const struct mirror_object *object)
{
	for (size_t i = 0; i < object->info.n_resources; i++)
		if (object->resources[i].operations != RESOURCE_R)
			return false;
	return !object->any_asked && object->interval == USEC_INFINITY && !(object->info.flags & OBJECT_CREATE);
}

static int describe(struct remote *remote, bool told_only, sd_bus_message *m, char reason[REMOTE_REASON_MAX])
{
	int r = mirror_read_description(&remote->staged, m, reason);

	if (r < 0)
		return r;
	for (size_t i = 0; told_only && i < remote->staged.n_objects; i++)
		if (!is_told_only(remote->staged.objects[i])) {
			snprintf(reason, REMOTE_REASON_MAX, "described in object %u what is more than read",
				remote->staged.objects[i]->info.id);
			return -EBADMSG;
		}
	return mirror_take(&remote->mirror, &remote->staged, remote->registry, remote, remote->config->first_instance,
		&remote_ops, reason);
}

int remote_attach_program(struct remote *remote, sd_bus *bus, const char *name, const char *path,
	sd_bus_message *m, char reason[REMOTE_REASON_MAX])
{
	int r;

	remote_heard(remote);
	remote->bus = sd_bus_ref(bus);
	remote->destination = strdup(name);
	remote->path = strdup(path);
	if (!remote->destination || !remote->path)
		return -ENOMEM;
	snprintf(reason, REMOTE_REASON_MAX, "cannot be listened to");
	r = sd_bus_match_signal_async(bus, &remote->filter, name, path, PROTOCOL_INTERFACE, PROTOCOL_CHANGED,
		on_message, NULL, remote);
	if (r >= 0)
		r = describe(remote, false, m, reason);
	if (r < 0)
		remote_clear(remote);
	remote->started = r >= 0;
	return r < 0 ? r : 0;
}

int remote_describe(struct remote *remote, sd_bus_message *m, char reason[REMOTE_REASON_MAX])
{
	int r = describe(remote, true, m, reason);

	if (r < 0)
		mirror_deinit(&remote->staged, remote->registry);
	else
		remote->started = true;
	return r;
}

static void leave(struct remote *remote)
{
	remote->leave = sd_event_source_disable_unref(remote->leave);
	remote->left = sd_bus_close_unref(remote->left);
}

static int on_leave(sd_event_source *source, void *userdata)
{
	leave(userdata);
	return 0;
}

/* sd-bus does not take it well when a callback of a call that timed out closes the bus: that is done a moment later. */
static void leave_later(struct remote *remote)
{
	leave(remote);
	remote->left = sd_bus_ref(remote->bus);
	sd_bus_detach_event(remote->bus);
	remote->bus = sd_bus_unref(remote->bus);
	if (sd_event_add_defer(remote->event, &remote->leave, on_leave, remote) < 0)
		leave(remote);
}

void remote_detach(struct remote *remote)
{
	remote->started = remote->pinged = false;
	remote->filter = sd_bus_slot_unref(remote->filter);
	remote->start = sd_bus_slot_unref(remote->start);
	remote->ping = sd_bus_slot_unref(remote->ping);
	remote->life = sd_event_source_disable_unref(remote->life);
	if (remote->destination)
		remote->bus = sd_bus_unref(remote->bus);
	else if (remote->bus)
		leave_later(remote);
	remote_object_cancel(remote);
	mirror_deinit(&remote->staged, remote->registry);
}

void remote_clear(struct remote *remote)
{
	remote_detach(remote);
	mirror_deinit(&remote->mirror, remote->registry);
}

int remote_new(struct remote **ret, const struct plugin_config *config, sd_event *event,
	struct registry *registry, const struct remote_timeouts *timeouts,
	const struct remote_handlers *handlers, void *userdata)
{
	struct remote *remote = calloc(1, sizeof(*remote));

	if (!remote)
		return -ENOMEM;
	remote->config = config;
	remote->event = sd_event_ref(event);
	remote->registry = registry;
	remote->timeouts = *timeouts;
	remote->handlers = handlers;
	remote->userdata = userdata;
	list_init(&remote->calls);
	*ret = remote;
	return 0;
}

struct remote *remote_free(struct remote *remote)
{
	if (!remote)
		return NULL;
	remote_clear(remote);
	leave(remote);
	sd_event_unref(remote->event);
	free(remote->destination);
	free(remote->path);
	free(remote);
	return NULL;
}

size_t remote_count(const struct remote *remote)
{
	return remote->mirror.n_objects;
}

uint16_t remote_object_id(const struct remote *remote, size_t index)
{
	return remote->mirror.objects[index]->info.id;
}
