/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects that programs on the bus serve. To the registry such a program is what a plugin's host is: it speaks
 * the same interface (plugin/protocol.h), has the same quotas, and is not believed more. When it leaves the bus
 * its objects leave the registry, and servers hear of it. Who has no connection that lasts, like a shell, leases
 * an object, in which there is only something to be read.
 */
#include <stdio.h>
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
	struct list link;      /* in api->provisions */
	struct list of_caller; /* in caller->provisions */
	struct api *api;
	struct caller *caller; /* NULL: it has a lease */
	char *name, *path;
	char *provider;        /* as people see it */
	struct plugin_config config;
	struct remote *remote;
	uint32_t uid;          /* whose lease it is */
	sd_event_source *end;  /* of the lease */
};

/* What RegisterObject() has before the description. */
struct wanted {
	const char *name, *path;
	uint16_t first_instance;
	uint32_t lease_s; /* 0: as long as the caller is there */
};

static struct provision *provision_free(struct provision *provision)
{
	struct api *api = provision->api;

	list_remove(&provision->link);
	list_remove(&provision->of_caller);
	api->n_provisions--;
	api->dirty = true;
	sd_event_source_disable_unref(provision->end);
	remote_free(provision->remote);
	free(provision->name);
	free(provision->path);
	free(provision->provider);
	free(provision);
	return NULL;
}

void provide_forget(struct caller *caller)
{
	struct provision *provision, *safe;

	list_for_each_safe(provision, safe, &caller->provisions, of_caller) {
		log_plugin(LOG_NOTICE, 0, provision->name, "Program %s (%s) is gone, and its objects",
			provision->name, caller->name);
		provision_free(provision);
	}
}

void provide_free(struct api *api)
{
	struct provision *provision, *safe;

	list_for_each_safe(provision, safe, &api->provisions, link)
		provision_free(provision);
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

	list_for_each(provision, &caller->provisions, of_caller)
		if (strcmp(provision->name, name) == 0)
			return provision;
	return NULL;
}

static struct provision *find_path(const struct caller *caller, const char *path)
{
	struct provision *provision;

	list_for_each(provision, &caller->provisions, of_caller)
		if (strcmp(provision->path, path) == 0)
			return provision;
	return NULL;
}

/* Of the user who calls now. */
static struct provision *find_lease(const struct api *api, const char *name)
{
	struct provision *provision;

	list_for_each(provision, &api->provisions, link)
		if (!provision->caller && provision->uid == api->uid && strcmp(provision->name, name) == 0)
			return provision;
	return NULL;
}

static int fill(struct provision *provision, const struct wanted *wanted)
{
	struct api *api = provision->api;

	provision->name = strdup(wanted->name);
	provision->path = strdup(wanted->path);
	if (provision->caller)
		provision->provider = strdup(provision->caller->name);
	else if (asprintf(&provision->provider, "lease %s", wanted->name) < 0)
		provision->provider = NULL;
	provision->config = (struct plugin_config){ .name = provision->name,
		.first_instance = wanted->first_instance };
	if (!provision->name || !provision->path || !provision->provider)
		return -ENOMEM;
	return remote_new(&provision->remote, &provision->config, api->parts.event, api->parts.registry,
		&timeouts, &handlers, provision);
}

/* caller: NULL for one with a lease. */
static int provision_new(
	struct api *api, struct caller *caller, const struct wanted *wanted, struct provision **ret)
{
	struct provision *provision;
	int r;

	if (api->n_provisions >= PROVISIONS_MAX)
		return -ENOSPC;
	provision = calloc(1, sizeof(*provision));
	if (!provision)
		return -ENOMEM;
	provision->api = api;
	provision->caller = caller;
	provision->uid = api->uid;
	list_init(&provision->of_caller);
	list_append(&api->provisions, &provision->link);
	if (caller)
		list_append(&caller->provisions, &provision->of_caller);
	api->n_provisions++;
	r = fill(provision, wanted);
	if (r < 0)
		provision_free(provision);
	else
		*ret = provision;
	return r;
}

static int read_option(sd_bus_message *m, struct wanted *wanted)
{
	const char *key;
	int r = sd_bus_message_read_basic(m, 's', &key);

	if (r < 0)
		return r;
	if (strcmp(key, "first_instance") == 0)
		r = sd_bus_message_read(m, "v", "q", &wanted->first_instance);
	else if (strcmp(key, "lease") == 0)
		r = sd_bus_message_read(m, "v", "u", &wanted->lease_s);
	else
		return fault_replyf(m, API_ERROR "BadValue", "There is no option '%s'", key);
	return r < 0 ? fault_replyf(m, API_ERROR "BadValue", "Option %s is of another type", key) : 0;
}

