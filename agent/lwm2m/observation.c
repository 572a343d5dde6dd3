/* SPDX-License-Identifier: Apache-2.0 */
#include "lwm2m/observation.h"

#include <math.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/hash.h"

static void observation_free(struct observation *observation)
{
	free(observation->own);
	free(observation->paths);
	free(observation);
}

void observations_deinit(struct observations *observations)
{
	for (size_t i = 0; i < observations->count; i++)
		observation_free(observations->items[i]);
	free(observations->items);
	free(observations->parts);
	heap_deinit(&observations->due);
	*observations = (struct observations){ .limit = observations->limit };
}

/* The first observation whose path is not before path. */
static size_t lower_bound(const struct observations *observations, const struct path *path)
{
	size_t low = 0, high = observations->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (path_compare(&observations->items[middle]->path, path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The first part whose path is not before path. */
static size_t lower_part(const struct observations *observations, const struct path *path)
{
	size_t low = 0, high = observations->n_parts;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (path_compare(&observations->parts[middle].path, path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static usec_t later(usec_t a, usec_t b)
{
	return a > b ? a : b;
}

static usec_t after(usec_t since, uint32_t seconds)
{
	return usec_add(since, usec_from_s(seconds));
}

static usec_t overdue_at(const struct observation *observation)
{
	return observation->pmax_s ? after(observation->notified, observation->pmax_s) : USEC_INFINITY;
}

static usec_t due_at(const struct observation *observation)
{
	usec_t due = overdue_at(observation);

	if (observation->reading || observation->halted || (observation->suspended && !observation->storing))
		return USEC_INFINITY;
	if (observation->epmax_s)
		due = usec_min(due, after(observation->evaluated, observation->epmax_s));
	if (observation->changed)
		due = usec_min(due, after(observation->evaluated, observation->epmin_s));
	due = later(due, observation->changed ? after(observation->notified, observation->pmin_s) : 0);
	return later(due, observation->postponed);
}

/* A node that was in the heap once finds room there again, so that this cannot fail. */
static void reschedule(struct observations *observations, struct observation *observation)
{
	(void)heap_set(&observations->due, &observation->due, due_at(observation));
}

static int insert(struct observations *observations, struct observation *observation)
{
	size_t i = lower_bound(observations, &observation->path);

	if (observations->count == observations->allocated) {
		size_t allocated = observations->allocated ? observations->allocated * 2 : 16;
		struct observation **items =
			reallocarray(observations->items, allocated, sizeof(struct observation *));

		if (!items)
			return -ENOMEM;
		observations->items = items;
		observations->allocated = allocated;
	}
	memmove(&observations->items[i + 1], &observations->items[i],
		(observations->count - i) * sizeof(struct observation *));
	observations->items[i] = observation;
	observations->count++;
	return 0;
}

static void remove_parts(struct observations *observations, const struct observation *observation)
{
	size_t kept = 0;

	for (size_t i = 0; i < observations->n_parts; i++)
		if (observations->parts[i].observation != observation)
			observations->parts[kept++] = observations->parts[i];
	observations->n_parts = kept;
}

/* As new, but for its place and what is yet to be told of it. */
static void begin_anew(struct observation *observation, usec_t now)
{
	observation->accept = observation->format = -1;
	observation->effect = 0;
	observation->told_number = observation->seen_number = NAN;
	observation->told = 0;
	observation->notified = observation->evaluated = observation->confirmed = now;
	observation->postponed = 0;
	observation->changed = observation->reading = observation->suspended = observation->halted = false;
}

static void renew(struct observations *observations, struct observation *observation, usec_t now)
{
	if (observation->n_paths > 0)
		remove_parts(observations, observation);
	free(observation->paths);
	free(observation->own);
	observation->paths = NULL;
	observation->own = NULL;
	observation->n_paths = 0;
	observation->sequence = (observation->sequence + 1) & 0xffffff;
	begin_anew(observation, now);
	reschedule(observations, observation);
}

static struct observation *observation_new(
	uint16_t session, const struct path *path, struct bytes token, usec_t now)
{
	struct observation *observation = calloc(1, sizeof(*observation));

	if (!observation)
		return NULL;
	observation->session = session;
	observation->path = *path;
	observation->hqmax = UINT32_MAX;
	observation->token_len = (uint8_t)token.len;
	if (token.len > 0)
		memcpy(observation->token, token.data, token.len);
	list_init(&observation->history);
	begin_anew(observation, now);
	return observation;
}

int observation_add(struct observations *observations, usec_t now, uint16_t session, const struct path *path,
		    struct bytes token, struct observation **ret)
{
	struct observation *old = observation_find(observations, session, token);
	_cleanup_(freep) struct observation *observation = NULL;
	uint32_t sequence = old ? (old->sequence + 1) & 0xffffff : 0;
	int r;

	if (old && path_equal(&old->path, path)) {
		renew(observations, old, now);
		*ret = old;
		return 0;
	}
	if (old)
		observation_remove(observations, old);
	if (token.len > COAP_TOKEN_MAX)
		return -EINVAL;
	if (observations->limit && observations->count >= observations->limit)
		return -ENOSPC;
	observation = observation_new(session, path, token, now);
	if (!observation)
		return -ENOMEM;
	observation->sequence = sequence;
	r = heap_reserve(&observations->due, observations->count + 1);
	if (r >= 0)
		r = insert(observations, observation);
	if (r < 0)
		return r;
	*ret = steal_pointer(&observation);
	return 0;
}

int observation_set_paths(struct observations *observations, struct observation *observation,
			  const struct path *paths, size_t n_paths)
{
	struct observation_part *parts;

	if (observations->limit && observations->n_parts + n_paths > observations->limit)
		return -ENOSPC;
	parts = reallocarray(observations->parts, observations->n_parts + n_paths, sizeof(*parts));
	if (!parts)
		return -ENOMEM;
	observations->parts = parts;
	observation->paths = reallocarray(NULL, n_paths, sizeof(*paths));
	if (!observation->paths)
		return -ENOMEM;
	memcpy(observation->paths, paths, n_paths * sizeof(*paths));
	observation->n_paths = n_paths;
	for (size_t n = 0; n < n_paths; n++) {
		size_t i = lower_part(observations, &paths[n]);

		memmove(&parts[i + 1], &parts[i], (observations->n_parts - i) * sizeof(*parts));
		parts[i] = (struct observation_part){ paths[n], observation };
		observations->n_parts++;
	}
	return 0;
}

void observation_remove(struct observations *observations, struct observation *observation)
{
	size_t i = lower_bound(observations, &observation->path);

	if (observation->n_paths > 0)
		remove_parts(observations, observation);
	while (observations->items[i] != observation)
		i++;
	observations->count--;
	memmove(&observations->items[i], &observations->items[i + 1],
		(observations->count - i) * sizeof(struct observation *));
	heap_remove(&observations->due, &observation->due);
	observation_free(observation);
}

int observation_set_own(struct observation *observation, const struct attributes *own)
{
	if (!own->set)
		return 0;
	observation->own = malloc(sizeof(*own));
	if (!observation->own)
		return -ENOMEM;
	*observation->own = *own;
	return 0;
}

struct observation *observation_find(
	const struct observations *observations, uint16_t session, struct bytes token)
{
	for (size_t i = 0; i < observations->count; i++) {
		struct observation *observation = observations->items[i];

		if (observation->session == session &&
		    bytes_equal(BYTES(observation->token, observation->token_len), token))
			return observation;
	}
	return NULL;
}

struct observation *observation_find_effect(const struct observations *observations, uint32_t effect)
{
	for (size_t i = 0; i < observations->count; i++)
		if (observations->items[i]->effect == effect)
			return observations->items[i];
	return NULL;
}

bool observations_cover(const struct observations *observations, uint16_t oid)
{
	struct path path = PATH1(oid);
	size_t i = lower_bound(observations, &path), part = lower_part(observations, &path);

	if (part < observations->n_parts && path_contains(&path, &observations->parts[part].path))
		return true;
	/* the root comes first, and is every object */
	if (observations->n_parts > 0 && observations->parts[0].path.depth == PATH_ROOT)
		return true;
	return i < observations->count && path_contains(&path, &observations->items[i]->path);
}

static void mark(struct observations *observations, struct observation *observation)
{
	if (observation->changed && !observation->halted)
		return;
	observation->changed = true;
	observation->halted = false;
	if (!observation->reading)
		reschedule(observations, observation);
}

static void mark_parts(struct observations *observations, const struct path *path)
{
	size_t i;

	for (unsigned int depth = PATH_ROOT; depth < path->depth; depth++) {
		struct path above = path_prefix(*path, depth);

		for (i = lower_part(observations, &above);
		     i < observations->n_parts && path_equal(&observations->parts[i].path, &above); i++)
			mark(observations, observations->parts[i].observation);
	}
	for (i = lower_part(observations, path);
	     i < observations->n_parts && path_contains(path, &observations->parts[i].path); i++)
		mark(observations, observations->parts[i].observation);
}

void observations_mark(struct observations *observations, const struct path *path)
{
	size_t i;

	if (observations->n_parts > 0)
		mark_parts(observations, path);
	for (unsigned int depth = PATH_OBJECT; depth < path->depth; depth++) {
		struct path above = path_prefix(*path, depth);

		for (i = lower_bound(observations, &above);
		     i < observations->count && path_equal(&observations->items[i]->path, &above); i++)
			mark(observations, observations->items[i]);
	}
	for (i = lower_bound(observations, path);
	     i < observations->count && path_contains(path, &observations->items[i]->path); i++)
		mark(observations, observations->items[i]);
}

static uint32_t seconds(const struct attributes *attributes, enum attribute which)
{
	return (uint32_t)attributes_value(attributes, which, 0);
}

void observation_set_periods(
	struct observations *observations, struct observation *observation, const struct attributes *periods)
{
	observation->pmin_s = seconds(periods, ATTRIBUTE_PMIN);
	observation->pmax_s = seconds(periods, ATTRIBUTE_PMAX);
	observation->epmin_s = seconds(periods, ATTRIBUTE_EPMIN);
	observation->epmax_s = seconds(periods, ATTRIBUTE_EPMAX);
	if (observation->pmax_s < observation->pmin_s)
		observation->pmax_s = 0;
	if (observation->epmax_s < observation->epmin_s)
		observation->epmax_s = 0;
	reschedule(observations, observation);
}

bool observation_is_overdue(const struct observation *observation, usec_t now)
{
	return overdue_at(observation) <= now;
}

struct observation *observations_due(const struct observations *observations, usec_t now)
{
	struct heap_node *node = heap_first(&observations->due);

	return node && node->key <= now ? container_of(node, struct observation, due) : NULL;
}

void observation_begin(struct observations *observations, struct observation *observation)
{
	observation->reading = true;
	observation->changed = false;
	reschedule(observations, observation);
}

void observation_stored(struct observations *observations, struct observation *observation, usec_t now)
{
	observation->reading = false;
	observation->notified = observation->evaluated = now;
	reschedule(observations, observation);
}

uint32_t observation_sequence(struct observation *observation)
{
	observation->sequence = (observation->sequence + 1) & 0xffffff;
	return observation->sequence;
}

uint32_t observation_notified(struct observations *observations, struct observation *observation, usec_t now)
{
	observation_stored(observations, observation, now);
	return observation_sequence(observation);
}

bool observation_was_told(const struct observation *observation, struct bytes payload)
{
	return observation->told == hash_bytes(HASH_INIT, payload);
}

void observation_spare(struct observations *observations, struct observation *observation, usec_t now)
{
	observation->reading = false;
	observation->evaluated = now;
	reschedule(observations, observation);
}

void observation_idle(struct observations *observations, struct observation *observation)
{
	observation->reading = false;
	if (!observation->changed)
		heap_remove(&observations->due, &observation->due);
	else
		reschedule(observations, observation);
}

void observation_postpone(struct observations *observations, struct observation *observation, usec_t now)
{
	uint32_t pmin_s = observation->pmin_s ? observation->pmin_s : 1;

	observation->reading = false;
	observation->changed = true;
	observation->postponed = usec_add(now, usec_from_s(pmin_s));
	reschedule(observations, observation);
}

void observation_defer(struct observations *observations, struct observation *observation)
{
	observation->reading = false;
	observation->changed = true;
	reschedule(observations, observation);
}

void observation_suspend(struct observations *observations, struct observation *observation)
{
	observation->suspended = true;
	reschedule(observations, observation);
}

void observation_resume(struct observations *observations, struct observation *observation)
{
	observation->suspended = false;
	observation_go_on(observations, observation);
}

void observation_halt(struct observations *observations, struct observation *observation)
{
	observation->reading = false;
	observation->changed = observation->halted = true;
	reschedule(observations, observation);
}

void observation_go_on(struct observations *observations, struct observation *observation)
{
	if (!observation->suspended && observation->n_history == 0)
		observation->halted = false;
	reschedule(observations, observation);
}
