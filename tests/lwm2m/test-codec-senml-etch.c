/* SPDX-License-Identifier: Apache-2.0 */
/* Both syntaxes of SenML-ETCH: what they have beyond SenML, and that they have all of that. */
#include "vectors.h"

static void test_null_deletes(void **state)
{
	const struct record records[] = {
		{ PATH3(9, 1, 2), 0, VALUE_INTEGER(5) },
		{ PATH4(9, 1, 13, 1), 0, VALUE_NOTHING() },
		{ PATH3(9, 1, 1), 0, VALUE_STRING("a") },
	};
	const struct vector json[] = {
		{ "of several", PATH2(9, 1),
			bytes_of("[{\"bn\":\"/9/1/\",\"n\":\"2\",\"v\":5},{\"n\":\"13/1\",\"v\":null},"
				 "{\"n\":\"1\",\"vs\":\"a\"}]"),
			{ records[0], records[1], records[2] } },
		{ "alone", PATH4(9, 1, 13, 1), bytes_of("[{\"bn\":\"/9/1/13/1\",\"v\":null}]"),
			{ records[1] } },
		{ "at the root", PATH0(), bytes_of("[{\"bn\":\"/\",\"n\":\"9/1/13/1\",\"v\":null}]"),
			{ records[1] } },
		{ "nothing", PATH0(), bytes_of("[]") },
	};
	const struct vector cbor[] = {
		{ "of several", PATH2(9, 1),
			hex("83 A3 21 65 2F 39 2F 31 2F 00 61 32 02 05 A2 00 64 31 33 2F 31 02 F6 A2 00 61 "
			    "31 03 61 61"),
			{ records[0], records[1], records[2] } },
		{ "alone", PATH4(9, 1, 13, 1), hex("81 A2 21 69 2F 39 2F 31 2F 31 33 2F 31 02 F6"),
			{ records[1] } },
		{ "nothing", PATH0(), hex("80") },
	};

	vectors_encode(CODEC_SENML_ETCH_JSON, json, ELEMENTSOF(json));
	vectors_decode(CODEC_SENML_ETCH_JSON, json, ELEMENTSOF(json));
	vectors_encode(CODEC_SENML_ETCH_CBOR, cbor, ELEMENTSOF(cbor));
	vectors_decode(CODEC_SENML_ETCH_CBOR, cbor, ELEMENTSOF(cbor));
}

/* RFC 8790, 3: any of the value fields. */
static void test_null_in_any_value_member(void **state)
{
	static const char *const members[] = { "v", "vs", "vb", "vd", "vlo" };
	static const uint8_t labels[] = { 2, 3, 4, 8 };

	for (size_t i = 0; i < ELEMENTSOF(members); i++) {
		char text[64];
		struct vector vector = { members[i], PATH3(9, 1, 2), { 0 },
			{ { PATH3(9, 1, 2), 0, VALUE_NOTHING() } } };

		snprintf(text, sizeof(text), "[{\"n\":\"/9/1/2\",\"%s\":null}]", members[i]);
		vector.payload = bytes_of(text);
		vectors_decode(CODEC_SENML_ETCH_JSON, &vector, 1);
	}
	for (size_t i = 0; i < ELEMENTSOF(labels); i++) {
		uint8_t payload[] = "\x81\xA2\x00\x66/9/1/2\x02\xF6";
		struct vector vector = { members[i], PATH3(9, 1, 2), BYTES(payload, sizeof(payload) - 1),
			{ { PATH3(9, 1, 2), 0, VALUE_NOTHING() } } };

		payload[sizeof(payload) - 3] = labels[i];
		vectors_decode(CODEC_SENML_ETCH_CBOR, &vector, 1);
	}
}

