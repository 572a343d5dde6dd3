/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transport-internal.h - what the files of the transport share
 *
 * An account is what is remembered about one server from session to session; a connection is one libcoap context with
 * one session in it, dead for good once it failed. A connection that was closed from within one of libcoap's callbacks
 * waits in transport->graves until libcoap is out of it. libcoap's callbacks find their connection in the context's
 * application data. News for the engine that come up while no handler may be called wait as outcomes.
 */
#pragma once

#include <coap3/coap.h>

#include "base/list.h"
#include "io/resolve.h"
#include "io/transport.h"
#include "io/uri.h"

#define BLOCK_SZX_MAX      6 /* 1024 bytes */
#define PENDING_MAX	   64   /* requests of one server that wait for the engine */
#define EXCHANGES_MAX	   256  /* of one connection: requests, and notifications to be confirmed */
#define UNCONFIRMED_MAX	   64   /* notifications of one connection whose RST is still understood */
#define SEPARATE_MAX	   16   /* responses of one connection, sent on their own, that wait to be acknowledged */
#define DEDUP_MAX	   64   /* requests of one connection that are recognized when they come again … */
#define DEDUP_BYTES_MAX	   16384 /* … and what is kept of their responses */
#define BODIES_MAX	   4 /* bodies of one connection kept for reading block by block … */
#define BODIES_BYTES_MAX   (4 << 20)
#define EXCHANGE_LIFETIME_US (247 * USEC_PER_SEC) /* RFC 7252, 4.8.2 */

struct body {
	struct list link; /* in bodies.list, the oldest first */
	uint64_t key;     /* of path and query */
	int32_t accept, format;
	uint8_t etag[8];
	usec_t expires;
	size_t len;
	uint8_t data[];
};

struct bodies {
	struct list list;
	size_t count, bytes;
};

/* A Block1 or Block2 option: block num of 16 << szx bytes. */
struct block {
	bool present, more;
	uint8_t szx;
	uint32_t num;
};

/* A response as it goes out; all it points at is borrowed. */
struct reply {
	uint8_t code;
	int32_t format, observe;
	struct bytes location, etag, payload;
	struct block block1, block2;
	int64_t size2; /* -1: without */
};

struct seen {
	usec_t expires;
	uint16_t mid;
	bool confirmable, pending; /* pending: not answered yet, or by a message of its own */
	struct reply reply;
	uint8_t *storage; /* of reply's location, etag and payload */
	size_t storage_len;
};

struct dedup {
	struct seen ring[DEDUP_MAX];
	unsigned int next, used;
	size_t bytes;
};

/* A request that the engine has yet to answer. */
struct incoming {
	struct list link; /* in connection->pending, once libcoap's callback is over */
	uint32_t id;
	uint16_t mid;
	uint8_t code, token_len, token[COAP_TOKEN_MAX];
	bool confirmable;
	int32_t accept;
	uint64_t key;
	struct block block1, block2;
	coap_pdu_t *response; /* libcoap's, while its callback runs */
	bool answered;
};

/* A message of ours that gets an answer. */
struct exchange {
	struct list link; /* in connection->exchanges */
	uint32_t id;
	coap_mid_t mid;
	bool notification;
	uint8_t token[COAP_TOKEN_MAX];
	usec_t deadline; /* of a response that comes after its acknowledgement */
	/* A request whose payload takes several blocks is kept until it is through. */
	uint8_t code, szx;
	int32_t format;
	size_t sent;
	struct buffer path, query, payload;
};

struct unconfirmed {
	coap_mid_t mid;
	uint32_t id; /* 0: none */
};

struct account {
	struct list link;
	struct transport *transport;
	uint16_t session;
	char *name, *uri_text;
	struct uri uri;
	enum security_mode mode;
	struct buffer identity, key, server_key;
	enum certificate_usage usage;
	uint8_t matching;
	char *server_name, *trust_file;
	bool wanted; /* a connection is to be made */
	int error;   /* wanted, and it cannot be */
	char failure[160];  /* why the last connection could not be made, or ended; "": it did not */
	struct resolve *resolve;
	struct addresses addresses;
	size_t next;        /* the address to try */
	bool heard;         /* something came from that address */
	union address local; /* where the last connection was bound; family 0: nowhere yet */
	struct connection *connection;
};

struct connection {
	struct list link; /* in transport->connections or transport->graves */
	struct transport *transport;
	struct account *account; /* NULL in the grave */
	coap_context_t *context;
	coap_session_t *session;
	bool up, dead;
	bool news;     /* up or dead, and the engine has not heard yet */
	bool closing;  /* what libcoap reports now is of our doing */
	bool unarmed;  /* sent what libcoap's timer does not know of yet */
	bool refused;  /* a host said that nobody listens there */
	bool answered; /* somebody took part in the handshake */
	usec_t deadline; /* of the handshake */
	int error;
	bool verified; /* the server's key or certificate is good enough */
	const char *distrust; /* why the server's key or certificate was not good enough; NULL: it was */
	char reason[128];
	uint8_t szx; /* the block size the server asked for last */
	struct incoming *current;
	struct list pending;
	unsigned int n_pending;
	bool full; /* too many of them came; the log has it, until none is left */
	struct list exchanges;
	unsigned int n_exchanges, n_confirming;
	struct unconfirmed unconfirmed[UNCONFIRMED_MAX];
	unsigned int next_unconfirmed;
	coap_mid_t separate[SEPARATE_MAX];
	unsigned int next_separate;
	struct dedup dedup;
	struct bodies bodies;
};

struct outcome {
	uint32_t id;
	int error;
};

