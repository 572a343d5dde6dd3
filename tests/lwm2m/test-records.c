/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

#include "lwm2m/records.h"

static void test_add(void **state)
{
	_cleanup_(records_deinit) struct records records = { 0 };

	for (uint16_t i = 0; i < 1000; i++)
		assert_int_equal(records_add(&records, PATH3(3, 0, i), VALUE_INTEGER(i)), 0);
	assert_int_equal(records.count, 1000);
	for (uint16_t i = 0; i < 1000; i++) {
		assert_true(path_equal(&records.items[i].path, &PATH3(3, 0, i)));
		assert_int_equal(records.items[i].value.integer, i);
		assert_true(records.items[i].time == 0);
	}
}

static void test_find(void **state)
{
	_cleanup_(records_deinit) struct records records = { 0 };

	assert_null(records_find(&records, &PATH3(3, 0, 0)));
	assert_int_equal(records_add(&records, PATH4(3, 0, 7, 0), VALUE_INTEGER(1)), 0);
	assert_int_equal(records_add(&records, PATH3(3, 0, 9), VALUE_INTEGER(2)), 0);
	assert_int_equal(records_add(&records, PATH3(3, 0, 9), VALUE_INTEGER(3)), 0);
	assert_null(records_find(&records, &PATH3(3, 0, 7)));
	assert_int_equal(records_find(&records, &PATH4(3, 0, 7, 0))->value.integer, 1);
	assert_int_equal(records_find(&records, &PATH3(3, 0, 9))->value.integer, 2);
}

/* Copies are the list's own and stay where they are while it grows, to far more than one chunk. */
static void test_copies(void **state)
{
	_cleanup_(records_deinit) struct records records = { 0 };
	char text[4000];

	for (uint16_t i = 0; i < 200; i++) {
		size_t len = i * 17U;

		memset(text, 'a' + i % 26, len);
		assert_int_equal(records_add_copy(&records, PATH3(3, 0, i), VALUE_OPAQUE(text, len)), 0);
	}
	memset(text, 0, sizeof(text));
	for (uint16_t i = 0; i < 200; i++) {
		struct bytes bytes = records.items[i].value.bytes;

		assert_int_equal(bytes.len, i * 17U);
		for (size_t k = 0; k < bytes.len; k++)
			assert_int_equal(bytes.data[k], 'a' + i % 26);
	}
}

static void test_borrow(void **state)
{
	_cleanup_(records_deinit) struct records records = { 0 };
	char text[] = "first", other[] = "other";

	assert_int_equal(records_add(&records, PATH3(3, 0, 0), VALUE_STRING(text)), 0);
	assert_int_equal(records_add(&records, PATH3(3, 0, 1), VALUE_STRING(other)), 0);
	assert_ptr_equal(records.items[0].value.bytes.data, text);
	assert_int_equal(records_own(&records, 1), 0);
	memset(other, 'x', sizeof(other));
	assert_ptr_equal(records.items[0].value.bytes.data, text);
	assert_true(value_equal(&records.items[1].value, &VALUE_STRING("other")));
	assert_int_equal(records_own(&records, 0), 0);
	memset(text, 'x', sizeof(text));
	assert_true(value_equal(&records.items[0].value, &VALUE_STRING("first")));
	assert_int_equal(records_own(&records, 2), 0);
}

static void test_allocate(void **state)
{
	_cleanup_(records_deinit) struct records records = { 0 };
	uint8_t *previous = NULL;

	assert_non_null(records_allocate(&records, 0));
	for (size_t size = 1; size < 3000; size += 7) {
		uint8_t *data = records_allocate(&records, size);

		assert_non_null(data);
		assert_int_equal((uintptr_t)data % 8, 0);
		memset(data, 0xA5, size);
		if (previous)
			assert_int_equal(*previous, 0xA5);
		previous = data;
	}
	assert_null(records_allocate(&records, SIZE_MAX));
	assert_null(records_allocate(&records, SIZE_MAX - 8));
}

/* The items and one chunk stay for the next use; what one large value took is given back. */
static void test_clear(void **state)
{
	_cleanup_(records_deinit) struct records records = { 0 };
	static uint8_t large[100000];
	const struct record *items;

	records_clear(&records);
	assert_int_equal(records_add_copy(&records, PATH3(3, 0, 0), VALUE_STRING("text")), 0);
	items = records.items;
	records_clear(&records);
	assert_int_equal(records.count, 0);
	assert_non_null(records.chunks);
	assert_int_equal(records_add_copy(&records, PATH3(3, 0, 0), VALUE_OPAQUE(large, sizeof(large))), 0);
	assert_ptr_equal(records.items, items);
	records_clear(&records);
	assert_null(records.chunks);
	assert_int_equal(records_add_copy(&records, PATH3(3, 0, 0), VALUE_STRING("again")), 0);
	assert_true(value_equal(&records.items[0].value, &VALUE_STRING("again")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_borrow),
		cmocka_unit_test(test_allocate),
		cmocka_unit_test(test_clear),
	};

	return cmocka_run_group_tests_name("lwm2m/records", tests, NULL, NULL);
}
