/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json-writer.h - JSON piece by piece, shared by the formats built on JSON
 *
 * One pass into the buffer, and not through jansson: every read of a server that speaks JSON comes by here.
 * What is short and of known length is put into an array of the caller, which is then appended at once.
 */
#pragma once

#include "base/bytes.h"
#include "lwm2m/value.h"

/* Copies addition to text, which has len bytes already; returns how many it has then. */
static inline size_t json_put(char *text, size_t len, const char *addition, size_t addition_len)
{
	memcpy(text + len, addition, addition_len);
	return len + addition_len;
}

#define JSON_PUT_LITERAL(text, len, literal) json_put(text, len, literal, sizeof(literal) - 1)

/* The same for a number, a boolean or an Objlnk without its quotes; at most VALUE_TEXT_MAX bytes. */
size_t json_put_value(const struct value *value, char *text, size_t len);

/* JSON has no form for what is not a finite number. */
bool json_has_number(const struct value *value);

/* Appends the inside of a string: text with its escapes, each bad byte as U+FFFD. -ENOMEM, -EMSGSIZE. */
int json_append_text(struct buffer *buffer, struct bytes text);

/* The same in Base64. url: its URL-safe form, without padding. -ENOMEM, -EMSGSIZE. */
int json_append_base64(struct buffer *buffer, struct bytes data, bool url);
