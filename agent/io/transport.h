/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transport.h - CoAP over UDP and DTLS: carries out the engine's effects, hands back what arrives
 *
 * One session per server account, each with a libcoap context of its own. A session that failed is thrown away and
 * EFFECT_CONNECT makes a new one, from the same local port where that can be had and to the next address of the host
 * when the last one did not answer; a handshake that fails goes on with the next one by itself. After the last one the
 * name is looked up anew. Message ids, retransmission, deduplication, separate responses, and the cutting of
 * large bodies into blocks happen here; what a request means does not. Nothing blocks: names are resolved on the side.
 * The handlers are called from within transport_process() only; they may call transport_handle(). Whatever a peer sends
 * costs bounded memory. Why a connection failed is kept for whoever tells people.
 */
#pragma once

#include <sys/socket.h>

#include "base/traffic.h"
#include "lwm2m/engine.h"

struct transport;

struct transport_handlers {
	/*
	 * A request. When its EFFECT_REPLY is carried out before this returns, the response travels in the
	 * acknowledgement; else the request is acknowledged at once and the response follows on its own. Code 0 leaves
	 * it without either. A body in blocks comes block by block, see message.offset. The message is borrowed for the
	 * call.
	 */
	void (*request)(void *userdata, const struct message *request);

	/*
	 * The session of an EFFECT_CONNECT is up (0; 1: and there is another address to try next) or failed, or ended by itself (-errno). Everything in flight on a
	 * session that failed or ended is forgotten, as by EFFECT_CLOSE.
	 */
	void (*connected)(void *userdata, uint16_t session, int error);

	/*
	 * What became of an EFFECT_REQUEST, an EFFECT_NOTIFY that asked for confirmation, or one that was refused: 0
	 * with the response (NULL: the notification was acknowledged), -ETIMEDOUT, -ECONNRESET: RST or no session.
	 */
	void (*response)(void *userdata, uint32_t id, int error, const struct message *response);
};

/* handlers and userdata are borrowed. -ENOMEM, or what epoll_create1() and its like say. */
int transport_new(const struct transport_handlers *handlers, void *userdata, struct transport **ret);
struct transport *transport_free(struct transport *transport);

/*
 * ACK_TIMEOUT and MAX_RETRANSMIT (RFC 7252, 4.8) of sessions made from now on, handshakes included; the defaults are
 * 2000 and 4.
 */
void transport_set_retransmission(struct transport *transport, unsigned int ack_timeout_ms,
				  unsigned int max_retransmit);

/*
 * Counts what goes over the network into traffic, which is borrowed, until the next call; NULL: no longer. Each datagram
 * counts with the headers of UDP and IP, without options, as one packet.
 */
void transport_set_traffic(struct transport *transport, struct traffic *traffic);

/* The same into totals as well, for a second one who counts. */
void transport_set_totals(struct transport *transport, struct traffic *totals);

/* Why the last connection to this server could not be made, or ended; NULL: it did not. server may be NULL. */
const char *transport_failure(const struct transport *transport, const struct server *server);

/* The address of a server there is a session with, the first of several. -ENOTCONN: there is none. */
int transport_get_server(const struct transport *transport, struct sockaddr_storage *ret);

/* One descriptor over everything: call transport_process() when it is readable. */
int transport_get_fd(const struct transport *transport);

/* Takes in what arrived and does what is due. Never blocks. -errno when the descriptors themselves fail. */
int transport_process(struct transport *transport);

/*
 * Carries out CONNECT, CLOSE, REBIND, REQUEST, REPLY or NOTIFY; -EINVAL for other effects. What fails later, or at once because
 * the session is gone, is told through the handlers in the next transport_process().
 */
int transport_handle(struct transport *transport, const struct effect *effect);

/* To be called after effects were carried out outside of a handler: arms the timers for what they sent. */
void transport_flush(struct transport *transport);
