/* SPDX-License-Identifier: Apache-2.0 */
/*
 * history.h - what a server is yet to be told, with the time it is of
 *
 * One history for each server holds what came up for its observations while nobody could be told (1/x/6),
 * oldest first, and what was sent and is not acknowledged yet. An entry belongs to one observation, which
 * knows its own entries in the same order. An entry is kept as SenML CBOR; history_encode() makes a payload
 * of several. Two limits drop the oldest: hqmax of the observation counts entries, the history's own limit
 * counts every byte that its entries take.
 */
#pragma once

#include "base/list.h"
#include "lwm2m/observation.h"
#include "lwm2m/records.h"

/*
 * An entry's time is of the engine's clock as long as the engine runs, so that a wall clock that is set
 * later sets it right; what an earlier run left has the time of the wall clock.
 */
struct history_entry {
	struct list link;           /* in history->entries */
	struct list of_observation; /* in observation->history */
	struct observation *observation;
	int64_t at; /* microseconds */
	bool wall;  /* since 1970 */
	size_t len;
	uint8_t data[]; /* SenML CBOR, without a time unless the values had one */
};

struct history {
	struct list entries;
	size_t bytes, limit;
	struct buffer scratch;
	struct observation *sending; /* its first entries are on their way */
	uint32_t id;                 /* of the effect */
	usec_t deadline;             /* they count as lost then, or are tried again */
	bool full;                   /* something was dropped since the server was there */
};

/* The engine's time, and what the wall clock says then. */
struct history_clock {
	usec_t now;
	int64_t ahead; /* microseconds from now to the time since 1970 */
	bool known;    /* ahead is */
};

void history_init(struct history *history);
void history_deinit(struct history *history);

static inline bool history_is_empty(const struct history *history)
{
	return list_is_empty(&history->entries);
}

/*
 * Adds what an observation would have told at the time at. 1: the oldest entries had to go for it, to keep
 * the limit. Within an observation times differ by a millisecond at least, since a server may take values of
 * one time for the same. -EMSGSIZE: more than all that is allowed. -ENOTSUP, -ENOMEM. Nothing changed then.
 */
int history_add(
	struct history *history, struct observation *observation, int64_t at, const struct records *records);

/*
 * The same of an entry as history_entry.data has it, with a time of the wall clock: -EBADMSG when it is no
 * such thing.
 */
int history_restore(struct history *history, struct observation *observation, int64_t at, struct bytes data);

/* The observation goes, and all that was to be told of it. */
void history_forget(struct history *history, struct observation *observation);

/*
 * Appends a payload of the observation's oldest entries, in its format: as many as fit into HISTORY_PAYLOAD,
 * at least one. Returns how many. What is of now and alone has no time. -ENOTSUP, -EMSGSIZE: the oldest one
 * fits into no payload at all. -ENOMEM.
 */
int history_encode(
	const struct history_clock *clock, const struct observation *observation, struct buffer *ret);

/*
 * One block of a transfer (RFC 7959), the largest there is: the server has all of what it acknowledges. More
 * would have to be fetched in blocks, and an acknowledgement says nothing about those.
 */
#define HISTORY_PAYLOAD 1024

/* The first count entries of the observation are on their way, until deadline. */
void history_sent(struct history *history, struct observation *observation, unsigned int count, uint32_t id,
	usec_t deadline);

/* The server has them. */
void history_confirmed(struct history *history);

/* It has not, as far as we know: they wait again. */
void history_lost(struct history *history);

/* The oldest entry of the observation goes. */
void history_drop(struct history *history, struct observation *observation);

/* Seconds since 1970, or before now (0 or less) where the wall clock is not set (RFC 8428, 4.5.3). */
double history_time(const struct history_clock *clock, const struct history_entry *entry);
