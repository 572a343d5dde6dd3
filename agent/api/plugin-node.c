/* SPDX-License-Identifier: Apache-2.0 */
/* org.lwm2m.Agent1.Plugin: one plugin, and how its host fares. */
#include <string.h>

#include "api/api-internal.h"

enum { NAME, MODULE, STATE, ISOLATION, PID, RESTARTS, STARTED_AT, NEXT_TRY_AT, LAST_ERROR, OBJECTS };

static const struct node_property properties[] = {
	[NAME] = { "Name", "s" },
	[MODULE] = { "Module", "s" },
	[STATE] = { "State", "s" },
	[ISOLATION] = { "Isolation", "s" },
	[PID] = { "Pid", "u" },
	[RESTARTS] = { "Restarts", "u" },
	[STARTED_AT] = { "StartedAt", "t" },
	[NEXT_TRY_AT] = { "NextTryAt", "t" },
	[LAST_ERROR] = { "LastError", "s" },
	[OBJECTS] = { "Objects", "aq" },
};

static void fill(const struct api *api, const struct plugin_status *status, struct fact *ret)
{
	ret[NAME].text = status->name;
	ret[MODULE].text = status->module;
	ret[STATE].text = plugin_state_name(status->state);
	ret[ISOLATION].text = plugin_isolation_name(status->isolation);
	ret[PID].number = (uint64_t)status->pid;
	ret[RESTARTS].number = status->restarts;
	ret[STARTED_AT].number = tree_wall_time(api, status->started_at);
	ret[NEXT_TRY_AT].number = tree_wall_time(api, status->restart_at);
	ret[LAST_ERROR].text = status->failure;
	ret[OBJECTS] = (struct fact){ .ids = status->objects, .n_ids = status->n_objects };
}

static void describe(const struct node *node, struct fact *ret)
{
	const struct api *api = node->branch->api;
	const struct supervisor *supervisor = api->parts.supervisor;

	for (size_t i = 0; i < supervisor_count(supervisor); i++) {
		struct plugin_status status = supervisor_status(supervisor, i);

		if (strcmp(status.name, node->name) == 0) {
			fill(api, &status, ret);
			return;
		}
	}
}

/* They come with the configuration and go with it. */
void plugin_nodes_refresh(struct api *api)
{
	for (size_t i = 0; i < supervisor_count(api->parts.supervisor); i++) {
		struct node *node = tree_see(
			&api->plugins, supervisor_status(api->parts.supervisor, i).name, 0);

		if (node)
			tree_tell(node);
	}
}

static int on_restart(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct node *node = userdata;

	return access_check(node->branch->api, m, ACCESS_MANAGE, control_restart);
}

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	TREE_CONSTANT("Name", "s"),
	TREE_CONSTANT("Module", "s"),
	TREE_PROPERTY("State", "s"),
	TREE_CONSTANT("Isolation", "s"),
	TREE_PROPERTY("Pid", "u"),
	TREE_PROPERTY("Restarts", "u"),
	TREE_PROPERTY("StartedAt", "t"),
	TREE_PROPERTY("NextTryAt", "t"),
	TREE_PROPERTY("LastError", "s"),
	TREE_PROPERTY("Objects", "aq"),
	SD_BUS_METHOD("Restart", NULL, NULL, on_restart, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

const struct node_kind plugin_node_kind = {
	.interface = API_NAME ".Plugin",
	.folder = API_PATH "/plugins",
	.vtable = vtable,
	.properties = properties,
	.n_properties = ELEMENTSOF(properties),
	.describe = describe,
};
