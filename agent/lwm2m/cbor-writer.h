/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cbor-writer.h - the CBOR form of a value, shared by the formats built on CBOR
 */
#pragma once

#include "base/bytes.h"
#include "lwm2m/value.h"

#define CBOR_HEAD_MAX 9

/*
 * Writes the value's beginning to ret and returns its length: a number, boolean or Objlnk whole, of text and bytes only the
 * head, after which cbor_append_content() adds the rest. Floats take the shortest form that loses nothing. 0: there is
 * no such form (VALUE_NONE).
 */
size_t cbor_put_value(const struct value *value, uint8_t ret[VALUE_TEXT_MAX]);

/* Appends the bytes of a text or opaque value. -ENOMEM, -EMSGSIZE. */
int cbor_append_content(struct buffer *buffer, const struct value *value);
