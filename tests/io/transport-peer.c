/* SPDX-License-Identifier: Apache-2.0 */
#include "transport-peer.h"

#include <arpa/inet.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"

#define PATIENCE (10 * USEC_PER_SEC)

static void keep(struct heard *record, const struct message *message)
{
	record->message = *message;
	assert_true(message->path.len < sizeof(record->path));
	assert_true(message->query.len < sizeof(record->query));
	assert_true(message->payload.len <= sizeof(record->payload));
	assert_true(message->token.len <= sizeof(record->token));
	memcpy(record->path, message->path.data ? message->path.data : (const uint8_t *)"", message->path.len);
	record->path[message->path.len] = '\0';
	memcpy(record->query, message->query.data ? message->query.data : (const uint8_t *)"", message->query.len);
	record->query[message->query.len] = '\0';
	if (message->token.len > 0)
		memcpy(record->token, message->token.data, message->token.len);
	if (message->payload.len > 0)
		memcpy(record->payload, message->payload.data, message->payload.len);
	record->message.token.data = record->token;
	record->message.payload.data = record->payload;
}

static void on_request(void *userdata, const struct message *request)
{
	struct peer *peer = userdata;

	assert_true(peer->n_requests < RECORDS_MAX);
	keep(&peer->requests[peer->n_requests++], request);
	if (peer->on_request)
		peer->on_request(peer, request);
	if (peer->answer_now)
		peer_reply(peer, request->id, &peer->answer);
}

static void on_connected(void *userdata, uint16_t session, int error)
{
	struct peer *peer = userdata;

	assert_int_equal(session, peer->server.session);
	assert_true(peer->n_connected < RECORDS_MAX);
	peer->connected[peer->n_connected++] = error;
}

static void on_response(void *userdata, uint32_t id, int error, const struct message *response)
{
	struct peer *peer = userdata;
	struct heard_outcome *outcome = &peer->outcomes[peer->n_outcomes];

	assert_true(peer->n_outcomes < RECORDS_MAX);
	outcome->id = id;
	outcome->error = error;
	outcome->has_response = response != NULL;
	if (response)
		keep(&outcome->response, response);
	peer->n_outcomes++;
}

static const struct transport_handlers handlers = {
	.request = on_request,
	.connected = on_connected,
	.response = on_response,
};

