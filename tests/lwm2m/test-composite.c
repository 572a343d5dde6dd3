/* SPDX-License-Identifier: Apache-2.0 */
#include "transcript.h"

#define ALL_OF_500 "/500/0/0=abc /500/0/1=5 /500/0/2=21.5 /500/0/4/0=10 /500/0/4/2=30"

#define PATHS(list) "format=110 accept=112 \"[" list "]\""
#define NAME(path)  "{\"n\":\"" path "\"}"

static void rule_34_read_is_best_effort(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 0, "FETCH / " PATHS(NAME("/3/0/0") "," NAME("/500/0/1")), "2.05 format=112 {/3/0/0=maker /500/0/1=5}" },
		/* not there, without a value, not to be read, closed to every server: left out */
		{ 0, "FETCH / " PATHS(NAME("/9") "," NAME("/500/7/1") "," NAME("/500/0/7") "," NAME("/500/0/3") ","
			NAME("/0/0/0") "," NAME("/21") "," NAME("/23/0") "," NAME("/500/0/5") "," NAME("/500/0/4/2")),
			"2.05 format=112 {/500/0/4/2=30}" },
		{ 0, "FETCH / " PATHS(NAME("/9")), "2.05 format=112 {}" },
		/* of any level, each value once */
		{ 0, "FETCH / " PATHS(NAME("/500/0/1") "," NAME("/500/0") "," NAME("/500/0/4/0")), "2.05 format=112 {" ALL_OF_500 "}" },
		{ 0, "FETCH / " PATHS(NAME("/501") "," NAME("/3/0/0") "," NAME("/3/0/0")), "2.05 format=112 {/3/0/0=maker}" },
		/* all that is readable */
		{ 0, "FETCH / " PATHS(NAME("/")), "2.05 format=112 {/3/0/0=maker " ALL_OF_500 "}" },
		{ 0, "fail EIO" },
		{ 0, "FETCH / " PATHS(NAME("/3/0/0") "," NAME("/500/0/1")), "2.05 format=112 {/500/0/1=5}" },
	};

	(void)state;
	play(steps);
}

static void rule_36_names_and_base_names(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 0, "FETCH / " PATHS("{\"bn\":\"/500/0/\",\"n\":\"1\"}," NAME("2")), "2.05 format=112 {/500/0/1=5 /500/0/2=21.5}" },
		{ 0, "FETCH / " PATHS("{\"bn\":\"/500/0/\"}," NAME("1")), "2.05 format=112 {/500/0/1=5}" },
		{ 0, "FETCH / " PATHS("{\"bn\":\"/500/0/1\"}"), "2.05 format=112 {/500/0/1=5}" },
		/* [{0: "/3/0/0"}] */
		{ 0, "FETCH / format=112 x:81a100662f332f302f30", "2.05 format=112 {/3/0/0=maker}" },
		{ 0, "FETCH / format=110 \"[" NAME("/3/0/0") "]\"",
			"2.05 format=110 [{\"bn\":\"/\",\"n\":\"3/0/0\",\"vs\":\"maker\"}]" },
		{ 0, "FETCH / " PATHS("{\"n\":\"/3/0/0\",\"v\":1}"), "4.00" },
		{ 0, "FETCH / " PATHS("{\"n\":\"/3/0/0\",\"t\":1}"), "4.00" },
		{ 0, "FETCH / " PATHS(NAME("/3/0/0/0/0")), "4.00" },
		{ 0, "FETCH / " PATHS(NAME("3/x")), "4.00" },
		{ 0, "FETCH / " PATHS("{}"), "4.00" },
		{ 0, "FETCH / " PATHS(""), "4.00" },
		{ 0, "FETCH / format=112 x:81", "4.00" },
	};

	(void)state;
	play(steps);
}

static void rule_39_codes_of_composites(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 0, "FETCH / format=0 \"/3\"", "4.15" },
		{ 0, "FETCH / format=11542 x:c10061", "4.15" },
		{ 0, "FETCH / format=999 \"x\"", "4.15" },
		{ 0, "FETCH / format=320 \"[" NAME("/3/0/0") "]\"", "4.15" }, /* is of 1.2 */
		{ 0, "FETCH / format=110 accept=0 \"[" NAME("/3/0/0") "]\"", "4.06" },
		{ 0, "FETCH / format=110 accept=11542 \"[" NAME("/3/0/0") "]\"", "4.06" },
		{ 0, "FETCH / format=110 accept=999 \"[" NAME("/3/0/0") "]\"", "4.06" },
		{ 0, "FETCH /500 format=110 \"[" NAME("/3/0/0") "]\"", "4.05" },
		{ 0, "PATCH / format=110 \"[]\"", "4.05" },
		{ 0, "IPATCH / format=0 \"1\"", "4.15" },
		{ 0, "IPATCH / format=110 \"[]\"", "4.00" },
		{ 0, "IPATCH / format=110 \"[{\"n\":\"/500/0\",\"v\":1}]\"", "4.00" },
	};

	(void)state;
	play(steps);
}

