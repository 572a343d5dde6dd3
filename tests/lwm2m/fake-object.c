/* SPDX-License-Identifier: Apache-2.0 */
#include "fake-object.h"

#include <assert.h>

#include "base/cleanup.h"

static const struct resource_info security_resources[] = {
	{ 0, VALUE_STRING, RESOURCE_R, RESOURCE_MANDATORY },
	{ 5, VALUE_STRING, RESOURCE_R, 0 },
};

static const struct resource_info device_resources[] = {
	{ 0, VALUE_STRING, RESOURCE_R, 0 },
	{ 4, VALUE_NONE, RESOURCE_E, RESOURCE_MANDATORY },
};

static const struct resource_info thing_resources[] = {
	{ FAKE_NAME, VALUE_STRING, RESOURCE_RW, RESOURCE_MANDATORY },
	{ FAKE_COUNT, VALUE_INTEGER, RESOURCE_RW, 0 },
	{ FAKE_LEVEL, VALUE_FLOAT, RESOURCE_R, RESOURCE_MANDATORY },
	{ FAKE_ACTION, VALUE_NONE, RESOURCE_E, 0 },
	{ FAKE_NUMBERS, VALUE_INTEGER, RESOURCE_RW, RESOURCE_MULTIPLE },
	{ FAKE_PACKAGE, VALUE_OPAQUE, RESOURCE_W, RESOURCE_STREAM },
	{ FAKE_BLOB, VALUE_OPAQUE, RESOURCE_RW, 0 },
	{ FAKE_ABSENT, VALUE_STRING, RESOURCE_R, 0 },
};

static const struct object_info infos[FAKE_OBJECTS] = {
	{ 0, OBJECT_MULTIPLE | OBJECT_HIDDEN, "1.1", security_resources, ELEMENTSOF(security_resources) },
	{ 3, 0, "1.1", device_resources, ELEMENTSOF(device_resources) },
	{ 500, OBJECT_MULTIPLE | OBJECT_CREATE, "2.0", thing_resources, ELEMENTSOF(thing_resources) },
	{ 501, OBJECT_MULTIPLE | OBJECT_CREATE | OBJECT_PERSIST, "1.0", thing_resources,
		ELEMENTSOF(thing_resources) },
	{ 502, OBJECT_CREATE, "1.0", thing_resources, ELEMENTSOF(thing_resources) },
};

static struct fake_objects *owner_of(const struct object *object)
{
	return container_of(object, struct fake_object, object)->owner;
}

static size_t find_place(const struct fake_objects *fake, const struct path *path)
{
	size_t i = 0;

	while (i < fake->n_values && path_compare(&fake->values[i].path, path) < 0)
		i++;
	return i;
}

static void remove_values(struct fake_objects *fake, const struct path *path, bool writable_only)
{
	size_t kept = 0;

	for (size_t i = 0; i < fake->n_values; i++) {
		const struct resource_info *resource =
			registry_find_resource(&fake->registry, &fake->values[i].path);

		if (path_contains(path, &fake->values[i].path) &&
		    (!writable_only || resource->operations & RESOURCE_W))
			continue;
		if (kept != i)
			fake->values[kept] = fake->values[i];
		kept++;
	}
	fake->n_values = kept;
}

static void put_value(struct fake_objects *fake, const struct path *path, const struct value *value)
{
	size_t i = find_place(fake, path);
	struct fake_value *slot = &fake->values[i];

	if (i == fake->n_values || !path_equal(&slot->path, path)) {
		assert(fake->n_values < FAKE_VALUES_MAX);
		memmove(slot + 1, slot, (fake->n_values - i) * sizeof(*slot));
		fake->n_values++;
	}
	slot->path = *path;
	slot->value = *value;
	if (value_type_is_bytes(value->type)) {
		assert(value->bytes.len <= FAKE_TEXT_MAX);
		if (value->bytes.len > 0)
			memcpy(slot->bytes, value->bytes.data, value->bytes.len);
	}
}