void peer_init(struct peer *peer)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);

	*peer = (struct peer){ .server = { .name = (char *)"test", .session = 7, .mode = SECURITY_NOSEC } };
	peer->server.uri = peer->uri;
	peer->answer = (struct message){ .code = COAP_CONTENT, .accept = -1, .format = -1, .observe = -1 };
	peer->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(peer->fd >= 0);
	assert_int_equal(bind(peer->fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(getsockname(peer->fd, (struct sockaddr *)&address, &len), 0);
	snprintf(peer->uri, sizeof(peer->uri), "coap://127.0.0.1:%u", ntohs(address.sin_port));
	assert_int_equal(transport_new(&handlers, peer, &peer->transport), 0);
	transport_set_retransmission(peer->transport, 1000, 1);
}

void peer_deinit(struct peer *peer)
{
	peer->transport = transport_free(peer->transport);
	if (peer->fd >= 0)
		close(peer->fd);
}

void peer_effect(struct peer *peer, enum effect_type type, uint32_t id, const struct message *message)
{
	struct effect effect = { .type = type, .id = id, .server = &peer->server };

	if (message)
		effect.message = *message;
	effect.message.id = id;
	effect.message.session = peer->server.session;
	(void)transport_handle(peer->transport, &effect);
}

void peer_reply(struct peer *peer, uint32_t id, const struct message *message)
{
	peer_effect(peer, EFFECT_REPLY, id, message);
}

void peer_run(struct peer *peer, int ms)
{
	struct pollfd fds = { .fd = transport_get_fd(peer->transport), .events = POLLIN };

	transport_flush(peer->transport);
	if (poll(&fds, 1, ms) > 0)
		assert_int_equal(transport_process(peer->transport), 0);
}

void peer_wait_count(struct peer *peer, const size_t *count, size_t at_least)
{
	usec_t deadline = usec_now() + PATIENCE;

	while (*count < at_least) {
		assert_true(usec_now() < deadline);
		peer_run(peer, 50);
	}
}

void peer_connect(struct peer *peer)
{
	size_t before = peer->n_connected;

	peer_effect(peer, EFFECT_CONNECT, 0, NULL);
	peer_wait_count(peer, &peer->n_connected, before + 1);
}

void datagram_start(struct datagram *datagram, int type, unsigned int code, uint16_t mid, const char *token)
{
	size_t len = strlen(token);

	datagram->bytes[0] = (uint8_t)(0x40 | type << 4 | (int)len);
	datagram->bytes[1] = (uint8_t)code;
	datagram->bytes[2] = (uint8_t)(mid >> 8);
	datagram->bytes[3] = (uint8_t)mid;
	memcpy(datagram->bytes + 4, token, len);
	datagram->len = 4 + len;
	datagram->last_option = 0;
}

static unsigned int nibble(unsigned int value)
{
	return value < 13 ? value : value < 269 ? 13 : 14;
}

static void put_extended(struct datagram *datagram, unsigned int value)
{
	if (value >= 269) {
		datagram->bytes[datagram->len++] = (uint8_t)((value - 269) >> 8);
		datagram->bytes[datagram->len++] = (uint8_t)(value - 269);
	} else if (value >= 13) {
		datagram->bytes[datagram->len++] = (uint8_t)(value - 13);
	}
}

void datagram_option(struct datagram *datagram, unsigned int number, const void *value, size_t len)
{
	unsigned int delta = number - datagram->last_option;

	datagram->bytes[datagram->len++] = (uint8_t)(nibble(delta) << 4 | nibble((unsigned int)len));
	put_extended(datagram, delta);
	put_extended(datagram, (unsigned int)len);
	if (len > 0)
		memcpy(datagram->bytes + datagram->len, value, len);
	datagram->len += len;
	datagram->last_option = number;
}

void datagram_text(struct datagram *datagram, unsigned int number, const char *value)
{
	datagram_option(datagram, number, value, strlen(value));
}

void datagram_uint(struct datagram *datagram, unsigned int number, uint32_t value)
{
	uint8_t bytes[4] = { (uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value };
	size_t skip = 0;

	while (skip < 4 && bytes[skip] == 0)
		skip++;
	datagram_option(datagram, number, bytes + skip, 4 - skip);
}

void datagram_path(struct datagram *datagram, const char *path)
{
	while (*path == '/') {
		size_t len = strcspn(path + 1, "/");

		datagram_option(datagram, URI_PATH, path + 1, len);
		path += 1 + len;
	}
}

void datagram_payload(struct datagram *datagram, const void *payload, size_t len)
{
	datagram->bytes[datagram->len++] = 0xff;
	memcpy(datagram->bytes + datagram->len, payload, len);
	datagram->len += len;
}

void peer_send(struct peer *peer, const struct datagram *datagram)
{
	assert_int_equal(sendto(peer->fd, datagram->bytes, datagram->len, 0, (struct sockaddr *)&peer->client,
				 sizeof(peer->client)),
		datagram->len);
}

static bool receive_now(struct peer *peer, struct datagram *ret)
{
	socklen_t size = sizeof(peer->client);
	ssize_t n = recvfrom(peer->fd, ret->bytes, sizeof(ret->bytes), MSG_DONTWAIT, (struct sockaddr *)&peer->client,
		&size);

	if (n < 4)
		return false;
	ret->len = (size_t)n;
	return true;
}

void peer_receive(struct peer *peer, struct datagram *ret)
{
	usec_t deadline = usec_now() + PATIENCE;

	while (!receive_now(peer, ret)) {
		assert_true(usec_now() < deadline);
		peer_run(peer, 20);
	}
}

/* A response to nothing is answered with RST, after all that came before it. */
bool peer_hears_nothing(struct peer *peer)
{
	struct datagram probe, datagram;

	datagram_start(&probe, CON, COAP_CONTENT, 0xbeef, "probe");
	peer_send(peer, &probe);
	peer_receive(peer, &datagram);
	return datagram_type(&datagram) == RST && datagram_mid(&datagram) == 0xbeef;
}

static unsigned int read_extended(const uint8_t **at, unsigned int value)
{
	if (value == 13)
		return 13u + *(*at)++;
	if (value == 14) {
		value = 269u + ((unsigned int)(*at)[0] << 8 | (*at)[1]);
		*at += 2;
	}
	return value;
}

/* Walks over the options; at their end *at is the payload marker or the end. */
static bool next_option(const uint8_t **at, const uint8_t *end, unsigned int *number, struct bytes *value)
{
	unsigned int delta, len;

	if (*at >= end || **at == 0xff)
		return false;
	delta = **at >> 4;
	len = **at & 15;
	(*at)++;
	*number += read_extended(at, delta);
	len = read_extended(at, len);
	*value = BYTES(*at, len);
	*at += len;
	return true;
}

static const uint8_t *options_of(const struct datagram *datagram)
{
	return datagram->bytes + 4 + (datagram->bytes[0] & 15);
}

bool datagram_find(const struct datagram *datagram, unsigned int number, unsigned int index, struct bytes *ret)
{
	const uint8_t *at = options_of(datagram);
	unsigned int current = 0;
	struct bytes value;

	while (next_option(&at, datagram->bytes + datagram->len, &current, &value))
		if (current == number && index-- == 0) {
			*ret = value;
			return true;
		}
	return false;
}

int64_t datagram_get(const struct datagram *datagram, unsigned int number)
{
	struct bytes value;
	int64_t result = 0;

	if (!datagram_find(datagram, number, 0, &value))
		return -1;
	for (size_t i = 0; i < value.len; i++)
		result = result << 8 | value.data[i];
	return result;
}

struct bytes datagram_get_payload(const struct datagram *datagram)
{
	const uint8_t *at = options_of(datagram), *end = datagram->bytes + datagram->len;
	unsigned int number = 0;
	struct bytes value;

	while (next_option(&at, end, &number, &value))
		;
	return at < end ? BYTES(at + 1, (size_t)(end - at - 1)) : BYTES(NULL, 0);
}

struct bytes datagram_token(const struct datagram *datagram)
{
	return BYTES(datagram->bytes + 4, datagram->bytes[0] & 15);
}

const struct message peer_registration = {
	.code = COAP_POST,
	.confirmable = true,
	.path = { (const uint8_t *)"/rd", 3 },
	.query = { (const uint8_t *)"ep=x&lt=60", 10 },
	.payload = { (const uint8_t *)"</3/0>", 6 },
	.accept = -1,
	.format = 40,
	.observe = -1,
};

const struct message peer_notification = {
	.code = COAP_CONTENT,
	.token = { (const uint8_t *)"obs", 3 },
	.path = { (const uint8_t *)"/3303/0", 7 },
	.payload = { (const uint8_t *)"21.5", 4 },
	.accept = -1,
	.format = 0,
	.observe = 12,
};

int peer_setup(void **state)
{
	struct peer *peer = calloc(1, sizeof(*peer));

	log_set_level(LOG_ERR);
	peer_init(peer);
	peer_connect(peer);
	assert_int_equal(peer->connected[0], 0);
	*state = peer;
	return 0;
}

int peer_teardown(void **state)
{
	peer_deinit(*state);
	free(*state);
	return 0;
}

/* As peer_setup(), and the peer knows the transport's address. */
int peer_setup_known(void **state)
{
	struct datagram request, response;
	struct peer *peer;

	peer_setup(state);
	peer = *state;
	peer_effect(peer, EFFECT_REQUEST, 1, &peer_registration);
	peer_receive(peer, &request);
	datagram_start(&response, ACK, COAP_CREATED, datagram_mid(&request), "");
	response.bytes[0] |= 8;
	memcpy(response.bytes + 4, request.bytes + 4, 8);
	response.len = 12;
	peer_send(peer, &response);
	peer_wait_count(peer, &peer->n_outcomes, 1);
	peer->n_outcomes = 0;
	return 0;
}
