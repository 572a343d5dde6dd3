/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "lwm2m/acl.h"
#include "lwm2m/bootstrap.h"
#include "lwm2m/composite.h"
#include "lwm2m/discover.h"
#include "lwm2m/engine-internal.h"

static const struct engine_limits default_limits = {
	.observations = 1000,
	.operations = 64,
	.payload = 1024 * 1024,
	.operation_timeout_s = 10,
};

#define SERVER_OBJECT 1
#define QUOTA_INTERVAL (3600 * USEC_PER_SEC)

static void forget_attributes(struct engine *engine, const struct path *path)
{
	if (engine->attributes.count == 0)
		return;
	attributes_forget_path(&engine->attributes, path);
	peer_state_changed(engine, NULL);
}

static void on_instance(struct engine *engine, const struct path *path)
{
	const struct object *object = registry_find(engine->registry, path->ids[0]);

	engine->links_changed = true;
	requests_orphan(engine, path->ids[0], object);
	if (!object || (path->depth == PATH_INSTANCE && !object_has_instance(object, path->ids[1]))) {
		forget_attributes(engine, path);
		if (engine->registry->acl)
			acl_forget(engine->registry->acl, path);
	}
	observations_mark(&engine->observations, path);
}

/* Marks only: what follows from a change is done by engine_tick(). */
static void on_change(void *userdata, enum registry_change change, const struct path *path)
{
	struct engine *engine = userdata;
	struct object *object;

	switch (change) {
	case REGISTRY_INSTANCE:
		on_instance(engine, path);
		engine->attention = true;
		break;
	case REGISTRY_VALUE:
		observations_mark(&engine->observations, path);
		if (path->ids[0] == SERVER_OBJECT)
			engine->defaults_changed = engine->attention = true;
		break;
	case REGISTRY_PERSIST:
		object = registry_find(engine->registry, path->ids[0]);
		if (object)
			object->persist_pending = engine->attention = true;
		break;
	}
}

static void take_limits(struct engine *engine, const struct engine_limits *limits)
{
	engine->limits = default_limits;
	if (limits->observations)
		engine->limits.observations = limits->observations;
	if (limits->operations)
		engine->limits.operations = limits->operations;
	if (limits->payload)
		engine->limits.payload = limits->payload;
	if (limits->operation_timeout_s)
		engine->limits.operation_timeout_s = limits->operation_timeout_s;
	engine->observations.limit = engine->limits.observations;
	engine->attributes.limit = engine->limits.observations;
}

DEFINE_CLEANUP(struct engine *, engine_free)

static void replace(struct buffer *buffer, struct buffer *by)
{
	buffer_deinit(buffer);
	*buffer = *by;
	*by = (struct buffer){ 0 };
}

/* 1: the list is another now, 0: it came back to what it was, or -ENOMEM. */
static int renew_links(struct engine *engine)
{
	_cleanup_(buffer_deinit) struct buffer links = { 0 }, links_1_2 = { 0 };
	struct registration_client *client = &engine->client;
	int r = discover_registry(engine->registry, LWM2M_1_1, &links);

	if (r < 0 || (client->links_serial > 0 && bytes_equal(buffer_bytes(&links), buffer_bytes(&client->links))))
		return r;
	r = discover_registry(engine->registry, LWM2M_1_2, &links_1_2);
	if (r >= 0)
		r = profile_digest(engine->registry, client->profile);
	if (r < 0)
		return r;
	replace(&client->links, &links);
	replace(&client->links_1_2, &links_1_2);
	client->links_serial++;
	return 1;
}

int engine_new(const struct engine_config *config, struct registry *registry, struct servers *servers,
	       struct engine **ret)
{
	_cleanup_(engine_freep) struct engine *engine = calloc(1, sizeof(*engine));
	int r;

