/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

#include <math.h>

static void test_examples(void **state)
{
	const struct vector vectors[] = {
		/* OMA LwM2M Core 7.4.4 */
		{ "Device", PATH2(3, 0),
			bytes_of("[{\"bn\":\"/3/0/\",\"n\":\"0\",\"vs\":\"Open Mobile Alliance\"},"
				 "{\"n\":\"1\",\"vs\":\"Lightweight M2M Client\"},{\"n\":\"2\","
				 "\"vs\":\"345000123\"},"
				 "{\"n\":\"3\",\"vs\":\"1.0\"},{\"n\":\"6/0\",\"v\":1},{\"n\":\"6/1\","
				 "\"v\":5},"
				 "{\"n\":\"7/0\",\"v\":3800},{\"n\":\"7/1\",\"v\":5000},{\"n\":\"8/0\","
				 "\"v\":125},"
				 "{\"n\":\"8/1\",\"v\":900},{\"n\":\"9\",\"v\":100},{\"n\":\"10\",\"v\":15},"
				 "{\"n\":\"11/0\",\"v\":0},{\"n\":\"13\",\"v\":1367491215},{\"n\":\"14\","
				 "\"vs\":\"+02:00\"},"
				 "{\"n\":\"16\",\"vs\":\"U\"}]"),
			VECTORS_DEVICE },
		{ "object links", PATH1(66),
			bytes_of("[{\"bn\":\"/66/\",\"n\":\"0/0\",\"vs\":\"myService1\"},"
				 "{\"n\":\"0/1\",\"vs\":\"Internet.15.234\"},{\"n\":\"0/2\","
				 "\"vlo\":\"67:0\"},"
				 "{\"n\":\"1/0\",\"vs\":\"myService2\"},{\"n\":\"1/1\","
				 "\"vs\":\"Internet.15.235\"},"
				 "{\"n\":\"1/2\",\"vlo\":\"65535:65535\"}]"),
			{
				{ PATH3(66, 0, 0), 0, VALUE_STRING("myService1") },
				{ PATH3(66, 0, 1), 0, VALUE_STRING("Internet.15.234") },
				{ PATH3(66, 0, 2), 0, VALUE_OBJLNK(67, 0) },
				{ PATH3(66, 1, 0), 0, VALUE_STRING("myService2") },
				{ PATH3(66, 1, 1), 0, VALUE_STRING("Internet.15.235") },
				{ PATH3(66, 1, 2), 0, VALUE_OBJLNK(65535, 65535) },
			} },
		{ "a resource", PATH3(3, 0, 0),
			bytes_of("[{\"bn\":\"/3/0/0\",\"vs\":\"Open Mobile Alliance\"}]"),
			{ { PATH3(3, 0, 0), 0, VALUE_STRING("Open Mobile Alliance") } } },
		{ "nothing", PATH2(3, 0), bytes_of("[]") },
		{ "the root", PATH0(), bytes_of("[{\"bn\":\"/\",\"n\":\"1/0/1\",\"v\":5}]"),
			{ { PATH3(1, 0, 1), 0, VALUE_INTEGER(5) } } },
		{ "every type", PATH2(9, 1),
			bytes_of("[{\"bn\":\"/9/1/\",\"n\":\"1\",\"vs\":\"é\"},{\"n\":\"2\","
				 "\"v\":-9223372036854775808},"
				 "{\"n\":\"3\",\"v\":9223372036854775807},{\"n\":\"4\",\"v\":-273.15},"
				 "{\"n\":\"5\",\"vb\":true},{\"n\":\"15\",\"vb\":false},{\"n\":\"6\","
				 "\"vd\":\"-_8\"},"
				"{\"n\":\"7\",\"v\":-1},{\"n\":\"8\",\"vlo\":\"10:3\"},{\"n\":\"9\","
				"\"vs\":\"</3>\"}]"),
			{
				{ PATH3(9, 1, 1), 0, VALUE_STRING("é") },
				{ PATH3(9, 1, 2), 0, VALUE_INTEGER(INT64_MIN) },
				{ PATH3(9, 1, 3), 0, VALUE_UNSIGNED(INT64_MAX) },
				{ PATH3(9, 1, 4), 0, VALUE_FLOAT(-273.15) },
				{ PATH3(9, 1, 5), 0, VALUE_BOOLEAN(true) },
				{ PATH3(9, 1, 15), 0, VALUE_BOOLEAN(false) },
				{ PATH3(9, 1, 6), 0, VALUE_OPAQUE("\xFB\xFF", 2) },
				{ PATH3(9, 1, 7), 0, VALUE_TIME(-1) },
				{ PATH3(9, 1, 8), 0, VALUE_OBJLNK(10, 3) },
				{ PATH3(9, 1, 9), 0, VALUE_CORELNK("</3>") },
			} },
		{ "text that needs escapes", PATH3(9, 1, 1),
			bytes_of("[{\"bn\":\"/9/1/1\",\"vs\":\"a\\\"b\\\\c\\u000a\\u0001\\u001f/😀\"}]"),
			{ { PATH3(9, 1, 1), 0, VALUE_STRING("a\"b\\c\n\x01\x1F/😀") } } },
		{ "empty text and bytes", PATH2(9, 1),
			bytes_of("[{\"bn\":\"/9/1/\",\"n\":\"1\",\"vs\":\"\"},{\"n\":\"6\",\"vd\":\"\"}]"),
			{
				{ PATH3(9, 1, 1), 0, VALUE_STRING("") },
				{ PATH3(9, 1, 6), 0, VALUE_OPAQUE("", 0) },
			} },
		{ "floats", PATH2(9, 1),
			bytes_of("[{\"bn\":\"/9/1/\",\"n\":\"4\",\"v\":5},{\"n\":\"14\",\"v\":1e-07},"
				 "{\"n\":\"24\",\"v\":1e+22}]"),
			{
				{ PATH3(9, 1, 4), 0, VALUE_FLOAT(5) },
				{ PATH3(9, 1, 14), 0, VALUE_FLOAT(1e-7) },
				{ PATH3(9, 1, 24), 0, VALUE_FLOAT(1e22) },
			} },
		{ "times", PATH2(9, 1),
			bytes_of("[{\"bn\":\"/9/1/\",\"n\":\"2\",\"t\":-5,\"v\":1},{\"n\":\"12\","
				 "\"t\":1367491215.5,\"v\":2}]"),
			{
				{ PATH3(9, 1, 2), -5, VALUE_INTEGER(1) },
				{ PATH3(9, 1, 12), 1367491215.5, VALUE_INTEGER(2) },
			} },
	};

	vectors_encode(CODEC_SENML_JSON, vectors, ELEMENTSOF(vectors));
	vectors_decode(CODEC_SENML_JSON, vectors, ELEMENTSOF(vectors));
}

