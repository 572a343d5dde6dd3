/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

struct property {
	const char *name, *type;
	size_t offset;
	size_t n_offset; /* of the length of an array */
};

#define PROPERTY(name_, type_, struct_, member_)                   \
	{                                                          \
		name_, type_, offsetof(struct struct_, member_), 0 \
	}
#define ARRAY(name_, struct_, member_)                                                                \
	{                                                                                             \
		name_, "aq", offsetof(struct struct_, member_), offsetof(struct struct_, n_##member_) \
	}

static const struct property agent_properties[] = {
	PROPERTY("Version", "s", tree, version),
	PROPERTY("Endpoint", "s", tree, endpoint),
	PROPERTY("State", "s", tree, state),
	PROPERTY("Status", "s", tree, status),
	PROPERTY("LogLevel", "s", tree, log_level),
	PROPERTY("StartedAt", "t", tree, started_at),
	{ 0 },
};

static const struct property server_properties[] = {
	PROPERTY("Name", "s", tree_server, name),
	PROPERTY("ShortId", "q", tree_server, short_id),
	PROPERTY("Uri", "s", tree_server, uri),
	PROPERTY("State", "s", tree_server, state),
	PROPERTY("Version", "s", tree_server, version),
	PROPERTY("Binding", "s", tree_server, binding),
	PROPERTY("Queue", "b", tree_server, queue),
	PROPERTY("Security", "s", tree_server, security),
	PROPERTY("Lifetime", "u", tree_server, lifetime_s),
	PROPERTY("RegisteredAt", "t", tree_server, registered_at),
	PROPERTY("NextUpdateAt", "t", tree_server, next_update_at),
	PROPERTY("NextTryAt", "t", tree_server, next_try_at),
	PROPERTY("LastError", "s", tree_server, last_error),
	PROPERTY("Location", "s", tree_server, location),
	PROPERTY("Observations", "u", tree_server, observations),
	{ 0 },
};

static const struct property object_properties[] = {
	PROPERTY("Id", "q", tree_object, id),
	PROPERTY("Version", "s", tree_object, version),
	PROPERTY("Provider", "s", tree_object, provider),
	ARRAY("Instances", tree_object, instances),
	{ 0 },
};

static const struct property plugin_properties[] = {
	PROPERTY("Name", "s", tree_plugin, name),
	PROPERTY("Module", "s", tree_plugin, module),
	PROPERTY("State", "s", tree_plugin, state),
	PROPERTY("Isolation", "s", tree_plugin, isolation),
	PROPERTY("LastError", "s", tree_plugin, last_error),
	PROPERTY("Pid", "u", tree_plugin, pid),
	PROPERTY("Restarts", "u", tree_plugin, restarts),
	PROPERTY("StartedAt", "t", tree_plugin, started_at),
	PROPERTY("NextTryAt", "t", tree_plugin, next_try_at),
	ARRAY("Objects", tree_plugin, objects),
	{ 0 },
};

/* An interface of the tree, and where its objects go. */
static const struct kind {
	const char *interface;
	const struct property *properties;
	size_t size, list, n_list;
} kinds[] = {
	{ AGENT_INTERFACE ".Server", server_properties, sizeof(struct tree_server),
		offsetof(struct tree, servers), offsetof(struct tree, n_servers) },
	{ AGENT_INTERFACE ".Object", object_properties, sizeof(struct tree_object),
		offsetof(struct tree, objects), offsetof(struct tree, n_objects) },
	{ AGENT_INTERFACE ".Plugin", plugin_properties, sizeof(struct tree_plugin),
		offsetof(struct tree, plugins), offsetof(struct tree, n_plugins) },
};

/* Texts that the agent does not send are empty. */
static void set_defaults(const struct property *properties, void *target)
{
	for (; properties->name; properties++)
		if (*properties->type == 's')
			*(const char **)((char *)target + properties->offset) = "";
}

static int read_value(sd_bus_message *message, const struct property *property, void *target)
{
	void *member = (char *)target + property->offset;
	size_t size;
	int r, flag;

	if (strcmp(property->type, "aq") == 0) {
		r = sd_bus_message_read_array(message, 'q', (const void **)member, &size);
		if (r >= 0)
			*(size_t *)((char *)target + property->n_offset) = size / sizeof(uint16_t);
		return r;
	}
	if (strcmp(property->type, "b") == 0) {
		r = sd_bus_message_read_basic(message, 'b', &flag);
		if (r >= 0)
			*(bool *)member = flag;
		return r;
	}
	return sd_bus_message_read_basic(message, *property->type, member);
}

/* One "sv" of a dictionary; what is not known, or of another type, is passed over. */
static int read_property(sd_bus_message *message, const struct property *properties, void *target)
{
	const char *name, *contents;
	char type;
	int r = sd_bus_message_read(message, "s", &name);

	if (r < 0)
		return r;
	r = sd_bus_message_peek_type(message, &type, &contents);
	if (r < 0)
		return r;
	for (; properties && properties->name; properties++) {
		if (strcmp(properties->name, name) != 0 || strcmp(properties->type, contents) != 0)
			continue;
		r = sd_bus_message_enter_container(message, 'v', contents);
		if (r >= 0)
			r = read_value(message, properties, target);
		return r < 0 ? r : sd_bus_message_exit_container(message);
	}
	return sd_bus_message_skip(message, "v");
}

static int read_properties(sd_bus_message *message, const struct property *properties, void *target)
{
	int r = sd_bus_message_enter_container(message, 'a', "{sv}");

	while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
		r = read_property(message, properties, target);
		if (r >= 0)
			r = sd_bus_message_exit_container(message);
	}
	return r < 0 ? r : sd_bus_message_exit_container(message);
}

