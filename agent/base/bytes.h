/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bytes.h - a borrowed run of bytes, and a buffer that owns one and grows
 *
 * struct bytes never owns what it points at. struct buffer does: buffer_deinit() or _cleanup_(buffer_deinit) frees it,
 * buffer_clear() empties it and keeps the allocation for the next use. A buffer with a limit refuses to grow past it
 * (-EMSGSIZE); after a failure its contents are unchanged.
 */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
	const uint8_t *data;
	size_t len;
};

#define BYTES(pointer, length) ((struct bytes){ (const uint8_t *)(pointer), (length) })
#define BYTES_LITERAL(text)    BYTES(text, sizeof(text) - 1)

static inline struct bytes bytes_of(const char *text)
{
	return BYTES(text, strlen(text));
}

static inline bool bytes_equal(struct bytes a, struct bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

struct buffer {
	uint8_t *data;
	size_t len, allocated;
	size_t limit; /* largest len; 0: none */
};

void buffer_deinit(struct buffer *buffer);

static inline void buffer_clear(struct buffer *buffer)
{
	buffer->len = 0;
}

static inline struct bytes buffer_bytes(const struct buffer *buffer)
{
	return BYTES(buffer->data, buffer->len);
}

/* Makes room for len more bytes and returns where they go through ret; buffer->len is unchanged. -ENOMEM, -EMSGSIZE. */
int buffer_reserve(struct buffer *buffer, size_t len, uint8_t **ret);

int buffer_append(struct buffer *buffer, const void *data, size_t len);
int buffer_append_byte(struct buffer *buffer, uint8_t byte);
int buffer_append_text(struct buffer *buffer, const char *text);
int buffer_printf(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