static void rule_36_senml_members(void **state)
{
	const struct vector received[] = {
		{ "name is base name and name, whole names without base", PATH2(9, 1),
			bytes_of("[{\"n\":\"/9/1/2\","
				 "\"v\":5}]"), { { PATH3(9, 1, 2), 0, VALUE_INTEGER(5) } } },
		{ "a base name stays until the next, whatever record it came with", PATH1(9),
			bytes_of("[{\"bn\":\"/9/1/\"},{\"n\":\"1\",\"vs\":\"a\"},{\"bn\":\"/9/2/\","
				 "\"n\":\"1\",\"vs\":\"b\"},"
				 "{\"n\":\"2\",\"v\":5}]"),
			{
				{ PATH3(9, 1, 1), 0, VALUE_STRING("a") },
				{ PATH3(9, 2, 1), 0, VALUE_STRING("b") },
				{ PATH3(9, 2, 2), 0, VALUE_INTEGER(5) },
			} },
		/* OMA LwM2M Core 7.4.4: base time in the first record, times before it */
		{ "time is base time and time", PATH1(72),
			bytes_of("[{\"bn\":\"/72/\",\"bt\":25462634,\"n\":\"1/2\",\"v\":22.4,\"t\":-5},"
				"{\"n\":\"1/3\",\"v\":22.9,\"t\":-30},{\"n\":\"1/4\",\"v\":24.1,\"t\":-50}]"),
			{
				{ PATH3(72, 1, 2), 25462629, VALUE_FLOAT(22.4) },
				{ PATH3(72, 1, 3), 25462604, VALUE_FLOAT(22.9) },
				{ PATH3(72, 1, 4), 25462584, VALUE_FLOAT(24.1) },
			} },
		{ "Base64 of both alphabets, padded and not", PATH2(9, 1),
			bytes_of("[{\"bn\":\"/9/1/\",\"n\":\"6\",\"vd\":\"-_8\"},{\"n\":\"16\","
				 "\"vd\":\"+/8=\"},"
				 "{\"n\":\"26\",\"vd\":\"-_8=\"},{\"n\":\"36\",\"vd\":\"+/8\"}]"),
			{
				{ PATH3(9, 1, 6), 0, VALUE_OPAQUE("\xFB\xFF", 2) },
				{ PATH3(9, 1, 16), 0, VALUE_OPAQUE("\xFB\xFF", 2) },
				{ PATH3(9, 1, 26), 0, VALUE_OPAQUE("\xFB\xFF", 2) },
				{ PATH3(9, 1, 36), 0, VALUE_OPAQUE("\xFB\xFF", 2) },
			} },
		{ "whole numbers however they are written", PATH2(9, 1),
			bytes_of("[{\"bn\":\"/9/1/\",\"n\":\"2\",\"v\":1.0},{\"n\":\"3\",\"v\":1e3},"
				 "{\"n\":\"4\",\"v\":2}]"),
			{
				{ PATH3(9, 1, 2), 0, VALUE_INTEGER(1) },
				{ PATH3(9, 1, 3), 0, VALUE_UNSIGNED(1000) },
				{ PATH3(9, 1, 4), 0, VALUE_FLOAT(2) },
			} },
		{ "what is unknown or of no use is passed over", PATH2(9, 1),
			bytes_of(" [ { \"bver\" : 10 , \"bu\":\"A\", \"bs\":1, \"bv\":0, \"u\" : \"Cel\", "
				 "\"s\":2, \"ut\":3, "
				 "\"foo\":{\"bar\":[1,{}]}, \"n\":\"/9/1/2\" ,\t\"v\":5}\r\n]\n"),
			{ { PATH3(9, 1, 2), 0, VALUE_INTEGER(5) } } },
		{ "escapes", PATH2(9, 1),
			bytes_of("[{\"\\u006e\":\"\\/9/1\\u002F1\",\"vs\":\"\\ud83d\\ude00\\t\\b\"}]"),
			{ { PATH3(9, 1, 1), 0, VALUE_STRING("😀\t\b") } } },
	};
	const struct refusal refusals[] = {
		{ "a fraction for an integer", PATH2(9, 1), bytes_of("[{\"n\":\"/9/1/2\",\"v\":1.5}]"),
			-ERANGE },
		{ "a negative number for an unsigned", PATH2(9, 1), bytes_of("[{\"n\":\"/9/1/3\",\"v\":-1}]"),
			-ERANGE },
		{ "a number for a boolean", PATH2(9, 1), bytes_of("[{\"n\":\"/9/1/5\",\"v\":1}]"), -EINVAL },
		{ "a number for text", PATH2(9, 1), bytes_of("[{\"n\":\"/9/1/1\",\"v\":1}]"), -EINVAL },
		{ "text for bytes", PATH2(9, 1), bytes_of("[{\"n\":\"/9/1/6\",\"vs\":\"AAAA\"}]"), -EINVAL },
		{ "no value at all", PATH2(9, 1), bytes_of("[{\"n\":\"/9/1/2\",\"v\":null}]"), -EINVAL },
		{ "text as number member", PATH2(9, 1), bytes_of("[{\"n\":\"/9/1/2\",\"v\":\"1\"}]"),
			-EBADMSG },
		{ "a number as data member", PATH2(9, 1), bytes_of("[{\"n\":\"/9/1/6\",\"vd\":1}]"),
			-EBADMSG },
		{ "no Base64", PATH2(9, 1), bytes_of("[{\"n\":\"/9/1/6\",\"vd\":\"A\"}]"), -EINVAL },
		{ "a number as name", PATH2(9, 1), bytes_of("[{\"n\":2,\"v\":1}]"), -EBADMSG },
		{ "a time past doubles", PATH2(9, 1),
			bytes_of("[{\"bt\":1e308,\"t\":1e308,\"n\":\"/9/1/2\",\"v\":1}]"),
			-EBADMSG },
		{ "half a link", PATH2(9, 1), bytes_of("[{\"n\":\"/9/1/8\",\"vlo\":\"1\"}]"), -EINVAL },
		{ "a base value", PATH2(9, 1), bytes_of("[{\"bv\":1,\"n\":\"/9/1/2\",\"v\":1}]"), -EBADMSG },
		{ "a version to come", PATH2(9, 1), bytes_of("[{\"bver\":11,\"n\":\"/9/1/2\",\"v\":1}]"),
			-EBADMSG },
		{ "a member that has to be understood", PATH2(9, 1),
			bytes_of("[{\"x_\":1,\"n\":\"/9/1/2\",\"v\":1}]"),
			-EBADMSG },
	};

	vectors_decode(CODEC_SENML_JSON, received, ELEMENTSOF(received));
	vectors_refuse(CODEC_SENML_JSON, refusals, ELEMENTSOF(refusals));
}

