/* SPDX-License-Identifier: Apache-2.0 */
#include "lwm2m/cbor-reader.h"

#include <cbor.h>

#include "base/cleanup.h"
#include "lwm2m/rfc3339.h"

#define TAG_TIME_TEXT 0
#define TAG_TIME      1

#define SKIP_DEPTH_MAX 8

static void on_number(void *item, enum cbor_item_kind kind, uint64_t number)
{
	*(struct cbor_item *)item = (struct cbor_item){ .kind = kind, .number = number };
}

static void on_uint8(void *item, uint8_t number)
{
	on_number(item, CBOR_ITEM_UNSIGNED, number);
}

static void on_uint16(void *item, uint16_t number)
{
	on_number(item, CBOR_ITEM_UNSIGNED, number);
}

static void on_uint32(void *item, uint32_t number)
{
	on_number(item, CBOR_ITEM_UNSIGNED, number);
}

static void on_uint64(void *item, uint64_t number)
{
	on_number(item, CBOR_ITEM_UNSIGNED, number);
}

static void on_negint8(void *item, uint8_t number)
{
	on_number(item, CBOR_ITEM_NEGATIVE, number);
}

static void on_negint16(void *item, uint16_t number)
{
	on_number(item, CBOR_ITEM_NEGATIVE, number);
}

static void on_negint32(void *item, uint32_t number)
{
	on_number(item, CBOR_ITEM_NEGATIVE, number);
}

static void on_negint64(void *item, uint64_t number)
{
	on_number(item, CBOR_ITEM_NEGATIVE, number);
}

static void on_tag(void *item, uint64_t number)
{
	on_number(item, CBOR_ITEM_TAG, number);
}

static void on_array(void *item, size_t count)
{
	on_number(item, CBOR_ITEM_ARRAY, count);
}

static void on_map(void *item, size_t count)
{
	on_number(item, CBOR_ITEM_MAP, count);
}

static void on_bytes(void *item, cbor_data data, size_t len)
{
	*(struct cbor_item *)item = (struct cbor_item){ .kind = CBOR_ITEM_BYTES, .bytes = BYTES(data, len) };
}

static void on_text(void *item, cbor_data data, size_t len)
{
	*(struct cbor_item *)item = (struct cbor_item){ .kind = CBOR_ITEM_TEXT, .bytes = BYTES(data, len) };
}

static void on_indefinite(void *item, enum cbor_item_kind kind)
{
	*(struct cbor_item *)item = (struct cbor_item){ .kind = kind, .indefinite = true };
}

static void on_bytes_start(void *item)
{
	on_indefinite(item, CBOR_ITEM_BYTES);
}

static void on_text_start(void *item)
{
	on_indefinite(item, CBOR_ITEM_TEXT);
}

static void on_array_start(void *item)
{
	on_indefinite(item, CBOR_ITEM_ARRAY);
}

static void on_map_start(void *item)
{
	on_indefinite(item, CBOR_ITEM_MAP);
}

static void on_float(void *item, float real)
{
	*(struct cbor_item *)item = (struct cbor_item){ .kind = CBOR_ITEM_FLOAT, .real = (double)real };
}

static void on_double(void *item, double real)
{
	*(struct cbor_item *)item = (struct cbor_item){ .kind = CBOR_ITEM_FLOAT, .real = real };
}

static void on_boolean(void *item, bool boolean)
{
	*(struct cbor_item *)item = (struct cbor_item){ .kind = CBOR_ITEM_BOOLEAN, .boolean = boolean };
}

static void on_null(void *item)
{
	on_number(item, CBOR_ITEM_NULL, 0);
}

static void on_break(void *item)
{
	on_number(item, CBOR_ITEM_BREAK, 0);
}

static const struct cbor_callbacks callbacks = {
	.uint8 = on_uint8,
	.uint16 = on_uint16,
	.uint32 = on_uint32,
	.uint64 = on_uint64,
	.negint8 = on_negint8,
	.negint16 = on_negint16,
	.negint32 = on_negint32,
	.negint64 = on_negint64,
	.byte_string_start = on_bytes_start,
	.byte_string = on_bytes,
	.string_start = on_text_start,
	.string = on_text,
	.indef_array_start = on_array_start,
	.array_start = on_array,
	.indef_map_start = on_map_start,
	.map_start = on_map,
	.tag = on_tag,
	.float2 = on_float,
	.float4 = on_float,
	.float8 = on_double,
	.undefined = on_null,
	.null = on_null,
	.boolean = on_boolean,
	.indef_break = on_break,
};

int cbor_read(struct bytes *rest, struct cbor_item *ret)
{
	struct cbor_decoder_result result;

	if (rest->len == 0)
		return -EBADMSG;
	result = cbor_stream_decode(rest->data, rest->len, &callbacks, ret);
	if (result.status != CBOR_DECODER_FINISHED || result.read > rest->len)
		return -EBADMSG;
	*rest = BYTES(rest->data + result.read, rest->len - result.read);
	return 0;
}

/* The total length of the pieces up to the break; each has to be a definite string of the same kind. */
static int measure_pieces(struct bytes rest, enum cbor_item_kind kind, size_t *ret)
{
	struct cbor_item item;
	size_t len = 0;

	for (;;) {
		int r = cbor_read(&rest, &item);

		if (r < 0)
			return r;
		if (item.kind == CBOR_ITEM_BREAK)
			break;
		if (item.kind != kind || item.indefinite)
			return -EBADMSG;
		len += item.bytes.len;
	}
	*ret = len;
	return 0;
}

