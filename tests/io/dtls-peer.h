/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dtls-peer.h - a DTLS server on the socket of a peer
 *
 * It speaks one version of DTLS with one client, straight from the TLS library: what libcoap makes of things is not at
 * both ends. Datagrams can be lost on purpose, by their number in each direction.
 */
#pragma once

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include "transport-peer.h"

struct dtls_peer {
	struct peer *peer;
	WOLFSSL_CTX *context;
	WOLFSSL *tls;
	unsigned int arrived, sent;           /* datagrams */
	unsigned int lose_arriving, lose_sent; /* bit n: the n-th, from 0 */
	uint8_t first_bytes[64];              /* of each datagram that arrived */
	usec_t resend_at;                     /* when the server repeats its flight */
	bool accepted, deaf;
};

struct dtls_peer_config {
	bool version_1_3;
	const char *ciphers;   /* NULL: all */
	bool certificate_only; /* authenticates with a certificate of its own making */
	bool connection_id;
};

void dtls_peer_init(struct dtls_peer *server, struct peer *peer, const struct dtls_peer_config *config);
void dtls_peer_deinit(struct dtls_peer *server);

/* Lets both sides work until the transport's count of connection news is at_least. */
void dtls_peer_wait_connected(struct dtls_peer *server, size_t at_least);

/* CoAP through the session; dtls_peer_poll() lets both sides work for some milliseconds, false: nothing came. */
bool dtls_peer_poll(struct dtls_peer *server, struct datagram *ret);
void dtls_peer_send(struct dtls_peer *server, const struct datagram *datagram);
