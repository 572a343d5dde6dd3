/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The D-Bus objects. Each node describes itself by facts; what was told of them is kept as hashes, so that a
 * look at everything costs no memory, and only what is another goes out as PropertiesChanged.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api-internal.h"
#include "base/hash.h"

uint64_t tree_wall_time(const struct api *api, usec_t at)
{
	return at == 0 || at == USEC_INFINITY ? 0 : (uint64_t)((int64_t)at + api->wall_ahead);
}

static uint64_t mark_of(const struct node_property *property, const struct fact *fact)
{
	if (property->signature[0] == 's')
		return hash_bytes(HASH_INIT, bytes_of(fact->text));
	if (property->signature[0] == 'a')
		return hash_bytes(HASH_INIT, BYTES(fact->ids, fact->n_ids * sizeof(*fact->ids)));
	return fact->number;
}

static int append_fact(sd_bus_message *m, const char *signature, const struct fact *fact)
{
	switch (signature[0]) {
	case 's':
		return variant_append_text(m, bytes_of(fact->text));
	case 'a':
		return sd_bus_message_append_array(m, 'q', fact->ids, fact->n_ids * sizeof(*fact->ids));
	case 'b':
		return sd_bus_message_append(m, "b", (int)fact->number);
	case 'q':
		return sd_bus_message_append(m, "q", (uint16_t)fact->number);
	case 'u':
		return sd_bus_message_append(m, "u", (uint32_t)fact->number);
	default:
		return sd_bus_message_append(m, "t", fact->number);
	}
}

int tree_get_property(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	const struct node *node = userdata;
	const struct node_kind *kind = node->branch->kind;
	struct fact facts[FACTS_MAX];

	kind->describe(node, facts);
	for (size_t i = 0; i < kind->n_properties; i++)
		if (strcmp(kind->properties[i].name, property) == 0)
			return append_fact(reply, kind->properties[i].signature, &facts[i]);
	return -ENOENT;
}

static int path_of(const struct node *node, char **ret)
{
	const char *folder = node->branch->kind->folder;

	/* A number is good for a path as it is. */
	if (folder && !node->branch->kind->numbered)
		return sd_bus_path_encode(folder, node->name, ret);
	if (!folder)
		*ret = strdup(API_PATH);
	else if (asprintf(ret, "%s/%s", folder, node->name) < 0)
		*ret = NULL;
	return *ret ? 0 : -ENOMEM;
}

static struct node *find(const struct branch *branch, const char *name)
{
	struct node *node;

	list_for_each(node, &branch->nodes, link)
		if (strcmp(node->name, name) == 0)
			return node;
	return NULL;
}

static void mark(struct node *node)
{
	const struct node_kind *kind = node->branch->kind;
	struct fact facts[FACTS_MAX];

	kind->describe(node, facts);
	for (size_t i = 0; i < kind->n_properties; i++)
		node->marks[i] = mark_of(&kind->properties[i], &facts[i]);
}

void tree_tell(struct node *node)
{
	const struct node_kind *kind = node->branch->kind;
	struct api *api = node->branch->api;
	_cleanup_(freep) char *path = NULL;
	char *names[FACTS_MAX + 1] = { NULL };
	struct fact facts[FACTS_MAX];
	size_t n = 0;

	kind->describe(node, facts);
	for (size_t i = 0; i < kind->n_properties; i++) {
		uint64_t now = mark_of(&kind->properties[i], &facts[i]);

		if (node->marks[i] != now && !kind->properties[i].silent)
			names[n++] = (char *)(uintptr_t)kind->properties[i].name;
		node->marks[i] = now;
	}
	if (n > 0 && bus_link_is_up(api) && path_of(node, &path) >= 0)
		(void)sd_bus_emit_properties_changed_strv(api->bus, path, kind->interface, names);
}

static struct node *node_free(struct node *node)
{
	list_remove(&node->link);
	free(node->name);
	free(node->last_error);
	free(node);
	return NULL;
}

struct node *tree_see(struct branch *branch, const char *name, uint16_t id)
{
	struct node *node = find(branch, name);
	_cleanup_(freep) char *path = NULL;