static void test_refused(void **state)
{
	const struct refusal refusals[] = {
		{ "nothing", PATH2(9, 1), bytes_of(""), -EBADMSG },
		{ "no bytes", PATH2(9, 1), { 0 }, -EBADMSG },
		{ "an object", PATH2(9, 1), bytes_of("{\"n\":\"/9/1/2\",\"v\":1}"), -EBADMSG },
		{ "numbers", PATH2(9, 1), bytes_of("[5]"), -EBADMSG },
		{ "no end", PATH2(9, 1), bytes_of("[{\"n\":\"/9/1/2\",\"v\":1}"), -EBADMSG },
		{ "more than the records", PATH2(9, 1), bytes_of("[{\"n\":\"/9/1/2\",\"v\":1}]]"), -EBADMSG },
		{ "a comma too many", PATH2(9, 1), bytes_of("[{\"n\":\"/9/1/2\",\"v\":1},]"), -EBADMSG },
		{ "a NUL after it", PATH2(9, 1), BYTES_LITERAL("[]\0"), -EBADMSG },
		{ "an array as value", PATH2(9, 1), bytes_of("[{\"n\":\"/9/1/2\",\"v\":[1]}]"), -EBADMSG },
		{ "a name and no value", PATH2(9, 1), bytes_of("[{\"n\":\"/9/1/2\"}]"), -EBADMSG },
		{ "two values", PATH2(9, 1), bytes_of("[{\"n\":\"/9/1/2\",\"v\":1,\"vb\":true}]"), -EBADMSG },
		{ "a value twice", PATH2(9, 1), bytes_of("[{\"n\":\"/9/1/2\",\"v\":1,\"v\":1}]"), -EBADMSG },
		{ "a resource and its instance", PATH2(9, 1),
			bytes_of("[{\"bn\":\"/9/1/6\",\"vd\":\"-T\"},{\"n\":\"/0\",\"vd\":\"-T\"}]"), -EBADMSG },
		{ "an instance and its resource", PATH2(9, 1),
			bytes_of("[{\"n\":\"/9/1/6/0\",\"vd\":\"-T\"},{\"n\":\"/9/1/6\",\"vd\":\"-T\"}]"), -EBADMSG },
		{ "a resource twice", PATH2(9, 1),
			bytes_of("[{\"n\":\"/9/1/2\",\"v\":1},{\"n\":\"/9/1/2\",\"v\":2}]"), -EBADMSG },
		{ "no name", PATH2(9, 1), bytes_of("[{\"v\":1}]"), -EBADMSG },
		{ "another instance", PATH2(9, 2), bytes_of("[{\"n\":\"/9/1/2\",\"v\":1}]"), -EBADMSG },
		{ "a value for an instance", PATH2(9, 1), bytes_of("[{\"n\":\"/9/1\",\"v\":1}]"), -EBADMSG },
		{ "a name that is no path", PATH2(9, 1), bytes_of("[{\"n\":\"/9/1/x\",\"v\":1}]"), -EBADMSG },
		{ "a name without slash before", PATH2(9, 1), bytes_of("[{\"n\":\"9/1/2\",\"v\":1}]"),
			-EBADMSG },
		{ "a very long name", PATH2(9, 1),
			bytes_of("[{\"n\":\"/9/1/222222222222222222222222222\",\"v\":1}]"), -EBADMSG },
		{ "text that is not UTF-8", PATH2(9, 1), bytes_of("[{\"n\":\"/9/1/1\",\"vs\":\"\xFF\"}]"),
			-EBADMSG },
		{ "text with a NUL", PATH2(9, 1), bytes_of("[{\"n\":\"/9/1/1\",\"vs\":\"a\\u0000\"}]"),
			-EBADMSG },
		{ "half a surrogate", PATH2(9, 1), bytes_of("[{\"n\":\"/9/1/1\",\"vs\":\"\\ud83d\"}]"),
			-EBADMSG },
		{ "a control character", PATH2(9, 1), bytes_of("[{\"n\":\"/9/1/1\",\"vs\":\"\n\"}]"),
			-EBADMSG },
		{ "an integer past 64 bits", PATH2(9, 1),
			bytes_of("[{\"n\":\"/9/1/2\",\"v\":9223372036854775808}]"), -EBADMSG },
		{ "a float past doubles", PATH2(9, 1), bytes_of("[{\"n\":\"/9/1/4\",\"v\":1e999}]"),
			-EBADMSG },
		{ "not a number", PATH2(9, 1), bytes_of("[{\"n\":\"/9/1/4\",\"v\":NaN}]"), -EBADMSG },
	};
	const struct vector not_encodable[] = {
		{ "no value", PATH2(1, 0), { 0 }, { { PATH3(1, 0, 2), 0, VALUE_NOTHING() } } },
		{ "outside of the base", PATH2(1, 0), { 0 }, { { PATH3(1, 1, 2), 0, VALUE_INTEGER(1) } } },
		{ "not a number", PATH2(1, 0), { 0 }, { { PATH3(1, 0, 4), 0, VALUE_FLOAT(NAN) } } },
		{ "infinite", PATH2(1, 0), { 0 }, { { PATH3(1, 0, 4), 0, VALUE_FLOAT(-INFINITY) } } },
	};

	vectors_refuse(CODEC_SENML_JSON, refusals, ELEMENTSOF(refusals));
	vectors_not_encodable(CODEC_SENML_JSON, not_encodable, ELEMENTSOF(not_encodable));
}

