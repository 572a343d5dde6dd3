/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "lwm2m/body.h"

#define LIFETIME (247 * USEC_PER_SEC)

static struct message block(const char *path, uint64_t offset, const char *payload, bool more)
{
	return (struct message){ .code = COAP_PUT, .format = 0, .path = bytes_of(path), .offset = offset,
		.payload = bytes_of(payload), .more = more };
}

#define ADD(offset, payload, more) \
	({ struct message _message = block("/5/0/1", offset, payload, more); body_add(&body, 0, &_message); })
#define FOLLOW(offset, payload, more)                                             \
	({                                                                        \
		struct message _message = block("/5/0/0", offset, payload, more); \
		body_follow(&body, 0, &_message);                                 \
	})

static void assert_body(struct body *body, const char *text)
{
	assert_true(bytes_equal(buffer_bytes(&body->data), bytes_of(text)));
}

static void rule_42_put_together_in_order(void **state)
{
	struct body body;

	(void)state;
	body_init(&body, 100);
	assert_int_equal(body.expires, USEC_INFINITY);
	assert_int_equal(ADD(0, "abcd", true), COAP_CONTINUE);
	assert_int_equal(ADD(4, "efgh", true), COAP_CONTINUE);
	assert_int_equal(body.expires, LIFETIME);
	assert_int_equal(ADD(8, "i", false), 0);
	assert_body(&body, "abcdefghi");
	body_reset(&body);
	assert_int_equal(body.expires, USEC_INFINITY);
	assert_int_equal(body.data.allocated, 0);
	assert_int_equal(ADD(8, "i", false), COAP_INCOMPLETE);
	body_deinit(&body);
}

static void rule_42_repeats_gaps_and_restarts(void **state)
{
	struct body body;

	(void)state;
	body_init(&body, 100);
	assert_int_equal(ADD(0, "abcd", true), COAP_CONTINUE);
	assert_int_equal(ADD(4, "efgh", true), COAP_CONTINUE);
	assert_int_equal(ADD(4, "efgh", true), COAP_CONTINUE);
	assert_int_equal(ADD(12, "mnop", true), COAP_INCOMPLETE);
	assert_int_equal(ADD(8, "ijkl", true), COAP_CONTINUE);
	assert_int_equal(ADD(0, "1234", true), COAP_CONTINUE);
	assert_int_equal(ADD(8, "ijkl", true), COAP_INCOMPLETE);
	assert_int_equal(ADD(4, "5", false), 0);
	assert_body(&body, "12345");
	body_deinit(&body);
}

static void belongs_to_one_request(void **state)
{
	struct message other = block("/5/0/1", 4, "efgh", true);
	struct body body;

	(void)state;
	body_init(&body, 100);
	assert_int_equal(ADD(0, "abcd", true), COAP_CONTINUE);
	assert_true(body_is_for(&body, bytes_of("/5/0/1")));
	assert_false(body_is_for(&body, bytes_of("/5/0/2")));
	other.code = COAP_POST;
	assert_int_equal(body_add(&body, 0, &other), COAP_INCOMPLETE);
	other.code = COAP_PUT;
	other.format = 42;
	assert_int_equal(body_add(&body, 0, &other), COAP_INCOMPLETE);
	other.format = 0;
	other.path = bytes_of("/5/0/2");
	assert_int_equal(body_add(&body, 0, &other), COAP_INCOMPLETE);
	assert_int_equal(ADD(4, "e", false), 0);
	body_reset(&body);
	assert_false(body_is_for(&body, bytes_of("/5/0/1")));
	body_deinit(&body);
}

static void is_bounded(void **state)
{
	struct body body;

	(void)state;
	body_init(&body, 8);
	assert_int_equal(ADD(0, "abcd", true), COAP_CONTINUE);
	assert_int_equal(ADD(4, "efgh", true), COAP_CONTINUE);
	assert_int_equal(ADD(8, "i", true), COAP_TOO_LARGE);
	assert_int_equal(body.data.allocated, 0);
	assert_int_equal(ADD(8, "i", true), COAP_INCOMPLETE);
	assert_int_equal(ADD(UINT64_MAX, "i", true), COAP_INCOMPLETE);
	assert_int_equal(ADD(0, "abcdefghi", false), COAP_TOO_LARGE);
	body_deinit(&body);
}

