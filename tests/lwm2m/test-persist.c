/* SPDX-License-Identifier: Apache-2.0 */
#include "transcript.h"

#include "lwm2m/codec.h"

#define LINKS_501 TRANSCRIPT_UPDATE_LINKS("</500>;ver=2.0,</500/0>,</501>,</501/0>,</502>")

#define WITH_501_0 \
	TRANSCRIPT_REGISTERED_FOREVER, \
	{ 0, "set /501/0/2 1.5" }, \
	{ 0, "POST /501 format=11542 x:c10061", "persist 501 {/501/0/0=a}\n2.01 /501/0\n" LINKS_501 }, \
	{ 0, "answer 2.04", "updated 0" }

/* And kept before the answer: who has it may rely on it. */
static void writes_of_kept_objects_are_persisted(void **state)
{
	static const struct step steps[] = {
		WITH_501_0,
		{ 1 * SEC, "PUT /501/0/1 format=0 \"7\"", "persist 501 {/501/0/0=a /501/0/1=7}\n2.04" },
		/* read-only values come from elsewhere */
		{ 1 * SEC, "GET /501/0", "2.05 format=112 {/501/0/0=a /501/0/1=7 /501/0/2=1.5}" },
		{ 1 * SEC, "POST /501/0 format=110 \"[{\"n\":\"/501/0/4/3\",\"v\":9}]\"",
			"persist 501 {/501/0/0=a /501/0/1=7 /501/0/4/3=9}\n2.04" },
		{ 1 * SEC, "DELETE /501/0/4/3", "persist 501 {/501/0/0=a /501/0/1=7}\n2.02" },
		/* refused, read, executed, or of another object: nothing to keep */
		{ 2 * SEC, "PUT /501/0/1 format=0 \"x\"", "4.00" },
		{ 2 * SEC, "fail EIO" },
		{ 2 * SEC, "PUT /501/0/1 format=0 \"8\"", "5.00" },
		{ 2 * SEC, "POST /501/0/3", "execute /501/0/3\n2.04" },
		{ 2 * SEC, "PUT /500/0/1 format=0 \"8\"", "2.04" },
		{ 3 * SEC, "PUT /501/0/5 format=42 offset=0 more \"ab\"", "block 0+2 more\n2.31" },
		{ 3 * SEC, "PUT /501/0/5 format=42 offset=2 \"ab\"",
			"block 2+2\npersist 501 {/501/0/0=a /501/0/1=7}\n2.04" },
		{ 4 * SEC, "DELETE /501/0",
			"persist 501 {}\n2.02\nrequest POST /rd/5a format=40 " TRANSCRIPT_LINKS },
	};

	(void)state;
	play(steps);
}

/* Before the first registration too: what the agent itself changed. */
static void objects_ask_for_it(void **state)
{
	static const struct step steps[] = {
		{ 0, "set /501/0/0 a" },
		{ 0, "keep /501", "persist 501 {/501/0/0=a}" },
		{ 0, "keep /9" },
		{ 1000 * SEC },
	};

	(void)state;
	play(steps);
}

/* With what is true when it is tried again, and nothing else. */
static void what_was_not_kept_is_kept_later(void **state)
{
	static const struct step steps[] = {
		WITH_501_0,
		{ 1 * SEC, "PUT /501/0/1 format=0 \"7\"", "persist 501 {/501/0/0=a /501/0/1=7}\n2.04" },
		{ 2 * SEC, "keepagain" },
		{ 2 * SEC, "notkept object-501" },
		{ 2 * SEC, "notkept object-9" },
		{ 3 * SEC, "set /501/0/0 b" },
		{ 10 * SEC, "keepagain", "persist 501 {/501/0/0=b /501/0/1=7}" },
		{ 20 * SEC, "keepagain" },
		{ 1000 * SEC },
	};

	(void)state;
	play(steps);
}

/* The same of a registration, and of notifications that were stored. */
static void what_was_not_kept_of_a_server(void **state)
{
	static struct transcript transcript;
	static const struct step registered[] = { TRANSCRIPT_REGISTERED_FOREVER };
	static const struct step again[] = { { 10 * SEC, "notkept server-1" }, { 10 * SEC, "keepagain" } };
	static const struct step once[] = { { 20 * SEC, "keepagain" } };
	unsigned int n_kept;

	(void)state;
	transcript_init(&transcript, &(struct transcript_config){ 0 });
	play_on(&transcript, registered);
	n_kept = transcript.n_kept;
	buffer_clear(&transcript.kept[0]);
	play_on(&transcript, again);
	assert_int_equal(transcript.n_kept, n_kept + 1);
	assert_non_null(memmem(transcript.kept[0].data, transcript.kept[0].len, "/rd/5a", 6));
	play_on(&transcript, once);
	assert_int_equal(transcript.n_kept, n_kept + 1);
	transcript_deinit(&transcript);
}

