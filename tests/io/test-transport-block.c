/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies that take several messages: read, written, notified, and sent by us. */
#include "transport-peer.h"

#include <string.h>

static uint8_t body[5000], other_body[5000];

static int fill_bodies(void **state)
{
	for (size_t i = 0; i < sizeof(body); i++) {
		body[i] = (uint8_t)(i / 16);
		other_body[i] = (uint8_t)(255 - i / 16);
	}
	return 0;
}

static uint32_t block(uint32_t num, bool more, unsigned int szx)
{
	return num << 4 | (more ? 8 : 0) | szx;
}

static void get_block(struct peer *peer, const char *path, uint32_t num, unsigned int szx, struct datagram *response)
{
	static uint16_t mid = 1000;
	struct datagram request;

	datagram_start(&request, CON, COAP_GET, mid++, "tok");
	datagram_path(&request, path);
	if (num > 0 || szx < 7)
		datagram_uint(&request, BLOCK2, block(num, false, szx));
	peer_send(peer, &request);
	peer_receive(peer, response);
}

/* Reads the whole from block first on; returns how often the engine was asked. */
static size_t read_body(struct peer *peer, const char *path, unsigned int szx, const uint8_t *expected, size_t len)
{
	size_t size = (size_t)16 << szx, before = peer->n_requests, offset = 0;
	struct bytes etag, first_etag = { 0 };
	struct datagram response;
	uint8_t kept[8];

	for (uint32_t num = 0; offset < len; num++) {
		size_t piece = len - offset > size ? size : len - offset;
		bool more = offset + piece < len;

		get_block(peer, path, num, szx, &response);
		assert_int_equal(datagram_code(&response), COAP_CONTENT);
		assert_int_equal(datagram_get(&response, BLOCK2), block(num, more, szx));
		assert_int_equal(datagram_get(&response, SIZE2), num == 0 ? (int64_t)len : -1);
		assert_int_equal(datagram_get(&response, CONTENT_FORMAT), 112);
		assert_true(datagram_find(&response, ETAG, 0, &etag));
		if (num == 0)
			first_etag = BYTES(memcpy(kept, etag.data, etag.len), etag.len);
		assert_true(bytes_equal(etag, first_etag));
		assert_int_equal(datagram_get_payload(&response).len, piece);
		assert_memory_equal(datagram_get_payload(&response).data, expected + offset, piece);
		offset += piece;
	}
	return peer->n_requests - before;
}

static void read_in_blocks(void **state)
{
	struct peer *peer = *state;

	peer->answer_now = true;
	peer->answer.format = 112;
	peer->answer.payload = BYTES(body, sizeof(body));
	for (unsigned int szx = 0; szx <= 6; szx++)
		assert_int_equal(read_body(peer, "/3303", szx, body, sizeof(body)), 1);
}

static void first_block_unasked(void **state)
{
	struct peer *peer = *state;
	struct datagram response;

	peer->answer_now = true;
	peer->answer.payload = BYTES(body, 1025);
	get_block(peer, "/3303", 0, 7, &response);
	assert_int_equal(datagram_get(&response, BLOCK2), block(0, true, 6));
	assert_int_equal(datagram_get(&response, SIZE2), 1025);
	get_block(peer, "/3303", 1, 6, &response);
	assert_int_equal(datagram_get(&response, BLOCK2), block(1, false, 6));
	assert_int_equal(datagram_get_payload(&response).len, 1);
	assert_int_equal(peer->n_requests, 1);
	peer->answer.payload = BYTES(body, 1024);
	get_block(peer, "/3303", 0, 7, &response);
	assert_int_equal(datagram_get(&response, BLOCK2), -1);
	assert_int_equal(datagram_get_payload(&response).len, 1024);
}

static void answer_by_path(struct peer *peer, const struct message *request)
{
	struct message answer = peer->answer;

	answer.payload = BYTES(request->path.data[1] == '5' ? body : other_body, 3000);
	peer_reply(peer, request->id, &answer);
}

static void interleaved_bodies_do_not_mix(void **state)
{
	struct peer *peer = *state;
	struct datagram response;

	peer->on_request = answer_by_path;
	for (uint32_t num = 0; num < 12; num++) {
		get_block(peer, "/5/0", num, 4, &response);
		assert_memory_equal(datagram_get_payload(&response).data, body + num * 256,
			datagram_get_payload(&response).len);
		get_block(peer, "/9/0", num, 4, &response);
		assert_memory_equal(datagram_get_payload(&response).data, other_body + num * 256,
			datagram_get_payload(&response).len);
	}
	assert_int_equal(peer->n_requests, 2);
}

