/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packet.h - a CoAP message as plain data, between libcoap's PDUs and everything else here
 *
 * A packet owns nothing: path, query and payload are borrowed, from the PDU it was decoded from or from
 * whoever fills one in to send it. Path and query are text as people write it ("/rd/5a", "lt=60&b=U"). What a
 * packet has no room for makes it bad (packet_decode: -EBADMSG), never cut short.
 */
#pragma once

#include <coap3/coap.h>

#include "base/bytes.h"

#define PACKET_TEXT_MAX  1024 /* of a path and of a query */
#define PACKET_TOKEN_MAX 8

struct packet_block {
	bool present, more;
	uint8_t szx; /* the size is 16 << szx */
	uint32_t num;
};

struct packet_token {
	uint8_t bytes[PACKET_TOKEN_MAX];
	size_t len;
};

struct packet {
	uint8_t code; /* PACKET_CODE(2, 05) */
	struct packet_token token;
	uint16_t mid;      /* of a received one */
	struct bytes path; /* Uri-Path, of a response Location-Path; empty: none */
	struct bytes query;
	int format, accept, observe; /* -1: not there */
	struct bytes etag;
	struct packet_block block1, block2;
	struct bytes payload;
};

/* Where a decoded packet's texts live. */
struct packet_texts {
	char path[PACKET_TEXT_MAX], query[PACKET_TEXT_MAX];
};

#define PACKET_CODE(class, detail) ((uint8_t)((class) << 5 | (detail)))
#define PACKET_GET                 1
#define PACKET_POST                2
#define PACKET_PUT                 3
#define PACKET_DELETE              4

/* An empty packet with this code. */
struct packet packet_of(uint8_t code);

static inline size_t packet_block_size(const struct packet_block *block)
{
	return (size_t)16 << block->szx;
}

static inline bool packet_token_equal(const struct packet_token *a, const struct packet_token *b)
{
	return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

/*
 * Reads a PDU. -EBADMSG: texts or a token too long, an id in the path with a slash, a Content-Format past
 * 65535.
 */
int packet_decode(const coap_pdu_t *pdu, struct packet_texts *texts, struct packet *ret);

/* Adds token (requests), options and payload to a new PDU whose code is set. -ENOSPC: they do not fit. */
int packet_encode(const struct packet *packet, coap_pdu_t *pdu);

/* The code as people say it: "4.04 Not Found". */
const char *packet_code_text(uint8_t code, char ret[40]);
