/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/bytes.h"

static void check(const struct buffer *buffer, const char *text)
{
	assert_true(bytes_equal(buffer_bytes(buffer), bytes_of(text)));
}

static void test_equal(void **state)
{
	assert_true(bytes_equal(BYTES_LITERAL("a\0b"), BYTES("a\0b", 3)));
	assert_false(bytes_equal(BYTES_LITERAL("a\0b"), BYTES_LITERAL("a\0c")));
	assert_false(bytes_equal(BYTES_LITERAL("a"), BYTES_LITERAL("ab")));
	assert_true(bytes_equal(BYTES(NULL, 0), BYTES_LITERAL("")));
	assert_int_equal(bytes_of("text").len, 4);
}

static void test_append(void **state)
{
	_cleanup_(buffer_deinit) struct buffer buffer = { 0 };

	assert_int_equal(buffer_append(&buffer, NULL, 0), 0);
	assert_null(buffer.data);
	assert_int_equal(buffer_append(&buffer, "one", 3), 0);
	assert_int_equal(buffer_append_byte(&buffer, ','), 0);
	assert_int_equal(buffer_append_text(&buffer, "two"), 0);
	assert_int_equal(buffer_printf(&buffer, ",%s=%d", "three", 3), 0);
	check(&buffer, "one,two,three=3");
	buffer_clear(&buffer);
	assert_int_equal(buffer.len, 0);
	assert_true(buffer.allocated > 0);
	assert_int_equal(buffer_append_text(&buffer, "again"), 0);
	check(&buffer, "again");
}

static void test_growth(void **state)
{
	_cleanup_(buffer_deinit) struct buffer buffer = { 0 };

	for (size_t i = 0; i < 100000; i++)
		assert_int_equal(buffer_append_byte(&buffer, (uint8_t)(i * 7)), 0);
	assert_int_equal(buffer.len, 100000);
	for (size_t i = 0; i < 100000; i++)
		assert_int_equal(buffer.data[i], (uint8_t)(i * 7));
}

/* Where the text ends just at the end of what is allocated. */
static void test_printf(void **state)
{
	for (int len = 0; len < 300; len++) {
		_cleanup_(buffer_deinit) struct buffer buffer = { .limit = (size_t)len + 1 };

		assert_int_equal(buffer_printf(&buffer, "%*d", len, 7), 0);
		assert_int_equal(buffer.len, len > 0 ? len : 1);
		assert_int_equal(buffer.data[buffer.len - 1], '7');
	}
}

static void test_reserve(void **state)
{
	_cleanup_(buffer_deinit) struct buffer buffer = { 0 };
	uint8_t *room;

	assert_int_equal(buffer_reserve(&buffer, 0, &room), 0);
	assert_non_null(room);
	assert_int_equal(buffer_append_text(&buffer, "begin"), 0);
	assert_int_equal(buffer_reserve(&buffer, 1000, &room), 0);
	assert_ptr_equal(room, buffer.data + 5);
	memset(room, 'x', 1000);
	check(&buffer, "begin");
	assert_int_equal(buffer_reserve(&buffer, SIZE_MAX, &room), -EMSGSIZE);
	check(&buffer, "begin");
}

/* What fits to the last byte is taken, whichever function adds it; what does not changes nothing. */
static void test_limit(void **state)
{
	_cleanup_(buffer_deinit) struct buffer buffer = { .limit = 10 };
	uint8_t *room = NULL;

	assert_int_equal(buffer_append_text(&buffer, "01234"), 0);
	assert_int_equal(buffer_append_text(&buffer, "567890"), -EMSGSIZE);
	assert_int_equal(buffer_printf(&buffer, "%d", 567890), -EMSGSIZE);
	assert_int_equal(buffer_reserve(&buffer, 6, &room), -EMSGSIZE);
	assert_null(room);
	check(&buffer, "01234");
	assert_int_equal(buffer_printf(&buffer, "%d", 56789), 0);
	check(&buffer, "0123456789");
	assert_int_equal(buffer_printf(&buffer, "%s", ""), 0);
	assert_int_equal(buffer_append_byte(&buffer, 'x'), -EMSGSIZE);
	assert_int_equal(buffer_append(&buffer, "x", 0), 0);
	check(&buffer, "0123456789");
	buffer_deinit(&buffer);
	assert_null(buffer.data);
	assert_int_equal(buffer.limit, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_append),
		cmocka_unit_test(test_growth),
		cmocka_unit_test(test_printf),
		cmocka_unit_test(test_reserve),
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests_name("base/bytes", tests, NULL, NULL);
}
