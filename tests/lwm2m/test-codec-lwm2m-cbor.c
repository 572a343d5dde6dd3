/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

#include <math.h>

static void test_examples(void **state)
{
	const struct vector vectors[] = {
		/* OMA LwM2M Core 1.2, 7.4.4 */
		{ "two servers", PATH1(1),
			hex("A1 01 A2 00 A7 00 18 65 01 1A 00 01 51 80 02 19 01 2C 03 19 17 70 05 1A 00 01 "
			    "51 80 06 F5 07"
			    "61 55 01 A7 00 18 66 01 1A 00 01 51 80 02 18 3C 03 19 17 70 05 1A 00 01 51 80 "
			    "06 F4 07 61 55"),
			{
				{ PATH3(1, 0, 0), 0, VALUE_INTEGER(101) },
				{ PATH3(1, 0, 1), 0, VALUE_INTEGER(86400) },
				{ PATH3(1, 0, 2), 0, VALUE_INTEGER(300) },
				{ PATH3(1, 0, 3), 0, VALUE_INTEGER(6000) },
				{ PATH3(1, 0, 5), 0, VALUE_INTEGER(86400) },
				{ PATH3(1, 0, 6), 0, VALUE_BOOLEAN(true) },
				{ PATH3(1, 0, 7), 0, VALUE_STRING("U") },
				{ PATH3(1, 1, 0), 0, VALUE_INTEGER(102) },
				{ PATH3(1, 1, 1), 0, VALUE_INTEGER(86400) },
				{ PATH3(1, 1, 2), 0, VALUE_INTEGER(60) },
				{ PATH3(1, 1, 3), 0, VALUE_INTEGER(6000) },
				{ PATH3(1, 1, 5), 0, VALUE_INTEGER(86400) },
				{ PATH3(1, 1, 6), 0, VALUE_BOOLEAN(false) },
				{ PATH3(1, 1, 7), 0, VALUE_STRING("U") },
			} },
		{ "Device", PATH2(3, 0),
			hex("A1 03 A1 00 AD 00 74 4F 70 65 6E 20 4D 6F 62 69 6C 65 20 41 6C 6C 69 61 6E 63 65"
			    "01 76 4C 69 67 68 74 77 65 69 67 68 74 20 4D 32 4D 20 43 6C 69 65 6E 74"
			    "02 69 33 34 35 30 30 30 31 32 33 03 63 31 2E 30 06 A2 00 01 01 05"
			    "07 A2 00 19 0E D8 01 19 13 88 08 A2 00 18 7D 01 19 03 84 09 18 64 0A 0F 0B A1 "
			    "00 00"
			    "0D 1A 51 82 42 8F 0E 66 2B 30 32 3A 30 30 10 61 55"),
			VECTORS_DEVICE },
		{ "a resource", PATH3(3, 0, 9), hex("A1 03 A1 00 A1 09 18 64"),
			{ { PATH3(3, 0, 9), 0, VALUE_INTEGER(100) } } },
		{ "a resource instance", PATH4(3, 0, 7, 1), hex("A1 03 A1 00 A1 07 A1 01 18 64"),
			{ { PATH4(3, 0, 7, 1), 0, VALUE_INTEGER(100) } } },
		{ "several objects", PATH0(),
			hex("A2 01 A1 00 A1 01 05 19 0C E7 A1 18 18 A1 19 16 44 FA 41 B4 00 00"),
			{
				{ PATH3(1, 0, 1), 0, VALUE_INTEGER(5) },
				{ PATH3(3303, 24, 5700), 0, VALUE_FLOAT(22.5) },
			} },
		{ "nothing", PATH2(3, 0), hex("A0") },
		{ "every type", PATH2(9, 1),
			hex("A1 09 A1 01 AA 01 62 C3 A9 02 3B 7F FF FF FF FF FF FF FF 03 1B FF FF FF FF FF "
			    "FF FF FF"
			    "04 FB 3F F1 99 99 99 99 99 9A 05 F5 06 42 00 FF 07 20 08 64 31 30 3A 33 09 64 "
			    "3C 2F 33 3E"
			    "18 22 FA 3F C0 00 00"),
			{
				{ PATH3(9, 1, 1), 0, VALUE_STRING("é") },
				{ PATH3(9, 1, 2), 0, VALUE_INTEGER(INT64_MIN) },
				{ PATH3(9, 1, 3), 0, VALUE_UNSIGNED(UINT64_MAX) },
				{ PATH3(9, 1, 4), 0, VALUE_FLOAT(1.1) },
				{ PATH3(9, 1, 5), 0, VALUE_BOOLEAN(true) },
				{ PATH3(9, 1, 6), 0, VALUE_OPAQUE("\0\xFF", 2) },
				{ PATH3(9, 1, 7), 0, VALUE_TIME(-1) },
				{ PATH3(9, 1, 8), 0, VALUE_OBJLNK(10, 3) },
				{ PATH3(9, 1, 9), 0, VALUE_CORELNK("</3>") },
				{ PATH3(9, 1, 34), 0, VALUE_FLOAT(1.5) },
			} },
		{ "empty text and bytes", PATH2(9, 1), hex("A1 09 A1 01 A2 01 60 06 40"),
			{
				{ PATH3(9, 1, 1), 0, VALUE_STRING("") },
				{ PATH3(9, 1, 6), 0, VALUE_OPAQUE("", 0) },
			} },
		{ "an instance without id", PATH1(9), hex("A1 09 A1 19 FF FF A1 02 05"),
			{ { PATH3(9, PATH_ID_NONE, 2), 0, VALUE_INTEGER(5) } } },
	};

	vectors_encode(CODEC_LWM2M_CBOR, vectors, ELEMENTSOF(vectors));
	vectors_decode(CODEC_LWM2M_CBOR, vectors, ELEMENTSOF(vectors));
}

