/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "lwm2m/codec.h"
#include "lwm2m/discover.h"
#include "lwm2m/engine-internal.h"

static void request_done(struct operation *operation, int error);

static void request_free(struct request *request)
{
	struct engine *engine = request->engine;

	heap_remove(&engine->timeouts, &request->timeout);
	list_remove(&request->link);
	list_append(&engine->spare, &request->link);
	engine->n_requests--;
	engine->attention |= engine->persist_waiting;
}

static struct request *request_take_spare(struct engine *engine)
{
	struct request *request = list_first_entry(&engine->spare, struct request, link);

	if (request) {
		list_remove(&request->link);
		return request;
	}
	if (heap_reserve(&engine->timeouts, engine->limits.operations) < 0)
		return NULL;
	return calloc(1, sizeof(*request));
}

struct request *request_new(struct engine *engine, enum request_purpose purpose, struct peer *peer,
			    const struct target *target)
{
	struct request *request;
	struct records records;

	/* No object may take all there is: one that never answers leaves room for the others. */
	if (engine->n_requests >= engine->limits.operations ||
	    target->object->pending >= (engine->limits.operations + 1) / 2)
		return NULL;
	request = request_take_spare(engine);
	if (!request)
		return NULL;
	records = request->operation.records;
	records_clear(&records);
	*request = (struct request){
		.operation = {
			.type = target->type,
			.path = target->path,
			.server = peer ? peer->server->short_id : 0,
			.records = records,
			.done = request_done,
		},
		.engine = engine,
		.purpose = purpose,
		.peer = peer,
		.target = *target,
		.accept = -1,
		.format = -1,
	};
	list_append(&engine->requests, &request->link);
	engine->n_requests++;
	return request;
}

/* The timeout is set first: the object may end the operation, and the request with it, before its function returns. */
void request_start(struct request *request)
{
	struct engine *engine = request->engine;
	struct object *object = request->target.object;
	const struct object_ops *ops = object->ops;

	(void)heap_set(&engine->timeouts, &request->timeout,
		usec_add(engine->now, usec_from_s(engine->limits.operation_timeout_s)));
	object->pending++;
	switch (request->operation.type) {
	case OPERATION_READ:
		ops->read(object, &request->operation);
		break;
	case OPERATION_EXECUTE:
		ops->execute(object, &request->operation);
		break;
	case OPERATION_CREATE:
		ops->create(object, &request->operation);
		break;
	case OPERATION_DELETE:
		ops->delete(object, &request->operation);
		break;
	default:
		ops->write(object, &request->operation);
	}
}

/* A reply to fill in, or NULL without memory; the transport then gives the request up by itself. */
static struct effect *reply_add(struct engine *engine, struct peer *peer, uint32_t id, uint8_t code)
{
	struct effect *effect = effects_add(engine->effects, EFFECT_REPLY);

	if (!effect)
		return NULL;
	effect->id = effect->message.id = id;
	effect->server = peer->server;
	effect->message.session = peer->server->session;
	effect->message.code = code;
	return effect;
}

void request_reply_code(struct engine *engine, struct peer *peer, uint32_t id, uint8_t code)
{
	(void)reply_add(engine, peer, id, code);
}

static int reply_observed(struct request *request, struct effect *effect)
{
	struct engine *engine = request->engine;
	struct bytes token = BYTES(request->token, request->token_len);
	uint16_t session = request->peer->server->session;
	struct observation *observation = observation_find(&engine->observations, session, token);
	int r;

	if (observation && path_equal(&observation->path, &request->target.path))
		requests_forget(engine, observation);
	else if (observation)
		notify_forget(engine, observation);
	r = observation_add(&engine->observations, engine->now, session, &request->target.path, token, &observation);
	if (r == -ENOSPC)
		engine_event(engine, request->peer, EVENT_QUOTA, &request->target.path);
	if (r < 0)
		return r;
	observation->accept = request->accept;
	observation->format = request->format;
	notify_apply_attributes(engine, observation);
	effect->message.observe = (int32_t)observation->sequence;
	notify_watch(engine, request->target.object);
	return 0;
}

