/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registration.h - Register, Update, De-register with one server
 *
 * A state machine without time or sockets of its own: calls bring the time and what happened, effects carry
 * what is to be done. One request of it is in flight at most. Whatever fails is tried again later with
 * back-off and jitter; only registration_stop() ends it. It owns the location it got and a copy of what it
 * last told the server; the account and the client's data are borrowed and outlive it.
 */
#pragma once

#include "lwm2m/message.h"
#include "lwm2m/profile.h"
#include "lwm2m/server.h"

/* What every registration of this client says; kept by the engine. */
struct registration_client {
	const char *endpoint;
	struct buffer links;   /* the object list, link format, without the root */
	struct buffer links_1_2; /* the same for servers of LwM2M 1.2, see object_info.version_1_2 */
	uint32_t links_serial; /* another number whenever links changed */
	uint8_t profile[PROFILE_DIGEST_SIZE]; /* the hash of it */
	uint32_t next_request; /* the last id given to an effect that is answered; 0 is skipped */
	uint64_t random;       /* state of the jitter's generator, seeded by the owner of the engine */
};

enum registration_state {
	REGISTRATION_IDLE,          /* not started, or stopped */
	REGISTRATION_CONNECTING,    /* EFFECT_CONNECT is out */
	REGISTRATION_REGISTERING,   /* Register is out */
	REGISTRATION_REGISTERED,
	REGISTRATION_UPDATING,      /* Update is out; the registration stands */
	REGISTRATION_DEREGISTERING, /* De-register is out */
	REGISTRATION_WAITING,       /* for the next try, at deadline */
};

struct registration {
	struct server *server;
	struct registration_client *client;
	enum registration_state state;
	enum lwm2m_version version; /* in use: stepped down on 4.12 */
	usec_t deadline;            /* when registration_tick() has something to do */
	uint32_t request;           /* id of the request in flight, 0: none */
	unsigned int failures;      /* in a row */
	bool update_wanted;         /* 1/x/8, or something the server has to hear */
	bool another;               /* the host has an address left to try at once when this one does not answer */
	bool leaving;               /* to be stopped once the Register on its way is answered */
	bool disabled;              /* by the server, for disable_timeout_s once it has let us go */
	bool resume; /* connecting anew, or about to, while a registration stands: an Update follows */
	bool retrying;              /* WAITING because of a failure */
	bool in_line;               /* to be started when its turn has come: see order.c */
	bool asleep;                /* queue mode, and nothing was sent or heard for awake_s: see queue.c */
	bool passed;                /* was registered, or counts as failed, since it was started */
	bool unheard;               /* an Update was not answered: the next one says everything */
	bool by_profile;            /* the request in flight has the Profile ID for the object list */
	bool list_wanted;           /* the server does not know the list of that Profile ID: 4.09 */
	struct buffer location;     /* "/rd/5a" */
	usec_t known_until;         /* the server keeps us so long, as far as we know */
	/* What the server knows from us: an Update says only what is different. */
	uint32_t told_lifetime_s, told_links_serial;
	char told_binding[10];
	bool told_queue;
};

void registration_init(
	struct registration *registration, struct server *server, struct registration_client *client);
void registration_deinit(struct registration *registration);

/*
 * What an earlier run of the client had: registration_start() then goes on with it where it may. Nothing unless
 * idle. -ENOMEM.
 */
int registration_resume(
	struct registration *registration, enum lwm2m_version version, struct bytes location);

/* Connects and registers, after initial_delay_s unless it goes on with what was; nothing unless idle. */
void registration_start(struct registration *registration, usec_t now, struct effects *effects);

/*
 * The answer to EFFECT_CONNECT: error 0, 1 when the next one would go to another address of the host, or -errno; also
 * the news that a session ended by itself.
 */
void registration_connected(
	struct registration *registration, usec_t now, int error, struct effects *effects);

/*
 * The answer to the EFFECT_REQUEST that registration->request names. error: 0 and a response, or -ETIMEDOUT
 * (no answer), -ECONNRESET (RST or session lost).
 */
void registration_response(struct registration *registration, usec_t now, int error,
	const struct message *response, struct effects *effects);

/* Send an Update as soon as it can be: at once when registered, after the request in flight otherwise. */
void registration_update(struct registration *registration, usec_t now, struct effects *effects);

/*
 * Register or Update without waiting for what is due: starts what was not started or was stopped, tries at once what waits,
 * updates what stands. -EBUSY: it is on its way out.
 */
int registration_now(struct registration *registration, usec_t now, struct effects *effects);

/*
 * De-registers when registered, also when the server is about to say so, forgets the session otherwise; the state is
 * IDLE when that is over. It is the last word.
 */
void registration_stop(struct registration *registration, usec_t now, struct effects *effects);

/*
 * As registration_stop(), but registers again once the account's disable_timeout_s is over (1/x/4). Nothing
 * when it was not started, or is on its way out already.
 */
void registration_disable(struct registration *registration, usec_t now, struct effects *effects);

/*
 * Forgets the session without a word to the server, which keeps the registration; the state is IDLE at once.
 */
void registration_leave(struct registration *registration, struct effects *effects);

/*
 * This machine has another address or route: what stands is updated at once, what waits after a failure tries now and
 * with the shortest wait ahead, and what is under way begins anew.
 */
void registration_network_changed(struct registration *registration, usec_t now, struct effects *effects);

/* Does what is due; nothing before deadline. */
void registration_tick(struct registration *registration, usec_t now, struct effects *effects);

/* Does the server know us? Requests of a server that does not are not answered. */
static inline bool registration_stands(const struct registration *registration)
{
	return registration->state == REGISTRATION_REGISTERED ||
	       registration->state == REGISTRATION_UPDATING ||
	       registration->state == REGISTRATION_DEREGISTERING;
}