static void waits_for_a_free_operation(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED_FOREVER,
		{ 0, "set /501/0/0 a" },
		{ 0, "hold" },
		{ 1 * SEC, "GET /500/0/1" },
		{ 1 * SEC, "GET /3/0/0" },
		{ 1 * SEC, "keep /501" },
		{ 2 * SEC, "done", "#1 2.05 format=0 5" },
		{ 3 * SEC, "done", "2.05 format=0 maker" },
		{ 4 * SEC, "done", "persist 501 {/501/0/0=a}" },
		/* and as long as it may take */
		{ 5 * SEC, "keep /501" },
		{ 15 * SEC, NULL, "slow /501" },
		{ 16 * SEC, "done", "persist 501 {/501/0/0=a}" },
		{ 17 * SEC, "keep /501" },
		{ 18 * SEC, "done EIO" },
		{ 1000 * SEC },
	};

	(void)state;
	play(steps, .limits.operations = 2);
}

static void round_trip(void **state)
{
	static struct transcript before, after;
	static const struct step written[] = {
		WITH_501_0,
		{ 1 * SEC,
			"POST /501/0 format=110 \"[{\"n\":\"/501/0/1\",\"v\":-7},{\"n\":\"/501/0/4/3\","
			"\"v\":9}]\"",
			"persist 501 {/501/0/0=a /501/0/1=-7 /501/0/4/3=9}\n2.04" },
	};
	static const struct step made[] = { { 0, "set /501/0/0 default" }, { 0, "set /501/0/2 2.5" },
		{ 0, "add /501/0" } };
	static const struct step read[] = {
		{ 0, "lifetime 0" },
		{ 0, "start", "connect" },
		{ 0, "connected",
			"request POST /rd?ep=dev&lt=0&lwm2m=1.1&b=U format=40 </>;rt=\"oma.lwm2m\";ct=\"60 "
			"110 112 11542\",</3>;ver=1.1,</3/0>,</500>;ver=2.0,</500/0>,</501>,</501/0>,"
			"</502>\nregistering" },
		{ 0, "answer 2.01 /rd/5b", "registered 0" },
		{ 0, "GET /501", "2.05 format=112 {/501/0/0=a /501/0/1=-7 /501/0/2=2.5 /501/0/4/3=9}" },
	};

	(void)state;
	transcript_init(&before, &(struct transcript_config){ 0 });
	transcript_init(&after, &(struct transcript_config){ 0 });
	play_on(&before, written);
	play_on(&after, made);
	assert_int_equal(engine_restore(after.engine, 501, buffer_bytes(&before.persisted)), 0);
	play_on(&after, read);
	transcript_deinit(&before);
	transcript_deinit(&after);
}

static int restore(struct transcript *transcript, uint16_t oid, const char *json)
{
	_cleanup_(records_deinit) struct records records = { 0 };
	_cleanup_(buffer_deinit) struct buffer state = { 0 };
	struct path path = PATH1(oid);

	assert_int_equal(
		codec_decode(CODEC_SENML_JSON, &path, bytes_of(json),
			&(struct codec_types){ registry_type_of, &transcript->fake.registry }, &records),
		0);
	assert_int_equal(codec_encode(CODEC_SENML_CBOR, &path, &records, &state), 0);
	return engine_restore(transcript->engine, oid, buffer_bytes(&state));
}

static void bad_state_changes_nothing(void **state)
{
	static struct transcript transcript;
	static const struct step made[] = { { 0, "set /501/0/0 a" }, { 0, "add /501/0" } };
	static const struct path name = { { 501, 0, FAKE_NAME }, 3 };

	(void)state;
	transcript_init(&transcript, &(struct transcript_config){ 0 });
	play_on(&transcript, made);
	assert_int_equal(engine_restore(transcript.engine, 501, BYTES_LITERAL("\x81")), -EBADMSG);
	assert_int_equal(engine_restore(transcript.engine, 501, BYTES_LITERAL("")), -EBADMSG);
	/* not there, or nothing that is kept */
	assert_int_equal(engine_restore(transcript.engine, 9, BYTES_LITERAL("\x80")), -ENOENT);
	assert_int_equal(engine_restore(transcript.engine, 500, BYTES_LITERAL("\x80")), -ENOENT);
	/* what this release does not know, or may not set, is left out */
	assert_int_equal(restore(&transcript, 501,
				 "[{\"bn\":\"/501/0/\",\"n\":\"99\",\"v\":1},{\"n\":\"2\",\"v\":7},"
				 "{\"n\":\"1\",\"v\":3}]"),
		0);
	assert_int_equal(transcript.fake.n_values, 7 + 2);
	assert_true(path_equal(&transcript.fake.values[7].path, &name));
	assert_int_equal(transcript.fake.values[8].value.integer, 3);
	/* an instance that is no more */
	assert_int_equal(restore(&transcript, 501, "[{\"n\":\"/501/5/1\",\"v\":1}]"), 0);
	assert_int_equal(transcript.fake.n_values, 7 + 2);
	transcript_deinit(&transcript);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(writes_of_kept_objects_are_persisted),
	cmocka_unit_test(objects_ask_for_it),
	cmocka_unit_test(what_was_not_kept_is_kept_later),
	cmocka_unit_test(what_was_not_kept_of_a_server),
	cmocka_unit_test(waits_for_a_free_operation),
	cmocka_unit_test(round_trip),
	cmocka_unit_test(bad_state_changes_nothing),
};

int main(void)
{
	return cmocka_run_group_tests_name("lwm2m/persist", tests, NULL, NULL);
}
