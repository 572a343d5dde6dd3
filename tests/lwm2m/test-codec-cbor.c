/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

#include <math.h>

static void test_values(void **state)
{
	/* The forms are those of RFC 8949, appendix A. */
	const struct vector vectors[] = {
		{ "0", PATH3(9, 1, 2), hex("00"), { { PATH3(9, 1, 2), 0, VALUE_INTEGER(0) } } },
		{ "23", PATH3(9, 1, 2), hex("17"), { { PATH3(9, 1, 2), 0, VALUE_INTEGER(23) } } },
		{ "24", PATH3(9, 1, 2), hex("18 18"), { { PATH3(9, 1, 2), 0, VALUE_INTEGER(24) } } },
		{ "1000", PATH3(9, 1, 2), hex("19 03 E8"), { { PATH3(9, 1, 2), 0, VALUE_INTEGER(1000) } } },
		{ "1000000", PATH3(9, 1, 2), hex("1A 00 0F 42 40"),
			{ { PATH3(9, 1, 2), 0, VALUE_INTEGER(1000000) } } },
		{ "1000000000000", PATH3(9, 1, 2), hex("1B 00 00 00 E8 D4 A5 10 00"),
			{ { PATH3(9, 1, 2), 0, VALUE_INTEGER(1000000000000) } } },
		{ "2^64 - 1", PATH3(9, 1, 3), hex("1B FF FF FF FF FF FF FF FF"),
			{ { PATH3(9, 1, 3), 0, VALUE_UNSIGNED(UINT64_MAX) } } },
		{ "-1", PATH3(9, 1, 2), hex("20"), { { PATH3(9, 1, 2), 0, VALUE_INTEGER(-1) } } },
		{ "-100", PATH3(9, 1, 2), hex("38 63"), { { PATH3(9, 1, 2), 0, VALUE_INTEGER(-100) } } },
		{ "-1000", PATH3(9, 1, 2), hex("39 03 E7"), { { PATH3(9, 1, 2), 0, VALUE_INTEGER(-1000) } } },
		{ "-2^63", PATH3(9, 1, 2), hex("3B 7F FF FF FF FF FF FF FF"),
			{ { PATH3(9, 1, 2), 0, VALUE_INTEGER(INT64_MIN) } } },
		{ "1.1", PATH3(9, 1, 4), hex("FB 3F F1 99 99 99 99 99 9A"),
			{ { PATH3(9, 1, 4), 0, VALUE_FLOAT(1.1) } } },
		{ "100000.0", PATH3(9, 1, 4), hex("FA 47 C3 50 00"),
			{ { PATH3(9, 1, 4), 0, VALUE_FLOAT(100000) } } },
		{ "1.0e+300", PATH3(9, 1, 4), hex("FB 7E 37 E4 3C 88 00 75 9C"),
			{ { PATH3(9, 1, 4), 0, VALUE_FLOAT(1.0e+300) } } },
		{ "infinity", PATH3(9, 1, 4), hex("FA 7F 80 00 00"),
			{ { PATH3(9, 1, 4), 0, VALUE_FLOAT(INFINITY) } } },
		{ "NaN", PATH3(9, 1, 4), hex("FA 7F C0 00 00"), { { PATH3(9, 1, 4), 0, VALUE_FLOAT(NAN) } } },
		{ "false", PATH3(9, 1, 5), hex("F4"), { { PATH3(9, 1, 5), 0, VALUE_BOOLEAN(false) } } },
		{ "true", PATH3(9, 1, 5), hex("F5"), { { PATH3(9, 1, 5), 0, VALUE_BOOLEAN(true) } } },
		{ "h''", PATH3(9, 1, 6), hex("40"), { { PATH3(9, 1, 6), 0, VALUE_OPAQUE("", 0) } } },
		{ "h'01020304'", PATH3(9, 1, 6), hex("44 01 02 03 04"),
			{ { PATH3(9, 1, 6), 0, VALUE_OPAQUE("\1\2\3\4", 4) } } },
		{ "\"\"", PATH3(9, 1, 1), hex("60"), { { PATH3(9, 1, 1), 0, VALUE_STRING("") } } },
		{ "\"IETF\"", PATH3(9, 1, 1), hex("64 49 45 54 46"),
			{ { PATH3(9, 1, 1), 0, VALUE_STRING("IETF") } } },
		{ "\"水\"", PATH3(9, 1, 1), hex("63 E6 B0 B4"), { { PATH3(9, 1, 1), 0, VALUE_STRING("水") } } },
		{ "link", PATH3(9, 1, 8), hex("64 31 30 3A 33"),
			{ { PATH3(9, 1, 8), 0, VALUE_OBJLNK(10, 3) } } },
		{ "null link", PATH3(9, 1, 8), hex("6B 36 35 35 33 35 3A 36 35 35 33 35"),
			{ { PATH3(9, 1, 8), 0, VALUE_OBJLNK(65535, 65535) } } },
		{ "links", PATH3(9, 1, 9), hex("64 3C 2F 33 3E"),
			{ { PATH3(9, 1, 9), 0, VALUE_CORELNK("</3>") } } },
		{ "resource instance", PATH4(9, 1, 2, 3), hex("05"),
			{ { PATH4(9, 1, 2, 3), 0, VALUE_INTEGER(5) } } },
	};
	const struct vector received[] = {
		{ "half 1.5", PATH3(9, 1, 4), hex("F9 3E 00"), { { PATH3(9, 1, 4), 0, VALUE_FLOAT(1.5) } } },
		{ "half 65504", PATH3(9, 1, 4), hex("F9 7B FF"),
			{ { PATH3(9, 1, 4), 0, VALUE_FLOAT(65504) } } },
		{ "half 5.960464477539063e-8", PATH3(9, 1, 4), hex("F9 00 01"),
			{ { PATH3(9, 1, 4), 0, VALUE_FLOAT(5.960464477539063e-8) } } },
		{ "half -infinity", PATH3(9, 1, 4), hex("F9 FC 00"),
			{ { PATH3(9, 1, 4), 0, VALUE_FLOAT(-INFINITY) } } },
		{ "half NaN", PATH3(9, 1, 4), hex("F9 7E 00"), { { PATH3(9, 1, 4), 0, VALUE_FLOAT(NAN) } } },
		{ "double infinity", PATH3(9, 1, 4), hex("FB 7F F0 00 00 00 00 00 00"),
			{ { PATH3(9, 1, 4), 0, VALUE_FLOAT(INFINITY) } } },
		{ "(_ \"strea\", \"ming\")", PATH3(9, 1, 1), hex("7F 65 73 74 72 65 61 64 6D 69 6E 67 FF"),
			{ { PATH3(9, 1, 1), 0, VALUE_STRING("streaming") } } },
		{ "(_ h'0102', h'030405')", PATH3(9, 1, 6), hex("5F 42 01 02 43 03 04 05 FF"),
			{ { PATH3(9, 1, 6), 0, VALUE_OPAQUE("\1\2\3\4\5", 5) } } },
		{ "(_ )", PATH3(9, 1, 6), hex("5F FF"), { { PATH3(9, 1, 6), 0, VALUE_OPAQUE("", 0) } } },
		{ "more bytes than needed", PATH3(9, 1, 2), hex("1B 00 00 00 00 00 00 00 05"),
			{ { PATH3(9, 1, 2), 0, VALUE_INTEGER(5) } } },
		{ "whole float", PATH3(9, 1, 2), hex("FA 47 C3 50 00"),
			{ { PATH3(9, 1, 2), 0, VALUE_INTEGER(100000) } } },
		{ "number of a resource of unknown type", PATH3(9, 1, 0), hex("05"),
			{ { PATH3(9, 1, 0), 0, VALUE_INTEGER(5) } } },
		{ "null of a resource of unknown type", PATH3(9, 1, 0), hex("F6"),
			{ { PATH3(9, 1, 0), 0, VALUE_NOTHING() } } },
	};

	vectors_encode(CODEC_CBOR, vectors, ELEMENTSOF(vectors));
	vectors_decode(CODEC_CBOR, vectors, ELEMENTSOF(vectors));
	vectors_decode(CODEC_CBOR, received, ELEMENTSOF(received));
}

