/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

#include <math.h>

/* "/9/1/" as a base name, and the beginning of a record of one letter's name. */
#define BN  "21 65 2F 39 2F 31 2F "
#define N_1 "00 61 31 "
#define N_2 "00 61 32 "

static void test_examples(void **state)
{
	const struct vector vectors[] = {
		/* OMA LwM2M Core 7.4.5 */
		{ "Device", PATH2(3, 0),
			hex("90 A3 21 65 2F 33 2F 30 2F 00 61 30 03 74 4F 70 65 6E 20 4D 6F 62 69 6C 65 20"
			    "41 6C 6C 69 61 6E 63 65 A2 00 61 31 03 76 4C 69 67 68 74 77 65 69 67 68 74 20"
			    "4D 32 4D 20 43 6C 69 65 6E 74 A2 00 61 32 03 69 33 34 35 30 30 30 31 32 33 A2"
			    "00 61 33 03 63 31 2E 30 A2 00 63 36 2F 30 02 01 A2 00 63 36 2F 31 02 05 A2 00"
			    "63 37 2F 30 02 19 0E D8 A2 00 63 37 2F 31 02 19 13 88 A2 00 63 38 2F 30 02 18"
			    "7D A2 00 63 38 2F 31 02 19 03 84 A2 00 61 39 02 18 64 A2 00 62 31 30 02 0F A2"
			    "00 64 31 31 2F 30 02 00 A2 00 62 31 33 02 1A 51 82 42 8F A2 00 62 31 34 03 66"
			    "2B 30 32 3A 30 30 A2 00 62 31 36 03 61 55"),
			VECTORS_DEVICE },
		{ "nothing", PATH2(3, 0), hex("80") },
		{ "a resource", PATH3(3, 0, 9), hex("81 A2 21 66 2F 33 2F 30 2F 39 02 18 64"),
			{ { PATH3(3, 0, 9), 0, VALUE_INTEGER(100) } } },
		{ "a resource instance", PATH4(3, 0, 7, 1),
			hex("81 A2 21 68 2F 33 2F 30 2F 37 2F 31 02 18 64"),
			{ { PATH4(3, 0, 7, 1), 0, VALUE_INTEGER(100) } } },
		{ "a multiple resource", PATH3(3, 0, 7),
			hex("81 A3 21 67 2F 33 2F 30 2F 37 2F 00 61 31 02 18 64"),
			{ { PATH4(3, 0, 7, 1), 0, VALUE_INTEGER(100) } } },
		{ "an object", PATH1(1),
			hex("82 A3 21 63 2F 31 2F 00 63 30 2F 31 02 05 A2 00 63 31 2F 31 02 06"),
			{
				{ PATH3(1, 0, 1), 0, VALUE_INTEGER(5) },
				{ PATH3(1, 1, 1), 0, VALUE_INTEGER(6) },
			} },
		{ "the root", PATH0(), hex("81 A3 21 61 2F 00 65 31 2F 30 2F 31 02 05"),
			{ { PATH3(1, 0, 1), 0, VALUE_INTEGER(5) } } },
		{ "every type", PATH2(9, 1),
			hex("89 A3" BN N_1 "03 62 C3 A9"
			    "A2 00 61 32 02 20"
			    "A2 00 61 33 02 1B FF FF FF FF FF FF FF FF"
			    "A2 00 61 34 02 FB 3F F1 99 99 99 99 99 9A"
			    "A2 00 61 35 04 F5"
			    "A2 00 61 36 08 42 00 FF"
			    "A2 00 61 37 02 1A 51 82 42 8F"
			    "A2 00 61 38 63 76 6C 6F 64 31 30 3A 33"
			    "A2 00 61 39 03 64 3C 2F 33 3E"),
			{
				{ PATH3(9, 1, 1), 0, VALUE_STRING("é") },
				{ PATH3(9, 1, 2), 0, VALUE_INTEGER(-1) },
				{ PATH3(9, 1, 3), 0, VALUE_UNSIGNED(UINT64_MAX) },
				{ PATH3(9, 1, 4), 0, VALUE_FLOAT(1.1) },
				{ PATH3(9, 1, 5), 0, VALUE_BOOLEAN(true) },
				{ PATH3(9, 1, 6), 0, VALUE_OPAQUE("\0\xFF", 2) },
				{ PATH3(9, 1, 7), 0, VALUE_TIME(1367491215) },
				{ PATH3(9, 1, 8), 0, VALUE_OBJLNK(10, 3) },
				{ PATH3(9, 1, 9), 0, VALUE_CORELNK("</3>") },
			} },
		{ "times", PATH2(9, 1),
			hex("83 A4" BN N_2 "06 24 02 01 A3 00 62 31 32 06 1A 51 82 42 8F 02 02"
			"A3 00 62 32 32 06 FB 41 D4 60 90 A3 E0 00 00 02 03"),
			{
				{ PATH3(9, 1, 2), -5, VALUE_INTEGER(1) },
				{ PATH3(9, 1, 12), 1367491215, VALUE_INTEGER(2) },
				{ PATH3(9, 1, 22), 1367491215.5, VALUE_INTEGER(3) },
			} },
		{ "empty text and bytes", PATH2(9, 1), hex("82 A3" BN N_1 "03 60 A2 00 61 36 08 40"),
			{
				{ PATH3(9, 1, 1), 0, VALUE_STRING("") },
				{ PATH3(9, 1, 6), 0, VALUE_OPAQUE("", 0) },
			} },
	};

	vectors_encode(CODEC_SENML_CBOR, vectors, ELEMENTSOF(vectors));
	vectors_decode(CODEC_SENML_CBOR, vectors, ELEMENTSOF(vectors));
}

