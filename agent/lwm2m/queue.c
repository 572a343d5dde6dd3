/* SPDX-License-Identifier: Apache-2.0 */
#include "lwm2m/engine-internal.h"

static bool may_sleep(const struct peer *peer)
{
	return peer->server->queue && peer->registration.state == REGISTRATION_REGISTERED;
}

void queue_heard(struct engine *engine, struct peer *peer)
{
	peer->awake_until = usec_add(engine->now, usec_from_s(peer->server->awake_s));
	peer->registration.asleep = false;
}

usec_t queue_deadline(const struct peer *peer)
{
	return may_sleep(peer) && !peer->registration.asleep ? peer->awake_until : USEC_INFINITY;
}

void queue_tick(struct engine *engine, struct peer *peer)
{
	if (queue_deadline(peer) > engine->now)
		return;
	peer->registration.asleep = true;
	engine_event(engine, peer, EVENT_ASLEEP, NULL);
}

bool queue_is_asleep(const struct peer *peer)
{
	return may_sleep(peer) && peer->registration.asleep;
}

/* A confirmable Update is how the server learns that we are awake (Transport 1.1, 6.5). */
void queue_wake(struct engine *engine, struct peer *peer)
{
	enum registration_state before = peer->registration.state;

	peer->waking = true;
	registration_update(&peer->registration, engine->now, engine->effects);
	peer_follow(engine, peer, before);
}