	if (!engine)
		return -ENOMEM;
	engine->registry = registry;
	engine->servers = servers;
	list_init(&engine->requests);
	list_init(&engine->spare);
	list_init(&engine->composites);
	list_init(&engine->answers);
	take_limits(engine, &config->limits);
	engine->endpoint = strdup(config->endpoint);
	if (!engine->endpoint)
		return -ENOMEM;
	engine->client.endpoint = engine->endpoint;
	engine->client.random = config->seed;
	r = effects_new(&engine->effects);
	if (r >= 0)
		r = peers_add(engine);
	engine->accounts = config->accounts;
	engine->accounts_userdata = config->accounts_userdata;
	engine->accounts_origin = config->accounts_origin;
	engine->bootstrapped = config->bootstrapped;
	bootstrap_init(engine);
	if (r >= 0)
		r = renew_links(engine);
	if (r < 0)
		return r;
	engine->links_changed = engine->attention = registry->acl != NULL;
	registry->listener = on_change;
	registry->userdata = engine;
	*ret = steal_pointer(&engine);
	return 0;
}

static void free_requests(struct list *list)
{
	struct request *request, *safe;

	list_for_each_safe(request, safe, list, link) {
		records_deinit(&request->operation.records);
		free(request);
	}
}

struct engine *engine_free(struct engine *engine)
{
	if (!engine)
		return NULL;
	engine->registry->listener = NULL;
	peers_deinit(engine);
	bootstrap_deinit(engine);
	composites_free(engine);
	operate_deinit(engine);
	free(engine->watched);
	free_requests(&engine->requests);
	free_requests(&engine->spare);
	heap_deinit(&engine->timeouts);
	observations_deinit(&engine->observations);
	attributes_store_deinit(&engine->attributes);
	effects_free(engine->effects);
	buffer_deinit(&engine->client.links);
	buffer_deinit(&engine->client.links_1_2);
	free(engine->endpoint);
	free(engine);
	return NULL;
}

static void enter(struct engine *engine, usec_t now)
{
	engine->now = now;
	engine->depth++;
}

static void leave(struct engine *engine)
{
	engine->depth--;
}

uint32_t engine_next_id(struct engine *engine)
{
	if (++engine->client.next_request == 0)
		engine->client.next_request = 1;
	return engine->client.next_request;
}

void engine_event(struct engine *engine, struct peer *peer, enum event_type event, const struct path *path)
{
	struct effect *effect = effects_add(engine->effects, EFFECT_EVENT);
	char text[PATH_TEXT_MAX];

	if (!effect)
		return;
	effect->event = event;
	effect->server = peer ? peer->server : NULL;
	if (path) {
		path_format(path, text);
		(void)buffer_append_text(effects_path(effect), text);
	}
}

void engine_quota(struct engine *engine, struct peer *peer, enum quota quota, const struct path *path)
{
	if (peer->quota_told_until[quota] > engine->now)
		return;
	peer->quota_told_until[quota] = usec_add(engine->now, QUOTA_INTERVAL);
	engine_event(engine, peer, EVENT_QUOTA, path);
}

void engine_start(struct engine *engine, usec_t now)
{
	enter(engine, now);
	order_start(engine);
	bootstrap_start(engine);
	leave(engine);
}

void engine_stop(struct engine *engine, usec_t now, bool deregister)
{
	enter(engine, now);
	for (size_t i = 0; i < engine->n_peers; i++)
		peer_stop(engine, &engine->peers[i], deregister);
	bootstrap_stop(engine);
	leave(engine);
}

bool engine_is_idle(const struct engine *engine)
{
	for (size_t i = 0; i < engine->n_peers; i++)
		if (engine->peers[i].registration.state != REGISTRATION_IDLE)
			return false;
	return true;
}

static bool is_bootstrap_session(const struct engine *engine, uint16_t session)
{
	return engine->bootstrap.server && engine->bootstrap.server->session == session;
}

void engine_request(struct engine *engine, usec_t now, const struct message *request)
{
	struct peer *peer = peer_find(engine, request->session);

	enter(engine, now);
	/* Silence (code 0) until the server has said that we are registered: it asks again. */
	if (peer && registration_stands(&peer->registration))
		serve_request(engine, peer, request);
	else if (peer)
		serve_reply(engine, peer, request->id, 0);
	else if (is_bootstrap_session(engine, request->session))
		bootstrap_serve(engine, request);
	leave(engine);
}

