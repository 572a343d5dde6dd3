/* SPDX-License-Identifier: Apache-2.0 */
/* A host's messages, which may hold anything that D-Bus can say. */
#include <stdarg.h>

#include "plugin/abi.h"
#include "plugin/mirror-internal.h"

__attribute__((format(printf, 3, 4))) static int refuse(int error, char reason[MIRROR_REASON_MAX],
	const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reason, MIRROR_REASON_MAX, format, arguments);
	va_end(arguments);
	return error;
}

static int malformed(char reason[MIRROR_REASON_MAX])
{
	return refuse(-EBADMSG, reason, "sent a message of the wrong form");
}

static int too_much(char reason[MIRROR_REASON_MAX])
{
	return refuse(-EMSGSIZE, reason, "has more than %u MiB of values, or too many instances",
		PROTOCOL_MEMORY_MAX >> 20);
}

static bool resource_is_sane(const struct resource_info *info, bool asked)
{
	uint8_t operations = info->operations;

	if (info->id == UINT16_MAX || operations == 0 || operations & ~(RESOURCE_RW | RESOURCE_E) ||
		(operations & RESOURCE_E && operations & RESOURCE_RW))
		return false;
	if (info->type >= _VALUE_TYPE_MAX || (info->type == VALUE_NONE && operations & RESOURCE_RW))
		return false;
	if (info->flags & ~(RESOURCE_MULTIPLE | RESOURCE_MANDATORY | RESOURCE_STREAM))
		return false;
	if (info->flags & RESOURCE_STREAM && info->type != VALUE_OPAQUE)
		return false;
	return !(asked && info->flags & RESOURCE_MULTIPLE);
}

/* 0: there is none left. */
static int read_resource(sd_bus_message *m, struct mirror_object *object, char reason[MIRROR_REASON_MAX])
{
	size_t n = object->info.n_resources;
	struct resource_info info;
	int asked, r;

	r = sd_bus_message_read(
		m, PROTOCOL_RESOURCE, &info.id, &info.type, &info.operations, &info.flags, &asked);
	if (r <= 0)
		return r < 0 ? malformed(reason) : 0;
	if (n == ABI_RESOURCES_MAX || (n > 0 && info.id <= object->resources[n - 1].id) ||
		!resource_is_sane(&info, asked))
		return refuse(
			-EBADMSG, reason, "described resource /%u/*/%u wrongly", object->info.id, info.id);
	if ((n & (n - 1)) == 0) {
		size_t allocated = n ? n * 2 : 1;
		struct resource_info *resources =
			reallocarray(object->resources, allocated, sizeof(*resources));
		bool *flags;

		if (!resources)
			return -ENOMEM;
		object->resources = resources;
		flags = reallocarray(object->asked, allocated, sizeof(*flags));
		if (!flags)
			return -ENOMEM;
		object->asked = flags;
	}
	object->resources[n] = info;
	object->asked[n] = asked;
	object->any_asked |= asked;
	object->info.n_resources++;
	return 1;
}

static int read_resources(struct mirror *mirror, sd_bus_message *m, struct mirror_object *object,
	char reason[MIRROR_REASON_MAX])
{
	int r = sd_bus_message_enter_container(m, 'a', PROTOCOL_RESOURCE);

	if (r < 0)
		return malformed(reason);
	do {
		r = read_resource(m, object, reason);
		if (r > 0)
			mirror->memory += MIRROR_RESOURCE_SIZE;
		if (mirror->memory > PROTOCOL_MEMORY_MAX)
			return too_much(reason);
	} while (r > 0);
	if (r < 0)
		return r;
	if (sd_bus_message_exit_container(m) < 0)
		return malformed(reason);
	return object->info.n_resources > 0 ? 0 : malformed(reason);
}

static bool object_is_sane(
	const struct mirror *mirror, const struct mirror_object *object, const char *version)
{
	const struct object_info *info = &object->info;

	return info->id != 0 && info->id != UINT16_MAX && !mirror_find(mirror, info->id) &&
	       abi_is_version(version) && !(info->flags & ~(OBJECT_MULTIPLE | OBJECT_CREATE)) &&
	       (info->flags & OBJECT_MULTIPLE || !(info->flags & OBJECT_CREATE));
}

static int read_object(struct mirror *mirror, sd_bus_message *m, struct mirror_object *object,
	char reason[MIRROR_REASON_MAX])
{
	const char *version;
	uint32_t poll_ms;

	if (sd_bus_message_read(m, "qqsu", &object->info.id, &object->info.flags, &version, &poll_ms) < 0)
		return malformed(reason);
	if (mirror->n_objects == ABI_OBJECTS_MAX || !object_is_sane(mirror, object, version))
		return refuse(-EBADMSG, reason, "described object %u wrongly", object->info.id);
	strcpy(object->version, version);
	object->info.version = object->version;
	object->interval = poll_ms ? poll_ms * USEC_PER_MSEC : USEC_INFINITY;
	object->object.info = &object->info;
	return 0;
}

