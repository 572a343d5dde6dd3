/* SPDX-License-Identifier: Apache-2.0 */
/* The transport against a bare UDP socket: sessions, requests both ways, acknowledgements, deduplication. */
#include "transport-peer.h"

#include <arpa/inet.h>
#include <poll.h>
#include <string.h>

/* A response of the peer to a request of the transport. */
static void start_response(struct datagram *response, const struct datagram *request, int type, unsigned int code)
{
	struct bytes token = datagram_token(request);

	datagram_start(response, type, code, datagram_mid(request), "");
	response->bytes[0] |= (uint8_t)token.len;
	memcpy(response->bytes + 4, token.data, token.len);
	response->len += token.len;
}

static void request_of_ours(void **state)
{
	struct peer *peer = *state;
	struct datagram request, response;
	struct bytes value;

	peer_effect(peer, EFFECT_REQUEST, 42, &peer_registration);
	peer_receive(peer, &request);
	assert_int_equal(datagram_type(&request), CON);
	assert_int_equal(datagram_code(&request), COAP_POST);
	assert_int_equal(datagram_token(&request).len, 8);
	assert_true(datagram_find(&request, URI_PATH, 0, &value));
	assert_bytes(value, "rd");
	assert_true(datagram_find(&request, URI_QUERY, 0, &value));
	assert_bytes(value, "ep=x");
	assert_true(datagram_find(&request, URI_QUERY, 1, &value));
	assert_bytes(value, "lt=60");
	assert_int_equal(datagram_get(&request, CONTENT_FORMAT), 40);
	assert_int_equal(datagram_get(&request, 292), -1);
	assert_bytes(datagram_get_payload(&request), "</3/0>");

	start_response(&response, &request, ACK, COAP_CREATED);
	datagram_text(&response, LOCATION_PATH, "rd");
	datagram_text(&response, LOCATION_PATH, "5a");
	peer_send(peer, &response);
	peer_wait_count(peer, &peer->n_outcomes, 1);
	assert_int_equal(peer->outcomes[0].id, 42);
	assert_int_equal(peer->outcomes[0].error, 0);
	assert_int_equal(peer->outcomes[0].response.message.code, COAP_CREATED);
	assert_string_equal(peer->outcomes[0].response.path, "/rd/5a");
}

/* Rule 47: a Send may go out without confirmation; what answers it is told all the same. */
static void request_of_ours_without_confirmation(void **state)
{
	struct message send = peer_registration;
	struct datagram request, response;
	struct peer *peer = *state;

	send.confirmable = false;
	peer_effect(peer, EFFECT_REQUEST, 43, &send);
	peer_receive(peer, &request);
	assert_int_equal(datagram_type(&request), NON);
	start_response(&response, &request, NON, COAP_CHANGED);
	peer_send(peer, &response);
	peer_wait_count(peer, &peer->n_outcomes, 1);
	assert_int_equal(peer->outcomes[0].id, 43);
	assert_int_equal(peer->outcomes[0].response.message.code, COAP_CHANGED);
}

static void separate_response_to_ours(void **state)
{
	struct peer *peer = *state;
	struct datagram request, response, ack;

	peer_effect(peer, EFFECT_REQUEST, 5, &peer_registration);
	peer_receive(peer, &request);
	datagram_start(&ack, ACK, 0, datagram_mid(&request), "");
	peer_send(peer, &ack);
	start_response(&response, &request, CON, COAP_CHANGED);
	response.bytes[2] ^= 0x55;
	peer_send(peer, &response);
	peer_wait_count(peer, &peer->n_outcomes, 1);
	assert_int_equal(peer->outcomes[0].response.message.code, COAP_CHANGED);
	peer_receive(peer, &ack);
	assert_int_equal(datagram_type(&ack), ACK);
	assert_int_equal(datagram_mid(&ack), datagram_mid(&response));
	/* Our acknowledgement was lost. */
	peer_send(peer, &response);
	peer_receive(peer, &ack);
	assert_int_equal(datagram_type(&ack), ACK);
	assert_int_equal(datagram_mid(&ack), datagram_mid(&response));
	assert_int_equal(peer->n_outcomes, 1);
}

