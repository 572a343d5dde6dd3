/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "lwm2m/engine-internal.h"

int peers_add(struct engine *engine)
{
	struct server *server;
	size_t count = 0;

	list_for_each(server, &engine->servers->list, link)
		count += !server->bootstrap;
	engine->peers = calloc(count ? count : 1, sizeof(*engine->peers));
	if (!engine->peers)
		return -ENOMEM;
	list_for_each(server, &engine->servers->list, link) {
		struct peer *peer = &engine->peers[engine->n_peers];

		if (server->bootstrap)
			continue;
		server->session = (uint16_t)engine->n_peers++;
		peer->server = server;
		registration_init(&peer->registration, server, &engine->client);
		body_init(&peer->body, engine->limits.payload);
		history_init(&peer->history);
	}
	return 0;
}

void peers_deinit(struct engine *engine)
{
	for (size_t i = 0; i < engine->n_peers; i++) {
		registration_deinit(&engine->peers[i].registration);
		body_deinit(&engine->peers[i].body);
		history_deinit(&engine->peers[i].history);
	}
	free(engine->peers);
}

struct peer *peer_find(const struct engine *engine, uint16_t session)
{
	return session < engine->n_peers ? &engine->peers[session] : NULL;
}

/*
 * Observations live as long as the registration that they were made under. An Update over a new session
 * carries them over; until it is answered the server does not know where we are. Nobody waits for an answer
 * over a session that is gone.
 */
void peer_follow(struct engine *engine, struct peer *peer, enum registration_state before)
{
	const struct registration *registration = &peer->registration;
	enum registration_state after = registration->state;
	bool stands = after == REGISTRATION_REGISTERED || after == REGISTRATION_UPDATING;
	bool lives = stands || ((after == REGISTRATION_CONNECTING || after == REGISTRATION_WAITING) &&
				       registration->resume);
	bool suspend;
	bool known = lives && registration->location.len > 0;

	peer->waking = peer->waking && after == REGISTRATION_UPDATING;
	suspend = !stands || registration->unheard || peer->waking;
	if (!lives)
		notify_forget_peer(engine, peer);
	else if (suspend != peer->suspended)
		notify_suspend_peer(engine, peer, suspend);
	peer->suspended = suspend;
	backlog_flush(engine, peer);
	if (known != peer->known || (stands && before == REGISTRATION_REGISTERING))
		peer_state_changed(engine, peer);
	if (!known && peer->known) {
		/* What follows may be a registration with the same location, under which nothing of this stands. */
		peer->known = false;
		peer_state_keep(engine, peer);
	}
	peer->known = known;
	if ((engine->in_line || engine->bootstrap.server) && before != after)
		engine->attention = true;
	if (!registration_stands(registration) && before != after)
		requests_abandon(engine, peer);
}

struct peer *peer_find_server(const struct engine *engine, const struct server *server)
{
	for (size_t i = 0; i < engine->n_peers; i++)
		if (engine->peers[i].server == server)
			return &engine->peers[i];
	return NULL;
}

struct peer *peer_find_request(const struct engine *engine, uint32_t id)
{
	for (size_t i = 0; i < engine->n_peers; i++)
		if (engine->peers[i].registration.request == id)
			return &engine->peers[i];
	return NULL;
}

void peer_start(struct engine *engine, struct peer *peer)
{
	enum registration_state before = peer->registration.state;

	if (!peer->server->enabled)
		return;
	registration_start(&peer->registration, engine->now, engine->effects);
	peer_follow(engine, peer, before);
}

void peer_stop(struct engine *engine, struct peer *peer, bool deregister)
{
	enum registration_state before = peer->registration.state;

	if (deregister) {
		registration_stop(&peer->registration, engine->now, engine->effects);
	} else {
		if (!peer->state_final) {
			peer_state_write(engine, peer);
			backlog_state_write(engine, peer);
		}
		peer->state_final = true;
		registration_leave(&peer->registration, engine->effects);
	}
	peer_follow(engine, peer, before);
}

void peer_tick(struct engine *engine, struct peer *peer)
{
	enum registration_state before = peer->registration.state;

	body_tick(&peer->body, engine->now);
	peer_state_tick(engine, peer);
	backlog_tick(engine, peer);
	queue_tick(engine, peer);
	if (peer->registration.deadline > engine->now)
		return;
	registration_tick(&peer->registration, engine->now, engine->effects);
	peer_follow(engine, peer, before);
}