int cbor_read_string(
	struct bytes *rest, const struct cbor_item *item, struct records *records, struct bytes *ret)
{
	struct cbor_item piece;
	uint8_t *data;
	size_t len;
	int r;

	if (!item->indefinite) {
		*ret = item->bytes;
		return 0;
	}
	r = measure_pieces(*rest, item->kind, &len);
	if (r < 0)
		return r;
	data = records_allocate(records, len);
	if (!data)
		return -ENOMEM;
	for (len = 0; cbor_read(rest, &piece) == 0 && piece.kind != CBOR_ITEM_BREAK; len += piece.bytes.len)
		memcpy(data + len, piece.bytes.data, piece.bytes.len);
	*ret = BYTES(data, len);
	return 0;
}

static int item_value(
	struct bytes *rest, const struct cbor_item *item, struct records *records, struct value *ret)
{
	struct bytes bytes;
	int r;

	switch (item->kind) {
	case CBOR_ITEM_UNSIGNED:
		*ret = item->number <= INT64_MAX ? VALUE_INTEGER((int64_t)item->number) : VALUE_UNSIGNED(item->number);
		return 0;
	case CBOR_ITEM_NEGATIVE:
		if (item->number > INT64_MAX)
			return -ERANGE;
		*ret = VALUE_INTEGER(-1 - (int64_t)item->number);
		return 0;
	case CBOR_ITEM_FLOAT:
		*ret = VALUE_FLOAT(item->real);
		return 0;
	case CBOR_ITEM_BOOLEAN:
		*ret = VALUE_BOOLEAN(item->boolean);
		return 0;
	case CBOR_ITEM_NULL:
		*ret = (struct value){ .type = VALUE_NONE };
		return 0;
	case CBOR_ITEM_BYTES:
	case CBOR_ITEM_TEXT:
		r = cbor_read_string(rest, item, records, &bytes);
		if (r < 0)
			return r;
		*ret = (struct value){ item->kind == CBOR_ITEM_TEXT ? VALUE_STRING : VALUE_OPAQUE, .bytes = bytes };
		return 0;
	default:
		return -EBADMSG;
	}
}

/* The fraction of a second is dropped: the Time type has none. */
static int tagged_time(uint64_t tag, const struct value *value, struct value *ret)
{
	int64_t seconds;
	int r;

	switch (tag) {
	case TAG_TIME_TEXT:
		r = value->type == VALUE_STRING ? rfc3339_parse(value->bytes, &seconds) : -EBADMSG;
		break;
	case TAG_TIME:
		if (value->type == VALUE_FLOAT && value->number >= -0x1p62 && value->number <= 0x1p62) {
			*ret = VALUE_TIME((int64_t)value->number);
			return 0;
		}
		return value_type_is_numeric(value->type) ? value_convert(value, VALUE_TIME, ret) : -EBADMSG;
	default:
		return -EBADMSG;
	}
	if (r < 0)
		return r;
	*ret = VALUE_TIME(seconds);
	return 0;
}

int cbor_read_value(struct bytes *rest, struct records *records, struct value *ret)
{
	struct cbor_item item, inner;
	struct value value;
	int r;

	r = cbor_read(rest, &item);
	if (r < 0)
		return r;
	if (item.kind != CBOR_ITEM_TAG)
		return item_value(rest, &item, records, ret);
	r = cbor_read(rest, &inner);
	if (r >= 0)
		r = item_value(rest, &inner, records, &value);
	return r < 0 ? r : tagged_time(item.number, &value, ret);
}

int cbor_more(struct bytes *rest, struct cbor_item *container)
{
	struct bytes after = *rest;
	struct cbor_item item;

	if (!container->indefinite)
		return container->number > 0 ? (container->number--, 1) : 0;
	if (cbor_read(&after, &item) < 0 || item.kind != CBOR_ITEM_BREAK)
		return 1;
	*rest = after;
	return 0;
}

static bool holds_items(const struct cbor_item *item)
{
	return item->kind == CBOR_ITEM_ARRAY || item->kind == CBOR_ITEM_MAP || item->kind == CBOR_ITEM_TAG ||
	       item->indefinite;
}

/* Makes the count of an item that holds others one of items: a map's pairs are two each, a tag has one. */
static int count_items(struct cbor_item *item)
{
	if (item->kind == CBOR_ITEM_TAG)
		item->number = 1;
	if (item->kind == CBOR_ITEM_MAP && !item->indefinite &&
		__builtin_mul_overflow(item->number, 2, &item->number))
		return -EBADMSG;
	return 0;
}

int cbor_skip(struct bytes *rest)
{
	struct cbor_item open[SKIP_DEPTH_MAX] = { { .kind = CBOR_ITEM_ARRAY, .number = 1 } };
	size_t depth = 1;

	while (depth > 0) {
		struct cbor_item item;
		int r;

		if (!cbor_more(rest, &open[depth - 1])) {
			depth--;
			continue;
		}
		r = cbor_read(rest, &item);
		if (r < 0)
			return r;
		if (item.kind == CBOR_ITEM_BREAK)
			return -EBADMSG;
		if (!holds_items(&item))
			continue;
		if (depth == ELEMENTSOF(open) || count_items(&item) < 0)
			return -EBADMSG;
		open[depth++] = item;
	}
	return 0;
}