void engine_connected(struct engine *engine, usec_t now, uint16_t session, int error)
{
	struct peer *peer = peer_find(engine, session);
	enum registration_state before;

	enter(engine, now);
	if (peer) {
		before = peer->registration.state;
		registration_connected(&peer->registration, now, error, engine->effects);
		peer_follow(engine, peer, before);
	} else if (is_bootstrap_session(engine, session)) {
		bootstrap_connected(engine, error);
	}
	leave(engine);
}

static void notification_failed(struct engine *engine, struct observation *observation, int error)
{
	struct peer *peer = &engine->peers[observation->session];

	if (error == -ECONNRESET)
		notify_forget(engine, observation);
	else
		registration_update(&peer->registration, engine->now, engine->effects);
}

void engine_response(
	struct engine *engine, usec_t now, uint32_t id, int error, const struct message *response)
{
	struct peer *peer = id ? peer_find_request(engine, id) : NULL;
	struct observation *observation;

	enter(engine, now);
	if (peer) {
		enum registration_state before = peer->registration.state;

		if (error == 0)
			queue_heard(engine, peer);
		registration_response(&peer->registration, now, error, response, engine->effects);
		peer_follow(engine, peer, before);
	} else if (id != 0 && id == engine->bootstrap.request) {
		bootstrap_answered(engine, error, response);
	} else if (!backlog_answered(engine, id, error) &&
		   !composite_answered(engine, id, error, response) && error < 0) {
		observation = observation_find_effect(&engine->observations, id);
		if (observation)
			notification_failed(engine, observation, error);
	}
	leave(engine);
}

static void update_links(struct engine *engine)
{
	int r;

	if (engine->registry->acl)
		acl_fill(engine->registry->acl, engine->registry);
	r = renew_links(engine);
	engine->links_changed = r < 0;
	if (r > 0)
		for (size_t i = 0; i < engine->n_peers; i++)
			registration_update(&engine->peers[i].registration, engine->now, engine->effects);
	for (size_t i = 0; i < engine->registry->n_objects; i++)
		notify_watch(engine, engine->registry->objects[i]);
}

void engine_tick(struct engine *engine, usec_t now)
{
	enter(engine, now);
	engine->attention = false;
	requests_tick(engine);
	if (engine->links_changed)
		update_links(engine);
	if (engine->defaults_changed)
		notify_apply_attributes_all(engine);
	engine->defaults_changed = false;
	for (size_t i = 0; i < engine->n_peers; i++)
		peer_tick(engine, &engine->peers[i]);
	order_tick(engine);
	bootstrap_tick(engine);
	notify_tick(engine);
	persist_tick(engine);
	leave(engine);
}

void engine_not_kept(struct engine *engine, usec_t now, const struct effect *effect)
{
	enter(engine, now);
	persist_not_kept(engine, effect);
	leave(engine);
}

void engine_keep_again(struct engine *engine, usec_t now)
{
	enter(engine, now);
	persist_again(engine);
	leave(engine);
}

usec_t engine_deadline(const struct engine *engine)
{
	usec_t deadline =
		usec_min(heap_deadline(&engine->timeouts), heap_deadline(&engine->observations.due));

	if (engine->attention)
		return 0;
	deadline = usec_min(deadline, bootstrap_deadline(engine));
	for (size_t i = 0; i < engine->n_peers; i++) {
		deadline = usec_min(deadline, engine->peers[i].registration.deadline);
		deadline = usec_min(deadline, engine->peers[i].body.deadline);
		deadline = usec_min(deadline, peer_state_deadline(&engine->peers[i]));
		deadline = usec_min(deadline, backlog_deadline(&engine->peers[i]));
		deadline = usec_min(deadline, queue_deadline(&engine->peers[i]));
	}
	return deadline;
}

/* The Bootstrap-Server's session is that of no peer. */
static void note(struct engine *engine, const struct effect *effect)
{
	struct peer *peer = effect->server ? peer_find(engine, effect->server->session) : NULL;

	if (!peer)
		return;
	counters_add(&peer->counters, effect);
	if (effect->type == EFFECT_REQUEST || effect->type == EFFECT_REPLY || effect->type == EFFECT_NOTIFY)
		queue_heard(engine, peer);
}