static void a_body_in_blocks(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 0, "FETCH / format=110 accept=112 more \"[{\"n\":\"/3/0/0\"\"", "2.31" },
		{ 0, "FETCH / format=110 accept=112 offset=14 \"}]\"", "2.05 format=112 {/3/0/0=maker}" },
		{ 0, "FETCH / format=110 accept=112 offset=14 \"}]\"", "4.08" },
		{ 0, "IPATCH / format=110 more \"[{\"n\":\"/500/0/1\"\"", "2.31" },
		{ 0, "IPATCH / format=110 offset=16 \",\"v\":6}]\"", "2.04" },
		{ 0, "GET /500/0/1", "2.05 format=0 6" },
	};

	(void)state;
	play(steps);
}

/* What an object does not tell in time is left out; the others are told. */
static void a_silent_object_is_left_out(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 0, "hold" },
		{ 0, "FETCH / " PATHS(NAME("/3/0/0") "," NAME("/500/0/1") "," NAME("/500/0/2")) },
		{ 1 * SEC, "done" },
		{ 10 * SEC, .expect = "slow /500/0/2\nslow /500/0/1\n2.05 format=112 {/3/0/0=maker}" },
		{ 11 * SEC, "done" },
		{ 11 * SEC, "done" },
	};

	(void)state;
	play(steps);
}

/* Nobody waits any more for what an abandoned session asked, and what is late does no harm. */
static void a_session_that_goes(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 0, "hold" },
		{ 0, "FETCH / " PATHS(NAME("/3/0/0") "," NAME("/500/0/1")) },
		{ 1 * SEC, "done" },
		{ 1 * SEC, "stop", "close" },
		{ 2 * SEC, "done" },
	};

	(void)state;
	play(steps);
}

static void more_paths_than_may_be(void **state)
{
	static char text[2048] = "FETCH / format=110 accept=112 \"[";
	static struct transcript transcript;
	static const struct step registered[] = { TRANSCRIPT_REGISTERED };
	static struct step step[] = { { 0, text, "2.05 format=112 {/500/0/1=5}" } };
	size_t n = 0;

	(void)state;
	transcript_init(&transcript, &(struct transcript_config){ 0 });
	play_on(&transcript, registered);
	for (; n < 64; n++)
		strcat(text, n ? ",{\"n\":\"/500/0/1\"}" : "{\"n\":\"/500/0/1\"}");
	strcat(text, "]\"");
	play_on(&transcript, step);
	strcpy(strrchr(text, ']'), ",{\"n\":\"/500/0/1\"}]\"");
	step[0].expect = "quota\n4.13";
	play_on(&transcript, step);
	transcript_deinit(&transcript);
}

#define RECORDS(list) "format=110 \"[" list "]\""
#define SET(path, value) "{\"n\":\"" path "\",\"v\":" value "}"

static void rule_34_write_checks_all_before_it_writes(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 0, "IPATCH / " RECORDS(SET("/500/0/1", "6") "," SET("/500/0/4/2", "31")), "2.04" },
		{ 0, "GET /500", "2.05 format=112 {/500/0/0=abc /500/0/1=6 /500/0/2=21.5 /500/0/4/0=10 /500/0/4/2=31}" },
		{ 0, "IPATCH / " RECORDS(SET("/500/0/1", "7") "," SET("/9/0/1", "7")), "4.04" },
		{ 0, "IPATCH / " RECORDS(SET("/500/0/1", "7") "," SET("/500/7/1", "7")), "4.04" },
		{ 0, "IPATCH / " RECORDS(SET("/500/0/1", "7") "," SET("/500/0/99", "7")), "4.04" },
		{ 0, "IPATCH / " RECORDS(SET("/500/0/1", "7") "," SET("/500/0/2", "7")), "4.05" },
		{ 0, "IPATCH / " RECORDS(SET("/500/0/1", "7") "," "{\"n\":\"/0/0/0\",\"vs\":\"x\"}"), "4.01" },
		{ 0, "IPATCH / " RECORDS(SET("/500/0/1", "7") "," "{\"n\":\"/500/0/4/0\",\"vs\":\"x\"}"), "4.00" },
		{ 0, "IPATCH / " RECORDS(SET("/500/0/1", "7") "," SET("/500/0/4", "7")), "4.00" },
		{ 0, "IPATCH / " RECORDS(SET("/500/0/1", "7") "," SET("/500/0/1", "8")), "4.00" },
		{ 0, "IPATCH / " RECORDS(SET("/500/0/1", "7") "," NAME("/500/0/4/0")), "4.00" },
		{ 0, "GET /500/0/1", "2.05 format=0 6" },
	};

	(void)state;
	play(steps);
}