static void rule_45_unexpected_response_is_reset(void **state)
{
	struct peer *peer = *state;
	struct datagram response, reset;

	datagram_start(&response, CON, COAP_CONTENT, 77, "whatever");
	peer_send(peer, &response);
	peer_receive(peer, &reset);
	assert_int_equal(datagram_type(&reset), RST);
	assert_int_equal(peer->n_outcomes, 0);
}

static void request_reset(void **state)
{
	struct peer *peer = *state;
	struct datagram request, reset;

	peer_effect(peer, EFFECT_REQUEST, 6, &peer_registration);
	peer_receive(peer, &request);
	datagram_start(&reset, RST, 0, datagram_mid(&request), "");
	peer_send(peer, &reset);
	peer_wait_count(peer, &peer->n_outcomes, 1);
	assert_int_equal(peer->outcomes[0].error, -ECONNRESET);
}

static void request_of_theirs(void **state)
{
	struct peer *peer = *state;
	struct datagram request, response;

	datagram_start(&request, CON, COAP_GET, 100, "tok");
	datagram_uint(&request, OBSERVE, 0);
	datagram_path(&request, "/3/0/1");
	datagram_text(&request, URI_QUERY, "pmin=1");
	datagram_text(&request, URI_QUERY, "pmax=9");
	datagram_uint(&request, ACCEPT, 11542);
	peer->answer_now = true;
	peer->answer.format = 11542;
	peer->answer.observe = 3;
	peer->answer.payload = BYTES_LITERAL("hello");
	peer_send(peer, &request);
	peer_receive(peer, &response);

	assert_string_equal(peer->requests[0].path, "/3/0/1");
	assert_string_equal(peer->requests[0].query, "pmin=1&pmax=9");
	assert_int_equal(peer->requests[0].message.code, COAP_GET);
	assert_int_equal(peer->requests[0].message.session, 7);
	assert_true(peer->requests[0].message.confirmable);
	assert_int_equal(peer->requests[0].message.accept, 11542);
	assert_int_equal(peer->requests[0].message.format, -1);
	assert_int_equal(peer->requests[0].message.observe, 0);
	assert_bytes(peer->requests[0].message.token, "tok");

	assert_int_equal(datagram_type(&response), ACK);
	assert_int_equal(datagram_mid(&response), 100);
	assert_int_equal(datagram_code(&response), COAP_CONTENT);
	assert_bytes(datagram_token(&response), "tok");
	assert_int_equal(datagram_get(&response, OBSERVE), 3);
	assert_int_equal(datagram_get(&response, CONTENT_FORMAT), 11542);
	assert_int_equal(datagram_get(&response, BLOCK2), -1);
	assert_bytes(datagram_get_payload(&response), "hello");
}

static void every_method_and_path_arrives(void **state)
{
	static const char *const paths[] = { "", "/3", "/.well-known/core", "/bs", "/3/", "/3//1", "/rd" };
	struct peer *peer = *state;
	struct datagram request, response;
	uint16_t mid = 200;

	peer->answer_now = true;
	for (unsigned int code = COAP_GET; code <= COAP_IPATCH; code++)
		for (size_t i = 0; i < ELEMENTSOF(paths); i++) {
			datagram_start(&request, CON, code, mid++, "t");
			datagram_path(&request, paths[i]);
			if (code == COAP_FETCH)
				datagram_uint(&request, CONTENT_FORMAT, 112);
			peer_send(peer, &request);
			peer_receive(peer, &response);
			assert_int_equal(datagram_code(&response), COAP_CONTENT);
			assert_string_equal(peer->requests[peer->n_requests - 1].path, paths[i][0] ? paths[i] : "/");
			assert_int_equal(peer->requests[peer->n_requests - 1].message.code, code);
		}
}

