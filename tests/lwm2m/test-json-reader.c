/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

#include "lwm2m/json-reader.h"

static int read_value(const char *text, struct value *ret)
{
	_cleanup_(json_tree_freep) json_t *tree = NULL;
	int r = json_read_tree(bytes_of(text), 8, &tree);

	return r < 0 ? r : json_read_value(json_array_get(tree, 0), ret);
}

static void test_values(void **state)
{
	const struct {
		const char *text;
		struct value value;
	} cases[] = {
		{ "[1]", VALUE_INTEGER(1) },
		{ "[-9223372036854775808]", VALUE_INTEGER(INT64_MIN) },
		{ "[9223372036854775807]", VALUE_INTEGER(INT64_MAX) },
		{ "[1.0]", VALUE_FLOAT(1) },
		{ "[1e3]", VALUE_FLOAT(1000) },
		{ "[true]", VALUE_BOOLEAN(true) },
		{ "[null]", VALUE_NOTHING() },
	};
	struct value value;

	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		assert_int_equal(read_value(cases[i].text, &value), 0);
		assert_true(value_equal(&value, &cases[i].value));
	}
	assert_int_equal(read_value("[[]]", &value), -EBADMSG);
	assert_int_equal(read_value("[{}]", &value), -EBADMSG);
	/* jansson's limit */
	assert_int_equal(read_value("[9223372036854775808]", &value), -EBADMSG);
}

static void test_trees_that_are_none(void **state)
{
	static const char *const texts[] = {
		"",
		"[",
		"[]]",
		"{\"a\":1,\"a\":2}",
		"[1,]",
		"[\"\xFF\"]",
		"[01]",
		"['a']",
		"[NaN]",
		"[1e999]",
	};
	json_t *tree = NULL;

	for (size_t i = 0; i < ELEMENTSOF(texts); i++)
		assert_int_equal(json_read_tree(bytes_of(texts[i]), 100, &tree), -EBADMSG);
	assert_int_equal(json_read_tree(BYTES(NULL, 0), 100, &tree), -EBADMSG);
	assert_null(tree);
}

/* What is within strings does not count. */
static void test_structure(void **state)
{
	static const struct {
		const char *text;
		size_t structure;
	} cases[] = {
		{ "[]", 1 },
		{ "[1,2,3]", 3 },
		{ "{\"a\":{\"b\":[1,2]}}", 4 },
		{ "[\"[[[,,,{{{\"]", 1 },
		{ "[\"\\\"[[[\",1]", 2 },
		{ "[\"\\\\\",1]", 2 },
	};

	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		_cleanup_(json_tree_freep) json_t *tree = NULL;
		struct bytes text = bytes_of(cases[i].text);

		assert_int_equal(json_read_tree(text, cases[i].structure - 1, &tree), -E2BIG);
		assert_int_equal(json_read_tree(text, cases[i].structure, &tree), 0);
	}
}

static void test_text_is_kept(void **state)
{
	_cleanup_(records_deinit) struct records records = { 0 };
	char text[] = "text";
	struct value value = VALUE_STRING(text), number = VALUE_INTEGER(1), empty = VALUE_STRING("");

	assert_int_equal(json_keep_text(&records, &value), 0);
	assert_int_equal(json_keep_text(&records, &number), 0);
	assert_int_equal(json_keep_text(&records, &empty), 0);
	memset(text, 'x', sizeof(text));
	assert_true(value_equal(&value, &VALUE_STRING("text")));
	assert_true(value_equal(&number, &VALUE_INTEGER(1)));
	assert_true(value_equal(&empty, &VALUE_STRING("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_trees_that_are_none),
		cmocka_unit_test(test_structure),
		cmocka_unit_test(test_text_is_kept),
	};

	return cmocka_run_group_tests_name("lwm2m/json-reader", tests, NULL, NULL);
}
