/* SPDX-License-Identifier: Apache-2.0 */
/*
 * utf8.h - is it UTF-8, and what to send when it is not
 *
 * UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing past U+10FFFF. Text from outside that breaks the
 * rules is passed on with U+FFFD in place of each bad byte.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

/* The length of the longest valid beginning. */
size_t utf8_prefix(struct bytes text);

static inline bool utf8_valid(struct bytes text)
{
	return utf8_prefix(text) == text.len;
}

/* Takes the next piece of text off its beginning: a valid run, or U+FFFD for one bad byte. Empty: none is left. */
struct bytes utf8_next(struct bytes *text);

/* All pieces of text: how long they are together; and written to ret, without NUL. */
size_t utf8_whole_length(struct bytes text);
void utf8_whole(struct bytes text, char *ret);