	if (node) {
		node->seen = true;
		return node;
	}
	node = calloc(1, sizeof(*node));
	if (!node)
		return NULL;
	list_init(&node->link);
	node->branch = branch;
	node->id = id;
	node->seen = true;
	node->name = strdup(name);
	if (!node->name)
		return node_free(node);
	list_append(&branch->nodes, &node->link);
	mark(node);
	if (bus_link_is_up(branch->api) && path_of(node, &path) >= 0)
		(void)sd_bus_emit_object_added(branch->api->bus, path);
	return node;
}

void tree_sweep(struct branch *branch)
{
	struct node *node, *safe;

	list_for_each_safe(node, safe, &branch->nodes, link) {
		_cleanup_(freep) char *path = NULL;

		if (!node->seen) {
			if (bus_link_is_up(branch->api) && path_of(node, &path) >= 0)
				(void)sd_bus_emit_object_removed(branch->api->bus, path);
			node_free(node);
			continue;
		}
		node->seen = false;
	}
}

static int find_node(sd_bus *bus, const char *path, const char *interface, void *userdata, void **ret_found,
	sd_bus_error *error)
{
	const struct branch *branch = userdata;
	_cleanup_(freep) char *name = NULL;
	int r = sd_bus_path_decode(path, branch->kind->folder, &name);

	if (r <= 0)
		return r;
	*ret_found = find(branch, name);
	return *ret_found != NULL;
}

struct node *tree_find(const struct branch *branch, sd_bus_message *m)
{
	void *found = NULL;

	(void)find_node(NULL, sd_bus_message_get_path(m), NULL, (void *)(uintptr_t)branch, &found, NULL);
	return found;
}

static char **free_paths(char **paths, size_t n)
{
	while (n > 0)
		free(paths[--n]);
	free(paths);
	return NULL;
}

static int list_nodes(sd_bus *bus, const char *prefix, void *userdata, char ***ret_nodes, sd_bus_error *error)
{
	const struct branch *branch = userdata;
	const struct node *node;
	size_t n = 0, count = 0;
	char **paths;

	list_for_each(node, &branch->nodes, link)
		count++;
	paths = calloc(count + 1, sizeof(char *));
	if (!paths)
		return -ENOMEM;
	list_for_each(node, &branch->nodes, link) {
		if (path_of(node, &paths[n]) < 0) {
			free_paths(paths, n);
			return -ENOMEM;
		}
		n++;
	}
	*ret_nodes = paths;
	return 0;
}

static int publish_branch(struct branch *branch)
{
	const struct node_kind *kind = branch->kind;
	sd_bus *bus = branch->api->bus;
	int r = sd_bus_add_fallback_vtable(
		bus, NULL, kind->folder, kind->interface, kind->vtable, find_node, branch);

	return r < 0 ? r : sd_bus_add_node_enumerator(bus, NULL, kind->folder, list_nodes, branch);
}

int tree_publish(struct api *api)
{
	int r = sd_bus_add_object_manager(api->bus, NULL, API_PATH);

	if (r >= 0)
		r = sd_bus_add_object_vtable(
			api->bus, NULL, API_PATH, manager_kind.interface, manager_kind.vtable, &api->manager);
	if (r >= 0)
		r = publish_branch(&api->servers);
	if (r >= 0)
		r = publish_branch(&api->objects);
	if (r >= 0)
		r = publish_branch(&api->plugins);
	return r;
}

static void init_branch(struct api *api, struct branch *branch, const struct node_kind *kind)
{
	branch->api = api;
	branch->kind = kind;
	list_init(&branch->nodes);
}

void tree_init(struct api *api)
{
	init_branch(api, &api->root, &manager_kind);
	init_branch(api, &api->servers, &server_node_kind);
	init_branch(api, &api->objects, &object_node_kind);
	init_branch(api, &api->plugins, &plugin_node_kind);
	api->manager.branch = &api->root;
	list_init(&api->manager.link);
}

static void deinit_branch(struct branch *branch)
{
	struct node *node, *safe;

	if (!branch->api)
		return;
	list_for_each_safe(node, safe, &branch->nodes, link)
		node_free(node);
}

void tree_deinit(struct api *api)
{
	deinit_branch(&api->servers);
	deinit_branch(&api->objects);
	deinit_branch(&api->plugins);
}
