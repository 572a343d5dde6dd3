/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base64.h - RFC 4648: Base64 and its URL-safe form
 *
 * Both forms decode alike, with or without padding, since peers mix them; white space is an error.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

/* Room for the text of len bytes, and for the bytes of a text of length len. */
#define BASE64_TEXT_MAX(len)  (((len) + 2) / 3 * 4)
#define BASE64_BYTES_MAX(len) (((len) + 3) / 4 * 3)

/* Writes the text, without NUL; returns its length. url: '-' and '_', no padding. */
size_t base64_encode(struct bytes bytes, bool url, char *ret);

/* Writes the bytes and how many they are; ret may be written to on failure. -EINVAL. */
int base64_decode(struct bytes text, uint8_t *ret, size_t *ret_len);
