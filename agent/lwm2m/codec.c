/* SPDX-License-Identifier: Apache-2.0 */
#include "lwm2m/codec.h"

#include <stdlib.h>

#include "base/base64.h"
#include "base/cleanup.h"
#include "lwm2m/codec-internal.h"

/* In the order of their numbers. */
static const struct codec codecs[] = {
	{ CODEC_TEXT, "text", true, false, LWM2M_1_0, LWM2M_1_2, codec_text_encode, codec_text_decode },
	{ CODEC_OPAQUE, "opaque", true, false, LWM2M_1_0, LWM2M_1_2, codec_opaque_encode,
		codec_opaque_decode },
	{ CODEC_CBOR, "cbor", true, false, LWM2M_1_0, LWM2M_1_2, codec_cbor_encode, codec_cbor_decode },
	{ CODEC_SENML_JSON, "senml-json", false, false, LWM2M_1_0, LWM2M_1_2, codec_senml_json_encode,
		codec_senml_json_decode },
	{ CODEC_SENML_CBOR, "senml-cbor", false, false, LWM2M_1_0, LWM2M_1_2, codec_senml_cbor_encode,
		codec_senml_cbor_decode },
	{ CODEC_SENML_ETCH_JSON, "senml-etch-json", false, true, LWM2M_1_2, LWM2M_1_2,
		codec_senml_etch_json_encode, codec_senml_etch_json_decode },
	{ CODEC_SENML_ETCH_CBOR, "senml-etch-cbor", false, true, LWM2M_1_2, LWM2M_1_2,
		codec_senml_etch_cbor_encode, codec_senml_etch_cbor_decode },
	{ CODEC_TLV, "tlv", false, false, LWM2M_1_0, LWM2M_1_2, codec_tlv_encode, codec_tlv_decode },
	{ CODEC_LWM2M_JSON, "lwm2m-json", false, false, LWM2M_1_0, LWM2M_1_0, codec_lwm2m_json_encode,
		codec_lwm2m_json_decode },
	{ CODEC_LWM2M_CBOR, "lwm2m-cbor", false, false, LWM2M_1_2, LWM2M_1_2, codec_lwm2m_cbor_encode,
		codec_lwm2m_cbor_decode },
};

const struct codec *codec_find(int format)
{
	for (size_t i = 0; i < ELEMENTSOF(codecs); i++)
		if (codecs[i].format == format)
			return &codecs[i];
	return NULL;
}

const struct codec *codec_find_name(const char *name)
{
	for (size_t i = 0; i < ELEMENTSOF(codecs); i++)
		if (strcmp(codecs[i].name, name) == 0)
			return &codecs[i];
	return NULL;
}

static bool is_offered(const struct codec *codec, enum lwm2m_version version)
{
	return !codec->etch && version >= codec->since && version <= codec->until;
}

bool codec_is_offered(int format, enum lwm2m_version version)
{
	const struct codec *codec = codec_find(format);

	return codec && is_offered(codec, version);
}

bool codec_has_times(int format)
{
	return format == CODEC_SENML_JSON || format == CODEC_SENML_CBOR || format == CODEC_LWM2M_JSON;
}

int codec_append_offered(enum lwm2m_version version, struct buffer *ret)
{
	const char *blank = "";
	int r = 0;

	for (size_t i = 0; i < ELEMENTSOF(codecs) && r >= 0; i++) {
		if (codecs[i].format <= CODEC_OPAQUE || !is_offered(&codecs[i], version))
			continue;
		r = buffer_printf(ret, "%s%u", blank, codecs[i].format);
		blank = " ";
	}
	return r;
}

static bool encodable(const struct codec *codec, const struct path *base, const struct records *records)
{
	if (codec->single)
		return records->count == 1 && base->depth >= PATH_RESOURCE &&
		       path_equal(base, &records->items[0].path);
	for (size_t i = 0; i < records->count; i++)
		if (records->items[i].path.depth < PATH_RESOURCE ||
			!path_contains(base, &records->items[i].path))
			return false;
	return true;
}

int codec_encode(int format, const struct path *base, const struct records *records, struct buffer *ret)
{
	const struct codec *codec = codec_find(format);
	size_t len = ret->len;
	int r;

	if (!codec || !encodable(codec, base, records))
		return -ENOTSUP;
	r = codec->encode(base, records, ret);
	if (r < 0)
		ret->len = len;
	return r;
}