/* Room for one more at the end of a list of the tree. */
static void *append(struct tree *tree, const struct kind *kind)
{
	void **list = (void **)((char *)tree + kind->list);
	size_t *n = (size_t *)((char *)tree + kind->n_list);
	void *more = reallocarray(*list, *n + 1, kind->size), *target;

	if (!more)
		return NULL;
	*list = more;
	target = (char *)more + (*n)++ * kind->size;
	memset(target, 0, kind->size);
	set_defaults(kind->properties, target);
	return target;
}

static int read_interface(sd_bus_message *message, struct tree *tree, const char *path)
{
	const char *interface;
	int r = sd_bus_message_read(message, "s", &interface);

	if (r < 0)
		return r;
	for (size_t i = 0; i < ELEMENTSOF(kinds); i++) {
		void *target;

		if (strcmp(kinds[i].interface, interface) != 0)
			continue;
		target = append(tree, &kinds[i]);
		if (!target)
			return -ENOMEM;
		*(const char **)target = path; /* the first member of all of them */
		return read_properties(message, kinds[i].properties, target);
	}
	return read_properties(message, NULL, NULL);
}

static int read_object(sd_bus_message *message, struct tree *tree)
{
	const char *path;
	int r = sd_bus_message_read(message, "o", &path);

	if (r >= 0)
		r = sd_bus_message_enter_container(message, 'a', "{sa{sv}}");
	while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "sa{sv}")) > 0) {
		r = read_interface(message, tree, path);
		if (r >= 0)
			r = sd_bus_message_exit_container(message);
	}
	return r < 0 ? r : sd_bus_message_exit_container(message);
}

static int read_objects(sd_bus_message *message, struct tree *tree)
{
	int r = sd_bus_message_enter_container(message, 'a', "{oa{sa{sv}}}");

	while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "oa{sa{sv}}")) > 0) {
		r = read_object(message, tree);
		if (r >= 0)
			r = sd_bus_message_exit_container(message);
	}
	return r < 0 ? r : sd_bus_message_exit_container(message);
}

static int by_short_id(const void *a, const void *b)
{
	return ((const struct tree_server *)a)->short_id - ((const struct tree_server *)b)->short_id;
}

static int by_id(const void *a, const void *b)
{
	return ((const struct tree_object *)a)->id - ((const struct tree_object *)b)->id;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct tree_plugin *)a)->name, ((const struct tree_plugin *)b)->name);
}

static void sort(struct tree *tree)
{
	if (tree->n_servers > 0)
		qsort(tree->servers, tree->n_servers, sizeof(*tree->servers), by_short_id);
	if (tree->n_objects > 0)
		qsort(tree->objects, tree->n_objects, sizeof(*tree->objects), by_id);
	if (tree->n_plugins > 0)
		qsort(tree->plugins, tree->n_plugins, sizeof(*tree->plugins), by_name);
}

int tree_read(struct ctl *ctl, struct tree *tree)
{
	static const char what[] = "Cannot read the agent's state";
	int r;

	*tree = (struct tree){ 0 };
	set_defaults(agent_properties, tree);
	r = connection_call(ctl, what, AGENT_PATH, "org.freedesktop.DBus.Properties", "GetAll",
		&tree->agent_message, "s", AGENT_INTERFACE);
	if (r != OUTCOME_DONE)
		return r;
	r = connection_call(ctl, what, AGENT_PATH, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects",
		&tree->objects_message, NULL);
	if (r != OUTCOME_DONE)
		return r;
	r = read_properties(tree->agent_message, agent_properties, tree);
	if (r >= 0)
		r = read_objects(tree->objects_message, tree);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return ctl_fail(
			ctl, OUTCOME_FAILED, "%s: it is not in the form that this lwm2mctl knows", what);
	sort(tree);
	return OUTCOME_DONE;
}

void tree_deinit(struct tree *tree)
{
	sd_bus_message_unref(tree->agent_message);
	sd_bus_message_unref(tree->objects_message);
	free(tree->servers);
	free(tree->objects);
	free(tree->plugins);
}
