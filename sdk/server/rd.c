/* SPDX-License-Identifier: Apache-2.0 */
#include "rd.h"

#include <stdio.h>

#include "base/log.h"

#define SEND_MAX (256 * 1024)

static void drop(struct rd_upload *upload)
{
	buffer_deinit(&upload->body);
	if (upload->session)
		transport_release(upload->session);
	upload->session = NULL;
}

void rd_deinit(struct rd *rd)
{
	for (size_t i = 0; i < RD_UPLOADS_MAX; i++)
		drop(&rd->uploads[i]);
}

void rd_lose_session(struct rd *rd, const struct session *session)
{
	for (size_t i = 0; i < RD_UPLOADS_MAX; i++)
		if (rd->uploads[i].session == session)
			drop(&rd->uploads[i]);
}

static struct rd_upload *find_upload(struct rd *rd, struct session *session, const struct packet *request)
{
	for (size_t i = 0; i < RD_UPLOADS_MAX; i++)
		if (rd->uploads[i].session == session && rd->uploads[i].code == request->code &&
			bytes_equal(bytes_of(rd->uploads[i].path), request->path))
			return &rd->uploads[i];
	return NULL;
}

static struct rd_upload *new_upload(
	struct rd *rd, usec_t now, struct session *session, const struct packet *request)
{
	struct rd_upload *upload = find_upload(rd, session, request);

	for (size_t i = 0; !upload && i < RD_UPLOADS_MAX; i++)
		if (!rd->uploads[i].session || rd->uploads[i].expires <= now)
			upload = &rd->uploads[i];
	if (!upload || request->path.len >= sizeof(upload->path))
		return NULL;
	drop(upload);
	upload->session = transport_hold(session);
	upload->code = request->code;
	snprintf(upload->path, sizeof(upload->path), "%.*s", (int)request->path.len,
		(const char *)request->path.data);
	upload->body.limit = bytes_equal(request->path, BYTES_LITERAL("/dp")) ? SEND_MAX : CLIENTS_LINKS_MAX;
	return upload;
}

/* 0: the body is whole, in upload; otherwise the code to answer with. */
static uint8_t add_block(struct rd *rd, usec_t now, struct session *session, const struct packet *request,
	struct rd_upload **ret)
{
	const struct packet_block *block = &request->block1;
	struct rd_upload *upload =
		block->num == 0 ? new_upload(rd, now, session, request) : find_upload(rd, session, request);

	if (!upload)
		return block->num == 0 ? PACKET_CODE(5, 3) : PACKET_CODE(4, 8);
	if (block->num * packet_block_size(block) != upload->body.len ||
		(block->more && request->payload.len != packet_block_size(block)))
		return PACKET_CODE(4, 8);
	if (buffer_append(&upload->body, request->payload.data, request->payload.len) < 0) {
		drop(upload);
		return PACKET_CODE(4, 13);
	}
	upload->expires = usec_add(now, RD_UPLOAD_TIME);
	*ret = upload;
	return block->more ? PACKET_CODE(2, 31) : 0;
}

static uint8_t code_of(int r, uint8_t done)
{
	static const uint8_t codes[] = {
		[CLIENTS_BAD_REQUEST] = PACKET_CODE(4, 0),
		[CLIENTS_FORBIDDEN] = PACKET_CODE(4, 3),
		[CLIENTS_NOT_FOUND] = PACKET_CODE(4, 4),
		[CLIENTS_BAD_VERSION] = PACKET_CODE(4, 12),
		[CLIENTS_NO_LIST] = PACKET_CODE(4, 9),
		[CLIENTS_FULL] = PACKET_CODE(5, 3),
	};

	return r < 0 ? PACKET_CODE(5, 0) : r == CLIENTS_OK ? done : codes[r];
}

static void log_refused(struct session *session, const char *what, struct bytes endpoint, const char *why)
{
	char address[TRANSPORT_ADDRESS_MAX];

	log_warning("Refused %s as \"%.*s\" from %s: %s", what, (int)endpoint.len,
		(const char *)endpoint.data, transport_address(session, address), why);
}

/*
 * Who may register as this endpoint is said by the PSK store: where it has the endpoint, only that identity.
 */
static enum clients_result check_endpoint(
	struct rd *rd, struct session *session, const char *identity, struct clients_request *request)
{
	const struct psk_entry *own = identity ? psk_find_identity(rd->psk, bytes_of(identity)) : NULL;

