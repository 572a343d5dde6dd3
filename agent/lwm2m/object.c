/* SPDX-License-Identifier: Apache-2.0 */
#include "lwm2m/object.h"

#include <stdlib.h>

#include "lwm2m/registry.h"

void object_deinit(struct object *object)
{
	free(object->instances);
	object->instances = NULL;
	object->n_instances = object->allocated = 0;
}

const struct resource_info *object_find_resource(const struct object *object, uint16_t rid)
{
	const struct resource_info *resources = object->info->resources;
	size_t low = 0, high = object->info->n_resources;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (resources[middle].id == rid)
			return &resources[middle];
		if (resources[middle].id < rid)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* The place of iid among the instances, or where it would go. */
static size_t instance_index(const struct object *object, uint16_t iid)
{
	size_t low = 0, high = object->n_instances;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (object->instances[middle] < iid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool object_has_instance(const struct object *object, uint16_t iid)
{
	size_t i = instance_index(object, iid);

	return i < object->n_instances && object->instances[i] == iid;
}

static void instances_changed(struct object *object, uint16_t iid)
{
	if (object->registry)
		registry_instance_changed(object->registry, object, iid);
}

int object_add_instance(struct object *object, uint16_t iid)
{
	size_t i = instance_index(object, iid);

	if (i < object->n_instances && object->instances[i] == iid)
		return -EEXIST;
	if (object->n_instances > 0 && !(object->info->flags & OBJECT_MULTIPLE))
		return -ENOSPC;
	if (object->n_instances == object->allocated) {
		size_t allocated = object->allocated ? object->allocated * 2 : 4;
		uint16_t *instances = reallocarray(object->instances, allocated, sizeof(*instances));

		if (!instances)
			return -ENOMEM;
		object->instances = instances;
		object->allocated = allocated;
	}
	memmove(&object->instances[i + 1], &object->instances[i],
		(object->n_instances - i) * sizeof(*object->instances));
	object->instances[i] = iid;
	object->n_instances++;
	instances_changed(object, iid);
	return 0;
}

void object_remove_instance(struct object *object, uint16_t iid)
{
	size_t i = instance_index(object, iid);

	if (i == object->n_instances || object->instances[i] != iid)
		return;
	object->n_instances--;
	memmove(&object->instances[i], &object->instances[i + 1],
		(object->n_instances - i) * sizeof(*object->instances));
	instances_changed(object, iid);
}

uint16_t object_free_instance(const struct object *object)
{
	for (size_t i = 0; i < object->n_instances; i++)
		if (object->instances[i] != i)
			return (uint16_t)i;
	return object->n_instances < PATH_ID_NONE ? (uint16_t)object->n_instances : PATH_ID_NONE;
}

void operation_done(struct operation *operation, int error)
{
	operation->done(operation, error);
}
