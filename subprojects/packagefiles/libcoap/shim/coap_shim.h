/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What io/transport needs from inside libcoap 4.3.5 and its public interface lacks. Compiled into the
 * bundled library, since it reads internal structures; owns nothing and keeps nothing.
 */
#ifndef COAP_SHIM_H
#define COAP_SHIM_H

#include <coap3/coap.h>

/*
 * Called for each new client (D)TLS object (a WOLFSSL *), configured by libcoap but before its first
 * flight: the place for own peer verification, ciphers and a session to resume. NULL: not called.
 */
extern void (*coap_shim_client_setup)(coap_session_t *session, void *wolfssl);

/* Called for each datagram that was sent or received, with what UDP carries of it. NULL: not called. */
extern void (*coap_shim_traffic)(coap_session_t *session, int sent, size_t len);

/* The WOLFSSL object of a (D)TLS session; NULL when the session has none (yet). Valid while it lives. */
void *coap_shim_wolfssl(coap_session_t *session);

/* 1: the CON sent with this message id is queued or waits for its ACK; 0: it was acknowledged or given up. */
int coap_shim_pending(const coap_session_t *session, coap_mid_t mid);

/*
 * Binds the socket of a client session over UDP or DTLS anew: the source address becomes the one that the route to the
 * peer has now, the port stays if it can. 1: it is another, 0: it is the same, -errno: there is no route; the next call may find one.
 */
int coap_shim_rebind(coap_session_t *session);

#endif