/* Bytes lie beside their value, which moves: lent anew each time. */
static struct value lend(struct fake_value *slot)
{
	struct value value = slot->value;

	if (value_type_is_bytes(value.type))
		value.bytes.data = slot->bytes;
	return value;
}

static int read_now(struct fake_objects *fake, struct operation *operation)
{
	for (size_t i = 0; i < fake->n_values; i++) {
		struct fake_value *slot = &fake->values[i];

		if (path_contains(&operation->path, &slot->path) &&
		    records_add(&operation->records, slot->path, lend(slot)) < 0)
			return -ENOMEM;
	}
	if (operation->path.depth < PATH_RESOURCE || operation->records.count > 0)
		return 0;
	return registry_find_resource(&fake->registry, &operation->path)->flags & RESOURCE_MULTIPLE ?
		       0 :
		       -ENODATA;
}

/* -EMSGSIZE: more than these objects hold, and nothing is written. */
static int write_now(struct fake_objects *fake, const struct operation *operation)
{
	const struct records *records = &operation->records;

	if (fake->n_values + records->count > FAKE_VALUES_MAX)
		return -EMSGSIZE;
	for (size_t i = 0; i < records->count; i++)
		if (value_type_is_bytes(records->items[i].value.type) &&
			records->items[i].value.bytes.len > FAKE_TEXT_MAX)
			return -EMSGSIZE;
	if (operation->type == OPERATION_WRITE_BLOCK) {
		buffer_printf(fake->log, "block %llu+%zu%s\n", (unsigned long long)operation->offset,
			operation->block.len, operation->more ? " more" : "");
		return 0;
	}
	if (operation->type == OPERATION_WRITE_REPLACE)
		remove_values(fake, &operation->path, true);
	for (size_t i = 0; i < records->count; i++)
		put_value(fake, &records->items[i].path, &records->items[i].value);
	return 0;
}

/* Answers, or holds the answer back; what was asked for is done by now, but for a read. */
static void answer(struct fake_objects *fake, struct operation *operation)
{
	int error = fake->fail;

	if (fake->hold) {
		assert(fake->n_held < FAKE_HELD_MAX);
		fake->held[fake->n_held++] = operation;
		return;
	}
	while (fake->release && fake->n_held > 0)
		fake_objects_answer(fake, 0);
	fake->fail = 0;
	if (error == 0 && operation->type == OPERATION_READ)
		error = read_now(fake, operation);
	operation_done(operation, error < 0 ? error : 0);
}

static void fake_read(struct object *object, struct operation *operation)
{
	answer(owner_of(object), operation);
}

static void fake_write(struct object *object, struct operation *operation)
{
	struct fake_objects *fake = owner_of(object);
	int r = fake->fail == 0 ? write_now(fake, operation) : 0;

	if (r < 0)
		operation_done(operation, r);
	else
		answer(fake, operation);
}

static void fake_execute(struct object *object, struct operation *operation)
{
	struct fake_objects *fake = owner_of(object);
	char path[PATH_TEXT_MAX];

	path_format(&operation->path, path);
	buffer_printf(fake->log, "execute %s%s%.*s\n", path, operation->arguments.len ? " " : "",
		(int)operation->arguments.len, (const char *)operation->arguments.data);
	answer(fake, operation);
}

static void fake_create(struct object *object, struct operation *operation)
{
	struct fake_objects *fake = owner_of(object);

	int r = fake->fail == 0 ? write_now(fake, operation) : 0;

	if (r < 0) {
		operation_done(operation, r);
		return;
	}
	if (fake->fail == 0)
		object_add_instance(object, operation->path.ids[1]);
	answer(fake, operation);
}

static void fake_delete(struct object *object, struct operation *operation)
{
	struct fake_objects *fake = owner_of(object);

	if (fake->fail == 0) {
		remove_values(fake, &operation->path, false);
		if (operation->path.depth == PATH_INSTANCE)
			object_remove_instance(object, operation->path.ids[1]);
	}
	answer(fake, operation);
}

