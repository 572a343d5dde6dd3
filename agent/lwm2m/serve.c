/* SPDX-License-Identifier: Apache-2.0 */
#include "lwm2m/acl.h"
#include "lwm2m/codec.h"
#include "lwm2m/composite.h"
#include "lwm2m/discover.h"
#include "lwm2m/engine-internal.h"

/* A reply to fill in, or NULL without memory; the transport then gives the request up by itself. */
struct effect *serve_reply_add(struct engine *engine, struct peer *peer, uint32_t id, uint8_t code)
{
	struct effect *effect = effects_add(engine->effects, EFFECT_REPLY);

	if (!effect)
		return NULL;
	effect->id = effect->message.id = id;
	effect->server = peer->server;
	effect->message.session = peer->server->session;
	effect->message.code = code;
	effect->value = engine->answering;
	return effect;
}

void serve_reply(struct engine *engine, struct peer *peer, uint32_t id, uint8_t code)
{
	(void)serve_reply_add(engine, peer, id, code);
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
	r = observation_add(
		&engine->observations, engine->now, session, &request->target.path, token, &observation);
	if (r == -ENOSPC)
		engine_quota(engine, request->peer, QUOTA_OBSERVATIONS, &request->target.path);
	if (r < 0)
		return r;
	observation->accept = request->accept;
	observation->format = request->format;
	r = observation_set_own(observation, &request->own);
	if (r < 0) {
		notify_forget(engine, observation);
		return r;
	}
	notify_note_told(observation, &request->operation.records, buffer_bytes(effects_payload(effect)));
	notify_apply_attributes(engine, observation);
	effect->message.observe = (int32_t)observation->sequence;
	peer_state_keep(engine, request->peer);
	notify_watch(engine, request->target.object);
	return 0;
}

/* The answer to a Read: 4.04 for a resource that turned out to have no value. */
static void reply_content(struct request *request)
{
	const struct target *target = &request->target;
	struct engine *engine = request->engine;
	struct effect *effect;
	int r = 0;

	if (!request_has_content(request)) {
		serve_reply(engine, request->peer, request->id, COAP_NOT_FOUND);
		return;
	}
	effect = serve_reply_add(engine, request->peer, request->id, COAP_CONTENT);
	if (!effect)
		return;
	effects_payload(effect)->limit = engine->limits.payload;
	r = codec_encode(
		request->format, &target->path, &request->operation.records, effects_payload(effect));
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
	struct effect *effect = serve_reply_add(request->engine, request->peer, request->id, COAP_CREATED);
	char location[PATH_TEXT_MAX];

	if (!effect)
		return;
	path_format(&request->target.path, location);
	(void)buffer_append_text(effects_path(effect), location);
}

/*
 * What was written is another value for whoever observes it, and for the state directory: that comes before the answer,
 * which says that it is done.
 */