static void created_says_where(void **state)
{
	struct peer *peer = *state;
	struct datagram request, response;
	struct bytes value;

	peer->answer_now = true;
	peer->answer.code = COAP_CREATED;
	peer->answer.path = BYTES_LITERAL("/9/3");
	datagram_start(&request, CON, COAP_POST, 100, "t");
	datagram_path(&request, "/9");
	peer_send(peer, &request);
	peer_receive(peer, &response);
	assert_true(datagram_find(&response, LOCATION_PATH, 0, &value));
	assert_bytes(value, "9");
	assert_true(datagram_find(&response, LOCATION_PATH, 1, &value));
	assert_bytes(value, "3");
}

static void late_reply_is_separate(void **state)
{
	struct peer *peer = *state;
	struct datagram request, ack, response;
	struct message late = peer->answer;

	datagram_start(&request, CON, COAP_GET, 100, "tok");
	datagram_path(&request, "/3303/0");
	peer_send(peer, &request);
	peer_receive(peer, &ack);
	assert_int_equal(datagram_type(&ack), ACK);
	assert_int_equal(datagram_code(&ack), 0);
	assert_int_equal(ack.len, 4);
	peer_send(peer, &request); /* again, while it is pending */
	peer_receive(peer, &ack);
	assert_int_equal(datagram_code(&ack), 0);
	assert_int_equal(peer->n_requests, 1);

	late.payload = BYTES_LITERAL("late");
	peer_reply(peer, peer->requests[0].message.id, &late);
	peer_receive(peer, &response);
	assert_int_equal(datagram_type(&response), CON);
	assert_bytes(datagram_token(&response), "tok");
	assert_bytes(datagram_get_payload(&response), "late");
	datagram_start(&ack, ACK, 0, datagram_mid(&response), "");
	peer_send(peer, &ack);
	peer_send(peer, &request); /* and after it was answered */
	peer_receive(peer, &ack);
	assert_int_equal(datagram_type(&ack), ACK);
	assert_int_equal(datagram_code(&ack), 0);
	assert_int_equal(peer->n_requests, 1);
	assert_true(peer_hears_nothing(peer));
}

/* What the engine does not want to answer yet: no acknowledgement, or the peer would not send it again. */
static void code_0_is_silence(void **state)
{
	struct peer *peer = *state;
	struct datagram request, response;

	datagram_start(&request, CON, COAP_POST, 100, "tok");
	datagram_path(&request, "/1/0/8");
	peer->answer_now = true;
	peer->answer.code = 0;
	peer_send(peer, &request);
	peer_wait_count(peer, &peer->n_requests, 1);
	assert_true(peer_hears_nothing(peer));

	peer->answer.code = COAP_CHANGED;
	peer_send(peer, &request);
	peer_receive(peer, &response);
	assert_int_equal(datagram_code(&response), COAP_CHANGED);
	assert_int_equal(peer->n_requests, 2);
}

/* A server that asks and asks and acknowledges nothing: what is kept for it has a limit. */
static void late_replies_never_acknowledged(void **state)
{
	struct peer *peer = *state;
	struct datagram request, datagram;
	unsigned int acks = 0, responses = 0;

	for (unsigned int i = 0; i < 40; i++) {
		datagram_start(&request, CON, COAP_POST, (uint16_t)(100 + i), "tok");
		peer_send(peer, &request);
		peer_wait_count(peer, &peer->n_requests, i + 1);
		peer_reply(peer, peer->requests[i].message.id, &peer->answer);
	}
	/* One confirmable response is on its way, and 15 wait for it. */
	while (responses < 40 - 16) {
		peer_receive(peer, &datagram);
		acks += datagram_type(&datagram) == ACK;
		responses += datagram_type(&datagram) == NON;
	}
	assert_int_equal(acks, 40);
}

