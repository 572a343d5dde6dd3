/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cbor-writer.h - CBOR (RFC 8949) item by item, shared by the formats built on CBOR
 *
 * Into memory of the caller, and not through libcbor: that takes some ninety instructions for a head of one byte.
 */
#pragma once

#include "base/bytes.h"
#include "lwm2m/value.h"

#define CBOR_HEAD_MAX  9
#define CBOR_VALUE_MAX (1 + VALUE_TEXT_MAX)

/* Bits 7-5 of a head. */
enum cbor_major {
	CBOR_MAJOR_UNSIGNED = 0x00,
	CBOR_MAJOR_NEGATIVE = 0x20,
	CBOR_MAJOR_BYTES = 0x40,
	CBOR_MAJOR_TEXT = 0x60,
	CBOR_MAJOR_ARRAY = 0x80,
	CBOR_MAJOR_MAP = 0xA0,
	CBOR_MAJOR_TAG = 0xC0,
};

#define CBOR_SMALL_MAX 23 /* the largest number that the head has in its one byte */

/* Writes the head of an item in its shortest form and returns its length. */
size_t cbor_put_head(enum cbor_major major, uint64_t number, uint8_t ret[CBOR_HEAD_MAX]);

size_t cbor_put_integer(int64_t integer, uint8_t ret[CBOR_HEAD_MAX]);

/*
 * Writes the value's beginning to ret and returns its length: a number, boolean or Objlnk whole, of text and bytes only the
 * head, after which cbor_append_content() adds the rest. Floats are of single precision where that loses nothing, else
 * double. 0: there is no such form (VALUE_NONE).
 */
size_t cbor_put_value(const struct value *value, uint8_t ret[CBOR_VALUE_MAX]);

size_t cbor_put_null(uint8_t ret[1]);

/* Appends the bytes of a text or opaque value. -ENOMEM, -EMSGSIZE. */
int cbor_append_content(struct buffer *buffer, const struct value *value);
