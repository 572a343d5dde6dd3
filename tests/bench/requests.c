/* SPDX-License-Identifier: Apache-2.0 */
#include "requests.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

#define TOKEN_LEN       6
#define TRIES_MAX       5
#define RETRY_NS        UINT64_C(1000000000)
#define SEPARATE_FACTOR 30 /* patience with a client that has acknowledged a request, in RETRY_NS */

struct slot {
	bool busy, acknowledged;
	uint8_t tries;
	uint32_t number;
	uint64_t sent_ns, deadline_ns;
	struct coap_draft draft;
};

struct flight {
	struct server *server;
	const struct requests *requests;
	uint8_t serial; /* in the tokens: what comes late for an earlier flight is none of ours */
	long sent, n;
	int in_flight, window;
	struct outcome outcome;
	struct slot slots[];
};

static void make_token(const struct flight *flight, size_t slot, uint32_t number, uint8_t token[TOKEN_LEN])
{
	token[0] = 'R';
	token[1] = flight->serial;
	token[2] = (uint8_t)slot;
	token[3] = (uint8_t)(number >> 16);
	token[4] = (uint8_t)(number >> 8);
	token[5] = (uint8_t)number;
}

static void end(struct flight *flight, struct slot *slot, bool answered)
{
	slot->busy = false;
	flight->in_flight--;
	if (answered)
		flight->outcome.answered++;
	else
		flight->outcome.lost++;
}

/* An empty message: only its id tells whose it is. */
static void take_empty(struct flight *flight, const struct coap_message *message)
{
	for (int i = 0; i < flight->window; i++) {
		struct slot *slot = &flight->slots[i];

		if (!slot->busy || coap_id(&slot->draft) != message->id)
			continue;
		if (message->type == COAP_RST)
			end(flight, slot, false);
		slot->acknowledged = true;
		slot->deadline_ns += SEPARATE_FACTOR * RETRY_NS;
	}
}

static void on_response(void *userdata, const struct coap_message *message)
{
	struct flight *flight = userdata;
	uint8_t token[TOKEN_LEN];
	struct slot *slot;

	if (message->code == COAP_EMPTY) {
		take_empty(flight, message);
		return;
	}
	if (message->token_len != TOKEN_LEN || message->token[2] >= flight->window)
		return;
	slot = &flight->slots[message->token[2]];
	make_token(flight, message->token[2], slot->number, token);
	if (!slot->busy || memcmp(token, message->token, TOKEN_LEN) != 0)
		return;
	end(flight, slot, true);
	if (flight->requests->answered)
		flight->requests->answered(flight->requests->userdata, slot->number, message,
			server_now() - slot->sent_ns);
}

static void send_next(struct flight *flight, size_t index)
{
	struct slot *slot = &flight->slots[index];
	uint8_t token[TOKEN_LEN];

	slot->number = (uint32_t)flight->sent++;
	slot->busy = true;
	slot->acknowledged = false;
	slot->tries = 1;
	if (flight->server->pause_us > 0)
		usleep(flight->server->pause_us);
	make_token(flight, index, slot->number, token);
	server_begin(flight->server, &slot->draft, flight->requests->method, token, sizeof(token));
	flight->requests->build(flight->requests->userdata, slot->number, &slot->draft);
	flight->in_flight++;
	slot->sent_ns = server_now();
	slot->deadline_ns = slot->sent_ns + RETRY_NS;
	server_send(flight->server, &flight->server->client, &slot->draft);
}

static void fill(struct flight *flight)
{
	for (int i = 0; i < flight->window && flight->sent < flight->n; i++)
		if (!flight->slots[i].busy)
			send_next(flight, (size_t)i);
}

static void retry(struct flight *flight, struct slot *slot, uint64_t now)
{
	if (slot->acknowledged || slot->tries++ == TRIES_MAX) {
		end(flight, slot, false);
		flight->n = flight->sent; /* more would be as much in vain, half a minute each */
		return;
	}
	flight->outcome.retransmissions++;
	slot->deadline_ns = now + (RETRY_NS << (slot->tries - 1));
	server_send(flight->server, &flight->server->client, &slot->draft);
}

static void expire(struct flight *flight)
{
	uint64_t now = server_now();

	for (int i = 0; i < flight->window; i++)
		if (flight->slots[i].busy && now >= flight->slots[i].deadline_ns)
			retry(flight, &flight->slots[i], now);
}

struct outcome requests_run(struct server *server, const struct requests *requests, long n, int window)
{
	static uint8_t serial;
	size_t size = sizeof(struct flight) + (size_t)window * sizeof(struct slot);
	_cleanup_(freep) struct flight *flight = calloc(1, size);
	uint64_t start = server_now();

	if (!flight)
		err(EXIT_FAILURE, "Cannot keep %d requests in flight", window);
	flight->server = server;
	flight->requests = requests;
	flight->serial = serial++;
	flight->n = n;
	flight->window = window;
	server->on_response = on_response;
	server->userdata = flight;
	server->busy = true;
	while (flight->outcome.answered + flight->outcome.lost < flight->n) {
		fill(flight);
		server_receive(server, 100);
		expire(flight);
	}
	server->busy = false;
	server->on_response = NULL;
	flight->outcome.seconds = (double)(server_now() - start) / 1e9;
	return flight->outcome;
}
