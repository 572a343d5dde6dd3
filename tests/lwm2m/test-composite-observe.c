/* SPDX-License-Identifier: Apache-2.0 */
#include "transcript.h"

#define NAME(path) "{\"n\":\"" path "\"}"
#define TWO        "format=110 accept=112 \"[" NAME("/3/0/0") "," NAME("/500/0/1") "]\""
#define VALUES(a, b) "format=112 {/3/0/0=" a " /500/0/1=" b "}"
#define WATCHED \
	{ 0, "FETCH / observe=0 token=01 " TWO, "watch 3 on\nwatch 500 on\n2.05 observe=0 " VALUES("maker", "5") }

static void rule_10_one_token_and_one_timer(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED_FOREVER,
		{ 0, "pmin 5" },
		WATCHED,
		/* within pmin: told once, with the latest values */
		{ 1 * SEC, "set /500/0/1 6" },
		{ 2 * SEC, "set /3/0/0 other" },
		{ 3 * SEC, "set /500/0/1 7" },
		{ 5 * SEC, .expect = "notify 2.05 token=01 observe=1 " VALUES("other", "7") },
		/* of nothing that is observed, and a value that was told already */
		{ 20 * SEC, "set /500/0/2 1" },
		{ 20 * SEC, "set /500/0/1 7" },
		{ 30 * SEC, "FETCH / observe=1 token=01 " TWO, "watch 3 off\nwatch 500 off\n2.05 " VALUES("other", "7") },
		{ 40 * SEC, "set /500/0/1 8" },
		{ 50 * SEC },
	};

	(void)state;
	play(steps);
}

static void rule_10_missing_paths_are_left_out(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED_FOREVER,
		{ 0, "FETCH / observe=0 token=01 format=110 accept=112 \"[" NAME("/502/0/1") "," NAME("/500/0/1") "]\"",
			"watch 500 on\nwatch 502 on\n2.05 observe=0 format=112 {/500/0/1=5}" },
		{ 1 * SEC, "set /500/0/1", "notify 2.05 token=01 observe=1 format=112 {}" },
		{ 2 * SEC, "set /500/0/1 6", "notify 2.05 token=01 observe=2 format=112 {/500/0/1=6}" },
		/* what comes later belongs to it */
		{ 3 * SEC, "add /502/0", "request POST /rd/5a format=40 </>;rt=\"oma.lwm2m\";ct=\"60 110 112 "
			"11542\",</3>;ver=1.1,</3/0>,</500>;ver=2.0,</500/0>,</501>,</502>,</502/0>" },
		{ 4 * SEC, "answer 2.04", "updated 0" },
		{ 4 * SEC, "set /502/0/1 1", "notify 2.05 token=01 observe=3 format=112 {/502/0/1=1 /500/0/1=6}" },
		{ 5 * SEC, "refused", "watch 500 off\nwatch 502 off" },
	};

	(void)state;
	play(steps);
}

static void the_root_is_all_that_is_readable(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED_FOREVER,
		{ 0, "set /500/0/4" },
		{ 0, "FETCH / observe=0 token=01 format=110 accept=112 \"[" NAME("/") "]\"",
			"watch 0 on\nwatch 3 on\nwatch 500 on\nwatch 501 on\nwatch 502 on\n"
			"2.05 observe=0 format=112 {/3/0/0=maker /500/0/0=abc /500/0/1=5 /500/0/2=21.5}" },
		{ 1 * SEC, "set /3/0/0 x",
			"notify 2.05 token=01 observe=1 format=112 {/3/0/0=x /500/0/0=abc /500/0/1=5 /500/0/2=21.5}" },
	};

	(void)state;
	play(steps);
}

static void rule_2_periods_of_what_is_attached(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED_FOREVER,
		WATCHED,
		{ 0, "PUT /500?pmin=8&pmax=100", "2.04" },
		{ 0, "PUT /3/0?pmin=4&pmax=60", "2.04" },
		{ 1 * SEC, "set /500/0/1 6" },
		{ 4 * SEC, .expect = "notify 2.05 token=01 observe=1 " VALUES("maker", "6") },
		{ 64 * SEC, .expect = "notify 2.05 token=01 observe=2 " VALUES("maker", "6") },
	};

	(void)state;
	play(steps);
}

#define REGISTERED_1_2                                                                                      \
	{ 0, "lifetime 0" }, { 0, "start", "connect" },                                                     \
	{ 0, "connected", "request POST /rd?ep=dev&lt=0&lwm2m=1.2&b=U format=40 "                           \
		TRANSCRIPT_LINKS_OF("60 110 112 11542 11544") "\nregistering" },                            \
	{ 0, "answer 2.01 /rd/5a", "registered 0" }

