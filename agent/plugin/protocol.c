/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/protocol.h"

#include "base/cleanup.h"
#include "base/utf8.h"

/* Programs on the bus know these by their numbers. */
_Static_assert(VALUE_STRING == 1 && VALUE_INTEGER == 2 && VALUE_UNSIGNED == 3 && VALUE_FLOAT == 4 &&
		       VALUE_BOOLEAN == 5 && VALUE_OPAQUE == 6 && VALUE_TIME == 7 && VALUE_OBJLNK == 8 &&
		       VALUE_CORELNK == 9,
	"types have other numbers than org.lwm2m.Agent1.xml says");
_Static_assert(OPERATION_WRITE_REPLACE == 2 && OPERATION_WRITE_UPDATE == 3 && OPERATION_CREATE == 7,
	"operations have other numbers than org.lwm2m.Agent1.xml says");
_Static_assert(RESOURCE_R == 1 && RESOURCE_W == 2 && RESOURCE_E == 4 && RESOURCE_MULTIPLE == 1 &&
		       RESOURCE_MANDATORY == 2 && RESOURCE_STREAM == 4 && OBJECT_MULTIPLE == 1 && OBJECT_CREATE == 2,
	"flags have other values than org.lwm2m.Agent1.xml says");

static const char *const signatures[_VALUE_TYPE_MAX] = {
	[VALUE_STRING] = "s",
	[VALUE_INTEGER] = "x",
	[VALUE_UNSIGNED] = "t",
	[VALUE_FLOAT] = "d",
	[VALUE_BOOLEAN] = "b",
	[VALUE_OPAQUE] = "ay",
	[VALUE_TIME] = "x",
	[VALUE_OBJLNK] = "(qq)",
	[VALUE_CORELNK] = "s",
};

static int append_text(sd_bus_message *m, struct bytes text)
{
	char *space;
	int r;

	if (text.len > 0 && memchr(text.data, 0, text.len))
		return -EINVAL;
	r = sd_bus_message_append_string_space(m, utf8_whole_length(text), &space);
	if (r >= 0)
		utf8_whole(text, space);
	return r;
}

static int append_contents(sd_bus_message *m, const struct value *value)
{
	int boolean;

	switch (value->type) {
	case VALUE_OBJLNK:
		return sd_bus_message_append(m, "(qq)", value->link.object, value->link.instance);
	case VALUE_OPAQUE:
		return sd_bus_message_append_array(m, 'y', value->bytes.data, value->bytes.len);
	case VALUE_STRING:
	case VALUE_CORELNK:
		return append_text(m, value->bytes);
	case VALUE_BOOLEAN:
		boolean = value->boolean;
		return sd_bus_message_append_basic(m, 'b', &boolean);
	default:
		return sd_bus_message_append_basic(m, *signatures[value->type], &value->integer);
	}
}

int protocol_append_value(sd_bus_message *m, const struct value *value)
{
	int r;

	if (value->type <= VALUE_NONE || value->type >= _VALUE_TYPE_MAX)
		return -EINVAL;
	if (value_type_is_bytes(value->type) && value->bytes.len > PROTOCOL_VALUE_MAX)
		return -EMSGSIZE;
	r = sd_bus_message_open_container(m, 'v', signatures[value->type]);
	if (r >= 0)
		r = append_contents(m, value);
	return r < 0 ? r : sd_bus_message_close_container(m);
}

static int read_text(sd_bus_message *m, struct value *value)
{
	const char *text;
	int r = sd_bus_message_read_basic(m, 's', &text);

	if (r > 0)
		value->bytes = bytes_of(text);
	return r;
}

static int read_contents(sd_bus_message *m, struct value *value)
{
	const void *data;
	size_t len;
	int boolean, r;

	switch (value->type) {
	case VALUE_OBJLNK:
		return sd_bus_message_read(m, "(qq)", &value->link.object, &value->link.instance);
	case VALUE_OPAQUE:
		r = sd_bus_message_read_array(m, 'y', &data, &len);
		if (r > 0)
			value->bytes = BYTES(data, len);
		return r;
	case VALUE_STRING:
	case VALUE_CORELNK:
		return read_text(m, value);
	case VALUE_BOOLEAN:
		r = sd_bus_message_read_basic(m, 'b', &boolean);
		if (r > 0)
			value->boolean = boolean;
		return r;
	default:
		return sd_bus_message_read_basic(m, *signatures[value->type], &value->integer);
	}
}

