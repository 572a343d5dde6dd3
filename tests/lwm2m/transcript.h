/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transcript.h - the engine on a virtual clock, played step by step
 *
 * A step says at what time something is done and which effects follow, one line of text each. Time runs from
 * deadline to deadline: an effect that comes between two steps fails the test, and so does an engine that is
 * due again and again at one instant. What a step does:
 *
 *	send /3/0/0 … | sendnon /3/0/0 …                     Send with the time 1000; mute 0 | mute 1: 1/x/23
 *	bootstrap                                            ask the Bootstrap-Server, whose session follows the others'
 *	operate read /3/0 | operate execute /500/0/3 [ARGS]  what the administrator asks; write, add: PATH VALUE
 *	register | leave | watch [500 501]                   engine_register(), engine_deregister(), engine_watch()
 *	start | stop | deregister | update | disable | move  the engine's own calls; stop leaves without a word
 *	connected [ERROR | another]                          of the session in question; another address is left
 *	answer 2.01 [/rd/5a | format=110 TEXT] | unanswered | reset   to the request that went out last
 *	confirmed | unconfirmed | refused                    the notification that went out last
 *	GET /500/0/1 [observe=0] [token=01] [accept=112]     and all other methods; then
 *		[format=0] [offset=0] [more] ["text" | x:8301]
 *	set /500/0/1 [TEXT]                                  another value; none without TEXT
 *	add /500/3 | remove /500/3 | add /501 | remove /501  an instance or object comes or goes
 *	hold | fail ERROR | lie | done [ERROR]               how the objects answer, see fake-object.h
 *	keep /501                                            an object's own state changed
 *	notkept object-501 | keepagain                       a file could not be written; and may be by now
 *	lifetime 60 | queue | binding T | pmin 1 | pmax 60   what a server writes to its account,
 *	priority 1 | delay 5 | block | con | profile         or the configuration says of it
 *	hash 1
 *	storing 0 | size 1000 | sync 10                      1/x/6, and what bounds and keeps what is stored
 *	clock 1700000000                                     what the wall clock says now
 *	(nothing)                                            time passes
 *
 * "@1 " before it makes it the second server's. Effects of that one have the same before them.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/usec.h"
#include "fake-object.h"
#include "lwm2m/engine.h"

#define SEC  USEC_PER_SEC
#define HOUR (3600 * SEC)

struct step {
	usec_t at;
	const char *does;
	const char *expect; /* lines joined by "\n"; NULL: nothing follows */
	usec_t until;       /* jitter: due from at to until; later steps count from then as if it were at */
};

struct transcript_config {
	unsigned int servers;       /* 0: one */
	uint32_t lifetime_s;        /* 0: 300; the step "lifetime 0" is for ever */
	uint32_t pmin_s, pmax_s, retry_count, sequence_count;
	bool psk;                   /* no: no security */
	unsigned int version_minor; /* LwM2M 1.x; 0: 1.1 */
	bool queue;
	uint32_t awake_s;           /* 0: 93 */
	struct engine_limits limits;
	const struct engine_accounts *accounts; /* there is a Bootstrap-Server; called with the transcript */
	bool no_server, bootstrapped;
	uint32_t hold_off_s, account_timeout_s;
};

struct transcript {
	struct fake_objects fake;
	struct servers servers;
	struct engine *engine;
	struct buffer lines;
	struct buffer persisted; /* the last contents that were to be kept */
	struct buffer kept[4];   /* per server: the same of its registration, observations and attributes, */
	unsigned int n_kept;     /* and how often that was */
	struct buffer history;   /* what was kept of a history last, */
	unsigned int n_history;  /* and how often */
	usec_t now, shift;
	uint32_t request;        /* id of the last request of a server, */
	char path[64];           /* and what it was for */
	uint32_t sent[4], notified[4]; /* per server: id of its last request and notification */
};

void transcript_init(struct transcript *transcript, const struct transcript_config *config);
void transcript_deinit(struct transcript *transcript);

struct server *transcript_server(struct transcript *transcript, unsigned int index);

/* Plays on where the last call left off. */
void transcript_steps(struct transcript *transcript, const struct step *steps, size_t n_steps);

/* Does one thing, or ticks for NULL, whatever comes of it. */
void transcript_do(struct transcript *transcript, usec_t at, const char *does);

/* Does one thing and leaves its effects in the queue. */
void transcript_feed(struct transcript *transcript, const char *does);

/* A whole test: init, steps, deinit. */
void transcript_play(const struct transcript_config *config, const struct step *steps, size_t n_steps);

/* play(steps, .lifetime_s = 60, …) */
#define play(steps, ...) transcript_play(&(struct transcript_config){ __VA_ARGS__ }, steps, ELEMENTSOF(steps))
#define play_on(transcript, steps) transcript_steps(transcript, steps, ELEMENTSOF(steps))

/* The object list of the fake objects. */
#define TRANSCRIPT_LINKS TRANSCRIPT_LINKS_OF("60 110 112 11542")
#define TRANSCRIPT_LINKS_OF(formats) \
	"</>;rt=\"oma.lwm2m\";ct=\"" formats "\",</3>;ver=1.1,</3/0>,</500>;ver=2.0,</500/0>,</501>,</502>"
#define TRANSCRIPT_REGISTER \
	"request POST /rd?ep=dev&lt=300&lwm2m=1.1&b=U format=40 " TRANSCRIPT_LINKS "\nregistering"

/* An Update with another object list: links is what follows /3. */
#define TRANSCRIPT_UPDATE_LINKS(links) \
	"request POST /rd/5a format=40 </>;rt=\"oma.lwm2m\";ct=\"60 110 112 11542\",</3>;ver=1.1," \
	"</3/0>," links

/* How most transcripts begin. */
#define TRANSCRIPT_REGISTERED                                               \
	{ 0, "start", "connect" }, { 0, "connected", TRANSCRIPT_REGISTER }, \
	{                                                                   \
		0, "answer 2.01 /rd/5a", "registered 300"                   \
	}

/* The same for ever: no Update comes by itself. */
#define TRANSCRIPT_REGISTERED_FOREVER \
	{ 0, "lifetime 0" }, { 0, "start", "connect" }, \
	{ 0, "connected", \
		"request POST /rd?ep=dev&lt=0&lwm2m=1.1&b=U format=40 " TRANSCRIPT_LINKS "\nregistering" }, \
	{ 0, "answer 2.01 /rd/5a", "registered 0" }
