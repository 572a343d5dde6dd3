/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server.h - the least LwM2M server a client registers with: one UDP socket on the loopback address
 *
 * Takes every Register, Update and De-register, says when the first Register came and from where, and hands
 * responses to who waits for them. One client at a time; errors of the socket end the program.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "coap.h"

struct server {
	int fd;
	uint16_t port;
	bool spin; /* poll instead of sleep while busy */
	bool busy; /* requests are in flight */
	unsigned int pause_us;
	uint16_t next_id;
	unsigned long ids_used; /* of message ids, by the present client */

	/* What the client told. */
	bool registered;
	uint64_t registered_ns;
	struct sockaddr_in client;
	char objects[4096]; /* payload of its Register */
	size_t objects_len;
	unsigned int updates;

	/* Responses go there; NULL: nobody waits. */
	void (*on_response)(void *userdata, const struct coap_message *response);
	void *userdata;
};

/* CLOCK_MONOTONIC in nanoseconds. */
uint64_t server_now(void);

/* port 0: the kernel chooses, server->port tells. */
void server_open(struct server *server, uint16_t port);

/* A new client is about to come. */
void server_expect_client(struct server *server);

void server_send(struct server *server, const struct sockaddr_in *to, const struct coap_draft *draft);

/* Starts a confirmable request to the client, with a message id of its own. */
void server_begin(struct server *server, struct coap_draft *draft, uint8_t method, const void *token,
		  size_t token_len);

/* Waits up to timeout_ms for a datagram, then handles all that are there. */
void server_receive(struct server *server, int timeout_ms);

/* Answers whatever comes for a while. */
void server_settle(struct server *server, int ms);