static void rule_37_keys_and_lengths(void **state)
{
	const struct record one = { PATH3(9, 1, 2), 0, VALUE_INTEGER(5) };
	const struct vector vectors[] = {
		{ "an array for all levels", PATH2(9, 1), hex("A1 83 09 01 02 05"), { one } },
		{ "an array for the first levels", PATH2(9, 1), hex("A1 82 09 01 A1 02 05"), { one } },
		{ "an array for the last levels", PATH2(9, 1), hex("A1 09 A1 82 01 02 05"), { one } },
		{ "arrays of one", PATH2(9, 1), hex("A1 81 09 A1 81 01 A1 81 02 05"), { one } },
		{ "arrays within arrays' maps", PATH2(9, 1), hex("A1 82 09 01 A2 82 0C 00 05 82 0C 01 06"),
			{
				{ PATH4(9, 1, 12, 0), 0, VALUE_INTEGER(5) },
				{ PATH4(9, 1, 12, 1), 0, VALUE_INTEGER(6) },
			} },
		{ "arrays side by side", PATH1(9), hex("A2 83 09 01 02 05 84 09 02 0C 03 06"),
			{
				one,
				{ PATH4(9, 2, 12, 3), 0, VALUE_INTEGER(6) },
			} },
		{ "indefinite lengths", PATH2(9, 1),
			hex("BF 09 BF 01 BF 02 05 06 5F 41 00 40 41 FF FF 01 7F 61 61 62 62 63"
			    "FF FF FF FF"),
			{
				one,
				{ PATH3(9, 1, 6), 0, VALUE_OPAQUE("\0\xFF", 2) },
				{ PATH3(9, 1, 1), 0, VALUE_STRING("abc") },
			} },
		{ "an array of indefinite length", PATH2(9, 1), hex("BF 9F 09 01 FF BF 02 05 FF FF"),
			{ one } },
		{ "any order", PATH1(9), hex("A1 09 A2 02 A1 02 07 01 A2 0C A1 00 06 02 05"),
			{
				{ PATH3(9, 2, 2), 0, VALUE_INTEGER(7) },
				{ PATH4(9, 1, 12, 0), 0, VALUE_INTEGER(6) },
				one,
			} },
		{ "numbers longer than need be", PATH2(9, 1),
			hex("B9 00 01 18 09 A1 19 00 01 A1 1B 00 00 00 00 00 00 00 02 18 05"), { one } },
		{ "an empty multiple resource", PATH2(9, 1), hex("A1 09 A1 01 A2 02 05 0C A0"), { one } },
		{ "empty objects", PATH2(9, 1), hex("A2 08 A0 09 A0") },
		{ "times", PATH2(9, 1),
			hex("A1 82 09 01 A3 07 1A 51 82 42 8F 11 C1 1A 51 82 42 8F 18 1B C0 74 32 30 31 33 "
			    "2D 30 35 2D 30 32"
			    "54 31 30 3A 34 30 3A 31 35 5A"),
			{
				{ PATH3(9, 1, 7), 0, VALUE_TIME(1367491215) },
				{ PATH3(9, 1, 17), 0, VALUE_TIME(1367491215) },
				{ PATH3(9, 1, 27), 0, VALUE_TIME(1367491215) },
			} },
		{ "numbers of other kinds", PATH2(9, 1),
			hex("A1 82 09 01 A3 02 FA 3F 80 00 00 04 05 03 F9 40 00"),
			{
				{ PATH3(9, 1, 2), 0, VALUE_INTEGER(1) },
				{ PATH3(9, 1, 4), 0, VALUE_FLOAT(5) },
				{ PATH3(9, 1, 3), 0, VALUE_UNSIGNED(2) },
			} },
	};

	vectors_decode(CODEC_LWM2M_CBOR, vectors, ELEMENTSOF(vectors));
}

