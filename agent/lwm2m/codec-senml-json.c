/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SenML JSON, and SenML-ETCH JSON (RFC 8790), which is the same with null for a value that is to be deleted.
 */
#include "base/cleanup.h"
#include "lwm2m/codec-internal.h"
#include "lwm2m/json-reader.h"
#include "lwm2m/json-writer.h"
#include "lwm2m/senml.h"

/* The longest beginning of a record: all but a text or opaque value. */
#define RECORD_MAX 192

static size_t put_time(double time, char *text, size_t len)
{
	struct value value = VALUE_FLOAT(time);

	len = JSON_PUT_LITERAL(text, len, "\"t\":");
	len = json_put_value(&value, text, len);
	return JSON_PUT_LITERAL(text, len, ",");
}

/* Up to where the value's own text or bytes begin. */
static size_t put_value(const struct value *value, char *text, size_t len)
{
	switch (value->type) {
	case VALUE_STRING:
	case VALUE_CORELNK:
		return JSON_PUT_LITERAL(text, len, "\"vs\":\"");
	case VALUE_OPAQUE:
		return JSON_PUT_LITERAL(text, len, "\"vd\":\"");
	case VALUE_NONE:
		return JSON_PUT_LITERAL(text, len, "\"v\":null}");
	case VALUE_BOOLEAN:
		len = JSON_PUT_LITERAL(text, len, "\"vb\":");
		break;
	case VALUE_OBJLNK:
		len = JSON_PUT_LITERAL(text, len, "\"vlo\":\"");
		len = json_put_value(value, text, len);
		return JSON_PUT_LITERAL(text, len, "\"}");
	default:
		len = JSON_PUT_LITERAL(text, len, "\"v\":");
		break;
	}
	len = json_put_value(value, text, len);
	return JSON_PUT_LITERAL(text, len, "}");
}

static int append_record(
	struct buffer *buffer, const struct path *base, const struct record *record, bool first)
{
	const struct value *value = &record->value;
	char text[RECORD_MAX];
	size_t len;
	int r;

	if (!json_has_number(value))
		return -ENOTSUP;
	len = first ? JSON_PUT_LITERAL(text, 0, "{\"bn\":\"") : JSON_PUT_LITERAL(text, 0, ",{");
	if (first) {
		len += senml_base_name(base, &record->path, text + len);
		len = JSON_PUT_LITERAL(text, len, "\",");
	}
	if (record->path.depth > base->depth) {
		len = JSON_PUT_LITERAL(text, len, "\"n\":\"");
		len += senml_name(base, &record->path, text + len);
		len = JSON_PUT_LITERAL(text, len, "\",");
	}
	if (record->time != 0)
		len = put_time(record->time, text, len);
	len = put_value(value, text, len);
	r = buffer_append(buffer, text, len);
	if (r < 0 || !value_type_is_bytes(value->type))
		return r;
	r = value->type == VALUE_OPAQUE ? json_append_base64(buffer, value->bytes, true) :
					  json_append_text(buffer, value->bytes);
	return r < 0 ? r : buffer_append(buffer, "\"}", 2);
}

int codec_senml_etch_json_encode(const struct path *base, const struct records *records, struct buffer *ret)
{
	int r = buffer_append_byte(ret, '[');

	for (size_t i = 0; i < records->count && r >= 0; i++)
		r = append_record(ret, base, &records->items[i], i == 0);
	return r < 0 ? r : buffer_append_byte(ret, ']');
}

int codec_senml_json_encode(const struct path *base, const struct records *records, struct buffer *ret)
{
	return senml_has_null(records) ? -ENOTSUP : codec_senml_etch_json_encode(base, records, ret);
}

static int read_member(
	struct records *records, const char *name, const json_t *json, struct senml_record *ret)
{
	int r, member = senml_member_by_name(bytes_of(name));
	struct value value;

	if (member < 0 || member == SENML_IGNORED)
		return member;
	r = json_read_value(json, &value);
	if (r >= 0 && member == SENML_DATA && value.type == VALUE_STRING) {
		value.type = VALUE_OPAQUE;
		r = codec_decode_base64(records, value.bytes, &value.bytes);
	} else if (r >= 0 && member == SENML_STRING) {
		r = json_keep_text(records, &value);
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

static int decode(struct senml *senml, struct bytes payload)
{
	_cleanup_(json_tree_freep) json_t *pack = NULL;
	json_t *json;
	size_t i;
	int r = json_read_tree(payload, CODEC_JSON_MAX, &pack);

	if (r < 0)
		return r;
	if (!json_is_array(pack))
		return -EBADMSG;
	json_array_foreach(pack, i, json) {
		struct senml_record record = { 0 };

		r = read_record(senml->records, json, &record);
		if (r >= 0)
			r = senml_add(senml, &record);
		if (r < 0)
			return r;
	}
	return 0;
}

int codec_senml_json_decode(const struct path *base, struct bytes payload, const struct codec_types *types,
			    struct records *ret)
{
	struct senml senml = { .types = types, .records = ret };

	return decode(&senml, payload);
}

int codec_senml_etch_json_decode(
	const struct path *base, struct bytes payload, const struct codec_types *types, struct records *ret)
{
	struct senml senml = { .types = types, .records = ret, .etch = true };

	return decode(&senml, payload);
}
