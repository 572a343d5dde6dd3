/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "lwm2m/acl.h"
#include "lwm2m/bootstrap.h"
#include "lwm2m/composite.h"
#include "lwm2m/engine-internal.h"

static void request_done(struct operation *operation, int error);

void request_free(struct request *request)
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

/*
 * The timeout is set first: the object may end the operation, and the request with it, before its function
 * returns.
 */
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

bool request_has_content(const struct request *request)
{
	const struct target *target = &request->target;

	return request->operation.records.count > 0 || target->path.depth < PATH_RESOURCE ||
	       (target->path.depth == PATH_RESOURCE && target->resource->flags & RESOURCE_MULTIPLE);
}

static void request_finish(struct request *request, int error)
{
	heap_remove(&request->engine->timeouts, &request->timeout);
	/* What a write would have to give back is read without a right to read it; it is not told. */
	if (request->operation.type == OPERATION_READ && request->purpose != REQUEST_OPERATE &&
		!(request->part && request->part->composite->saving))
		acl_filter(request->engine->registry->acl, request->operation.server,
			&request->operation.records);
	if (request->purpose == REQUEST_PERSIST)
		persist_finish(request, error);
	else if (request->purpose == REQUEST_BOOTSTRAP)
		bootstrap_request_ended(request, error);
	else if (request->purpose == REQUEST_OPERATE)
		operate_finish(request, error);
	else if (request->part)
		composite_part_ended(request, error);
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
	else if (request->purpose == REQUEST_BOOTSTRAP)
		bootstrap_request_ended(request, -ETIMEDOUT);
	else if (request->purpose == REQUEST_OPERATE)
		operate_finish(request, -ETIMEDOUT);
	else if (request->part)
		composite_part_ended(request, -ETIMEDOUT);
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

void request_let_go(struct request *request)
{
	request->peer = NULL;
	request->observation = NULL;
	heap_remove(&request->engine->timeouts, &request->timeout);
}

void requests_abandon(struct engine *engine, struct peer *peer)
{
	bool stays = peer->registration.state == REGISTRATION_REGISTERING;
	struct request *request;

	list_for_each(request, &engine->requests, link) {
		if (request->peer != peer || request->part)
			continue;
		if (stays && request->purpose == REQUEST_SERVE)
			serve_reply(engine, peer, request->id, 0);
		if (request->observation)
			observation_postpone(&engine->observations, request->observation, engine->now);
		request_let_go(request);
	}
	composites_abandon(engine, peer, stays);
}

void requests_forget(struct engine *engine, const struct observation *observation)
{
	struct request *request;

	list_for_each(request, &engine->requests, link)
		if (request->observation == observation)
			request_let_go(request);
	composites_forget(engine, observation);
}

void requests_orphan(struct engine *engine, uint16_t oid, const struct object *object)
{
	struct request *request;

	list_for_each(request, &engine->requests, link) {
		if (request->target.path.ids[0] != oid || request->target.object == object)
			continue;
		request->target.object = NULL;
		request->target.resource = NULL;
		if (request->ended && request->error == 0)
			request->error = -ECONNRESET;
	}
}