static void late_reply_to_non(void **state)
{
	struct peer *peer = *state;
	struct datagram request, response;

	datagram_start(&request, NON, COAP_GET, 100, "tok");
	peer_send(peer, &request);
	peer_wait_count(peer, &peer->n_requests, 1);
	assert_true(peer_hears_nothing(peer));
	peer_reply(peer, peer->requests[0].message.id, &peer->answer);
	peer_receive(peer, &response);
	assert_int_equal(datagram_type(&response), NON);
	assert_bytes(datagram_token(&response), "tok");
}

static void rule_45_repeated_request_is_executed_once(void **state)
{
	static const uint8_t methods[] = { COAP_POST, COAP_PUT, COAP_DELETE, COAP_IPATCH };
	struct peer *peer = *state;
	struct datagram request, first, second;

	peer->answer_now = true;
	peer->answer.code = COAP_CREATED;
	peer->answer.path = BYTES_LITERAL("/9/3");
	peer->answer.format = 112;
	peer->answer.payload = BYTES_LITERAL("body");
	for (size_t i = 0; i < ELEMENTSOF(methods); i++) {
		datagram_start(&request, CON, methods[i], (uint16_t)(100 + i), "tok");
		datagram_path(&request, "/9");
		peer_send(peer, &request);
		peer_receive(peer, &first);
		peer_send(peer, &request);
		peer_receive(peer, &second);
		assert_int_equal(peer->n_requests, i + 1);
		assert_int_equal(first.len, second.len);
		assert_memory_equal(first.bytes, second.bytes, first.len);
	}
}

static void rule_45_repeated_non_is_executed_and_answered_once(void **state)
{
	struct peer *peer = *state;
	struct datagram request, response;

	peer->answer_now = true;
	datagram_start(&request, NON, COAP_POST, 100, "tok");
	datagram_path(&request, "/3/0/4");
	peer_send(peer, &request);
	peer_receive(peer, &response);
	assert_int_equal(datagram_type(&response), NON);
	peer_send(peer, &request);
	assert_true(peer_hears_nothing(peer));
	assert_int_equal(peer->n_requests, 1);
}

static void memory_of_requests_is_bounded(void **state)
{
	static uint8_t large[1000];
	struct peer *peer = *state;
	struct datagram request, response;

	peer->answer_now = true;
	peer->answer.payload = BYTES(large, sizeof(large));
	for (uint16_t mid = 0; mid < 200; mid++) {
		datagram_start(&request, CON, COAP_POST, mid, "tok");
		peer_send(peer, &request);
		peer_receive(peer, &response);
	}
	peer_send(peer, &request);
	peer_receive(peer, &response);
	assert_int_equal(peer->n_requests, 200);
	assert_int_equal(datagram_get_payload(&response).len, sizeof(large));
}

static void too_many_pending(void **state)
{
	struct peer *peer = *state;
	struct datagram request, response;

	for (uint16_t mid = 0; mid < 65; mid++) {
		datagram_start(&request, CON, COAP_GET, mid, "tok");
		peer_send(peer, &request);
		peer_receive(peer, &response);
		assert_int_equal(datagram_code(&response), mid < 64 ? 0 : COAP_UNAVAILABLE);
	}
	assert_int_equal(peer->n_requests, 64);
}

/* What will not be answered makes room for others. */
static void pending_ends_in_silence(void **state)
{
	struct peer *peer = *state;
	struct datagram request, response;
	struct message silence = peer->answer;

	silence.code = 0;
	for (uint16_t mid = 0; mid < 130; mid++) {
		datagram_start(&request, CON, COAP_GET, mid, "tok");
		peer_send(peer, &request);
		peer_receive(peer, &response);
		assert_int_equal(datagram_code(&response), 0);
		peer_reply(peer, peer->requests[mid].message.id, &silence);
	}
	assert_int_equal(peer->n_requests, 130);
	assert_true(peer_hears_nothing(peer));
}

