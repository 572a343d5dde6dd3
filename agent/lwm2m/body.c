/* SPDX-License-Identifier: Apache-2.0 */
#include "lwm2m/body.h"

/* EXCHANGE_LIFETIME of RFC 7252: later the sender has given up too. */
#define BODY_LIFETIME (247 * USEC_PER_SEC)

void body_init(struct body *body, size_t limit)
{
	*body = (struct body){ .data.limit = limit, .expires = USEC_INFINITY, .deadline = USEC_INFINITY };
}

void body_deinit(struct body *body)
{
	buffer_deinit(&body->path);
	buffer_deinit(&body->data);
}

void body_reset(struct body *body)
{
	buffer_deinit(&body->data);
	body->received = 0;
	body->expires = body->deadline = USEC_INFINITY;
}

void body_tick(struct body *body, usec_t now)
{
	if (body->expires <= now)
		body_reset(body);
	else if (body->deadline <= now)
		body->deadline = body->expires;
}

bool body_is_for(const struct body *body, struct bytes path)
{
	return body->expires != USEC_INFINITY && bytes_equal(buffer_bytes(&body->path), path);
}

static bool body_continues(const struct body *body, const struct message *request)
{
	return body_is_for(body, request->path) && body->code == request->code &&
	       body->format == request->format && request->offset <= body->received;
}

static int body_begin(struct body *body, const struct message *request)
{
	body_reset(body);
	buffer_clear(&body->path);
	body->code = request->code;
	body->format = request->format;
	return buffer_append(&body->path, request->path.data, request->path.len);
}

static void body_go_on(struct body *body, usec_t now, const struct message *request)
{
	body->received = request->offset + request->payload.len;
	body->expires = usec_add(now, BODY_LIFETIME);
	body->deadline = usec_min(body->deadline, body->expires);
}

int body_add(struct body *body, usec_t now, const struct message *request)
{
	int r = 0;

	if (request->offset == 0)
		r = body_begin(body, request);
	else if (!body_continues(body, request) || request->offset > body->data.len)
		return COAP_INCOMPLETE;
	if (r >= 0 && body->data.limit && request->size > body->data.limit)
		r = -EMSGSIZE;
	if (r >= 0) {
		body->data.len = (size_t)request->offset;
		r = buffer_append(&body->data, request->payload.data, request->payload.len);
	}
	if (r < 0) {
		body_reset(body);
		return r == -EMSGSIZE ? COAP_TOO_LARGE : COAP_INTERNAL_ERROR;
	}
	body_go_on(body, now, request);
	return request->more ? COAP_CONTINUE : 0;
}

int body_follow(struct body *body, usec_t now, const struct message *request)
{
	if (request->offset == 0) {
		if (body_begin(body, request) < 0)
			return COAP_INTERNAL_ERROR;
	} else if (!body_continues(body, request)) {
		return COAP_INCOMPLETE;
	} else if (request->offset < body->received) {
		return request->more && request->offset + request->payload.len == body->received ?
			       COAP_CONTINUE :
			       COAP_INCOMPLETE;
	}
	body_go_on(body, now, request);
	return 0;
}
