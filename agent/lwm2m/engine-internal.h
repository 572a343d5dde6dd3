/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine-internal.h - what the files of the engine share
 *
 * engine.c is the front door and the clock; peer.c is what goes on with one server, peer-state.c what a restart
 * brings back of it, backlog.c what it is yet to be told and backlog-state.c how a restart brings that back, order.c who
 * registers before whom, queue.c who sleeps; serve.c is what servers ask, notify.c tells what changed, persist.c keeps and
 * restores state, operate.c does what this machine's administrator asks. These four work with struct request (request.c),
 * one operation on the object model on its way: of a server, for a notification, for the state, or of our own. Ended requests wait in a free list with their memory for the next one.
 */
#pragma once

#include "base/heap.h"
#include "base/list.h"
#include "lwm2m/attributes.h"
#include "lwm2m/body.h"
#include "lwm2m/counters.h"
#include "lwm2m/draft.h"
#include "lwm2m/engine.h"
#include "lwm2m/history.h"
#include "lwm2m/observation.h"
#include "lwm2m/operation.h"

/* What a server can ask too much of. */
enum quota { QUOTA_OBSERVATIONS, QUOTA_ATTRIBUTES, QUOTA_BODY, QUOTA_PATHS, QUOTA_OPERATIONS, QUOTA_INSTANCES, _QUOTA_MAX };

/* One LwM2M Server and what goes on with it; its index is the session's number. */
struct peer {
	struct server *server;
	struct registration registration;
	struct body body;
	bool suspended; /* its observations are, for now */
	bool known;     /* has a registration that stands */
	bool waking;    /* an Update says that we are awake; what there is to tell follows its answer */
	usec_t awake_until; /* in queue mode, unless more is sent or heard */
	bool state_changed;   /* what a restart has to bring back may be another: see peer-state.c */
	usec_t state_not_before; /* it is written so often and no more */
	bool state_final;       /* what is written stands for the next start */
	bool state_not_kept, history_not_kept; /* could not be written: see engine_keep_again() */
	uint64_t state_written; /* hash of what was written last */
	usec_t quota_told_until[_QUOTA_MAX]; /* EVENT_QUOTA is not said again so soon */
	struct history history; /* what it is yet to be told */
	bool history_changed;       /* and has to be kept, */
	usec_t history_not_before;  /* at this time: see backlog-state.c */
	bool history_kept;          /* there is a file of it */
	struct counters counters;
};

enum request_purpose {
	REQUEST_SERVE,
	REQUEST_NOTIFY,
	REQUEST_PERSIST,
	REQUEST_COMPOSITE,
	REQUEST_BOOTSTRAP,
	REQUEST_OPERATE,
};

struct composite_part;

struct request {
	struct operation operation;
	struct list link;         /* in engine->requests or engine->spare */
	struct heap_node timeout; /* in engine->timeouts while somebody waits for it */
	struct engine *engine;
	enum request_purpose purpose;
	struct peer *peer; /* NULL: nobody waits any more */
	struct target target;
	struct observation *observation; /* REQUEST_NOTIFY; NULL once it is gone */
	struct composite_part *part;     /* REQUEST_COMPOSITE; NULL: nobody waits any more */
	uint32_t id;
	int32_t accept, format;
	bool observe;
	struct attributes own; /* that came with an Observe */
	uint8_t token[COAP_TOKEN_MAX], token_len;
	int error;
	bool ended; /* the object answered, engine_tick() has yet to pass it on */
};

/* The one Bootstrap-Server: see bootstrap.h. */
struct bootstrap {
	struct server *server; /* NULL: there is none, and nothing of this happens */
	enum bootstrap_state state;
	usec_t deadline;       /* of the state */
	usec_t purge_at;       /* the account's time is over */
	uint32_t request;      /* id of the request in flight, 0: none */
	unsigned int failures; /* in a row */
	bool started;          /* the client is: it may be needed */
	bool asked_for;        /* by 1/x/9 or a person, and not by a failure that may pass */
	bool pack;             /* the request in flight is for a Bootstrap-Pack */
	bool plain;            /* without pct, which the server refused */
	struct draft draft;
	struct body body;
	char why[ENGINE_WHY_MAX]; /* the draft cannot be taken */
};

