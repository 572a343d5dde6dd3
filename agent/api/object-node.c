/* SPDX-License-Identifier: Apache-2.0 */
/* org.lwm2m.Agent1.Object: one object of the registry, and who serves it. */
#include <stdio.h>
#include <string.h>

#include "api/api-internal.h"

enum { ID, VERSION, INSTANCES, PROVIDER };

static const struct node_property properties[] = {
	[ID] = { "Id", "q" },
	[VERSION] = { "Version", "s" },
	[INSTANCES] = { "Instances", "aq" },
	[PROVIDER] = { "Provider", "s" },
};

static bool has_id(const struct plugin_status *status, uint16_t oid)
{
	for (size_t i = 0; i < status->n_objects; i++)
		if (status->objects[i] == oid)
			return true;
	return false;
}

/* One more name; what has no room is left out. */
static void add_name(struct api *api, const char *kind, const char *name)
{
	size_t len = strlen(api->scratch);

	snprintf(api->scratch + len, sizeof(api->scratch) - len, "%s%s%s", len ? ", " : "", kind, name);
}

/* "plugin NAME", the unique name of a program or "lease NAME", several joined by ", "; "" when there is none. */
static const char *find_providers(struct api *api, uint16_t oid)
{
	const char *name;
	size_t at = 0;

	api->scratch[0] = '\0';
	for (size_t i = 0; i < supervisor_count(api->parts.supervisor); i++) {
		struct plugin_status status = supervisor_status(api->parts.supervisor, i);

		if (has_id(&status, oid))
			add_name(api, "plugin ", status.name);
	}
	while ((name = provide_next(api, oid, &at)))
		add_name(api, "", name);
	return api->scratch;
}

/* A plugin's object that waits for an instance has not the agent's place yet. */
static const char *provider_of(struct api *api, const struct object *object)
{
	const char *providers = object->waiting ? "" : find_providers(api, object->info->id);

	return *providers ? providers : "agent";
}

static void describe(const struct node *node, struct fact *ret)
{
	struct api *api = node->branch->api;
	const struct object *object = registry_find(api->parts.registry, node->id);

	ret[ID].number = node->id;
	ret[VERSION].text = object ? object->info->version : "";
	ret[INSTANCES] = (struct fact){ .ids = object ? object->instances : NULL,
		.n_ids = object ? object->n_instances : 0 };
	ret[PROVIDER].text = object ? provider_of(api, object) : "";
}

void object_nodes_refresh(struct api *api)
{
	const struct registry *registry = api->parts.registry;
	char name[8];

	for (size_t i = 0; i < registry->n_objects; i++) {
		uint16_t oid = registry->objects[i]->info->id;
		struct node *node;

		snprintf(name, sizeof(name), "%u", oid);
		node = tree_see(&api->objects, name, oid);
		if (node)
			tree_tell(node);
	}
	tree_sweep(&api->objects);
}

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	TREE_CONSTANT("Id", "q"),
	TREE_PROPERTY("Version", "s"),
	TREE_PROPERTY("Instances", "aq"),
	TREE_PROPERTY("Provider", "s"),
	SD_BUS_VTABLE_END,
};

const struct node_kind object_node_kind = {
	.interface = API_NAME ".Object",
	.folder = API_PATH "/objects",
	.numbered = true,
	.vtable = vtable,
	.properties = properties,
	.n_properties = ELEMENTSOF(properties),
	.describe = describe,
};
