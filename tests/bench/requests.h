/* SPDX-License-Identifier: Apache-2.0 */
/*
 * requests.h - many requests to the client, a given number of them in flight
 *
 * Message ids have 16 bits and may be used again after 247 s only (RFC 7252, 4.4). The bench is faster than
 * that: a client that remembers answers for this long may take request 65537 for the first one sent again,
 * and answer from its memory, which is quick, or not what was asked. So what one client is asked in all is in
 * the report, with a warning from there on; the defaults stay below.
 *
 * Without a pause before each request, a client on the same processor mostly finds the next one before it
 * could sleep: the answer wakes the bench, which sends it at once. That is a busy client. With a pause, each
 * request wakes it.
 */
#pragma once

#include <stdint.h>

#include "server.h"

#define REQUESTS_IDS 65536

struct requests {
	uint8_t method;
	/* Adds options and payload of request number so and so. */
	void (*build)(void *userdata, uint32_t number, struct coap_draft *draft);
	/* NULL: the answers do not matter. */
	void (*answered)(void *userdata, uint32_t number, const struct coap_message *response,
			 uint64_t rtt_ns);
	void *userdata;
};

struct outcome {
	double seconds;
	long answered, lost;
	unsigned int retransmissions;
};

/* Sends n of them, at most window at a time; returns when each is answered or given up. */
struct outcome requests_run(struct server *server, const struct requests *requests, long n, int window);