static void notification_non(void **state)
{
	struct peer *peer = *state;
	struct datagram datagram, reset;

	peer_effect(peer, EFFECT_NOTIFY, 31, &peer_notification);
	peer_effect(peer, EFFECT_NOTIFY, 32, &peer_notification);
	peer_receive(peer, &datagram);
	assert_int_equal(datagram_type(&datagram), NON);
	assert_int_equal(datagram_code(&datagram), COAP_CONTENT);
	assert_bytes(datagram_token(&datagram), "obs");
	assert_int_equal(datagram_get(&datagram, OBSERVE), 12);
	assert_int_equal(datagram_get(&datagram, LOCATION_PATH), -1);
	assert_bytes(datagram_get_payload(&datagram), "21.5");
	datagram_start(&reset, RST, 0, datagram_mid(&datagram), "");
	peer_send(peer, &reset);
	peer_wait_count(peer, &peer->n_outcomes, 1);
	assert_int_equal(peer->outcomes[0].id, 31);
	assert_int_equal(peer->outcomes[0].error, -ECONNRESET);
	peer_receive(peer, &datagram);
	assert_true(peer_hears_nothing(peer));
	assert_int_equal(peer->n_outcomes, 1);
}

static void notification_con(void **state)
{
	struct message confirmable = peer_notification;
	struct peer *peer = *state;
	struct datagram datagram, answer;

	confirmable.confirmable = true;
	peer_effect(peer, EFFECT_NOTIFY, 33, &confirmable);
	peer_receive(peer, &datagram);
	assert_int_equal(datagram_type(&datagram), CON);
	datagram_start(&answer, ACK, 0, datagram_mid(&datagram), "");
	peer_send(peer, &answer);
	peer_wait_count(peer, &peer->n_outcomes, 1);
	assert_int_equal(peer->outcomes[0].id, 33);
	assert_int_equal(peer->outcomes[0].error, 0);
	assert_false(peer->outcomes[0].has_response);

	peer_effect(peer, EFFECT_NOTIFY, 34, &confirmable);
	peer_receive(peer, &datagram);
	datagram_start(&answer, RST, 0, datagram_mid(&datagram), "");
	peer_send(peer, &answer);
	peer_wait_count(peer, &peer->n_outcomes, 2);
	assert_int_equal(peer->outcomes[1].id, 34);
	assert_int_equal(peer->outcomes[1].error, -ECONNRESET);
}

static void refused_without_asking(void **state)
{
	struct peer *peer = *state;
	struct datagram request, response;
	char text[256];

	peer->answer_now = true;
	memset(text, 'x', sizeof(text));
	datagram_start(&request, CON, COAP_GET, 1, "t");
	datagram_option(&request, URI_PATH, "3/0", 3);
	peer_send(peer, &request);
	peer_receive(peer, &response);
	assert_int_equal(datagram_code(&response), COAP_METHOD_NOT_ALLOWED);

	datagram_start(&request, CON, COAP_GET, 2, "t");
	datagram_option(&request, URI_PATH, text, 200);
	datagram_option(&request, URI_PATH, text, 200);
	peer_send(peer, &request);
	peer_receive(peer, &response);
	assert_int_equal(datagram_code(&response), COAP_METHOD_NOT_ALLOWED);

	datagram_start(&request, CON, COAP_PUT, 3, "t");
	datagram_option(&request, IF_MATCH, "x", 1);
	datagram_path(&request, "/3/0");
	peer_send(peer, &request);
	peer_receive(peer, &response);
	assert_int_equal(datagram_code(&response), COAP_BAD_OPTION);

	datagram_start(&request, CON, COAP_GET, 4, "t");
	datagram_option(&request, 65001, "x", 1);
	peer_send(peer, &request);
	peer_receive(peer, &response);
	assert_int_equal(datagram_code(&response), COAP_BAD_OPTION);

	datagram_start(&request, CON, COAP_GET, 5, "t");
	datagram_option(&request, URI_QUERY, text, 255);
	datagram_option(&request, URI_QUERY, text, 255);
	datagram_option(&request, URI_QUERY, text, 255);
	peer_send(peer, &request);
	peer_receive(peer, &response);
	assert_int_equal(datagram_code(&response), COAP_BAD_REQUEST);
	assert_int_equal(peer->n_requests, 0);
}

