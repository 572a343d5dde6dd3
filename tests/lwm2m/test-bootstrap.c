/* SPDX-License-Identifier: Apache-2.0 */
#include "bootstrap.h"

#define SPREAD(from, s) .at = (from) + (s) * SEC / 2, .until = (from) + (s) * SEC / 2 + (s) * SEC
#define PLAY(steps, ...) play(steps, .accounts = &real_accounts, .no_server = true, ##__VA_ARGS__)

static void without_an_account_it_is_asked_at_once(void **state)
{
	static const struct step steps[] = {
		BOOTSTRAP_OPENED,
		{ 1 * SEC, ACCOUNT_SECURITY, "2.04" },
		{ 2 * SEC, ACCOUNT_SERVER, "2.04" },
		{ 3 * SEC, "POST /bs", "persist accounts\n2.04" },
		{ 6 * SEC, NULL, "close\nbootstrapped" },
		{ 10000 * SEC },
	};

	(void)state;
	PLAY(steps);
}

static void a_lost_answer_to_finish_is_given_again(void **state)
{
	static const struct step steps[] = {
		BOOTSTRAP_OPENED,
		{ 1 * SEC, ACCOUNT_SECURITY, "2.04" },
		{ 2 * SEC, ACCOUNT_SERVER, "2.04" },
		{ 3 * SEC, "POST /bs", "persist accounts\n2.04" },
		{ 5 * SEC, "POST /bs", "2.04" },
		{ 5 * SEC, "DELETE /0", "4.00" },
		{ 6 * SEC, NULL, "close\nbootstrapped" },
	};

	(void)state;
	PLAY(steps);
}

static void accounts_that_cannot_be_kept_are_as_if_never_made(void **state)
{
	static const struct step steps[] = {
		BOOTSTRAP_OPENED,
		{ 1 * SEC, ACCOUNT_SECURITY, "2.04" },
		{ 2 * SEC, ACCOUNT_SERVER, "2.04" },
		{ 3 * SEC, "POST /bs", "persist accounts\n2.04" },
		{ 3 * SEC, "notkept accounts", "close\nbootstrap failed ? the new accounts could not be kept" },
		{ SPREAD(3 * SEC, 30), .expect = "connect" },
		{ 18 * SEC, "connected", "request POST /bs?ep=dev&pct=112\nbootstrapping" },
		{ 18 * SEC, "answer 2.04" },
		{ 18 * SEC, "GET /0 accept=40", "2.05 format=40 </>;lwm2m=1.1,</0/0>" },
	};

	(void)state;
	PLAY(steps);
}

static void with_an_account_it_is_not_asked(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 1 * SEC, "@1 DELETE /0", "@1 silence" },
	};

	(void)state;
	play(steps, .accounts = &real_accounts);
}

static void rule_26_hold_off(void **state)
{
	static const struct step steps[] = {
		{ 0, "start" },
		{ 20 * SEC, NULL, "connect" },
	};
	static const struct step asked_for[] = {
		TRANSCRIPT_REGISTERED,
		{ 1 * SEC, "bootstrap" },
		{ 21 * SEC, NULL, "@1 connect" },
	};

	(void)state;
	PLAY(steps, .hold_off_s = 20);
	play(asked_for, .accounts = &real_accounts, .hold_off_s = 20);
}

static void rule_21_silence_for_247_s_is_a_failure(void **state)
{
	static const struct step steps[] = {
		BOOTSTRAP_OPENED,
		{ 100 * SEC, ACCOUNT_SECURITY, "2.04" },
		{ 347 * SEC, NULL, "close\nbootstrap failed ETIMEDOUT no Bootstrap-Finish" },
		{ 348 * SEC, "POST /bs", "silence" },
		{ SPREAD(347 * SEC, 30), .expect = "connect" },
		{ 362 * SEC, "connected", "request POST /bs?ep=dev&pct=112\nbootstrapping" },
		{ 363 * SEC, "answer 4.04", "close\nbootstrap failed 4.04" },
		{ SPREAD(363 * SEC, 60), .expect = "connect" },
	};

	(void)state;
	PLAY(steps);
}

static void rule_21_what_is_not_consistent_is_4_06_and_leaves_nothing(void **state)
{
	static const struct step steps[] = {
		BOOTSTRAP_OPENED,
		{ 1 * SEC, ACCOUNT_SECURITY, "2.04" },
		{ 2 * SEC, "POST /bs",
			"4.06\nclose\nbootstrap failed 4.06 "
			"/0/1 has no instance of Server (/1) with its Short Server ID" },
		{ SPREAD(2 * SEC, 30), .expect = "connect" },
		{ 17 * SEC, "connected", "request POST /bs?ep=dev&pct=112\nbootstrapping" },
		{ 17 * SEC, "answer 2.04" },
		{ 17 * SEC, "GET /0 accept=40", "2.05 format=40 </>;lwm2m=1.1,</0/0>" },
	};

	(void)state;
	PLAY(steps);
}

