/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decoding goes through jansson, whose integers are int64_t: an Unsigned past 2^63 - 1 is sent, but received only in the
 * other formats. Encoding is one pass into the buffer, since every read of a server that speaks JSON comes by here.
 */
#include <jansson.h>
#include <math.h>

#include "base/base64.h"
#include "base/cleanup.h"
#include "base/utf8.h"
#include "lwm2m/codec-internal.h"
#include "lwm2m/senml.h"

/* The longest beginning of a record: all but a text or opaque value. */
#define RECORD_MAX 192

/* Containers and members that jansson would build in memory for one payload. */
#define STRUCTURE_MAX (8 * CODEC_RECORDS_MAX)

static void free_json(json_t **json)
{
	json_decref(*json);
}

static size_t put(char *text, size_t len, const char *addition, size_t addition_len)
{
	memcpy(text + len, addition, addition_len);
	return len + addition_len;
}

#define PUT_LITERAL(text, len, literal) put(text, len, literal, sizeof(literal) - 1)

static size_t put_time(double time, char *text, size_t len)
{
	struct value value = VALUE_FLOAT(time);

	len = PUT_LITERAL(text, len, "\"t\":");
	len += value_format(&value, text + len);
	return PUT_LITERAL(text, len, ",");
}

/* Up to where the value's own text or bytes begin. */
static size_t put_value(const struct value *value, char *text, size_t len)
{
	switch (value->type) {
	case VALUE_STRING:
	case VALUE_CORELNK:
		return PUT_LITERAL(text, len, "\"vs\":\"");
	case VALUE_OPAQUE:
		return PUT_LITERAL(text, len, "\"vd\":\"");
	case VALUE_BOOLEAN:
		return value->boolean ? PUT_LITERAL(text, len, "\"vb\":true}") : PUT_LITERAL(text, len, "\"vb\":false}");
	case VALUE_OBJLNK:
		len = PUT_LITERAL(text, len, "\"vlo\":\"");
		len += value_format(value, text + len);
		return PUT_LITERAL(text, len, "\"}");
	default:
		len = PUT_LITERAL(text, len, "\"v\":");
		len += value_format(value, text + len);
		return PUT_LITERAL(text, len, "}");
	}
}

static int append_escape(struct buffer *buffer, uint8_t c)
{
	static const char digits[] = "0123456789abcdef";
	char text[6] = { '\\', 'u', '0', '0', digits[c >> 4], digits[c & 15] };

	if (c >= 0x20) {
		text[1] = (char)c;
		return buffer_append(buffer, text, 2);
	}
	return buffer_append(buffer, text, sizeof(text));
}

static const bool escaped[UINT8_MAX + 1] = { [0 ... 0x1F] = true, ['"'] = true, ['\\'] = true };

/* Text that is UTF-8, as the inside of a JSON string. */
static int append_escaped(struct buffer *buffer, struct bytes text)
{
	size_t start = 0, end;
	int r;

	for (;; start = end + 1) {
		for (end = start; end < text.len && !escaped[text.data[end]];)
			end++;
		r = buffer_append(buffer, text.data + start, end - start);
		if (r < 0 || end == text.len)
			return r;
		r = append_escape(buffer, text.data[end]);
		if (r < 0)
			return r;
	}
}

static int append_text(struct buffer *buffer, struct bytes text)
{
	int r = 0;

	for (struct bytes piece = utf8_next(&text); piece.len > 0 && r >= 0; piece = utf8_next(&text))
		r = append_escaped(buffer, piece);
	return r < 0 ? r : buffer_append(buffer, "\"}", 2);
}

static int append_data(struct buffer *buffer, struct bytes data)
{
	uint8_t *room;
	int r = buffer_reserve(buffer, BASE64_TEXT_MAX(data.len), &room);

	if (r < 0)
		return r;
	buffer->len += base64_encode(data, true, (char *)room);
	return buffer_append(buffer, "\"}", 2);
}

