/* SPDX-License-Identifier: Apache-2.0 */
#include "lwm2m/cbor-writer.h"

#include <cbor.h>
#include <math.h>

#include "base/utf8.h"

static size_t put_integer(int64_t integer, uint8_t *ret)
{
	if (integer >= 0)
		return cbor_encode_uint((uint64_t)integer, ret, CBOR_HEAD_MAX);
	return cbor_encode_negint((uint64_t)(-1 - integer), ret, CBOR_HEAD_MAX);
}

static size_t put_float(double number, uint8_t *ret)
{
	float single = (float)number;

	if (single == number || isnan(number))
		return cbor_encode_single(single, ret, CBOR_HEAD_MAX);
	return cbor_encode_double(number, ret, CBOR_HEAD_MAX);
}

/* The length of text once each bad byte is U+FFFD. */
static size_t text_len(struct bytes text)
{
	size_t len = 0;

	if (utf8_valid(text))
		return text.len;
	for (struct bytes piece = utf8_next(&text); piece.len > 0; piece = utf8_next(&text))
		len += piece.len;
	return len;
}

static size_t put_link(const struct value *value, uint8_t *ret)
{
	char text[VALUE_TEXT_MAX];
	size_t len = value_format(value, text), head = cbor_encode_string_start(len, ret, CBOR_HEAD_MAX);

	memcpy(ret + head, text, len);
	return head + len;
}

size_t cbor_put_value(const struct value *value, uint8_t ret[VALUE_TEXT_MAX])
{
	switch (value->type) {
	case VALUE_INTEGER:
	case VALUE_TIME:
		return put_integer(value->integer, ret);
	case VALUE_UNSIGNED:
		return cbor_encode_uint(value->natural, ret, CBOR_HEAD_MAX);
	case VALUE_FLOAT:
		return put_float(value->number, ret);
	case VALUE_BOOLEAN:
		return cbor_encode_bool(value->boolean, ret, CBOR_HEAD_MAX);
	case VALUE_STRING:
	case VALUE_CORELNK:
		return cbor_encode_string_start(text_len(value->bytes), ret, CBOR_HEAD_MAX);
	case VALUE_OPAQUE:
		return cbor_encode_bytestring_start(value->bytes.len, ret, CBOR_HEAD_MAX);
	case VALUE_OBJLNK:
		return put_link(value, ret);
	default:
		return 0;
	}
}

int cbor_append_content(struct buffer *buffer, const struct value *value)
{
	struct bytes text = value->bytes;
	int r = 0;

	if (!value_type_is_bytes(value->type))
		return 0;
	if (value->type == VALUE_OPAQUE)
		return buffer_append(buffer, text.data, text.len);
	for (struct bytes piece = utf8_next(&text); piece.len > 0 && r >= 0; piece = utf8_next(&text))
		r = buffer_append(buffer, piece.data, piece.len);
	return r;
}