static void rule_36_senml_members(void **state)
{
	const struct vector vectors[] = {
		{ "the key of a link is text", PATH2(9, 1),
			hex("81 A3" BN "00 61 38 63 76 6C 6F 6B 36 35 35 33 35 3A 36 35 35 33 35"),
			{ { PATH3(9, 1, 8), 0, VALUE_OBJLNK(65535, 65535) } } },
	};
	const struct vector received[] = {
		{ "name is base name and name, whole names without base", PATH2(9, 1),
			hex("81 A2 00 66 2F 39 2F 31 2F 32 02 "
			    "05"), { { PATH3(9, 1, 2), 0, VALUE_INTEGER(5) } } },
		{ "a base name ends anywhere", PATH2(9, 1),
			hex("81 A3 21 65 2F 39 2F 31 2F 00 62 31 32 02 05"),
			{ { PATH3(9, 1, 12), 0, VALUE_INTEGER(5) } } },
		{ "a base name ends within an id", PATH2(9, 1),
			hex("81 A3 21 66 2F 39 2F 31 2F 31" N_2 "02 05"),
			{ { PATH3(9, 1, 12), 0, VALUE_INTEGER(5) } } },
		{ "a base name stays until the next, whatever record it came with", PATH1(9),
			hex("84 A1" BN "A2" N_1 "03 61 61 A3 21 65 2F 39 2F 32 2F" N_1 "03 61 62 "
			    "A2" N_2 "02 05"),
			{
				{ PATH3(9, 1, 1), 0, VALUE_STRING("a") },
				{ PATH3(9, 2, 1), 0, VALUE_STRING("b") },
				{ PATH3(9, 2, 2), 0, VALUE_INTEGER(5) },
			} },
		{ "time is base time and time", PATH2(9, 1),
			hex("83 A5" BN "22 1A 51 82 42 8F" N_2 "06 24 02 01 A2 00 62 31 32 02 02"
			    "A4 22 00 00 62 32 32 06 38 1D 02 03"),
			{
				{ PATH3(9, 1, 2), 1367491210, VALUE_INTEGER(1) },
				{ PATH3(9, 1, 12), 1367491215, VALUE_INTEGER(2) },
				{ PATH3(9, 1, 22), -30, VALUE_INTEGER(3) },
			} },
		{ "integers and floats of any width", PATH2(9, 1),
			hex("85 A3" BN N_2 "02 FA 3F 80 00 00 A2 00 62 31 32 02 3B 7F FF FF FF FF FF FF FF"
			"A2 00 61 34 02 F9 3E 00 A2 00 62 31 34 02 05 A2 00 61 33 02 FB 40 14 00 00 00 00 "
			"00 00"),
			{
				{ PATH3(9, 1, 2), 0, VALUE_INTEGER(1) },
				{ PATH3(9, 1, 12), 0, VALUE_INTEGER(INT64_MIN) },
				{ PATH3(9, 1, 4), 0, VALUE_FLOAT(1.5) },
				{ PATH3(9, 1, 14), 0, VALUE_FLOAT(5) },
				{ PATH3(9, 1, 3), 0, VALUE_UNSIGNED(5) },
			} },
		{ "indefinite lengths", PATH2(9, 1),
			hex("9F BF" BN N_2 "02 05 FF BF 00 61 36 08 5F 41 00 40 41 FF FF FF"
			    "BF 00 7F 61 31 FF 03 7F 62 61 62 61 63 FF FF FF"),
			{
				{ PATH3(9, 1, 2), 0, VALUE_INTEGER(5) },
				{ PATH3(9, 1, 6), 0, VALUE_OPAQUE("\0\xFF", 2) },
				{ PATH3(9, 1, 1), 0, VALUE_STRING("abc") },
			} },
		{ "version, unit, sum, update time and what is unknown are passed over", PATH2(9, 1),
			hex("81 A9 20 0A" BN N_2 "01 61 43 05 18 63 07 05 18 2A 82 01 A1 02 9F 03 5F 41 00 "
			    "FF FF"
			    "63 66 6F 6F A1 01 C1 02 02 05"),
			{ { PATH3(9, 1, 2), 0, VALUE_INTEGER(5) } } },
		{ "a base value of 0 changes nothing", PATH2(9, 1), hex("81 A4" BN "24 00" N_2 "02 05"),
			{ { PATH3(9, 1, 2), 0, VALUE_INTEGER(5) } } },
		{ "members in any order", PATH2(9, 1), hex("81 A3 02 05" N_2 BN),
			{ { PATH3(9, 1, 2), 0, VALUE_INTEGER(5) } } },
	};
	const struct refusal refusals[] = {
		{ "a fraction for an integer", PATH2(9, 1), hex("81 A3" BN N_2 "02 F9 3E 00"), -ERANGE },
		{ "an integer for a boolean", PATH2(9, 1), hex("81 A3" BN "00 61 35 02 01"), -EINVAL },
		{ "a number for text", PATH2(9, 1), hex("81 A3" BN N_1 "02 01"), -EINVAL },
		{ "text for a number", PATH2(9, 1), hex("81 A3" BN N_2 "03 61 31"), -EINVAL },
		{ "no value at all", PATH2(9, 1), hex("81 A3" BN N_2 "02 F6"), -EINVAL },
		{ "text as number member", PATH2(9, 1), hex("81 A3" BN N_2 "02 61 31"), -EBADMSG },
		{ "text as data member", PATH2(9, 1), hex("81 A3" BN "00 61 36 08 61 31"), -EBADMSG },
		{ "a number as boolean member", PATH2(9, 1), hex("81 A3" BN "00 61 35 04 01"), -EBADMSG },
		{ "a number as name", PATH2(9, 1), hex("81 A3" BN "00 02 02 01"), -EBADMSG },
		{ "text as time", PATH2(9, 1), hex("81 A4" BN N_2 "06 61 31 02 01"), -EBADMSG },
		{ "a time that is no number", PATH2(9, 1), hex("81 A4" BN N_2 "06 F9 7E 00 02 01"),
			-EBADMSG },
		{ "a time without end", PATH2(9, 1), hex("81 A5" BN "22 F9 7C 00" N_2 "06 05 02 01"),
			-EBADMSG },
		{ "half a link", PATH2(9, 1), hex("81 A3" BN "00 61 38 63 76 6C 6F 61 31"), -EINVAL },
		{ "a base value", PATH2(9, 1), hex("81 A4" BN "24 01" N_2 "02 05"), -EBADMSG },
		{ "a version to come", PATH2(9, 1), hex("81 A4 20 0B" BN N_2 "02 05"), -EBADMSG },
		{ "a member that has to be understood", PATH2(9, 1), hex("81 A4" BN N_2 "02 05 62 78 5F 01"),
			-EBADMSG },
	};

	vectors_encode(CODEC_SENML_CBOR, vectors, ELEMENTSOF(vectors));
	vectors_decode(CODEC_SENML_CBOR, vectors, ELEMENTSOF(vectors));
	vectors_decode(CODEC_SENML_CBOR, received, ELEMENTSOF(received));
	vectors_refuse(CODEC_SENML_CBOR, refusals, ELEMENTSOF(refusals));
}

