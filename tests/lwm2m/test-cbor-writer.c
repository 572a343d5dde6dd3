/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

#include <math.h>

#include "lwm2m/cbor-reader.h"
#include "lwm2m/cbor-writer.h"

static void test_heads(void **state)
{
	static const struct {
		enum cbor_major major;
		uint64_t number;
		const char *bytes;
	} heads[] = {
		{ CBOR_MAJOR_UNSIGNED, 0, "00" },
		{ CBOR_MAJOR_UNSIGNED, CBOR_SMALL_MAX, "17" },
		{ CBOR_MAJOR_UNSIGNED, 24, "18 18" },
		{ CBOR_MAJOR_UNSIGNED, 255, "18 FF" },
		{ CBOR_MAJOR_UNSIGNED, 256, "19 01 00" },
		{ CBOR_MAJOR_UNSIGNED, 65535, "19 FF FF" },
		{ CBOR_MAJOR_UNSIGNED, 65536, "1A 00 01 00 00" },
		{ CBOR_MAJOR_UNSIGNED, UINT32_MAX, "1A FF FF FF FF" },
		{ CBOR_MAJOR_UNSIGNED, UINT64_C(1) << 32, "1B 00 00 00 01 00 00 00 00" },
		{ CBOR_MAJOR_UNSIGNED, UINT64_MAX, "1B FF FF FF FF FF FF FF FF" },
		{ CBOR_MAJOR_NEGATIVE, 0, "20" },
		{ CBOR_MAJOR_NEGATIVE, 999, "39 03 E7" },
		{ CBOR_MAJOR_BYTES, 4, "44" },
		{ CBOR_MAJOR_TEXT, 100, "78 64" },
		{ CBOR_MAJOR_ARRAY, 3, "83" },
		{ CBOR_MAJOR_MAP, 65536, "BA 00 01 00 00" },
		{ CBOR_MAJOR_TAG, 1, "C1" },
	};

	for (size_t i = 0; i < ELEMENTSOF(heads); i++) {
		uint8_t head[CBOR_HEAD_MAX];
		size_t len = cbor_put_head(heads[i].major, heads[i].number, head);

		if (!bytes_equal(BYTES(head, len), hex(heads[i].bytes)))
			fail_msg("%s: other bytes", heads[i].bytes);
	}
}

static void test_integers(void **state)
{
	static const int64_t integers[] = {
		0, 23, 24, 255, 256, 65535, 65536, UINT32_MAX, INT64_C(1) << 32, INT64_MAX,
		-1, -24, -25, -256, -257, -65536, -65537, INT64_MIN,
	};

	for (size_t i = 0; i < ELEMENTSOF(integers); i++) {
		_cleanup_(records_deinit) struct records records = { 0 };
		uint8_t head[CBOR_HEAD_MAX];
		struct bytes rest = { head, cbor_put_integer(integers[i], head) };
		struct value value;

		assert_int_equal(cbor_read_value(&rest, &records, &value), 0);
		assert_true(value_equal(&value, &VALUE_INTEGER(integers[i])));
		assert_int_equal(rest.len, 0);
	}
}

/* No more bytes than a float needs of these two forms, and none lost. */
static void test_floats(void **state)
{
	static const struct {
		double number;
		size_t len;
	} floats[] = {
		{ 0.0, 5 }, { -0.0, 5 }, { 1.5, 5 }, { 0.1, 9 }, { 1e38, 9 }, { 0x1p127, 5 }, { 0x1p128, 9 },
		{ 0x1p-149, 5 },
		{ 0x1p-150, 9 }, { INFINITY, 5 }, { -INFINITY, 5 }, { NAN, 5 },
	};

	for (size_t i = 0; i < ELEMENTSOF(floats); i++) {
		_cleanup_(records_deinit) struct records records = { 0 };
		uint8_t head[CBOR_VALUE_MAX];
		struct bytes rest = { head, cbor_put_value(&VALUE_FLOAT(floats[i].number), head) };
		struct value value;

		assert_int_equal(rest.len, floats[i].len);
		assert_int_equal(cbor_read_value(&rest, &records, &value), 0);
		assert_true(value_equal(&value, &VALUE_FLOAT(floats[i].number)));
		assert_int_equal(!signbit(value.number), !signbit(floats[i].number));
	}
}

/* The head of text says the length that the mended text has. */
static void test_content(void **state)
{
	static const struct {
		const char *text, *bytes;
	} texts[] = {
		{ "", "60" },
		{ "IETF", "64 49 45 54 46" },
		{ "\xFF", "63 EF BF BD" },
		{ "a\xC3(\xE2\x82", "6B 61 EF BF BD 28 EF BF BD EF BF BD" },
	};

	for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
		_cleanup_(buffer_deinit) struct buffer buffer = { 0 };
		struct value value = VALUE_STRING(texts[i].text);
		uint8_t head[CBOR_VALUE_MAX];

		assert_int_equal(buffer_append(&buffer, head, cbor_put_value(&value, head)), 0);
		assert_int_equal(cbor_append_content(&buffer, &value), 0);
		assert_true(bytes_equal(buffer_bytes(&buffer), hex(texts[i].bytes)));
	}
}

static void test_no_form(void **state)
{
	uint8_t head[CBOR_VALUE_MAX];

	assert_int_equal(cbor_put_value(&VALUE_NOTHING(), head), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_heads),
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_floats),
		cmocka_unit_test(test_content),
		cmocka_unit_test(test_no_form),
	};

	return cmocka_run_group_tests_name("lwm2m/cbor-writer", tests, NULL, NULL);
}
