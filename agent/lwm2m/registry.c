/* SPDX-License-Identifier: Apache-2.0 */
#include "lwm2m/registry.h"

#include <stdlib.h>

void registry_deinit(struct registry *registry)
{
	free(registry->objects);
	*registry = (struct registry){ 0 };
}

static size_t object_index(const struct registry *registry, uint16_t oid)
{
	size_t low = 0, high = registry->n_objects;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (registry->objects[middle]->info->id < oid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct object *registry_find(const struct registry *registry, uint16_t oid)
{
	size_t i = object_index(registry, oid);

	return i < registry->n_objects && registry->objects[i]->info->id == oid ? registry->objects[i] : NULL;
}

static void tell(struct registry *registry, enum registry_change change, const struct path *path)
{
	if (registry->listener)
		registry->listener(registry->userdata, change, path);
}

int registry_add(struct registry *registry, struct object *object)
{
	uint16_t oid = object->info->id;
	size_t i = object_index(registry, oid);

	if (registry_find(registry, oid))
		return -EEXIST;
	if (registry->n_objects == registry->allocated) {
		size_t allocated = registry->allocated ? registry->allocated * 2 : 16;
		struct object **objects = reallocarray(registry->objects, allocated, sizeof(struct object *));

		if (!objects)
			return -ENOMEM;
		registry->objects = objects;
		registry->allocated = allocated;
	}
	memmove(&registry->objects[i + 1], &registry->objects[i],
		(registry->n_objects - i) * sizeof(struct object *));
	registry->objects[i] = object;
	registry->n_objects++;
	object->registry = registry;
	tell(registry, REGISTRY_INSTANCE, &PATH1(oid));
	return 0;
}

void registry_remove(struct registry *registry, struct object *object)
{
	uint16_t oid = object->info->id;
	size_t i = object_index(registry, oid);

	if (registry_find(registry, oid) != object)
		return;
	registry->n_objects--;
	memmove(&registry->objects[i], &registry->objects[i + 1],
		(registry->n_objects - i) * sizeof(struct object *));
	object->registry = NULL;
	tell(registry, REGISTRY_INSTANCE, &PATH1(oid));
}

void registry_replace(struct registry *registry, struct object *object, struct object *next)
{
	uint16_t oid = object->info->id;

	if (registry_find(registry, oid) != object)
		return;
	registry->objects[object_index(registry, oid)] = next;
	object->registry = NULL;
	next->registry = registry;
	tell(registry, REGISTRY_INSTANCE, &PATH1(oid));
}

const struct resource_info *registry_find_resource(const struct registry *registry, const struct path *path)
{
	const struct object *object = registry_find(registry, path->ids[0]);

	return object && path->depth >= PATH_RESOURCE ? object_find_resource(object, path->ids[2]) : NULL;
}

void registry_changed(struct registry *registry, const struct path *path)
{
	tell(registry, REGISTRY_VALUE, path);
}

void registry_persist(struct registry *registry, uint16_t oid)
{
	tell(registry, REGISTRY_PERSIST, &PATH1(oid));
}
