/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shows how much of a figure is the bench itself and the kernel's loopback. Runs in a child of the bench.
 */
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"

static void send_draft(int fd, const struct coap_draft *draft)
{
	if (send(fd, draft->data, draft->len, 0) < 0)
		_exit(1);
}

static void register_at(int fd)
{
	struct coap_draft draft;

	coap_begin(&draft, COAP_CON, COAP_POST, 1, "t", 1);
	coap_add_path(&draft, COAP_URI_PATH, "/rd");
	coap_add_payload(&draft, "</1/0>,</3/0>", 13);
	send_draft(fd, &draft);
}

static void answer(int fd, const struct coap_message *message)
{
	bool more = message->block1 >= 0 && (message->block1 & COAP_BLOCK_MORE);
	uint8_t code = message->code == COAP_GET ? COAP_CONTENT : more ? COAP_CONTINUE : COAP_CHANGED;
	struct coap_draft draft;

	coap_begin(&draft, COAP_ACK, code, message->id, message->token, message->token_len);
	if (message->block1 >= 0)
		coap_add_uint(&draft, COAP_BLOCK1, (uint32_t)message->block1);
	if (message->code == COAP_GET)
		coap_add_payload(&draft, "x", 1);
	send_draft(fd, &draft);
}

_Noreturn void null_client_run(uint16_t port)
{
	struct sockaddr_in server = {
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	uint8_t data[COAP_DATAGRAM_MAX];

	if (fd < 0 || connect(fd, (struct sockaddr *)&server, sizeof(server)) < 0)
		_exit(1);
	register_at(fd);
	for (;;) {
		ssize_t len = recv(fd, data, sizeof(data), 0);
		struct coap_message message;

		if (len < 0)
			_exit(1);
		if (coap_parse(data, (size_t)len, &message) && message.type == COAP_CON)
			answer(fd, &message);
	}
}