static void block_past_the_end(void **state)
{
	struct peer *peer = *state;
	struct datagram response;

	peer->answer_now = true;
	peer->answer.payload = BYTES(body, 3000);
	get_block(peer, "/3303", 0, 6, &response);
	get_block(peer, "/3303", 3, 6, &response);
	assert_int_equal(datagram_code(&response), COAP_BAD_REQUEST);
	assert_int_equal(datagram_get_payload(&response).len, 0);
	get_block(peer, "/3303", 0xfffff, 6, &response);
	assert_int_equal(datagram_code(&response), COAP_BAD_REQUEST);
	peer->answer.payload = BYTES_LITERAL("small");
	get_block(peer, "/3", 5, 6, &response);
	assert_int_equal(datagram_code(&response), COAP_BAD_REQUEST);
}

/* Nothing is kept of it (any more): the engine is asked again, and the piece comes from what it says now. */
static void block_of_a_forgotten_body(void **state)
{
	struct peer *peer = *state;
	struct datagram response;

	peer->answer_now = true;
	peer->answer.payload = BYTES(body, 3000);
	get_block(peer, "/3303", 1, 6, &response);
	assert_int_equal(datagram_get(&response, BLOCK2), block(1, true, 6));
	assert_memory_equal(datagram_get_payload(&response).data, body + 1024, 1024);
	assert_int_equal(peer->n_requests, 1);
}

static void bodies_kept_are_bounded(void **state)
{
	struct peer *peer = *state;
	struct datagram response;
	char path[16];

	peer->answer_now = true;
	peer->answer.payload = BYTES(body, 3000);
	for (unsigned int i = 0; i < 20; i++) {
		snprintf(path, sizeof(path), "/%u", i);
		get_block(peer, path, 0, 6, &response);
	}
	get_block(peer, "/19", 1, 6, &response);
	assert_int_equal(peer->n_requests, 20);
	get_block(peer, "/0", 1, 6, &response);
	assert_int_equal(peer->n_requests, 21);
}

static void late_large_reply(void **state)
{
	struct peer *peer = *state;
	struct datagram ack, response;

	peer->answer.payload = BYTES(body, 3000);
	get_block(peer, "/3303", 0, 5, &ack);
	assert_int_equal(datagram_code(&ack), 0);
	peer_reply(peer, peer->requests[0].message.id, &peer->answer);
	peer_receive(peer, &response);
	assert_int_equal(datagram_type(&response), CON);
	assert_int_equal(datagram_get(&response, BLOCK2), block(0, true, 5));
	assert_int_equal(datagram_get_payload(&response).len, 512);
	get_block(peer, "/3303", 1, 5, &response);
	assert_memory_equal(datagram_get_payload(&response).data, body + 512, 512);
	assert_int_equal(peer->n_requests, 1);
}

static void large_notification(void **state)
{
	struct message large = peer_notification;
	struct peer *peer = *state;
	struct datagram datagram;

	large.payload = BYTES(body, 3000);
	peer_effect(peer, EFFECT_NOTIFY, 8, &large);
	peer_receive(peer, &datagram);
	assert_int_equal(datagram_get(&datagram, OBSERVE), 12);
	assert_int_equal(datagram_get(&datagram, BLOCK2), block(0, true, 6));
	assert_int_equal(datagram_get(&datagram, SIZE2), 3000);
	assert_memory_equal(datagram_get_payload(&datagram).data, body, 1024);
	get_block(peer, "/3303/0", 1, 6, &datagram);
	assert_memory_equal(datagram_get_payload(&datagram).data, body + 1024, 1024);
	get_block(peer, "/3303/0", 2, 6, &datagram);
	assert_int_equal(datagram_get_payload(&datagram).len, 3000 - 2048);
	assert_int_equal(peer->n_requests, 0);
	get_block(peer, "/3303/0", 3, 4, &datagram); /* it wants smaller ones from now on */
	peer_effect(peer, EFFECT_NOTIFY, 9, &large);
	peer_receive(peer, &datagram);
	assert_int_equal(datagram_get(&datagram, BLOCK2), block(0, true, 4));
}

static void put_block(struct peer *peer, uint32_t num, bool more, unsigned int szx, size_t len,
		      struct datagram *response)
{
	static uint16_t mid = 3000;
	struct datagram request;

	datagram_start(&request, CON, COAP_PUT, mid++, "tok");
	datagram_path(&request, "/5/0/0");
	datagram_uint(&request, CONTENT_FORMAT, 42);
	datagram_uint(&request, BLOCK1, block(num, more, szx));
	datagram_payload(&request, body, len);
	peer_send(peer, &request);
	peer_receive(peer, response);
}

static void code_by_more(struct peer *peer, const struct message *request)
{
	struct message answer = peer->answer;

	answer.code = request->more ? COAP_CONTINUE : COAP_CHANGED;
	peer_reply(peer, request->id, &answer);
}

