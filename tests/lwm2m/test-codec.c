/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

static const int formats[] = {
	CODEC_TEXT, CODEC_OPAQUE, CODEC_CBOR, CODEC_SENML_JSON, CODEC_SENML_CBOR, CODEC_SENML_ETCH_JSON,
	CODEC_SENML_ETCH_CBOR, CODEC_TLV, CODEC_LWM2M_JSON, CODEC_LWM2M_CBOR,
};

static const struct codec_types types = { vectors_type, NULL };

static void test_find(void **state)
{
	for (size_t i = 0; i < ELEMENTSOF(formats); i++) {
		const struct codec *codec = codec_find(formats[i]);

		assert_non_null(codec);
		assert_int_equal(codec->format, formats[i]);
		assert_ptr_equal(codec_find_name(codec->name), codec);
	}
	assert_null(codec_find(-1));
	assert_null(codec_find(CODEC_LINK));
	assert_null(codec_find(11545));
	assert_null(codec_find(65536));
	assert_null(codec_find_name("json"));
	assert_string_equal(codec_find(CODEC_SENML_CBOR)->name, "senml-cbor");
}

static void test_unknown_format(void **state)
{
	_cleanup_(buffer_deinit) struct buffer buffer = { 0 };
	_cleanup_(records_deinit) struct records records = { 0 };
	int r;

	r = codec_decode(11545, &PATH3(9, 1, 2), bytes_of("5"), NULL, &records);
	assert_int_equal(r, -EPROTONOSUPPORT);
	assert_int_equal(records_add(&records, PATH3(9, 1, 2), VALUE_INTEGER(5)), 0);
	assert_int_equal(codec_encode(11545, &PATH3(9, 1, 2), &records, &buffer), -ENOTSUP);
}

/* Both directions append. */
static void test_append(void **state)
{
	_cleanup_(buffer_deinit) struct buffer buffer = { 0 };
	_cleanup_(records_deinit) struct records records = { 0 };

	for (size_t i = 0; i < ELEMENTSOF(formats); i++) {
		struct value value = VALUE_OPAQUE("a", 1);
		size_t len = buffer.len;
		struct bytes payload;

		records_clear(&records);
		assert_int_equal(records_add(&records, PATH3(9, 1, 6), value), 0);
		assert_int_equal(codec_encode(formats[i], &PATH3(9, 1, 6), &records, &buffer), 0);
		records_clear(&records);
		assert_int_equal(records_add(&records, PATH3(9, 1, 6), VALUE_INTEGER(1)), 0);
		payload = BYTES(buffer.data + len, buffer.len - len);
		assert_int_equal(codec_decode(formats[i], &PATH3(9, 1, 6), payload, &types, &records), 0);
		assert_int_equal(records.count, 2);
		assert_true(value_equal(&records.items[0].value, &VALUE_INTEGER(1)));
		assert_true(value_equal(&records.items[1].value, &value));
	}
}

/* A payload that does not fit leaves the buffer as it was; one that just fits is whole. */
static void test_limit(void **state)
{
	const struct path base = PATH3(9, 1, 6);

	for (size_t i = 0; i < ELEMENTSOF(formats); i++) {
		_cleanup_(buffer_deinit) struct buffer whole = { 0 }, buffer = { 0 };
		_cleanup_(records_deinit) struct records records = { 0 };

		assert_int_equal(records_add(&records, base, VALUE_OPAQUE("some\0bytes", 10)), 0);
		assert_int_equal(codec_encode(formats[i], &base, &records, &whole), 0);
		for (buffer.limit = 1; buffer.limit < whole.len; buffer.limit++) {
			assert_int_equal(codec_encode(formats[i], &base, &records, &buffer), -EMSGSIZE);
			assert_int_equal(buffer.len, 0);
		}
		assert_int_equal(codec_encode(formats[i], &base, &records, &buffer), 0);
		assert_true(bytes_equal(buffer_bytes(&buffer), buffer_bytes(&whole)));
	}
}

static void append_records(struct buffer *buffer, size_t count)
{
	assert_int_equal(buffer_append_byte(buffer, '['), 0);
	for (size_t i = 0; i < count; i++) {
		const char *comma = i > 0 ? "," : "";

		assert_int_equal(buffer_printf(buffer, "%s{\"n\":\"/9/%zu/2\",\"v\":1}", comma, i), 0);
	}
	assert_int_equal(buffer_append_byte(buffer, ']'), 0);
}

/* Encodes the records sent to base and decodes that; returns what the decoder says and counts its records. */
static int round_trip(int format, struct path base, const struct records *records, size_t *ret_count)
{
	_cleanup_(buffer_deinit) struct buffer payload = { 0 };
	_cleanup_(records_deinit) struct records decoded = { 0 };
	int r;

	assert_int_equal(codec_encode(format, &base, records, &payload), 0);
	r = codec_decode(format, &base, buffer_bytes(&payload), NULL, &decoded);
	*ret_count = decoded.count;
	return r;
}