bool request_has_content(const struct request *request)
{
	const struct target *target = &request->target;

	return request->operation.records.count > 0 || target->path.depth < PATH_RESOURCE ||
	       (target->path.depth == PATH_RESOURCE && target->resource->flags & RESOURCE_MULTIPLE);
}

/* The answer to a Read: 4.04 for a resource that turned out to have no value. */
static void reply_content(struct request *request)
{
	const struct target *target = &request->target;
	struct engine *engine = request->engine;
	struct effect *effect;
	int r = 0;

	if (!request_has_content(request)) {
		request_reply_code(engine, request->peer, request->id, COAP_NOT_FOUND);
		return;
	}
	effect = reply_add(engine, request->peer, request->id, COAP_CONTENT);
	if (!effect)
		return;
	effects_payload(effect)->limit = engine->limits.payload;
	r = codec_encode(request->format, &target->path, &request->operation.records, effects_payload(effect));
	if (r >= 0 && request->observe)
		r = reply_observed(request, effect);
	if (r >= 0) {
		effect->message.format = request->format;
		return;
	}
	buffer_clear(effects_payload(effect));
	effect->message.observe = -1;
	effect->message.code = r == -ENOTSUP ? COAP_NOT_ACCEPTABLE :
			       r == -ENOSPC  ? COAP_UNAVAILABLE :
					       COAP_INTERNAL_ERROR;
}

static void reply_created(struct request *request)
{
	struct effect *effect = reply_add(request->engine, request->peer, request->id, COAP_CREATED);
	char location[PATH_TEXT_MAX];

	if (!effect)
		return;
	path_format(&request->target.path, location);
	(void)buffer_append_text(effects_path(effect), location);
}

/* What was written is another value for whoever observes it, and for the state directory. */
static void request_took_effect(struct request *request)
{
	struct registry *registry = request->engine->registry;
	const struct object_info *info = request->target.object->info;

	if (request->operation.type == OPERATION_READ || request->operation.type == OPERATION_EXECUTE ||
	    (request->operation.type == OPERATION_WRITE_BLOCK && request->operation.more))
		return;
	registry_changed(registry, &request->target.path);
	if (info->flags & OBJECT_PERSIST)
		registry_persist(registry, info->id);
}

/* A stream whose block was not taken is over: what follows misses its beginning. */
static void end_stream(struct engine *engine, const struct path *path)
{
	char text[PATH_TEXT_MAX];
	struct bytes bytes = BYTES(text, path_format(path, text));

	for (size_t i = 0; i < engine->n_peers; i++)
		if (body_is_for(&engine->peers[i].body, bytes))
			body_reset(&engine->peers[i].body);
}

static void serve_finish(struct request *request, int error)
{
	uint8_t code = operation_code(request->operation.type, error);

	if (error < 0 && request->operation.type == OPERATION_WRITE_BLOCK)
		end_stream(request->engine, &request->target.path);
	if (error == 0)
		request_took_effect(request);
	if (error == 0 && request->operation.type == OPERATION_READ)
		reply_content(request);
	else if (error == 0 && request->operation.type == OPERATION_CREATE)
		reply_created(request);
	else if (error == 0 && request->operation.type == OPERATION_WRITE_BLOCK && request->operation.more)
		request_reply_code(request->engine, request->peer, request->id, COAP_CONTINUE);
	else
		request_reply_code(request->engine, request->peer, request->id, code);
}

static void request_finish(struct request *request, int error)
{
	heap_remove(&request->engine->timeouts, &request->timeout);
	if (request->purpose == REQUEST_PERSIST)
		persist_finish(request, error);
	else if (request->peer && request->purpose == REQUEST_NOTIFY)
		notify_finish(request, error);
	else if (request->peer)
		serve_finish(request, error);
	request_free(request);
}

/* Outside of a call there is no time: the result waits, with its bytes, for engine_tick(). */
static void request_done(struct operation *operation, int error)
{
	struct request *request = container_of(operation, struct request, operation);

	if (request->target.object)
		request->target.object->pending--;
	else if (error == 0)
		error = -ECONNRESET;
	if (request->engine->depth > 0) {
		request_finish(request, error);
		return;
	}
	if (error == 0 && operation->type == OPERATION_READ)
		error = records_own(&operation->records, 0);
	request->error = error;
	request->ended = true;
	request->engine->attention = true;
}

