/* SPDX-License-Identifier: Apache-2.0 */
#include "lwm2m/json-writer.h"

#include <math.h>

#include "base/base64.h"
#include "base/utf8.h"

size_t json_put_value(const struct value *value, char *text, size_t len)
{
	if (value->type == VALUE_BOOLEAN)
		return value->boolean ? JSON_PUT_LITERAL(text, len, "true") :
					JSON_PUT_LITERAL(text, len, "false");
	return len + value_format(value, text + len);
}

bool json_has_number(const struct value *value)
{
	return value->type != VALUE_FLOAT || isfinite(value->number);
}

static int append_escape(struct buffer *buffer, uint8_t c)
{
	static const char digits[] = "0123456789abcdef";
	char text[6] = { '\\', 'u', '0', '0', digits[c >> 4], digits[c & 15] };

	if (c >= 0x20) {
		text[1] = (char)c;
		return buffer_append(buffer, text, 2);
	}
	return buffer_append(buffer, text, sizeof(text));
}

static const bool escaped[UINT8_MAX + 1] = { [0 ... 0x1F] = true, ['"'] = true, ['\\'] = true };

/* Text that is UTF-8. */
static int append_escaped(struct buffer *buffer, struct bytes text)
{
	size_t start = 0, end;
	int r;

	for (;; start = end + 1) {
		for (end = start; end < text.len && !escaped[text.data[end]];)
			end++;
		r = buffer_append(buffer, text.data + start, end - start);
		if (r < 0 || end == text.len)
			return r;
		r = append_escape(buffer, text.data[end]);
		if (r < 0)
			return r;
	}
}

int json_append_text(struct buffer *buffer, struct bytes text)
{
	int r = 0;

	for (struct bytes piece = utf8_next(&text); piece.len > 0 && r >= 0; piece = utf8_next(&text))
		r = append_escaped(buffer, piece);
	return r;
}

int json_append_base64(struct buffer *buffer, struct bytes data, bool url)
{
	uint8_t *room;
	int r = buffer_reserve(buffer, BASE64_TEXT_MAX(data.len), &room);

	if (r < 0)
		return r;
	buffer->len += base64_encode(data, url, (char *)room);
	return 0;
}