static void test_records_are_bounded(void **state)
{
	_cleanup_(buffer_deinit) struct buffer buffer = { 0 };
	_cleanup_(records_deinit) struct records records = { 0 };
	size_t count;

	append_records(&buffer, CODEC_RECORDS_MAX);
	assert_int_equal(codec_decode(CODEC_SENML_JSON, &PATH1(9), buffer_bytes(&buffer), NULL, &records), 0);
	assert_int_equal(records.count, CODEC_RECORDS_MAX);
	for (size_t i = 0; i < ELEMENTSOF(formats); i++)
		if (!codec_find(formats[i])->single) {
			assert_int_equal(round_trip(formats[i], PATH1(9), &records, &count), 0);
			assert_int_equal(count, CODEC_RECORDS_MAX);
		}
	assert_int_equal(records_add(&records, PATH3(9, 5000, 2), VALUE_INTEGER(1)), 0);
	for (size_t i = 0; i < ELEMENTSOF(formats); i++)
		if (!codec_find(formats[i])->single) {
			assert_int_equal(round_trip(formats[i], PATH1(9), &records, &count), -E2BIG);
			assert_int_equal(count, 0);
		}
}

/* LwM2M CBOR does not get as far: it has no place for two values of one path. */
static bool carries_duplicates(int format)
{
	return !codec_find(format)->single && format != CODEC_LWM2M_CBOR;
}

/* Found whether the same path is next to it or far away. */
static void test_duplicates(void **state)
{
	_cleanup_(records_deinit) struct records records = { 0 };
	size_t count;

	for (uint16_t k = 100; k > 0; k--)
		assert_int_equal(records_add(&records, PATH3(9, 1, k * 10), VALUE_OPAQUE("a", 1)), 0);
	for (size_t i = 0; i < ELEMENTSOF(formats); i++)
		if (!codec_find(formats[i])->single) {
			assert_int_equal(round_trip(formats[i], PATH2(9, 1), &records, &count), 0);
			assert_int_equal(count, 100);
		}
	assert_int_equal(records_add(&records, PATH3(9, 1, 770), VALUE_OPAQUE("a", 1)), 0);
	for (size_t i = 0; i < ELEMENTSOF(formats); i++)
		if (carries_duplicates(formats[i]))
			assert_int_equal(round_trip(formats[i], PATH2(9, 1), &records, &count), -EBADMSG);
}

/* A large value is not copied on its way out of the payload, but where Base64 has to be undone. */
static void test_large_opaque_values_are_borrowed(void **state)
{
	static uint8_t large[1 << 20];
	const struct path path = PATH3(9, 1, 6);

	for (size_t i = 0; i < ELEMENTSOF(formats); i++) {
		_cleanup_(buffer_deinit) struct buffer payload = { 0 };
		_cleanup_(records_deinit) struct records records = { 0 }, decoded = { 0 };
		bool base64 = formats[i] == CODEC_TEXT || formats[i] == CODEC_SENML_JSON ||
			      formats[i] == CODEC_SENML_ETCH_JSON || formats[i] == CODEC_LWM2M_JSON;
		const uint8_t *data;

		assert_int_equal(records_add(&records, path, VALUE_OPAQUE(large, sizeof(large))), 0);
		assert_int_equal(codec_encode(formats[i], &path, &records, &payload), 0);
		assert_int_equal(codec_decode(formats[i], &path, buffer_bytes(&payload), &types, &decoded), 0);
		assert_true(value_equal(&decoded.items[0].value, &records.items[0].value));
		data = decoded.items[0].value.bytes.data;
		assert_true(base64 == (data < payload.data || data >= payload.data + payload.len));
	}
}

static void test_offered(void **state)
{
	static const char *const offered[] = {
		[LWM2M_1_0] = "60 110 112 11542 11543",
		[LWM2M_1_1] = "60 110 112 11542",
		[LWM2M_1_2] = "60 110 112 11542 11544",
	};

	for (unsigned int version = LWM2M_1_0; version <= LWM2M_1_2; version++) {
		_cleanup_(buffer_deinit) struct buffer buffer = { 0 };

		assert_true(codec_is_offered(CODEC_TEXT, version));
		assert_true(codec_is_offered(CODEC_OPAQUE, version));
		assert_false(codec_is_offered(CODEC_LINK, version));
		assert_false(codec_is_offered(CODEC_SENML_ETCH_CBOR, version));
		assert_int_equal(codec_append_offered(version, &buffer), 0);
		assert_true(bytes_equal(buffer_bytes(&buffer), bytes_of(offered[version])));
	}
}

