/* SPDX-License-Identifier: Apache-2.0 */
#include "lwm2m/profile.h"

#include "transcript.h"

/* What sha256sum says of the lists, versions that go without saying included. */
#define DIGEST "79109b448f3240578d16d8026af86b677e2110708aed4c46844b52825963e966"
#define HASH   "6:79109b44"
#define HASH_3 "6:cb452317" /* with /500/3 */

#define LINKS	TRANSCRIPT_LINKS_OF("60 110 112 11542 11544")
#define LINKS_3 \
	"</>;rt=\"oma.lwm2m\";ct=\"60 110 112 11542 11544\",</3>;ver=1.1,</3/0>,</500>;ver=2.0,</500/0>,</500/3>," \
	"</501>,</502>"
#define REGISTER      "request POST /rd?ep=dev&lt=300&lwm2m=1.2&b=U&pid=" HASH
#define REGISTER_LIST REGISTER " format=40 " LINKS

static void rule_20_the_suite_says_how_much_is_told(void **state)
{
	static const unsigned int lengths[] = { [1] = 64, 32, 30, 24, 16, 8 };
	static struct transcript transcript;
	uint8_t digest[PROFILE_DIGEST_SIZE];
	struct buffer text = { 0 };

	(void)state;
	transcript_init(&transcript, &(struct transcript_config){ 0 });
	assert_int_equal(profile_digest(&transcript.fake.registry, digest), 0);
	for (unsigned int suite = PROFILE_SUITE_MIN; suite <= PROFILE_SUITE_MAX; suite++) {
		buffer_clear(&text);
		assert_int_equal(profile_append(digest, suite, &text), 0);
		assert_int_equal(text.len, 2 + lengths[suite]);
		assert_int_equal(text.data[0], '0' + suite);
		assert_int_equal(text.data[1], ':');
		assert_memory_equal(text.data + 2, DIGEST, lengths[suite]);
	}
	buffer_clear(&text);
	assert_int_equal(profile_append(digest, 200, &text), 0);
	assert_true(bytes_equal(buffer_bytes(&text), BYTES_LITERAL(HASH)));
	buffer_deinit(&text);
	transcript_deinit(&transcript);
}

static void rule_20_in_place_of_the_list(void **state)
{
	static const struct step steps[] = {
		{ 0, "profile" },
		{ 0, "start", "connect" },
		{ 0, "connected", REGISTER "\nregistering" },
		{ 0, "answer 2.01 /rd/5a", "registered 300" },
		{ 1 * SEC, "update", "request POST /rd/5a" },
		{ 1 * SEC, "answer 2.04", "updated 207" },
		{ 2 * SEC, "add /500/3", "request POST /rd/5a?pid=" HASH_3 },
		{ 2 * SEC, "answer 2.04", "updated 207" },
		{ 3 * SEC, "update", "request POST /rd/5a" },
	};

	(void)state;
	play(steps, .version_minor = 2);
}

/* The list goes with the hash, for the next time; once it was taken, the hash alone is tried again. */
static void rule_20_on_4_09_the_list(void **state)
{
	static const struct step steps[] = {
		{ 0, "profile" },
		{ 0, "start", "connect" },
		{ 0, "connected", REGISTER "\nregistering" },
		{ 0, "answer 4.09", REGISTER_LIST "\nregistering" },
		{ 0, "answer 2.01 /rd/5a", "registered 300" },
		{ 1 * SEC, "add /500/3", "request POST /rd/5a?pid=" HASH_3 },
		{ 1 * SEC, "answer 4.09", "request POST /rd/5a?pid=" HASH_3 " format=40 " LINKS_3 },
		{ 1 * SEC, "answer 2.04", "updated 207" },
		{ 2 * SEC, "remove /500/3", "request POST /rd/5a?pid=" HASH },
		{ 2 * SEC, "answer 2.04", "updated 207" },
	};

	(void)state;
	play(steps, .version_minor = 2);
}