static void request_time_out(struct request *request)
{
	struct peer *peer = request->peer;

	heap_remove(&request->engine->timeouts, &request->timeout);
	engine_event(request->engine, peer, EVENT_OPERATION_TIMEOUT, &request->target.path);
	if (request->purpose == REQUEST_NOTIFY && peer)
		notify_finish(request, -ETIMEDOUT);
	else if (request->purpose == REQUEST_SERVE && peer)
		serve_finish(request, -ETIMEDOUT);
	request->peer = NULL;
	request->observation = NULL;
}

static struct request *find_ended(struct engine *engine)
{
	struct request *request;

	list_for_each(request, &engine->requests, link)
		if (request->ended)
			return request;
	return NULL;
}

void requests_tick(struct engine *engine)
{
	struct request *request;
	struct heap_node *node;

	while ((request = find_ended(engine)))
		request_finish(request, request->error);
	while ((node = heap_first(&engine->timeouts)) && node->key <= engine->now)
		request_time_out(container_of(node, struct request, timeout));
}

/* The object still ends it, but nobody hears of it. */
static void request_let_go(struct request *request)
{
	request->peer = NULL;
	request->observation = NULL;
	heap_remove(&request->engine->timeouts, &request->timeout);
}

void requests_abandon(struct engine *engine, const struct peer *peer)
{
	struct request *request;

	list_for_each(request, &engine->requests, link) {
		if (request->peer != peer)
			continue;
		if (request->observation)
			observation_postpone(&engine->observations, request->observation, engine->now);
		request_let_go(request);
	}
}

void requests_forget(struct engine *engine, const struct observation *observation)
{
	struct request *request;

	list_for_each(request, &engine->requests, link)
		if (request->observation == observation)
			request_let_go(request);
}

void requests_orphan(struct engine *engine, uint16_t oid)
{
	struct request *request;

	list_for_each(request, &engine->requests, link) {
		if (request->target.path.ids[0] != oid)
			continue;
		request->target.object = NULL;
		request->target.resource = NULL;
		if (request->ended && request->error == 0)
			request->error = -ECONNRESET;
	}
}

static void serve_read(struct engine *engine, struct peer *peer, const struct message *message,
		       const struct target *target)
{
	int format = operation_format(target, message->accept, peer->registration.version == LWM2M_1_0);
	struct observation *old = NULL;
	struct request *request;

	if (format < 0) {
		request_reply_code(engine, peer, message->id, COAP_NOT_ACCEPTABLE);
		return;
	}
	/* Attributes of an observation of its own (LwM2M 1.2): refused, never ignored. */
	if (message->observe == 0 && message->query.len > 0) {
		request_reply_code(engine, peer, message->id, COAP_BAD_REQUEST);
		return;
	}
	if (message->observe == 1)
		old = observation_find(&engine->observations, peer->server->session, message->token);
	if (old)
		notify_forget(engine, old);
	request = request_new(engine, REQUEST_SERVE, peer, target);
	if (!request) {
		request_reply_code(engine, peer, message->id, COAP_UNAVAILABLE);
		return;
	}
	request->id = message->id;
	request->accept = message->accept;
	request->format = format;
	request->observe = message->observe == 0 && message->token.len <= COAP_TOKEN_MAX;
	if (request->observe && message->token.len > 0) {
		memcpy(request->token, message->token.data, message->token.len);
		request->token_len = (uint8_t)message->token.len;
	}
	request_start(request);
}

static void serve_discover(struct engine *engine, struct peer *peer, const struct message *message,
			   const struct target *target)
{
	struct effect *effect = reply_add(engine, peer, message->id, COAP_CONTENT);

	if (!effect)
		return;
	effects_payload(effect)->limit = engine->limits.payload;
	effect->message.format = CODEC_LINK;
	if (discover_target(target, &engine->attributes, peer->server->session, effects_payload(effect)) < 0) {
		buffer_clear(effects_payload(effect));
		effect->message.format = -1;
		effect->message.code = COAP_INTERNAL_ERROR;
	}
}

