/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

static void test_bytes(void **state)
{
	const struct vector vectors[] = {
		{ "bytes", PATH3(9, 1, 6), hex("00 FF 7F"),
			{ { PATH3(9, 1, 6), 0, VALUE_OPAQUE("\0\xFF\x7F", 3) } } },
		{ "no bytes", PATH3(9, 1, 6), hex(""), { { PATH3(9, 1, 6), 0, VALUE_OPAQUE("", 0) } } },
		{ "of a resource instance", PATH4(9, 1, 6, 1), hex("01"),
			{ { PATH4(9, 1, 6, 1), 0, VALUE_OPAQUE("\1", 1) } } },
		{ "of a resource of unknown type", PATH3(9, 1, 0), hex("01"),
			{ { PATH3(9, 1, 0), 0, VALUE_OPAQUE("\1", 1) } } },
	};
	const struct refusal refusals[] = {
		{ "for text", PATH3(9, 1, 1), hex("41"), -EINVAL },
		{ "for an integer", PATH3(9, 1, 2), hex("05"), -EINVAL },
		{ "for an instance", PATH2(9, 1), hex("05"), -ENOTSUP },
	};
	const struct vector not_encodable[] = {
		{ "none", PATH3(9, 1, 6) },
		{ "text", PATH3(9, 1, 1), { 0 }, { { PATH3(9, 1, 1), 0, VALUE_STRING("a") } } },
		{ "an integer", PATH3(9, 1, 2), { 0 }, { { PATH3(9, 1, 2), 0, VALUE_INTEGER(5) } } },
		{ "an instance", PATH2(9, 1), { 0 }, { { PATH3(9, 1, 6), 0, VALUE_OPAQUE("a", 1) } } },
	};

	vectors_encode(CODEC_OPAQUE, vectors, ELEMENTSOF(vectors));
	vectors_decode(CODEC_OPAQUE, vectors, ELEMENTSOF(vectors));
	vectors_refuse(CODEC_OPAQUE, refusals, ELEMENTSOF(refusals));
	vectors_not_encodable(CODEC_OPAQUE, not_encodable, ELEMENTSOF(not_encodable));
}

static void test_round_trip(void **state)
{
	vectors_round_trip(CODEC_OPAQUE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_round_trip),
	};

	return cmocka_run_group_tests_name("lwm2m/codec-opaque", tests, NULL, NULL);
}
