/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects that programs on the bus serve. To the registry such a program is what a plugin's host is: it
 * speaks the same interface (plugin/protocol.h), has the same quotas, and is not believed more. When it
 * leaves the bus its objects leave the registry, and servers hear of it.
 */
#include <stdlib.h>
#include <string.h>

#include "api/api-internal.h"
#include "base/log.h"
#include "plugin/remote.h"

#define PROVISIONS_MAX 16 /* all programs together */
#define NAME_MAX_LEN   64

/* As those of hosts. */
static const struct remote_timeouts timeouts = {
	.start = 10 * USEC_PER_SEC, .silence = 4 * USEC_PER_SEC, .ping = 4 * USEC_PER_SEC
};

struct provision {
	struct list link; /* in caller->provisions */
	struct caller *caller;
	char *name, *path;
	struct plugin_config config;
	struct remote *remote;
};

static struct provision *provision_free(struct provision *provision)
{
	struct api *api = provision->caller->api;

	list_remove(&provision->link);
	api->n_provisions--;
	api->dirty = true;
	remote_free(provision->remote);
	free(provision->name);
	free(provision->path);
	free(provision);
	return NULL;
}

void provide_forget(struct caller *caller)
{
	struct provision *provision, *safe;

	list_for_each_safe(provision, safe, &caller->provisions, link) {
		log_plugin(LOG_NOTICE, 0, provision->name, "Program %s (%s) is gone, and its objects",
			provision->name, caller->name);
		provision_free(provision);
	}
}

static void tell_dropped(const struct provision *provision, const char *reason)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
	struct caller *caller = provision->caller;
	int r = sd_bus_message_new_signal(caller->api->bus, &m, API_PATH, API_NAME, "ObjectDropped");

	if (r >= 0)
		r = sd_bus_message_set_destination(m, caller->name);
	if (r >= 0)
		r = sd_bus_message_append(m, "ss", provision->name, reason);
	if (r >= 0)
		(void)sd_bus_send(NULL, m, NULL);
}

/* Nobody starts it again: what it did wrong is said to it, and it may register anew. */
static void on_failed(void *userdata, bool for_good, const char *reason)
{
	struct provision *provision = userdata;
	struct caller *caller = provision->caller;

	reason = reason ? reason : "does not answer";
	log_plugin(LOG_WARNING, 0, provision->name, "Program %s (%s) %s; its objects are taken away",
		provision->name, caller->name, reason);
	tell_dropped(provision, reason);
	provision_free(provision);
	caller_release(caller);
}

static void on_started(void *userdata)
{
}

static const struct remote_handlers handlers = { .started = on_started, .failed = on_failed };

static struct provision *find(const struct caller *caller, const char *name)
{
	struct provision *provision;

	list_for_each(provision, &caller->provisions, link)
		if (strcmp(provision->name, name) == 0)
			return provision;
	return NULL;
}

static struct provision *find_path(const struct caller *caller, const char *path)
{
	struct provision *provision;

	list_for_each(provision, &caller->provisions, link)
		if (strcmp(provision->path, path) == 0)
			return provision;
	return NULL;
}

static int provision_new(struct caller *caller, const char *name, const char *path, uint16_t first,
	struct provision **ret)
{
	struct api *api = caller->api;
	struct provision *provision = calloc(1, sizeof(*provision));

	if (!provision)
		return -ENOMEM;
	provision->caller = caller;
	list_append(&caller->provisions, &provision->link);
	api->n_provisions++;
	provision->name = strdup(name);
	provision->path = strdup(path);
	provision->config = (struct plugin_config){ .name = provision->name, .first_instance = first };
	if (!provision->name || !provision->path ||
		remote_new(&provision->remote, &provision->config, api->parts.event, api->parts.registry,
			&timeouts, &handlers, provision) < 0) {
		provision_free(provision);
		return -ENOMEM;
	}
	*ret = provision;
	return 0;
}

