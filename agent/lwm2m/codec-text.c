/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/base64.h"
#include "lwm2m/codec-internal.h"

static int append_base64(struct buffer *buffer, struct bytes bytes)
{
	uint8_t *room;
	int r = buffer_reserve(buffer, BASE64_TEXT_MAX(bytes.len), &room);

	if (r < 0)
		return r;
	buffer->len += base64_encode(bytes, false, (char *)room);
	return 0;
}

int codec_text_encode(const struct path *base, const struct records *records, struct buffer *ret)
{
	const struct value *value = &records->items[0].value;
	char text[VALUE_TEXT_MAX];

	switch (value->type) {
	case VALUE_NONE:
		return -ENOTSUP;
	case VALUE_STRING:
	case VALUE_CORELNK:
		return buffer_append(ret, value->bytes.data, value->bytes.len);
	case VALUE_OPAQUE:
		return append_base64(ret, value->bytes);
	case VALUE_FLOAT:
		if (!isfinite(value->number))
			return -ENOTSUP;
		/* fallthrough */
	default:
		return buffer_append(ret, text, value_format(value, text));
	}
}

int codec_text_decode(const struct path *base, struct bytes payload, const struct codec_types *types,
		      struct records *ret)
{
	enum value_type type = codec_type_of(types, base);
	struct value value = { .type = type };
	int r;

	if (ret->count >= CODEC_RECORDS_MAX)
		return -E2BIG;
	if (type == VALUE_OPAQUE)
		r = codec_decode_base64(ret, payload, &value.bytes);
	else
		r = value_parse(payload, type, &value);
	return r < 0 ? r : records_add(ret, *base, value);
}
