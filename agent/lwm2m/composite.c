/* SPDX-License-Identifier: Apache-2.0 */
#include "lwm2m/composite.h"

#include <stdlib.h>

bool composite_is_for(const struct peer *peer, const struct message *message)
{
	return (message->code == COAP_FETCH || message->code == COAP_IPATCH) &&
	       peer->registration.version > LWM2M_1_0 && bytes_equal(message->path, BYTES_LITERAL("/"));
}

struct composite *composite_new(struct engine *engine, struct peer *peer)
{
	struct composite *composite, *other;
	size_t count = 0;

	list_for_each(other, &engine->composites, link)
		count++;
	if (count >= COMPOSITES_MAX)
		return NULL;
	composite = calloc(1, sizeof(*composite));
	if (!composite)
		return NULL;
	composite->engine = engine;
	composite->peer = peer;
	list_append(&engine->composites, &composite->link);
	return composite;
}

void composite_free(struct composite *composite)
{
	list_remove(&composite->link);
	for (size_t i = 0; i < composite->n_parts; i++) {
		struct composite_part *part = &composite->parts[i];

		if (part->request) {
			part->request->part = NULL;
			request_let_go(part->request);
		}
		records_deinit(&part->records);
		records_deinit(&part->before);
	}
	free(composite->parts);
	free(composite->paths);
	free(composite);
}

void composites_free(struct engine *engine)
{
	struct composite *composite, *safe;

	list_for_each_safe(composite, safe, &engine->composites, link)
		composite_free(composite);
}

struct composite_part *composite_add_part(
	struct composite *composite, enum operation_type type, const struct path *path)
{
	struct composite_part *part;

	if (composite->n_parts == composite->allocated) {
		size_t allocated = composite->allocated ? composite->allocated * 2 : 8;
		struct composite_part *parts = reallocarray(composite->parts, allocated, sizeof(*parts));

		if (!parts)
			return NULL;
		composite->parts = parts;
		composite->allocated = allocated;
	}
	part = &composite->parts[composite->n_parts++];
	*part = (struct composite_part){ .composite = composite, .type = type, .path = *path };
	return part;
}

/* The request that does the part's operation; what it is about may have gone meanwhile. */
static int make_request(
	const struct composite *composite, const struct composite_part *part, struct request **ret)
{
	struct target target = { .type = part->type, .path = part->path };

	target.object = registry_find(composite->engine->registry, part->path.ids[0]);
	if (!target.object || (part->path.depth >= PATH_INSTANCE &&
				      !object_has_instance(target.object, part->path.ids[1])))
		return -ENOENT;
	if (part->path.depth >= PATH_RESOURCE)
		target.resource = object_find_resource(target.object, part->path.ids[2]);
	*ret = request_new(composite->engine, REQUEST_COMPOSITE, composite->peer, &target);
	return *ret ? 0 : -EBUSY;
}

static int fill_request(struct request *request, const struct composite_part *part)
{
	int r = 0;

	if (part->type == OPERATION_READ)
		return 0;
	for (size_t i = 0; i < part->records.count && r >= 0; i++)
		r = records_add(&request->operation.records, part->records.items[i].path,
			part->records.items[i].value);
	return r;
}

/* Begins one part. false: there is no room for it until another one has ended. */
static bool begin(struct composite *composite, struct composite_part *part)
{
	struct request *request = NULL;
	int r = make_request(composite, part, &request);

	if (r == -EBUSY && composite->pending > 0)
		return false;
	composite->next++;
	if (r >= 0)
		r = fill_request(request, part);
	if (r < 0) {
		if (request)
			request_free(request);
		part->error = r;
		return true;
	}
	part->error = -EINPROGRESS;
	part->request = request;
	request->part = part;
	composite->pending++;
	request_start(request);
	return true;
}