static void what_comes_before_the_answer_counts(void **state)
{
	static const struct step steps[] = {
		BOOTSTRAP_ASKED("&pct=112"),
		{ 1 * SEC, ACCOUNT_SECURITY, "2.04" },
		{ 1 * SEC, ACCOUNT_SERVER, "2.04" },
		{ 1 * SEC, "POST /bs", "persist accounts\n2.04" },
		{ 2 * SEC, "answer 2.04" },
		{ 4 * SEC, NULL, "close\nbootstrapped" },
	};

	(void)state;
	PLAY(steps);
}

static void a_server_of_1_0_may_refuse_pct(void **state)
{
	static const struct step steps[] = {
		BOOTSTRAP_ASKED("&pct=112"),
		{ 1 * SEC, "answer 4.00", "request POST /bs?ep=dev\nbootstrapping" },
		{ 1 * SEC, "answer 4.00", "close\nbootstrap failed 4.00" },
	};

	(void)state;
	PLAY(steps);
}

static void failures_are_tried_again_later_and_later(void **state)
{
	static const struct step steps[] = {
		{ 0, "start", "connect" },
		{ 0, "connected ECONNREFUSED", "close\nbootstrap failed ECONNREFUSED" },
		{ SPREAD(0, 30), .expect = "connect" },
		{ 15 * SEC, "connected", "request POST /bs?ep=dev&pct=112\nbootstrapping" },
		{ 20 * SEC, "unanswered", "close\nbootstrap failed ETIMEDOUT" },
		{ SPREAD(20 * SEC, 60), .expect = "connect" },
		{ 50 * SEC, "connected ECONNREFUSED", "close\nbootstrap failed ECONNREFUSED" },
		{ SPREAD(50 * SEC, 120), .expect = "connect" },
	};

	(void)state;
	PLAY(steps);
}

static void another_network_is_a_reason_to_try_at_once(void **state)
{
	static const struct step steps[] = {
		{ 0, "start", "connect" },
		{ 0, "connected ECONNREFUSED", "close\nbootstrap failed ECONNREFUSED" },
		{ 1 * SEC, "move", "connect" },
		{ 1 * SEC, "connected", "request POST /bs?ep=dev&pct=112\nbootstrapping" },
		{ 2 * SEC, "move", "close\nconnect" },
	};

	(void)state;
	PLAY(steps);
}

/* 1/x/16: only once all that the account allows has been tried. */
static void rule_26_a_server_that_is_gone_for_long_is_a_reason(void **state)
{
	static const struct step steps[] = {
		{ 0, "start", "connect" },
		{ 0, "connected", TRANSCRIPT_REGISTER },
		{ 1 * SEC, "unanswered", "close\nfailed ETIMEDOUT" },
		{ SPREAD(1 * SEC, 60), .expect = "connect" },
		{ 31 * SEC, "connected", TRANSCRIPT_REGISTER },
		{ 32 * SEC, "unanswered", "close\nfailed ETIMEDOUT\n@1 connect" },
		{ 33 * SEC, "@1 connected", "@1 request POST /bs?ep=dev&pct=112\n@1 bootstrapping" },
	};

	(void)state;
	play(steps, .accounts = &real_accounts, .retry_count = 2);
}

static void rule_26_no_storm_for_a_server_that_is_back(void **state)
{
	static const struct step steps[] = {
		{ 0, "start", "connect" },
		{ 0, "connected", TRANSCRIPT_REGISTER },
		{ 1 * SEC, "unanswered", "close\nfailed ETIMEDOUT\n@1 connect" },
		{ 2 * SEC, "@1 connected ECONNREFUSED", "@1 close\n@1 bootstrap failed ECONNREFUSED" },
		{ 3 * SEC, "move", "close\nconnect\n@1 connect" },
		{ 3 * SEC, "@1 connected ECONNREFUSED", "@1 close\n@1 bootstrap failed ECONNREFUSED" },
		{ 4 * SEC, "connected", TRANSCRIPT_REGISTER },
		{ 4 * SEC, "answer 2.01 /rd/5a", "registered 300" },
		{ 211 * SEC, NULL, "request POST /rd/5a" },
	};

	(void)state;
	play(steps, .accounts = &real_accounts, .retry_count = 1);
}

