/* SPDX-License-Identifier: Apache-2.0 */
#include "lwm2m/engine-internal.h"

/* Who has no priority neither waits nor is waited for (1/x/13); the same priority: in order of configuration. */
static bool is_before(const struct peer *peer, const struct peer *other)
{
	uint32_t priority = peer->server->priority;

	if (priority == SERVER_NO_PRIORITY)
		return false;
	return priority < other->server->priority || (priority == other->server->priority && peer < other);
}

static struct peer *first_in_line(const struct engine *engine)
{
	struct peer *first = NULL;

	for (size_t i = 0; i < engine->n_peers; i++)
		if (engine->peers[i].registration.in_line && (!first || is_before(&engine->peers[i], first)))
			first = &engine->peers[i];
	return first;
}

/* A registration that was stopped holds up nobody. */
static bool has_its_turn(const struct engine *engine, const struct peer *peer)
{
	for (size_t i = 0; i < engine->n_peers; i++) {
		const struct registration *registration = &engine->peers[i].registration;

		if (is_before(&engine->peers[i], peer) && registration->state != REGISTRATION_IDLE &&
			!registration->passed)
			return false;
	}
	return true;
}

void order_tick(struct engine *engine)
{
	struct peer *peer;

	if (!engine->in_line)
		return;
	while ((peer = first_in_line(engine)) && has_its_turn(engine, peer)) {
		peer->registration.in_line = false;
		peer_start(engine, peer);
	}
	engine->in_line = peer != NULL;
}

void order_start(struct engine *engine)
{
	for (size_t i = 0; i < engine->n_peers; i++) {
		struct peer *peer = &engine->peers[i];

		if (!peer->server->enabled || peer->registration.state != REGISTRATION_IDLE)
			continue;
		if (peer->server->priority == SERVER_NO_PRIORITY)
			peer_start(engine, peer);
		else
			peer->registration.in_line = engine->in_line = true;
	}
	order_tick(engine);
}
