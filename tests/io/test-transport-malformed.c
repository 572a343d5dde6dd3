/* SPDX-License-Identifier: Apache-2.0 */
/* What is no message, no request, or no option: RFC 7252, 3, 4.2 and 5.4. */
#include "transport-peer.h"

#include <string.h>
#include <sys/socket.h>

enum { URI_PORT = 7, PROXY_URI = 35, PROXY_SCHEME = 39, SIZE1 = 60 };

/* An answer of this type and code, with the message id of what is sent; RST has no code. */
static void assert_answer(struct peer *peer, const struct datagram *sent, int type, unsigned int code)
{
	struct datagram answer;

	peer_send(peer, sent);
	peer_receive(peer, &answer);
	assert_int_equal(datagram_type(&answer), type);
	assert_int_equal(datagram_code(&answer), code);
	assert_int_equal(datagram_mid(&answer), datagram_mid(sent));
}

static void no_messages(void **state)
{
	static const struct {
		uint8_t bytes[12];
		size_t len;
	} cases[] = {
		{ { 0x40, 0x00, 1, 2, 0xb1, '3' }, 6 },                    /* Empty, but not empty */
		{ { 0x41, 0x00, 1, 3, 't' }, 5 },
		{ { 0x49, 0x01, 1, 4, 1, 2, 3, 4, 5, 6, 7, 8 }, 12 },      /* a token of 9 bytes, cut off */
		{ { 0x4f, 0x01, 1, 5 }, 4 },                               /* a reserved length of token */
		{ { 0x42, 0x01, 1, 6, 't' }, 5 },                          /* half a token */
		{ { 0x40, 0x01, 1, 7, 0xb3, '3' }, 6 },                    /* half an option */
		{ { 0x40, 0x01, 1, 8, 0xf1, '3' }, 6 },                    /* reserved delta */
		{ { 0x40, 0x01, 1, 9, 0xbf, '3' }, 6 },                    /* reserved length */
		{ { 0x40, 0x01, 1, 10, 0xd1 }, 5 },                        /* delta that is not there */
		{ { 0x40, 0x01, 1, 11, 0xb1, '3', 0xff }, 7 },             /* marker without payload */
		{ { 0x40, 0x01, 1, 12, 0xe1, 0xff, 0xff, 'x' }, 8 },       /* option beyond 65535 */
	};
	struct peer *peer = *state;

	peer->answer_now = true;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		struct datagram datagram = { .len = cases[i].len };

		memcpy(datagram.bytes, cases[i].bytes, datagram.len);
		assert_answer(peer, &datagram, RST, 0);
	}
	assert_int_equal(peer->n_requests, 0);
}

/* libcoap answers four in a second, and none in its first quarter of one. */
static void ping(void **state)
{
	struct peer *peer = *state;
	struct datagram request, answer;
	usec_t deadline = usec_now() + 10 * USEC_PER_SEC;

	datagram_start(&request, CON, 0, 50, "");
	do {
		assert_true(usec_now() < deadline);
		peer_send(peer, &request);
		peer_run(peer, 0);
		peer_run(peer, 50);
	} while (recv(peer->fd, answer.bytes, sizeof(answer.bytes), MSG_DONTWAIT) != 4);
	assert_int_equal(datagram_type(&answer), RST);
	assert_int_equal(datagram_mid(&answer), 50);
}

/* Of a version that is not 1, or shorter than a header: not CoAP, and nothing to answer. */
static void nothing_to_answer(void **state)
{
	struct peer *peer = *state;
	struct datagram datagram;

	for (unsigned int version = 0; version < 4; version++) {
		datagram_start(&datagram, NON, COAP_GET, 5, "t");
		datagram.bytes[0] = (uint8_t)(version << 6 | 0x11);
		if (version != 1)
			peer_send(peer, &datagram);
	}
	datagram_start(&datagram, CON, COAP_GET, 6, "");
	for (datagram.len = 1; datagram.len < 4; datagram.len++)
		peer_send(peer, &datagram);
	datagram_start(&datagram, ACK, COAP_GET, 7, "t");
	peer_send(peer, &datagram);
	datagram_start(&datagram, RST, COAP_GET, 8, "t");
	peer_send(peer, &datagram);
	peer_run(peer, 0);
	assert_int_equal(peer->n_requests, 0);
	assert_int_equal(peer->n_outcomes, 0);
	assert_int_equal(peer->n_connected, 1);
}