int protocol_read_value(sd_bus_message *m, enum value_type type, struct value *ret)
{
	struct value value = { .type = type };

	if (type <= VALUE_NONE || type >= _VALUE_TYPE_MAX)
		return -EBADMSG;
	if (sd_bus_message_enter_container(m, 'v', signatures[type]) <= 0 || read_contents(m, &value) < 0 ||
		sd_bus_message_exit_container(m) < 0)
		return -EBADMSG;
	if (value_type_is_bytes(type) && value.bytes.len > PROTOCOL_VALUE_MAX)
		return -EMSGSIZE;
	*ret = value;
	return 0;
}

int protocol_append_path(sd_bus_message *m, const struct path *path)
{
	uint16_t ids[ELEMENTSOF(path->ids)];

	for (unsigned int i = 0; i < ELEMENTSOF(ids); i++)
		ids[i] = i < path->depth ? path->ids[i] : PATH_ID_NONE;
	return sd_bus_message_append(m, "qqqq", ids[0], ids[1], ids[2], ids[3]);
}

int protocol_read_path(sd_bus_message *m, struct path *ret)
{
	struct path path = PATH0();
	uint16_t ids[4];
	int r = sd_bus_message_read(m, "qqqq", &ids[0], &ids[1], &ids[2], &ids[3]);

	if (r < 0)
		return r;
	while (path.depth < ELEMENTSOF(ids) && ids[path.depth] != PATH_ID_NONE)
		path = path_child(path, ids[path.depth]);
	*ret = path;
	return 0;
}

static int append_record(sd_bus_message *m, const struct record *record)
{
	const struct path *path = &record->path;
	int r = sd_bus_message_open_container(m, 'r', "qqq" PROTOCOL_VALUE);

	if (r >= 0)
		r = sd_bus_message_append(m, "qqq", path->ids[1], path->ids[2],
			path->depth == PATH_RESOURCE_INSTANCE ? path->ids[3] : PATH_ID_NONE);
	if (r >= 0)
		r = protocol_append_value(m, &record->value);
	return r < 0 ? r : sd_bus_message_close_container(m);
}

int protocol_append_records(sd_bus_message *m, const struct records *records)
{
	int r = sd_bus_message_open_container(m, 'a', PROTOCOL_RECORD);

	for (size_t i = 0; i < records->count && r >= 0; i++)
		r = append_record(m, &records->items[i]);
	return r < 0 ? r : sd_bus_message_close_container(m);
}

static const struct resource_info *find_resource(const struct object_info *info, uint16_t rid)
{
	const struct object object = { .info = info };

	return object_find_resource(&object, rid);
}

/* 0: there is none left. */
static int read_record(sd_bus_message *m, const struct object_info *info, struct records *records)
{
	const struct resource_info *resource;
	uint16_t iid, rid, riid;
	struct value value;
	struct path path;
	int r = sd_bus_message_enter_container(m, 'r', "qqq" PROTOCOL_VALUE);

	if (r <= 0)
		return r;
	r = sd_bus_message_read(m, "qqq", &iid, &rid, &riid);
	if (r < 0)
		return -EBADMSG;
	resource = find_resource(info, rid);
	if (!resource || (riid == PATH_ID_NONE) == !!(resource->flags & RESOURCE_MULTIPLE))
		return -EBADMSG;
	r = protocol_read_value(m, resource->type, &value);
	if (r < 0)
		return r;
	path = PATH3(info->id, iid, rid);
	r = records_add(records, riid == PATH_ID_NONE ? path : path_child(path, riid), value);
	if (r < 0)
		return r;
	return sd_bus_message_exit_container(m) < 0 ? -EBADMSG : 1;
}

int protocol_read_records(sd_bus_message *m, const struct object_info *info, struct records *records)
{
	int r = sd_bus_message_enter_container(m, 'a', PROTOCOL_RECORD);

	if (r < 0)
		return -EBADMSG;
	do
		r = read_record(m, info, records);
	while (r > 0);
	if (r < 0)
		return r == -ENOMEM || r == -EMSGSIZE ? r : -EBADMSG;
	return sd_bus_message_exit_container(m) < 0 ? -EBADMSG : 0;
}
