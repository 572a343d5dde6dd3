/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

static void test_forms(void **state)
{
	static const struct {
		const char *text;
		struct path path;
	} paths[] = {
		{ "/", { .depth = 0 } },
		{ "/0", { { 0 }, 1 } },
		{ "/3", { { 3 }, 1 } },
		{ "/3/0", { { 3, 0 }, 2 } },
		{ "/3/0/10", { { 3, 0, 10 }, 3 } },
		{ "/3/0/7/1", { { 3, 0, 7, 1 }, 4 } },
		{ "/65534/65534/65534/65534", { { 65534, 65534, 65534, 65534 }, 4 } },
	};

	for (size_t i = 0; i < ELEMENTSOF(paths); i++) {
		struct path path;
		char text[PATH_TEXT_MAX];

		assert_int_equal(path_parse(bytes_of(paths[i].text), &path), 0);
		assert_true(path_equal(&path, &paths[i].path));
		assert_int_equal(path_format(&path, text), strlen(paths[i].text));
		assert_string_equal(text, paths[i].text);
	}
}

static void test_refused(void **state)
{
	static const char *const texts[] = {
		"", "3", "3/0", "//", "///", "/3/", "/3//0", "//3", "/3/0/7/1/2", "/3/0/7/1/", "/03", "/00",
		"/-1", "/+1",
		"/ 3", "/3 ", "/65535", "/65536", "/99999", "/100000", "/4294967299", "/3/0/65535", "/a",
		"/3/0x1", "/3.0",
	};
	struct path path = PATH3(1, 2, 3);

	for (size_t i = 0; i < ELEMENTSOF(texts); i++)
		if (path_parse(bytes_of(texts[i]), &path) != -EINVAL)
			fail_msg("\"%s\" is taken", texts[i]);
	assert_int_equal(path_parse(BYTES_LITERAL("/3\0"), &path), -EINVAL);
	assert_int_equal(path_parse(BYTES(NULL, 0), &path), -EINVAL);
	assert_true(path_equal(&path, &PATH3(1, 2, 3)));
}

static void test_id(void **state)
{
	uint16_t id = 7;

	assert_int_equal(path_id_parse(BYTES_LITERAL("65535"), false, &id), -EINVAL);
	assert_int_equal(id, 7);
	assert_int_equal(path_id_parse(BYTES_LITERAL("65535"), true, &id), 0);
	assert_int_equal(id, PATH_ID_NONE);
	assert_int_equal(path_id_parse(BYTES_LITERAL("65536"), true, &id), -EINVAL);
	assert_int_equal(path_id_parse(BYTES(NULL, 0), true, &id), -EINVAL);
	assert_int_equal(path_id_parse(BYTES_LITERAL("0"), false, &id), 0);
	assert_int_equal(id, 0);
}

static void test_below(void **state)
{
	static const struct {
		struct path path;
		unsigned int depth;
		const char *text;
	} cases[] = {
		{ { { 3, 0, 0, 1 }, 4 }, 2, "0/1" },
		{ { { 3, 0, 0, 1 }, 4 }, 0, "3/0/0/1" },
		{ { { 3, 0, 0, 1 }, 4 }, 4, "" },
		{ { .depth = 0 }, 0, "" },
		{ { { 65534, 65534, 65534, 65534 }, 4 }, 0, "65534/65534/65534/65534" },
	};

	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		char text[PATH_TEXT_MAX - 1];
		size_t len = path_format_below(&cases[i].path, cases[i].depth, text);

		assert_string_equal(text, cases[i].text);
		assert_int_equal(len, strlen(text));
	}
}

static void test_contains(void **state)
{
	assert_true(path_contains(&PATH0(), &PATH0()));
	assert_true(path_contains(&PATH0(), &PATH3(3, 0, 1)));
	assert_true(path_contains(&PATH1(3), &PATH1(3)));
	assert_true(path_contains(&PATH2(3, 0), &PATH4(3, 0, 7, 1)));
	assert_false(path_contains(&PATH2(3, 0), &PATH1(3)));
	assert_false(path_contains(&PATH2(3, 0), &PATH3(3, 1, 7)));
	assert_false(path_contains(&PATH1(3), &PATH0()));
}

static void test_order(void **state)
{
	static const struct path sorted[] = {
		{ .depth = 0 }, { { 3 }, 1 }, { { 3, 0 }, 2 }, { { 3, 0, 0 }, 3 }, { { 3, 0, 0, 0 }, 4 },
		{ { 3, 0, 0, 1 }, 4 },
		{ { 3, 0, 1 }, 3 }, { { 3, 1 }, 2 }, { { 4 }, 1 }, { { 10 }, 1 }, { { 65534 }, 1 },
	};

	for (size_t i = 0; i < ELEMENTSOF(sorted); i++)
		for (size_t j = 0; j < ELEMENTSOF(sorted); j++) {
			int order = path_compare(&sorted[i], &sorted[j]);

			assert_int_equal(order < 0, i < j);
			assert_int_equal(order > 0, i > j);
		}
}

/* Equal paths have equal bytes, whichever way they came about. */
static void test_prefix(void **state)
{
	struct path path = path_prefix(PATH4(3, 5, 7, 9), PATH_INSTANCE);

	assert_true(path_equal(&path, &PATH2(3, 5)));
	path = path_child(path, 7);
	assert_true(path_equal(&path, &PATH3(3, 5, 7)));
	path = path_prefix(path, PATH_ROOT);
	assert_true(path_equal(&path, &PATH0()));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_id),
		cmocka_unit_test(test_below),
		cmocka_unit_test(test_contains),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_prefix),
	};

	return cmocka_run_group_tests_name("lwm2m/path", tests, NULL, NULL);
}