struct transport {
	const struct transport_handlers *handlers;
	void *userdata;
	int epoll_fd, event_fd, timer_fd;
	unsigned int ack_timeout_ms, max_retransmit;
	struct list accounts, connections, graves;
	struct outcome *outcomes;
	size_t n_outcomes, outcomes_allocated;
	uint32_t next_id;
	usec_t deadline; /* what the timer is set to */
	bool busy;       /* in transport_process() */
	struct traffic *traffic, *totals; /* borrowed; NULL: nobody wants it counted */
};

/* transport.c */

/* Is there an address of the host after this one? Not asked of one that answered. */
bool account_has_another(const struct account *account);

static inline struct connection *connection_get(const coap_session_t *session)
{
	return coap_context_get_app_data(coap_session_get_context(session));
}

/* Has transport_process() called soon; it looks after what comes up while it is at it. */
void transport_wake(struct transport *transport);

/* To be told in transport_process(). */
void transport_add_outcome(struct transport *transport, uint32_t id, int error);

/* transport-connection.c */

/* A connection to address, bound to where the last one was if possible. It may be dead already. */
int connection_new(struct account *account, const union address *address, struct connection **ret);

/* Now, or as soon as libcoap is out of it. */
void connection_close(struct connection *connection);
struct connection *connection_free(struct connection *connection);

/*
 * Goes on from the address that this machine has now. A DTLS session that the server knows by our address alone is dead
 * when that is another.
 */
void connection_rebind(struct connection *connection);

/* Reads what arrived, a bounded number of datagrams. */
void connection_process(struct connection *connection);
void connection_arm(struct connection *connection);

/* Gives up what took too long. */
void connection_expire(struct connection *connection, usec_t now);
usec_t connection_deadline(const struct connection *connection);

/* transport-message.c */

/* Adds options and payload in the order of their numbers; code included. -ENOSPC. */
int reply_write(const struct reply *reply, coap_pdu_t *pdu);
struct reply reply_of(const struct message *message);

/* Takes a Uri-Path-like option apart: "/a/b" or "a&b" becomes one option each. */
bool message_add_segments(coap_pdu_t *pdu, coap_option_num_t number, struct bytes text, char separator);
bool message_add_uint(coap_pdu_t *pdu, coap_option_num_t number, uint32_t value);

/* The hash under which a body is kept. */
uint64_t message_key(struct bytes path, struct bytes query);
struct block block_decode(struct bytes value);
uint32_t block_encode(const struct block *block);

/* transport-request.c */

void transport_request_arrived(coap_resource_t *resource, coap_session_t *session, const coap_pdu_t *pdu,
			       const coap_string_t *query, coap_pdu_t *response);
int transport_request_reply(struct connection *connection, const struct effect *effect);
void transport_request_forget_all(struct connection *connection);

/* transport-exchange.c */

int transport_exchange_request(struct connection *connection, const struct effect *effect);
int transport_exchange_notify(struct connection *connection, const struct effect *effect);
coap_response_t transport_exchange_response(
	coap_session_t *session, const coap_pdu_t *sent, const coap_pdu_t *received, coap_mid_t mid);
void transport_exchange_refused(struct connection *connection, coap_mid_t mid, int error);

/* Finds out which notifications were acknowledged. */
void transport_exchange_check_confirmed(struct connection *connection);
void transport_exchange_expire(struct connection *connection, usec_t now);
usec_t transport_exchange_deadline(const struct connection *connection);
void transport_exchange_forget_all(struct connection *connection);

/* transport-block.c */

void bodies_init(struct bodies *bodies);
void bodies_deinit(struct bodies *bodies);

/* The body that blocks after the first are read from; NULL: none (any more). */
const struct body *bodies_find(struct bodies *bodies, usec_t now, uint64_t key, int32_t accept);

/*
 * Cuts reply's payload down to the block asked for, when it takes more than one or one was asked for, and keeps the
 * whole for the blocks to come. A block past the end makes it 4.00.
 */
void bodies_cut(struct bodies *bodies, usec_t now, uint64_t key, int32_t accept, struct block block,
		struct reply *reply);
void body_cut(const struct body *body, struct block block, struct reply *reply);

/* transport-dedup.c */

void dedup_deinit(struct dedup *dedup);
const struct seen *dedup_find(const struct dedup *dedup, usec_t now, uint16_t mid, bool confirmable);

/* Remembers how a request was answered; reply NULL: it is pending, or was answered by a message of its own. */
void dedup_add(struct dedup *dedup, usec_t now, uint16_t mid, bool confirmable, const struct reply *reply);

/* transport-tls.c */

/* Called once before any session exists. */
void transport_tls_init(void);

/* A session over DTLS with the account's credentials, or NULL. */
coap_session_t *transport_tls_connect(coap_context_t *context, const struct account *account,
				      const coap_address_t *local, const coap_address_t *remote);

/*
 * transport-trust.c: shows our key or certificate and checks the server's, in the handshake of tls (WOLFSSL *). What fails
 * here is a reason to distrust whatever the server shows. -errno.
 */
int transport_trust_set_up(struct connection *connection, void *tls);

/* Can the account be used that way? Why not, for people; NULL: it can. */
const char *transport_trust_lacks(const struct server *server);

/* Says in text why the handshake or the session failed, as far as the DTLS object knows. */
int transport_tls_failure(coap_session_t *session, char *text, size_t size);

/* Does the server know the session by a Connection ID? */
bool transport_tls_has_cid(coap_session_t *session);

/* What was agreed on, for the log. */
void transport_tls_describe(coap_session_t *session, char *text, size_t size);
