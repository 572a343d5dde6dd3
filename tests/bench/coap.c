/* SPDX-License-Identifier: Apache-2.0 */
#include "coap.h"

#include <string.h>

#define HEADER_SIZE    4
#define PAYLOAD_MARKER 0xff

void coap_begin(struct coap_draft *draft, enum coap_type type, uint8_t code, uint16_t id, const void *token,
		size_t token_len)
{
	draft->data[0] = (uint8_t)(0x40 | type << 4 | token_len);
	draft->data[1] = code;
	draft->data[2] = (uint8_t)(id >> 8);
	draft->data[3] = (uint8_t)id;
	if (token_len > 0)
		memcpy(draft->data + HEADER_SIZE, token, token_len);
	draft->len = HEADER_SIZE + token_len;
	draft->last_option = 0;
}

static void append(struct coap_draft *draft, const void *data, size_t len)
{
	memcpy(draft->data + draft->len, data, len);
	draft->len += len;
}

/* A delta or a length: four bits in the option's first byte, the rest of a large one behind it. */
static unsigned int append_nibble(struct coap_draft *draft, size_t number)
{
	if (number < 13)
		return (unsigned int)number;
	if (number < 269) {
		draft->data[draft->len++] = (uint8_t)(number - 13);
		return 13;
	}
	draft->data[draft->len++] = (uint8_t)((number - 269) >> 8);
	draft->data[draft->len++] = (uint8_t)(number - 269);
	return 14;
}

void coap_add_option(struct coap_draft *draft, unsigned int number, const void *value, size_t len)
{
	uint8_t *first = &draft->data[draft->len++];
	unsigned int delta = append_nibble(draft, number - draft->last_option);

	*first = (uint8_t)(delta << 4 | append_nibble(draft, len));
	append(draft, value, len);
	draft->last_option = number;
}

void coap_add_uint(struct coap_draft *draft, unsigned int number, uint32_t value)
{
	const uint8_t bytes[] = { (uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
		(uint8_t)value };
	size_t skip = 0;

	while (skip < sizeof(bytes) && bytes[skip] == 0)
		skip++;
	coap_add_option(draft, number, bytes + skip, sizeof(bytes) - skip);
}

void coap_add_path(struct coap_draft *draft, unsigned int number, const char *path)
{
	while (*path == '/') {
		const char *segment = path + 1;
		size_t len = strcspn(segment, "/");

		if (len > 0)
			coap_add_option(draft, number, segment, len);
		path = segment + len;
	}
}

void coap_add_payload(struct coap_draft *draft, const void *payload, size_t len)
{
	if (len == 0)
		return;
	draft->data[draft->len++] = PAYLOAD_MARKER;
	append(draft, payload, len);
}

uint16_t coap_id(const struct coap_draft *draft)
{
	return (uint16_t)(draft->data[2] << 8 | draft->data[3]);
}

struct cursor {
	const uint8_t *data, *end;
};

static bool read_nibble(struct cursor *cursor, unsigned int nibble, unsigned int *ret)
{
	size_t left = (size_t)(cursor->end - cursor->data);

	if (nibble == 15 || (nibble == 14 && left < 2) || (nibble == 13 && left < 1))
		return false;
	*ret = nibble;
	if (nibble >= 13)
		*ret = 13u + *cursor->data++;
	if (nibble == 14) /* two bytes, from 269 on */
		*ret = 269u + ((*ret - 13u) << 8) + *cursor->data++;
	return true;
}

static long to_uint(const uint8_t *value, size_t len)
{
	uint32_t number = 0;

	for (size_t i = 0; i < len && i < sizeof(number); i++)
		number = number << 8 | value[i];
	return (long)number;
}

/* What does not fit is left out: the paths that matter here are short. */
static void append_segment(struct coap_message *message, const uint8_t *segment, size_t len)
{
	size_t used = strlen(message->path);

	if (used + len + 2 > sizeof(message->path))
		return;
	message->path[used] = '/';
	memcpy(message->path + used + 1, segment, len);
	message->path[used + 1 + len] = '\0';
}

static void take_option(struct coap_message *message, unsigned int number, const uint8_t *value, size_t len)
{
	switch (number) {
	case COAP_OBSERVE:
		message->observe = to_uint(value, len);
		break;
	case COAP_BLOCK1:
		message->block1 = to_uint(value, len);
		break;
	case COAP_BLOCK2:
		message->block2 = to_uint(value, len);
		break;
	case COAP_URI_PATH:
	case COAP_LOCATION_PATH:
		append_segment(message, value, len);
		break;
	default:
		break;
	}
}

static bool parse_options(struct coap_message *message, struct cursor *cursor)
{
	unsigned int number = 0, delta, len;

	while (cursor->data < cursor->end && *cursor->data != PAYLOAD_MARKER) {
		uint8_t first = *cursor->data++;

		if (!read_nibble(cursor, first >> 4, &delta) || !read_nibble(cursor, first & 15, &len) ||
		    len > (size_t)(cursor->end - cursor->data))
			return false;
		number += delta;
		take_option(message, number, cursor->data, len);
		cursor->data += len;
	}
	return true;
}

bool coap_parse(const uint8_t *data, size_t len, struct coap_message *ret)
{
	struct coap_message message = { .observe = -1, .block1 = -1, .block2 = -1 };
	struct cursor cursor;

	if (len < HEADER_SIZE || data[0] >> 6 != 1)
		return false;
	message.type = data[0] >> 4 & 3;
	message.code = data[1];
	message.id = (uint16_t)(data[2] << 8 | data[3]);
	message.token_len = data[0] & 15;
	if (message.token_len > sizeof(message.token) || len < HEADER_SIZE + (size_t)message.token_len)
		return false;
	memcpy(message.token, data + HEADER_SIZE, message.token_len);
	cursor = (struct cursor){ data + HEADER_SIZE + message.token_len, data + len };
	if (!parse_options(&message, &cursor))
		return false;
	if (cursor.data < cursor.end) {
		message.payload = cursor.data + 1;
		message.payload_len = (size_t)(cursor.end - message.payload);
		if (message.payload_len == 0)
			return false;
	}
	*ret = message;
	return true;
}
