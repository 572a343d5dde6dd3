/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transport.h - libcoap: endpoints, sessions, messages in and out
 *
 * A session is one client's address (CoAP) or DTLS connection; libcoap owns it. Whoever means to send to it
 * later takes a hold, which keeps it until given back; lost() tells that it is of no use any more, and is
 * where holds have to be given back. A request that comes twice (same session and message id) is answered
 * again from memory, its handler runs once.
 */
#pragma once

#include <systemd/sd-event.h>

#include "base/cleanup.h"
#include "packet.h"

#define TRANSPORT_ADDRESS_MAX 80

struct transport;
struct session; /* libcoap's coap_session_t */

struct transport_handlers {
	/* A request; response is a packet of code 5.00 to fill in. Its path may be written to text. */
	void (*request)(void *userdata, struct session *session, const struct packet *request,
		struct packet *response, char text[PACKET_TEXT_MAX]);
	/* A response, or a notification. False: nobody knows the token, the sender gets a Reset. */
	bool (*response)(void *userdata, struct session *session, const struct packet *response);
	/* No answer to the message with this id: -ETIMEDOUT, -ECONNRESET (Reset), -ENOTCONN. */
	void (*failed)(void *userdata, struct session *session, uint16_t mid, int error);
	/* The session is closed: by its client, or for good reasons. */
	void (*lost)(void *userdata, struct session *session);
	/* The key of a PSK identity, borrowed until the next call; false: unknown. */
	bool (*key)(void *userdata, struct bytes identity, struct bytes *ret);
};

int transport_new(
	sd_event *event, const struct transport_handlers *handlers, void *userdata, struct transport **ret);
struct transport *transport_free(struct transport *transport);
DEFINE_CLEANUP(struct transport *, transport_free)

/*
 * Listens at "[HOST]:PORT" (HOST: an address or a name, none is every address). Says where, in a log line.
 * -errno.
 */
int transport_listen(struct transport *transport, const char *where, bool secure);

/*
 * Sends a request, as a CON; the message id comes back. -ENOTCONN: the session is closed. -ENOSPC, -ENOMEM.
 */
int transport_send(struct transport *transport, struct session *session, const struct packet *request,
	uint16_t *ret_mid);

/* A token that no other request of ours has. */
struct packet_token transport_token(struct transport *transport);

struct session *transport_hold(struct session *session);
void transport_release(struct session *session);

/* "192.0.2.1:56830", "[2001:db8::1]:56830" */
const char *transport_address(const struct session *session, char ret[TRANSPORT_ADDRESS_MAX]);

bool transport_is_secure(const struct session *session);

/* The PSK identity the session has proved to have the key of; empty: none. Lives as long as the session. */
struct bytes transport_identity(const struct session *session);

/* "DTLSv1.2, PSK-AES128-CCM-8, Connection ID"; empty for a session without DTLS. */
const char *transport_security(const struct session *session, char ret[TRANSPORT_ADDRESS_MAX]);
