/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a server was not told yet (history.h) goes out here, oldest first and one notification at a time (RFC
 * 7252, 4.7): each is confirmable and stays until it is acknowledged. While an observation has a history,
 * what comes up for it is added to it, so that the server never hears of old things after new ones.
 */
#include "lwm2m/codec.h"
#include "lwm2m/engine-internal.h"

/* RFC 7252, 4.8.2: EXCHANGE_LIFETIME. The transport says sooner what became of it, unless it lost track. */
#define CONFIRM_TIMEOUT (247 * USEC_PER_SEC)

#define RETRY_INTERVAL USEC_PER_SEC

/* 2020-01-01: a wall clock that is behind was never set. */
#define WALL_MIN (INT64_C(1577836800) * (int64_t)USEC_PER_SEC)

struct history_clock backlog_clock(const struct engine *engine)
{
	return (struct history_clock){
		.now = engine->now,
		.ahead = engine->wall_ahead,
		.known = (int64_t)engine->now + engine->wall_ahead >= WALL_MIN,
	};
}

bool engine_set_wall_clock(struct engine *engine, usec_t now, int64_t ahead)
{
	bool before, after;

	engine->now = now;
	before = backlog_clock(engine).known;
	engine->wall_ahead = ahead;
	after = backlog_clock(engine).known;
	for (size_t i = 0; i < engine->n_peers && after && !before; i++)
		if (!history_is_empty(&engine->peers[i].history))
			backlog_changed(engine, &engine->peers[i]);
	return after;
}

void backlog_set_storing(
	struct engine *engine, struct observation *observation, const struct attributes *attributes)
{
	struct server *server = engine->peers[observation->session].server;
	double hqmax = attributes_value(attributes, ATTRIBUTE_HQMAX, UINT32_MAX);

	observation->hqmax = (uint32_t)hqmax;
	observation->storing = server->notification_storing && server->history_size > 0 &&
			       observation->hqmax > 0 && codec_has_times(observation->format);
	while (observation->storing && observation->n_history > observation->hqmax)
		history_drop(&engine->peers[observation->session].history, observation);
	if (!observation->storing && !codec_has_times(observation->format))
		backlog_forget(engine, observation);
}

bool backlog_takes(
	const struct engine *engine, const struct observation *observation, bool confirmable, size_t size)
{
	const struct peer *peer = &engine->peers[observation->session];

	return observation->storing && size + sizeof(struct history_entry) <= peer->server->history_size &&
	       (confirmable || observation->suspended || observation->n_history > 0 || queue_is_asleep(peer));
}

int backlog_add(struct engine *engine, struct observation *observation, const struct records *records)
{
	struct peer *peer = &engine->peers[observation->session];

	peer->history.limit = peer->server->history_size;
	return history_add(&peer->history, observation, (int64_t)engine->now, records);
}

static void tell_full(struct engine *engine, struct peer *peer, const struct observation *observation)
{
	if (!peer->history.full)
		engine_event(engine, peer, EVENT_HISTORY_FULL, &observation->path);
	peer->history.full = true;
}

void backlog_added(struct engine *engine, struct observation *observation, int outcome)
{
	struct peer *peer = &engine->peers[observation->session];

	if (outcome < 0) {
		observation_postpone(&engine->observations, observation, engine->now);
		return;
	}
	if (outcome > 0)
		tell_full(engine, peer, observation);
	observation_stored(&engine->observations, observation, engine->now);
	backlog_changed(engine, peer);
	backlog_flush(engine, peer);
}

void backlog_too_large(struct engine *engine, struct observation *observation)
{
	tell_full(engine, &engine->peers[observation->session], observation);
	observation_halt(&engine->observations, observation);
}

/* Nothing of a history that ends here holds the observation up any more. */
static void go_on(struct engine *engine, struct observation *observation)
{
	if (observation->n_history == 0)
		observation_go_on(&engine->observations, observation);
}

/* -ENOTSUP and -EMSGSIZE are for ever: what cannot be told goes, so that the rest can be. */
static int send_oldest(struct engine *engine, struct peer *peer, struct observation *observation)
{
	struct history_clock clock = backlog_clock(engine);
	struct effect *effect = notify_effect_add(engine, observation, COAP_CONTENT);
	int count;

	if (!effect)
		return -ENOMEM;
	effects_payload(effect)->limit = engine->limits.payload;
	count = history_encode(&clock, observation, effects_payload(effect));
	if (count < 0) {
		effects_cancel(engine->effects, effect);
		return count;
	}
	observation->confirmed = engine->now;
	effect->id = engine_next_id(engine);
	effect->message.confirmable = true;
	effect->message.format = observation->format;
	effect->message.observe = (int32_t)observation_sequence(observation);
	history_sent(&peer->history, observation, (unsigned int)count, effect->id,
		usec_add(engine->now, CONFIRM_TIMEOUT));
	notify_sequence_changed(engine, observation);
	return 0;
}

void backlog_flush(struct engine *engine, struct peer *peer)
{
	struct history *history = &peer->history;
	struct history_entry *entry;
	int r = -EAGAIN;

	if (peer->suspended || history->sending || history_is_empty(history))
		return;
	if (queue_is_asleep(peer)) {
		queue_wake(engine, peer);
		return;
	}
	while (r < 0 && (entry = list_first_entry(&history->entries, struct history_entry, link))) {
		struct observation *observation = entry->observation;

		r = send_oldest(engine, peer, observation);
		if (r == -ENOMEM) {
			history->deadline = usec_add(engine->now, RETRY_INTERVAL);
			return;
		}
		if (r < 0) {
			history_drop(history, observation);
			go_on(engine, observation);
			backlog_changed(engine, peer);
		}
	}
}

/* The server may be gone: an Update says, and nothing more is sent before it is answered. */
static void lost(struct engine *engine, struct peer *peer)
{
	history_lost(&peer->history);
	queue_wake(engine, peer);
}

bool backlog_answered(struct engine *engine, uint32_t id, int error)
{
	for (size_t i = 0; i < engine->n_peers; i++) {
		struct peer *peer = &engine->peers[i];
		struct observation *observation = peer->history.sending;

		if (!observation || peer->history.id != id)
			continue;
		if (error == -ECONNRESET) {
			notify_forget(engine, observation);
			backlog_flush(engine, peer);
		} else if (error < 0) {
			lost(engine, peer);
		} else {
			history_confirmed(&peer->history);
			go_on(engine, observation);
			backlog_changed(engine, peer);
			backlog_flush(engine, peer);
		}
		return true;
	}
	return false;
}

void backlog_suspend(struct peer *peer, bool suspend)
{
	if (suspend)
		history_lost(&peer->history);
	else
		peer->history.full = false;
}

void backlog_forget(struct engine *engine, struct observation *observation)
{
	struct peer *peer = &engine->peers[observation->session];

	if (observation->n_history == 0)
		return;
	history_forget(&peer->history, observation);
	backlog_changed(engine, peer);
}

void backlog_tick(struct engine *engine, struct peer *peer)
{
	if (peer->history.deadline <= engine->now) {
		if (peer->history.sending)
			lost(engine, peer);
		else
			history_lost(&peer->history);
		backlog_flush(engine, peer);
	}
	backlog_state_tick(engine, peer);
}
