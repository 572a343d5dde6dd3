/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 8949: what appendix A has as an item is read as one; what appendix F lists as malformed is not. */
#include "vectors.h"

#include <math.h>

#include "lwm2m/cbor-reader.h"

static void test_items(void **state)
{
	static const struct {
		const char *bytes;
		struct cbor_item item;
	} items[] = {
		{ "00", { CBOR_ITEM_UNSIGNED, .number = 0 } },
		{ "01", { CBOR_ITEM_UNSIGNED, .number = 1 } },
		{ "0A", { CBOR_ITEM_UNSIGNED, .number = 10 } },
		{ "17", { CBOR_ITEM_UNSIGNED, .number = 23 } },
		{ "18 18", { CBOR_ITEM_UNSIGNED, .number = 24 } },
		{ "18 64", { CBOR_ITEM_UNSIGNED, .number = 100 } },
		{ "19 03 E8", { CBOR_ITEM_UNSIGNED, .number = 1000 } },
		{ "1A 00 0F 42 40", { CBOR_ITEM_UNSIGNED, .number = 1000000 } },
		{ "1B 00 00 00 E8 D4 A5 10 00", { CBOR_ITEM_UNSIGNED, .number = 1000000000000 } },
		{ "1B FF FF FF FF FF FF FF FF", { CBOR_ITEM_UNSIGNED, .number = UINT64_MAX } },
		{ "20", { CBOR_ITEM_NEGATIVE, .number = 0 } },
		{ "29", { CBOR_ITEM_NEGATIVE, .number = 9 } },
		{ "38 63", { CBOR_ITEM_NEGATIVE, .number = 99 } },
		{ "39 03 E7", { CBOR_ITEM_NEGATIVE, .number = 999 } },
		{ "3A 00 0F 42 3F", { CBOR_ITEM_NEGATIVE, .number = 999999 } },
		{ "3B FF FF FF FF FF FF FF FF", { CBOR_ITEM_NEGATIVE, .number = UINT64_MAX } },
		{ "F9 00 00", { CBOR_ITEM_FLOAT, .real = 0.0 } },
		{ "F9 80 00", { CBOR_ITEM_FLOAT, .real = -0.0 } },
		{ "F9 3C 00", { CBOR_ITEM_FLOAT, .real = 1.0 } },
		{ "F9 3E 00", { CBOR_ITEM_FLOAT, .real = 1.5 } },
		{ "F9 7B FF", { CBOR_ITEM_FLOAT, .real = 65504.0 } },
		{ "F9 00 01", { CBOR_ITEM_FLOAT, .real = 5.960464477539063e-8 } },
		{ "F9 04 00", { CBOR_ITEM_FLOAT, .real = 0.00006103515625 } },
		{ "F9 C4 00", { CBOR_ITEM_FLOAT, .real = -4.0 } },
		{ "F9 7C 00", { CBOR_ITEM_FLOAT, .real = INFINITY } },
		{ "F9 FC 00", { CBOR_ITEM_FLOAT, .real = -INFINITY } },
		{ "FA 47 C3 50 00", { CBOR_ITEM_FLOAT, .real = 100000.0 } },
		{ "FA 7F 7F FF FF", { CBOR_ITEM_FLOAT, .real = 3.4028234663852886e+38 } },
		{ "FA 7F 80 00 00", { CBOR_ITEM_FLOAT, .real = INFINITY } },
		{ "FB 3F F1 99 99 99 99 99 9A", { CBOR_ITEM_FLOAT, .real = 1.1 } },
		{ "FB 7E 37 E4 3C 88 00 75 9C", { CBOR_ITEM_FLOAT, .real = 1.0e+300 } },
		{ "FB C0 10 66 66 66 66 66 66", { CBOR_ITEM_FLOAT, .real = -4.1 } },
		{ "F4", { CBOR_ITEM_BOOLEAN, .boolean = false } },
		{ "F5", { CBOR_ITEM_BOOLEAN, .boolean = true } },
		{ "F6", { CBOR_ITEM_NULL, .number = 0 } },
		{ "F7", { CBOR_ITEM_NULL, .number = 0 } },
		{ "C0", { CBOR_ITEM_TAG, .number = 0 } },
		{ "C1", { CBOR_ITEM_TAG, .number = 1 } },
		{ "D7", { CBOR_ITEM_TAG, .number = 23 } },
		{ "D8 20", { CBOR_ITEM_TAG, .number = 32 } },
		{ "80", { CBOR_ITEM_ARRAY, .number = 0 } },
		{ "83", { CBOR_ITEM_ARRAY, .number = 3 } },
		{ "98 19", { CBOR_ITEM_ARRAY, .number = 25 } },
		{ "9F", { CBOR_ITEM_ARRAY, .indefinite = true } },
		{ "A0", { CBOR_ITEM_MAP, .number = 0 } },
		{ "A5", { CBOR_ITEM_MAP, .number = 5 } },
		{ "BF", { CBOR_ITEM_MAP, .indefinite = true } },
		{ "5F", { CBOR_ITEM_BYTES, .indefinite = true } },
		{ "7F", { CBOR_ITEM_TEXT, .indefinite = true } },
		{ "FF", { CBOR_ITEM_BREAK, .number = 0 } },
	};

	for (size_t i = 0; i < ELEMENTSOF(items); i++) {
		const struct cbor_item *should = &items[i].item;
		struct bytes rest = hex(items[i].bytes);
		struct cbor_item item;

		if (cbor_read(&rest, &item) < 0)
			fail_msg("%s: not read", items[i].bytes);
		if (rest.len > 0 || item.kind != should->kind || item.indefinite != should->indefinite)
			fail_msg("%s: another item", items[i].bytes);
		if (item.kind == CBOR_ITEM_FLOAT)
			assert_true(item.real == should->real && signbit(item.real) == signbit(should->real));
		else if (item.kind == CBOR_ITEM_BOOLEAN)
			assert_int_equal(item.boolean, should->boolean);
		else if (!item.indefinite && item.number != should->number)
			fail_msg("%s: another number", items[i].bytes);
	}
}

