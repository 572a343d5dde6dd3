/* SPDX-License-Identifier: Apache-2.0 */
/*
 * observe.h - observations: GETs that are answered again and again (RFC 7641)
 *
 * An observation lasts as long as its client's registration and moves with it from session to session;
 * notifications are known by session and token. They are told when their body is whole, in the order of the
 * Observe numbers; older ones that come late are dropped. One that ends is told so once and then is its
 * owner's to free: observe_cancel() frees it, and asks the client to stop where it still may send. That may
 * be called from the callback.
 */
#pragma once

#include "exchange.h"

#define OBSERVATIONS_MAX 4096

struct observation;

struct observations {
	struct exchanges *exchanges;
	struct list list;
	size_t count;
};

/* error as that of exchange_done_t; -ESTALE: ended. response is the first answer or a notification. */
typedef void (*observe_changed_t)(void *userdata, int error, const struct packet *response);

void observations_init(struct observations *observations, struct exchanges *exchanges);

/*
 * Sends a GET with Observe; request (path, accept) is copied. client is compared only. Errors of
 * exchange_start().
 */
int observe_start(struct observations *observations, const void *client, struct session *session,
	const struct packet *request, uint64_t timeout_us, observe_changed_t changed, void *userdata,
	struct observation **ret);
struct observation *observe_cancel(struct observation *observation);

/* True: a notification of one. */
bool observations_response(
	struct observations *observations, struct session *session, const struct packet *response);

/* The client is at another session now, or at none for the time being. */
void observations_move(struct observations *observations, const void *client, struct session *session);

/* The client's registration ends, and with it what it was asked to tell. */
void observations_end(struct observations *observations, const void *client);
