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
#include "base/base64.h"

/* RFC 4648, section 10, and what only the alphabets tell apart. */
static const struct {
	struct bytes bytes;
	const char *text, *url;
} vectors[] = {
	{ { (const uint8_t *)"", 0 }, "", "" },
	{ { (const uint8_t *)"f", 1 }, "Zg==", "Zg" },
	{ { (const uint8_t *)"fo", 2 }, "Zm8=", "Zm8" },
	{ { (const uint8_t *)"foo", 3 }, "Zm9v", "Zm9v" },
	{ { (const uint8_t *)"foob", 4 }, "Zm9vYg==", "Zm9vYg" },
	{ { (const uint8_t *)"fooba", 5 }, "Zm9vYmE=", "Zm9vYmE" },
	{ { (const uint8_t *)"foobar", 6 }, "Zm9vYmFy", "Zm9vYmFy" },
	{ { (const uint8_t *)"\xFB\xEF\xBE\xFF\xFF\xFF", 6 }, "++++////", "----____" },
	{ { (const uint8_t *)"\0\0\0\0", 4 }, "AAAAAA==", "AAAAAA" },
};

static void check_decode(const char *text, struct bytes bytes)
{
	uint8_t data[64];
	size_t len;

	assert_true(BASE64_BYTES_MAX(strlen(text)) <= sizeof(data));
	assert_int_equal(base64_decode(bytes_of(text), data, &len), 0);
	assert_true(len <= BASE64_BYTES_MAX(strlen(text)));
	assert_true(bytes_equal(BYTES(data, len), bytes));
}

static void test_vectors(void **state)
{
	for (size_t i = 0; i < ELEMENTSOF(vectors); i++) {
		char text[64];
		size_t len = base64_encode(vectors[i].bytes, false, text);

		assert_int_equal(len, BASE64_TEXT_MAX(vectors[i].bytes.len));
		assert_true(bytes_equal(BYTES(text, len), bytes_of(vectors[i].text)));
		len = base64_encode(vectors[i].bytes, true, text);
		assert_true(bytes_equal(BYTES(text, len), bytes_of(vectors[i].url)));
		check_decode(vectors[i].text, vectors[i].bytes);
		check_decode(vectors[i].url, vectors[i].bytes);
	}
	check_decode("-+_/", BYTES_LITERAL("\xFB\xEF\xFF"));
}

static void test_all_bytes(void **state)
{
	uint8_t bytes[256], decoded[BASE64_BYTES_MAX(BASE64_TEXT_MAX(256))];
	char text[BASE64_TEXT_MAX(256)];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 167);
	for (size_t n = 0; n <= sizeof(bytes); n++)
		for (int url = 0; url < 2; url++) {
			size_t len = base64_encode(BYTES(bytes, n), url, text), decoded_len;

			assert_int_equal(base64_decode(BYTES(text, len), decoded, &decoded_len), 0);
			assert_true(bytes_equal(BYTES(decoded, decoded_len), BYTES(bytes, n)));
		}
}

static void test_refused(void **state)
{
	static const char *const texts[] = {
		"A", "=", "==", "===", "====", "A=", "A==", "A===", "AA=", "AAA==", "AAAA=", "AAAA==",
		"AAAA====", "AA=A", "A=AA", "=AAA",
		"AAAAA", " AAAA", "AAAA ", "AA AA", "AA\nAA", "AA*A", "AA.A", "AA,A", "\xC3\xA4" "AA",
		"AA==AA==",
	};
	uint8_t data[64];
	size_t len = 7;

	for (size_t i = 0; i < ELEMENTSOF(texts); i++)
		if (base64_decode(bytes_of(texts[i]), data, &len) != -EINVAL)
			fail_msg("\"%s\" is taken", texts[i]);
	assert_int_equal(base64_decode(BYTES("AA\0A", 4), data, &len), -EINVAL);
	assert_int_equal(len, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_all_bytes),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests_name("base/base64", tests, NULL, NULL);
}
