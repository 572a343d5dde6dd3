/* SPDX-License-Identifier: Apache-2.0 */
/*
 * composite.h - one request of a server that is several operations on objects
 *
 * Read-, Write- and Observe-Composite (Core 1.2, 6.3.8, 6.3.9, 6.4.4), the notifications of the last one, and Send. A
 * composite has parts, each one operation on one object. Parts are begun in their order, several at once where the order
 * is of no matter, as far as the bounds of the engine let them; when all have ended the composite goes on with its next
 * step or answers. Objects may answer late or never: a part that takes too long is a part that failed.
 */
#pragma once

#include "lwm2m/engine-internal.h"

#define COMPOSITE_PATHS_MAX 64 /* in one request */
#define COMPOSITES_MAX      16 /* under way at once */

struct composite_part {
	struct composite *composite;
	struct request *request; /* on its way, or NULL */
	enum operation_type type;
	struct path path;
	struct records records; /* READ: what was read; WRITE_*: what to write */
	struct records before;  /* of a write: what the instance held */
	int error;
};

struct composite {
	struct list link; /* in engine->composites */
	struct engine *engine;
	struct peer *peer;
	struct observation *observation; /* the one that is notified of */
	uint32_t id;                     /* of the request, and of the Send that goes out */
	enum counted_operation operation;
	int32_t accept, format;
	bool observe, unanswered;        /* unanswered: nobody waits any more */
	bool in_order, saving, undoing;  /* steps of a write */
	bool running, gone;
	bool confirmable, sent;          /* of a Send */
	uint32_t send_id;
	double time;
	size_t n_records; /* that went out */
	struct attributes own;
	uint8_t token[COAP_TOKEN_MAX], token_len;
	struct path *paths; /* that were asked for */
	size_t n_paths;
	struct composite_part *parts;
	size_t n_parts, allocated, next, pending;
	int error; /* of a write: why it failed */
	void (*finish)(struct composite *composite); /* all parts ended; frees it or runs it again */
};

bool composite_is_for(const struct peer *peer, const struct message *message);
void composite_serve(struct engine *engine, struct peer *peer, const struct message *message);

/* Reads what a composite observation is about, and tells its server. */
void composite_notify(struct engine *engine, struct peer *peer, struct observation *observation);

/* engine_send() */
int composite_send(struct engine *engine, struct peer *peer, const struct engine_send *send);

/* What became of the request id; false: it is no Send. */
bool composite_answered(struct engine *engine, uint32_t id, int error, const struct message *response);

/* Says of a Send that its session is gone; false: it is no Send. */
bool composite_send_lost(struct composite *composite);

/* For composite-read.c and composite-write.c. 0, or the code to answer with. */
int composite_read(struct composite *composite, const struct message *message, struct bytes body);
int composite_write(struct composite *composite, const struct message *message, struct bytes body);

/* NULL: too many are under way, or no memory. */
struct composite *composite_new(struct engine *engine, struct peer *peer);
void composite_free(struct composite *composite);

/* The part's records and error are empty. NULL without memory; parts move as more are added. */
struct composite_part *composite_add_part(
	struct composite *composite, enum operation_type type, const struct path *path);

/* Parts that read all that is readable at paths; -ENOMEM. */
int composite_add_reads(struct composite *composite, const struct path *paths, size_t n_paths);

/* Begins all parts from composite->next on and calls finish when they have ended. */
void composite_run(struct composite *composite);

/* What was read, in the order of the parts; borrows from them. -ENOMEM. */
int composite_collect(const struct composite *composite, struct records *ret);

/* The operation of one part ended: error is 0 or -errno. */
void composite_part_ended(struct request *request, int error);

/* Nobody waits for what goes on for peer, or for the observation. A write goes on to its end. stays: the session does. */
void composites_abandon(struct engine *engine, const struct peer *peer, bool stays);
void composites_forget(struct engine *engine, const struct observation *observation);

void composites_free(struct engine *engine);