static void rule_5_attributes_that_come_with_it(void **state)
{
	static const struct step steps[] = {
		REGISTERED_1_2,
		{ 0, "PUT /500?pmin=8&pmax=10", "2.04" },
		/* what is attached counts no more */
		{ 0, "FETCH /?pmin=2&con=1 observe=0 token=01 " TWO,
			"watch 3 on\nwatch 500 on\n2.05 observe=0 " VALUES("maker", "5") },
		{ 1 * SEC, "set /500/0/1 6" },
		{ 2 * SEC, .expect = "notify CON 2.05 token=01 observe=1 " VALUES("maker", "6") },
		{ 99 * SEC, "FETCH /?pmin=1&gt=5 observe=0 token=02 " TWO, "4.00" },
		{ 99 * SEC, "FETCH /?hqmax=5 observe=0 token=02 " TWO, "4.00" },
		{ 99 * SEC, "FETCH /?x=5 observe=0 token=02 " TWO, "4.00" },
		{ 99 * SEC, "refused", "watch 3 off\nwatch 500 off" },
	};

	(void)state;
	play(steps, .version_minor = 2);
}

/* Before 1.2 they are refused, never ignored. */
static void rule_5_attributes_before_1_2(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED_FOREVER,
		{ 0, "FETCH /?pmin=2 observe=0 token=01 " TWO, "4.00" },
	};

	(void)state;
	play(steps);
}

static void the_same_token_replaces_it(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED_FOREVER,
		WATCHED,
		{ 1 * SEC, "FETCH / observe=0 token=01 format=110 accept=112 \"[" NAME("/500/0/1") "]\"",
			"watch 3 off\n2.05 observe=1 format=112 {/500/0/1=5}" },
		{ 2 * SEC, "set /3/0/0 x" },
		{ 3 * SEC, "set /500/0/1 6", "notify 2.05 token=01 observe=2 format=112 {/500/0/1=6}" },
		{ 4 * SEC, "GET /500/0/2 observe=0 token=01", "watch 500 off\nwatch 500 on\n2.05 observe=0 format=0 21.5" },
		{ 5 * SEC, "set /500/0/1 7" },
		{ 6 * SEC },
	};

	(void)state;
	play(steps);
}

/* It is cancelled, or asked anew, while its values are on their way. */
static void cancelled_while_it_is_read(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED_FOREVER,
		WATCHED,
		{ 1 * SEC, "hold" },
		{ 1 * SEC, "set /500/0/1 6" },
		{ 2 * SEC, "FETCH / observe=1 token=01 " TWO, "watch 3 off\nwatch 500 off" },
		{ 3 * SEC, "done" }, { 3 * SEC, "done" },
		{ 3 * SEC, "done" }, { 3 * SEC, "done", "2.05 " VALUES("maker", "6") },
		{ 9 * SEC },
	};

	(void)state;
	play(steps);
}

static void paths_count_as_observations(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED_FOREVER,
		WATCHED,
		{ 1 * SEC, "FETCH / observe=0 token=02 " TWO, "5.03\nquota /" },
		{ 2 * SEC, "set /500/0/1 6", "notify 2.05 token=01 observe=1 " VALUES("maker", "6") },
	};

	(void)state;
	play(steps, .limits = { .observations = 3 });
}

/* A restart goes on with it. */
static void it_survives(void **state)
{
	static struct transcript transcript;
	static const struct step begin[] = {
		REGISTERED_1_2,
		{ 0, "FETCH /?pmin=2 observe=0 token=01 " TWO,
			"watch 3 on\nwatch 500 on\n2.05 observe=0 " VALUES("maker", "5") },
		{ 2 * SEC },
	};
	static const char kept[] = "server coap://192.0.2.1 dev\nregistration 1.2 /rd/5a\n"
				   "composite 01 /3/0/0,/500/0/1 112 112 0 pmin=2\n";
	static const char *const bad[] = {
		"composite 01 /3/0/0,x 112 112 0\n", "composite 01  112 112 0\n", "composite 01 /3,/4\n",
		"composite 01 /3, 112 112 0 gt=x\n",
	};

	(void)state;
	transcript_init(&transcript, &(struct transcript_config){ .version_minor = 2 });
	play_on(&transcript, begin);
	assert_string_equal((buffer_append_byte(&transcript.kept[0], 0), (char *)transcript.kept[0].data), kept);
	transcript_deinit(&transcript);

	transcript_init(&transcript, &(struct transcript_config){ .version_minor = 2 });
	assert_int_equal(engine_resume(transcript.engine, 0, transcript_server(&transcript, 0), BYTES_LITERAL(kept)), 0);
	assert_true(fake_objects_get(&transcript.fake, 3)->watched);
	assert_true(fake_objects_get(&transcript.fake, 500)->watched);
	transcript_deinit(&transcript);

	for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
		char text[200];

		snprintf(text, sizeof(text), "server coap://192.0.2.1 dev\n%s", bad[i]);
		transcript_init(&transcript, &(struct transcript_config){ 0 });
		assert_int_equal(engine_resume(transcript.engine, 0, transcript_server(&transcript, 0), bytes_of(text)), -EBADMSG);
		transcript_deinit(&transcript);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rule_10_one_token_and_one_timer),
		cmocka_unit_test(rule_10_missing_paths_are_left_out),
		cmocka_unit_test(the_root_is_all_that_is_readable),
		cmocka_unit_test(rule_2_periods_of_what_is_attached),
		cmocka_unit_test(rule_5_attributes_that_come_with_it),
		cmocka_unit_test(rule_5_attributes_before_1_2),
		cmocka_unit_test(the_same_token_replaces_it),
		cmocka_unit_test(cancelled_while_it_is_read),
		cmocka_unit_test(paths_count_as_observations),
		cmocka_unit_test(it_survives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