static int fake_probe(const struct object *object, uint16_t iid, const struct resource_info *resource,
		      const uint16_t **ret_ids)
{
	struct fake_object *fake = container_of(object, struct fake_object, object);
	struct path path = PATH3(object->info->id, iid, resource->id);
	int found = 0;

	for (size_t i = 0; i < fake->owner->n_values; i++)
		if (path_contains(&path, &fake->owner->values[i].path))
			fake->ids[found++] = fake->owner->values[i].path.ids[3];
	if (found == 0 && !(resource->operations & RESOURCE_E) && !(resource->flags & RESOURCE_STREAM))
		return -ENOENT;
	if (!(resource->flags & RESOURCE_MULTIPLE))
		return 0;
	*ret_ids = fake->ids;
	return found;
}

static void fake_watch(struct object *object, bool watched)
{
	struct fake_objects *fake = owner_of(object);

	buffer_printf(fake->log, "watch %u %s\n", object->info->id, watched ? "on" : "off");
	while (fake->release && fake->n_held > 0)
		fake_objects_answer(fake, 0);
}

static const struct object_ops ops = {
	.read = fake_read,
	.write = fake_write,
	.execute = fake_execute,
	.create = fake_create,
	.delete = fake_delete,
	.probe = fake_probe,
	.watch = fake_watch,
};

void fake_objects_init(struct fake_objects *fake, struct buffer *log)
{
	*fake = (struct fake_objects){ .log = log };
	for (size_t i = 0; i < FAKE_OBJECTS; i++) {
		struct fake_object *object = &fake->objects[i];

		object->object.info = &infos[i];
		object->object.ops = &ops;
		object->owner = fake;
		registry_add(&fake->registry, &object->object);
		if (infos[i].id < 501)
			object_add_instance(&object->object, 0);
	}
	fake_objects_set(fake, &PATH3(0, 0, 0), "coap://example.com");
	fake_objects_set(fake, &PATH3(3, 0, 0), "maker");
	fake_objects_set(fake, &PATH3(500, 0, FAKE_NAME), "abc");
	fake_objects_set(fake, &PATH3(500, 0, FAKE_COUNT), "5");
	fake_objects_set(fake, &PATH3(500, 0, FAKE_LEVEL), "21.5");
	fake_objects_set(fake, &PATH4(500, 0, FAKE_NUMBERS, 0), "10");
	fake_objects_set(fake, &PATH4(500, 0, FAKE_NUMBERS, 2), "30");
}

void fake_objects_deinit(struct fake_objects *fake)
{
	for (size_t i = 0; i < FAKE_OBJECTS; i++)
		object_deinit(&fake->objects[i].object);
	registry_deinit(&fake->registry);
}

struct object *fake_objects_get(struct fake_objects *fake, uint16_t oid)
{
	for (size_t i = 0; i < FAKE_OBJECTS; i++)
		if (infos[i].id == oid)
			return &fake->objects[i].object;
	return NULL;
}

void fake_objects_set(struct fake_objects *fake, const struct path *path, const char *text)
{
	struct object *object = fake_objects_get(fake, path->ids[0]);
	const struct resource_info *resource = object_find_resource(object, path->ids[2]);
	struct value value = { .type = resource->type };

	if (!text)
		remove_values(fake, path, false);
	else if (value_type_is_bytes(value.type))
		value.bytes = bytes_of(text);
	else
		assert(value_parse(bytes_of(text), value.type, &value) == 0);
	if (text)
		put_value(fake, path, &value);
	registry_changed(&fake->registry, path);
}

void fake_objects_answer(struct fake_objects *fake, int error)
{
	struct operation *operation;

	assert(fake->n_held > 0);
	operation = fake->held[0];
	memmove(&fake->held[0], &fake->held[1], --fake->n_held * sizeof(fake->held[0]));
	if (error == 0 && operation->type == OPERATION_READ)
		error = read_now(fake, operation);
	operation_done(operation, error);
}
