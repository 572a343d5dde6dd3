/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

#include "lwm2m/senml.h"

static void test_members(void **state)
{
	static const struct {
		const char *name;
		int label;
		enum senml_member member;
	} members[] = {
		{ "bver", -1, SENML_VERSION }, { "bn", -2, SENML_BASE_NAME }, { "bt", -3, SENML_BASE_TIME },
		{ "bu", -4, SENML_IGNORED }, { "bv", -5, SENML_BASE_VALUE }, { "bs", -6, SENML_IGNORED },
		{ "n", 0, SENML_NAME }, { "u", 1, SENML_IGNORED }, { "v", 2, SENML_VALUE },
		{ "vs", 3, SENML_STRING },
		{ "vb", 4, SENML_BOOLEAN }, { "s", 5, SENML_IGNORED }, { "t", 6, SENML_TIME },
		{ "ut", 7, SENML_IGNORED },
		{ "vd", 8, SENML_DATA },
	};

	for (size_t i = 0; i < ELEMENTSOF(members); i++) {
		assert_int_equal(senml_member_by_name(bytes_of(members[i].name)), members[i].member);
		assert_int_equal(senml_member_by_label(members[i].label), members[i].member);
	}
	assert_int_equal(senml_member_by_name(bytes_of("vlo")), SENML_LINK);
	assert_int_equal(senml_member_by_name(bytes_of("N")), SENML_IGNORED);
	assert_int_equal(senml_member_by_name(bytes_of("")), SENML_IGNORED);
	assert_int_equal(senml_member_by_name(bytes_of("x_")), -EBADMSG);
	assert_int_equal(senml_member_by_name(bytes_of("_")), -EBADMSG);
	for (int64_t label = INT8_MIN; label <= INT8_MAX; label++)
		if (label < -6 || label > 8)
			assert_int_equal(senml_member_by_label(label), SENML_IGNORED);
	assert_int_equal(senml_member_by_label(INT64_MAX), SENML_IGNORED);
	assert_int_equal(senml_member_by_label(INT64_C(1) << 32), SENML_IGNORED);
}

static void test_names(void **state)
{
	static const struct {
		struct path base, path;
		const char *base_name, *name;
	} names[] = {
		{ { { 3, 0 }, 2 }, { { 3, 0, 9 }, 3 }, "/3/0/", "9" },
		{ { { 3, 0 }, 2 }, { { 3, 0, 7, 1 }, 4 }, "/3/0/", "7/1" },
		{ { { 3, 0, 9 }, 3 }, { { 3, 0, 9 }, 3 }, "/3/0/9", "" },
		{ { { 3, 0, 7 }, 3 }, { { 3, 0, 7, 1 }, 4 }, "/3/0/7/", "1" },
		{ { { 3 }, 1 }, { { 3, 0, 9 }, 3 }, "/3/", "0/9" },
		{ { .depth = 0 }, { { 3, 0, 9 }, 3 }, "/", "3/0/9" },
		{ { { 65534, 65534, 65534 }, 3 }, { { 65534, 65534, 65534, 65534 }, 4 },
			"/65534/65534/65534/", "65534" },
		{ { { 65534, 65534, 65534, 65534 }, 4 }, { { 65534, 65534, 65534, 65534 }, 4 },
			"/65534/65534/65534/65534", "" },
		{ { .depth = 0 }, { { 65534, 65534, 65534, 65534 }, 4 }, "/", "65534/65534/65534/65534" },
	};

	for (size_t i = 0; i < ELEMENTSOF(names); i++) {
		char text[SENML_NAME_MAX];
		size_t len = senml_base_name(&names[i].base, &names[i].path, text);

		assert_true(bytes_equal(BYTES(text, len), bytes_of(names[i].base_name)));
		len = senml_name(&names[i].base, &names[i].path, text);
		assert_true(bytes_equal(BYTES(text, len), bytes_of(names[i].name)));
	}
}

static void test_set(void **state)
{
	struct senml_record record = { 0 };

	assert_int_equal(senml_set(&record, SENML_NAME, &VALUE_STRING("9")), 0);
	assert_int_equal(senml_set(&record, SENML_NAME, &VALUE_STRING("9")), -EBADMSG);
	assert_int_equal(senml_set(&record, SENML_IGNORED, &VALUE_STRING("9")), 0);
	assert_int_equal(senml_set(&record, SENML_IGNORED, &VALUE_STRING("9")), 0);
	assert_int_equal(senml_set(&record, SENML_TIME, &VALUE_UNSIGNED(5)), 0);
	assert_int_equal(senml_set(&record, SENML_VALUE, &VALUE_INTEGER(5)), 0);
	assert_int_equal(senml_set(&record, SENML_STRING, &VALUE_STRING("a")), -EBADMSG);
	assert_true(value_equal(&record.value, &VALUE_INTEGER(5)));
	assert_true(record.time == 5);
}

/* What one record sets as base holds for those after it. */
static void test_add(void **state)
{
	_cleanup_(records_deinit) struct records records = { 0 };
	struct senml senml = { .records = &records };
	struct senml_record base = { 0 }, record = { 0 }, whole = { 0 };

	assert_int_equal(senml_set(&base, SENML_BASE_NAME, &VALUE_STRING("/3/0/")), 0);
	assert_int_equal(senml_set(&base, SENML_BASE_TIME, &VALUE_FLOAT(100.5)), 0);
	assert_int_equal(senml_add(&senml, &base), 0);
	assert_int_equal(records.count, 0);
	assert_int_equal(senml_set(&record, SENML_NAME, &VALUE_STRING("9")), 0);
	assert_int_equal(senml_add(&senml, &record), -EBADMSG);
	assert_int_equal(senml_set(&record, SENML_TIME, &VALUE_INTEGER(-1)), 0);
	assert_int_equal(senml_set(&record, SENML_VALUE, &VALUE_INTEGER(5)), 0);
	assert_int_equal(senml_add(&senml, &record), 0);
	assert_int_equal(senml_set(&whole, SENML_BASE_NAME, &VALUE_STRING("/4/0/1")), 0);
	assert_int_equal(senml_set(&whole, SENML_VALUE, &VALUE_INTEGER(6)), 0);
	assert_int_equal(senml_add(&senml, &whole), 0);
	assert_int_equal(records.count, 2);
	assert_true(path_equal(&records.items[0].path, &PATH3(3, 0, 9)));
	assert_true(records.items[0].time == 99.5);
	assert_true(path_equal(&records.items[1].path, &PATH3(4, 0, 1)));
	assert_true(records.items[1].time == 100.5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_add),
	};

	return cmocka_run_group_tests_name("lwm2m/senml", tests, NULL, NULL);
}
