/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The levels nest in one way only: object instances hold resources, multiple resources hold resource instances. So both
 * directions are a loop per level, and a peer cannot choose the depth.
 */
#include <math.h>

#include "base/utf8.h"
#include "lwm2m/codec-internal.h"

/* Bits 7-6 of the first byte: what the identifier names. */
enum tlv_kind {
	TLV_OBJECT_INSTANCE = 0x00,
	TLV_RESOURCE_INSTANCE = 0x40,
	TLV_MULTIPLE_RESOURCE = 0x80,
	TLV_RESOURCE = 0xC0,
};

#define TLV_KIND_MASK 0xC0
#define TLV_LONG_ID   0x20 /* the identifier has 16 bits */
#define TLV_LEN_SHIFT 3    /* how many bytes of length follow; 0: the length is in the low three bits */
#define TLV_LEN_MASK  0x07
#define TLV_LEN_MAX   0xFFFFFF

struct tlv {
	enum tlv_kind kind;
	uint16_t id;
	struct bytes value;
};

static void put_number(uint64_t number, size_t len, uint8_t *ret)
{
	while (len > 0) {
		ret[--len] = (uint8_t)number;
		number >>= 8;
	}
}

static uint64_t get_number(const uint8_t *data, size_t len)
{
	uint64_t number = 0;

	for (size_t i = 0; i < len; i++)
		number = number << 8 | data[i];
	return number;
}

static size_t id_bytes(uint16_t id)
{
	return id > UINT8_MAX ? 2 : 1;
}

/* How many bytes the length takes beside the first byte. */
static size_t len_bytes(size_t value_len)
{
	if (value_len <= TLV_LEN_MASK)
		return 0;
	return value_len <= UINT8_MAX ? 1 : value_len <= UINT16_MAX ? 2 : 3;
}

static size_t head_bytes(uint16_t id, size_t value_len)
{
	return 1 + id_bytes(id) + len_bytes(value_len);
}

static void put_head(enum tlv_kind kind, uint16_t id, size_t value_len, uint8_t *ret)
{
	size_t id_len = id_bytes(id), len_len = len_bytes(value_len);

	ret[0] = (uint8_t)(kind | (id_len == 2 ? TLV_LONG_ID : 0) | len_len << TLV_LEN_SHIFT);
	if (len_len == 0)
		ret[0] |= (uint8_t)value_len;
	put_number(id, id_len, ret + 1);
	put_number(value_len, len_len, ret + 1 + id_len);
}

static size_t put_integer(int64_t integer, uint8_t *ret)
{
	size_t len = integer == (int8_t)integer ? 1 :
		     integer == (int16_t)integer ? 2 :
		     integer == (int32_t)integer ? 4 : 8;

	put_number((uint64_t)integer, len, ret);
	return len;
}

static size_t put_unsigned(uint64_t natural, uint8_t *ret)
{
	size_t len = natural <= UINT8_MAX ? 1 : natural <= UINT16_MAX ? 2 : natural <= UINT32_MAX ? 4 : 8;

	put_number(natural, len, ret);
	return len;
}

static size_t put_float(double number, uint8_t *ret)
{
	float single = (float)number;
	uint32_t bits;
	uint64_t long_bits;

	if (single == number || isnan(number)) {
		memcpy(&bits, &single, sizeof(bits));
		put_number(bits, 4, ret);
		return 4;
	}
	memcpy(&long_bits, &number, sizeof(long_bits));
	put_number(long_bits, 8, ret);
	return 8;
}

/* The value's bytes: where they are already, or made in scratch. */
static int value_bytes(const struct value *value, uint8_t scratch[8], struct bytes *ret)
{
	size_t len;

	switch (value->type) {
	case VALUE_STRING:
	case VALUE_OPAQUE:
	case VALUE_CORELNK:
		*ret = value->bytes;
		return 0;
	case VALUE_INTEGER:
	case VALUE_TIME:
		len = put_integer(value->integer, scratch);
		break;
	case VALUE_UNSIGNED:
		len = put_unsigned(value->natural, scratch);
		break;
	case VALUE_FLOAT:
		len = put_float(value->number, scratch);
		break;
	case VALUE_BOOLEAN:
		scratch[0] = value->boolean;
		len = 1;
		break;
	case VALUE_OBJLNK:
		put_number(value->link.object, 2, scratch);
		put_number(value->link.instance, 2, scratch + 2);
		len = 4;
		break;
	default:
		return -ENOTSUP;
	}
	*ret = BYTES(scratch, len);
	return 0;
}

static int append_value(struct buffer *buffer, enum tlv_kind kind, uint16_t id, const struct value *value)
{
	uint8_t scratch[8], *room;
	struct bytes bytes;
	size_t len;
	int r;

	r = value_bytes(value, scratch, &bytes);
	if (r < 0)
		return r;
	if (bytes.len > TLV_LEN_MAX)
		return -EMSGSIZE;
	len = head_bytes(id, bytes.len);
	r = buffer_reserve(buffer, len + bytes.len, &room);
	if (r < 0)
		return r;
	put_head(kind, id, bytes.len, room);
	if (bytes.len > 0)
		memcpy(room + len, bytes.data, bytes.len);
	buffer->len += len + bytes.len;
	return 0;
}