static void written_in_blocks(void **state)
{
	struct peer *peer = *state;
	struct datagram response;

	peer->on_request = code_by_more;
	for (unsigned int szx = 0; szx <= 6; szx++) {
		size_t size = (size_t)16 << szx;

		for (uint32_t num = 0; num < 4; num++) {
			const struct heard *heard = &peer->requests[peer->n_requests];

			put_block(peer, num, num < 3, szx, num < 3 ? size : 5, &response);
			assert_int_equal(heard->message.offset, num * size);
			assert_int_equal(heard->message.more, num < 3);
			assert_int_equal(heard->message.format, 42);
			assert_int_equal(heard->message.payload.len, num < 3 ? size : 5);
			assert_int_equal(datagram_code(&response), num < 3 ? COAP_CONTINUE : COAP_CHANGED);
			assert_int_equal(datagram_get(&response, BLOCK1), block(num, num < 3, szx));
		}
	}
}

static void refused_blocks(void **state)
{
	static const uint8_t codes[] = { COAP_INCOMPLETE, COAP_TOO_LARGE };
	struct peer *peer = *state;
	struct datagram response;

	peer->answer_now = true;
	for (size_t i = 0; i < ELEMENTSOF(codes); i++) {
		peer->answer.code = codes[i];
		put_block(peer, 3, true, 2, 64, &response);
		assert_int_equal(datagram_code(&response), codes[i]);
	}
	assert_int_equal(datagram_get(&response, BLOCK1), block(3, false, 2));
}

static void malformed_blocks(void **state)
{
	struct peer *peer = *state;
	struct datagram response;

	peer->answer_now = true;
	put_block(peer, 0, true, 2, 63, &response);
	assert_int_equal(datagram_code(&response), COAP_BAD_REQUEST);
	put_block(peer, 0, true, 2, 65, &response);
	assert_int_equal(datagram_code(&response), COAP_BAD_REQUEST);
	put_block(peer, 1, false, 2, 65, &response);
	assert_int_equal(datagram_code(&response), COAP_BAD_REQUEST);
	put_block(peer, 0, true, 7, 1024, &response);
	assert_int_equal(datagram_code(&response), COAP_BAD_REQUEST);
	assert_int_equal(peer->n_requests, 0);
}

/* The peer's end of a large request: takes blocks until the last, asks for szx where that is smaller. */
static size_t take_request(struct peer *peer, unsigned int szx, bool too_large_first, uint8_t *ret_body)
{
	struct datagram request, response;
	size_t len = 0;
	bool more = true;

	while (more) {
		uint32_t option, offset;
		struct bytes value, payload;

		peer_receive(peer, &request);
		assert_int_equal(datagram_code(&request), COAP_POST);
		assert_int_equal(datagram_get(&request, CONTENT_FORMAT), 40);
		assert_true(datagram_find(&request, URI_QUERY, 1, &value));
		assert_bytes(value, "lt=60");
		option = (uint32_t)datagram_get(&request, BLOCK1);
		offset = (option >> 4) << ((option & 7) + 4);
		more = option & 8;
		payload = datagram_get_payload(&request);
		datagram_start(&response, ACK, more ? COAP_CONTINUE : COAP_CREATED, datagram_mid(&request), "");
		response.bytes[0] |= 8;
		memcpy(response.bytes + 4, request.bytes + 4, 8);
		response.len = 12;
		if (too_large_first) {
			response.bytes[1] = COAP_TOO_LARGE;
			datagram_uint(&response, BLOCK1, block(0, false, szx));
			too_large_first = false;
		} else {
			assert_int_equal(offset, len);
			memcpy(ret_body + offset, payload.data, payload.len);
			len += payload.len;
			datagram_uint(&response, BLOCK1,
				block(option >> 4, more, (option & 7) < szx ? option & 7 : szx));
		}
		peer_send(peer, &response);
	}
	return len;
}

static void request_of_ours_in_blocks(void **state)
{
	static const unsigned int sizes[] = { 5, 4, 2 };
	struct message large = peer_registration;
	struct peer *peer = *state;
	uint8_t received[sizeof(body)];

	large.payload = BYTES(body, sizeof(body));
	for (size_t i = 0; i < 2 * ELEMENTSOF(sizes); i++) {
		peer->n_outcomes = 0;
		memset(received, 0, sizeof(received));
		peer_effect(peer, EFFECT_REQUEST, 77, &large);
		assert_int_equal(take_request(peer, sizes[i / 2], i % 2, received), sizeof(body));
		assert_memory_equal(received, body, sizeof(body));
		peer_wait_count(peer, &peer->n_outcomes, 1);
		assert_int_equal(peer->outcomes[0].id, 77);
		assert_int_equal(peer->outcomes[0].response.message.code, COAP_CREATED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KNOWN(read_in_blocks),
		KNOWN(first_block_unasked),
		KNOWN(interleaved_bodies_do_not_mix),
		KNOWN(block_past_the_end),
		KNOWN(block_of_a_forgotten_body),
		KNOWN(bodies_kept_are_bounded),
		KNOWN(late_large_reply),
		KNOWN(large_notification),
		KNOWN(written_in_blocks),
		KNOWN(refused_blocks),
		KNOWN(malformed_blocks),
		KNOWN(request_of_ours_in_blocks),
	};

	return cmocka_run_group_tests_name("io/transport-block", tests, fill_bodies, NULL);
}
