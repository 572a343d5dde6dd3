/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

#include <math.h>

static void test_examples(void **state)
{
	const struct vector vectors[] = {
		/* OMA LwM2M 1.0, 6.4.4 */
		{ "Device", PATH2(3, 0),
			bytes_of("{\"bn\":\"/3/0/\",\"e\":[{\"n\":\"0\",\"sv\":\"Open Mobile Alliance\"},"
				 "{\"n\":\"1\",\"sv\":\"Lightweight M2M "
				 "Client\"},{\"n\":\"2\",\"sv\":\"345000123\"},"
				 "{\"n\":\"3\",\"sv\":\"1.0\"},{\"n\":\"6/0\",\"v\":1},{\"n\":\"6/"
				 "1\",\"v\":5},"
				 "{\"n\":\"7/0\",\"v\":3800},{\"n\":\"7/1\",\"v\":5000},{\"n\":\"8/"
				 "0\",\"v\":125},"
				 "{\"n\":\"8/1\",\"v\":900},{\"n\":\"9\",\"v\":100},{\"n\":\"10\",\"v\":15},"
				 "{\"n\":\"11/"
				 "0\",\"v\":0},{\"n\":\"13\",\"v\":1367491215},{\"n\":\"14\",\"sv\":\"+02:"
				 "00\"},"
				 "{\"n\":\"16\",\"sv\":\"U\"}]}"),
			VECTORS_DEVICE },
		{ "object links", PATH0(),
			bytes_of("{\"bn\":\"/\",\"e\":[{\"n\":\"65/0/0/0\",\"ov\":\"66:0\"},"
				 "{\"n\":\"65/0/0/1\",\"ov\":\"66:1\"},{\"n\":\"65/0/"
				 "1\",\"sv\":\"8613800755500\"},"
				 "{\"n\":\"65/0/2\",\"v\":1},{\"n\":\"66/0/0\",\"sv\":\"myService1\"},"
				 "{\"n\":\"66/1/2\",\"ov\":\"65535:65535\"}]}"),
			{
				{ PATH4(65, 0, 0, 0), 0, VALUE_OBJLNK(66, 0) },
				{ PATH4(65, 0, 0, 1), 0, VALUE_OBJLNK(66, 1) },
				{ PATH3(65, 0, 1), 0, VALUE_STRING("8613800755500") },
				{ PATH3(65, 0, 2), 0, VALUE_INTEGER(1) },
				{ PATH3(66, 0, 0), 0, VALUE_STRING("myService1") },
				{ PATH3(66, 1, 2), 0, VALUE_OBJLNK(65535, 65535) },
			} },
		{ "every type", PATH2(9, 1),
			bytes_of("{\"bn\":\"/9/1/"
				 "\",\"e\":[{\"n\":\"1\",\"sv\":\"é\"},{\"n\":\"2\",\"v\":-"
				 "9223372036854775808},"
				 "{\"n\":\"3\",\"v\":9223372036854775807},{\"n\":\"4\",\"v\":-273.15},"
				 "{\"n\":\"5\",\"bv\":true},{\"n\":\"15\",\"bv\":false},{\"n\":\"6\",\"sv\":"
				 "\"+/8=\"},"
				 "{\"n\":\"7\",\"v\":-1},{\"n\":\"8\",\"ov\":\"10:3\"},{\"n\":\"9\",\"sv\":"
				 "\"</3>\"}]}"),
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
		{ "a resource", PATH3(3, 0, 0), bytes_of("{\"bn\":\"/3/0/0\",\"e\":[{\"sv\":\"OMA\"}]}"),
			{ { PATH3(3, 0, 0), 0, VALUE_STRING("OMA") } } },
		{ "a multiple resource", PATH3(3, 0, 7),
			bytes_of("{\"bn\":\"/3/0/7/\",\"e\":[{\"n\":\"1\",\"v\":5}]}"),
			{ { PATH4(3, 0, 7, 1), 0, VALUE_INTEGER(5) } } },
		{ "a resource instance", PATH4(3, 0, 7, 1),
			bytes_of("{\"bn\":\"/3/0/7/1\",\"e\":[{\"v\":5}]}"),
			{ { PATH4(3, 0, 7, 1), 0, VALUE_INTEGER(5) } } },
		{ "nothing", PATH2(3, 0), bytes_of("{\"bn\":\"/3/0\",\"e\":[]}") },
		{ "empty text and bytes", PATH2(9, 1),
			bytes_of("{\"bn\":\"/9/1/"
				 "\",\"e\":[{\"n\":\"1\",\"sv\":\"\"},{\"n\":\"6\",\"sv\":\"\"}]}"),
			{
				{ PATH3(9, 1, 1), 0, VALUE_STRING("") },
				{ PATH3(9, 1, 6), 0, VALUE_OPAQUE("", 0) },
			} },
		{ "text that needs escapes", PATH3(9, 1, 1),
			bytes_of("{\"bn\":\"/9/1/1\",\"e\":[{\"sv\":\"a\\\"b\\\\c\\u000a/😀\"}]}"),
			{ { PATH3(9, 1, 1), 0, VALUE_STRING("a\"b\\c\n/😀") } } },
		{ "times count back from the latest", PATH2(9, 1),
			bytes_of("{\"bn\":\"/9/1/\",\"bt\":1367491215,\"e\":[{\"n\":\"2\",\"t\":-5,\"v\":1},"
				 "{\"n\":\"12\",\"v\":2},{\"n\":\"22\",\"t\":-30,\"v\":3}]}"),
			{
				{ PATH3(9, 1, 2), 1367491210, VALUE_INTEGER(1) },
				{ PATH3(9, 1, 12), 1367491215, VALUE_INTEGER(2) },
				{ PATH3(9, 1, 22), 1367491185, VALUE_INTEGER(3) },
			} },
		{ "times that count from now stay as they are", PATH2(9, 1),
			bytes_of("{\"bn\":\"/9/1/"
				 "\",\"e\":[{\"n\":\"2\",\"t\":-5,\"v\":1},{\"n\":\"12\",\"v\":2}]}"),
			{
				{ PATH3(9, 1, 2), -5, VALUE_INTEGER(1) },
				{ PATH3(9, 1, 12), 0, VALUE_INTEGER(2) },
			} },
		{ "times that would lose something are whole", PATH2(9, 1),
			bytes_of("{\"bn\":\"/9/1/"
				 "\",\"e\":[{\"n\":\"2\",\"t\":0.1,\"v\":1},{\"n\":\"12\",\"t\":1367491215.7,"
				 "\"v\":2}]}"),
			{
				{ PATH3(9, 1, 2), 0.1, VALUE_INTEGER(1) },
				{ PATH3(9, 1, 12), 1367491215.7, VALUE_INTEGER(2) },
			} },
	};

	vectors_encode(CODEC_LWM2M_JSON, vectors, ELEMENTSOF(vectors));
	vectors_decode(CODEC_LWM2M_JSON, vectors, ELEMENTSOF(vectors));
}

static void test_received(void **state)
{
	const struct record one = { PATH3(9, 1, 2), 0, VALUE_INTEGER(5) };
	const struct vector vectors[] = {
		{ "no base name: below the request's path", PATH2(9, 1),
			bytes_of("{\"e\":[{\"n\":\"2\",\"v\":5}]}"), { one } },
		{ "no base name, and the request's path itself", PATH3(9, 1, 2),
			bytes_of("{\"e\":[{\"v\":5}]}"), { one } },
		{ "no base name, and an empty name", PATH3(9, 1, 2),
			bytes_of("{\"e\":[{\"n\":\"\",\"v\":5}]}"), { one } },
		{ "no base name, and a whole name", PATH2(9, 1),
			bytes_of("{\"e\":[{\"n\":\"/9/1/2\",\"v\":5}]}"), { one } },
		{ "an empty base name", PATH2(9, 1), bytes_of("{\"bn\":\"\",\"e\":[{\"n\":\"2\",\"v\":5}]}"),
			{ one } },
		{ "no slash at the end", PATH2(9, 1),
			bytes_of("{\"bn\":\"/9/1\",\"e\":[{\"n\":\"2\",\"v\":5}]}"), { one } },
		{ "a slash before the name", PATH2(9, 1),
			bytes_of("{\"bn\":\"/9/1\",\"e\":[{\"n\":\"/2\",\"v\":5}]}"), { one } },
		{ "both slashes", PATH2(9, 1), bytes_of("{\"bn\":\"/9/1/\",\"e\":[{\"n\":\"/2\",\"v\":5}]}"),
			{ one } },
		{ "no slash at the beginning", PATH2(9, 1),
			bytes_of("{\"bn\":\"9/1/\",\"e\":[{\"n\":\"2\",\"v\":5}]}"), { one } },
		{ "a base name that is all", PATH2(9, 1), bytes_of("{\"bn\":\"/9/1/2/\",\"e\":[{\"v\":5}]}"),
			{ one } },
		{ "the root", PATH2(9, 1), bytes_of("{\"bn\":\"/\",\"e\":[{\"n\":\"9/1/2\",\"v\":5}]}"),
			{ one } },
		{ "any order, white space, what is unknown", PATH2(9, 1),
			bytes_of(" { \"e\" : [ { \"u\":\"Cel\", \"v\" : 5 , \"n\":\"2\" } ] ,\r\n\"x\":[{}], "
				 "\"bn\":\"/9/1/\" } "),
			{ one } },
		{ "Base64 of either alphabet, padded or not", PATH2(9, 1),
			bytes_of("{\"e\":[{\"n\":\"6\",\"sv\":\"-_8\"},{\"n\":\"16\",\"sv\":\"+/8\"}]}"),
			{
				{ PATH3(9, 1, 6), 0, VALUE_OPAQUE("\xFB\xFF", 2) },
				{ PATH3(9, 1, 16), 0, VALUE_OPAQUE("\xFB\xFF", 2) },
			} },
		{ "whole numbers however they are written", PATH2(9, 1),
			bytes_of("{\"e\":[{\"n\":\"2\",\"v\":1.0},{\"n\":\"3\",\"v\":1e3},{\"n\":\"4\",\"v\":"
				 "2}]}"),
			{
				{ PATH3(9, 1, 2), 0, VALUE_INTEGER(1) },
				{ PATH3(9, 1, 3), 0, VALUE_UNSIGNED(1000) },
				{ PATH3(9, 1, 4), 0, VALUE_FLOAT(2) },
			} },
		{ "a time without base", PATH2(9, 1), bytes_of("{\"e\":[{\"n\":\"2\",\"t\":-30,\"v\":5}]}"),
			{ { PATH3(9, 1, 2), -30, VALUE_INTEGER(5) } } },
	};

	vectors_decode(CODEC_LWM2M_JSON, vectors, ELEMENTSOF(vectors));
}

static void test_types(void **state)
{
	const struct refusal refusals[] = {
		{ "a fraction for an integer", PATH2(9, 1), bytes_of("{\"e\":[{\"n\":\"2\",\"v\":1.5}]}"),
			-ERANGE },
		{ "a negative number for an unsigned", PATH2(9, 1),
			bytes_of("{\"e\":[{\"n\":\"3\",\"v\":-1}]}"), -ERANGE },
		{ "a number for a boolean", PATH2(9, 1), bytes_of("{\"e\":[{\"n\":\"5\",\"v\":1}]}"),
			-EINVAL },
		{ "a number for text", PATH2(9, 1), bytes_of("{\"e\":[{\"n\":\"1\",\"v\":1}]}"), -EINVAL },
		{ "a number for bytes", PATH2(9, 1), bytes_of("{\"e\":[{\"n\":\"6\",\"v\":1}]}"), -EINVAL },
		{ "text for a number", PATH2(9, 1), bytes_of("{\"e\":[{\"n\":\"2\",\"sv\":\"1\"}]}"),
			-EINVAL },
		{ "no Base64", PATH2(9, 1), bytes_of("{\"e\":[{\"n\":\"6\",\"sv\":\"A\"}]}"), -EINVAL },
		{ "half a link", PATH2(9, 1), bytes_of("{\"e\":[{\"n\":\"8\",\"ov\":\"1\"}]}"), -EINVAL },
		{ "a link for a number", PATH2(9, 1), bytes_of("{\"e\":[{\"n\":\"2\",\"ov\":\"1:2\"}]}"),
			-EINVAL },
		{ "text with a NUL", PATH2(9, 1), bytes_of("{\"e\":[{\"n\":\"1\",\"sv\":\"a\\u0000\"}]}"),
			-EBADMSG },
	};

	vectors_refuse(CODEC_LWM2M_JSON, refusals, ELEMENTSOF(refusals));
}

static void test_refused(void **state)
{
	const struct refusal refusals[] = {
		{ "nothing", PATH2(9, 1), bytes_of(""), -EBADMSG },
		{ "no bytes", PATH2(9, 1), { 0 }, -EBADMSG },
		{ "an array", PATH2(9, 1), bytes_of("[{\"n\":\"/9/1/2\",\"v\":1}]"), -EBADMSG },
		{ "no entries", PATH2(9, 1), bytes_of("{\"bn\":\"/9/1/\"}"), -EBADMSG },
		{ "entries that are no array", PATH2(9, 1), bytes_of("{\"e\":{\"n\":\"2\",\"v\":1}}"),
			-EBADMSG },
		{ "entries that are numbers", PATH2(9, 1), bytes_of("{\"e\":[5]}"), -EBADMSG },
		{ "entries twice", PATH2(9, 1), bytes_of("{\"e\":[],\"e\":[]}"), -EBADMSG },
		{ "no end", PATH2(9, 1), bytes_of("{\"e\":[{\"n\":\"2\",\"v\":1}]"), -EBADMSG },
		{ "more than the object", PATH2(9, 1), bytes_of("{\"e\":[{\"n\":\"2\",\"v\":1}]}}"),
			-EBADMSG },
		{ "no value", PATH2(9, 1), bytes_of("{\"e\":[{\"n\":\"2\"}]}"), -EBADMSG },
		{ "two values", PATH2(9, 1), bytes_of("{\"e\":[{\"n\":\"2\",\"v\":1,\"sv\":\"1\"}]}"),
			-EBADMSG },
		{ "a value twice", PATH2(9, 1), bytes_of("{\"e\":[{\"n\":\"2\",\"v\":1,\"v\":1}]}"),
			-EBADMSG },
		{ "null", PATH2(9, 1), bytes_of("{\"e\":[{\"n\":\"2\",\"v\":null}]}"), -EBADMSG },
		{ "text as number member", PATH2(9, 1), bytes_of("{\"e\":[{\"n\":\"2\",\"v\":\"1\"}]}"),
			-EBADMSG },
		{ "a number as text member", PATH2(9, 1), bytes_of("{\"e\":[{\"n\":\"1\",\"sv\":1}]}"),
			-EBADMSG },
		{ "text as boolean member", PATH2(9, 1), bytes_of("{\"e\":[{\"n\":\"5\",\"bv\":\"true\"}]}"),
			-EBADMSG },
		{ "a number as link member", PATH2(9, 1), bytes_of("{\"e\":[{\"n\":\"8\",\"ov\":1}]}"),
			-EBADMSG },
		{ "an array as value", PATH2(9, 1), bytes_of("{\"e\":[{\"n\":\"2\",\"v\":[1]}]}"), -EBADMSG },
		{ "a number as name", PATH2(9, 1), bytes_of("{\"e\":[{\"n\":2,\"v\":1}]}"), -EBADMSG },
		{ "a number as base name", PATH2(9, 1), bytes_of("{\"bn\":9,\"e\":[{\"n\":\"2\",\"v\":1}]}"),
			-EBADMSG },
		{ "text as time", PATH2(9, 1), bytes_of("{\"e\":[{\"n\":\"2\",\"t\":\"1\",\"v\":1}]}"),
			-EBADMSG },
		{ "text as base time", PATH2(9, 1), bytes_of("{\"bt\":\"1\",\"e\":[{\"n\":\"2\",\"v\":1}]}"),
			-EBADMSG },
		{ "a time past doubles", PATH2(9, 1),
			bytes_of("{\"bt\":1e308,\"e\":[{\"n\":\"2\",\"t\":1e308,\"v\":1}]}"), -EBADMSG },
		{ "a resource twice", PATH2(9, 1),
			bytes_of("{\"e\":[{\"n\":\"2\",\"v\":1},{\"n\":\"2\",\"v\":1}]}"), -EBADMSG },
		{ "another instance", PATH2(9, 2),
			bytes_of("{\"bn\":\"/9/1/\",\"e\":[{\"n\":\"2\",\"v\":1}]}"), -EBADMSG },
		{ "a value for an instance", PATH2(9, 1), bytes_of("{\"e\":[{\"v\":1}]}"), -EBADMSG },
		{ "a name that is no path", PATH2(9, 1), bytes_of("{\"e\":[{\"n\":\"x\",\"v\":1}]}"),
			-EBADMSG },
		{ "a name of a slash", PATH2(9, 1),
			bytes_of("{\"bn\":\"/9/1/2\",\"e\":[{\"n\":\"/\",\"v\":1}]}"), -EBADMSG },
		{ "too many slashes", PATH2(9, 1),
			bytes_of("{\"bn\":\"/9/1//\",\"e\":[{\"n\":\"2\",\"v\":1}]}"), -EBADMSG },
		{ "a very long name", PATH2(9, 1),
			bytes_of("{\"e\":[{\"n\":\"22222222222222222222222222\",\"v\":1}]}"), -EBADMSG },
		{ "a very long base name", PATH2(9, 1),
			bytes_of("{\"bn\":\"/////////////////////////9/1/\",\"e\":[{\"n\":\"2\",\"v\":1}]}"),
			-EBADMSG },
		{ "text that is not UTF-8", PATH2(9, 1), bytes_of("{\"e\":[{\"n\":\"1\",\"sv\":\"\xFF\"}]}"),
			-EBADMSG },
		{ "an integer past 64 bits", PATH2(9, 1),
			bytes_of("{\"e\":[{\"n\":\"2\",\"v\":9223372036854775808}]}"), -EBADMSG },
	};
	const struct vector not_encodable[] = {
		{ "no value", PATH2(1, 0), { 0 }, { { PATH3(1, 0, 2), 0, VALUE_NOTHING() } } },
		{ "outside of the base", PATH2(1, 0), { 0 }, { { PATH3(1, 1, 2), 0, VALUE_INTEGER(1) } } },
		{ "not a number", PATH2(1, 0), { 0 }, { { PATH3(1, 0, 4), 0, VALUE_FLOAT(NAN) } } },
		{ "infinite", PATH2(1, 0), { 0 }, { { PATH3(1, 0, 4), 0, VALUE_FLOAT(INFINITY) } } },
	};

	vectors_refuse(CODEC_LWM2M_JSON, refusals, ELEMENTSOF(refusals));
	vectors_not_encodable(CODEC_LWM2M_JSON, not_encodable, ELEMENTSOF(not_encodable));
}

/* The payload, and jansson's tree of it, may go once it is decoded. */
static void test_records_are_their_own(void **state)
{
	static const struct codec_types types = { vectors_type, NULL };
	_cleanup_(records_deinit) struct records records = { 0 };
	char payload[] =
		"{\"bn\":\"/9/1/\",\"e\":[{\"n\":\"1\",\"sv\":\"text\"},{\"n\":\"6\",\"sv\":\"AAEC\"}]}";

	assert_int_equal(codec_decode(CODEC_LWM2M_JSON, &PATH1(9), bytes_of(payload), &types, &records), 0);
	memset(payload, 'x', sizeof(payload));
	assert_true(value_equal(&records.items[0].value, &VALUE_STRING("text")));
	assert_true(value_equal(&records.items[1].value, &VALUE_OPAQUE("\0\1\2", 3)));
}

/* A resource nobody knows: text stays text. */
static void test_unknown_types(void **state)
{
	_cleanup_(records_deinit) struct records records = { 0 };

	assert_int_equal(
		codec_decode(CODEC_LWM2M_JSON, &PATH1(9),
			bytes_of("{\"e\":[{\"n\":\"1/6\",\"sv\":\"AAEC\"},{\"n\":\"1/8\",\"ov\":\"1:2\"}]}"),
			NULL, &records),
		0);
	assert_true(value_equal(&records.items[0].value, &VALUE_STRING("AAEC")));
	assert_true(value_equal(&records.items[1].value, &VALUE_OBJLNK(1, 2)));
}

/* Sent whole; what jansson cannot read is refused, never rounded (test_refused). */
static void test_unsigned_past_int64(void **state)
{
	const struct vector vector = { "sent only", PATH3(9, 1, 3),
		bytes_of("{\"bn\":\"/9/1/3\",\"e\":[{\"v\":18446744073709551615}]}"),
		{ { PATH3(9, 1, 3), 0, VALUE_UNSIGNED(UINT64_MAX) } } };

	vectors_encode(CODEC_LWM2M_JSON, &vector, 1);
}

static void test_round_trip(void **state)
{
	vectors_round_trip(CODEC_LWM2M_JSON);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_received),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_records_are_their_own),
		cmocka_unit_test(test_unknown_types),
		cmocka_unit_test(test_unsigned_past_int64),
		cmocka_unit_test(test_round_trip),
	};

	return cmocka_run_group_tests_name("lwm2m/codec-lwm2m-json", tests, NULL, NULL);
}
