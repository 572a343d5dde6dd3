/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transport-internal.h - what the files of the transport share
 */
#pragma once

#include "base/usec.h"
#include "repeats.h"
#include "restart.h"
#include "transport.h"

struct transport {
	coap_context_t *context;
	sd_event_source *source, *defer;
	const struct transport_handlers *handlers;
	void *userdata;
	uint64_t token;
	bool closing; /* nobody is told of sessions any more */
	struct repeats repeats;
	struct restart restart;
	sd_event *event;
	coap_bin_const_t key; /* lent to libcoap for the length of a callback */
};

/* dtls.c: keys, ciphers, and what to say of a connection. */
int dtls_set_up(struct transport *transport);
void dtls_connected(coap_session_t *session);
void dtls_failed(coap_session_t *session);
void dtls_alive(coap_session_t *session); /* something came over it */
void dtls_forget(coap_session_t *session);
