/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void buffer_deinit(struct buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct buffer){ .limit = buffer->limit };
}

static int buffer_grow(struct buffer *buffer, size_t needed)
{
	size_t allocated = buffer->allocated ? buffer->allocated : 64;
	uint8_t *data;

	while (allocated < needed)
		allocated = allocated > SIZE_MAX / 2 ? needed : allocated * 2;
	data = realloc(buffer->data, allocated);
	if (!data)
		return -ENOMEM;
	buffer->data = data;
	buffer->allocated = allocated;
	return 0;
}

int buffer_reserve(struct buffer *buffer, size_t len, uint8_t **ret)
{
	int r;

	if (len > SIZE_MAX - buffer->len)
		return -EMSGSIZE;
	if (buffer->limit && buffer->len + len > buffer->limit)
		return -EMSGSIZE;
	if (!buffer->data || buffer->len + len > buffer->allocated) {
		r = buffer_grow(buffer, buffer->len + len);
		if (r < 0)
			return r;
	}
	*ret = buffer->data + buffer->len;
	return 0;
}

static bool has_room(const struct buffer *buffer, size_t len)
{
	return len <= buffer->allocated - buffer->len &&
	       (!buffer->limit || buffer->len + len <= buffer->limit);
}

int buffer_append(struct buffer *buffer, const void *data, size_t len)
{
	uint8_t *room;
	int r;

	if (len == 0)
		return 0;
	if (!has_room(buffer, len)) {
		r = buffer_reserve(buffer, len, &room);
		if (r < 0)
			return r;
	}
	memcpy(buffer->data + buffer->len, data, len);
	buffer->len += len;
	return 0;
}

int buffer_append_byte(struct buffer *buffer, uint8_t byte)
{
	return buffer_append(buffer, &byte, 1);
}

int buffer_append_text(struct buffer *buffer, const char *text)
{
	return buffer_append(buffer, text, strlen(text));
}

int buffer_printf(struct buffer *buffer, const char *format, ...)
{
	va_list arguments;
	uint8_t *room;
	int len, r;

	va_start(arguments, format);
	len = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (len < 0)
		return -EINVAL;
	r = buffer_reserve(buffer, (size_t)len, &room);
	/* vsnprintf() ends with a NUL, which is none of the contents and so none of the limit's business. */
	if (r >= 0 && buffer->allocated - buffer->len == (size_t)len)
		r = buffer_grow(buffer, buffer->allocated + 1);
	if (r < 0)
		return r;
	va_start(arguments, format);
	vsnprintf((char *)buffer->data + buffer->len, (size_t)len + 1, format, arguments);
	va_end(arguments);
	buffer->len += (size_t)len;
	return 0;
}
