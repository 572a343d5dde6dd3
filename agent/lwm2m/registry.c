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
	if (registry->watcher)
		registry->watcher(registry->watcher_userdata, change, path);
}

/* Nobody watches what cannot be read; who watches the id watches the other from the engine's next turn on. */
static void step_aside(struct object *object)
{
	object->registry = NULL;
	if (object->watched && object->ops->watch)
		object->ops->watch(object, false);
	object->watched = false;
}

static void take_place(struct registry *registry, size_t index, struct object *object)
{
	registry->objects[index] = object;
	object->registry = registry;
	tell(registry, REGISTRY_INSTANCE, &PATH1(object->info->id));
}

static void move_in(struct registry *registry, size_t index, struct object *object)
{
	struct object *replaced = registry->objects[index];

	step_aside(replaced);
	replaced->waiting = NULL;
	object->replaced = replaced;
	take_place(registry, index, object);
}

/* An object that has nothing to show waits until it has. */
static void move_out(struct registry *registry, size_t index, struct object *object)
{
	struct object *replaced = object->replaced;

	step_aside(object);
	object->registry = registry;
	object->replaced = NULL;
	replaced->waiting = object;
	take_place(registry, index, replaced);
}

static int replace(struct registry *registry, size_t index, struct object *object)
{
	struct object *replaced = registry->objects[index];

	if (!(replaced->info->flags & OBJECT_REPLACEABLE) || object->info->flags & OBJECT_REPLACEABLE ||
		replaced->waiting)
		return -EEXIST;
	if (object->n_instances > 0) {
		move_in(registry, index, object);
		return 0;
	}
	replaced->waiting = object;
	object->registry = registry;
	return 0;
}

void registry_instance_changed(struct registry *registry, struct object *object, uint16_t iid)
{
	struct object *there = registry_find(registry, object->info->id);
	size_t i = object_index(registry, object->info->id);

	if (there && there->waiting == object)
		move_in(registry, i, object);
	else if (there == object && object->replaced && object->n_instances == 0)
		move_out(registry, i, object);
	else
		tell(registry, REGISTRY_INSTANCE, &PATH2(object->info->id, iid));
}

int registry_add(struct registry *registry, struct object *object)
{
	uint16_t oid = object->info->id;
	size_t i = object_index(registry, oid);

	if (registry_find(registry, oid))
		return replace(registry, i, object);
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
	registry->n_objects++;
	take_place(registry, i, object);
	return 0;
}

void registry_remove(struct registry *registry, struct object *object)
{
	uint16_t oid = object->info->id;
	struct object *there = registry_find(registry, oid);
	size_t i = object_index(registry, oid);

	if (there && there->waiting == object) {
		there->waiting = NULL;
		object->registry = NULL;
	}
	if (there != object)
		return;
	object->registry = NULL;
	if (object->replaced) {
		take_place(registry, i, object->replaced);
		object->replaced = NULL;
		return;
	}
	registry->n_objects--;
	memmove(&registry->objects[i], &registry->objects[i + 1],
		(registry->n_objects - i) * sizeof(struct object *));
	tell(registry, REGISTRY_INSTANCE, &PATH1(oid));
}

void registry_replace(struct registry *registry, struct object *object, struct object *next)
{
	uint16_t oid = object->info->id;
	struct object *there = registry_find(registry, oid);

	if (there && there->waiting == object) {
		there->waiting = next;
		object->registry = NULL;
		next->registry = registry;
	}
	if (there != object)
		return;
	object->registry = NULL;
	next->replaced = object->replaced;
	object->replaced = NULL;
	take_place(registry, object_index(registry, oid), next);
}

const struct resource_info *registry_find_resource(const struct registry *registry, const struct path *path)
{
	const struct object *object = registry_find(registry, path->ids[0]);

	return object && path->depth >= PATH_RESOURCE ? object_find_resource(object, path->ids[2]) : NULL;
}

enum value_type registry_type_of(const void *data, const struct path *path)
{
	return resource_type(registry_find_resource(data, path));
}

void registry_changed(struct registry *registry, const struct path *path)
{
	tell(registry, REGISTRY_VALUE, path);
}

void registry_persist(struct registry *registry, uint16_t oid)
{
	tell(registry, REGISTRY_PERSIST, &PATH1(oid));
}
