/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include "base/cleanup.h"

/* First bytes from..to are followed by so many others; the next one is within low..high, the rest within 80..BF. */
static const struct {
	uint8_t from, to, others, low, high;
} sequences[] = {
	{ 0xC2, 0xDF, 1, 0x80, 0xBF }, { 0xE0, 0xE0, 2, 0xA0, 0xBF }, { 0xE1, 0xEC, 2, 0x80, 0xBF },
	{ 0xED, 0xED, 2, 0x80, 0x9F }, { 0xEE, 0xEF, 2, 0x80, 0xBF }, { 0xF0, 0xF0, 3, 0x90, 0xBF },
	{ 0xF1, 0xF3, 3, 0x80, 0xBF }, { 0xF4, 0xF4, 3, 0x80, 0x8F },
};

/* The length of the sequence at data, 0 when it is not valid. */
static size_t sequence_len(const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < ELEMENTSOF(sequences); i++) {
		if (data[0] < sequences[i].from || data[0] > sequences[i].to)
			continue;
		if (len <= sequences[i].others || data[1] < sequences[i].low || data[1] > sequences[i].high)
			return 0;
		for (size_t k = 2; k <= sequences[i].others; k++)
			if ((data[k] & 0xC0) != 0x80)
				return 0;
		return (size_t)sequences[i].others + 1;
	}
	return 0;
}

/* Where the ASCII that begins at at ends: eight bytes at once while there are as many, since most text is no other. */
static size_t skip_ascii(struct bytes text, size_t at)
{
	uint64_t eight;

	for (; text.len - at >= sizeof(eight); at += sizeof(eight)) {
		memcpy(&eight, text.data + at, sizeof(eight));
		if (eight & UINT64_C(0x8080808080808080))
			break;
	}
	while (at < text.len && text.data[at] < 0x80)
		at++;
	return at;
}

size_t utf8_prefix(struct bytes text)
{
	size_t at = skip_ascii(text, 0);

	while (at < text.len) {
		size_t len = sequence_len(text.data + at, text.len - at);

		if (len == 0)
			break;
		at = skip_ascii(text, at + len);
	}
	return at;
}

struct bytes utf8_next(struct bytes *text)
{
	size_t len = utf8_prefix(*text);
	struct bytes piece = BYTES(text->data, len);

	if (len == 0 && text->len > 0) {
		piece = BYTES_LITERAL("\xEF\xBF\xBD");
		len = 1;
	}
	if (len > 0)
		*text = BYTES(text->data + len, text->len - len);
	return piece;
}

size_t utf8_whole_length(struct bytes text)
{
	size_t len = 0;

	while (text.len > 0)
		len += utf8_next(&text).len;
	return len;
}

void utf8_whole(struct bytes text, char *ret)
{
	while (text.len > 0) {
		struct bytes piece = utf8_next(&text);

		memcpy(ret, piece.data, piece.len);
		ret += piece.len;
	}
}