static void test_strings(void **state)
{
	static const struct {
		const char *bytes;
		enum cbor_item_kind kind;
		struct bytes content;
		size_t left;
	} strings[] = {
		{ "40", CBOR_ITEM_BYTES, { NULL, 0 }, 0 },
		{ "44 01 02 03 04 05", CBOR_ITEM_BYTES, { (const uint8_t *)"\1\2\3\4", 4 }, 1 },
		{ "60 00", CBOR_ITEM_TEXT, { NULL, 0 }, 1 },
		{ "64 49 45 54 46", CBOR_ITEM_TEXT, { (const uint8_t *)"IETF", 4 }, 0 },
		{ "62 22 5C", CBOR_ITEM_TEXT, { (const uint8_t *)"\"\\", 2 }, 0 },
		{ "78 01 61", CBOR_ITEM_TEXT, { (const uint8_t *)"a", 1 }, 0 },
		{ "7B 00 00 00 00 00 00 00 01 61", CBOR_ITEM_TEXT, { (const uint8_t *)"a", 1 }, 0 },
		{ "5F 42 01 02 43 03 04 05 FF 00", CBOR_ITEM_BYTES, { (const uint8_t *)"\1\2\3\4\5", 5 }, 1 },
		{ "7F 65 73 74 72 65 61 64 6D 69 6E 67 FF", CBOR_ITEM_TEXT,
			{ (const uint8_t *)"streaming", 9 }, 0 },
		{ "7F FF", CBOR_ITEM_TEXT, { NULL, 0 }, 0 },
	};
	_cleanup_(records_deinit) struct records records = { 0 };

	for (size_t i = 0; i < ELEMENTSOF(strings); i++) {
		struct bytes rest = hex(strings[i].bytes), content;
		struct cbor_item item;

		assert_int_equal(cbor_read(&rest, &item), 0);
		assert_int_equal(item.kind, strings[i].kind);
		assert_int_equal(cbor_read_string(&rest, &item, &records, &content), 0);
		assert_true(bytes_equal(content, strings[i].content));
		assert_int_equal(rest.len, strings[i].left);
	}
}

static void test_malformed_pieces(void **state)
{
	static const char *const strings[] = {
		"7F", "7F 61 61", "7F 00 FF", "7F 41 61 FF", "5F 61 61 FF", "7F 7F FF FF", "7F 7F 61 61 FF FF",
		"7F 61 FF", "5F 80 FF",
	};
	_cleanup_(records_deinit) struct records records = { 0 };

	for (size_t i = 0; i < ELEMENTSOF(strings); i++) {
		struct bytes rest = hex(strings[i]), content;
		struct cbor_item item;

		assert_int_equal(cbor_read(&rest, &item), 0);
		if (cbor_read_string(&rest, &item, &records, &content) != -EBADMSG)
			fail_msg("\"%s\" is read", strings[i]);
	}
}