/* jansson would make a tree of a hundred times the size of this, or nest as deep. */
static void test_structure_is_bounded(void **state)
{
	static const char *const pieces[] = { "{},", "[", "[[],", "{\"a\":", "0," };
	static char payload[200000];

	for (size_t i = 0; i < ELEMENTSOF(pieces); i++) {
		size_t len = strlen(pieces[i]), n = sizeof(payload) / len;
		struct refusal refusal = { "many", PATH2(9, 1), BYTES(payload, 1 + (n - 1) * len), -E2BIG };

		payload[0] = '[';
		for (size_t k = 0; k + 1 < n; k++)
			memcpy(payload + 1 + k * len, pieces[i], len);
		vectors_refuse(CODEC_SENML_JSON, &refusal, 1);
	}
}

/* The payload may go once it is decoded. */
static void test_records_are_their_own(void **state)
{
	_cleanup_(records_deinit) struct records records = { 0 };
	char payload[] = "[{\"n\":\"/9/1/1\",\"vs\":\"text\"},{\"n\":\"/9/1/6\",\"vd\":\"AAEC\"}]";

	assert_int_equal(codec_decode(CODEC_SENML_JSON, &PATH1(9), bytes_of(payload), NULL, &records), 0);
	memset(payload, 'x', sizeof(payload));
	assert_true(value_equal(&records.items[0].value, &VALUE_STRING("text")));
	assert_true(value_equal(&records.items[1].value, &VALUE_OPAQUE("\0\1\2", 3)));
}