static void rule_37_duplicate_keys(void **state)
{
	const struct refusal refusals[] = {
		{ "a resource", PATH1(9), hex("A1 09 A1 01 A2 02 05 02 05"), -EBADMSG },
		{ "resources far apart", PATH1(9), hex("A1 09 A1 01 A3 02 05 04 06 02 05"), -EBADMSG },
		{ "a resource instance", PATH1(9), hex("A1 09 A1 01 A1 0C A2 00 05 00 05"), -EBADMSG },
		{ "an instance", PATH1(9), hex("A1 09 A2 01 A1 02 05 01 A1 04 05"), -EBADMSG },
		{ "an instance, with another between", PATH1(9),
			hex("A1 09 A3 01 A1 02 05 02 A1 02 05 01 A1 04 05"), -EBADMSG },
		{ "an object", PATH1(9), hex("A2 09 A1 01 A1 02 05 09 A1 02 A1 02 05"), -EBADMSG },
		{ "a multiple resource", PATH1(9), hex("A1 09 A1 01 A2 0C A1 00 05 0C A1 01 05"), -EBADMSG },
		{ "empty maps", PATH1(9), hex("A2 09 A0 09 A0"), -EBADMSG },
		{ "an array", PATH1(9), hex("A2 82 09 01 A1 02 05 82 09 01 A1 04 05"), -EBADMSG },
		{ "an array for a resource", PATH1(9), hex("A2 83 09 01 02 05 83 09 01 02 05"), -EBADMSG },
		{ "an array that says what ids say", PATH1(9), hex("A2 09 A1 01 A1 02 05 82 09 01 A1 04 05"),
			-EBADMSG },
		{ "of indefinite length", PATH1(9), hex("BF 09 BF 01 BF 02 05 02 05 FF FF FF"), -EBADMSG },
	};

	vectors_refuse(CODEC_LWM2M_CBOR, refusals, ELEMENTSOF(refusals));
}

/* Only for the instance that a Create makes, only once, and never as another id. */
static void rule_37_create_without_id(void **state)
{
	const struct vector vector = { "an array", PATH1(9), hex("A1 82 09 19 FF FF A2 02 05 03 06"),
		{
			{ PATH3(9, PATH_ID_NONE, 2), 0, VALUE_INTEGER(5) },
			{ PATH3(9, PATH_ID_NONE, 3), 0, VALUE_UNSIGNED(6) },
		} };
	const struct refusal refusals[] = {
		{ "twice", PATH1(9), hex("A1 09 A2 19 FF FF A1 02 05 19 FF FF A1 02 05"), -EBADMSG },
		{ "sent to an instance", PATH2(9, 1), hex("A1 09 A1 19 FF FF A1 02 05"), -EBADMSG },
		{ "sent to the root", PATH0(), hex("A1 09 A1 19 FF FF A1 02 05"), -EBADMSG },
		{ "as object", PATH1(9), hex("A1 19 FF FF A1 00 A1 02 05"), -EBADMSG },
		{ "as resource", PATH1(9), hex("A1 09 A1 00 A1 19 FF FF 05"), -EBADMSG },
		{ "as resource instance", PATH1(9), hex("A1 09 A1 00 A1 0C A1 19 FF FF 05"), -EBADMSG },
	};

	vectors_decode(CODEC_LWM2M_CBOR, &vector, 1);
	vectors_refuse(CODEC_LWM2M_CBOR, refusals, ELEMENTSOF(refusals));
}