struct engine {
	struct registry *registry;
	struct servers *servers;
	struct effects *effects;
	struct registration_client client;
	struct engine_limits limits;
	char *endpoint;
	struct peer *peers;
	size_t n_peers;
	struct bootstrap bootstrap;
	const struct engine_accounts *accounts;
	void *accounts_userdata;
	uint64_t accounts_origin;
	bool bootstrapped;
	struct observations observations;
	struct attributes_store attributes;
	struct list requests, spare;
	struct list composites; /* see composite.h */
	struct list answers;    /* what their effects lend: see operate.c */
	uint16_t *watched;      /* objects that this machine watches */
	size_t n_watched;
	unsigned int n_requests;
	struct heap timeouts;
	usec_t now;         /* of the call under way */
	int64_t wall_ahead; /* microseconds from there to the time since 1970 */
	enum counted_operation answering; /* what serve_reply_add() answers */
	unsigned int depth; /* calls under way: 0 when an object ends an operation by itself */
	bool attention;     /* engine_tick() has something to do at once: */
	bool links_changed;    /* the object list is another, */
	bool defaults_changed; /* 1/x/2 or 1/x/3 are, */
	bool in_line;          /* there are accounts whose turn to register has not come */
	bool persist_waiting;  /* an object is to be read as soon as a request is free */
};

/* The next id for an effect that is answered; never 0. */
uint32_t engine_next_id(struct engine *engine);

void engine_event(struct engine *engine, struct peer *peer, enum event_type event, const struct path *path);

/* EVENT_QUOTA, once an hour at most: a flood of requests is no flood of events. path: NULL for a body. */
void engine_quota(struct engine *engine, struct peer *peer, enum quota quota, const struct path *path);

/* One for each account that is not of a Bootstrap Server. -ENOMEM. */
int peers_add(struct engine *engine);
void peers_deinit(struct engine *engine);

struct peer *peer_find(const struct engine *engine, uint16_t session);
struct peer *peer_find_server(const struct engine *engine, const struct server *server);
struct peer *peer_find_request(const struct engine *engine, uint32_t id);

void peer_start(struct engine *engine, struct peer *peer);
void peer_stop(struct engine *engine, struct peer *peer, bool deregister);
void peer_tick(struct engine *engine, struct peer *peer);

/* order.c: registers with all accounts that are enabled, those with a priority (1/x/13) one after the other. */
void order_start(struct engine *engine);
void order_tick(struct engine *engine);

/*
 * queue.c: queue mode. The server sends nothing until it hears from us, and may for awake_s after the last message;
 * then we count as asleep. A notification that comes up in one's sleep is preceded by an Update.
 */
void queue_heard(struct engine *engine, struct peer *peer); /* a message went either way */
void queue_tick(struct engine *engine, struct peer *peer);
usec_t queue_deadline(const struct peer *peer);
bool queue_is_asleep(const struct peer *peer);

/* Suspends the observations until the server has answered. May end them. */
void queue_wake(struct engine *engine, struct peer *peer);

/* To be called after anything that may have changed the state of the registration. */
void peer_follow(struct engine *engine, struct peer *peer, enum registration_state before);

/* Registration, observations or attributes of this session (NULL: of all) are others now. */
void peer_state_changed(struct engine *engine, struct peer *peer);

/*
 * The same, when the server is about to be told so: from now on the file has attributes as they are, and a registration with
 * observations as they are or, where all was written a moment ago, none until it may be written again.
 */
void peer_state_keep(struct engine *engine, struct peer *peer);

/* After so many notifications of one observation its Observe option is kept anew. */
#define PEER_STATE_SEQUENCE 0x100000

/* Writes what changed, now or as soon as it may be. */
void peer_state_tick(struct engine *engine, struct peer *peer);
void peer_state_write(struct engine *engine, struct peer *peer);

/* When peer_state_tick() has something to do. */
static inline usec_t peer_state_deadline(const struct peer *peer)
{
	return peer->state_changed ? peer->state_not_before : USEC_INFINITY;
}

/* backlog.c: what a server could not be told, or has not acknowledged. */
struct history_clock backlog_clock(const struct engine *engine);

/* Is what comes up for this observation kept (1/x/6, hqmax, a format that has times)? */
void backlog_set_storing(
	struct engine *engine, struct observation *observation, const struct attributes *attributes);

/* Is it kept first rather than told at once? size: of its payload. */
bool backlog_takes(
	const struct engine *engine, const struct observation *observation, bool confirmable, size_t size);

/* Keeps it; whatever comes of that is for backlog_added(), which then sends what can be sent. Those of history_add(). */
int backlog_add(struct engine *engine, struct observation *observation, const struct records *records);
void backlog_added(struct engine *engine, struct observation *observation, int outcome);

/* It cannot be kept: the latest value is told when there is somebody to tell. */
void backlog_too_large(struct engine *engine, struct observation *observation);

void backlog_flush(struct engine *engine, struct peer *peer);

