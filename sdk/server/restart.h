/* SPDX-License-Identifier: Apache-2.0 */
/*
 * restart.h - a client that begins DTLS anew from the address of a connection it has forgotten
 *
 * A device that lost its power comes back with a ClientHello, often from the same port as before. libcoap
 * hands it to the connection that is there, where it is dropped (RFC 6347, 4.2.8 wants it answered). So
 * ClientHellos are looked for before libcoap reads them. The connection's client is then asked whether it is
 * still there; if nothing comes from it in time, the connection is closed, and the next try of the new one
 * gets through. One who only forges a sender's address does not end the connection of a client that answers.
 */
#pragma once

#include "base/list.h"
#include "transport.h"

#define RESTART_ENDPOINTS_MAX 8

struct restart {
	int fds[RESTART_ENDPOINTS_MAX]; /* libcoap's sockets, found by their address */
	size_t n_fds;
	struct list links;
};

/* Of a session with a proven identity. */
struct restart_link {
	struct list link;
	coap_session_t *session;
	sd_event_source *timer; /* runs while it has to show that it is alive */
};

void restart_init(struct restart *restart);

/* The endpoint's socket was just made: remembers it. */
void restart_watch(struct restart *restart, const coap_endpoint_t *endpoint);

/* Before libcoap reads: is there a ClientHello for a connection that is there? */
void restart_look(struct restart *restart, sd_event *event);

void restart_add(struct restart *restart, struct restart_link *link, coap_session_t *session);
void restart_remove(struct restart_link *link);

/* Something readable came over the connection. */
void restart_alive(struct restart_link *link);