/* Puts the head of a container before what has been appended since start. */
static int wrap(struct buffer *buffer, size_t start, enum tlv_kind kind, uint16_t id)
{
	size_t content_len = buffer->len - start, len;
	uint8_t *room;
	int r;

	if (content_len > TLV_LEN_MAX)
		return -EMSGSIZE;
	len = head_bytes(id, content_len);
	r = buffer_reserve(buffer, len, &room);
	if (r < 0)
		return r;
	memmove(buffer->data + start + len, buffer->data + start, content_len);
	put_head(kind, id, content_len, buffer->data + start);
	buffer->len += len;
	return 0;
}

/* All values of the multiple resource that record i belongs to; returns the index after them. */
static int append_multiple(struct buffer *buffer, const struct records *records, size_t *i)
{
	const struct path parent = path_prefix(records->items[*i].path, PATH_RESOURCE);
	size_t start = buffer->len;

	for (; *i < records->count; (*i)++) {
		const struct record *record = &records->items[*i];
		int r;

		if (record->path.depth != PATH_RESOURCE_INSTANCE || !path_contains(&parent, &record->path))
			break;
		r = append_value(buffer, TLV_RESOURCE_INSTANCE, record->path.ids[3], &record->value);
		if (r < 0)
			return r;
	}
	return wrap(buffer, start, TLV_MULTIPLE_RESOURCE, parent.ids[2]);
}

/* The resources of the object instance that record i belongs to. */
static int append_resources(struct buffer *buffer, const struct records *records, size_t *i)
{
	const struct path parent = path_prefix(records->items[*i].path, PATH_INSTANCE);
	int r = 0;

	while (r >= 0 && *i < records->count && path_contains(&parent, &records->items[*i].path)) {
		const struct record *record = &records->items[*i];

		if (record->path.depth == PATH_RESOURCE_INSTANCE) {
			r = append_multiple(buffer, records, i);
		} else {
			r = append_value(buffer, TLV_RESOURCE, record->path.ids[2], &record->value);
			(*i)++;
		}
	}
	return r;
}

int codec_tlv_encode(const struct path *base, const struct records *records, struct buffer *ret)
{
	int r = 0;

	if (base->depth == PATH_ROOT)
		return -ENOTSUP;
	/* As Leshan and Anjay have it: what was asked for is at the outermost level. */
	if (base->depth == PATH_RESOURCE_INSTANCE)
		return records->count == 0 ? 0 :
			append_value(ret, TLV_RESOURCE_INSTANCE, base->ids[3], &records->items[0].value);
	for (size_t i = 0; i < records->count && r >= 0;) {
		uint16_t iid = records->items[i].path.ids[1];
		size_t start = ret->len;

		r = append_resources(ret, records, &i);
		/* Without a head: the new instance of a Create whose id the client shall choose. */
		if (r >= 0 && base->depth == PATH_OBJECT && iid != PATH_ID_NONE)
			r = wrap(ret, start, TLV_OBJECT_INSTANCE, iid);
	}
	return r;
}

/* Takes one TLV off the beginning of rest. */
static int read_tlv(struct bytes *rest, struct tlv *ret)
{
	uint8_t type = rest->data[0];
	size_t id_len = type & TLV_LONG_ID ? 2 : 1, len_len = type >> TLV_LEN_SHIFT & 3;
	size_t head = 1 + id_len + len_len, len;

	if (rest->len < head)
		return -EBADMSG;
	len = len_len == 0 ? type & TLV_LEN_MASK : (size_t)get_number(rest->data + 1 + id_len, len_len);
	if (len > rest->len - head)
		return -EBADMSG;
	ret->kind = type & TLV_KIND_MASK;
	ret->id = (uint16_t)get_number(rest->data + 1, id_len);
	ret->value = BYTES(rest->data + head, len);
	*rest = BYTES(rest->data + head + len, rest->len - head - len);
	return ret->id == PATH_ID_NONE ? -EBADMSG : 0;
}

static int get_integer(struct bytes bytes, int64_t *ret)
{
	uint64_t number = get_number(bytes.data, bytes.len);

	switch (bytes.len) {
	case 1:
		*ret = (int8_t)number;
		return 0;
	case 2:
		*ret = (int16_t)number;
		return 0;
	case 4:
		*ret = (int32_t)number;
		return 0;
	case 8:
		*ret = (int64_t)number;
		return 0;
	default:
		return -EINVAL;
	}
}

static int get_unsigned(struct bytes bytes, uint64_t *ret)
{
	if (bytes.len != 1 && bytes.len != 2 && bytes.len != 4 && bytes.len != 8)
		return -EINVAL;
	*ret = get_number(bytes.data, bytes.len);
	return 0;
}

