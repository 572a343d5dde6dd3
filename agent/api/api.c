/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api.h"

#include <string.h>

#include "api/api-internal.h"

static void on_registry(void *userdata, enum registry_change change, const struct path *path)
{
	struct api *api = userdata;

	if (change == REGISTRY_PERSIST)
		return;
	watch_mark(api, path);
	/* Server instances are accounts. */
	if (change == REGISTRY_INSTANCE || (change == REGISTRY_VALUE && path->ids[0] == 1))
		api->dirty = true;
}

static void on_plugins(void *userdata)
{
	((struct api *)userdata)->dirty = true;
}

int api_new(const struct api_parts *parts, struct api **ret)
{
	_cleanup_(api_freep) struct api *api = calloc(1, sizeof(*api));

	if (!api)
		return -ENOMEM;
	api->parts = *parts;
	list_init(&api->calls);
	list_init(&api->accesses);
	list_init(&api->sendings);
	list_init(&api->callers);
	list_init(&api->provisions);
	tree_init(api);
	api->status = strdup("starting");
	if (!api->status)
		return -ENOMEM;
	parts->registry->watcher = on_registry;
	parts->registry->watcher_userdata = api;
	supervisor_set_changed_handler(parts->supervisor, on_plugins, api);
	api->dirty = true;
	api_refresh(api);
	bus_link_open(api);
	*ret = steal_pointer(&api);
	return 0;
}

struct api *api_free(struct api *api)
{
	if (!api)
		return NULL;
	api->parts.registry->watcher = NULL;
	supervisor_set_changed_handler(api->parts.supervisor, NULL, NULL);
	bus_link_close(api);
	provide_free(api);
	tree_deinit(api);
	free(api->status);
	free(api);
	return NULL;
}

void api_answer(struct api *api, const struct effect *effect)
{
	if (!call_answered(api, effect))
		watch_answered(api, effect);
}

void api_event(struct api *api, const struct effect *effect, const char *why)
{
	if (effect->event == EVENT_SENT)
		send_event(api, effect, why);
	else if (effect->server)
		server_node_event(api, effect, why);
	api->dirty = true;
}

void api_set_status(struct api *api, const char *status)
{
	char *copy = strcmp(status, api->status) == 0 ? NULL : strdup(status);

	if (!copy)
		return;
	free(api->status);
	api->status = copy;
	api->dirty = true;
}

void api_changed(struct api *api)
{
	api->dirty = true;
}

/* The clock may have been set; what is less than that is only that two clocks are not read at once. */
static void follow_clock(struct api *api)
{
	struct timespec wall;
	int64_t ahead, by;

	clock_gettime(CLOCK_REALTIME, &wall);
	ahead = (int64_t)wall.tv_sec * (int64_t)USEC_PER_SEC + wall.tv_nsec / 1000 - (int64_t)usec_now();
	by = ahead - api->wall_ahead;
	if (by > (int64_t)(100 * USEC_PER_MSEC) || by < -(int64_t)(100 * USEC_PER_MSEC))
		api->wall_ahead = ahead;
}

void api_set_stopping(struct api *api)
{
	api->stopping = true;
}

bool api_run(struct api *api)
{
	return watch_run(api);
}

void api_refresh(struct api *api)
{
	if (!api->dirty)
		return;
	api->dirty = false;
	follow_clock(api);
	server_nodes_refresh(api);
	object_nodes_refresh(api);
	plugin_nodes_refresh(api);
	tree_tell(&api->manager);
}
