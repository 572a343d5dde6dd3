/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON of LwM2M 1.0 (OMA LwM2M 1.0, 6.4.4), which later versions replaced by SenML JSON: one object with
 * a base name, a base time and entries. Opaque values are text in Base64, so that only the resource's type
 * tells them from text.
 */
#include <math.h>

#include "base/cleanup.h"
#include "lwm2m/codec-internal.h"
#include "lwm2m/json-reader.h"
#include "lwm2m/json-writer.h"
#include "lwm2m/senml.h"

/* The longest beginning of the object or of an entry: all but a text or opaque value. */
#define HEAD_MAX 192

static size_t put_time(const char *member, size_t member_len, double time, char *text, size_t len)
{
	struct value value = VALUE_FLOAT(time);

	len = json_put(text, len, member, member_len);
	len = json_put_value(&value, text, len);
	return JSON_PUT_LITERAL(text, len, ",");
}

/* The latest time: what is historical counts back from it. 0 where that would lose a fraction of a second. */
static double choose_base_time(const struct records *records)
{
	double latest = 0;

	for (size_t i = 0; i < records->count; i++)
		if (records->items[i].time > latest)
			latest = records->items[i].time;
	for (size_t i = 0; i < records->count; i++)
		if (latest + (records->items[i].time - latest) != records->items[i].time)
			return 0;
	return latest;
}

static int append_head(
	struct buffer *buffer, const struct path *base, const struct records *records, double base_time)
{
	char text[HEAD_MAX];
	size_t len = JSON_PUT_LITERAL(text, 0, "{\"bn\":\"");

	len += senml_base_name(base, records->count > 0 ? &records->items[0].path : base, text + len);
	len = JSON_PUT_LITERAL(text, len, "\",");
	if (base_time != 0)
		len = put_time("\"bt\":", 5, base_time, text, len);
	len = JSON_PUT_LITERAL(text, len, "\"e\":[");
	return buffer_append(buffer, text, len);
}

/* Up to where the value's own text or bytes begin; 0: there is no such form. */
static size_t put_value(const struct value *value, char *text, size_t len)
{
	switch (value->type) {
	case VALUE_NONE:
		return 0;
	case VALUE_STRING:
	case VALUE_CORELNK:
	case VALUE_OPAQUE:
		return JSON_PUT_LITERAL(text, len, "\"sv\":\"");
	case VALUE_BOOLEAN:
		len = JSON_PUT_LITERAL(text, len, "\"bv\":");
		break;
	case VALUE_OBJLNK:
		len = JSON_PUT_LITERAL(text, len, "\"ov\":\"");
		len = json_put_value(value, text, len);
		return JSON_PUT_LITERAL(text, len, "\"}");
	default:
		len = JSON_PUT_LITERAL(text, len, "\"v\":");
		break;
	}
	len = json_put_value(value, text, len);
	return JSON_PUT_LITERAL(text, len, "}");
}

static int append_entry(struct buffer *buffer, const struct path *base, const struct record *record,
	double base_time, bool first)
{
	const struct value *value = &record->value;
	char text[HEAD_MAX];
	size_t len = first ? JSON_PUT_LITERAL(text, 0, "{") : JSON_PUT_LITERAL(text, 0, ",{");
	int r;

	if (record->path.depth > base->depth) {
		len = JSON_PUT_LITERAL(text, len, "\"n\":\"");
		len += senml_name(base, &record->path, text + len);
		len = JSON_PUT_LITERAL(text, len, "\",");
	}
	if (record->time != base_time)
		len = put_time("\"t\":", 4, record->time - base_time, text, len);
	len = put_value(value, text, len);
	if (len == 0 || !json_has_number(value))
		return -ENOTSUP;
	r = buffer_append(buffer, text, len);
	if (r < 0 || !value_type_is_bytes(value->type))
		return r;
	r = value->type == VALUE_OPAQUE ? json_append_base64(buffer, value->bytes, false) :
					  json_append_text(buffer, value->bytes);
	return r < 0 ? r : buffer_append(buffer, "\"}", 2);
}

int codec_lwm2m_json_encode(const struct path *base, const struct records *records, struct buffer *ret)
{
	double base_time = choose_base_time(records);
	int r = append_head(ret, base, records, base_time);

	for (size_t i = 0; i < records->count && r >= 0; i++)
		r = append_entry(ret, base, &records->items[i], base_time, i == 0);
	return r < 0 ? r : buffer_append(ret, "]}", 2);
}

struct reader {
	struct path base;
	const struct codec_types *types;
	struct records *records;
	struct bytes base_name; /* empty: names are below base */
	double base_time;
};

static bool is_text(enum value_type type)
{
	return type == VALUE_STRING;
}

static bool is_boolean(enum value_type type)
{
	return type == VALUE_BOOLEAN;
}