static int get_float(struct bytes bytes, double *ret)
{
	uint64_t long_bits;
	uint32_t bits;
	float single;

	switch (bytes.len) {
	case 4:
		bits = (uint32_t)get_number(bytes.data, 4);
		memcpy(&single, &bits, sizeof(single));
		*ret = single;
		return 0;
	case 8:
		long_bits = get_number(bytes.data, 8);
		memcpy(ret, &long_bits, sizeof(*ret));
		return 0;
	default:
		return -EINVAL;
	}
}

static int get_value(struct bytes bytes, enum value_type type, struct value *ret)
{
	struct value text = { .type = VALUE_STRING, .bytes = bytes };

	ret->type = type;
	switch (type) {
	case VALUE_INTEGER:
	case VALUE_TIME:
		return get_integer(bytes, &ret->integer);
	case VALUE_UNSIGNED:
		return get_unsigned(bytes, &ret->natural);
	case VALUE_FLOAT:
		return get_float(bytes, &ret->number);
	case VALUE_BOOLEAN:
		if (bytes.len != 1 || bytes.data[0] > 1)
			return -EINVAL;
		ret->boolean = bytes.data[0];
		return 0;
	case VALUE_OBJLNK:
		if (bytes.len != 4)
			return -EINVAL;
		*ret = VALUE_OBJLNK((uint16_t)get_number(bytes.data, 2), (uint16_t)get_number(bytes.data + 2, 2));
		return 0;
	case VALUE_STRING:
	case VALUE_CORELNK:
		return value_convert(&text, type, ret);
	default:
		*ret = (struct value){ .type = VALUE_OPAQUE, .bytes = bytes };
		return 0;
	}
}

static int add_value(
	struct records *records, struct path path, struct bytes bytes, const struct codec_types *types)
{
	struct value value;
	int r;

	if (records->count >= CODEC_RECORDS_MAX)
		return -E2BIG;
	r = get_value(bytes, codec_type_of(types, &path), &value);
	return r < 0 ? r : records_add(records, path, value);
}

static int read_resource_instances(struct path resource, struct bytes rest, const struct codec_types *types,
				   struct records *ret)
{
	struct tlv tlv;
	int r = 0;

	while (rest.len > 0 && r >= 0) {
		r = read_tlv(&rest, &tlv);
		if (r < 0)
			return r;
		if (tlv.kind != TLV_RESOURCE_INSTANCE)
			return -EBADMSG;
		r = add_value(ret, path_child(resource, tlv.id), tlv.value, types);
	}
	return r;
}

static int read_resource(struct path instance, const struct tlv *tlv, const struct codec_types *types,
			 struct records *ret)
{
	struct path path = path_child(instance, tlv->id);

	switch (tlv->kind) {
	case TLV_RESOURCE:
		return add_value(ret, path, tlv->value, types);
	case TLV_MULTIPLE_RESOURCE:
		return read_resource_instances(path, tlv->value, types, ret);
	default:
		return -EBADMSG;
	}
}

static int read_resources(struct path instance, struct bytes rest, const struct codec_types *types,
			  struct records *ret)
{
	struct tlv tlv;
	int r = 0;

	while (rest.len > 0 && r >= 0) {
		r = read_tlv(&rest, &tlv);
		if (r >= 0)
			r = read_resource(instance, &tlv, types, ret);
	}
	return r;
}

static int read_instances(struct path object, struct bytes rest, const struct codec_types *types,
			  struct records *ret)
{
	struct tlv tlv;
	int r = 0;

	while (rest.len > 0 && r >= 0) {
		r = read_tlv(&rest, &tlv);
		if (r < 0)
			return r;
		if (tlv.kind != TLV_OBJECT_INSTANCE)
			return -EBADMSG;
		r = read_resources(path_child(object, tlv.id), tlv.value, types, ret);
	}
	return r;
}

/* Some servers send an instance with its own head, or a multiple resource without: the first TLV tells. */
int codec_tlv_decode(const struct path *base, struct bytes payload, const struct codec_types *types,
		     struct records *ret)
{
	struct path parent = *base;
	struct bytes first = payload;
	struct tlv tlv;
	int r;

	if (base->depth == PATH_ROOT)
		return -EBADMSG;
	if (payload.len == 0)
		return 0;
	r = read_tlv(&first, &tlv);
	if (r < 0)
		return r;
	if (tlv.kind == TLV_OBJECT_INSTANCE)
		return read_instances(path_prefix(parent, PATH_OBJECT), payload, types, ret);
	if (tlv.kind == TLV_RESOURCE_INSTANCE)
		return base->depth < PATH_RESOURCE ? -EBADMSG :
			read_resource_instances(path_prefix(parent, PATH_RESOURCE), payload, types, ret);
	if (base->depth == PATH_OBJECT)
		parent = path_child(parent, PATH_ID_NONE);
	return read_resources(path_prefix(parent, PATH_INSTANCE), payload, types, ret);
}
