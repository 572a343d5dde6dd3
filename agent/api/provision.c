/* SPDX-License-Identifier: Apache-2.0 */
#include "api/provision.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define PROVISIONS_MAX 16 /* all programs together */

/* As those of hosts. */
static const struct remote_timeouts timeouts = {
	.start = 10 * USEC_PER_SEC, .silence = 4 * USEC_PER_SEC, .ping = 4 * USEC_PER_SEC
};

struct provision *provision_free(struct provision *provision)
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

struct provision *provision_find(const struct caller *caller, const char *name)
{
	struct provision *provision;

	list_for_each(provision, &caller->provisions, of_caller)
		if (strcmp(provision->name, name) == 0)
			return provision;
	return NULL;
}

struct provision *provision_find_path(const struct caller *caller, const char *path)
{
	struct provision *provision;

	list_for_each(provision, &caller->provisions, of_caller)
		if (strcmp(provision->path, path) == 0)
			return provision;
	return NULL;
}

struct provision *provision_find_lease(const struct api *api, const char *name)
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

int provision_new(
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

bool provision_serves(const struct provision *provision, uint16_t oid)
{
	for (size_t i = 0; i < remote_count(provision->remote); i++)
		if (remote_object_id(provision->remote, i) == oid)
			return true;
	return false;
}