static void rubbish_is_survived(void **state)
{
	struct peer *peer = *state;
	struct datagram good, datagram;
	uint32_t random = 1;

	peer->answer_now = true;
	datagram_start(&good, CON, COAP_GET, 0, "12345678");
	datagram_path(&good, "/3/0");
	datagram_uint(&good, BLOCK2, 6);
	datagram_uint(&good, BLOCK1, 0x1e);
	datagram_payload(&good, "payload", 7);
	for (unsigned int i = 0; i < 3000; i++) {
		datagram = good;
		for (unsigned int changes = 0; changes < 3; changes++) {
			random = random * 1103515245 + 12345;
			datagram.bytes[(random >> 8) % datagram.len] = (uint8_t)(random >> 16);
		}
		datagram.len = i % 3 ? datagram.len : random % datagram.len;
		if (datagram.len > 0)
			peer_send(peer, &datagram);
		peer->n_requests = 0;
		peer_run(peer, 0);
		while (recv(peer->fd, datagram.bytes, sizeof(datagram.bytes), MSG_DONTWAIT) >= 0)
			;
	}
	while (!peer_hears_nothing(peer))
		;
	peer->answer_now = true;
	datagram_start(&good, CON, COAP_GET, 9999, "good");
	peer_send(peer, &good);
	peer_receive(peer, &datagram);
	assert_int_equal(datagram_code(&datagram), COAP_CONTENT);
	assert_int_equal(datagram_mid(&datagram), 9999);
}

static void port_survives_reconnecting(void **state)
{
	struct peer *peer = *state;
	in_port_t port = peer->client.sin_port;
	struct datagram request;

	for (unsigned int i = 0; i < 3; i++) {
		peer_effect(peer, EFFECT_CLOSE, 0, NULL);
		peer_connect(peer);
		peer_effect(peer, EFFECT_REQUEST, 9, &peer_registration);
		peer_receive(peer, &request);
		assert_int_equal(peer->client.sin_port, port);
	}
}

static void nothing_on_a_closed_session(void **state)
{
	struct peer *peer = *state;
	struct datagram request, ack;

	datagram_start(&request, CON, COAP_GET, 100, "tok");
	peer_send(peer, &request);
	peer_receive(peer, &ack);
	peer_effect(peer, EFFECT_REQUEST, 1, &peer_registration);
	peer_effect(peer, EFFECT_CLOSE, 0, NULL);
	peer_reply(peer, peer->requests[0].message.id, &peer->answer);
	peer_effect(peer, EFFECT_REQUEST, 2, &peer_registration);
	peer_effect(peer, EFFECT_NOTIFY, 3, &peer_notification);
	peer_wait_count(peer, &peer->n_outcomes, 2);
	assert_int_equal(peer->outcomes[0].id, 2);
	assert_int_equal(peer->outcomes[0].error, -ECONNRESET);
	assert_int_equal(peer->outcomes[1].id, 3);
	assert_int_equal(peer->outcomes[1].error, -ECONNRESET);
}

static void close_in_handler(struct peer *peer, const struct message *request)
{
	peer_effect(peer, EFFECT_REPLY, request->id, &peer->answer);
	peer_effect(peer, EFFECT_CLOSE, 0, NULL);
	peer_effect(peer, EFFECT_CONNECT, 0, NULL);
}