/* Whatever type the resource has. */
static void test_null_of_known_types(void **state)
{
	static const struct codec_types types = { vectors_type, NULL };

	for (uint16_t type = 1; type < _VALUE_TYPE_MAX; type++) {
		_cleanup_(records_deinit) struct records records = { 0 };
		char text[64];

		snprintf(text, sizeof(text), "[{\"n\":\"/9/1/%u\",\"v\":null}]", type);
		assert_int_equal(
			codec_decode(CODEC_SENML_ETCH_JSON, &PATH1(9), bytes_of(text), &types, &records), 0);
		assert_int_equal(records.items[0].value.type, VALUE_NONE);
		assert_int_equal(
			codec_decode(CODEC_SENML_JSON, &PATH1(9), bytes_of(text), &types, &records), -EINVAL);
	}
}

static void test_refused(void **state)
{
	const struct refusal json[] = {
		{ "no array", PATH1(9), bytes_of("null"), -EBADMSG },
		{ "null as name", PATH1(9), bytes_of("[{\"n\":null,\"v\":null}]"), -EBADMSG },
		{ "null as time", PATH1(9), bytes_of("[{\"n\":\"/9/1/2\",\"t\":null,\"v\":1}]"), -EBADMSG },
		{ "two values", PATH1(9), bytes_of("[{\"n\":\"/9/1/2\",\"v\":null,\"vs\":null}]"), -EBADMSG },
		{ "twice", PATH1(9), bytes_of("[{\"n\":\"/9/1/2\",\"v\":1},{\"n\":\"/9/1/2\",\"v\":null}]"),
			-EBADMSG },
		{ "an instance", PATH1(9), bytes_of("[{\"n\":\"/9/1\",\"v\":null}]"), -EBADMSG },
		{ "outside of the base", PATH1(8), bytes_of("[{\"n\":\"/9/1/2\",\"v\":null}]"), -EBADMSG },
		{ "another type", PATH1(9), bytes_of("[{\"n\":\"/9/1/5\",\"v\":1}]"), -EINVAL },
	};
	const struct refusal cbor[] = {
		{ "no array", PATH1(9), hex("F6"), -EBADMSG },
		{ "null as name", PATH1(9), hex("81 A2 00 F6 02 F6"), -EBADMSG },
		{ "two values", PATH1(9), hex("81 A3 00 66 2F 39 2F 31 2F 32 02 F6 03 F6"), -EBADMSG },
		{ "an instance", PATH1(9), hex("81 A2 00 64 2F 39 2F 31 02 F6"), -EBADMSG },
		{ "another type", PATH1(9), hex("81 A2 00 66 2F 39 2F 31 2F 35 02 01"), -EINVAL },
	};

	vectors_refuse(CODEC_SENML_ETCH_JSON, json, ELEMENTSOF(json));
	vectors_refuse(CODEC_SENML_ETCH_CBOR, cbor, ELEMENTSOF(cbor));
}

/* Too many deletions are too many records. */
static void test_nulls_are_bounded(void **state)
{
	_cleanup_(records_deinit) struct records records = { 0 }, decoded = { 0 };
	_cleanup_(buffer_deinit) struct buffer payload = { 0 };

	for (uint16_t i = 0; i <= CODEC_RECORDS_MAX; i++)
		assert_int_equal(records_add(&records, PATH3(9, i, 2), VALUE_NOTHING()), 0);
	assert_int_equal(codec_encode(CODEC_SENML_ETCH_CBOR, &PATH1(9), &records, &payload), 0);
	assert_int_equal(
		codec_decode(CODEC_SENML_ETCH_CBOR, &PATH1(9), buffer_bytes(&payload), NULL, &decoded),
		-E2BIG);
}

static void test_round_trip(void **state)
{
	vectors_round_trip(CODEC_SENML_ETCH_JSON);
	vectors_round_trip(CODEC_SENML_ETCH_CBOR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_null_deletes),
		cmocka_unit_test(test_null_in_any_value_member),
		cmocka_unit_test(test_null_of_known_types),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_nulls_are_bounded),
		cmocka_unit_test(test_round_trip),
	};

	return cmocka_run_group_tests_name("lwm2m/codec-senml-etch", tests, NULL, NULL);
}
