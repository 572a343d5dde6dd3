/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message.h - CoAP messages as the engine sees them, and the effects it leaves
 *
 * A message is a request or response off the wire with its options resolved; all it points at is borrowed for
 * the call. An effect is something the engine wants done. Effects wait in a queue, first in, first out, but that
 * EFFECT_PERSIST goes before all others: what is told, also by an answer, is kept by then. effects_next() lends the
 * oldest until the next call that touches the queue. The queue owns the text and payload of its effects and re-uses
 * their memory, so that a steady flow of replies allocates nothing.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/usec.h"

#define COAP_CODE(class, detail) ((uint8_t)((class) << 5 | (detail)))

enum coap_code { /* RFC 7252 12.1, RFC 7959, RFC 8132 */
	COAP_GET = COAP_CODE(0, 1),
	COAP_POST = COAP_CODE(0, 2),
	COAP_PUT = COAP_CODE(0, 3),
	COAP_DELETE = COAP_CODE(0, 4),
	COAP_FETCH = COAP_CODE(0, 5),
	COAP_PATCH = COAP_CODE(0, 6),
	COAP_IPATCH = COAP_CODE(0, 7),
	COAP_CREATED = COAP_CODE(2, 1),
	COAP_DELETED = COAP_CODE(2, 2),
	COAP_CHANGED = COAP_CODE(2, 4),
	COAP_CONTENT = COAP_CODE(2, 5),
	COAP_CONTINUE = COAP_CODE(2, 31),
	COAP_BAD_REQUEST = COAP_CODE(4, 0),
	COAP_UNAUTHORIZED = COAP_CODE(4, 1),
	COAP_BAD_OPTION = COAP_CODE(4, 2),
	COAP_FORBIDDEN = COAP_CODE(4, 3),
	COAP_NOT_FOUND = COAP_CODE(4, 4),
	COAP_METHOD_NOT_ALLOWED = COAP_CODE(4, 5),
	COAP_NOT_ACCEPTABLE = COAP_CODE(4, 6),
	COAP_INCOMPLETE = COAP_CODE(4, 8),
	COAP_CONFLICT = COAP_CODE(4, 9),
	COAP_PRECONDITION_FAILED = COAP_CODE(4, 12),
	COAP_TOO_LARGE = COAP_CODE(4, 13),
	COAP_UNSUPPORTED_FORMAT = COAP_CODE(4, 15),
	COAP_INTERNAL_ERROR = COAP_CODE(5, 0),
	COAP_NOT_IMPLEMENTED = COAP_CODE(5, 1),
	COAP_UNAVAILABLE = COAP_CODE(5, 3),
};

#define COAP_TOKEN_MAX 8

struct message {
	uint32_t id;       /* request: chosen by the transport; its EFFECT_REPLY carries the same */
	uint16_t session;  /* the server connection it belongs to, as in EFFECT_CONNECT */
	uint8_t code;      /* enum coap_code */
	bool confirmable;
	struct bytes path; /* "/3/0/1", "/" without Uri-Path; a response: Location-Path; no NUL */
	struct bytes query; /* Uri-Query options joined by '&', in their order */
	int32_t accept, format, observe; /* option value, -1: absent */
	struct bytes token; /* up to COAP_TOKEN_MAX bytes */
	struct bytes payload;
	uint64_t offset; /* of payload in a body that comes in blocks (Block1); 0 without */
	bool more;       /* Block1: further blocks follow */
	uint64_t size;   /* of the whole body, as the peer says (Size1); 0: it does not */
};

enum effect_type {
	EFFECT_CONNECT, /* open a session to server; answered by engine_connected() */
	EFFECT_CLOSE,   /* forget the session and everything in flight on it; nothing answers */
	EFFECT_REBIND, /* the network is another: go on with the session from where we are now, or say that it ended */
	EFFECT_REQUEST, /* send message, hand the response or failure to engine_response() with id */
	EFFECT_REPLY,   /* the response to the request whose message.id is id; code 0: there will be none */
	EFFECT_NOTIFY,  /* a notification; engine_response() hears of RST and, when confirmable, of the end */
	EFFECT_PERSIST, /* payload is the new contents of the state file message.path; none: it is to go */
	EFFECT_EVENT,   /* something for people to hear about: see event */
	EFFECT_ANSWER,  /* what became of the engine_operate() that gave id: error, and the records of a Read */
};

enum event_type {
	EVENT_REGISTERING, /* a Register is on its way */
	EVENT_REGISTERED,  /* value: the lifetime in seconds */
	EVENT_UPDATED,     /* a Registration Update was accepted; value: seconds until the next one */
	EVENT_DEREGISTERED,
	EVENT_FAILED, /* no registration; error or code say why, value: seconds until the next try */
	EVENT_UNREACHABLE, /* no answer, but the registration is taken to stand; value: seconds until the next try */
	EVENT_ASLEEP,            /* queue mode: the server is not to expect that we answer */
	EVENT_LOST,              /* a registration that stood is gone; error or code say why */
	EVENT_OPERATION_TIMEOUT, /* an object did not answer in time; message.path names it */
	EVENT_SENT,  /* a Send ended, value: its records; error or code say why the server does not have it */
	EVENT_HISTORY_FULL, /* the oldest of what a server is yet to be told had to go for news of message.path */
	EVENT_BOOTSTRAPPING,     /* a Bootstrap-Request is on its way */
	EVENT_BOOTSTRAPPED,      /* there are other accounts, and kept: see engine_bootstrap() */
	EVENT_BOOTSTRAP_FAILED, /* error or code say why, in message.path in words; value: seconds until the next try */
	EVENT_ACCOUNT_PURGED,    /* the Bootstrap-Server's account is gone (0/x/12), as after EVENT_BOOTSTRAPPED */
	EVENT_QUOTA, /* a peer asked for more than it may have; message.path says of what; once an hour at most */
	_EVENT_TYPE_MAX,
};

struct records;
struct server;

struct effect {
	enum effect_type type;
	uint32_t id;                 /* REQUEST, NOTIFY, REPLY, ANSWER; EVENT_SENT: engine_send.id */
	struct server *server;       /* NULL for events of no server, and PERSIST of an object */
	struct message message;
	enum event_type event;
	int error;                   /* EVENT, ANSWER: -errno, or 0 */
	uint64_t value;              /* REPLY: enum counted_operation, what it answers */
	const struct records *records; /* ANSWER to a Read: borrowed as the effect is; else NULL */
};

struct effects;

int effects_new(struct effects **ret);
struct effects *effects_free(struct effects *effects);

/*
 * Appends an effect and returns it for filling in; its message has all options absent. Text and payload go
 * into the buffer that effects_payload() and effects_path() give. NULL when there is no memory.
 */
struct effect *effects_add(struct effects *effects, enum effect_type type);

/*
 * The owned storage of an effect: what is appended here becomes message.payload, message.path and
 * message.query.
 */
struct buffer *effects_payload(struct effect *effect);
struct buffer *effects_path(struct effect *effect);
struct buffer *effects_query(struct effect *effect);

/* Copies a token into the effect's own storage. */
void effects_set_token(struct effect *effect, struct bytes token);

/* Takes back the effect just added. */
void effects_cancel(struct effects *effects, struct effect *effect);

/* 1: *ret is the oldest effect, valid until the next call on the queue; 0: none left. */
int effects_next(struct effects *effects, const struct effect **ret);