/* What became of the notification id; false: it is none of these. */
bool backlog_answered(struct engine *engine, uint32_t id, int error);

void backlog_suspend(struct peer *peer, bool suspend);
void backlog_forget(struct engine *engine, struct observation *observation);
void backlog_tick(struct engine *engine, struct peer *peer);

/* backlog-state.c: the history is another, and is to be kept; written once in history_sync_s, removed at once. */
void backlog_changed(struct engine *engine, struct peer *peer);
void backlog_state_write(struct engine *engine, struct peer *peer);
void backlog_state_tick(struct engine *engine, struct peer *peer);

/* When backlog_tick() has something to do. */
static inline usec_t backlog_deadline(const struct peer *peer)
{
	return usec_min(peer->history.deadline, peer->history_changed ? peer->history_not_before : USEC_INFINITY);
}

/* An idle request for target, in engine->requests; NULL: too many, or no memory. */
struct request *request_new(struct engine *engine, enum request_purpose purpose, struct peer *peer,
			    const struct target *target);

/* Hands the operation to its object; from now on the object ends it. */
void request_start(struct request *request);

/* Back to the idle ones, when it was not started. */
void request_free(struct request *request);

/* The object still ends it, but nobody hears of it. */
void request_let_go(struct request *request);

/* Did a Read bring what an answer can be made of? A single resource without a value is not there. */
bool request_has_content(const struct request *request);

/* Serves a request of a server whose registration stands. */
void serve_request(struct engine *engine, struct peer *peer, const struct message *message);

/* Answers with a code and nothing else; 0 is silence. */
void serve_reply(struct engine *engine, struct peer *peer, uint32_t id, uint8_t code);

/* The operation that a server asked for ended: error is 0 or -errno. */
void serve_finish(struct request *request, int error);

/* What this operation changed, is said to whoever observes it and to the state directory. */
void serve_took_effect(struct request *request);

/* An effect that answers, to be filled in; NULL without memory. */
struct effect *serve_reply_add(struct engine *engine, struct peer *peer, uint32_t id, uint8_t code);

/* Passes on what objects ended outside of a call, and gives up what took too long. */
void requests_tick(struct engine *engine);

/*
 * Nobody waits for the requests of peer any more. Over a session that stays they end in silence: whoever delivers the
 * answers would wait for them.
 */
void requests_abandon(struct engine *engine, struct peer *peer);

/* Nor for what is read for an observation that goes. */
void requests_forget(struct engine *engine, const struct observation *observation);

/* What objects of this id have yet to end fails, but for the one that is in the registry now; NULL: none is. */
void requests_orphan(struct engine *engine, uint16_t oid, const struct object *object);

/* The value of an observation was read, or not: error is -errno. */
void notify_finish(struct request *request, int error);
void notify_tick(struct engine *engine);

/* A notification of this observation to fill in; NULL without memory. */
struct effect *notify_effect_add(struct engine *engine, struct observation *observation, uint8_t code);

/* Its Observe option's value went on. */
void notify_sequence_changed(struct engine *engine, const struct observation *observation);

/* The server has these values now, in a notification or in the answer to its Observe. */
void notify_note_told(struct observation *observation, const struct records *records, struct bytes payload);

/* The same once a payload is made of what was read; records: of the one path, or of a composite observation. */
void notify_send(struct engine *engine, struct observation *observation, const struct records *records);

/* Sets the periods of an observation from attributes and the account's defaults. */
void notify_apply_attributes(struct engine *engine, struct observation *observation);
void notify_apply_attributes_below(struct engine *engine, const struct peer *peer, const struct path *path);
void notify_apply_attributes_all(struct engine *engine);

/* Removes an observation and tells the object when it was the last one. */
void notify_forget(struct engine *engine, struct observation *observation);
void notify_forget_peer(struct engine *engine, const struct peer *peer);
void notify_suspend_peer(struct engine *engine, struct peer *peer, bool suspend);
void notify_watch(struct engine *engine, struct object *object);
void notify_watch_all(struct engine *engine);

/* operate.c: engine_operate() */
int operate_start(struct engine *engine, const struct engine_operation *asked, uint32_t *ret_id);

/* It ended; error is 0 or -errno. */
void operate_finish(struct request *request, int error);

/* The effect before this one is carried out: what it lent goes. */
void operate_take_back(struct engine *engine);
void operate_lend(struct engine *engine, const struct effect *effect);
void operate_deinit(struct engine *engine);

void persist_finish(struct request *request, int error);
void persist_tick(struct engine *engine);
void persist_not_kept(struct engine *engine, const struct effect *effect);
void persist_again(struct engine *engine); /* what could not be kept */
