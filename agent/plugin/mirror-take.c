/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin that starts again brings the objects it had before: servers are told what is different. */
#include "plugin/mirror-internal.h"
#include "plugin/share.h"

static bool same_tables(const struct mirror_object *a, const struct mirror_object *b)
{
	if (a->info.flags != b->info.flags || strcmp(a->version, b->version) != 0 ||
		a->interval != b->interval || a->info.n_resources != b->info.n_resources)
		return false;
	for (size_t i = 0; i < a->info.n_resources; i++) {
		const struct resource_info *x = &a->resources[i], *y = &b->resources[i];

		if (x->id != y->id || x->type != y->type || x->operations != y->operations ||
			x->flags != y->flags || a->asked[i] != b->asked[i])
			return false;
	}
	return true;
}

static void swap_instances(struct mirror_object *a, struct mirror_object *b)
{
	struct mirror_instance **instances = a->instances;
	size_t n_instances = a->n_instances, allocated = a->allocated;

	a->instances = b->instances;
	a->n_instances = b->n_instances;
	a->allocated = b->allocated;
	b->instances = instances;
	b->n_instances = n_instances;
	b->allocated = allocated;
}

static void tell_changes(const struct mirror_object *object, const struct mirror_instance *instance,
	const struct mirror_instance *before)
{
	for (size_t i = 0; i < object->info.n_resources; i++) {
		struct path path = PATH3(object->info.id, instance->iid, object->resources[i].id);

		if (object->asked[i] || !mirror_data_equal(instance->data[i], before->data[i]))
			registry_changed(object->object.registry, &path);
	}
}

/* The object has its new instances, before the ones it had. */
static int tell_differences(struct mirror_object *object, const struct mirror_object *before)
{
	for (size_t i = 0; i < before->n_instances; i++)
		if (!mirror_find_instance(object, before->instances[i]->iid))
			object_remove_instance(&object->object, before->instances[i]->iid);
	for (size_t i = 0; i < object->n_instances; i++) {
		const struct mirror_instance *instance = object->instances[i];
		const struct mirror_instance *old = mirror_find_instance(before, instance->iid);
		int r = 0;

		if (!object_has_instance(&object->object, instance->iid))
			r = object_add_instance(&object->object, instance->iid);
		else if (old)
			tell_changes(object, instance, old);
		if (r < 0)
			return r;
	}
	return 0;
}

static int publish(struct mirror_object *object, struct registry *registry, uint16_t first,
	char reason[MIRROR_REASON_MAX])
{
	int r = 0;

	for (size_t i = 0; i < object->n_instances && r == 0; i++)
		r = object_add_instance(&object->object, object->instances[i]->iid);
	return r < 0 ? r : share_add(registry, &object->object, first, reason);
}

static void drop(struct mirror *mirror, size_t index, struct registry *registry)
{
	struct mirror_object *object = mirror->objects[index];

	mirror->objects[index] = mirror->objects[--mirror->n_objects];
	mirror_free_object(mirror, object, registry);
}

static void drop_others(struct mirror *mirror, const struct mirror *staged, struct registry *registry)
{
	for (size_t i = mirror->n_objects; i > 0; i--) {
		const struct mirror_object *object = mirror->objects[i - 1];
		const struct mirror_object *next = mirror_find(staged, object->info.id);

		if (!next || !same_tables(object, next))
			drop(mirror, i - 1, registry);
	}
}

/* Moves the last of staged. */
static int take_object(struct mirror *mirror, struct mirror *staged, struct registry *registry,
	uint16_t first, char reason[MIRROR_REASON_MAX])
{
	struct mirror_object *next = staged->objects[staged->n_objects - 1];
	struct mirror_object *object = mirror_find(mirror, next->info.id);
	int r;

	if (!object) {
		staged->n_objects--;
		mirror->objects[mirror->n_objects++] = next;
		return publish(next, registry, first, reason);
	}
	swap_instances(object, next);
	r = tell_differences(object, next);
	drop(staged, staged->n_objects - 1, registry);
	return r;
}

int mirror_take(struct mirror *mirror, struct mirror *staged, struct registry *registry,
	struct remote *remote, uint16_t first, const struct object_ops *ops, char reason[MIRROR_REASON_MAX])
{
	struct mirror_object **objects;
	size_t memory = staged->memory;
	int r = 0;

	objects = reallocarray(mirror->objects, mirror->n_objects + staged->n_objects + 1, sizeof(*objects));
	if (!objects)
		return -ENOMEM;
	mirror->objects = objects;
	for (size_t i = 0; i < staged->n_objects; i++) {
		staged->objects[i]->remote = remote;
		staged->objects[i]->object.ops = ops;
	}
	drop_others(mirror, staged, registry);
	while (staged->n_objects > 0 && r == 0)
		r = take_object(mirror, staged, registry, first, reason);
	mirror_deinit(staged, registry);
	mirror->memory = memory;
	return r;
}