static void test_refused(void **state)
{
	const struct refusal refusals[] = {
		{ "nothing", PATH1(9), hex(""), -EBADMSG },
		{ "no bytes", PATH1(9), { 0 }, -EBADMSG },
		{ "a number", PATH1(9), hex("05"), -EBADMSG },
		{ "an array", PATH1(9), hex("81 A1 09 A1 01 A1 02 05"), -EBADMSG },
		{ "a tagged map", PATH1(9), hex("C1 A1 09 A1 01 A1 02 05"), -EBADMSG },
		{ "a tagged map within", PATH1(9), hex("A1 09 C1 A1 01 A1 02 05"), -EBADMSG },
		{ "fewer than said", PATH1(9), hex("A2 09 A1 01 A1 02 05"), -EBADMSG },
		{ "no value", PATH1(9), hex("A1 09 A1 01 A1 02"), -EBADMSG },
		{ "very many said", PATH1(9), hex("BB FF FF FF FF FF FF FF FF 09 A1 01 A1 02 05"), -EBADMSG },
		{ "more than said", PATH1(9), hex("A1 09 A1 01 A1 02 05 00"), -EBADMSG },
		{ "no end", PATH1(9), hex("BF 09 A1 01 A1 02 05"), -EBADMSG },
		{ "an end too many", PATH1(9), hex("BF 09 A1 01 A1 02 05 FF FF"), -EBADMSG },
		{ "an end within a definite map", PATH1(9), hex("A1 09 A1 01 A2 02 05 FF"), -EBADMSG },
		{ "an end after a key", PATH1(9), hex("BF 09 FF"), -EBADMSG },
		{ "text as key", PATH1(9), hex("A1 61 39 A1 01 A1 02 05"), -EBADMSG },
		{ "a negative key", PATH1(9), hex("A1 09 A1 20 A1 02 05"), -EBADMSG },
		{ "a float as key", PATH1(9), hex("A1 F9 48 80 A1 01 A1 02 05"), -EBADMSG },
		{ "a map as key", PATH1(9), hex("A1 A0 05"), -EBADMSG },
		{ "a key past 16 bits", PATH1(9), hex("A1 09 A1 1A 00 01 00 00 A1 02 05"), -EBADMSG },
		{ "an empty array as key", PATH1(9), hex("A1 80 A1 09 A1 01 A1 02 05"), -EBADMSG },
		{ "an empty array of indefinite length", PATH1(9), hex("A1 9F FF A1 09 A1 01 A1 02 05"),
			-EBADMSG },
		{ "an array without end", PATH1(9), hex("A1 9F 09 01"), -EBADMSG },
		{ "text in an array", PATH1(9), hex("A1 82 09 61 31 A1 02 05"), -EBADMSG },
		{ "an array in an array", PATH1(9), hex("A1 82 09 81 01 A1 02 05"), -EBADMSG },
		{ "an array of five", PATH1(9), hex("A1 85 09 01 0C 00 00 05"), -EBADMSG },
		{ "a fifth level", PATH1(9), hex("A1 09 A1 01 A1 0C A1 00 A1 00 05"), -EBADMSG },
		{ "a fifth level of arrays", PATH1(9), hex("A1 82 09 01 A1 83 0C 00 00 05"), -EBADMSG },
		{ "a value for an instance", PATH1(9), hex("A1 09 A1 01 05"), -EBADMSG },
		{ "a value for an object", PATH1(9), hex("A1 09 05"), -EBADMSG },
		{ "another object", PATH1(9), hex("A1 08 A1 01 A1 02 05"), -EBADMSG },
		{ "another instance", PATH2(9, 2), hex("A1 09 A1 01 A1 02 05"), -EBADMSG },
		{ "relative to the request", PATH2(9, 1), hex("A1 02 05"), -EBADMSG },
		{ "an array as value", PATH1(9), hex("A1 09 A1 01 A1 02 81 05"), -EBADMSG },
		{ "text cut off", PATH1(9), hex("A1 09 A1 01 A1 01 64 61"), -EBADMSG },
		{ "an unknown tag", PATH1(9), hex("A1 09 A1 01 A1 02 C2 41 05"), -EBADMSG },
		{ "a fraction for an integer", PATH1(9), hex("A1 09 A1 01 A1 02 F9 3E 00"), -ERANGE },
		{ "an integer for a boolean", PATH1(9), hex("A1 09 A1 01 A1 05 01"), -EINVAL },
		{ "a number for text", PATH1(9), hex("A1 09 A1 01 A1 01 01"), -EINVAL },
		{ "text for bytes", PATH1(9), hex("A1 09 A1 01 A1 06 61 31"), -EINVAL },
		{ "half a link", PATH1(9), hex("A1 09 A1 01 A1 08 61 31"), -EINVAL },
		{ "no value at all", PATH1(9), hex("A1 09 A1 01 A1 02 F6"), -EINVAL },
		{ "text that is not UTF-8", PATH1(9), hex("A1 09 A1 01 A1 01 61 FF"), -EINVAL },
		{ "an integer above 64 bits", PATH1(9), hex("A1 09 A1 01 A1 02 1B 80 00 00 00 00 00 00 00"),
			-ERANGE },
		{ "an integer below 64 bits", PATH1(9), hex("A1 09 A1 01 A1 02 3B FF FF FF FF FF FF FF FF"),
			-ERANGE },
	};
	const struct vector not_encodable[] = {
		{ "no value", PATH2(1, 0), { 0 }, { { PATH3(1, 0, 2), 0, VALUE_NOTHING() } } },
		{ "outside of the base", PATH2(1, 0), { 0 }, { { PATH3(1, 1, 2), 0, VALUE_INTEGER(1) } } },
		{ "a time", PATH2(1, 0), { 0 }, { { PATH3(1, 0, 2), 1, VALUE_INTEGER(1) } } },
		{ "two values of one resource", PATH2(1, 0), { 0 },
			{ { PATH3(1, 0, 2), 0, VALUE_INTEGER(1) },
				{ PATH3(1, 0, 2), 0, VALUE_INTEGER(2) } } },
		{ "a value beside resource instances", PATH2(1, 0), { 0 },
			{ { PATH4(1, 0, 2, 5), 0, VALUE_INTEGER(1) },
				{ PATH3(1, 0, 2), 0, VALUE_INTEGER(2) } } },
	};

	vectors_refuse(CODEC_LWM2M_CBOR, refusals, ELEMENTSOF(refusals));
	vectors_not_encodable(CODEC_LWM2M_CBOR, not_encodable, ELEMENTSOF(not_encodable));
}