/* Codes of no class, and methods there are none of: 4.04 from libcoap, not the 4.05 of RFC 7252, 5.8. */
static void no_codes(void **state)
{
	struct peer *peer = *state;
	struct datagram datagram;

	peer->answer_now = true;
	for (unsigned int code = 8; code < 32; code += 5) {
		datagram_start(&datagram, CON, code, (uint16_t)(100 + code), "t");
		datagram_path(&datagram, "/3/0");
		assert_answer(peer, &datagram, ACK, COAP_NOT_FOUND);
	}
	for (unsigned int class = 1; class < 8; class++) {
		if (class >= 2 && class <= 5)
			continue;
		datagram_start(&datagram, CON, class << 5 | 1, (uint16_t)(200 + class), "t");
		assert_answer(peer, &datagram, RST, 0);
	}
	assert_int_equal(peer->n_requests, 0);
}

/* RFC 7252, 5.4.3, would pass over the elective ones and answer the others with 4.02; libcoap is stricter. */
static void options_of_wrong_length(void **state)
{
	static const struct {
		unsigned int number;
		size_t len;
	} cases[] = {
		{ ACCEPT, 3 }, { BLOCK1, 4 }, { BLOCK2, 4 }, { URI_PORT, 3 }, { URI_HOST, 0 }, { OBSERVE, 4 },
		{ CONTENT_FORMAT, 3 }, { SIZE2, 5 }, { SIZE1, 5 }, { ETAG, 9 }, { ETAG, 0 },
		{ URI_PATH, 256 },
	};
	static const char zeroes[256];
	struct peer *peer = *state;
	struct datagram datagram;

	peer->answer_now = true;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		datagram_start(&datagram, CON, COAP_GET, (uint16_t)(300 + i), "t");
		datagram_option(&datagram, cases[i].number, zeroes, cases[i].len);
		assert_answer(peer, &datagram, RST, 0);
	}
	assert_int_equal(peer->n_requests, 0);
}

/* 5.4.5: one too many counts as unknown; libcoap takes the elective ones for critical. */
static void options_given_twice(void **state)
{
	static const unsigned int once[] = {
		ACCEPT, BLOCK1, BLOCK2, URI_HOST, URI_PORT, CONTENT_FORMAT, OBSERVE,
	};
	struct peer *peer = *state;
	struct datagram datagram;

	peer->answer_now = true;
	for (size_t i = 0; i < ELEMENTSOF(once); i++) {
		datagram_start(&datagram, CON, COAP_PUT, (uint16_t)(400 + i), "t");
		datagram_option(&datagram, once[i], "\001", 1);
		datagram_option(&datagram, once[i], "\001", 1);
		assert_answer(peer, &datagram, ACK, COAP_BAD_OPTION);
	}
	assert_int_equal(peer->n_requests, 0);
}

static void proxying(void **state)
{
	struct peer *peer = *state;
	struct datagram datagram;

	datagram_start(&datagram, CON, COAP_GET, 500, "t");
	datagram_text(&datagram, PROXY_URI, "coap://elsewhere/");
	assert_answer(peer, &datagram, ACK, COAP_CODE(5, 5));
	datagram_start(&datagram, CON, COAP_GET, 501, "t");
	datagram_text(&datagram, URI_HOST, "elsewhere");
	datagram_text(&datagram, PROXY_SCHEME, "coap");
	assert_answer(peer, &datagram, ACK, COAP_CODE(5, 5));
	assert_int_equal(peer->n_requests, 0);
}

/* Who we are called and where is no matter of ours; what is elective and unknown is nothing at all. */
static void harmless_options(void **state)
{
	struct peer *peer = *state;
	struct datagram datagram;

	peer->answer_now = true;
	datagram_start(&datagram, CON, COAP_GET, 600, "t");
	datagram_text(&datagram, URI_HOST, "gateway.example.com");
	datagram_uint(&datagram, URI_PORT, 56830);
	datagram_path(&datagram, "/3/0");
	datagram_option(&datagram, 65000, "x", 1);
	assert_answer(peer, &datagram, ACK, COAP_CONTENT);
	assert_int_equal(peer->n_requests, 1);
	assert_string_equal(peer->requests[0].path, "/3/0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KNOWN(no_messages), KNOWN(ping), KNOWN(nothing_to_answer), KNOWN(no_codes),
		KNOWN(options_of_wrong_length), KNOWN(options_given_twice), KNOWN(proxying), KNOWN(harmless_options),
	};

	return cmocka_run_group_tests_name("io/transport-malformed", tests, NULL, NULL);
}