/* What an operator starts goes on while the servers are served: they are in use until Finish. */
static void rule_26_a_trigger_bootstraps_beside_the_registration(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 1 * SEC, "bootstrap", "@1 connect" },
		{ 1 * SEC, "@1 connected", "@1 request POST /bs?ep=dev&pct=112\n@1 bootstrapping" },
		{ 1 * SEC, "@1 answer 2.04" },
		{ 1 * SEC, "@1 DELETE /0", "@1 2.02" },
		{ 1 * SEC, "@1 DELETE /1", "@1 2.02" },
		{ 2 * SEC, "GET /500/0/1", "2.05 format=0 5" },
		{ 2 * SEC, "@1 " ACCOUNT_SECURITY, "@1 2.04" },
		{ 2 * SEC, "@1 " ACCOUNT_SERVER, "@1 2.04" },
		{ 2 * SEC, "@1 POST /bs", "@1 persist accounts\n@1 2.04" },
		{ 3 * SEC, "GET /500/0/1", "2.05 format=0 5" },
		{ 5 * SEC, NULL, "@1 close\n@1 bootstrapped" },
	};

	(void)state;
	play(steps, .accounts = &real_accounts);
}

static void rule_26_the_account_is_purged_when_its_time_is_over(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED_FOREVER,
		{ 60 * SEC, NULL, "@1 persist accounts\n@1 purged" },
	};

	(void)state;
	play(steps, .accounts = &real_accounts, .bootstrapped = true, .account_timeout_s = 60);
}

#define PACK_RECORDS                                                                             \
	"[{\"bn\":\"/0/1/\",\"n\":\"0\",\"vs\":\"coap://192.0.2.9\"},{\"n\":\"1\",\"vb\":false}," \
	"{\"n\":\"2\",\"v\":3},{\"n\":\"10\",\"v\":101},"                                         \
	"{\"bn\":\"/1/0/\",\"n\":\"0\",\"v\":101},{\"n\":\"1\",\"v\":300},{\"n\":\"6\",\"vb\":true},"  \
	"{\"n\":\"7\",\"vs\":\"U\"}]"

static void rule_25_a_pack_needs_no_finish(void **state)
{
	static const struct step steps[] = {
		{ 0, "start", "connect" },
		{ 0, "connected", "request GET /bspack?ep=dev\nbootstrapping" },
		{ 1 * SEC, "answer 2.05 format=110 " PACK_RECORDS, "persist accounts\nclose\nbootstrapped" },
	};

	(void)state;
	PLAY(steps, .version_minor = 2);
}

static void rule_25_whatever_is_wrong_with_a_pack_is_a_reason_to_ask(void **state)
{
	static const char *const answers[] = {
		"answer 4.04",
		"answer 2.05",
		"answer 2.05 format=110 {",
		"answer 2.05 format=110 [{\"n\":\"/1/0/0\",\"v\":101}]",
		"answer 2.05 format=110 [{\"n\":\"/0/0/0\",\"vs\":\"coap://192.0.2.66\"}]",
		"answer 2.05 format=110 [{\"n\":\"/500/0/1\",\"v\":1}]",
		"unanswered",
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(answers); i++) {
		const struct step steps[] = {
			{ 0, "start", "connect" },
			{ 0, "connected", "request GET /bspack?ep=dev\nbootstrapping" },
			{ 1 * SEC, answers[i], "request POST /bs?ep=dev&pct=112\nbootstrapping" },
			{ 2 * SEC, "answer 2.04" },
			{ 2 * SEC, "GET / accept=40", "2.05 format=40 </>;lwm2m=1.2,</0/0>,</3>;ver=1.1,</3/0>,"
						      "</500>;ver=2.0,</500/0>,</501>,</502>" },
		};

		PLAY(steps, .version_minor = 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_an_account_it_is_asked_at_once),
		cmocka_unit_test(a_lost_answer_to_finish_is_given_again),
		cmocka_unit_test(accounts_that_cannot_be_kept_are_as_if_never_made),
		cmocka_unit_test(with_an_account_it_is_not_asked),
		cmocka_unit_test(rule_26_hold_off),
		cmocka_unit_test(rule_21_silence_for_247_s_is_a_failure),
		cmocka_unit_test(rule_21_what_is_not_consistent_is_4_06_and_leaves_nothing),
		cmocka_unit_test(what_comes_before_the_answer_counts),
		cmocka_unit_test(a_server_of_1_0_may_refuse_pct),
		cmocka_unit_test(failures_are_tried_again_later_and_later),
		cmocka_unit_test(another_network_is_a_reason_to_try_at_once),
		cmocka_unit_test(rule_26_a_server_that_is_gone_for_long_is_a_reason),
		cmocka_unit_test(rule_26_no_storm_for_a_server_that_is_back),
		cmocka_unit_test(rule_26_a_trigger_bootstraps_beside_the_registration),
		cmocka_unit_test(rule_26_the_account_is_purged_when_its_time_is_over),
		cmocka_unit_test(rule_25_a_pack_needs_no_finish),
		cmocka_unit_test(rule_25_whatever_is_wrong_with_a_pack_is_a_reason_to_ask),
	};

	return cmocka_run_group_tests_name("lwm2m/bootstrap", tests, NULL, NULL);
}
