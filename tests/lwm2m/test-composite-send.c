/* SPDX-License-Identifier: Apache-2.0 */
#include "transcript.h"

#define SENT "request POST /dp format=110 [{\"bn\":\"/\",\"n\":\"3/0/0\",\"t\":1000,\"vs\":\"maker\"}," \
	"{\"n\":\"500/0/1\",\"t\":1000,\"v\":5}]"

static void values_with_their_time(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 0, "mute 0" },
		{ 0, "send /3/0/0 /9/0/1 /500/0/1", SENT },
		{ 1 * SEC, "answer 2.04", "sent 2" },
		{ 2 * SEC, "send /3/0/0 /500/0/1", SENT },
		{ 3 * SEC, "answer 4.04", "sent 2 4.04" },
		{ 4 * SEC, "send /3/0/0 /500/0/1", SENT },
		{ 5 * SEC, "unanswered", "sent 2 ETIMEDOUT" },
		{ 6 * SEC, "send /9 /0/0/0 /500/0/7", "sent 0 ENODATA" },
	};

	(void)state;
	play(steps);
}

static void rule_9_muted_unless_the_server_says_no(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 0, "send /3/0/0", "not sent EPERM" },
		{ 0, "mute 0" },
		{ 0, "send /3/0/0 /500/0/1", SENT },
		{ 0, "answer 2.04", "sent 2" },
		{ 0, "mute 1" },
		{ 0, "send /3/0/0", "not sent EPERM" },
	};

	(void)state;
	play(steps);
}

static void rule_47_without_confirmation(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 0, "mute 0" },
		{ 0, "sendnon /500/0/1", "request NON POST /dp format=110 [{\"bn\":\"/\",\"n\":\"500/0/1\",\"t\":1000,\"v\":5}]" },
		{ 9 * SEC, "unanswered", "sent 1" },
	};

	(void)state;
	play(steps);
}

static void only_while_registered(void **state)
{
	static const struct step steps[] = {
		{ 0, "mute 0" },
		{ 0, "send /3/0/0", "not sent ENOTCONN" },
		TRANSCRIPT_REGISTERED,
		{ 0, "send /3/0/0 /500/0/1", SENT },
		{ 0, "hold" },
		{ 0, "send /500/0/1" },
		{ 1 * SEC, "stop", "close\nsent 2 ECONNRESET\nsent 0 ECONNRESET" },
		{ 1 * SEC, "done" },
	};

	(void)state;
	play(steps);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_with_their_time),
		cmocka_unit_test(rule_9_muted_unless_the_server_says_no),
		cmocka_unit_test(rule_47_without_confirmation),
		cmocka_unit_test(only_while_registered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