static void test_refused(void **state)
{
	const struct refusal refusals[] = {
		{ "nothing", PATH2(9, 1), hex(""), -EBADMSG },
		{ "a map", PATH2(9, 1), hex("A3" BN N_2 "02 05"), -EBADMSG },
		{ "numbers", PATH2(9, 1), hex("81 05"), -EBADMSG },
		{ "fewer records than said", PATH2(9, 1), hex("82 A3" BN N_2 "02 05"), -EBADMSG },
		{ "very many records said", PATH2(9, 1), hex("9B FF FF FF FF FF FF FF FF A3" BN N_2 "02 05"),
			-EBADMSG },
		{ "very many members said", PATH2(9, 1), hex("81 BB FF FF FF FF FF FF FF FF" BN N_2 "02 05"),
			-EBADMSG },
		{ "more than the records", PATH2(9, 1), hex("81 A3" BN N_2 "02 05 00"), -EBADMSG },
		{ "no end", PATH2(9, 1), hex("9F A3" BN N_2 "02 05"), -EBADMSG },
		{ "half a member", PATH2(9, 1), hex("81 BF" BN N_2 "02 FF"), -EBADMSG },
		{ "text cut off", PATH2(9, 1), hex("81 A3" BN N_1 "03 64 61"), -EBADMSG },
		{ "very long text", PATH2(9, 1), hex("81 A3" BN N_1 "03 7B FF FF FF FF FF FF FF FF 61"),
			-EBADMSG },
		{ "a number cut off", PATH2(9, 1), hex("81 A3" BN N_2 "02 1B 00"), -EBADMSG },
		{ "an array as value", PATH2(9, 1), hex("81 A3" BN N_2 "02 80"), -EBADMSG },
		{ "an unknown tag", PATH2(9, 1), hex("81 A3" BN N_2 "02 C2 41 05"), -EBADMSG },
		{ "a simple value", PATH2(9, 1), hex("81 A3" BN N_2 "02 E0"), -EBADMSG },
		{ "a label that is a float", PATH2(9, 1), hex("81 A4" BN N_2 "02 05 F9 00 00 00"), -EBADMSG },
		{ "text in pieces of bytes", PATH2(9, 1), hex("81 A3" BN N_1 "03 7F 41 61 FF"), -EBADMSG },
		{ "text in pieces within pieces", PATH2(9, 1), hex("81 A3" BN N_1 "03 7F 7F 61 61 FF FF"),
			-EBADMSG },
		{ "nested deeply", PATH2(9, 1),
			hex("81 A4" BN N_2 "02 05 18 2A 81 81 81 81 81 81 81 81 81 81 00"), -EBADMSG },
		{ "a name and no value", PATH2(9, 1), hex("81 A2" BN N_2), -EBADMSG },
		{ "two values", PATH2(9, 1), hex("81 A4" BN N_2 "02 05 04 F5"), -EBADMSG },
		{ "a value twice", PATH2(9, 1), hex("81 A4" BN N_2 "02 05 02 05"), -EBADMSG },
		{ "a name twice", PATH2(9, 1), hex("81 A4" BN N_2 N_2 "02 05"), -EBADMSG },
		{ "a resource twice", PATH2(9, 1), hex("82 A3" BN N_2 "02 05 A2" N_2 "02 06"), -EBADMSG },
		{ "no name", PATH2(9, 1), hex("81 A1 02 05"), -EBADMSG },
		{ "a value for an instance", PATH2(9, 1), hex("81 A2 21 64 2F 39 2F 31 02 05"), -EBADMSG },
		{ "another instance", PATH2(9, 2), hex("81 A3" BN N_2 "02 05"), -EBADMSG },
		{ "a name that is no path", PATH2(9, 1), hex("81 A3" BN "00 61 78 02 05"), -EBADMSG },
		{ "a name without slash before", PATH2(9, 1), hex("81 A2 00 65 39 2F 31 2F 32 02 05"),
			-EBADMSG },
		{ "a very long name", PATH2(9, 1),
			hex("81 A3" BN "00 78 1A 31 31 31 31 31 31 31 31 31 31 31 31 31 31 31 31 31 31 31 "
			    "31 31 31 31 31"
			    "31 31 02 05"), -EBADMSG },
		{ "text that is not UTF-8", PATH2(9, 1), hex("81 A3" BN N_1 "03 61 FF"), -EINVAL },
		{ "text with a NUL", PATH2(9, 1), hex("81 A3" BN N_1 "03 61 00"), -EINVAL },
		{ "an integer below 64 bits", PATH2(9, 1),
			hex("81 A3" BN N_2 "02 3B FF FF FF FF FF FF FF FF"), -ERANGE },
		{ "an integer above 64 bits", PATH2(9, 1),
			hex("81 A3" BN N_2 "02 1B 80 00 00 00 00 00 00 00"), -ERANGE },
	};
	const struct vector not_encodable[] = {
		{ "no value", PATH2(1, 0), { 0 }, { { PATH3(1, 0, 2), 0, VALUE_NOTHING() } } },
		{ "outside of the base", PATH2(1, 0), { 0 }, { { PATH3(1, 1, 2), 0, VALUE_INTEGER(1) } } },
		{ "an instance", PATH1(1), { 0 }, { { PATH2(1, 1), 0, VALUE_INTEGER(1) } } },
	};

	vectors_refuse(CODEC_SENML_CBOR, refusals, ELEMENTSOF(refusals));
	vectors_not_encodable(CODEC_SENML_CBOR, not_encodable, ELEMENTSOF(not_encodable));
}

