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

#include "base/cleanup.h"
#include "console.h"
#include "lwm2m/codec.h"
#include "verbs.h"

static const struct {
	const char *line;
	int result;
	const char *error;
} cases[] = {
	{ "list", VERB_OK },
	{ "list --json", VERB_OK },
	{ "read e /3", VERB_OK },
	{ "--json read e /3", -EINVAL, "There is no verb \"--json\"" },
	{ "read --help", VERB_HELP },
	{ "read e /3 --format tlv --timeout=5", VERB_OK },
	{ "write e /3/0/14 -- --5", VERB_OK },
	{ "write e /3/0/14 -5", VERB_OK },
	{ "", -EINVAL, "No verb" },
	{ "read", -EINVAL, "usage: read ENDPOINT PATH" },
	{ "read e", -EINVAL, "usage: read ENDPOINT PATH" },
	{ "read e /3 x", -EINVAL, "usage: read ENDPOINT PATH" },
	{ "read e /", -EINVAL,
		"read takes a path of the form /OBJECT to /OBJECT/INSTANCE/RESOURCE/INSTANCE, not /" },
	{ "exec e /3/0", -EINVAL, "exec takes a path of the form /OBJECT/INSTANCE/RESOURCE, not /3/0" },
	{ "read e 3/0", -EINVAL, "\"3/0\" is not a path" },
	{ "read e /3/00", -EINVAL, "is not a path" },
	{ "read e /70000", -EINVAL, "is not a path" },
	{ "read e /3 --format xml", -EINVAL, "There is no format \"xml\"" },
	{ "read e /3 --type none", -EINVAL, "There is no type \"none\"" },
	{ "read e /3 --count 1", -EINVAL, "read has no option --count" },
	{ "read e /3 --format", -EINVAL, "--format takes a NAME" },
	{ "read e /3 --timeout x", -EINVAL, "--timeout takes a number from 1 on, not \"x\"" },
	{ "read e /3 --timeout 0", -EINVAL, "--timeout takes a number from 1 on" },
	{ "read e /3 --timeout 99999999999", -EINVAL, "--timeout takes a number" },
	{ "attr e /3", -EINVAL, "usage: attr" },
	{ "events x", -EINVAL, "usage: events" },
};

static int parse(const char *line, char copy[256], char *words[32], struct verb_call *call, char *error)
{
	int n;

	strcpy(copy, line);
	n = console_split(copy, words, 32);
	assert_true(n >= 0);
	return verb_parse((size_t)n, words, call, error);
}

static void test_parse(void **state)
{
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		char copy[256], error[VERB_ERROR_MAX] = "", *words[32];
		struct verb_call call;
		int r = parse(cases[i].line, copy, words, &call, error);

		if (r != cases[i].result || (cases[i].error && !strstr(error, cases[i].error)))
			fail_msg("%s: %d %s", cases[i].line, r, error);
	}
}

static void test_call(void **state)
{
	char copy[256], error[VERB_ERROR_MAX], *words[32];
	struct verb_call call;

	assert_int_equal(parse("write --update pi-1 --format=tlv /1/0 1=300 --timeout 7 6=1", copy, words,
				 &call, error),
		0);
	assert_string_equal(call.endpoint, "pi-1");
	assert_true(call.path.depth == 2 && call.update && call.format == CODEC_TLV && call.timeout_s == 7);
	assert_int_equal(call.n_words, 2);
	assert_string_equal(call.words[0], "1=300");
	assert_string_equal(call.words[1], "6=1");
}

/* Whoever made the words frees them by the same array: each has to be in it still, once. */
static void test_words_stay(void **state)
{
	char copy[256], error[VERB_ERROR_MAX], *words[32], *before[8];
	struct verb_call call;

	strcpy(copy, "write --type string e --json /1/0/1 -- --x");
	assert_int_equal(console_split(copy, words, 32), 8);
	memcpy(before, words, sizeof(before));
	assert_int_equal(verb_parse(8, words, &call, error), VERB_OK);
	for (size_t i = 0; i < ELEMENTSOF(before); i++) {
		unsigned int seen = 0;

		for (size_t j = 0; j < ELEMENTSOF(before); j++)
			seen += words[j] == before[i];
		assert_int_equal(seen, 1);
	}
}

static const struct {
	const char *line;
	int n;
	const char *words[4];
} lines[] = {
	{ "", 0, { 0 } },
	{ "   ", 0, { 0 } },
	{ "a b", 2, { "a", "b" } },
	{ "\ta  b ", 2, { "a", "b" } },
	{ "'a b' c", 2, { "a b", "c" } },
	{ "a\"b c\"d", 1, { "ab cd" } },
	{ "'' \"\"", 2, { "", "" } },
	{ "a\\ b \\'", 2, { "a b", "'" } },
	{ "0='now',1", 1, { "0=now,1" } },
	{ "\"0='now',1\"", 1, { "0='now',1" } },
	{ "'a\\b'", 1, { "a\\b" } },
	{ "a 'b", -EINVAL, { 0 } },
	{ "a b c d e", -E2BIG, { 0 } },
};

static void test_split(void **state)
{
	for (size_t i = 0; i < ELEMENTSOF(lines); i++) {
		char copy[64], *words[4];

		strcpy(copy, lines[i].line);
		assert_int_equal(console_split(copy, words, 4), lines[i].n);
		for (int k = 0; k < lines[i].n; k++)
			assert_string_equal(words[k], lines[i].words[k]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_call),
		cmocka_unit_test(test_words_stay),
		cmocka_unit_test(test_split),
	};

	return cmocka_run_group_tests_name("verbs", tests, NULL, NULL);
}
