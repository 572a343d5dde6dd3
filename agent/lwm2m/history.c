/* SPDX-License-Identifier: Apache-2.0 */
#include "lwm2m/history.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "lwm2m/codec.h"

/* Entries of one payload: more of the smallest ones than fit into it. */
#define BATCH_MAX 128

#define MSEC ((int64_t)USEC_PER_MSEC)

void history_init(struct history *history)
{
	*history = (struct history){ .deadline = USEC_INFINITY };
	list_init(&history->entries);
}

static size_t size_of(size_t len)
{
	return sizeof(struct history_entry) + len;
}

static struct history_entry *first_of(const struct observation *observation)
{
	return list_first_entry(&observation->history, struct history_entry, of_observation);
}

static void entry_free(struct history *history, struct history_entry *entry)
{
	struct observation *observation = entry->observation;

	/* The oldest are on their way: one that goes is one of them. */
	if (observation->n_sent > 0)
		observation->n_sent--;
	observation->n_history--;
	history->bytes -= size_of(entry->len);
	list_remove(&entry->link);
	list_remove(&entry->of_observation);
	free(entry);
}

void history_deinit(struct history *history)
{
	struct history_entry *entry, *safe;

	list_for_each_safe(entry, safe, &history->entries, link)
		entry_free(history, entry);
	buffer_deinit(&history->scratch);
}

/* The oldest of all; an observation has the oldest of its own in front, too. */
static int make_room(struct history *history, size_t size)
{
	int dropped = 0;

	if (size > history->limit)
		return -EMSGSIZE;
	while (history->bytes > history->limit - size) {
		entry_free(history, list_first_entry(&history->entries, struct history_entry, link));
		dropped = 1;
	}
	return dropped;
}

static int add(
	struct history *history, struct observation *observation, int64_t at, bool wall, struct bytes data)
{
	struct history_entry *entry = malloc(size_of(data.len));
	int r;

	if (!entry)
		return -ENOMEM;
	r = make_room(history, size_of(data.len));
	if (r < 0) {
		free(entry);
		return r;
	}
	*entry =
		(struct history_entry){ .observation = observation, .at = at, .wall = wall, .len = data.len };
	memcpy(entry->data, data.data, data.len);
	list_append(&history->entries, &entry->link);
	list_append(&observation->history, &entry->of_observation);
	history->bytes += size_of(data.len);
	observation->n_history++;
	while (observation->n_history > observation->hqmax)
		entry_free(history, first_of(observation));
	return r;
}

int history_add(
	struct history *history, struct observation *observation, int64_t at, const struct records *records)
{
	int r;

	buffer_clear(&history->scratch);
	r = codec_encode(CODEC_SENML_CBOR, &observation->path, records, &history->scratch);
	if (r < 0)
		return r;
	if (observation->n_history > 0) {
		const struct history_entry *last =
			list_entry(observation->history.prev, struct history_entry, of_observation);

		if (!last->wall && last->at + MSEC > at)
			at = last->at + MSEC;
	}
	return add(history, observation, at, false, buffer_bytes(&history->scratch));
}

int history_restore(struct history *history, struct observation *observation, int64_t at, struct bytes data)
{
	_cleanup_(records_deinit) struct records records = { 0 };

	if (codec_decode(CODEC_SENML_CBOR, &observation->path, data, NULL, &records) < 0)
		return -EBADMSG;
	return add(history, observation, at, true, data);
}

void history_drop(struct history *history, struct observation *observation)
{
	if (observation->n_history > 0)
		entry_free(history, first_of(observation));
}

/* What is dropped from now on is news again. */
static void rest(struct history *history)
{
	if (history_is_empty(history))
		history->full = false;
}

void history_forget(struct history *history, struct observation *observation)
{
	if (history->sending == observation)
		history_lost(history);
	while (observation->n_history > 0)
		history_drop(history, observation);
	rest(history);
}

/* Whole milliseconds, towards the past: a finer time is of no use, and a float could not tell it. */
static double seconds(int64_t usec)
{
	int64_t msec = usec / MSEC - (usec % MSEC < 0);

	return (double)msec / 1000;
}

double history_time(const struct history_clock *clock, const struct history_entry *entry)
{
	if (entry->wall)
		return seconds(entry->at);
	if (clock->known)
		return seconds(entry->at + clock->ahead);
	return seconds(entry->at - (int64_t)clock->now);
}

static int add_entry(const struct history_clock *clock, const struct history_entry *entry, bool timed,
	struct records *records)
{
	size_t first = records->count;
	int r = codec_decode(
		CODEC_SENML_CBOR, &entry->observation->path, BYTES(entry->data, entry->len), NULL, records);

	for (size_t i = first; i < records->count && timed; i++)
		if (records->items[i].time == 0)
			records->items[i].time = history_time(clock, entry);
	return r;
}

static int encode(const struct history_clock *clock, const struct observation *observation,
	unsigned int count, struct buffer *ret)
{
	_cleanup_(records_deinit) struct records records = { 0 };
	const struct history_entry *entry;
	bool timed =
		count > 1 || first_of(observation)->wall || first_of(observation)->at < (int64_t)clock->now;
	int r = 0;

	list_for_each(entry, &observation->history, of_observation) {
		if (count-- == 0 || r < 0)
			break;
		r = add_entry(clock, entry, timed, &records);
	}
	return r < 0 ? r : codec_encode(observation->format, &observation->path, &records, ret);
}

int history_encode(
	const struct history_clock *clock, const struct observation *observation, struct buffer *ret)
{
	unsigned int count =
		observation->n_history < BATCH_MAX ? (unsigned int)observation->n_history : BATCH_MAX;
	size_t limit = ret->limit;
	int r;

	do {
		ret->limit = count > 1 ? HISTORY_PAYLOAD : limit;
		r = encode(clock, observation, count, ret);
		if (r >= 0)
			r = (int)count;
		count = count * 3 / 4;
	} while ((r == -EMSGSIZE || r == -E2BIG) && count > 0);
	ret->limit = limit;
	return r;
}

void history_sent(struct history *history, struct observation *observation, unsigned int count, uint32_t id,
	usec_t deadline)
{
	history->sending = observation;
	history->id = id;
	history->deadline = deadline;
	observation->n_sent = count;
}

void history_confirmed(struct history *history)
{
	struct observation *observation = history->sending;

	while (observation->n_sent > 0)
		history_drop(history, observation);
	history_lost(history);
	rest(history);
}

void history_lost(struct history *history)
{
	if (history->sending)
		history->sending->n_sent = 0;
	history->sending = NULL;
	history->deadline = USEC_INFINITY;
}
