/* SPDX-License-Identifier: Apache-2.0 */
#include "server.h"

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define RECEIVE_BUFFER (1 << 20)

uint64_t server_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

void server_open(struct server *server, uint16_t port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(address);
	int size = RECEIVE_BUFFER;

	server->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (server->fd < 0 || bind(server->fd, (struct sockaddr *)&address, len) < 0 ||
	    getsockname(server->fd, (struct sockaddr *)&address, &len) < 0)
		err(EXIT_FAILURE, "Cannot listen on 127.0.0.1:%u", port);
	(void)setsockopt(server->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	server->port = ntohs(address.sin_port);
}

void server_expect_client(struct server *server)
{
	server->registered = false;
	server->objects_len = 0;
	server->ids_used = 0;
}

void server_send(struct server *server, const struct sockaddr_in *to, const struct coap_draft *draft)
{
	if (sendto(server->fd, draft->data, draft->len, 0, (const struct sockaddr *)to, sizeof(*to)) < 0)
		err(EXIT_FAILURE, "Cannot send to the client");
}

void server_begin(struct server *server, struct coap_draft *draft, uint8_t method, const void *token,
		  size_t token_len)
{
	coap_begin(draft, COAP_CON, method, server->next_id++, token, token_len);
	server->ids_used++;
}

/* A long Register comes in blocks. */
static void keep_objects(struct server *server, const struct coap_message *message)
{
	if (message->block1 < 16) /* the first block, or no block */
		server->objects_len = 0;
	if (message->payload_len >= sizeof(server->objects) - server->objects_len)
		return;
	if (message->payload_len > 0)
		memcpy(server->objects + server->objects_len, message->payload, message->payload_len);
	server->objects_len += message->payload_len;
	server->objects[server->objects_len] = '\0';
}

static void keep_client(struct server *server, const struct sockaddr_in *from)
{
	if (server->registered)
		return;
	server->registered_ns = server_now();
	server->registered = true;
	server->client = *from;
}

static uint8_t take_request(struct server *server, const struct coap_message *message,
			    const struct sockaddr_in *from)
{
	bool more = message->block1 >= 0 && (message->block1 & COAP_BLOCK_MORE);

	if (message->code == COAP_POST && strcmp(message->path, "/rd") == 0) {
		keep_objects(server, message);
		if (more)
			return COAP_CONTINUE;
		keep_client(server, from);
		return COAP_CREATED;
	}
	/* A client that comes back with a registration of its last run has to register anew: that is measured. */
	if (!server->registered || (strncmp(message->path, "/rd/", 4) != 0 && strcmp(message->path, "/dp") != 0))
		return COAP_NOT_FOUND;
	server->updates++;
	if (message->code == COAP_DELETE)
		return COAP_DELETED;
	return more ? COAP_CONTINUE : COAP_CHANGED;
}

static void answer(struct server *server, const struct coap_message *message, const struct sockaddr_in *from)
{
	uint8_t code = take_request(server, message, from);
	struct coap_draft draft;

	coap_begin(&draft, message->type == COAP_CON ? COAP_ACK : COAP_NON, code, message->id, message->token,
		message->token_len);
	if (code == COAP_CREATED)
		coap_add_path(&draft, COAP_LOCATION_PATH, "/rd/1");
	if (message->block1 >= 0)
		coap_add_uint(&draft, COAP_BLOCK1, (uint32_t)message->block1);
	server_send(server, from, &draft);
}

static void take_response(struct server *server, const struct coap_message *message,
			  const struct sockaddr_in *from)
{
	struct coap_draft draft;

	if (message->type == COAP_CON) {
		coap_begin(&draft, COAP_ACK, COAP_EMPTY, message->id, NULL, 0);
		server_send(server, from, &draft);
	}
	if (server->on_response)
		server->on_response(server->userdata, message);
}

static void handle(struct server *server, const uint8_t *data, size_t len, const struct sockaddr_in *from)
{
	struct coap_message message;

	if (!coap_parse(data, len, &message))
		return;
	if (message.code != COAP_EMPTY && message.code < COAP_CODE(1, 0))
		answer(server, &message, from);
	else
		take_response(server, &message, from);
}

void server_receive(struct server *server, int timeout_ms)
{
	struct pollfd poll_fd = { .fd = server->fd, .events = POLLIN };
	uint8_t data[COAP_DATAGRAM_MAX];
	struct sockaddr_in from;
	bool waited = timeout_ms == 0;

	for (;;) {
		socklen_t from_len = sizeof(from);
		ssize_t len = recvfrom(server->fd, data, sizeof(data), MSG_DONTWAIT, (struct sockaddr *)&from,
			&from_len);

		if (len < 0 && errno == EAGAIN && !waited) {
			waited = true;
			if (poll(&poll_fd, 1, server->spin && server->busy ? 0 : timeout_ms) > 0)
				continue;
		}
		if (len < 0) /* nothing, or an ICMP error: that is a timeout, too */
			return;
		waited = true;
		handle(server, data, (size_t)len, &from);
	}
}

void server_settle(struct server *server, int ms)
{
	uint64_t end = server_now() + (uint64_t)ms * 1000000, now;

	while ((now = server_now()) < end)
		server_receive(server, (int)((end - now) / 1000000) + 1);
}