void serve_took_effect(struct request *request)
{
	struct registry *registry = request->engine->registry;
	const struct object_info *info = request->target.object->info;

	if (request->operation.type == OPERATION_READ || request->operation.type == OPERATION_EXECUTE ||
	    (request->operation.type == OPERATION_WRITE_BLOCK && request->operation.more))
		return;
	if (registry->acl && request->operation.type == OPERATION_CREATE)
		acl_take(registry->acl, info->id, request->target.path.ids[1], request->operation.server);
	registry_changed(registry, &request->target.path);
	if (info->flags & OBJECT_PERSIST)
		registry_persist(registry, info->id);
	if (info->flags & OBJECT_PERSIST || registry->acl)
		persist_tick(request->engine);
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

void serve_finish(struct request *request, int error)
{
	uint8_t code = operation_code(request->operation.type, error);

	request->engine->answering = counters_operation(request->operation.type, request->observe);
	if (error < 0 && request->operation.type == OPERATION_WRITE_BLOCK)
		end_stream(request->engine, &request->target.path);
	if (error == 0)
		serve_took_effect(request);
	if (request->operation.type == OPERATION_CREATE && (error == -ENOSPC || error == -ENOMEM))
		engine_quota(request->engine, request->peer, QUOTA_INSTANCES, &request->target.path);
	if (error == 0 && request->operation.type == OPERATION_READ)
		reply_content(request);
	else if (error == 0 && request->operation.type == OPERATION_CREATE)
		reply_created(request);
	else if (error == 0 && request->operation.type == OPERATION_WRITE_BLOCK && request->operation.more)
		serve_reply(request->engine, request->peer, request->id, COAP_CONTINUE);
	else
		serve_reply(request->engine, request->peer, request->id, code);
}

static enum value_type type_of(const struct target *target)
{
	return target->resource && target->path.depth >= PATH_RESOURCE ? target->resource->type : VALUE_NONE;
}

/* LwM2M 1.2 has attributes of an Observe of its own; before that they are refused, never ignored. */
static int take_own(const struct peer *peer, const struct message *message, const struct target *target,
		    struct attributes *ret)
{
	int r;

	if (message->observe != 0 || message->query.len == 0)
		return 0;
	if (peer->registration.version < LWM2M_1_2)
		return -EINVAL;
	r = attributes_parse(message->query, ret);
	return r < 0 ? r : attributes_check(ret, type_of(target), peer->registration.version);
}

static void serve_read(struct engine *engine, struct peer *peer, const struct message *message,
		       const struct target *target)
{
	int format = operation_format(target, message->accept, peer->registration.version);
	struct observation *old = NULL;
	struct attributes own = { 0 };
	struct request *request;

	if (format < 0) {
		serve_reply(engine, peer, message->id, COAP_NOT_ACCEPTABLE);
		return;
	}
	if (take_own(peer, message, target, &own) < 0) {
		serve_reply(engine, peer, message->id, COAP_BAD_REQUEST);
		return;
	}
	if (message->observe == 1)
		old = observation_find(&engine->observations, peer->server->session, message->token);
	if (old) {
		notify_forget(engine, old);
		peer_state_keep(engine, peer);
	}
	request = request_new(engine, REQUEST_SERVE, peer, target);
	if (!request) {
		engine_quota(engine, peer, QUOTA_OPERATIONS, &target->path);
		serve_reply(engine, peer, message->id, COAP_UNAVAILABLE);
		return;
	}
	request->id = message->id;
	request->own = own;
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
	struct effect *effect;
	int depth = -1;

	/* Before 1.2 nobody knows of it: it is ignored. */
	if (peer->registration.version >= LWM2M_1_2 && discover_depth(message->query, &depth) < 0) {
		serve_reply(engine, peer, message->id, COAP_BAD_REQUEST);
		return;
	}
	effect = serve_reply_add(engine, peer, message->id, COAP_CONTENT);
	if (!effect)
		return;
	effects_payload(effect)->limit = engine->limits.payload;
	effect->message.format = CODEC_LINK;
	if (discover_target(target, &engine->attributes, peer->server->session, peer->registration.version, depth,
		    effects_payload(effect)) < 0) {
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
		r = attributes_check(&attributes, type_of(target), peer->registration.version);
	if (r == 0)
		r = attributes_put(&engine->attributes, session, &target->path, &attributes);
	if (r == -ENOSPC) {
		engine_quota(engine, peer, QUOTA_ATTRIBUTES, &target->path);
		r = -EBUSY;
	}
	if (r == 0) {
		notify_apply_attributes_below(engine, peer, &target->path);
		peer_state_keep(engine, peer);
	}
	serve_reply(engine, peer, message->id, operation_code(OPERATION_WRITE_ATTRIBUTES, r));
}

/*
 * One block of a body, or of a stream, which has one writer at a time. 0: *ret is to be worked on now;
 * otherwise the code to answer with.
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
		engine_quota(engine, peer, QUOTA_BODY, NULL);
	return code;
}

/* 0: the request is ready to start; otherwise the code to answer with. */
static int fill_request(struct request *request, const struct message *message, struct bytes body)
{
	enum lwm2m_version version = request->peer->registration.version;
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
		code = operation_decode(&request->target, message->format, version, body,
			request->engine->registry, &operation->records);
		operation->path = request->target.path;
	}
	return code;
}

/*
 * Decodes and starts the change that a whole body, or one block of a stream, asks for. 0, or the code to
 * answer with.
 */
static int start_change(struct engine *engine, struct peer *peer, const struct message *message,
			const struct target *target, struct bytes body)
{
	struct request *request = request_new(engine, REQUEST_SERVE, peer, target);
	int code;

	if (!request) {
		engine_quota(engine, peer, QUOTA_OPERATIONS, &target->path);
		return COAP_UNAVAILABLE;
	}
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
		serve_reply(engine, peer, message->id, (uint8_t)code);
}

void serve_request(struct engine *engine, struct peer *peer, const struct message *message)
{
	struct target target;
	int code;

	if (composite_is_for(peer, message)) {
		engine->answering = counters_classify(message);
		composite_serve(engine, peer, message);
		return;
	}
	code = operation_parse(message, engine->registry, peer->server->short_id, &target);
	engine->answering = code == 0 ? counters_operation(target.type, message->observe == 0) :
					counters_classify(message);
	if (code != 0)
		serve_reply(engine, peer, message->id, (uint8_t)code);
	else if (target.type == OPERATION_READ)
		serve_read(engine, peer, message, &target);
	else if (target.type == OPERATION_DISCOVER)
		serve_discover(engine, peer, message, &target);
	else if (target.type == OPERATION_WRITE_ATTRIBUTES)
		serve_write_attributes(engine, peer, message, &target);
	else
		serve_change(engine, peer, message, &target);
}