static int append_record(struct buffer *buffer, const struct path *base, const struct record *record, bool first)
{
	const struct value *value = &record->value;
	char text[RECORD_MAX];
	size_t len;
	int r;

	if (value->type == VALUE_NONE || (value->type == VALUE_FLOAT && !isfinite(value->number)))
		return -ENOTSUP;
	len = first ? PUT_LITERAL(text, 0, "{\"bn\":\"") : PUT_LITERAL(text, 0, ",{");
	if (first) {
		len += senml_base_name(base, &record->path, text + len);
		len = PUT_LITERAL(text, len, "\",");
	}
	if (record->path.depth > base->depth) {
		len = PUT_LITERAL(text, len, "\"n\":\"");
		len += senml_name(base, &record->path, text + len);
		len = PUT_LITERAL(text, len, "\",");
	}
	if (record->time != 0)
		len = put_time(record->time, text, len);
	len = put_value(value, text, len);
	r = buffer_append(buffer, text, len);
	if (r < 0 || !value_type_is_bytes(value->type))
		return r;
	return value->type == VALUE_OPAQUE ? append_data(buffer, value->bytes) : append_text(buffer, value->bytes);
}

int codec_senml_json_encode(const struct path *base, const struct records *records, struct buffer *ret)
{
	int r = buffer_append_byte(ret, '[');

	for (size_t i = 0; i < records->count && r >= 0; i++)
		r = append_record(ret, base, &records->items[i], i == 0);
	return r < 0 ? r : buffer_append_byte(ret, ']');
}

/* What jansson builds can be a hundred times as large as the payload: the payload's structure is bounded first. */
static int check_structure(struct bytes payload)
{
	size_t structure = 0;
	bool quoted = false;

	for (size_t i = 0; i < payload.len; i++) {
		uint8_t c = payload.data[i];

		if (c == '"')
			quoted = !quoted;
		else if (c == '\\')
			i++;
		else if (!quoted && (c == '{' || c == '[' || c == ','))
			structure++;
	}
	return structure > STRUCTURE_MAX ? -E2BIG : 0;
}

static int get_value(const json_t *json, struct value *ret)
{
	switch (json_typeof(json)) {
	case JSON_STRING:
		*ret = (struct value){ VALUE_STRING,
			.bytes = BYTES(json_string_value(json), json_string_length(json)) };
		return 0;
	case JSON_INTEGER:
		*ret = VALUE_INTEGER(json_integer_value(json));
		return 0;
	case JSON_REAL:
		*ret = VALUE_FLOAT(json_real_value(json));
		return 0;
	case JSON_TRUE:
	case JSON_FALSE:
		*ret = VALUE_BOOLEAN(json_is_true(json));
		return 0;
	case JSON_NULL:
		*ret = (struct value){ .type = VALUE_NONE };
		return 0;
	default:
		return -EBADMSG;
	}
}

static int read_member(struct records *records, const char *name, const json_t *json, struct senml_record *ret)
{
	int r, member = senml_member_by_name(bytes_of(name));
	struct value value;

	if (member < 0 || member == SENML_IGNORED)
		return member;
	r = get_value(json, &value);
	if (r >= 0 && member == SENML_DATA && value.type == VALUE_STRING) {
		value.type = VALUE_OPAQUE;
		r = codec_decode_base64(records, value.bytes, &value.bytes);
	}
	return r < 0 ? r : senml_set(ret, (enum senml_member)member, &value);
}

static int read_record(struct records *records, json_t *json, struct senml_record *ret)
{
	const char *name;
	json_t *value;
	int r;

	if (!json_is_object(json))
		return -EBADMSG;
	json_object_foreach(json, name, value) {
		r = read_member(records, name, value, ret);
		if (r < 0)
			return r;
	}
	return 0;
}

int codec_senml_json_decode(const struct path *base, struct bytes payload, const struct codec_types *types,
			    struct records *ret)
{
	struct senml senml = { .types = types, .records = ret };
	_cleanup_(free_json) json_t *pack = NULL;
	size_t first = ret->count, i;
	json_t *json;
	int r = check_structure(payload);

	if (r < 0)
		return r;
	pack = json_loadb((const char *)payload.data, payload.len, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_array(pack))
		return -EBADMSG;
	json_array_foreach(pack, i, json) {
		struct senml_record record = { 0 };

		r = read_record(ret, json, &record);
		if (r >= 0)
			r = senml_add(&senml, &record);
		if (r < 0)
			return r;
	}
	return records_own(ret, first);
}
