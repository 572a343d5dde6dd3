/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "repeats.h"

static struct repeats repeats;
static const int sessions[2];

static struct packet request(uint16_t mid)
{
	struct packet packet = packet_of(PACKET_POST);

	packet.mid = mid;
	packet.token = (struct packet_token){ "t", 1 };
	return packet;
}

static void test_repeats(void **state)
{
	struct packet first = request(1), second = request(2), answer = packet_of(PACKET_CODE(2, 1)), got;

	answer.path = BYTES_LITERAL("/rd/abc");
	repeats_add(&repeats, 0, &sessions[0], &first, &answer);
	got = packet_of(0);
	assert_true(repeats_find(&repeats, 1, &sessions[0], &first, &got));
	assert_int_equal(got.code, PACKET_CODE(2, 1));
	assert_true(bytes_equal(got.path, BYTES_LITERAL("/rd/abc")));
	assert_false(repeats_find(&repeats, 1, &sessions[0], &second, &got));
	assert_false(repeats_find(&repeats, 1, &sessions[1], &first, &got));
	first.token.bytes[0] = 'u';
	assert_false(repeats_find(&repeats, 1, &sessions[0], &first, &got));
}

static void test_they_end(void **state)
{
	struct packet packet = request(1), answer = packet_of(PACKET_CODE(2, 4)), got = packet_of(0);

	repeats_add(&repeats, 0, &sessions[0], &packet, &answer);
	assert_true(repeats_find(&repeats, 247 * USEC_PER_SEC - 1, &sessions[0], &packet, &got));
	assert_false(repeats_find(&repeats, 247 * USEC_PER_SEC, &sessions[0], &packet, &got));
	repeats_forget(&repeats, &sessions[0]);
	assert_false(repeats_find(&repeats, 0, &sessions[0], &packet, &got));
}

static void test_ring(void **state)
{
	struct packet packet, answer = packet_of(PACKET_CODE(2, 4)), got = packet_of(0);

	for (uint16_t mid = 0; mid <= REPEATS_MAX; mid++) {
		packet = request(mid);
		repeats_add(&repeats, 0, &sessions[0], &packet, &answer);
	}
	packet = request(0);
	assert_false(repeats_find(&repeats, 0, &sessions[0], &packet, &got));
	packet = request(1);
	assert_true(repeats_find(&repeats, 0, &sessions[0], &packet, &got));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_repeats),
		cmocka_unit_test(test_they_end),
		cmocka_unit_test(test_ring),
	};

	return cmocka_run_group_tests_name("repeats", tests, NULL, NULL);
}