static void test_malformed(void **state)
{
	static const char *const heads[] = {
		"", "18", "19", "1A", "1B", "19 01", "1A 01 02", "1B 01 02 03 04 05 06 07", "38", "58", "78",
		"98", "B8", "D8", "F8",
		"F9 00", "FA 00 00", "FB 00 00 00", "41", "61", "5A FF FF FF FF 00",
		"5B FF FF FF FF FF FF FF FF 01 02 03",
		"7A FF FF FF FF 00", "7B 7F FF FF FF FF FF FF FF 01 02 03", "1C", "1D", "1E", "3C", "3D",
		"3E", "5C", "5D",
		"7C", "9C", "BC", "DC", "FC", "FD", "FE", "1F", "3F", "DF", "E0", "F3", "F8 00", "F8 1F",
		"F8 FF",
	};

	for (size_t i = 0; i < ELEMENTSOF(heads); i++) {
		struct bytes rest = hex(heads[i]), before = rest;
		struct cbor_item item;

		if (cbor_read(&rest, &item) != -EBADMSG)
			fail_msg("\"%s\" is read", heads[i]);
		assert_ptr_equal(rest.data, before.data);
		assert_int_equal(rest.len, before.len);
	}
}

static void test_skip(void **state)
{
	static const char *const items[] = {
		"00", "3B FF FF FF FF FF FF FF FF", "F9 00 00", "F6", "64 49 45 54 46", "80", "83 01 02 03",
		"83 01 82 02 03 82 04 05",
		"A0", "A2 01 02 03 04", "A2 61 61 01 61 62 82 02 03", "82 61 61 A1 61 62 61 63", "C0 61 61",
		"C1 1A 51 4B 67 B0",
		"D8 18 45 64 49 45 54 46", "5F 42 01 02 43 03 04 05 FF", "9F FF",
		"9F 01 82 02 03 9F 04 05 FF FF",
		"83 01 82 02 03 9F 04 05 FF", "BF 61 61 01 61 62 9F 02 03 FF FF", "81 81 81 81 81 81 80",
	};
	static const char *const malformed[] = {
		"", "81", "82 01", "A1 01", "A2 01 02 03", "9F", "9F 01", "BF 01 02", "FF", "81 FF",
		"82 00 FF", "C1", "C1 FF", "A1 FF 00",
		"A1 00 FF", "81 81 81 81 81 81 81 81 81 81 00", "9F 9F 9F 9F 9F 9F 9F 9F 9F 9F",
		"C1 C1 C1 C1 C1 C1 C1 C1 C1 C1 00",
		"9B FF FF FF FF FF FF FF FF 00", "BB FF FF FF FF FF FF FF FF 00 00",
		"BB 80 00 00 00 00 00 00 00",
	};

	for (size_t i = 0; i < ELEMENTSOF(items); i++) {
		struct bytes rest = hex(items[i]);

		if (cbor_skip(&rest) < 0)
			fail_msg("%s: not skipped", items[i]);
		assert_int_equal(rest.len, 0);
	}
	for (size_t i = 0; i < ELEMENTSOF(malformed); i++) {
		struct bytes rest = hex(malformed[i]);

		if (cbor_skip(&rest) != -EBADMSG)
			fail_msg("\"%s\" is skipped", malformed[i]);
	}
}

static void test_more(void **state)
{
	struct cbor_item definite = { CBOR_ITEM_ARRAY, .number = 2 };
	struct cbor_item indefinite = { CBOR_ITEM_ARRAY, .indefinite = true };
	struct bytes rest = hex("FF 00"), none = { 0 };

	assert_int_equal(cbor_more(&rest, &definite), 1);
	assert_int_equal(cbor_more(&rest, &definite), 1);
	assert_int_equal(cbor_more(&rest, &definite), 0);
	assert_int_equal(rest.len, 2);
	assert_int_equal(cbor_more(&rest, &indefinite), 0);
	assert_int_equal(rest.len, 1);
	assert_int_equal(cbor_more(&rest, &indefinite), 1);
	assert_int_equal(rest.len, 1);
	assert_int_equal(cbor_more(&none, &indefinite), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_items),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_malformed_pieces),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_skip),
		cmocka_unit_test(test_more),
	};

	return cmocka_run_group_tests_name("lwm2m/cbor-reader", tests, NULL, NULL);
}