static bool may_begin(const struct composite *composite)
{
	if (composite->gone || composite->next == composite->n_parts)
		return false;
	if (!composite->in_order)
		return true;
	return composite->pending == 0 && (composite->next == 0 || composite->undoing ||
						  composite->parts[composite->next - 1].error == 0);
}

/* An object may end the operation before it returns, and whatever follows from that goes on in here. */
void composite_run(struct composite *composite)
{
	if (composite->running)
		return;
	composite->running = true;
	while (may_begin(composite) && begin(composite, &composite->parts[composite->next]))
		;
	composite->running = false;
	if (composite->gone) {
		composite_free(composite);
	} else if (composite->pending == 0) {
		composite->engine->answering = composite->operation;
		composite->finish(composite);
	}
}

void composite_part_ended(struct request *request, int error)
{
	struct composite_part *part = request->part;
	struct composite *composite = part->composite;

	request->part = NULL;
	part->request = NULL;
	part->error = error;
	composite->pending--;
	if (error == 0 && part->type == OPERATION_READ) {
		part->error = records_own(&request->operation.records, 0);
		if (part->error == 0) {
			struct records records = part->records;

			part->records = request->operation.records;
			request->operation.records = records;
		}
	} else if (error == 0) {
		serve_took_effect(request);
	}
	composite_run(composite);
}

int composite_collect(const struct composite *composite, struct records *ret)
{
	int r = 0;

	for (size_t i = 0; i < composite->n_parts; i++) {
		const struct composite_part *part = &composite->parts[i];

		for (size_t j = 0; part->error == 0 && j < part->records.count && r >= 0; j++)
			r = records_add(ret, part->records.items[j].path, part->records.items[j].value);
	}
	return r;
}

static void let_go(struct composite *composite)
{
	composite->observation = NULL;
	if (composite->in_order || composite->saving) {
		composite->unanswered = true;
		return;
	}
	composite->gone = true;
	if (!composite->running)
		composite_free(composite);
}

void composites_abandon(struct engine *engine, const struct peer *peer, bool stays)
{
	struct composite *composite, *safe;

	list_for_each_safe(composite, safe, &engine->composites, link) {
		if (composite->peer != peer || composite->gone)
			continue;
		if (composite->observation)
			observation_postpone(&engine->observations, composite->observation, engine->now);
		else if (!composite_send_lost(composite) && stays && composite->id && !composite->unanswered)
			serve_reply(engine, composite->peer, composite->id, 0);
		let_go(composite);
	}
}

void composites_forget(struct engine *engine, const struct observation *observation)
{
	struct composite *composite, *safe;

	list_for_each_safe(composite, safe, &engine->composites, link)
		if (composite->observation == observation)
			let_go(composite);
}

static int start(struct composite *composite, const struct message *message, struct bytes body)
{
	composite->id = message->id;
	composite->accept = message->accept;
	composite->operation = composite->engine->answering;
	return message->code == COAP_FETCH ? composite_read(composite, message, body) :
					     composite_write(composite, message, body);
}

void composite_serve(struct engine *engine, struct peer *peer, const struct message *message)
{
	bool blocks = message->offset > 0 || message->more;
	struct bytes body = message->payload;
	const struct path root = PATH0();
	struct composite *composite;
	int code = 0;

	if (blocks) {
		code = body_add(&peer->body, engine->now, message);
		body = buffer_bytes(&peer->body.data);
		if (code == COAP_TOO_LARGE)
			engine_quota(engine, peer, QUOTA_BODY, NULL);
	}
	if (code == 0) {
		composite = composite_new(engine, peer);
		if (!composite)
			engine_quota(engine, peer, QUOTA_OPERATIONS, &root);
		code = composite ? start(composite, message, body) : COAP_UNAVAILABLE;
		if (blocks)
			body_reset(&peer->body);
		if (code == 0)
			composite_run(composite);
		else if (composite)
			composite_free(composite);
	}
	if (code != 0)
		serve_reply(engine, peer, message->id, (uint8_t)code);
}