/* A plugin's text need not be UTF-8; what is sent is. */
static void test_bad_text_is_mended(void **state)
{
	const struct vector vector = { "Latin-1", PATH3(9, 1, 1),
		bytes_of("[{\"bn\":\"/9/1/1\",\"vs\":\"Gr\uFFFD\uFFFD\\\"e\"}]"),
		{ { PATH3(9, 1, 1), 0, VALUE_STRING("Gr\xFC\xDF\"e") } } };

	vectors_encode(CODEC_SENML_JSON, &vector, 1);
}

static void test_unsigned_past_int64(void **state)
{
	const struct vector vector = { "sent only", PATH3(9, 1, 3),
		bytes_of("[{\"bn\":\"/9/1/3\",\"v\":18446744073709551615}]"),
		{ { PATH3(9, 1, 3), 0, VALUE_UNSIGNED(UINT64_MAX) } } };

	vectors_encode(CODEC_SENML_JSON, &vector, 1);
}

static void test_round_trip(void **state)
{
	vectors_round_trip(CODEC_SENML_JSON);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
		cmocka_unit_test(rule_36_senml_members),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_structure_is_bounded),
		cmocka_unit_test(test_records_are_their_own),
		cmocka_unit_test(test_bad_text_is_mended),
		cmocka_unit_test(test_unsigned_past_int64),
		cmocka_unit_test(test_round_trip),
	};

	return cmocka_run_group_tests_name("lwm2m/codec-senml-json", tests, NULL, NULL);
}
