/* SPDX-License-Identifier: Apache-2.0 */
#include "lwm2m/codec-internal.h"

int codec_opaque_encode(const struct path *base, const struct records *records, struct buffer *ret)
{
	const struct value *value = &records->items[0].value;

	if (value->type != VALUE_OPAQUE)
		return -ENOTSUP;
	return buffer_append(ret, value->bytes.data, value->bytes.len);
}

int codec_opaque_decode(const struct path *base, struct bytes payload, const struct codec_types *types,
			struct records *ret)
{
	struct value value = { .type = VALUE_OPAQUE, .bytes = payload };

	return codec_add(ret, base, &value, types);
}
