/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine.h - the LwM2M client as a pure machine
 *
 * Messages, outcomes and the time go in; effects come out. Nothing here opens a file descriptor, reads a
 * clock, starts a thread, logs or keeps a static variable: a test is the network, the plugins and the clock
 * at once. Every call takes the time, which never goes back. After each call the owner carries out
 * engine_next() until it gives 0, then sleeps until engine_deadline() at the latest. The engine borrows the
 * registry and the accounts; both outlive it.
 */
#pragma once

#include "lwm2m/counters.h"
#include "lwm2m/message.h"
#include "lwm2m/registration.h"
#include "lwm2m/registry.h"
#include "lwm2m/server.h"

struct engine;

#define ENGINE_WHY_MAX 128

/* Bounds on what peers can make the engine allocate; 0 takes the default in parentheses. */
struct engine_limits {
	unsigned int observations;       /* all servers together (1000) */
	unsigned int operations;         /* pending at once (64) */
	size_t payload;                  /* of a body in blocks and of a response, bytes (1 MiB) */
	unsigned int operation_timeout_s; /* until silence of an object becomes 5.03 (10) */
};

struct draft;

/* How a Bootstrap-Server's objects become accounts, and accounts become those objects. Borrowed, as is userdata. */
struct engine_accounts {
	/* The definition of a resource of objects 0, 1, 2 and 21; NULL when it is not known. */
	const struct resource_info *(*find_resource)(const struct path *path);
	/* Appends those objects as they are. -ENOMEM. */
	int (*read)(void *userdata, struct records *ret);
	/* Can these be the accounts? -errno, and why not, for people. */
	int (*check)(void *userdata, const struct draft *draft, char why[ENGINE_WHY_MAX]);
};

struct engine_config {
	const char *endpoint; /* Endpoint Client Name, borrowed */
	uint64_t seed;        /* for jitter: something random */
	struct engine_limits limits;
	const struct engine_accounts *accounts; /* NULL: there is no bootstrap */
	void *accounts_userdata;
	uint64_t accounts_origin; /* kept with the accounts that a bootstrap makes: see accounts-state.h */
	bool bootstrapped; /* the accounts are of a bootstrap, not the configuration's */
};

int engine_new(const struct engine_config *config, struct registry *registry, struct servers *servers,
	       struct engine **ret);
struct engine *engine_free(struct engine *engine);

/* Starts registering with every account that is enabled. */
void engine_start(struct engine *engine, usec_t now);

/* De-registers where deregister says so and lets go of every session; engine_is_idle() when it is over. */
void engine_stop(struct engine *engine, usec_t now, bool deregister);
bool engine_is_idle(const struct engine *engine);

/*
 * Fresh contents of an object that was kept by EFFECT_PERSIST. -EBADMSG: not such contents, nothing changed
 * then. -ENOENT: there is no object of this id that is kept. What the object refuses is its error.
 */
int engine_restore(struct engine *engine, uint16_t oid, struct bytes state);

/*
 * What was kept of the registration with this server, its observations and its attributes, by EFFECT_PERSIST; before
 * engine_start(), which then asks the server by an Update whether it knows us. Kept for another endpoint or
 * another address: -ESTALE. -EBADMSG: not such contents; -EBUSY: the account is in use
 * already. Nothing is taken over then. -ENOMEM, -ENOENT.
 */
int engine_resume(struct engine *engine, usec_t now, const struct server *server, struct bytes state);

/*
 * What was kept of the notifications that this server could not be told, by EFFECT_PERSIST; after engine_resume() of the
 * same server, whose observations they belong to, and before engine_start(). -EBADMSG: not such contents; -EBUSY,
 * -ENOMEM, -ENOENT. Nothing is taken over then.
 */
int engine_resume_history(struct engine *engine, usec_t now, const struct server *server, struct bytes state);

/*
 * The wall clock is so many microseconds ahead of now. To be called before the others where that may be another one: what is
 * stored for a server is told with its time. A clock before 2020 counts as not set: false.
 */
bool engine_set_wall_clock(struct engine *engine, usec_t now, int64_t ahead);

/* The names of the state files, as EFFECT_PERSIST has them, for engine_restore() and engine_resume(). */
#define ENGINE_NAME_MAX 16
#define ENGINE_ACCOUNTS_NAME "accounts"
void engine_history_name(const struct server *server, char ret[ENGINE_NAME_MAX]);
void engine_object_name(uint16_t oid, char ret[ENGINE_NAME_MAX]);
void engine_server_name(const struct server *server, char ret[ENGINE_NAME_MAX]);

/*
 * An EFFECT_PERSIST could not be carried out. engine_keep_again() has what it was about kept anew, as it is by then: the
 * owner knows when a disk may be asked again. A bootstrap whose accounts were not kept has failed, and is tried again later.
 */
void engine_not_kept(struct engine *engine, usec_t now, const struct effect *effect);
void engine_keep_again(struct engine *engine, usec_t now);

/* A request of a server. It is answered by one EFFECT_REPLY, now or later. */
void engine_request(struct engine *engine, usec_t now, const struct message *request);

/*
 * The session of an EFFECT_CONNECT is up (0; 1: and the host has further addresses, should nobody answer at this one),
 * could not be made, or ended by itself (-errno).
 */
void engine_connected(struct engine *engine, usec_t now, uint16_t session, int error);