static int follow_at(struct body *body, usec_t now, uint64_t offset)
{
	struct message message = block("/5/0/0", offset, "abcd", true);

	return body_follow(body, now, &message);
}

/* The timer is the first block's; when it goes off, it is set to what the last one makes of it. */
static void expires_after_the_last_block(void **state)
{
	struct body body;

	(void)state;
	body_init(&body, 100);
	assert_int_equal(body.deadline, USEC_INFINITY);
	assert_int_equal(follow_at(&body, 0, 0), 0);
	assert_int_equal(follow_at(&body, 100, 4), 0);
	assert_int_equal(follow_at(&body, 200, 8), 0);
	assert_int_equal(body.deadline, LIFETIME);
	body_tick(&body, LIFETIME);
	assert_int_equal(body.deadline, LIFETIME + 200);
	body_tick(&body, LIFETIME + 199);
	assert_true(body_is_for(&body, BYTES_LITERAL("/5/0/0")));
	body_tick(&body, LIFETIME + 200);
	assert_false(body_is_for(&body, BYTES_LITERAL("/5/0/0")));
	assert_int_equal(body.deadline, USEC_INFINITY);
	body_deinit(&body);
}

/* Size1 in the first block: what is to come is refused before it comes, and what is not to come holds nothing up. */
static void said_to_be_too_large(void **state)
{
	struct message request = block("/5/0/1", 0, "abcd", true);
	struct body body;

	(void)state;
	body_init(&body, 8);
	request.size = 9;
	assert_int_equal(body_add(&body, 0, &request), COAP_TOO_LARGE);
	assert_int_equal(body.data.allocated, 0);
	assert_true(body.deadline == USEC_INFINITY);
	request.size = UINT64_MAX;
	assert_int_equal(body_add(&body, 0, &request), COAP_TOO_LARGE);
	request.size = 8;
	assert_int_equal(body_add(&body, 0, &request), COAP_CONTINUE);
	body_deinit(&body);
}

static void rule_42_a_stream_hands_each_block_on_once(void **state)
{
	struct body body;

	(void)state;
	body_init(&body, 8);
	assert_int_equal(FOLLOW(4, "efgh", true), COAP_INCOMPLETE);
	for (uint64_t offset = 0; offset < 4096; offset += 4) {
		assert_int_equal(FOLLOW(offset, "abcd", true), 0);
		if (offset > 0)
			assert_int_equal(FOLLOW(offset, "abcd", true), COAP_CONTINUE);
	}
	assert_int_equal(body.data.allocated, 0);
	/* an old one, half of one, a gap, the last one twice */
	assert_int_equal(FOLLOW(4, "abcd", true), COAP_INCOMPLETE);
	assert_int_equal(FOLLOW(4094, "abcd", true), COAP_INCOMPLETE);
	assert_int_equal(FOLLOW(4100, "abcd", true), COAP_INCOMPLETE);
	assert_int_equal(FOLLOW(UINT64_MAX - 1, "abcd", true), COAP_INCOMPLETE);
	assert_int_equal(FOLLOW(4096, "e", false), 0);
	assert_int_equal(FOLLOW(4096, "e", false), COAP_INCOMPLETE);
	assert_int_equal(FOLLOW(0, "abcd", true), 0);
	assert_int_equal(FOLLOW(4096, "e", false), COAP_INCOMPLETE);
	body_deinit(&body);
}

/* What followed a stream as its body finds nothing of it, and the other way round. */
static void streams_and_bodies_do_not_mix(void **state)
{
	struct message message = block("/5/0/1", 4, "efgh", true);
	struct body body;

	(void)state;
	body_init(&body, 100);
	message.path = bytes_of("/5/0/0");
	assert_int_equal(FOLLOW(0, "abcd", true), 0);
	assert_int_equal(body_add(&body, 0, &message), COAP_INCOMPLETE);
	body_deinit(&body);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(rule_42_put_together_in_order),
	cmocka_unit_test(rule_42_repeats_gaps_and_restarts),
	cmocka_unit_test(belongs_to_one_request),
	cmocka_unit_test(is_bounded),
	cmocka_unit_test(expires_after_the_last_block),
		cmocka_unit_test(said_to_be_too_large),
	cmocka_unit_test(rule_42_a_stream_hands_each_block_on_once),
	cmocka_unit_test(streams_and_bodies_do_not_mix),
};

int main(void)
{
	return cmocka_run_group_tests_name("lwm2m/body", tests, NULL, NULL);
}
