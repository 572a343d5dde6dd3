/* SPDX-License-Identifier: Apache-2.0 */
#include "lwm2m/cbor-reader.h"
#include "lwm2m/cbor-writer.h"
#include "lwm2m/codec-internal.h"

/* Seconds since 1970. Leshan for one takes a number without this tag for no time. */
#define TAG_TIME 1

int codec_cbor_encode(const struct path *base, const struct records *records, struct buffer *ret)
{
	const struct value *value = &records->items[0].value;
	uint8_t head[CBOR_HEAD_MAX + CBOR_VALUE_MAX];
	size_t tag_len = value->type == VALUE_TIME ? cbor_put_head(CBOR_MAJOR_TAG, TAG_TIME, head) : 0;
	size_t len = cbor_put_value(value, head + tag_len);
	int r;

	if (len == 0)
		return -ENOTSUP;
	r = buffer_append(ret, head, tag_len + len);
	return r < 0 ? r : cbor_append_content(ret, value);
}

int codec_cbor_decode(const struct path *base, struct bytes payload, const struct codec_types *types,
		      struct records *ret)
{
	struct value value;
	int r = cbor_read_value(&payload, ret, &value);

	if (r < 0)
		return r;
	if (payload.len > 0)
		return -EBADMSG;
	return codec_add(ret, base, &value, types);
}
