/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/instance.h"

#include <stdlib.h>

#include "plugin/field.h"

#define POLL_DEFAULT_MS 1000

int instance_new(
	struct instance **ret, const struct abi_object *type, const struct lw_host *host, uint16_t iid)
{
	_cleanup_(instance_freep) struct instance *instance = calloc(1, sizeof(*instance));
	size_t size = type->object.data_size;

	if (!instance)
		return -ENOMEM;
	instance->public = (struct lw_instance){ .host = host, .oid = type->info.id, .iid = iid };
	instance->type = type;
	if (size > 0) {
		instance->public.data = malloc(size);
		instance->shadow = malloc(size);
		if (!instance->public.data || !instance->shadow)
			return -ENOMEM;
		memcpy(instance->public.data, type->object.defaults, size);
		memcpy(instance->shadow, type->object.defaults, size);
	}
	*ret = steal_pointer(&instance);
	return 0;
}

struct instance *instance_free(struct instance *instance)
{
	if (!instance)
		return NULL;
	if (instance->initialized && instance->type->object.fini)
		instance->type->object.fini(&instance->public);
	free(instance->public.data);
	free(instance->shadow);
	free(instance);
	return NULL;
}

/* A callback's result: 0 or -errno, whatever it returned. */
static int result(int r)
{
	return r < 0 && r > -4096 ? r : r < 0 ? -EIO : 0;
}

int instance_init(struct instance *instance)
{
	const struct lw_object *object = &instance->type->object;
	int r = 0;

	if (object->init) {
		instance->running++;
		r = result(object->init(&instance->public));
		instance->running--;
	}
	instance->initialized = r == 0;
	return r;
}

usec_t instance_poll_interval(const struct lw_object *object)
{
	return (object->poll_ms ? object->poll_ms : POLL_DEFAULT_MS) * USEC_PER_MSEC;
}

bool instance_is_stale(const struct instance *instance, usec_t now)
{
	const struct lw_object *object = &instance->type->object;

	return object->poll && (instance->polled_at == 0 ||
				       now >= usec_add(instance->polled_at, instance_poll_interval(object)));
}

/* Calls poll() or written(), which may go on later, or even call lw_finish() before they return LW_LATER. */
static int call_late(
	struct instance *instance, int (*callback)(struct lw_instance *), enum instance_late late)
{
	int r;

	instance->late = late;
	instance->late_error = 0;
	instance->calling = true;
	instance->running++;
	r = callback(&instance->public);
	instance->running--;
	instance->calling = false;
	if (r == LW_LATER && instance->late != INSTANCE_CALM)
		return LW_LATER;
	instance->late = INSTANCE_CALM;
	return result(r == LW_LATER ? instance->late_error : r);
}

int instance_poll(struct instance *instance, usec_t now)
{
	int r;

	instance->polled_at = now;
	r = call_late(instance, instance->type->object.poll, INSTANCE_POLLING);
	if (r != LW_LATER)
		instance->fresh_at = now;
	return r;
}

/* What others may see: not what written() has yet to agree to. */
static const void *settled_data(const struct instance *instance)
{
	return instance->late == INSTANCE_WRITING ? instance->shadow : instance->public.data;
}

int instance_probe(
	const struct instance *instance, const struct lw_resource *resource, const uint16_t **ret_ids)
{
	return resource->size > 0 ? field_probe(resource, settled_data(instance), ret_ids) : 0;
}

static int add_value(const struct instance *instance, const struct lw_resource *resource, size_t index,
	const struct path *path, struct records *records)
{
	struct value value;
	int r = field_get(resource, settled_data(instance), index, &value);

	return r < 0 ? r : records_add_copy(records, *path, value);
}

static int read_array(const struct instance *instance, const struct lw_resource *resource, uint16_t riid,
	struct records *records)
{
	const uint16_t *ids = NULL;
	int n = field_probe(resource, settled_data(instance), &ids), r = riid == LW_NO_ID ? 0 : -ENOENT;