/* Sent with tag 1, which is the only form that every peer reads; received in all. */
static void rule_37_times(void **state)
{
	const struct vector vectors[] = {
		{ "1(1363896240)", PATH3(9, 1, 7), hex("C1 1A 51 4B 67 B0"),
			{ { PATH3(9, 1, 7), 0, VALUE_TIME(1363896240) } } },
		{ "1(-1)", PATH3(9, 1, 7), hex("C1 20"), { { PATH3(9, 1, 7), 0, VALUE_TIME(-1) } } },
	};
	const struct vector received[] = {
		{ "untagged", PATH3(9, 1, 7), hex("1A 51 4B 67 B0"),
			{ { PATH3(9, 1, 7), 0, VALUE_TIME(1363896240) } } },
		{ "0(\"2013-03-21T20:04:00Z\")", PATH3(9, 1, 7),
			hex("C0 74 32 30 31 33 2D 30 33 2D 32 31 54 32 30 3A 30 34 3A 30 30 5A"),
			{ { PATH3(9, 1, 7), 0, VALUE_TIME(1363896240) } } },
		{ "1(1363896240.5)", PATH3(9, 1, 7), hex("C1 FB 41 D4 52 D9 EC 20 00 00"),
			{ { PATH3(9, 1, 7), 0, VALUE_TIME(1363896240) } } },
		{ "of an Integer", PATH3(9, 1, 2), hex("C1 05"),
			{ { PATH3(9, 1, 2), 0, VALUE_INTEGER(5) } } },
	};
	const struct refusal refusals[] = {
		{ "tag 0 of a number", PATH3(9, 1, 7), hex("C0 05"), -EBADMSG },
		{ "tag 0 of a date", PATH3(9, 1, 7), hex("C0 6A 32 30 31 33 2D 30 33 2D 32 31"), -EINVAL },
		{ "tag 1 of text", PATH3(9, 1, 7), hex("C1 61 35"), -EBADMSG },
		{ "tag 1 of null", PATH3(9, 1, 7), hex("C1 F6"), -EBADMSG },
		{ "tag 1 of nothing", PATH3(9, 1, 7), hex("C1"), -EBADMSG },
		{ "tag 1 of a NaN", PATH3(9, 1, 7), hex("C1 F9 7E 00"), -ERANGE },
		{ "tag 1 of infinity", PATH3(9, 1, 7), hex("C1 F9 7C 00"), -ERANGE },
		{ "tag 1 past 63 bits", PATH3(9, 1, 7), hex("C1 1B FF FF FF FF FF FF FF FF"), -ERANGE },
		{ "tag of a tag", PATH3(9, 1, 7), hex("C1 C1 05"), -EBADMSG },
		{ "tag 2", PATH3(9, 1, 7), hex("C2 41 05"), -EBADMSG },
		{ "text", PATH3(9, 1, 7), hex("61 35"), -EINVAL },
	};

	vectors_encode(CODEC_CBOR, vectors, ELEMENTSOF(vectors));
	vectors_decode(CODEC_CBOR, vectors, ELEMENTSOF(vectors));
	vectors_decode(CODEC_CBOR, received, ELEMENTSOF(received));
	vectors_refuse(CODEC_CBOR, refusals, ELEMENTSOF(refusals));
}