/* One number that orders paths of resources and resource instances; 65535 is nobody's id. */
static uint64_t path_key(const struct path *path)
{
	uint16_t last = path->depth == PATH_RESOURCE ? PATH_ID_NONE : path->ids[3];

	return (uint64_t)path->ids[0] << 48 | (uint64_t)path->ids[1] << 32 | (uint64_t)path->ids[2] << 16 |
	       last;
}

/* A resource has one value or instances, not both. In the order of their keys it follows its instances. */
static bool is_both(uint64_t before, uint64_t key)
{
	return before >> 16 == key >> 16 && (key & PATH_ID_NONE) == PATH_ID_NONE && before != key;
}

struct key {
	uint64_t path;
	double time;
};

static int compare_keys(const void *a, const void *b)
{
	const struct key *left = a, *right = b;

	if (left->path != right->path)
		return left->path < right->path ? -1 : 1;
	return left->time < right->time ? -1 : left->time > right->time;
}

static int check_unique_unsorted(const struct record *items, size_t count, bool times)
{
	_cleanup_(freep) struct key *keys = reallocarray(NULL, count, sizeof(*keys));

	if (!keys)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		keys[i] = (struct key){ path_key(&items[i].path), times ? items[i].time : 0 };
	qsort(keys, count, sizeof(*keys), compare_keys);
	for (size_t i = 1; i < count; i++)
		if (compare_keys(&keys[i - 1], &keys[i]) == 0 || is_both(keys[i - 1].path, keys[i].path))
			return -EBADMSG;
	return 0;
}

static int check_unique(const struct record *items, size_t count, bool times)
{
	for (size_t i = 1; i < count; i++) {
		uint64_t before = path_key(&items[i - 1].path), key = path_key(&items[i].path);

		if (before >= key)
			return check_unique_unsorted(items, count, times);
		if (is_both(before, key))
			return -EBADMSG;
	}
	return 0;
}

static int check_decoded(const struct path *base, const struct record *items, size_t count, bool times)
{
	for (size_t i = 0; i < count; i++)
		if (items[i].path.depth < PATH_RESOURCE || !path_contains(base, &items[i].path))
			return -EBADMSG;
	return check_unique(items, count, times);
}

int codec_decode(int format, const struct path *base, struct bytes payload, const struct codec_types *types,
		 struct records *ret)
{
	const struct codec *codec = codec_find(format);
	size_t first = ret->count;
	int r;

	if (!codec)
		return -EPROTONOSUPPORT;
	if (codec->single && base->depth < PATH_RESOURCE)
		return -ENOTSUP;
	r = codec->decode(base, payload, types, ret);
	if (r >= 0 && ret->count > first)
		r = check_decoded(base, ret->items + first, ret->count - first, types && types->times);
	if (r < 0)
		ret->count = first;
	return r;
}

int codec_decode_paths(int format, struct bytes payload, size_t max, struct records *ret)
{
	const struct codec_types names = { .names = true };
	const struct path root = PATH0();
	size_t first = ret->count;
	int r;

	if (format != CODEC_SENML_JSON && format != CODEC_SENML_CBOR && format != CODEC_SENML_ETCH_JSON &&
		format != CODEC_SENML_ETCH_CBOR)
		return -EPROTONOSUPPORT;
	r = codec_find(format)->decode(&root, payload, &names, ret);
	if (r >= 0 && ret->count - first > max)
		r = -E2BIG;
	if (r < 0)
		ret->count = first;
	return r;
}

int codec_add(struct records *records, const struct path *path, const struct value *value,
	      const struct codec_types *types)
{
	struct value converted;
	int r;

	if (records->count >= CODEC_RECORDS_MAX)
		return -E2BIG;
	r = value_convert(value, codec_type_of(types, path), &converted);
	return r < 0 ? r : records_add(records, *path, converted);
}

int codec_add_null(struct records *records, const struct path *path)
{
	const struct value null = { .type = VALUE_NONE };

	return codec_add(records, path, &null, NULL);
}

int codec_decode_base64(struct records *records, struct bytes text, struct bytes *ret)
{
	uint8_t *bytes = records_allocate(records, BASE64_BYTES_MAX(text.len));
	size_t len;
	int r;

	if (!bytes)
		return -ENOMEM;
	r = base64_decode(text, bytes, &len);
	if (r < 0)
		return r;
	*ret = BYTES(bytes, len);
	return 0;
}