/* Owned by the mirror at once, so that the caller has one thing to free. 0: there is none left. */
static int read_table(struct mirror *mirror, sd_bus_message *m, char reason[MIRROR_REASON_MAX])
{
	struct mirror_object **objects, *object;
	int r = sd_bus_message_enter_container(m, 'r', "qqsua" PROTOCOL_RESOURCE);

	if (r <= 0)
		return r < 0 ? malformed(reason) : 0;
	objects = reallocarray(mirror->objects, mirror->n_objects + 1, sizeof(struct mirror_object *));
	if (!objects)
		return -ENOMEM;
	mirror->objects = objects;
	object = calloc(1, sizeof(*object));
	if (!object)
		return -ENOMEM;
	r = read_object(mirror, m, object, reason);
	mirror->objects[mirror->n_objects++] = object;
	mirror->memory += MIRROR_OBJECT_SIZE;
	if (r == 0)
		r = read_resources(mirror, m, object, reason);
	object->info.resources = object->resources;
	if (r < 0)
		return r;
	return sd_bus_message_exit_container(m) < 0 ? malformed(reason) : 1;
}

/* In turn until there is none left. */
static int read_array(struct mirror *mirror, sd_bus_message *m, const char *contents,
	int (*read_one)(struct mirror *mirror, sd_bus_message *m, char reason[MIRROR_REASON_MAX]),
	char reason[MIRROR_REASON_MAX])
{
	int r;

	if (sd_bus_message_enter_container(m, 'a', contents) < 0)
		return malformed(reason);
	do
		r = read_one(mirror, m, reason);
	while (r > 0);
	if (r < 0)
		return r;
	return sd_bus_message_exit_container(m) < 0 ? malformed(reason) : 0;
}

int mirror_read_tables(struct mirror *mirror, sd_bus_message *m, char reason[MIRROR_REASON_MAX])
{
	if (!sd_bus_message_has_signature(m, PROTOCOL_TABLES_SIG) || mirror->n_objects > 0)
		return malformed(reason);
	return read_array(mirror, m, PROTOCOL_TABLE, read_table, reason);
}

/* The values as one piece; records are those of one resource, in order. */
static int make_data(struct mirror *mirror, const struct records *records, struct mirror_data **ret)
{
	size_t size = sizeof(struct mirror_data) + records->count * (sizeof(struct value) + sizeof(uint16_t));
	struct mirror_data *data;
	uint8_t *bytes;
	int r;

	for (size_t i = 0; i < records->count; i++)
		if (value_type_is_bytes(records->items[i].value.type))
			size += records->items[i].value.bytes.len;
	r = mirror_claim(mirror, size);
	if (r < 0)
		return r;
	data = malloc(size);
	if (!data) {
		mirror->memory -= size;
		return -ENOMEM;
	}
	data->size = (uint32_t)size;
	data->count = (uint32_t)records->count;
	data->ids = (uint16_t *)(void *)&data->values[records->count];
	bytes = (uint8_t *)&data->ids[records->count];
	for (size_t i = 0; i < records->count; i++) {
		struct value *value = &data->values[i];

		*value = records->items[i].value;
		data->ids[i] = records->items[i].path.ids[3];
		if (!value_type_is_bytes(value->type) || value->bytes.len == 0)
			continue;
		value->bytes.data = memcpy(bytes, value->bytes.data, value->bytes.len);
		bytes += value->bytes.len;
	}
	*ret = data;
	return 0;
}

/* 0: there is none left. */
static int read_value(sd_bus_message *m, const struct resource_info *info, struct records *records)
{
	bool multiple = info->flags & RESOURCE_MULTIPLE;
	uint16_t riid, least = 0;
	struct value value;
	int r = sd_bus_message_enter_container(m, 'r', "q" PROTOCOL_VALUE);

	if (r <= 0)
		return r < 0 ? -EBADMSG : 0;
	if (records->count > 0)
		least = (uint16_t)(records->items[records->count - 1].path.ids[3] + 1);
	if (sd_bus_message_read_basic(m, 'q', &riid) < 0 || multiple != (riid != LW_NO_ID) ||
		(multiple ? riid < least : records->count > 0))
		return -EBADMSG;
	r = protocol_read_value(m, info->type, &value);
	if (r == 0)
		r = records_add(records, PATH4(0, 0, info->id, riid), value);
	if (r < 0)
		return r;
	return sd_bus_message_exit_container(m) < 0 ? -EBADMSG : 1;
}

static int read_data(struct mirror *mirror, sd_bus_message *m, const struct resource_info *info, bool asked,
	struct mirror_data **ret)
{
	_cleanup_(records_deinit) struct records records = { 0 };
	int r = sd_bus_message_enter_container(m, 'a', "(q" PROTOCOL_VALUE ")");