static void rule_37_single_values_only(void **state)
{
	const struct refusal refusals[] = {
		{ "an instance", PATH2(9, 1), hex("05"), -ENOTSUP },
		{ "an object", PATH1(9), hex("05"), -ENOTSUP },
		{ "an array", PATH3(9, 1, 2), hex("81 05"), -EBADMSG },
		{ "a map", PATH3(9, 1, 2), hex("A1 02 05"), -EBADMSG },
		{ "two values", PATH3(9, 1, 2), hex("05 05"), -EBADMSG },
		{ "no value", PATH3(9, 1, 2), hex(""), -EBADMSG },
		{ "a break", PATH3(9, 1, 2), hex("FF"), -EBADMSG },
	};
	const struct vector not_encodable[] = {
		{ "none", PATH3(9, 1, 2) },
		{ "an instance", PATH2(9, 1), { 0 }, { { PATH3(9, 1, 2), 0, VALUE_INTEGER(5) } } },
		{ "a multiple resource", PATH3(9, 1, 2), { 0 },
			{ { PATH4(9, 1, 2, 0), 0, VALUE_INTEGER(5) } } },
		{ "two", PATH3(9, 1, 2), { 0 },
			{
				{ PATH4(9, 1, 2, 0), 0, VALUE_INTEGER(5) },
				{ PATH4(9, 1, 2, 1), 0, VALUE_INTEGER(5) },
			} },
		{ "null", PATH3(9, 1, 2), { 0 }, { { PATH3(9, 1, 2), 0, VALUE_NOTHING() } } },
	};

	vectors_refuse(CODEC_CBOR, refusals, ELEMENTSOF(refusals));
	vectors_not_encodable(CODEC_CBOR, not_encodable, ELEMENTSOF(not_encodable));
}