static void closed_while_answering(void **state)
{
	struct peer *peer = *state;
	struct datagram request, response;

	peer->on_request = close_in_handler;
	datagram_start(&request, CON, COAP_POST, 100, "tok");
	peer_send(peer, &request);
	peer_receive(peer, &response);
	assert_int_equal(datagram_code(&response), COAP_CONTENT);
	peer_wait_count(peer, &peer->n_connected, 2);
	assert_int_equal(peer->connected[1], 0);
}

static void closed_without_answering(struct peer *peer, const struct message *request)
{
	peer_effect(peer, EFFECT_CLOSE, 0, NULL);
}

static void closed_while_asked(void **state)
{
	struct peer *peer = *state;
	struct datagram request;

	peer->on_request = closed_without_answering;
	datagram_start(&request, CON, COAP_POST, 100, "tok");
	peer_send(peer, &request);
	peer_wait_count(peer, &peer->n_requests, 1);
}

static void idle_is_silent(void **state)
{
	struct peer *peer = *state;
	struct pollfd fds = { .fd = transport_get_fd(peer->transport), .events = POLLIN };
	struct message confirmable = peer_notification;
	struct datagram datagram, answer;

	confirmable.confirmable = true;
	peer_effect(peer, EFFECT_NOTIFY, 33, &confirmable);
	peer_receive(peer, &datagram);
	datagram_start(&answer, ACK, 0, datagram_mid(&datagram), "");
	peer_send(peer, &answer);
	peer_wait_count(peer, &peer->n_outcomes, 1);
	while (poll(&fds, 1, 0) > 0)
		peer_run(peer, 0);
	assert_int_equal(poll(&fds, 1, 1000), 0);
}

static void bad_servers(void **state)
{
	static const struct {
		const char *uri;
		int error;
	} cases[] = {
		{ "coap+tcp://127.0.0.1", -EPROTONOSUPPORT },
		{ "http://127.0.0.1", -EINVAL },
		{ "coap://224.0.1.187", -EADDRNOTAVAIL },
		{ "coaps://127.0.0.1", -EKEYREJECTED },
		{ "coap://name.invalid", 0 },
	};
	struct peer *peer = *state;

	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		peer->server.uri = (char *)cases[i].uri;
		peer_connect(peer);
		if (cases[i].error)
			assert_int_equal(peer->connected[peer->n_connected - 1], cases[i].error);
		else
			assert_true(peer->connected[peer->n_connected - 1] < 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(request_of_ours, peer_setup, peer_teardown),
		cmocka_unit_test_setup_teardown(request_of_ours_without_confirmation, peer_setup, peer_teardown),
		KNOWN(separate_response_to_ours),
		KNOWN(rule_45_unexpected_response_is_reset),
		KNOWN(request_reset),
		KNOWN(request_of_theirs),
		KNOWN(every_method_and_path_arrives),
		KNOWN(created_says_where),
		KNOWN(late_reply_is_separate),
		KNOWN(code_0_is_silence),
		KNOWN(late_replies_never_acknowledged),
		KNOWN(late_reply_to_non),
		KNOWN(rule_45_repeated_request_is_executed_once),
		KNOWN(rule_45_repeated_non_is_executed_and_answered_once),
		KNOWN(memory_of_requests_is_bounded),
		KNOWN(too_many_pending),
		KNOWN(pending_ends_in_silence),
		KNOWN(notification_non),
		KNOWN(notification_con),
		KNOWN(refused_without_asking),
		KNOWN(rubbish_is_survived),
		KNOWN(port_survives_reconnecting),
		KNOWN(nothing_on_a_closed_session),
		KNOWN(closed_while_answering),
		KNOWN(closed_while_asked),
		KNOWN(idle_is_silent),
		KNOWN(bad_servers),
	};

	return cmocka_run_group_tests_name("io/transport", tests, NULL, NULL);
}