/* 1 and *ret, 0: the object has no such member, -EBADMSG: of the wrong kind. */
static int get_member(
	const json_t *object, const char *name, bool (*fits)(enum value_type type), struct value *ret)
{
	const json_t *json = json_object_get(object, name);
	struct value value;

	if (!json)
		return 0;
	if (json_read_value(json, &value) < 0 || !fits(value.type))
		return -EBADMSG;
	*ret = value;
	return 1;
}

static int get_text(const json_t *object, const char *name, struct bytes *ret)
{
	struct value value = VALUE_STRING("");
	int r = get_member(object, name, is_text, &value);

	*ret = value.bytes;
	return r;
}

static int get_time(const json_t *object, const char *name, double *ret)
{
	struct value value = VALUE_FLOAT(0);
	int r = get_member(object, name, value_type_is_numeric, &value);

	*ret = value_number(&value);
	return r;
}

static int get_value(const json_t *entry, struct value *ret)
{
	static const struct {
		const char *name;
		bool (*fits)(enum value_type type);
		enum value_type type; /* or what JSON makes of it */
	} members[] = {
		{ "v", value_type_is_numeric, VALUE_NONE },
		{ "sv", is_text, VALUE_STRING },
		{ "bv", is_boolean, VALUE_BOOLEAN },
		{ "ov", is_text, VALUE_OBJLNK },
	};
	int found = 0;

	for (size_t i = 0; i < ELEMENTSOF(members); i++) {
		int r = get_member(entry, members[i].name, members[i].fits, ret);

		if (r > 0)
			r = value_convert(ret, members[i].type, ret) < 0 ? -EINVAL : 1;
		if (r < 0)
			return r;
		found += r;
	}
	return found == 1 ? 0 : -EBADMSG;
}

/*
 * Base name and name in one, with one slash between them: peers end a base name with a slash, begin a name
 * with one, do both or neither, and some leave out the first slash of all.
 */
static int join(struct bytes base_name, struct bytes name, struct path *ret)
{
	char text[2 * SENML_NAME_MAX];
	size_t len = 0;

	if (base_name.len >= SENML_NAME_MAX || name.len >= SENML_NAME_MAX)
		return -EBADMSG;
	if (base_name.len > 0 && base_name.data[0] != '/')
		text[len++] = '/';
	if (base_name.len > 0)
		len = json_put(text, len, (const char *)base_name.data, base_name.len);
	if (len > 0 && text[len - 1] == '/')
		len--;
	if (name.len > 0 && name.data[0] != '/')
		text[len++] = '/';
	if (name.len > 0)
		len = json_put(text, len, (const char *)name.data, name.len);
	return path_parse(BYTES(text, len), ret) < 0 ? -EBADMSG : 0;
}

/* Without a base name a name is below the path of the request, or whole when it begins with a slash. */
static int resolve_path(const struct reader *reader, struct bytes name, struct path *ret)
{
	struct bytes base_name = reader->base_name;
	char base[PATH_TEXT_MAX];

	if (base_name.len == 0 && (name.len == 0 || name.data[0] != '/'))
		base_name = BYTES(base, path_format(&reader->base, base));
	return join(base_name, name, ret);
}

/* Text that its resource's type makes bytes. */
static int keep_value(struct reader *reader, const struct path *path, struct value *value)
{
	if (value->type != VALUE_STRING || codec_type_of(reader->types, path) != VALUE_OPAQUE)
		return json_keep_text(reader->records, value);
	value->type = VALUE_OPAQUE;
	return codec_decode_base64(reader->records, value->bytes, &value->bytes);
}

static int read_entry(struct reader *reader, const json_t *entry)
{
	struct bytes name;
	struct value value;
	struct path path;
	double time;
	int r;

	if (!json_is_object(entry) || get_text(entry, "n", &name) < 0 || get_time(entry, "t", &time) < 0 ||
		!isfinite(reader->base_time + time))
		return -EBADMSG;
	r = get_value(entry, &value);
	if (r >= 0)
		r = resolve_path(reader, name, &path);
	if (r >= 0)
		r = keep_value(reader, &path, &value);
	if (r >= 0)
		r = codec_add(reader->records, &path, &value, reader->types);
	if (r < 0)
		return r;
	reader->records->items[reader->records->count - 1].time = reader->base_time + time;
	return 0;
}

int codec_lwm2m_json_decode(
	const struct path *base, struct bytes payload, const struct codec_types *types, struct records *ret)
{
	struct reader reader = { .base = *base, .types = types, .records = ret };
	_cleanup_(json_tree_freep) json_t *tree = NULL;
	const json_t *entries;
	int r = json_read_tree(payload, CODEC_JSON_MAX, &tree);

	if (r < 0)
		return r;
	entries = json_object_get(tree, "e");
	if (!json_is_array(entries) || get_text(tree, "bn", &reader.base_name) < 0 ||
		get_time(tree, "bt", &reader.base_time) < 0)
		return -EBADMSG;
	for (size_t i = 0; i < json_array_size(entries) && r >= 0; i++)
		r = read_entry(&reader, json_array_get(entries, i));
	return r;
}
