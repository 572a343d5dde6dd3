/* SPDX-License-Identifier: Apache-2.0 */
#include "values.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "base/base64.h"
#include "base/cleanup.h"
#include "base/utf8.h"
#include "model.h"

#define UNIT_MAX 32

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef",
		   *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c) : NULL;

	return at ? (int)(at - digits) : -1;
}

static int add_opaque(struct records *records, const struct path *path, const char *text)
{
	_cleanup_(freep) uint8_t *bytes = NULL;
	size_t len;

	if (strncmp(text, "0x", 2) == 0)
		text += 2;
	len = strlen(text);
	if (len % 2 != 0)
		return -EINVAL;
	bytes = malloc(len / 2 + 1);
	if (!bytes)
		return -ENOMEM;
	for (size_t i = 0; i < len / 2; i++) {
		int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return -EINVAL;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	return records_add_copy(records, *path, VALUE_OPAQUE(bytes, len / 2));
}

static int parse_time(const char *text, int64_t *ret)
{
	struct tm tm = { 0 };
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);

	if (!end || *end)
		return -EINVAL;
	*ret = timegm(&tm);
	return 0;
}

int values_add(struct records *records, const struct path *path, enum value_type type, const char *text)
{
	struct value value = { .type = type };
	int r = 0;

	if (type == VALUE_OPAQUE)
		return add_opaque(records, path, text);
	if (type == VALUE_TIME && strchr(text, 'T'))
		r = parse_time(text, &value.integer);
	else if (type == VALUE_BOOLEAN && (strcmp(text, "true") == 0 || strcmp(text, "false") == 0))
		value.boolean = text[0] == 't';
	else
		r = value_parse(bytes_of(text), type, &value);
	return r < 0 ? r : records_add_copy(records, *path, value);
}

json_t *values_text(struct bytes text)
{
	_cleanup_(buffer_deinit) struct buffer clean = { 0 };
	struct bytes piece;

	while ((piece = utf8_next(&text)).len > 0)
		if (buffer_append(&clean, piece.data, piece.len) < 0)
			return NULL;
	return json_stringn(clean.len ? (const char *)clean.data : "", clean.len);
}

static json_t *opaque_to_json(struct bytes bytes)
{
	_cleanup_(freep) char *text = malloc(BASE64_TEXT_MAX(bytes.len) + 1);

	return text ? json_stringn(text, base64_encode(bytes, false, text)) : NULL;
}

/* Numbers that JSON has not are null, integers past int64_t text. */
static json_t *value_to_json(const struct value *value)
{
	char text[VALUE_TEXT_MAX];

	switch (value->type) {
	case VALUE_STRING:
	case VALUE_CORELNK:
		return values_text(value->bytes);
	case VALUE_INTEGER:
	case VALUE_TIME:
		return json_integer(value->integer);
	case VALUE_UNSIGNED:
		return value->natural <= INT64_MAX ? json_integer((json_int_t)value->natural) :
						     json_stringn(text, value_format(value, text));
	case VALUE_FLOAT:
		return isfinite(value->number) ? json_real(value->number) : json_null();
	case VALUE_BOOLEAN:
		return json_boolean(value->boolean);
	case VALUE_OPAQUE:
		return opaque_to_json(value->bytes);
	case VALUE_OBJLNK:
		return json_stringn(text, value_format(value, text));
	default:
		return json_null();
	}
}

static bool is_unit(const struct record *record)
{
	return record->path.depth == PATH_RESOURCE && record->path.ids[2] == MODEL_UNITS &&
	       record->value.type == VALUE_STRING && record->value.bytes.len <= UNIT_MAX;
}

void values_keep_units(const struct records *records, struct records *units)
{
	for (size_t i = 0; i < records->count; i++) {
		const struct record *record = &records->items[i], *known;

		if (!is_unit(record))
			continue;
		known = records_find(units, &record->path);
		if (known ? value_equal(&known->value, &record->value) : units->count >= VALUES_UNITS_MAX)
			continue;
		/* Another unit than before: a new start, since the memory of old ones is not reused. */
		if (known)
			records_clear(units);
		(void)records_add_copy(units, record->path, record->value);
	}
}

static json_t *unit_of(const struct records *records, const struct records *units, const struct path *path,
	const struct definition *resource)
{
	const struct record *unit;
	struct path unit_path;

	if (resource && resource->unit)
		return json_string(resource->unit);
	if (!model_unit_path(path, &unit_path))
		return NULL;
	unit = records_find(records, &unit_path);
	if (!unit && units)
		unit = records_find(units, &unit_path);
	return unit && value_type_is_bytes(unit->value.type) ? values_text(unit->value.bytes) : NULL;
}

static json_t *record_to_json(
	const struct records *records, const struct records *units, const struct record *record)
{
	const struct definition *resource = model_find(&record->path);
	char path[PATH_TEXT_MAX];
	json_t *ret;

	path_format(&record->path, path);
	/* What jansson gets as "*" is left out when it is NULL. */
	ret = json_pack("{s:s, s:s*, s:s, s:o, s:o*}", "path", path, "name", resource ? resource->name : NULL,
		"type", value_type_name(record->value.type), "value", value_to_json(&record->value), "unit",
		unit_of(records, units, &record->path, resource));
	if (ret && record->time != 0)
		(void)json_object_set_new(ret, "time", json_real(record->time));
	return ret;
}

json_t *values_to_json(const struct records *records, const struct records *units)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < records->count; i++)
		if (json_array_append_new(array, record_to_json(records, units, &records->items[i])) < 0) {
			json_decref(array);
			return NULL;
		}
	return array;
}