int engine_next(struct engine *engine, const struct effect **ret)
{
	int r;

	operate_take_back(engine);
	r = effects_next(engine->effects, ret);
	if (r > 0)
		note(engine, *ret);
	if (r > 0 && (*ret)->type == EFFECT_ANSWER)
		operate_lend(engine, *ret);
	return r;
}

const struct registration *engine_registration(const struct engine *engine, const struct server *server)
{
	const struct peer *peer = peer_find_server(engine, server);

	return peer ? &peer->registration : NULL;
}

const struct counters *engine_counters(const struct engine *engine, const struct server *server)
{
	const struct peer *peer = peer_find_server(engine, server);

	return peer ? &peer->counters : NULL;
}

size_t engine_count_observations(const struct engine *engine, const struct server *server)
{
	size_t count = 0;

	for (size_t i = 0; i < engine->observations.count; i++)
		count += engine->observations.items[i]->session == server->session;
	return count;
}

static void steer(struct engine *engine, usec_t now, const struct server *server,
		  void (*call)(struct registration *registration, usec_t now, struct effects *effects))
{
	struct peer *peer = peer_find_server(engine, server);
	enum registration_state before;

	if (!peer)
		return;
	enter(engine, now);
	before = peer->registration.state;
	call(&peer->registration, now, engine->effects);
	peer_follow(engine, peer, before);
	leave(engine);
}

void engine_update(struct engine *engine, usec_t now, const struct server *server)
{
	steer(engine, now, server, registration_update);
}

int engine_bootstrap(struct engine *engine, usec_t now)
{
	int r;

	enter(engine, now);
	r = bootstrap_ask_for(engine);
	leave(engine);
	return r;
}

enum bootstrap_state engine_bootstrap_state(const struct engine *engine)
{
	return engine->bootstrap.state;
}

int engine_register(struct engine *engine, usec_t now, const struct server *server)
{
	struct peer *peer = peer_find_server(engine, server);
	enum registration_state before;
	int r;

	if (!peer)
		return 0;
	enter(engine, now);
	before = peer->registration.state;
	r = registration_now(&peer->registration, now, engine->effects);
	peer_follow(engine, peer, before);
	leave(engine);
	return r;
}

void engine_deregister(struct engine *engine, usec_t now, const struct server *server)
{
	steer(engine, now, server, registration_stop);
}

int engine_watch(struct engine *engine, usec_t now, const uint16_t *oids, size_t n_oids)
{
	uint16_t *watched = reallocarray(NULL, n_oids + 1, sizeof(*watched));

	if (!watched)
		return -ENOMEM;
	if (n_oids > 0)
		memcpy(watched, oids, n_oids * sizeof(*oids));
	enter(engine, now);
	free(engine->watched);
	engine->watched = watched;
	engine->n_watched = n_oids;
	notify_watch_all(engine);
	leave(engine);
	return 0;
}

void engine_disable(struct engine *engine, usec_t now, const struct server *server)
{
	steer(engine, now, server, registration_disable);
}

void engine_network_changed(struct engine *engine, usec_t now)
{
	enter(engine, now);
	for (size_t i = 0; i < engine->n_peers; i++) {
		struct peer *peer = &engine->peers[i];
		enum registration_state before = peer->registration.state;

		registration_network_changed(&peer->registration, now, engine->effects);
		peer_follow(engine, peer, before);
	}
	if (engine->bootstrap.server)
		bootstrap_network_changed(engine);
	leave(engine);
}

int engine_send(
	struct engine *engine, usec_t now, const struct server *server, const struct engine_send *send)
{
	struct peer *peer = peer_find_server(engine, server);
	int r;

	if (!peer)
		return -ENOENT;
	enter(engine, now);
	r = composite_send(engine, peer, send);
	leave(engine);
	return r;
}

int engine_operate(
	struct engine *engine, usec_t now, const struct engine_operation *operation, uint32_t *ret_id)
{
	int r;

	enter(engine, now);
	r = operate_start(engine, operation, ret_id);
	leave(engine);
	return r;
}
