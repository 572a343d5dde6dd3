/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

#include <math.h>

static void rule_38_text_forms(void **state)
{
	const struct vector vectors[] = {
		{ "text", PATH3(9, 1, 1), bytes_of("Grüße"),
			{ { PATH3(9, 1, 1), 0, VALUE_STRING("Grüße") } } },
		{ "no text", PATH3(9, 1, 1), bytes_of(""), { { PATH3(9, 1, 1), 0, VALUE_STRING("") } } },
		{ "integer", PATH3(9, 1, 2), bytes_of("-42"), { { PATH3(9, 1, 2), 0, VALUE_INTEGER(-42) } } },
		{ "unsigned", PATH3(9, 1, 3), bytes_of("18446744073709551615"),
			{ { PATH3(9, 1, 3), 0, VALUE_UNSIGNED(UINT64_MAX) } } },
		{ "float with a point", PATH3(9, 1, 4), bytes_of("22.4"),
			{ { PATH3(9, 1, 4), 0, VALUE_FLOAT(22.4) } } },
		{ "false is 0", PATH3(9, 1, 5), bytes_of("0"),
			{ { PATH3(9, 1, 5), 0, VALUE_BOOLEAN(false) } } },
		{ "true is 1", PATH3(9, 1, 5), bytes_of("1"),
			{ { PATH3(9, 1, 5), 0, VALUE_BOOLEAN(true) } } },
		{ "opaque is Base64", PATH3(9, 1, 6), bytes_of("+/8="),
			{ { PATH3(9, 1, 6), 0, VALUE_OPAQUE("\xFB\xFF", 2) } } },
		{ "no bytes", PATH3(9, 1, 6), bytes_of(""), { { PATH3(9, 1, 6), 0, VALUE_OPAQUE("", 0) } } },
		{ "time is seconds", PATH3(9, 1, 7), bytes_of("1367491215"),
			{ { PATH3(9, 1, 7), 0, VALUE_TIME(1367491215) } } },
		{ "link", PATH3(9, 1, 8), bytes_of("10:3"), { { PATH3(9, 1, 8), 0, VALUE_OBJLNK(10, 3) } } },
		{ "null link", PATH3(9, 1, 8), bytes_of("65535:65535"),
			{ { PATH3(9, 1, 8), 0, VALUE_OBJLNK(65535, 65535) } } },
		{ "links are text", PATH3(9, 1, 9), bytes_of("</3/0>;pmin=1,</4>"),
			{ { PATH3(9, 1, 9), 0, VALUE_CORELNK("</3/0>;pmin=1,</4>") } } },
		{ "resource instance", PATH4(9, 1, 2, 3), bytes_of("5"),
			{ { PATH4(9, 1, 2, 3), 0, VALUE_INTEGER(5) } } },
	};
	const struct vector received[] = {
		{ "the other alphabet, no padding", PATH3(9, 1, 6), bytes_of("-_8"),
			{ { PATH3(9, 1, 6), 0, VALUE_OPAQUE("\xFB\xFF", 2) } } },
		{ "unknown type", PATH3(9, 1, 0), bytes_of("5"),
			{ { PATH3(9, 1, 0), 0, VALUE_STRING("5") } } },
	};
	const struct refusal refusals[] = {
		{ "true", PATH3(9, 1, 5), bytes_of("true"), -EINVAL },
		{ "comma", PATH3(9, 1, 4), bytes_of("22,4"), -EINVAL },
		{ "no Base64", PATH3(9, 1, 6), bytes_of("*"), -EINVAL },
		{ "one digit of Base64", PATH3(9, 1, 6), bytes_of("A"), -EINVAL },
		{ "half a link", PATH3(9, 1, 8), bytes_of("10"), -EINVAL },
		{ "no number", PATH3(9, 1, 2), bytes_of(""), -EINVAL },
		{ "too large", PATH3(9, 1, 2), bytes_of("9223372036854775808"), -ERANGE },
		{ "not UTF-8", PATH3(9, 1, 1), bytes_of("\xFF"), -EINVAL },
		{ "a NUL", PATH3(9, 1, 1), BYTES("\0", 1), -EINVAL },
		{ "an instance", PATH2(9, 1), bytes_of("5"), -ENOTSUP },
	};
	const struct vector not_encodable[] = {
		{ "none", PATH3(9, 1, 2) },
		{ "an instance", PATH2(9, 1), { 0 }, { { PATH3(9, 1, 2), 0, VALUE_INTEGER(5) } } },
		{ "a multiple resource", PATH3(9, 1, 2), { 0 },
			{ { PATH4(9, 1, 2, 0), 0, VALUE_INTEGER(5) } } },
		{ "null", PATH3(9, 1, 2), { 0 }, { { PATH3(9, 1, 2), 0, VALUE_NOTHING() } } },
		{ "not a number", PATH3(9, 1, 4), { 0 }, { { PATH3(9, 1, 4), 0, VALUE_FLOAT(NAN) } } },
		{ "infinite", PATH3(9, 1, 4), { 0 }, { { PATH3(9, 1, 4), 0, VALUE_FLOAT(INFINITY) } } },
	};

	vectors_encode(CODEC_TEXT, vectors, ELEMENTSOF(vectors));
	vectors_decode(CODEC_TEXT, vectors, ELEMENTSOF(vectors));
	vectors_decode(CODEC_TEXT, received, ELEMENTSOF(received));
	vectors_refuse(CODEC_TEXT, refusals, ELEMENTSOF(refusals));
	vectors_not_encodable(CODEC_TEXT, not_encodable, ELEMENTSOF(not_encodable));
}

static void test_round_trip(void **state)
{
	vectors_round_trip(CODEC_TEXT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rule_38_text_forms),
		cmocka_unit_test(test_round_trip),
	};

	return cmocka_run_group_tests_name("lwm2m/codec-text", tests, NULL, NULL);
}
