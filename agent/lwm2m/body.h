/* SPDX-License-Identifier: Apache-2.0 */
/*
 * body.h - a request body that comes in blocks, put together
 *
 * One body per server is put together at a time: block 0 of another one replaces it, and what is left of the
 * first then misses its beginning. Blocks have to come in order; the last one again (a lost response) is
 * taken as the repeat it is. Memory is bounded by the limit of the buffer and given back when the body is
 * taken or expires. A stream is a body that is not put together: its blocks are handed on one by one, each of
 * them once.
 */
#pragma once

#include "base/usec.h"
#include "lwm2m/message.h"

struct body {
	uint8_t code;
	int32_t format;
	struct buffer path;
	struct buffer data; /* its limit bounds the body; empty for a stream */
	uint64_t received;  /* bytes so far */
	usec_t expires;     /* after the last block; USEC_INFINITY: none is under way */
	usec_t deadline;    /* of body_tick(): each block moves expires, but not the timer that waits for it */
};

void body_init(struct body *body, size_t limit);
void body_deinit(struct body *body);

/*
 * Adds the block of a request. 0: the body is whole, body->data holds it until body_reset(); otherwise the
 * code to answer with: 2.31, 4.08 (blocks missing), 4.13, at once when the request says how large the body will be.
 */
int body_add(struct body *body, usec_t now, const struct message *request);

/*
 * Takes note of a block of a stream. 0: hand it on, and body_reset() when that fails or it was the last one;
 * otherwise the code to answer with: 2.31 (it came before), 4.08 (blocks missing).
 */
int body_follow(struct body *body, usec_t now, const struct message *request);

/* Is a body for this path under way? */
bool body_is_for(const struct body *body, struct bytes path);

/* Forgets a body that goes on no more. */
void body_tick(struct body *body, usec_t now);

/* Forgets the body and gives its memory back. */
void body_reset(struct body *body);