/* The paths of a Read-Composite, of every depth, in both syntaxes; nothing else carries such a list. */
static void test_path_lists(void **state)
{
	static const struct path paths[] = { PATH3(3, 0, 9), PATH4(3, 0, 7, 1), PATH1(5), PATH0(), PATH2(1, 0) };
	static const char json[] = "[{\"bn\":\"/3/0/\",\"n\":\"9\"},{\"n\":\"7/1\"},{\"bn\":\"/5\"},"
				   "{\"bn\":\"\",\"n\":\"/\"},{\"n\":\"/1/0\"}]";
	const struct bytes cbor = hex("85 A2 21 65 2F332F302F 00 61 39 A1 00 63 372F31 A1 21 62 2F35"
				      "A2 21 60 00 61 2F A1 00 64 2F312F30");
	_cleanup_(records_deinit) struct records records = { 0 };

	(void)state;
	for (int i = 0; i < 4; i++) {
		static const int carriers[] = { CODEC_SENML_JSON, CODEC_SENML_ETCH_JSON, CODEC_SENML_CBOR,
			CODEC_SENML_ETCH_CBOR };

		records_clear(&records);
		assert_int_equal(codec_decode_paths(carriers[i], i < 2 ? bytes_of(json) : cbor, 5, &records), 0);
		assert_int_equal(records.count, ELEMENTSOF(paths));
		for (size_t p = 0; p < ELEMENTSOF(paths); p++)
			assert_true(path_equal(&records.items[p].path, &paths[p]));
		assert_int_equal(codec_decode_paths(carriers[i], i < 2 ? bytes_of(json) : cbor, 4, &records), -E2BIG);
		assert_int_equal(records.count, ELEMENTSOF(paths));
	}
	assert_int_equal(codec_decode_paths(CODEC_TLV, cbor, 5, &records), -EPROTONOSUPPORT);
	assert_int_equal(codec_decode_paths(CODEC_LWM2M_CBOR, cbor, 5, &records), -EPROTONOSUPPORT);
	assert_int_equal(
		codec_decode_paths(CODEC_SENML_JSON, BYTES_LITERAL("[{\"n\":\"/3\",\"v\":1}]"), 5, &records), -EBADMSG);
	assert_int_equal(codec_decode_paths(CODEC_SENML_JSON, BYTES_LITERAL("[{\"n\":\"/3/\"}]"), 5, &records), -EBADMSG);
}

/* What was stored for a server has values of one resource from several times: clients tell so, nobody may write so. */
static void rule_8_a_path_at_several_times(void **state)
{
	static const struct {
		int format;
		const char *payload;
		bool several;
	} cases[] = {
		{ CODEC_SENML_JSON, "[{\"bn\":\"/9/1/2\",\"t\":1700000000,\"v\":1},{\"t\":1700000000.25,\"v\":2},"
				    "{\"v\":3}]", true },
		{ CODEC_SENML_JSON, "[{\"bn\":\"/9/1/2\",\"bt\":1700000000,\"t\":-5,\"v\":1},{\"t\":-4,\"v\":2},"
				    "{\"v\":3}]", true },
		{ CODEC_SENML_JSON, "[{\"bn\":\"/9/1/2\",\"t\":-5,\"v\":1},{\"t\":-4,\"v\":2},{\"t\":-5,\"v\":3}]",
			false },
		{ CODEC_LWM2M_JSON, "{\"bn\":\"/9/1/2\",\"e\":[{\"t\":-5,\"v\":1},{\"t\":-4,\"v\":2},{\"v\":3}]}",
			true },
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		const struct codec_types once = { vectors_type }, times = { vectors_type, .times = true };
		struct bytes payload = bytes_of(cases[i].payload);
		struct records records = { 0 };
		struct buffer cbor = { 0 };

		assert_true(codec_has_times(cases[i].format));
		assert_int_equal(codec_decode(cases[i].format, &PATH3(9, 1, 2), payload, &once, &records), -EBADMSG);
		assert_int_equal(codec_decode(cases[i].format, &PATH3(9, 1, 2), payload, &times, &records),
			cases[i].several ? 0 : -EBADMSG);
		assert_int_equal(records.count, cases[i].several ? 3 : 0);
		for (size_t j = 0; j < records.count; j++)
			assert_int_equal(records.items[j].value.integer, j + 1);
		if (records.count > 0) {
			assert_int_equal(codec_encode(CODEC_SENML_CBOR, &PATH3(9, 1, 2), &records, &cbor), 0);
			records_clear(&records);
			assert_int_equal(codec_decode(CODEC_SENML_CBOR, &PATH3(9, 1, 2), buffer_bytes(&cbor), &once,
						 &records),
				-EBADMSG);
			assert_int_equal(codec_decode(CODEC_SENML_CBOR, &PATH3(9, 1, 2), buffer_bytes(&cbor), &times,
						 &records),
				0);
			assert_int_equal(records.count, 3);
		}
		records_deinit(&records);
		buffer_deinit(&cbor);
	}
	assert_false(codec_has_times(CODEC_TLV));
	assert_false(codec_has_times(CODEC_LWM2M_CBOR));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_unknown_format),
		cmocka_unit_test(test_append),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_records_are_bounded),
		cmocka_unit_test(test_duplicates),
		cmocka_unit_test(test_large_opaque_values_are_borrowed),
		cmocka_unit_test(test_offered),
		cmocka_unit_test(test_path_lists),
		cmocka_unit_test(rule_8_a_path_at_several_times),
	};

	return cmocka_run_group_tests_name("lwm2m/codec", tests, NULL, NULL);
}