/* 4.09 to the list itself is a refusal as any other: no second one at once. */
static void rule_20_4_09_to_the_list_is_a_refusal(void **state)
{
	static const struct step steps[] = {
		{ 0, "profile" },
		{ 0, "start", "connect" },
		{ 0, "connected", REGISTER "\nregistering" },
		{ 0, "answer 4.09", REGISTER_LIST "\nregistering" },
		{ 0, "answer 4.09", "close\nfailed 4.09" },
		{ .at = 30 * SEC, .until = 90 * SEC, .expect = "connect" },
		{ 30 * SEC, "connected", REGISTER "\nregistering" },
		{ 30 * SEC, "answer 2.01 /rd/5a", "registered 300" },
		{ 31 * SEC, "add /500/3", "request POST /rd/5a?pid=" HASH_3 },
		{ 31 * SEC, "answer 4.09", "request POST /rd/5a?pid=" HASH_3 " format=40 " LINKS_3 },
		{ 31 * SEC, "answer 4.09",
			"lost 4.09\nrequest POST /rd?ep=dev&lt=300&lwm2m=1.2&b=U&pid=" HASH_3 " format=40 " LINKS_3
			"\nregistering" },
		{ 31 * SEC, "answer 4.09", "close\nfailed 4.09" },
	};

	(void)state;
	play(steps, .version_minor = 2);
}

static void rule_20_not_before_1_2(void **state)
{
	static const struct step steps[] = {
		{ 0, "profile" },
		{ 0, "start", "connect" },
		{ 0, "connected", REGISTER "\nregistering" },
		{ 0, "answer 4.12", TRANSCRIPT_REGISTER },
		/* not what 4.09 is for, where no Profile ID was told */
		{ 0, "answer 4.09", "close\nfailed 4.09" },
	};

	(void)state;
	play(steps, .version_minor = 2);
}

static void rule_20_off_by_default_and_the_suite_is_the_servers(void **state)
{
	static const struct step without[] = {
		{ 0, "start", "connect" },
		{ 0, "connected", "request POST /rd?ep=dev&lt=300&lwm2m=1.2&b=U format=40 " LINKS "\nregistering" },
	};
	static const struct step all_of_it[] = {
		{ 0, "profile" },
		{ 0, "hash 1" },
		{ 0, "start", "connect" },
		{ 0, "connected", "request POST /rd?ep=dev&lt=300&lwm2m=1.2&b=U&pid=1:" DIGEST "\nregistering" },
	};

	(void)state;
	play(without, .version_minor = 2);
	play(all_of_it, .version_minor = 2);
}

/* Nobody knows what arrived: the hash says it again. */
static void rule_20_an_update_that_says_all_has_it(void **state)
{
	static const struct step steps[] = {
		{ 0, "profile" },
		{ 0, "start", "connect" },
		{ 0, "connected", REGISTER "\nregistering" },
		{ 0, "answer 2.01 /rd/5a", "registered 300" },
		{ 10 * SEC, "update", "request POST /rd/5a" },
		{ 103 * SEC, "unanswered", "close\nconnect" },
		{ 103 * SEC, "connected", "request POST /rd/5a?lt=300&b=U&pid=" HASH },
		{ 103 * SEC, "answer 4.09", "request POST /rd/5a?lt=300&b=U&pid=" HASH " format=40 " LINKS },
		{ 103 * SEC, "answer 2.04", "updated 207" },
	};

	(void)state;
	play(steps, .version_minor = 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rule_20_the_suite_says_how_much_is_told),
		cmocka_unit_test(rule_20_in_place_of_the_list),
		cmocka_unit_test(rule_20_on_4_09_the_list),
		cmocka_unit_test(rule_20_4_09_to_the_list_is_a_refusal),
		cmocka_unit_test(rule_20_not_before_1_2),
		cmocka_unit_test(rule_20_off_by_default_and_the_suite_is_the_servers),
		cmocka_unit_test(rule_20_an_update_that_says_all_has_it),
	};

	return cmocka_run_group_tests_name("lwm2m/profile", tests, NULL, NULL);
}
