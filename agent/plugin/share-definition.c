/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/share-definition.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

struct tables {
	struct tables *before;
	size_t n;
	struct resource_info resources[];
};

/* Of the same type, and multiple or not: otherwise codecs could not tell what a value is. */
static bool agree(const struct resource_info *a, const struct resource_info *b)
{
	return (a->type == b->type || a->type == VALUE_NONE || b->type == VALUE_NONE) &&
	       !((a->flags ^ b->flags) & RESOURCE_MULTIPLE);
}

static struct resource_info both(const struct resource_info *a, const struct resource_info *b)
{
	struct resource_info result = *a;

	result.type = a->type == VALUE_NONE ? b->type : a->type;
	result.operations |= b->operations;
	result.flags &= b->flags | RESOURCE_MULTIPLE;
	return result;
}

/* The resources of a and of b, both by ascending id. -EINVAL: *ret_id is one they do not agree on. */
static int merge(const struct object_info *a, const struct object_info *b, struct tables **ret, uint16_t *ret_id)
{
	_cleanup_(freep) struct tables *tables =
		calloc(1, sizeof(*tables) + (a->n_resources + b->n_resources) * sizeof(struct resource_info));
	size_t i = 0, k = 0;

	if (!tables)
		return -ENOMEM;
	while (i < a->n_resources || k < b->n_resources) {
		const struct resource_info *x = i < a->n_resources ? &a->resources[i] : NULL;
		const struct resource_info *y = k < b->n_resources ? &b->resources[k] : NULL;
		bool same = x && y && x->id == y->id;

		if (same && !agree(x, y)) {
			*ret_id = x->id;
			return -EINVAL;
		}
		tables->resources[tables->n++] = same ? both(x, y) : !y || (x && x->id < y->id) ? *x : *y;
		i += same || !y || (x && x->id < y->id);
		k += same || !x || (y && y->id < x->id);
	}
	*ret = steal_pointer(&tables);
	return 0;
}

static int extend(struct share_definition *definition, const struct object_info *info, uint16_t *ret_id)
{
	struct tables *tables;
	int r = merge(&definition->info, info, &tables, ret_id);

	if (r < 0)
		return r;
	tables->before = definition->tables;
	definition->tables = tables;
	definition->info.id = info->id;
	definition->info.flags |= info->flags | OBJECT_MULTIPLE;
	definition->info.resources = tables->resources;
	definition->info.n_resources = tables->n;
	definition->info.version = definition->version;
	if (strcmp(info->version, definition->version) > 0)
		snprintf(definition->version, sizeof(definition->version), "%s", info->version);
	return 0;
}

static const struct resource_info *find(const struct object_info *info, uint16_t rid)
{
	for (size_t i = 0; i < info->n_resources; i++)
		if (info->resources[i].id == rid)
			return &info->resources[i];
	return NULL;
}

/* A plugin that comes back brings what is there already. */
static bool covers(const struct share_definition *definition, const struct object_info *info)
{
	for (size_t i = 0; i < info->n_resources; i++) {
		const struct resource_info *resource = find(&definition->info, info->resources[i].id);

		if (!resource || !agree(resource, &info->resources[i]) ||
			info->resources[i].operations & ~resource->operations ||
			resource->flags & ~info->resources[i].flags & RESOURCE_MANDATORY)
			return false;
	}
	return !(info->flags & ~definition->info.flags) && strcmp(info->version, definition->version) <= 0;
}

int share_definition_add(struct share_definition *definition, const struct object_info *info, uint16_t *ret_id)
{
	return covers(definition, info) ? 0 : extend(definition, info, ret_id);
}

void share_definition_deinit(struct share_definition *definition)
{
	while (definition->tables) {
		struct tables *tables = definition->tables;

		definition->tables = tables->before;
		free(tables);
	}
}