static void rule_34_write_gives_back_what_was_there(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 0, "add /502/0", "request POST /rd/5a format=40 </>;rt=\"oma.lwm2m\";ct=\"60 110 112 "
			"11542\",</3>;ver=1.1,</3/0>,</500>;ver=2.0,</500/0>,</501>,</502>,</502/0>" },
		{ 0, "answer 2.04", "updated 207" },
		{ 0, "set /502/0/1 1" },
		{ 0, "IPATCH / " RECORDS(SET("/500/0/1", "6") "," SET("/502/0/1", "2")), "2.04" },
		{ 0, "hold" },
		{ 0, "IPATCH / " RECORDS(SET("/500/0/1", "7") "," SET("/500/0/4/5", "50") "," SET("/502/0/1", "3")) },
		{ 0, "done" }, /* both are read, */
		{ 0, "done" },
		{ 0, "done" }, /* the first one takes it, */
		{ 0, "done EIO" }, /* the second one does not */
		{ 0, "done" }, /* two resources of the first one get back what they held */
		{ 0, "done", "5.00" },
		{ 0, "GET /500" },
		{ 0, "done", "2.05 format=112 {/500/0/0=abc /500/0/1=6 /500/0/2=21.5 /500/0/4/0=10 /500/0/4/2=30}" },
		/* silence is 5.03, and the first one has its value back */
		{ 0, "IPATCH / " RECORDS(SET("/500/0/1", "7") "," SET("/502/0/1", "3")) },
		{ 0, "done" },
		{ 0, "done" },
		{ 1 * SEC, "done" },
		{ 11 * SEC, NULL, "slow /502/0" },
		{ 12 * SEC, "done" },
		{ 12 * SEC, "done", "5.03" },
		{ 12 * SEC, "GET /500/0/1" },
		{ 12 * SEC, "done", "2.05 format=0 6" },
	};

	(void)state;
	play(steps);
}

/* A write is not left half done because its server went away. */
static void a_write_goes_on_without_its_server(void **state)
{
	static struct transcript transcript;
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 0, "add /502/0", "request POST /rd/5a format=40 </>;rt=\"oma.lwm2m\";ct=\"60 110 112 "
			"11542\",</3>;ver=1.1,</3/0>,</500>;ver=2.0,</500/0>,</501>,</502>,</502/0>" },
		{ 0, "answer 2.04", "updated 207" },
		{ 0, "set /502/0/1 1" },
		{ 0, "hold" },
		{ 0, "IPATCH / " RECORDS(SET("/500/0/1", "7") "," SET("/502/0/1", "3")) },
		{ 0, "stop", "close" },
		{ 0, "done" },
		{ 0, "done" },
		{ 0, "done" },
		{ 0, "done" },
	};

	(void)state;
	transcript_init(&transcript, &(struct transcript_config){ 0 });
	play_on(&transcript, steps);
	assert_int_equal(transcript.fake.n_held, 0);
	transcript_deinit(&transcript);
}

#define REGISTERED_1_2                                                            \
	{ 0, "start", "connect" },                                                \
	{ 0, "connected", "request POST /rd?ep=dev&lt=300&lwm2m=1.2&b=U format=40 " \
		TRANSCRIPT_LINKS_OF("60 110 112 11542 11544") "\nregistering" },  \
	{ 0, "answer 2.01 /rd/5a", "registered 300" }

static void rule_31_null_deletes_a_resource_instance(void **state)
{
	static const struct step steps[] = {
		REGISTERED_1_2,
		{ 0, "IPATCH / format=320 \"[" SET("/500/0/1", "6") "," SET("/500/0/4/0", "null") "]\"", "2.04" },
		{ 0, "GET /500/0/4", "2.05 format=112 {/500/0/4/2=30}" },
		{ 0, "IPATCH / format=320 \"[" SET("/500/0/4/0", "null") "]\"", "4.04" },
		{ 0, "IPATCH / format=320 \"[" SET("/500/0/1", "null") "]\"", "4.00" },
		{ 0, "IPATCH / format=110 \"[" SET("/500/0/4/2", "null") "]\"", "4.00" },
		{ 0, "FETCH / format=320 \"[" NAME("/500/0/4") "]\"",
			"2.05 format=110 [{\"bn\":\"/\",\"n\":\"500/0/4/2\",\"v\":30}]" },
	};

	(void)state;
	play(steps, .version_minor = 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rule_34_read_is_best_effort),
		cmocka_unit_test(rule_36_names_and_base_names),
		cmocka_unit_test(rule_39_codes_of_composites),
		cmocka_unit_test(a_body_in_blocks),
		cmocka_unit_test(a_silent_object_is_left_out),
		cmocka_unit_test(a_session_that_goes),
		cmocka_unit_test(more_paths_than_may_be),
		cmocka_unit_test(rule_34_write_checks_all_before_it_writes),
		cmocka_unit_test(rule_34_write_gives_back_what_was_there),
		cmocka_unit_test(a_write_goes_on_without_its_server),
		cmocka_unit_test(rule_31_null_deletes_a_resource_instance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
