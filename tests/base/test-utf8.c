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
#include "base/utf8.h"

static void test_valid(void **state)
{
	static const char *const texts[] = {
		"", "a", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
		"\xEF\xBF\xBF",
		"\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "Grüße, 水, 😀",
	};

	for (size_t i = 0; i < ELEMENTSOF(texts); i++)
		if (!utf8_valid(bytes_of(texts[i])))
			fail_msg("text %zu is refused", i);
	assert_true(utf8_valid(BYTES("a\0b", 3)));
	assert_true(utf8_valid(BYTES(NULL, 0)));
}

static void test_invalid(void **state)
{
	static const struct {
		const char *text;
		size_t prefix;
	} texts[] = {
		{ "\x80", 0 },
		{ "ab\xBF", 2 },
		{ "\xC0\x80", 0 },         /* overlong */
		{ "\xC1\xBF", 0 },
		{ "\xE0\x9F\xBF", 0 },
		{ "\xF0\x8F\xBF\xBF", 0 },
		{ "\xED\xA0\x80", 0 },     /* surrogates */
		{ "\xED\xBF\xBF", 0 },
		{ "\xF4\x90\x80\x80", 0 }, /* past U+10FFFF */
		{ "\xF5\x80\x80\x80", 0 },
		{ "\xFF", 0 },
		{ "ä\xC3", 2 },            /* cut off */
		{ "\xE2\x82", 0 },
		{ "\xF0\x9F\x98", 0 },
		{ "\xC3(", 0 },
		{ "\xE2(\xA1", 0 },
		{ "\xE2\x82(", 0 },
		{ "\xF0\x9F\x98(", 0 },
		{ "😀\xF0\x9F(\x80", 4 },
	};

	for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
		assert_false(utf8_valid(bytes_of(texts[i].text)));
		assert_int_equal(utf8_prefix(bytes_of(texts[i].text)), texts[i].prefix);
	}
	/* What follows the end does not count. */
	assert_int_equal(utf8_prefix(BYTES("ä", 1)), 0);
	assert_int_equal(utf8_prefix(BYTES("€", 2)), 0);
	assert_int_equal(utf8_prefix(BYTES("a😀", 4)), 1);
}

static void test_replacement(void **state)
{
	static const struct {
		const char *text, *mended;
	} texts[] = {
		{ "", "" },
		{ "plain", "plain" },
		{ "Gr\xFC\xDF" "e", "Gr\uFFFD\uFFFDe" },
		{ "\xFF", "\uFFFD" },
		{ "\xE2\x82", "\uFFFD\uFFFD" },
		{ "ä\xC3ö", "ä\uFFFDö" },
	};

	for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
		struct bytes text = bytes_of(texts[i].text);
		char mended[64];
		size_t len = 0;

		for (struct bytes piece = utf8_next(&text); piece.len > 0; piece = utf8_next(&text)) {
			memcpy(mended + len, piece.data, piece.len);
			len += piece.len;
		}
		assert_true(bytes_equal(BYTES(mended, len), bytes_of(texts[i].mended)));
		assert_true(utf8_valid(BYTES(mended, len)));
		assert_int_equal(text.len, 0);
	}
}

static void test_whole(void **state)
{
	struct bytes text = BYTES_LITERAL("ä\xC3ö");
	char mended[16] = "";

	assert_int_equal(utf8_whole_length(text), strlen("ä\uFFFDö"));
	utf8_whole(text, mended);
	assert_string_equal(mended, "ä\uFFFDö");
	assert_int_equal(utf8_whole_length(BYTES(NULL, 0)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_valid),
		cmocka_unit_test(test_invalid),
		cmocka_unit_test(test_replacement),
		cmocka_unit_test(test_whole),
	};

	return cmocka_run_group_tests_name("base/utf8", tests, NULL, NULL);
}
