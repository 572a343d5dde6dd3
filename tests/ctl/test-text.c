/* SPDX-License-Identifier: Apache-2.0 */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "ctl/text.h"

static void safe_is(const char *text, const char *expected)
{
	_cleanup_(buffer_deinit) struct buffer safe = { 0 };

	assert_int_equal(text_append_safe(&safe, text), 0);
	assert_int_equal(buffer_append_byte(&safe, '\0'), 0);
	assert_string_equal((const char *)safe.data, expected);
}

static void test_safe(void **state)
{
	static const char *const texts[][2] = {
		{ "", "" },
		{ "plain text", "plain text" },
		{ "grün 温度", "grün 温度" },
		{ "a\nb\tc\rd", "a\\nb\\tc\\rd" },
		{ "\033[2J\007\177", "\\x1b[2J\\x07\\x7f" },
		{ "\302\233"
		  "31m",
			"\\x9b31m" },
		{ "a\342\200\256b", "a\\u202eb" },
		{ "\342\200\250", "\\u2028" },
		{ "\377\300\200", "\357\277\275\357\277\275\357\277\275" },
		{ "cut \346\270", "cut \357\277\275\357\277\275" },
	};

	for (size_t i = 0; i < ELEMENTSOF(texts); i++)
		safe_is(texts[i][0], texts[i][1]);
}

static void test_width(void **state)
{
	assert_int_equal(text_width(bytes_of("")), 0);
	assert_int_equal(text_width(bytes_of("abc")), 3);
	assert_int_equal(text_width(bytes_of("grün")), 4);
	assert_int_equal(text_width(bytes_of("温度")), 4);
	assert_int_equal(text_width(bytes_of("e\314\201")), 1);
}

static void test_fitting(void **state)
{
	assert_int_equal(text_fitting(bytes_of("abc"), 2), 2);
	assert_int_equal(text_fitting(bytes_of("温度"), 3), 3);
	assert_int_equal(text_fitting(bytes_of("温度"), 1), 0);
	assert_int_equal(text_fitting(bytes_of("e\314\201x"), 1), 3);
	assert_int_equal(text_fitting(bytes_of("abc"), 80), 3);
}

static void lines_are(const char *text, unsigned int width, const char *const *lines)
{
	struct bytes rest = bytes_of(text);

	for (; *lines; lines++) {
		struct bytes line = text_next_line(&rest, width);

		assert_true(bytes_equal(line, bytes_of(*lines)));
	}
	assert_int_equal(rest.len, 0);
}

static void test_lines(void **state)
{
	lines_are("one two three", 0, (const char *[]){ "one two three", NULL });
	lines_are("one two three", 8, (const char *[]){ "one two", "three", NULL });
	lines_are("one two three", 7, (const char *[]){ "one two", "three", NULL });
	lines_are("unbreakable", 4, (const char *[]){ "unbr", "eaka", "ble", NULL });
	lines_are("a unbreakable", 4, (const char *[]){ "a", "unbr", "eaka", "ble", NULL });
	lines_are("温度計", 3, (const char *[]){ "温", "度", "計", NULL });
	lines_are("温度", 1, (const char *[]){ "温", "度", NULL });
	lines_are(" x", 1, (const char *[]){ " ", "x", NULL });
}

static void test_distance(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned int distance;
	} pairs[] = {
		{ "status", "status", 0 },
		{ "status", "staus", 1 },
		{ "status", "sttaus", 1 },
		{ "status", "sttus", 1 },
		{ "", "abc", 3 },
		{ "read", "write", 4 },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "a", 32 },
	};

	for (size_t i = 0; i < ELEMENTSOF(pairs); i++) {
		assert_int_equal(text_distance(pairs[i].a, pairs[i].b), pairs[i].distance);
		assert_int_equal(text_distance(pairs[i].b, pairs[i].a), pairs[i].distance);
	}
	assert_true(text_is_near("sedn", "send"));
	assert_false(text_is_near("rd", "send"));
	assert_true(text_is_near("derigester", "deregister"));
	assert_false(text_is_near("xyzzy", "servers"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_safe),
		cmocka_unit_test(test_width),
		cmocka_unit_test(test_fitting),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_distance),
	};

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
