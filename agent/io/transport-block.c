/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/hash.h"
#include "io/transport-internal.h"

void bodies_init(struct bodies *bodies)
{
	list_init(&bodies->list);
}

static void forget(struct bodies *bodies, struct body *body)
{
	list_remove(&body->link);
	bodies->count--;
	bodies->bytes -= body->len;
	free(body);
}

void bodies_deinit(struct bodies *bodies)
{
	struct body *body, *safe;

	list_for_each_safe(body, safe, &bodies->list, link)
		forget(bodies, body);
}

/* Any format will do when none was asked for: the request for the first block may have had the same choice. */
static bool matches(const struct body *body, uint64_t key, int32_t accept)
{
	return body->key == key && (body->accept == accept || body->format == accept);
}

const struct body *bodies_find(struct bodies *bodies, usec_t now, uint64_t key, int32_t accept)
{
	struct body *body, *safe;

	list_for_each_safe(body, safe, &bodies->list, link) {
		if (body->expires <= now)
			forget(bodies, body);
		else if (matches(body, key, accept))
			return body;
	}
	return NULL;
}

/* An entity tag that is the same for the same bytes. */
static void make_etag(struct bytes payload, uint8_t etag[static 8])
{
	uint64_t hash = hash_bytes(HASH_INIT, payload);

	memcpy(etag, &hash, 8);
}

static const struct body *keep(struct bodies *bodies, usec_t now, uint64_t key, int32_t accept,
			       const struct reply *reply)
{
	struct body *body, *safe;

	list_for_each_safe(body, safe, &bodies->list, link)
		if (body->expires <= now || (body->key == key && body->accept == accept))
			forget(bodies, body);
	if (reply->payload.len > BODIES_BYTES_MAX)
		return NULL;
	while (bodies->count > 0 &&
	       (bodies->count >= BODIES_MAX || bodies->bytes + reply->payload.len > BODIES_BYTES_MAX))
		forget(bodies, list_first_entry(&bodies->list, struct body, link));
	body = malloc(sizeof(*body) + reply->payload.len);
	if (!body)
		return NULL;
	*body = (struct body){
		.key = key,
		.accept = accept,
		.format = reply->format,
		.expires = usec_add(now, EXCHANGE_LIFETIME_US),
		.len = reply->payload.len,
	};
	make_etag(reply->payload, body->etag);
	memcpy(body->data, reply->payload.data, body->len);
	list_append(&bodies->list, &body->link);
	bodies->count++;
	bodies->bytes += body->len;
	return body;
}

static void cut(struct bytes whole, struct block block, struct reply *reply)
{
	size_t size = (size_t)16 << block.szx, offset = block.num * size;

	if (offset > 0 && offset >= whole.len) {
		*reply = (struct reply){ .code = COAP_BAD_REQUEST, .format = -1, .observe = -1, .size2 = -1 };
		return;
	}
	reply->block2 = (struct block){
		.present = true,
		.more = whole.len - offset > size,
		.szx = block.szx,
		.num = block.num,
	};
	reply->payload = BYTES(whole.data + offset, reply->block2.more ? size : whole.len - offset);
	reply->size2 = block.num == 0 ? (int64_t)whole.len : -1;
}

void body_cut(const struct body *body, struct block block, struct reply *reply)
{
	*reply = (struct reply){
		.code = COAP_CONTENT,
		.format = body->format,
		.observe = -1,
		.etag = BYTES(body->etag, sizeof(body->etag)),
	};
	cut(BYTES(body->data, body->len), block, reply);
}

void bodies_cut(struct bodies *bodies, usec_t now, uint64_t key, int32_t accept, struct block block,
		struct reply *reply)
{
	const struct body *body;

	if (reply->payload.len <= (size_t)16 << block.szx && !block.present)
		return;
	if (reply->payload.len > (size_t)16 << block.szx) {
		body = keep(bodies, now, key, accept, reply);
		if (!body) {
			*reply = (struct reply){ .code = COAP_INTERNAL_ERROR, .format = -1, .observe = -1, .size2 = -1 };
			return;
		}
		reply->etag = BYTES(body->etag, sizeof(body->etag));
		cut(BYTES(body->data, body->len), block, reply);
		return;
	}
	cut(reply->payload, block, reply);
}