	for (int i = 0; i < n && (r == 0 || riid != LW_NO_ID); i++) {
		struct path path = PATH4(instance->public.oid, instance->public.iid, resource->id, ids[i]);

		if (riid == ids[i])
			return add_value(instance, resource, (size_t)i, &path, records);
		if (riid != LW_NO_ID)
			continue;
		r = add_value(instance, resource, (size_t)i, &path, records);
		if (r == -ENODATA)
			r = 0;
	}
	return n < 0 ? n : r;
}

int instance_read(const struct instance *instance, const struct lw_resource *resource, uint16_t riid,
	struct records *records)
{
	struct path path = PATH3(instance->public.oid, instance->public.iid, resource->id);

	if (resource->constant)
		return records_add(records, path, VALUE_STRING(resource->constant));
	if (resource->flags & LW_MULTIPLE)
		return read_array(instance, resource, riid, records);
	return add_value(instance, resource, 0, &path, records);
}

static bool brings(const struct records *records, uint16_t rid)
{
	for (size_t i = 0; i < records->count; i++)
		if (records->items[i].path.ids[2] == rid)
			return true;
	return false;
}

/* What goes before the new values come. A Create leaves alone what it does not bring: init() may have set it. */
static void make_way(struct instance *instance, const struct operation *operation)
{
	const struct abi_object *type = instance->type;
	void *data = instance->public.data;

	for (size_t i = 0; i < type->info.n_resources; i++) {
		const struct lw_resource *resource = &type->resources[i];

		if (resource->size == 0 || !(resource->ops & LW_W))
			continue;
		if (operation->path.depth == PATH_INSTANCE && !brings(&operation->records, resource->id)) {
			if (operation->type == OPERATION_WRITE_REPLACE)
				field_copy(resource, data, type->object.defaults);
		} else if (operation->path.depth == PATH_INSTANCE || operation->path.ids[2] == resource->id) {
			field_clear(resource, data);
		}
	}
}

static struct lw_value to_lw_value(const struct value *value)
{
	struct lw_value to = { .type = (uint32_t)value->type };

	if (value_type_is_bytes(value->type)) {
		to.bytes.data = value->bytes.data;
		to.bytes.len = value->bytes.len;
	} else if (value->type == VALUE_OBJLNK)
		to.link = (struct lw_objlnk){ value->link.object, value->link.instance };
	else if (value->type == VALUE_BOOLEAN)
		to.boolean = value->boolean;
	else if (value->type == VALUE_FLOAT)
		to.number = value->number;
	else
		to.integer = value->integer;
	return to;
}

/* The plugin may rely on a NUL behind text. */
static int call_write(
	struct instance *instance, const struct lw_resource *resource, const struct value *value)
{
	_cleanup_(freep) char *text = NULL;
	struct lw_value to = to_lw_value(value);

	if (value->type == VALUE_STRING || value->type == VALUE_CORELNK) {
		if (value->bytes.len > 0 && memchr(value->bytes.data, 0, value->bytes.len))
			return -EINVAL;
		text = strndup(value->bytes.len > 0 ? (const char *)value->bytes.data : "", value->bytes.len);
		if (!text)
			return -ENOMEM;
		to.bytes.data = text;
	}
	return result(resource->write(&instance->public, resource->id, LW_NO_ID, &to));
}

static int write_record(struct instance *instance, const struct record *record)
{
	const struct lw_resource *resource = abi_find_resource(instance->type, record->path.ids[2]);
	bool single = record->path.depth == PATH_RESOURCE;
	int r;

	if (!resource)
		return -ENOENT;
	if (!(resource->ops & LW_W))
		return -EPERM;
	if (single == !!(resource->flags & LW_MULTIPLE) || (uint8_t)record->value.type != resource->type)
		return -EINVAL;
	if (resource->size > 0)
		return field_set(resource, instance->public.data, single ? LW_NO_ID : record->path.ids[3],
			&record->value);
	if (!resource->write)
		return -EPERM;
	r = call_write(instance, resource, &record->value);
	instance->aborts = instance->aborts || r == 0;
	return r;
}