/* A plugin's text need not be UTF-8; what is sent is. */
static void test_bad_text_is_mended(void **state)
{
	const struct vector vector = { "Latin-1", PATH2(9, 1),
		hex("81 A3" BN N_1 "03 69 47 72 EF BF BD EF BF BD 65"),
		{ { PATH3(9, 1, 1), 0, VALUE_STRING("Gr\xFC\xDF" "e") } } };

	vectors_encode(CODEC_SENML_CBOR, &vector, 1);
}

static void test_not_finite(void **state)
{
	const struct vector vectors[] = {
		{ "not a number", PATH3(9, 1, 4), hex("81 A2 21 66 2F 39 2F 31 2F 34 02 FA 7F C0 00 00"),
			{ { PATH3(9, 1, 4), 0, VALUE_FLOAT(NAN) } } },
		{ "infinite", PATH3(9, 1, 4), hex("81 A2 21 66 2F 39 2F 31 2F 34 02 FA FF 80 00 00"),
			{ { PATH3(9, 1, 4), 0, VALUE_FLOAT(-INFINITY) } } },
	};

	vectors_encode(CODEC_SENML_CBOR, vectors, ELEMENTSOF(vectors));
	vectors_decode(CODEC_SENML_CBOR, vectors, ELEMENTSOF(vectors));
}

static void test_round_trip(void **state)
{
	vectors_round_trip(CODEC_SENML_CBOR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
		cmocka_unit_test(rule_36_senml_members),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_bad_text_is_mended),
		cmocka_unit_test(test_not_finite),
		cmocka_unit_test(test_round_trip),
	};

	return cmocka_run_group_tests_name("lwm2m/codec-senml-cbor", tests, NULL, NULL);
}
