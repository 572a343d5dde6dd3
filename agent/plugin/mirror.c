/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/mirror.h"

#include <math.h>

#include "plugin/mirror-internal.h"
#include "plugin/share.h"

struct mirror_object *mirror_find(const struct mirror *mirror, uint16_t oid)
{
	for (size_t i = 0; i < mirror->n_objects; i++)
		if (mirror->objects[i]->info.id == oid)
			return mirror->objects[i];
	return NULL;
}

/* The place of iid among the instances, or where it would go. */
static size_t instance_index(const struct mirror_object *object, uint16_t iid)
{
	size_t low = 0, high = object->n_instances;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (object->instances[middle]->iid < iid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct mirror_instance *mirror_find_instance(const struct mirror_object *object, uint16_t iid)
{
	size_t i = instance_index(object, iid);

	return i < object->n_instances && object->instances[i]->iid == iid ? object->instances[i] : NULL;
}

static size_t instance_size(const struct mirror_object *object)
{
	return sizeof(struct mirror_instance) + object->info.n_resources * sizeof(struct mirror_data *);
}

void mirror_data_free(struct mirror *mirror, struct mirror_data *data)
{
	if (data)
		mirror->memory -= data->size;
	free(data);
}

static void instance_free(
	struct mirror *mirror, struct mirror_object *object, struct mirror_instance *instance)
{
	for (size_t i = 0; i < object->info.n_resources; i++)
		mirror_data_free(mirror, instance->data[i]);
	mirror->memory -= instance_size(object);
	free(instance);
}

int mirror_claim(struct mirror *mirror, size_t size)
{
	if (size > PROTOCOL_MEMORY_MAX - mirror->memory)
		return -EMSGSIZE;
	mirror->memory += size;
	return 0;
}

static int make_room(struct mirror_object *object)
{
	size_t allocated = object->allocated ? object->allocated * 2 : 4;
	struct mirror_instance **instances;

	if (object->n_instances < object->allocated)
		return 0;
	instances = reallocarray(object->instances, allocated, sizeof(struct mirror_instance *));
	if (!instances)
		return -ENOMEM;
	object->instances = instances;
	object->allocated = allocated;
	return 0;
}

int mirror_add_instance(struct mirror *mirror, struct mirror_object *object, uint16_t iid,
	struct mirror_instance **ret)
{
	struct mirror_instance *instance;
	size_t i = instance_index(object, iid);
	int r;

	if (object->n_instances >= (object->info.flags & OBJECT_MULTIPLE ? PROTOCOL_INSTANCES_MAX : 1))
		return -EMSGSIZE;
	r = make_room(object);
	if (r == 0)
		r = mirror_claim(mirror, instance_size(object));
	if (r < 0)
		return r;
	instance = calloc(1, instance_size(object));
	if (!instance) {
		mirror->memory -= instance_size(object);
		return -ENOMEM;
	}
	instance->iid = iid;
	memmove(&object->instances[i + 1], &object->instances[i],
		(object->n_instances - i) * sizeof(struct mirror_instance *));
	object->instances[i] = *ret = instance;
	object->n_instances++;
	return 0;
}

void mirror_remove_instance(struct mirror *mirror, struct mirror_object *object, uint16_t iid)
{
	struct mirror_instance *instance = mirror_find_instance(object, iid);
	size_t i = instance_index(object, iid);

	if (!instance)
		return;
	if (object->object.registry)
		object_remove_instance(&object->object, iid);
	object->n_instances--;
	memmove(&object->instances[i], &object->instances[i + 1],
		(object->n_instances - i) * sizeof(struct mirror_instance *));
	instance_free(mirror, object, instance);
}

bool mirror_data_equal(const struct mirror_data *a, const struct mirror_data *b)
{
	if (!a || !b)
		return a == b;
	if (a->count != b->count || memcmp(a->ids, b->ids, a->count * sizeof(a->ids[0])) != 0)
		return false;
	for (uint32_t i = 0; i < a->count; i++)
		if (!value_equal(&a->values[i], &b->values[i]))
			return false;
	return true;
}

void mirror_set(struct mirror *mirror, struct mirror_object *object, struct mirror_instance *instance,
	size_t index, struct mirror_data *data)
{
	struct path path = PATH3(object->info.id, instance->iid, object->resources[index].id);
	bool same = !object->asked[index] && mirror_data_equal(instance->data[index], data);

	mirror_data_free(mirror, instance->data[index]);
	instance->data[index] = data;
	if (!same && object->object.registry && object_has_instance(&object->object, instance->iid))
		registry_changed(object->object.registry, &path);
}

void mirror_free_object(struct mirror *mirror, struct mirror_object *object, struct registry *registry)
{
	share_remove(registry, &object->object);
	object_deinit(&object->object);
	for (size_t i = 0; i < object->n_instances; i++)
		instance_free(mirror, object, object->instances[i]);
	mirror->memory -= MIRROR_OBJECT_SIZE + object->info.n_resources * MIRROR_RESOURCE_SIZE;
	free(object->instances);
	free(object->resources);
	free(object->asked);
	free(object);
}

void mirror_deinit(struct mirror *mirror, struct registry *registry)
{
	for (size_t i = 0; i < mirror->n_objects; i++)
		mirror_free_object(mirror, mirror->objects[i], registry);
	free(mirror->objects);
	*mirror = (struct mirror){ 0 };
}

static int add_value(const struct mirror_data *data, uint32_t i, struct path path, struct records *records)
{
	const struct value *value = &data->values[i];

	if (value->type == VALUE_FLOAT && isnan(value->number))
		return -ENODATA;
	return records_add_copy(records, path, *value);
}

/* All resource instances, or the one that has riid. */
static int read_multiple(
	const struct mirror_data *data, struct path path, unsigned int riid, struct records *records)
{
	int r = riid == PATH_ID_NONE ? 0 : -ENOENT;

	if (!data)
		return -ENOENT;
	for (uint32_t i = 0; i < data->count; i++) {
		if (riid == data->ids[i])
			return add_value(data, i, path_child(path, data->ids[i]), records);
		if (riid != PATH_ID_NONE)
			continue;
		r = add_value(data, i, path_child(path, data->ids[i]), records);
		if (r < 0 && r != -ENODATA)
			return r;
		r = 0;
	}
	return r;
}

static int read_resource(const struct mirror_object *object, const struct mirror_instance *instance,
	size_t index, const struct path *asked, struct records *records)
{
	const struct resource_info *info = &object->resources[index];
	struct path path = PATH3(object->info.id, instance->iid, info->id);
	const struct mirror_data *data = instance->data[index];
	bool single = asked->depth >= PATH_RESOURCE;
	int r;

	if (!(info->operations & RESOURCE_R))
		return single ? -EPERM : 0;
	if (info->flags & RESOURCE_MULTIPLE)
		r = read_multiple(data, path,
			asked->depth == PATH_RESOURCE_INSTANCE ? asked->ids[3] : PATH_ID_NONE, records);
	else
		r = data && data->count == 1 ? add_value(data, 0, path, records) : -ENODATA;
	return (r == -ENODATA || r == -ENOENT) && !single ? 0 : r;
}

static int read_instance(const struct mirror_object *object, const struct mirror_instance *instance,
	const struct path *path, struct records *records)
{
	int r = 0;

	if (path->depth >= PATH_RESOURCE) {
		const struct resource_info *info = object_find_resource(&object->object, path->ids[2]);

		return info ? read_resource(
				      object, instance, (size_t)(info - object->resources), path, records) :
			      -ENOENT;
	}
	for (size_t i = 0; i < object->info.n_resources && r == 0; i++)
		r = read_resource(object, instance, i, path, records);
	return r;
}

int mirror_read(const struct mirror_object *object, const struct path *path, struct records *records)
{
	const struct mirror_instance *instance;
	int r = 0;

	if (path->depth >= PATH_INSTANCE) {
		instance = mirror_find_instance(object, path->ids[1]);
		return instance ? read_instance(object, instance, path, records) : -ENOENT;
	}
	for (size_t i = 0; i < object->n_instances && r == 0; i++)
		r = read_instance(object, object->instances[i], path, records);
	return r;
}

int mirror_probe(const struct mirror_object *object, uint16_t iid, size_t index, const uint16_t **ret_ids)
{
	const struct mirror_instance *instance = mirror_find_instance(object, iid);
	const struct resource_info *info = &object->resources[index];

	if (!instance)
		return -ENOENT;
	if (!instance->data[index])
		return -ENOENT;
	if (!(info->flags & RESOURCE_MULTIPLE))
		return 0;
	*ret_ids = instance->data[index]->ids;
	return (int)instance->data[index]->count;
}