/* Options there are: first_instance (q). 0, or as fault_reply(). */
static int read_options(sd_bus_message *m, uint16_t *ret_first)
{
	const char *key;
	int r = sd_bus_message_enter_container(m, 'a', "{sv}");

	while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
		r = sd_bus_message_read_basic(m, 's', &key);
		if (r >= 0 && strcmp(key, "first_instance") != 0)
			return fault_replyf(m, API_ERROR "BadValue", "There is no option '%s'", key);
		if (r >= 0 && sd_bus_message_read(m, "v", "q", ret_first) < 0)
			return fault_replyf(
				m, API_ERROR "BadValue", "first_instance is an instance id (type q)");
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
	}
	return r < 0 ? r : sd_bus_message_exit_container(m) < 0 ? -EBADMSG : 0;
}

static int check_name(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > NAME_MAX_LEN)
		return -EINVAL;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)name[i] <= ' ' || name[i] == 127)
			return -EINVAL;
	return 0;
}

static int refuse(sd_bus_message *m, int error, const char *reason)
{
	if (error == -EEXIST)
		return fault_replyf(m, API_ERROR "NotAllowed", "%s", reason);
	if (error == -EMSGSIZE)
		return fault_replyf(m, API_ERROR "QuotaExceeded", "The program %s", reason);
	if (error == -EBADMSG)
		return fault_replyf(m, API_ERROR "BadValue", "The program %s", reason);
	return error;
}

static int add(struct caller *caller, sd_bus_message *m, const char *name, const char *path, uint16_t first)
{
	char reason[REMOTE_REASON_MAX] = "";
	struct provision *provision;
	int r;

	if (find(caller, name) || find_path(caller, path))
		return fault_replyf(m, API_ERROR "NotAllowed",
			"This program has registered the name '%s' or the path %s already", name, path);
	if (caller->api->n_provisions >= PROVISIONS_MAX)
		return -ENOSPC;
	r = provision_new(caller, name, path, first, &provision);
	if (r < 0)
		return r;
	r = remote_attach_program(provision->remote, caller->api->bus, caller->name, path, m, reason);
	if (r < 0) {
		provision_free(provision);
		return refuse(m, r, reason);
	}
	caller->api->dirty = true;
	log_plugin(LOG_NOTICE, 0, name, "Program %s (%s) serves %zu object%s", name, caller->name,
		remote_count(provision->remote), remote_count(provision->remote) == 1 ? "" : "s");
	return sd_bus_reply_method_return(m, "");
}

int provide_add(struct api *api, sd_bus_message *m)
{
	const char *name, *path;
	struct caller *caller;
	uint16_t first = 0;
	int r = sd_bus_message_read(m, "so", &name, &path);

	if (r < 0)
		return r;
	if (check_name(name) < 0)
		return fault_replyf(m, API_ERROR "BadValue",
			"A name is up to %d characters without blanks, for messages to people", NAME_MAX_LEN);
	r = read_options(m, &first);
	if (r == 0)
		r = caller_get(api, sd_bus_message_get_sender(m), &caller);
	if (r != 0)
		return r;
	r = add(caller, m, name, path, first);
	caller_release(caller);
	return r;
}

int provide_remove(struct api *api, sd_bus_message *m)
{
	struct provision *provision;
	struct caller *caller;
	const char *name;
	int r = sd_bus_message_read(m, "s", &name);

	if (r < 0)
		return r;
	r = caller_get(api, sd_bus_message_get_sender(m), &caller);
	if (r < 0)
		return r;
	provision = find(caller, name);
	if (provision)
		provision_free(provision);
	caller_release(caller);
	if (!provision)
		return fault_replyf(m, API_ERROR "NotFound", "This program has not registered '%s'", name);
	return sd_bus_reply_method_return(m, "");
}

static bool serves(const struct caller *caller, uint16_t oid)
{
	const struct provision *provision;

	list_for_each(provision, &caller->provisions, link)
		for (size_t i = 0; i < remote_count(provision->remote); i++)
			if (remote_object_id(provision->remote, i) == oid)
				return true;
	return false;
}

const struct caller *provide_find(const struct api *api, uint16_t oid, const struct caller *after)
{
	const struct caller *caller;
	bool begun = !after;

	list_for_each(caller, &api->callers, link) {
		if (begun && serves(caller, oid))
			return caller;
		begun |= caller == after;
	}
	return NULL;
}
