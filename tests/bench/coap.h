/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coap.h - CoAP messages as bytes: the little of RFC 7252, 7641 and 7959 that the bench speaks
 *
 * Written here and not taken from a library, so that the client's library is not measured with itself.
 * Nothing is allocated: a draft is a buffer, a message borrows its payload from the datagram it was parsed
 * from.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COAP_DATAGRAM_MAX 2048
#define COAP_PATH_MAX     128

enum coap_type { COAP_CON, COAP_NON, COAP_ACK, COAP_RST };

#define COAP_CODE(class, detail) ((uint8_t)((class) << 5 | (detail)))

enum {
	COAP_EMPTY = 0,
	COAP_GET = COAP_CODE(0, 1),
	COAP_POST = COAP_CODE(0, 2),
	COAP_PUT = COAP_CODE(0, 3),
	COAP_DELETE = COAP_CODE(0, 4),
	COAP_CREATED = COAP_CODE(2, 1),
	COAP_DELETED = COAP_CODE(2, 2),
	COAP_CHANGED = COAP_CODE(2, 4),
	COAP_CONTENT = COAP_CODE(2, 5),
	COAP_CONTINUE = COAP_CODE(2, 31),
	COAP_BAD_REQUEST = COAP_CODE(4, 0),
	COAP_NOT_FOUND = COAP_CODE(4, 4),
};

enum {
	COAP_OBSERVE = 6,
	COAP_LOCATION_PATH = 8,
	COAP_URI_PATH = 11,
	COAP_CONTENT_FORMAT = 12,
	COAP_ACCEPT = 17,
	COAP_BLOCK2 = 23,
	COAP_BLOCK1 = 27,
};

enum {
	COAP_FORMAT_LINK = 40,
	COAP_FORMAT_OPAQUE = 42,
	COAP_FORMAT_SENML_JSON = 110,
	COAP_FORMAT_SENML_CBOR = 112,
	COAP_FORMAT_TLV = 11542,
};

#define COAP_BLOCK_MORE 8

/* A message being written; whoever writes keeps it below COAP_DATAGRAM_MAX. */
struct coap_draft {
	uint8_t data[COAP_DATAGRAM_MAX];
	size_t len;
	unsigned int last_option;
};

/* A message read; options that are not there are -1. */
struct coap_message {
	uint8_t type, code, token_len;
	uint16_t id;
	uint8_t token[8];
	long observe, block1, block2;
	char path[COAP_PATH_MAX]; /* Uri-Path or Location-Path */
	const uint8_t *payload;
	size_t payload_len;
};

void coap_begin(struct coap_draft *draft, enum coap_type type, uint8_t code, uint16_t id, const void *token,
		size_t token_len);

/* Options are added in ascending order, then the payload. */
void coap_add_option(struct coap_draft *draft, unsigned int number, const void *value, size_t len);
void coap_add_uint(struct coap_draft *draft, unsigned int number, uint32_t value);
void coap_add_path(struct coap_draft *draft, unsigned int number, const char *path);
void coap_add_payload(struct coap_draft *draft, const void *payload, size_t len);

/* The message id of a draft. */
uint16_t coap_id(const struct coap_draft *draft);

bool coap_parse(const uint8_t *data, size_t len, struct coap_message *ret);
