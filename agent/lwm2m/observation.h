/* SPDX-License-Identifier: Apache-2.0 */
/*
 * observation.h - who watches what, and when a change is due to be told
 *
 * The table holds observations in the order of their paths, so that a change finds those it concerns by
 * binary search however many there are, and a heap of the times at which one is due. An observation is due
 * pmin after its last notification once something changed, and pmax after it in any case (Core 1.2, 5.1.2).
 * Marked as changed is not changed: a value may be written that was there before, or be reported twice.
 * While its value is being read (observation_begin … observation_notified or _postpone) it is not due; a
 * change meanwhile is not lost.
 */
#pragma once

#include "base/heap.h"
#include "base/list.h"
#include "lwm2m/attributes.h"
#include "lwm2m/message.h"
#include "lwm2m/path.h"

/*
 * What a composite observation watches: its own path is the root, and each path that it watches is a part, which a
 * change finds by binary search as it finds observations.
 */
struct observation_part {
	struct path path;
	struct observation *observation;
};

struct observation {
	struct heap_node due;
	uint16_t session;
	struct path path;
	uint8_t token[COAP_TOKEN_MAX];
	uint8_t token_len;
	int32_t accept;    /* as the server asked, -1: absent */
	int32_t format;    /* Content-Format of the notifications */
	uint32_t sequence; /* Observe option value of the last one, 24 bits */
	uint32_t effect;   /* id of its EFFECT_NOTIFYs */
	struct attributes *own; /* given with the Observe (1.2), or NULL */
	uint32_t pmin_s, pmax_s, epmin_s, epmax_s; /* in force; pmax, epmax 0: none */
	double told_number; /* the number told last, for gt, lt and st; NAN: it was none */
	double seen_number; /* the number when it was looked at last, for edge */
	usec_t notified;   /* last notification, or the response to Observe */
	usec_t evaluated;  /* last time its value was looked at */
	usec_t confirmed;  /* last one that was sent confirmable */
	usec_t postponed;  /* a change is not told before */
	uint64_t told;     /* hash of the last payload; 0: none is known */
	bool changed, reading, suspended;
	bool storing; /* goes on while it is suspended: what comes up is kept, see history.h */
	bool halted;  /* its end is told once there is somebody to tell, after its history */
	uint32_t hqmax;      /* entries of its history at most */
	struct list history; /* struct history_entry.of_observation, oldest first */
	size_t n_history, n_sent; /* of them the first n_sent are on their way */
	struct path *paths; /* of a composite observation, in the order of the request; NULL: it is none */
	size_t n_paths;
};

struct observations {
	struct observation **items; /* by path */
	size_t count, allocated, limit;
	struct heap due;
	struct observation_part *parts; /* by path */
	size_t n_parts;
};

void observations_deinit(struct observations *observations);

/*
 * -ENOSPC: past the limit, -ENOMEM. One of the same session and token is replaced, and goes on with its
 * sequence: the server takes smaller numbers for old news (RFC 7641, 3.4). With the same path it keeps its history.
 */
int observation_add(struct observations *observations, usec_t now, uint16_t session, const struct path *path,
		    struct bytes token, struct observation **ret);
void observation_remove(struct observations *observations, struct observation *observation);

struct observation *observation_find(
	const struct observations *observations, uint16_t session, struct bytes token);
struct observation *observation_find_effect(const struct observations *observations, uint32_t effect);

/* The observation's own attributes, until it ends. -ENOMEM. */
int observation_set_own(struct observation *observation, const struct attributes *own);

/* Makes a new observation of the root a composite one. -ENOSPC: past the limit, which counts parts too; -ENOMEM. */
int observation_set_paths(struct observations *observations, struct observation *observation,
			  const struct path *paths, size_t n_paths);

/* Is anything of this object observed? */
bool observations_cover(const struct observations *observations, uint16_t oid);

/* A value at or below path changed. */
void observations_mark(struct observations *observations, const struct path *path);

/* Sets pmin, pmax, epmin and epmax, in seconds; a maximum below its minimum or of 0 is none. */
void observation_set_periods(
	struct observations *observations, struct observation *observation, const struct attributes *periods);

/* Has pmax passed at now, so that it has to be told whatever its value? */
bool observation_is_overdue(const struct observation *observation, usec_t now);

/* One that is due at now, or NULL. */
struct observation *observations_due(const struct observations *observations, usec_t now);

/* Its value is being read. */
void observation_begin(struct observations *observations, struct observation *observation);

/* The next value of the Observe option. */
uint32_t observation_sequence(struct observation *observation);

/* It was told at now; the timers start again. Returns the Observe option's value. */
uint32_t observation_notified(struct observations *observations, struct observation *observation, usec_t now);

/* Is this what the server was told last? */
bool observation_was_told(const struct observation *observation, struct bytes payload);

/* It was due at now, and what there was to tell is in its history; the timers start again. */
void observation_stored(struct observations *observations, struct observation *observation, usec_t now);

/* Its value was looked at at now and is not worth telling. */
void observation_spare(struct observations *observations, struct observation *observation, usec_t now);

/* There is no value to tell: due again when something changes. */
void observation_idle(struct observations *observations, struct observation *observation);

/* It could not be read; again after pmin, counted from now, and one second at least. */
void observation_postpone(struct observations *observations, struct observation *observation, usec_t now);

/* It is told later, as soon as it is not suspended any more. */
void observation_defer(struct observations *observations, struct observation *observation);

/* Nobody is there to be told: not due until observation_resume(), unless it is storing. */
void observation_suspend(struct observations *observations, struct observation *observation);
void observation_resume(struct observations *observations, struct observation *observation);

/*
 * Not due, though it is storing, until something changes or observation_go_on() finds that it is not suspended and has no
 * history.
 */
void observation_halt(struct observations *observations, struct observation *observation);
void observation_go_on(struct observations *observations, struct observation *observation);
