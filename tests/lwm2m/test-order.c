/* SPDX-License-Identifier: Apache-2.0 */
#include "transcript.h"

/* Three servers; what the second and third say begins with "@1 " and "@2 ". */
#define REGISTER_AT(n) \
	"@" n " request POST /rd?ep=dev&lt=0&lwm2m=1.1&b=U format=40 " TRANSCRIPT_LINKS "\n@" n " registering"
#define REGISTER_FIRST "request POST /rd?ep=dev&lt=0&lwm2m=1.1&b=U format=40 " TRANSCRIPT_LINKS "\nregistering"
#define FOR_EVER { 0, "lifetime 0" }, { 0, "@1 lifetime 0" }, { 0, "@2 lifetime 0" }

static void rule_13_without_priorities_all_at_once(void **state)
{
	static const struct step steps[] = {
		FOR_EVER,
		{ 0, "start", "connect\n@1 connect\n@2 connect" },
	};

	(void)state;
	play(steps, .servers = 3);
}

/* The second server first, then the first; the third one has no part in it. */
static void the_lowest_priority_is_first(void **state)
{
	static const struct step steps[] = {
		FOR_EVER,
		{ 0, "priority 20" },
		{ 0, "@1 priority 10" },
		{ 0, "start", "@2 connect\n@1 connect" },
		{ 1 * SEC, "@1 connected", REGISTER_AT("1") },
		{ 2 * SEC, "@2 connected", REGISTER_AT("2") },
		{ 3 * SEC, "@2 answer 2.01 /rd/c", "@2 registered 0" },
		{ 100 * SEC, "@1 answer 2.01 /rd/b", "@1 registered 0\nconnect" },
		{ 101 * SEC, "connected", REGISTER_FIRST },
		/* who has had its turn is not asked to wait again */
		{ 102 * SEC, "@1 disable", "@1 request DELETE /rd/b" },
		{ 103 * SEC, "answer 4.00", "close\nfailed 4.00" },
		{ .at = 133 * SEC, .until = 193 * SEC, .expect = "connect" },
	};

	(void)state;
	play(steps, .servers = 3);
}

static void equal_priorities_come_in_their_order(void **state)
{
	static const struct step steps[] = {
		FOR_EVER,
		{ 0, "priority 1" },
		{ 0, "@1 priority 1" },
		{ 0, "@2 priority 0" },
		{ 0, "start", "@2 connect" },
		{ 0, "@2 connected", REGISTER_AT("2") },
		{ 0, "@2 answer 2.01 /rd/c", "@2 registered 0\nconnect" },
		{ 0, "connected", REGISTER_FIRST },
		{ 0, "answer 2.01 /rd/a", "registered 0\n@1 connect" },
	};

	(void)state;
	play(steps, .servers = 3);
}

/* A refusal is a failure at once; silence when all attempts of all sequences are over. */
static void rule_13_a_failure_lets_the_next_one_go_on(void **state)
{
	static const struct step steps[] = {
		FOR_EVER,
		{ 0, "priority 1" },
		{ 0, "@1 priority 2" },
		{ 0, "@2 priority 3" },
		{ 0, "start", "connect" },
		{ 0, "connected", REGISTER_FIRST },
		{ 0, "answer 4.03", "close\nfailed 4.03\n@1 connect" },
		{ 0, "@1 connected ECONNREFUSED", "@1 close\n@1 failed ECONNREFUSED" },
	};
	static const struct step silence[] = {
		{ 0, "lifetime 0" }, { 0, "@1 lifetime 0" },
		{ 0, "priority 1" },
		{ 0, "@1 priority 2" },
		{ 0, "start", "connect" },
		{ 0, "connected ECONNREFUSED", "close\nfailed ECONNREFUSED" },
		{ .at = 30 * SEC, .until = 90 * SEC, .expect = "connect" },
		{ 30 * SEC, "connected ECONNREFUSED", "close\nfailed ECONNREFUSED\n@1 connect" },
	};

	(void)state;
	play(steps, .servers = 3);
	play(silence, .servers = 2, .retry_count = 2);
}

static void a_failure_that_blocks_holds_up_the_others(void **state)
{
	static const struct step steps[] = {
		{ 0, "lifetime 0" }, { 0, "@1 lifetime 0" },
		{ 0, "priority 1" },
		{ 0, "block" },
		{ 0, "@1 priority 2" },
		{ 0, "start", "connect" },
		{ 0, "connected", REGISTER_FIRST },
		{ 0, "answer 4.03", "close\nfailed 4.03" },
		{ .at = 30 * SEC, .until = 90 * SEC, .expect = "connect" },
		{ 30 * SEC, "connected", REGISTER_FIRST },
		{ 30 * SEC, "answer 2.01 /rd/a", "registered 0\n@1 connect" },
	};

	(void)state;
	play(steps, .servers = 2);
}

/* Counted from the turn of that server. */
static void the_initial_delay_follows_the_one_before(void **state)
{
	static const struct step steps[] = {
		{ 0, "lifetime 0" }, { 0, "@1 lifetime 0" },
		{ 0, "priority 1" },
		{ 0, "@1 priority 2" },
		{ 0, "@1 delay 30" },
		{ 0, "start", "connect" },
		{ 0, "connected", REGISTER_FIRST },
		{ 100 * SEC, "answer 2.01 /rd/a", "registered 0" },
		{ 130 * SEC, NULL, "@1 connect" },
		{ 130 * SEC, "@1 connected", REGISTER_AT("1") },
		{ 130 * SEC, "@1 answer 2.01 /rd/b", "@1 registered 0" },
		/* only before the first one */
		{ 140 * SEC, "@1 connected ECONNRESET", "@1 lost ECONNRESET" },
		{ .at = 140 * SEC, .until = 145 * SEC, .expect = "@1 connect" },
	};

	(void)state;
	play(steps, .servers = 2, .psk = true);
}

static void a_stop_ends_the_waiting(void **state)
{
	static const struct step steps[] = {
		{ 0, "priority 1" },
		{ 0, "@1 priority 2" },
		{ 0, "start", "connect" },
		{ 1 * SEC, "stop", "close" },
		{ 10000 * SEC },
		{ 10000 * SEC, "start", "connect" },
	};

	(void)state;
	play(steps, .servers = 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rule_13_without_priorities_all_at_once),
		cmocka_unit_test(the_lowest_priority_is_first),
		cmocka_unit_test(equal_priorities_come_in_their_order),
		cmocka_unit_test(rule_13_a_failure_lets_the_next_one_go_on),
		cmocka_unit_test(a_failure_that_blocks_holds_up_the_others),
		cmocka_unit_test(the_initial_delay_follows_the_one_before),
		cmocka_unit_test(a_stop_ends_the_waiting),
	};

	return cmocka_run_group_tests_name("lwm2m/order", tests, NULL, NULL);
}