static void serve_write_attributes(struct engine *engine, struct peer *peer, const struct message *message,
				   const struct target *target)
{
	uint16_t session = peer->server->session;
	struct attributes attributes = attributes_get(&engine->attributes, session, &target->path);
	int r = attributes_parse(message->query, &attributes);

	if (r == 0)
		r = attributes_put(&engine->attributes, session, &target->path, &attributes);
	if (r == -ENOSPC) {
		engine_event(engine, peer, EVENT_QUOTA, &target->path);
		r = -EBUSY;
	}
	if (r == 0)
		notify_apply_attributes_below(engine, peer, &target->path);
	request_reply_code(engine, peer, message->id, operation_code(OPERATION_WRITE_ATTRIBUTES, r));
}

/*
 * One block of a body, or of a stream, which has one writer at a time. 0: *ret is to be worked on now; otherwise the code
 * to answer with.
 */
static int take_block(struct engine *engine, struct peer *peer, const struct message *message,
		      const struct target *target, struct bytes *ret)
{
	int code;

	if (target->type == OPERATION_WRITE_BLOCK) {
		if (message->offset == 0)
			end_stream(engine, &target->path);
		return body_follow(&peer->body, engine->now, message);
	}
	code = body_add(&peer->body, engine->now, message);
	if (code == 0)
		*ret = buffer_bytes(&peer->body.data);
	else if (code == COAP_TOO_LARGE)
		engine_event(engine, peer, EVENT_QUOTA, NULL);
	return code;
}

/* 0: the request is ready to start; otherwise the code to answer with. */
static int fill_request(struct request *request, const struct message *message, struct bytes body)
{
	struct operation *operation = &request->operation;
	int code = 0;

	switch (operation->type) {
	case OPERATION_WRITE_BLOCK:
		operation->block = message->payload;
		operation->offset = message->offset;
		operation->more = message->more;
		break;
	case OPERATION_EXECUTE:
		if (message->format > CODEC_TEXT)
			return COAP_UNSUPPORTED_FORMAT;
		if (operation_check_arguments(body) < 0)
			return COAP_BAD_REQUEST;
		operation->arguments = body;
		break;
	case OPERATION_DELETE:
		break;
	default:
		code = operation_decode(&request->target, message->format, body, request->engine->registry,
			&operation->records);
		operation->path = request->target.path;
	}
	return code;
}

/* Decodes and starts the change that a whole body, or one block of a stream, asks for. 0, or the code to answer with. */
static int start_change(struct engine *engine, struct peer *peer, const struct message *message,
			const struct target *target, struct bytes body)
{
	struct request *request = request_new(engine, REQUEST_SERVE, peer, target);
	int code;

	if (!request)
		return COAP_UNAVAILABLE;
	request->id = message->id;
	code = fill_request(request, message, body);
	if (code == 0)
		request_start(request);
	else
		request_free(request);
	return code;
}

static void serve_change(struct engine *engine, struct peer *peer, const struct message *message,
			 const struct target *target)
{
	bool stream = target->type == OPERATION_WRITE_BLOCK, blocks = message->offset > 0 || message->more;
	struct bytes body = message->payload;
	int code = 0;

	if (stream && message->format >= 0 && message->format != CODEC_OPAQUE)
		code = COAP_UNSUPPORTED_FORMAT;
	else if (stream || blocks)
		code = take_block(engine, peer, message, target, &body);
	if (code == 0) {
		code = start_change(engine, peer, message, target, body);
		if ((stream || blocks) && (code != 0 || !message->more))
			body_reset(&peer->body);
	}
	if (code != 0)
		request_reply_code(engine, peer, message->id, (uint8_t)code);
}

void request_serve(struct engine *engine, struct peer *peer, const struct message *message)
{
	struct target target;
	int code = operation_parse(message, engine->registry, &target);

	if (code != 0)
		request_reply_code(engine, peer, message->id, (uint8_t)code);
	else if (target.type == OPERATION_READ)
		serve_read(engine, peer, message, &target);
	else if (target.type == OPERATION_DISCOVER)
		serve_discover(engine, peer, message, &target);
	else if (target.type == OPERATION_WRITE_ATTRIBUTES)
		serve_write_attributes(engine, peer, message, &target);
	else
		serve_change(engine, peer, message, &target);
}
