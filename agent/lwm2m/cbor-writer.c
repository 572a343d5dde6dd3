/* SPDX-License-Identifier: Apache-2.0 */
#include "lwm2m/cbor-writer.h"

#include <math.h>

#include "base/utf8.h"

/* First bytes: one of the major types with how many bytes of number follow, or a whole item. */
#define FOLLOWED_BY_1  24
#define FALSE          0xF4
#define TRUE           0xF5
#define NULL_VALUE     0xF6
#define SINGLE         0xFA
#define DOUBLE         0xFB

static size_t put_number(uint8_t first, uint64_t number, size_t len, uint8_t *ret)
{
	ret[0] = first;
	for (size_t i = len; i > 0; number >>= 8)
		ret[i--] = (uint8_t)number;
	return 1 + len;
}

size_t cbor_put_head(enum cbor_major major, uint64_t number, uint8_t ret[CBOR_HEAD_MAX])
{
	if (number <= CBOR_SMALL_MAX)
		return put_number((uint8_t)(major | number), 0, 0, ret);
	if (number <= UINT8_MAX)
		return put_number(major | FOLLOWED_BY_1, number, 1, ret);
	if (number <= UINT16_MAX)
		return put_number(major | (FOLLOWED_BY_1 + 1), number, 2, ret);
	if (number <= UINT32_MAX)
		return put_number(major | (FOLLOWED_BY_1 + 2), number, 4, ret);
	return put_number(major | (FOLLOWED_BY_1 + 3), number, 8, ret);
}

size_t cbor_put_integer(int64_t integer, uint8_t ret[CBOR_HEAD_MAX])
{
	if (integer >= 0)
		return cbor_put_head(CBOR_MAJOR_UNSIGNED, (uint64_t)integer, ret);
	return cbor_put_head(CBOR_MAJOR_NEGATIVE, (uint64_t)(-1 - integer), ret);
}

static size_t put_float(double number, uint8_t *ret)
{
	float single = (float)number;
	uint64_t long_bits;
	uint32_t bits;

	if (isnan(number))
		return put_number(SINGLE, 0x7FC00000, 4, ret);
	if (single == number) {
		memcpy(&bits, &single, sizeof(bits));
		return put_number(SINGLE, bits, 4, ret);
	}
	memcpy(&long_bits, &number, sizeof(long_bits));
	return put_number(DOUBLE, long_bits, 8, ret);
}

static size_t put_link(const struct value *value, uint8_t *ret)
{
	size_t len = value_format(value, (char *)ret + 1); /* at most 11 characters */

	return cbor_put_head(CBOR_MAJOR_TEXT, len, ret) + len;
}

size_t cbor_put_value(const struct value *value, uint8_t ret[CBOR_VALUE_MAX])
{
	switch (value->type) {
	case VALUE_INTEGER:
	case VALUE_TIME:
		return cbor_put_integer(value->integer, ret);
	case VALUE_UNSIGNED:
		return cbor_put_head(CBOR_MAJOR_UNSIGNED, value->natural, ret);
	case VALUE_FLOAT:
		return put_float(value->number, ret);
	case VALUE_BOOLEAN:
		return put_number(value->boolean ? TRUE : FALSE, 0, 0, ret);
	case VALUE_STRING:
	case VALUE_CORELNK:
		return cbor_put_head(CBOR_MAJOR_TEXT, utf8_whole_length(value->bytes), ret);
	case VALUE_OPAQUE:
		return cbor_put_head(CBOR_MAJOR_BYTES, value->bytes.len, ret);
	case VALUE_OBJLNK:
		return put_link(value, ret);
	default:
		return 0;
	}
}

size_t cbor_put_null(uint8_t ret[1])
{
	return put_number(NULL_VALUE, 0, 0, ret);
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