	if (identity && !own) {
		log_refused(session, "a registration", request->endpoint, "its PSK identity was removed");
		return CLIENTS_FORBIDDEN;
	}
	if (own && request->endpoint.len == 0)
		request->endpoint = bytes_of(own->endpoint);
	if (own && !bytes_equal(request->endpoint, bytes_of(own->endpoint))) {
		log_refused(session, "a registration", request->endpoint,
			"its PSK identity is another endpoint's");
		return CLIENTS_FORBIDDEN;
	}
	if (!own && psk_find_endpoint(rd->psk, request->endpoint)) {
		log_refused(session, "a registration", request->endpoint,
			"this endpoint has a key and has to use DTLS");
		return CLIENTS_FORBIDDEN;
	}
	return CLIENTS_OK;
}

static int do_register(struct rd *rd, usec_t now, const struct clients_sender *sender,
	const struct packet *request, struct bytes body, struct packet *response, char text[PACKET_TEXT_MAX])
{
	struct clients_request parsed;
	struct client *client;
	int r = clients_parse(request->query, &parsed);

	if (r == 0)
		r = check_endpoint(rd, sender->session, sender->identity, &parsed);
	if (r == 0)
		r = clients_register(rd->clients, now, sender, &parsed, body, &client);
	if (r == 0)
		response->path = BYTES(text, snprintf(text, PACKET_TEXT_MAX, "/rd/%s", client->location));
	return r;
}

static int do_update(struct rd *rd, usec_t now, const struct clients_sender *sender,
	const struct packet *request, struct bytes location, struct bytes body)
{
	struct clients_request parsed;
	struct client *client;
	int r = clients_parse(request->query, &parsed);

	if (r == 0 && sender->identity && !psk_find_identity(rd->psk, bytes_of(sender->identity)))
		r = CLIENTS_FORBIDDEN;
	return r == 0 ? clients_update(rd->clients, now, sender, location, &parsed, body, &client) : r;
}

static uint8_t do_send(
	struct rd *rd, struct session *session, const struct packet *request, struct bytes body)
{
	struct client *client;

	list_for_each(client, &rd->clients->list, link)
		if (client->session == session)
			return rd->send(rd->userdata, client, request->format, body) ? PACKET_CODE(2, 4) :
										       PACKET_CODE(4, 0);
	return PACKET_CODE(4, 4);
}

static void dispatch(struct rd *rd, usec_t now, struct session *session, const struct packet *request,
	struct bytes body, struct packet *response, char text[PACKET_TEXT_MAX])
{
	static const struct bytes rd_path = { (const uint8_t *)"/rd/", 4 };
	struct bytes identity = transport_identity(session), location = request->path;
	struct clients_sender sender = { .session = session };
	char name[PSK_IDENTITY_MAX + 1];

	response->code = PACKET_CODE(4, 3);
	if (transport_is_secure(session)) {
		if (identity.len == 0)
			return;
		snprintf(name, sizeof(name), "%.*s", (int)identity.len, (const char *)identity.data);
		sender.identity = name;
	}
	response->code = PACKET_CODE(4, 4);
	if (bytes_equal(request->path, BYTES_LITERAL("/dp"))) {
		response->code = request->code == PACKET_POST ? do_send(rd, session, request, body) :
								PACKET_CODE(4, 5);
	} else if (bytes_equal(request->path, BYTES_LITERAL("/rd"))) {
		response->code = request->code != PACKET_POST ?
					 PACKET_CODE(4, 5) :
					 code_of(do_register(rd, now, &sender, request, body, response, text),
						 PACKET_CODE(2, 1));
	} else if (location.len > rd_path.len && memcmp(location.data, rd_path.data, rd_path.len) == 0) {
		location = BYTES(location.data + rd_path.len, location.len - rd_path.len);
		if (request->code == PACKET_DELETE)
			response->code = code_of(
				clients_deregister(rd->clients, &sender, location), PACKET_CODE(2, 2));
		else if (request->code == PACKET_POST || request->code == PACKET_PUT)
			response->code = code_of(
				do_update(rd, now, &sender, request, location, body), PACKET_CODE(2, 4));
		else
			response->code = PACKET_CODE(4, 5);
	}
}

void rd_request(struct rd *rd, usec_t now, struct session *session, const struct packet *request,
	struct packet *response, char text[PACKET_TEXT_MAX])
{
	struct rd_upload *upload = NULL;
	struct bytes body = request->payload;

	if (request->block1.present) {
		response->block1 = request->block1;
		response->code = add_block(rd, now, session, request, &upload);
		if (response->code != 0)
			return;
		body = buffer_bytes(&upload->body);
	}
	dispatch(rd, now, session, request, body, response, text);
	if (upload)
		drop(upload);
}