/* A map has each key once, in whatever order the records are. */
static void test_records_in_any_order(void **state)
{
	const struct vector vector = { "sorted", PATH1(9),
		hex("A1 09 A2 01 A2 02 05 0C A2 00 07 01 08 02 A1 02 06"),
		{
			{ PATH4(9, 1, 12, 1), 0, VALUE_INTEGER(8) },
			{ PATH3(9, 2, 2), 0, VALUE_INTEGER(6) },
			{ PATH3(9, 1, 2), 0, VALUE_INTEGER(5) },
			{ PATH4(9, 1, 12, 0), 0, VALUE_INTEGER(7) },
		} };

	vectors_encode(CODEC_LWM2M_CBOR, &vector, 1);
}

static void test_not_finite(void **state)
{
	const struct vector vectors[] = {
		{ "not a number", PATH3(9, 1, 4), hex("A1 09 A1 01 A1 04 FA 7F C0 00 00"),
			{ { PATH3(9, 1, 4), 0, VALUE_FLOAT(NAN) } } },
		{ "infinite", PATH3(9, 1, 4), hex("A1 09 A1 01 A1 04 FA FF 80 00 00"),
			{ { PATH3(9, 1, 4), 0, VALUE_FLOAT(-INFINITY) } } },
	};

	vectors_encode(CODEC_LWM2M_CBOR, vectors, ELEMENTSOF(vectors));
	vectors_decode(CODEC_LWM2M_CBOR, vectors, ELEMENTSOF(vectors));
}

/* A plugin's text need not be UTF-8; what is sent is. */
static void test_bad_text_is_mended(void **state)
{
	const struct vector vector = { "Latin-1", PATH2(9, 1), hex("A1 09 A1 01 A1 01 65 47 72 EF BF BD"),
		{ { PATH3(9, 1, 1), 0, VALUE_STRING("Gr\xFC") } } };

	vectors_encode(CODEC_LWM2M_CBOR, &vector, 1);
}

/* Maps without a value in them cost memory too, as long as they are looked at for duplicates. */
static void test_empty_maps_are_bounded(void **state)
{
	static uint8_t payload[3 + 4 * 65535] = { 0xB9, 0xFF, 0xFF };
	struct refusal refusal = { "65535 objects", PATH1(9), BYTES(payload, sizeof(payload)), -E2BIG };

	for (size_t i = 0; i < 65535; i++)
		memcpy(payload + 3 + 4 * i, (uint8_t[]){ 0x19, (uint8_t)(i >> 8), (uint8_t)i, 0xA0 }, 4);
	vectors_refuse(CODEC_LWM2M_CBOR, &refusal, 1);
}

static void test_round_trip(void **state)
{
	vectors_round_trip(CODEC_LWM2M_CBOR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
		cmocka_unit_test(rule_37_keys_and_lengths),
		cmocka_unit_test(rule_37_duplicate_keys),
		cmocka_unit_test(rule_37_create_without_id),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_records_in_any_order),
		cmocka_unit_test(test_not_finite),
		cmocka_unit_test(test_bad_text_is_mended),
		cmocka_unit_test(test_empty_maps_are_bounded),
		cmocka_unit_test(test_round_trip),
	};

	return cmocka_run_group_tests_name("lwm2m/codec-lwm2m-cbor", tests, NULL, NULL);
}
