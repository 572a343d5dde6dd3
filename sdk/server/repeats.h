/* SPDX-License-Identifier: Apache-2.0 */
/*
 * repeats.h - the last requests and what they were answered, for when an answer gets lost
 *
 * A ring of bounded length: an entry goes when its EXCHANGE_LIFETIME is over, or when others need the place.
 * Answers here are a code and a location. Sessions are told apart by address only and are never looked into.
 */
#pragma once

#include "base/usec.h"
#include "packet.h"

#define REPEATS_MAX          256
#define REPEATS_LOCATION_MAX 32

struct repeat {
	const void *session; /* NULL: the entry is free */
	uint16_t mid;
	struct packet_token token;
	usec_t expires;
	uint8_t code;
	struct packet_block block1;
	size_t location_len;
	char location[REPEATS_LOCATION_MAX];
};

struct repeats {
	struct repeat entries[REPEATS_MAX];
	size_t next;
};

/* True: the request was answered before; answer is what with, its path borrowed from the ring. */
bool repeats_find(struct repeats *repeats, usec_t now, const void *session, const struct packet *request,
	struct packet *answer);

/* Answers with a payload or a long location are not kept. */
void repeats_add(struct repeats *repeats, usec_t now, const void *session, const struct packet *request,
	const struct packet *answer);

/* The session is no more; another one may get its address. */
void repeats_forget(struct repeats *repeats, const void *session);