static void test_refused(void **state)
{
	const struct refusal refusals[] = {
		{ "text for a number", PATH3(9, 1, 2), hex("61 35"), -EINVAL },
		{ "a fraction for an integer", PATH3(9, 1, 2), hex("F9 3E 00"), -ERANGE },
		{ "bytes for text", PATH3(9, 1, 1), hex("41 35"), -EINVAL },
		{ "text for bytes", PATH3(9, 1, 6), hex("61 35"), -EINVAL },
		{ "a number for a boolean", PATH3(9, 1, 5), hex("01"), -EINVAL },
		{ "null", PATH3(9, 1, 2), hex("F6"), -EINVAL },
		{ "undefined", PATH3(9, 1, 2), hex("F7"), -EINVAL },
		{ "half a link", PATH3(9, 1, 8), hex("61 35"), -EINVAL },
		{ "text that is not UTF-8", PATH3(9, 1, 1), hex("61 FF"), -EINVAL },
		{ "text cut off", PATH3(9, 1, 1), hex("62 61"), -EBADMSG },
		{ "text without end", PATH3(9, 1, 1), hex("7F 61 61"), -EBADMSG },
		{ "a head cut off", PATH3(9, 1, 2), hex("19 03"), -EBADMSG },
		{ "a reserved head", PATH3(9, 1, 2), hex("1C"), -EBADMSG },
		{ "a reserved simple value", PATH3(9, 1, 2), hex("F8 18"), -EBADMSG },
		{ "-2^63 - 1", PATH3(9, 1, 2), hex("3B 80 00 00 00 00 00 00 00"), -ERANGE },
		{ "-2^64", PATH3(9, 1, 2), hex("3B FF FF FF FF FF FF FF FF"), -ERANGE },
		{ "2^63", PATH3(9, 1, 2), hex("1B 80 00 00 00 00 00 00 00"), -ERANGE },
		{ "a float past integers", PATH3(9, 1, 2), hex("FB 7E 37 E4 3C 88 00 75 9C"), -ERANGE },
	};

	vectors_refuse(CODEC_CBOR, refusals, ELEMENTSOF(refusals));
}

static void test_round_trip(void **state)
{
	vectors_round_trip(CODEC_CBOR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(rule_37_times),
		cmocka_unit_test(rule_37_single_values_only),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_round_trip),
	};

	return cmocka_run_group_tests_name("lwm2m/codec-cbor", tests, NULL, NULL);
}