/*
 * What became of an EFFECT_REQUEST or EFFECT_NOTIFY: error 0 and the response (NULL: the notification was
 * acknowledged), -ETIMEDOUT: nothing was heard, -ECONNRESET: RST, -EBADMSG: what was heard is no answer.
 */
void engine_response(
	struct engine *engine, usec_t now, uint32_t id, int error, const struct message *response);

/* Runs what is due at now; changes told to the registry make something due at once. */
void engine_tick(struct engine *engine, usec_t now);

/* When engine_tick() has to run at the latest; 0: now, USEC_INFINITY: nothing is due. */
usec_t engine_deadline(const struct engine *engine);

/* 1: *ret is an effect to carry out, valid until the next call into the engine; 0: none left. */
int engine_next(struct engine *engine, const struct effect **ret);

/* The registration of one account, for status displays; NULL for a Bootstrap Server. */
const struct registration *engine_registration(const struct engine *engine, const struct server *server);

/* What was counted of one account since the engine was made; NULL for a Bootstrap Server. */
const struct counters *engine_counters(const struct engine *engine, const struct server *server);

/* How many observations this server has. */
size_t engine_count_observations(const struct engine *engine, const struct server *server);

/* Asks for a Registration Update (1/x/8). */
void engine_update(struct engine *engine, usec_t now, const struct server *server);

/* Registers or updates at once, whatever that server waits for (`lwm2mctl register`). -EBUSY: it is just de-registering. */
int engine_register(struct engine *engine, usec_t now, const struct server *server);

/* De-registers and stays so until engine_register() or the next start (`lwm2mctl deregister`). */
void engine_deregister(struct engine *engine, usec_t now, const struct server *server);

/*
 * Somebody of this machine watches these objects, as well as what servers observe: their values are to be fresh. Copied;
 * instead of those of the last call. -ENOMEM.
 */
int engine_watch(struct engine *engine, usec_t now, const uint16_t *oids, size_t n_oids);

/*
 * This machine has another address or route: servers that know us hear of it at once, and those that were out of reach
 * are tried again.
 */
void engine_network_changed(struct engine *engine, usec_t now);

struct engine_send {
	const struct path *paths; /* up to 64, of any depth; missing ones are left out */
	size_t n_paths;
	double time;      /* that the values are of, seconds since 1970; 0: none is told */
	int format;       /* 112 (SenML CBOR) or 110 (SenML JSON) */
	bool confirmable;
	uint32_t id;      /* of the caller's own, for EVENT_SENT */
};

/*
 * Tells a server the values at these paths (Send); EVENT_SENT says what became of it. Nothing is sent, and no event
 * follows, at -EPERM: the server muted Send or has not unmuted it (1/x/23); -EOPNOTSUPP: it is of LwM2M 1.0; -ENOTCONN:
 * we are not registered; -EBUSY: too many are under way; -EINVAL, -ENOMEM, -ENOENT.
 */
int engine_send(
	struct engine *engine, usec_t now, const struct server *server, const struct engine_send *send);

/*
 * Asks the Bootstrap-Server for other accounts (1/x/9, `lwm2mctl bootstrap`); it does so by itself where there is no account,
 * and where none can be registered with. EVENT_BOOTSTRAPPED says that the accounts in ENGINE_ACCOUNTS_NAME are others: all
 * has to be built anew from them. -ENOENT: there is no Bootstrap-Server.
 */
int engine_bootstrap(struct engine *engine, usec_t now);

/* What goes on with the Bootstrap-Server, for status displays. */
enum bootstrap_state {
	BOOTSTRAP_IDLE,
	BOOTSTRAP_WAITING,    /* for the first or the next try */
	BOOTSTRAP_CONNECTING, /* EFFECT_CONNECT is out */
	BOOTSTRAP_ASKING,     /* a Bootstrap-Request is out, or one for a Bootstrap-Pack */
	BOOTSTRAP_OPEN,       /* it was answered: the server writes, until it says Bootstrap-Finish */
	BOOTSTRAP_ENDING,     /* the new accounts are kept; the answer to Bootstrap-Finish may yet be lost */
};

enum bootstrap_state engine_bootstrap_state(const struct engine *engine);

/* What this machine asks of its own objects, for its administrator. */
struct engine_operation {
	enum operation_type type;  /* OPERATION_READ, OPERATION_WRITE_REPLACE, OPERATION_WRITE_UPDATE, OPERATION_EXECUTE */
	struct path path;          /* WRITE_*: of a resource or resource instance */
	const struct value *value; /* WRITE_*: of the resource's type */
	struct bytes arguments;    /* EXECUTE */
};

/*
 * Begins it as if a server had asked, one that may do all: the same checks, bounds and consequences. EFFECT_ANSWER with
 * *ret_id ends it, at once or later; at an error none follows. What is secret is never among what a Read brings. -ENOENT:
 * there is no such thing; -EPERM: it cannot be done to it; -EINVAL, -EBADMSG: not with this value or these arguments; -EBUSY:
 * too much is under way; -ENOMEM.
 */
int engine_operate(
	struct engine *engine, usec_t now, const struct engine_operation *operation, uint32_t *ret_id);

/* De-registers, and registers again when the account's disable_timeout_s is over (1/x/4). */
void engine_disable(struct engine *engine, usec_t now, const struct server *server);
