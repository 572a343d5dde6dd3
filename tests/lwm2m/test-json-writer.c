/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

#include <math.h>

#include "lwm2m/json-writer.h"

static void test_values(void **state)
{
	const struct {
		struct value value;
		const char *text;
	} cases[] = {
		{ VALUE_INTEGER(INT64_MIN), "-9223372036854775808" },
		{ VALUE_UNSIGNED(UINT64_MAX), "18446744073709551615" },
		{ VALUE_FLOAT(-273.15), "-273.15" },
		{ VALUE_TIME(1367491215), "1367491215" },
		{ VALUE_BOOLEAN(true), "true" },
		{ VALUE_BOOLEAN(false), "false" },
		{ VALUE_OBJLNK(65535, 65535), "65535:65535" },
	};

	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		char text[2 + VALUE_TEXT_MAX] = "a:";
		size_t len = json_put_value(&cases[i].value, text, 2);

		assert_true(len <= sizeof(text));
		assert_true(bytes_equal(BYTES(text + 2, len - 2), bytes_of(cases[i].text)));
	}
}

static void test_numbers_that_json_has_not(void **state)
{
	assert_false(json_has_number(&VALUE_FLOAT(NAN)));
	assert_false(json_has_number(&VALUE_FLOAT(INFINITY)));
	assert_true(json_has_number(&VALUE_FLOAT(1e308)));
	assert_true(json_has_number(&VALUE_STRING("")));
}

static void test_text(void **state)
{
	static const char *const cases[][2] = {
		{ "", "" },
		{ "a/b", "a/b" },
		{ "\"", "\\\"" },
		{ "\\\\", "\\\\\\\\" },
		{ "\x01"
		  "a\n\x1F",
			"\\u0001a\\u000a\\u001f" },
		{ "\x7F€😀", "\x7F€😀" },
		{ "\xFF\"\xC3", "\uFFFD\\\"\uFFFD" },
	};

	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		_cleanup_(buffer_deinit) struct buffer buffer = { 0 };

		assert_int_equal(json_append_text(&buffer, bytes_of(cases[i][0])), 0);
		assert_true(bytes_equal(buffer_bytes(&buffer), bytes_of(cases[i][1])));
	}
}

static void test_base64(void **state)
{
	_cleanup_(buffer_deinit) struct buffer buffer = { 0 };

	assert_int_equal(json_append_base64(&buffer, BYTES("\xFB\xFF", 2), true), 0);
	assert_int_equal(json_append_base64(&buffer, BYTES("\xFB\xFF", 2), false), 0);
	assert_true(bytes_equal(buffer_bytes(&buffer), bytes_of("-_8+/8=")));
}

static void test_limit(void **state)
{
	_cleanup_(buffer_deinit) struct buffer buffer = { .limit = 7 };

	assert_int_equal(json_append_base64(&buffer, BYTES("\0\0\0\0\0\0", 6), true), -EMSGSIZE);
	assert_int_equal(json_append_text(&buffer, bytes_of("\x01\x01")), -EMSGSIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_numbers_that_json_has_not),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests_name("lwm2m/json-writer", tests, NULL, NULL);
}
