/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange.h - a request to a client, up to its whole answer
 *
 * Bodies longer than a block go out and come in in blocks (RFC 7959), one after the other; the callback sees
 * whole ones. It is called exactly once, later than exchange_start(), unless the exchange is cancelled. An
 * exchange holds its session. What a client sends as an answer is bounded.
 */
#pragma once

#include "base/list.h"
#include "transport.h"

#define EXCHANGES_MAX     1024
#define EXCHANGE_BODY_MAX (64 * 1024 * 1024)

struct exchange;

struct exchanges {
	struct transport *transport;
	sd_event *event;
	struct list list;
	size_t count;
};

/*
 * error: 0: response is the answer, whatever its code. -ETIMEDOUT: none came. -ECONNRESET: the client
 * answered with a Reset. -ENOTCONN: its connection is closed. -EBADMSG: blocks that do not fit together.
 * -EMSGSIZE: a body past the limit.
 */
typedef void (*exchange_done_t)(void *userdata, int error, const struct packet *response);

void exchanges_init(struct exchanges *exchanges, struct transport *transport, sd_event *event);

/* All of them are cancelled, without a call. */
void exchanges_deinit(struct exchanges *exchanges);

/*
 * Sends request, which is copied; a token is chosen where it has none. -EBUSY: EXCHANGES_MAX are under way.
 * -ENOTCONN: the session is closed. -ENOMEM.
 */
int exchange_start(struct exchanges *exchanges, struct session *session, const struct packet *request,
	uint64_t timeout_us, exchange_done_t done, void *userdata, struct exchange **ret);

/* Goes on with a body whose first block has come with a notification. */
int exchange_start_rest(struct exchanges *exchanges, struct session *session, const struct packet *request,
	const struct packet *first, uint64_t timeout_us, exchange_done_t done, void *userdata,
	struct exchange **ret);

/* Without calling done. NULL is allowed. */
struct exchange *exchange_cancel(struct exchange *exchange);

/* True: it was the answer to one. */
bool exchanges_response(struct exchanges *exchanges, struct session *session, const struct packet *response);
void exchanges_failed(struct exchanges *exchanges, struct session *session, uint16_t mid, int error);
void exchanges_lose_session(struct exchanges *exchanges, struct session *session);
