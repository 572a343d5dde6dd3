/* SPDX-License-Identifier: Apache-2.0 */
#include "transcript.h"

static void answers_later(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 0, "hold" },
		{ 1 * SEC, "GET /500/0/1" },
		{ 1 * SEC, "PUT /500/0/1 format=0 \"6\"" },
		{ 1 * SEC, "POST /500/0/3", "execute /500/0/3" },
		{ 2 * SEC, "done", "#1 2.05 format=0 6" },
		{ 3 * SEC, "done", "#2 2.04" },
		{ 4 * SEC, "done EIO", "5.00" },
		{ 100 * SEC },
	};

	(void)state;
	play(steps);
}

static void silence_becomes_5_03(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 0, "hold" },
		{ 1 * SEC, "GET /500/0/1" },
		{ 3 * SEC, "GET /500/0/2" },
		{ 11 * SEC, NULL, "slow /500/0/1\n#1 5.03" },
		{ 13 * SEC, NULL, "slow /500/0/2\n5.03" },
		/* too late: nobody waits any more */
		{ 20 * SEC, "done" },
		{ 20 * SEC, "done EIO" },
		{ 100 * SEC },
	};

	(void)state;
	play(steps);
}

static void rule_39_patience_is_configurable(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 0, "hold" },
		{ 1 * SEC, "GET /500/0/1" },
		{ 4 * SEC, NULL, "slow /500/0/1\n5.03" },
	};

	(void)state;
	play(steps, .limits.operation_timeout_s = 3);
}

static void nobody_waits_once_the_session_is_gone(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 0, "hold" },
		{ 1 * SEC, "GET /500/0/1" },
		{ 2 * SEC, "connected ECONNRESET", "lost ECONNRESET" },
		{ .at = 2 * SEC, .until = 7 * SEC, .expect = "connect" },
		{ 3 * SEC, "done" },
		{ 4 * SEC, "connected", TRANSCRIPT_REGISTER },
		{ 4 * SEC, "answer 2.01 /rd/5a", "registered 300" },
		{ 5 * SEC, "GET /500/0/1" },
		{ 6 * SEC, "deregister", "request DELETE /rd/5a" },
		{ 7 * SEC, "answer 2.02", "deregistered 2.02\nclose" },
		{ 8 * SEC, "done" },
		{ 100 * SEC },
	};

	(void)state;
	play(steps, .psk = true);
}

/* The session stays where the server forgot the registration: whoever keeps the requests there is told to let go. */
static void nobody_waits_once_the_registration_is_lost(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 0, "hold" },
		{ 1 * SEC, "GET /500/0/1" },
		{ 1 * SEC, "FETCH / format=110 \"[{\"n\":\"/3/0/0\"}]\"" },
		{ 1 * SEC, "IPATCH / format=110 \"[{\"n\":\"/500/0/1\",\"v\":7}]\"" },
		{ 2 * SEC, "update", "request POST /rd/5a" },
		{ 3 * SEC, "answer 4.04",
			"lost 4.04\n" TRANSCRIPT_REGISTER "\n#1 silence\n#2 silence\nsilence" },
		{ 3 * SEC, "answer 2.01 /rd/5b", "registered 300" },
		{ 4 * SEC, "done" },
		{ 4 * SEC, "done" },
		{ 4 * SEC, "done" },
		{ 5 * SEC, "GET /500/0/1" },
		{ 5 * SEC, "done", "2.05 format=0 7" },
	};

	(void)state;
	play(steps);
}

static void pending_operations_are_bounded(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 0, "hold" },
		{ 1 * SEC, "GET /500/0/1" },
		{ 1 * SEC, "GET /500/0/1" },
		{ 1 * SEC, "GET /500/0/1", "quota /500/0/1\n5.03" },
		{ 1 * SEC, "PUT /500/0/1 format=0 \"1\"", "5.03" },
		{ 1 * SEC, "GET /3/0/0" },
		{ 1 * SEC, "GET /3/0/0" },
		{ 1 * SEC, "GET /501", "5.03" },
		{ 2 * SEC, "done", "#1 2.05 format=0 5" },
		{ 2 * SEC, "GET /500/0/1" },
		{ 2 * SEC, "GET /500/0/1", "5.03" },
		{ 3 * SEC, "done", "#2 2.05 format=0 5" },
		{ 3 * SEC, "done", "#5 2.05 format=0 maker" },
		{ 3 * SEC, "done", "#6 2.05 format=0 maker" },
		{ 3 * SEC, "done", "#8 2.05 format=0 5" },
	};

	(void)state;
	play(steps, .limits.operations = 4);
}

/* A flood of requests is no flood of events: each quota is told of once an hour, to people; the server hears it each time. */
static void a_quota_is_told_once(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED_FOREVER,
		{ 0, "GET /500/0/0 observe=0 token=01", "watch 500 on\n2.05 observe=0 format=0 abc" },
		{ 1 * SEC, "GET /500/0/1 observe=0 token=02", "5.03\nquota /500/0/1" },
		{ 1 * SEC, "GET /500/0/2 observe=0 token=03", "5.03" },
		{ 1 * SEC, "PUT /500/0/0?pmin=1", "2.04" },
		{ 1 * SEC, "PUT /500/0/1?pmin=1", "quota /500/0/1\n5.03" },
		{ 1 * SEC, "PUT /500/0/2?pmin=1", "5.03" },
		{ 1 * SEC, "PUT /500/0/0 format=0 more \"0123456789\"", "quota\n4.13" },
		{ 1 * SEC, "PUT /500/0/0 format=0 more \"0123456789\"", "4.13" },
		{ HOUR, "GET /500/0/2 observe=0 token=03", "5.03" },
		{ HOUR + 1 * SEC, "GET /500/0/2 observe=0 token=03", "5.03\nquota /500/0/2" },
	};

	(void)state;
	play(steps, .limits = { .observations = 1, .payload = 8 });
}

/* An object that never answers holds its share and no more: the others are served on. */
static void a_dead_object_takes_no_other_down(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 0, "hold" },
		{ 1 * SEC, "GET /500/0/1" },
		{ 1 * SEC, "GET /500/0/1" },
		{ 1 * SEC, "GET /500/0/1", "quota /500/0/1\n5.03" },
		{ 11 * SEC, NULL, "slow /500/0/1\n#1 5.03\nslow /500/0/1\n#2 5.03" },
		{ 12 * SEC, "GET /500/0/1", "5.03" },
		{ 12 * SEC, "GET /3/0/0" },
		{ 12 * SEC, "GET /3/0/0" },
		{ 13 * SEC, "done" },
		{ 13 * SEC, "done" },
		{ 13 * SEC, "done", "#5 2.05 format=0 maker" },
		{ 13 * SEC, "GET /500/0/1" },
		{ 13 * SEC, "done", "#6 2.05 format=0 maker" },
		{ 13 * SEC, "done", "2.05 format=0 5" },
	};

	(void)state;
	play(steps, .limits.operations = 4);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(answers_later),
	cmocka_unit_test(silence_becomes_5_03),
	cmocka_unit_test(rule_39_patience_is_configurable),
	cmocka_unit_test(nobody_waits_once_the_session_is_gone),
	cmocka_unit_test(nobody_waits_once_the_registration_is_lost),
	cmocka_unit_test(pending_operations_are_bounded),
	cmocka_unit_test(a_quota_is_told_once),
	cmocka_unit_test(a_dead_object_takes_no_other_down),
};

int main(void)
{
	return cmocka_run_group_tests_name("lwm2m/request", tests, NULL, NULL);
}