	if (r < 0)
		return -EBADMSG;
	do
		r = read_value(m, info, &records);
	while (r > 0);
	if (r < 0)
		return r;
	if (sd_bus_message_exit_container(m) < 0 || (asked && records.count > 0))
		return -EBADMSG;
	return make_data(mirror, &records, ret);
}

/* 0: there is none left. */
static int read_change(struct mirror *mirror, sd_bus_message *m, struct mirror_object *object,
	struct mirror_instance *instance, char reason[MIRROR_REASON_MAX])
{
	const struct resource_info *info;
	struct mirror_data *data = NULL;
	uint16_t rid;
	int present, r = sd_bus_message_enter_container(m, 'r', "qba(q" PROTOCOL_VALUE ")");

	if (r <= 0)
		return r < 0 ? malformed(reason) : 0;
	if (sd_bus_message_read(m, "qb", &rid, &present) < 0)
		return malformed(reason);
	info = object_find_resource(&object->object, rid);
	if (!info)
		return refuse(-EBADMSG, reason, "sent /%u/%u/%u, which its object does not have",
			object->info.id, instance->iid, rid);
	r = read_data(mirror, m, info, object->asked[info - object->resources], &data);
	if (r == -EBADMSG)
		return refuse(r, reason, "sent a value for /%u/%u/%u that is not of its type",
			object->info.id, instance->iid, rid);
	if (r == -EMSGSIZE)
		return too_much(reason);
	if (r < 0)
		return r;
	if (!present) {
		mirror_data_free(mirror, data);
		data = NULL;
	}
	mirror_set(mirror, object, instance, (size_t)(info - object->resources), data);
	return sd_bus_message_exit_container(m) < 0 ? malformed(reason) : 1;
}

static int read_changes(struct mirror *mirror, sd_bus_message *m, struct mirror_object *object,
	struct mirror_instance *instance, char reason[MIRROR_REASON_MAX])
{
	int r = sd_bus_message_enter_container(m, 'a', PROTOCOL_CHANGE);

	if (r < 0)
		return malformed(reason);
	do
		r = read_change(mirror, m, object, instance, reason);
	while (r > 0);
	if (r < 0)
		return r;
	return sd_bus_message_exit_container(m) < 0 ? malformed(reason) : 0;
}

/* An instance that is told of for the first time is new. */
static int read_instance(struct mirror *mirror, sd_bus_message *m, struct mirror_object *object, uint16_t iid,
	char reason[MIRROR_REASON_MAX])
{
	struct mirror_instance *instance = mirror_find_instance(object, iid);
	bool is_new = !instance;
	int r = is_new ? mirror_add_instance(mirror, object, iid, &instance) : 0;

	if (r == -EMSGSIZE)
		return too_much(reason);
	if (r < 0)
		return r;
	r = read_changes(mirror, m, object, instance, reason);
	if (r == 0 && is_new && object->object.registry)
		r = object_add_instance(&object->object, iid);
	return r;
}

/* 0: there is none left. */
static int read_news(struct mirror *mirror, sd_bus_message *m, char reason[MIRROR_REASON_MAX])
{
	struct mirror_object *object;
	uint16_t oid, iid;
	int present, r = sd_bus_message_enter_container(m, 'r', "qqba" PROTOCOL_CHANGE);

	if (r <= 0)
		return r < 0 ? malformed(reason) : 0;
	if (sd_bus_message_read(m, "qqb", &oid, &iid, &present) < 0)
		return malformed(reason);
	object = mirror_find(mirror, oid);
	if (!object || iid == UINT16_MAX || (iid != 0 && !(object->info.flags & OBJECT_MULTIPLE)))
		return refuse(-EBADMSG, reason, "sent news of /%u/%u, which it cannot have", oid, iid);
	if (present)
		r = read_instance(mirror, m, object, iid, reason);
	else {
		mirror_remove_instance(mirror, object, iid);
		r = sd_bus_message_skip(m, "a" PROTOCOL_CHANGE) < 0 ? malformed(reason) : 0;
	}
	if (r < 0)
		return r;
	return sd_bus_message_exit_container(m) < 0 ? malformed(reason) : 1;
}

int mirror_read_news(struct mirror *mirror, sd_bus_message *m, char reason[MIRROR_REASON_MAX])
{
	if (!sd_bus_message_has_signature(m, PROTOCOL_CHANGED_SIG))
		return malformed(reason);
	return read_array(mirror, m, PROTOCOL_NEWS, read_news, reason);
}

int mirror_read_description(struct mirror *mirror, sd_bus_message *m, char reason[MIRROR_REASON_MAX])
{
	int r = read_array(mirror, m, PROTOCOL_TABLE, read_table, reason);

	if (r == 0 && mirror->n_objects == 0)
		return refuse(-EBADMSG, reason, "described no object");
	return r < 0 ? r : read_array(mirror, m, PROTOCOL_NEWS, read_news, reason);
}