/* 0, or as fault_reply(). */
static int read_options(sd_bus_message *m, struct wanted *wanted)
{
	int r = sd_bus_message_enter_container(m, 'a', "{sv}");

	while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
		r = read_option(m, wanted);
		if (r != 0)
			return r;
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

static int add(struct caller *caller, sd_bus_message *m, const struct wanted *wanted)
{
	const char *name = wanted->name, *path = wanted->path;
	char reason[REMOTE_REASON_MAX] = "";
	struct provision *provision;
	int r;

	if (find(caller, name) || find_path(caller, path))
		return fault_replyf(m, API_ERROR "NotAllowed",
			"This program has registered the name '%s' or the path %s already", name, path);
	r = provision_new(caller->api, caller, wanted, &provision);
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

static int on_lease_end(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct provision *provision = userdata;

	log_plugin(LOG_NOTICE, 0, provision->name,
		"The lease of %s has run out: its objects are taken away", provision->name);
	provision_free(provision);
	return 0;
}

static int set_lease(struct provision *provision, uint32_t lease_s)
{
	provision->end = sd_event_source_disable_unref(provision->end);
	return sd_event_add_time_relative(provision->api->parts.event, &provision->end, CLOCK_BOOTTIME,
		usec_from_s(lease_s), USEC_PER_SEC / 10, on_lease_end, provision);
}

/* Values that stand until they are told anew, by the same user and name, or until the lease runs out. */
static int add_lease(struct api *api, sd_bus_message *m, const struct wanted *wanted)
{
	struct provision *provision = find_lease(api, wanted->name);
	bool is_new = !provision;
	char reason[REMOTE_REASON_MAX] = "";
	int r = is_new ? provision_new(api, NULL, wanted, &provision) : 0;

	if (r < 0)
		return r;
	r = remote_describe(provision->remote, m, reason);
	if (r >= 0)
		r = set_lease(provision, wanted->lease_s);
	/* What stood before still does, unless another object is in the way of a part of it. */
	if (r < 0 && (is_new || r == -EEXIST))
		provision_free(provision);
	if (r < 0)
		return refuse(m, r, reason);
	api->dirty = true;
	if (is_new)
		log_plugin(LOG_NOTICE, 0, wanted->name, "User %u leases %zu object%s as %s", api->uid,
			remote_count(provision->remote), remote_count(provision->remote) == 1 ? "" : "s",
			wanted->name);
	return sd_bus_reply_method_return(m, "");
}

int provide_add(struct api *api, sd_bus_message *m)
{
	struct wanted wanted = { 0 };
	struct caller *caller;
	int r = sd_bus_message_read(m, "so", &wanted.name, &wanted.path);

	if (r < 0)
		return r;
	if (check_name(wanted.name) < 0)
		return fault_replyf(m, API_ERROR "BadValue",
			"A name is up to %d characters without blanks, for messages to people", NAME_MAX_LEN);
	r = read_options(m, &wanted);
	if (r != 0)
		return r;
	if (wanted.lease_s > 0)
		return add_lease(api, m, &wanted);
	r = caller_get(api, sd_bus_message_get_sender(m), &caller);
	if (r < 0)
		return r;
	r = add(caller, m, &wanted);
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
	if (!provision)
		provision = find_lease(api, name);
	if (provision)
		provision_free(provision);
	caller_release(caller);
	if (!provision)
		return fault_replyf(m, API_ERROR "NotFound", "This program has not registered '%s'", name);
	return sd_bus_reply_method_return(m, "");
}

static bool serves(const struct provision *provision, uint16_t oid)
{
	for (size_t i = 0; i < remote_count(provision->remote); i++)
		if (remote_object_id(provision->remote, i) == oid)
			return true;
	return false;
}

const char *provide_next(const struct api *api, uint16_t oid, size_t *at)
{
	const struct provision *provision;
	size_t i = 0;

	list_for_each(provision, &api->provisions, link) {
		if (i++ < *at)
			continue;
		*at = i;
		if (serves(provision, oid))
			return provision->provider;
	}
	return NULL;
}
