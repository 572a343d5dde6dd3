/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SenML CBOR, and SenML-ETCH CBOR (RFC 8790), which is the same with null for a value that is to be deleted.
 */
#include "lwm2m/cbor-reader.h"
#include "lwm2m/cbor-writer.h"
#include "lwm2m/codec-internal.h"
#include "lwm2m/senml.h"

/* The longest beginning of a record: all but the bytes of a text or opaque value. */
#define RECORD_MAX 128

static size_t put_base_name(const struct path *base, const struct path *first, uint8_t *ret)
{
	char name[SENML_NAME_MAX];
	size_t name_len = senml_base_name(base, first, name),
	       len = cbor_put_integer(SENML_LABEL_BASE_NAME, ret);

	len += cbor_put_head(CBOR_MAJOR_TEXT, name_len, ret + len);
	memcpy(ret + len, name, name_len);
	return len + name_len;
}

/* A name has 23 characters at most ("65534/65534/65534/65534"), so that its head is one byte. */
static size_t put_name(const struct path *base, const struct path *path, uint8_t *ret)
{
	size_t len = cbor_put_integer(SENML_LABEL_NAME, ret),
	       name_len = senml_name(base, path, (char *)ret + len + 1);

	return len + cbor_put_head(CBOR_MAJOR_TEXT, name_len, ret + len) + name_len;
}

static size_t put_time(double time, uint8_t *ret)
{
	struct value value = VALUE_FLOAT(time), whole;
	size_t len = cbor_put_integer(SENML_LABEL_TIME, ret);

	return len +
	       cbor_put_value(value_convert(&value, VALUE_INTEGER, &whole) < 0 ? &value : &whole, ret + len);
}

static size_t put_value_label(enum value_type type, uint8_t *ret)
{
	switch (type) {
	case VALUE_STRING:
	case VALUE_CORELNK:
		return cbor_put_integer(SENML_LABEL_STRING, ret);
	case VALUE_BOOLEAN:
		return cbor_put_integer(SENML_LABEL_BOOLEAN, ret);
	case VALUE_OPAQUE:
		return cbor_put_integer(SENML_LABEL_DATA, ret);
	case VALUE_OBJLNK:
		memcpy(ret, "\x63vlo", 4);
		return 4;
	default:
		return cbor_put_integer(SENML_LABEL_VALUE, ret);
	}
}

static int append_record(
	struct buffer *buffer, const struct path *base, const struct record *record, bool first)
{
	bool named = record->path.depth > base->depth, timed = record->time != 0;
	uint8_t head[RECORD_MAX];
	size_t len, value_len;
	int r;

	len = cbor_put_head(CBOR_MAJOR_MAP, 1U + first + named + timed, head);
	if (first)
		len += put_base_name(base, &record->path, head + len);
	if (named)
		len += put_name(base, &record->path, head + len);
	if (timed)
		len += put_time(record->time, head + len);
	len += put_value_label(record->value.type, head + len);
	value_len = record->value.type == VALUE_NONE ? cbor_put_null(head + len) :
						       cbor_put_value(&record->value, head + len);
	r = buffer_append(buffer, head, len + value_len);
	return r < 0 ? r : cbor_append_content(buffer, &record->value);
}

int codec_senml_etch_cbor_encode(const struct path *base, const struct records *records, struct buffer *ret)
{
	uint8_t head[CBOR_HEAD_MAX];
	int r = buffer_append(ret, head, cbor_put_head(CBOR_MAJOR_ARRAY, records->count, head));

	for (size_t i = 0; i < records->count && r >= 0; i++)
		r = append_record(ret, base, &records->items[i], i == 0);
	return r;
}

int codec_senml_cbor_encode(const struct path *base, const struct records *records, struct buffer *ret)
{
	return senml_has_null(records) ? -ENOTSUP : codec_senml_etch_cbor_encode(base, records, ret);
}

/* Members have integer labels; those that RFC 8428 did not know have names. */
static int read_member(struct bytes *rest, struct records *records)
{
	struct cbor_item item;
	struct bytes name;
	int r = cbor_read(rest, &item);

	if (r < 0)
		return r;
	switch (item.kind) {
	case CBOR_ITEM_UNSIGNED:
		return item.number <= INT8_MAX ? senml_member_by_label((int64_t)item.number) : SENML_IGNORED;
	case CBOR_ITEM_NEGATIVE:
		return item.number <= INT8_MAX ? senml_member_by_label(-1 - (int64_t)item.number) :
						 SENML_IGNORED;
	case CBOR_ITEM_TEXT:
		r = cbor_read_string(rest, &item, records, &name);
		return r < 0 ? r : senml_member_by_name(name);
	default:
		return -EBADMSG;
	}
}

static int read_record(struct bytes *rest, struct records *records, struct senml_record *ret)
{
	struct cbor_item map;
	int r = cbor_read(rest, &map);

	if (r < 0 || map.kind != CBOR_ITEM_MAP)
		return -EBADMSG;
	while (cbor_more(rest, &map)) {
		struct value value;
		int member = read_member(rest, records);

		if (member < 0)
			return member;
		if (member == SENML_IGNORED)
			r = cbor_skip(rest);
		else
			r = cbor_read_value(rest, records, &value);
		if (r >= 0)
			r = senml_set(ret, (enum senml_member)member, &value);
		if (r < 0)
			return r;
	}
	return 0;
}

static int decode(struct senml *senml, struct bytes payload)
{
	struct cbor_item array;
	int r = cbor_read(&payload, &array);

	if (r < 0 || array.kind != CBOR_ITEM_ARRAY)
		return -EBADMSG;
	while (cbor_more(&payload, &array)) {
		struct senml_record record = { 0 };

		r = read_record(&payload, senml->records, &record);
		if (r >= 0)
			r = senml_add(senml, &record);
		if (r < 0)
			return r;
	}
	return payload.len == 0 ? 0 : -EBADMSG;
}

int codec_senml_cbor_decode(const struct path *base, struct bytes payload, const struct codec_types *types,
			    struct records *ret)
{
	struct senml senml = { .types = types, .records = ret };

	return decode(&senml, payload);
}

int codec_senml_etch_cbor_decode(
	const struct path *base, struct bytes payload, const struct codec_types *types, struct records *ret)
{
	struct senml senml = { .types = types, .records = ret, .etch = true };

	return decode(&senml, payload);
}