static int call_written(struct instance *instance, const struct operation *request)
{
	const struct lw_object *object = &instance->type->object;
	int r;

	if (!object->written)
		return 0;
	instance->request = request;
	r = call_late(instance, object->written, INSTANCE_WRITING);
	instance->request = NULL;
	return r;
}

/* A Replace of the instance writes what it does not bring, too. */
bool instance_wrote(const struct instance *instance, uint16_t rid)
{
	const struct lw_resource *resource = abi_find_resource(instance->type, rid);
	const struct operation *request = instance->request;

	if (!request || !resource || !(resource->ops & LW_W))
		return false;
	if (request->path.depth >= PATH_RESOURCE)
		return request->path.ids[2] == rid;
	return request->type == OPERATION_WRITE_REPLACE || brings(&request->records, rid);
}

/* The request failed: the fields get back what they held. */
static void restore(struct instance *instance)
{
	const struct abi_object *type = instance->type;

	for (size_t i = 0; i < type->info.n_resources; i++)
		if (type->resources[i].size > 0)
			field_copy(&type->resources[i], instance->public.data, instance->shadow);
	if (instance->aborts && type->object.aborted)
		type->object.aborted(&instance->public);
}

int instance_write(struct instance *instance, const struct operation *operation)
{
	int r = 0;

	instance->running++;
	instance->aborts = false;
	if (operation->type != OPERATION_WRITE_UPDATE && operation->path.depth <= PATH_RESOURCE)
		make_way(instance, operation);
	for (size_t i = 0; i < operation->records.count && r == 0; i++)
		r = write_record(instance, &operation->records.items[i]);
	if (r == 0)
		r = call_written(instance, operation);
	if (r < 0)
		restore(instance);
	instance->running--;
	return r;
}

enum instance_late instance_finish(struct instance *instance, int error, usec_t now)
{
	enum instance_late late = instance->late;

	instance->late = INSTANCE_CALM;
	if (instance->calling) {
		instance->late_error = error;
		return INSTANCE_CALM;
	}
	instance->running++;
	if (late == INSTANCE_WRITING && error < 0)
		restore(instance);
	instance->running--;
	if (late == INSTANCE_POLLING)
		instance->fresh_at = now;
	return late;
}

int instance_write_block(struct instance *instance, const struct operation *operation)
{
	const struct lw_resource *resource = abi_find_resource(instance->type, operation->path.ids[2]);
	int r;

	if (!resource || !(resource->flags & LW_STREAM))
		return -EPERM;
	instance->running++;
	r = resource->write_block(&instance->public, resource->id, operation->offset, operation->block.data,
		operation->block.len, operation->more);
	instance->running--;
	return result(r);
}

int instance_remove(struct instance *instance, const struct path *path)
{
	const struct lw_resource *resource = abi_find_resource(instance->type, path->ids[2]);
	const struct operation request = { .type = OPERATION_DELETE, .path = *path };
	int r;

	if (!resource || resource->size == 0)
		return -ENOENT;
	if (!(resource->ops & LW_W))
		return -EPERM;
	r = field_remove(resource, instance->public.data, path->ids[3]);
	if (r < 0)
		return r;
	instance->running++;
	instance->aborts = false;
	r = call_written(instance, &request);
	if (r < 0)
		restore(instance);
	instance->running--;
	return r;
}

void instance_diff(struct instance *instance, void (*tell)(struct instance *instance, uint16_t rid))
{
	const struct abi_object *type = instance->type;
	void *data = instance->public.data;

	if (instance->late == INSTANCE_WRITING)
		return;
	for (size_t i = 0; i < type->info.n_resources; i++) {
		const struct lw_resource *resource = &type->resources[i];

		if (resource->size == 0)
			continue;
		field_normalize(resource, data);
		if (field_equal(resource, data, instance->shadow))
			continue;
		field_copy(resource, instance->shadow, data);
		tell(instance, resource->id);
	}
}
