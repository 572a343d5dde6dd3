/* SPDX-License-Identifier: Apache-2.0 */
/* Values in a plugin's struct: every width, arrays in any state that a plugin may leave them in. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "plugin/field.h"

struct data {
	bool has;
	int8_t i8;
	int16_t i16;
	int32_t i32;
	int64_t i64;
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;
	float f32;
	double f64;
	bool boolean;
	char text[8];
	LW_BYTES(4) opaque;
	int64_t time;
	struct lw_objlnk link;
	LW_ARRAY(int16_t, 3) array;
	LW_ARRAY_STRING(4, 2) texts;
	uint8_t guard[8];
};

static const struct lw_resource table[] = {
	LW_RES_INTEGER(1, LW_RW, struct data, i8), LW_RES_INTEGER(2, LW_RW, struct data, i16),
	LW_RES_INTEGER(3, LW_RW, struct data, i32), LW_RES_INTEGER(4, LW_RW, struct data, i64),
	LW_RES_UNSIGNED(5, LW_RW, struct data, u8), LW_RES_UNSIGNED(6, LW_RW, struct data, u16),
	LW_RES_UNSIGNED(7, LW_RW, struct data, u32), LW_RES_UNSIGNED(8, LW_RW, struct data, u64),
	LW_RES_FLOAT(9, LW_RW, struct data, f32), LW_RES_FLOAT(10, LW_RW, struct data, f64),
	LW_RES_BOOLEAN(11, LW_RW, struct data, boolean), LW_RES_STRING(12, LW_RW, struct data, text),
	LW_RES_OPAQUE(13, LW_RW, struct data, opaque), LW_RES_TIME(14, LW_RW, struct data, time),
	LW_RES_OBJLNK(15, LW_RW, struct data, link),
};

static const struct lw_resource optional = LW_RES_INTEGER(20, LW_RW, struct data, i32, LW_PRESENT(struct data, has));
static const struct lw_resource array = LW_RES_ARRAY_INTEGER(21, LW_RW, struct data, array);
static const struct lw_resource texts = LW_RES_ARRAY_STRING(22, LW_RW, struct data, texts);

static const struct lw_resource *find(uint16_t rid)
{
	return &table[rid - 1];
}

static void test_values(void **state)
{
	const struct {
		uint16_t rid;
		struct value value;
	} rows[] = {
		{ 1, VALUE_INTEGER(INT8_MIN) }, { 2, VALUE_INTEGER(INT16_MIN) }, { 3, VALUE_INTEGER(INT32_MIN) },
		{ 4, VALUE_INTEGER(INT64_MIN) }, { 5, VALUE_UNSIGNED(UINT8_MAX) }, { 6, VALUE_UNSIGNED(UINT16_MAX) },
		{ 7, VALUE_UNSIGNED(UINT32_MAX) }, { 8, VALUE_UNSIGNED(UINT64_MAX) }, { 9, VALUE_FLOAT(0.5) },
		{ 10, VALUE_FLOAT(0.1) }, { 11, VALUE_BOOLEAN(true) }, { 12, VALUE_STRING("seven77") },
		{ 13, VALUE_OPAQUE("\0\1\2\3", 4) }, { 14, VALUE_TIME(INT64_MIN) }, { 15, VALUE_OBJLNK(1, 65535) },
		{ 12, VALUE_STRING("") }, { 13, VALUE_OPAQUE("", 0) }, { 11, VALUE_BOOLEAN(false) },
	};
	struct data data = { 0 }, guard = { 0 };

	for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
		const struct lw_resource *resource = find(rows[i].rid);
		const uint16_t *ids;
		struct value value;

		data = guard;
		assert_int_equal(field_set(resource, &data, LW_NO_ID, &rows[i].value), 0);
		assert_int_equal(field_get(resource, &data, 0, &value), 0);
		assert_true(value_equal(&value, &rows[i].value));
		assert_int_equal(field_probe(resource, &data, &ids), 0);
		/* Nothing beside the field was touched. */
		memset((char *)&data + resource->offset, 0, resource->size);
		assert_memory_equal(&data, &guard, sizeof(data));
	}
}

static void test_too_much(void **state)
{
	const struct {
		uint16_t rid;
		struct value value;
		int error;
	} rows[] = {
		{ 1, VALUE_INTEGER(128), -ERANGE }, { 1, VALUE_INTEGER(-129), -ERANGE }, { 2, VALUE_INTEGER(32768), -ERANGE },
		{ 3, VALUE_INTEGER(INT64_C(1) << 31), -ERANGE }, { 5, VALUE_UNSIGNED(256), -ERANGE },
		{ 6, VALUE_UNSIGNED(65536), -ERANGE }, { 7, VALUE_UNSIGNED(UINT64_C(1) << 32), -ERANGE },
		{ 12, VALUE_STRING("eight888"), -EMSGSIZE }, { 13, VALUE_OPAQUE("12345", 5), -EMSGSIZE },
		{ 12, { .type = VALUE_STRING, .bytes = BYTES_LITERAL("a\0b") }, -EINVAL },
	};
	struct data data = { 0 }, before = { 0 };

	for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
		assert_int_equal(field_set(find(rows[i].rid), &data, LW_NO_ID, &rows[i].value), rows[i].error);
		assert_memory_equal(&data, &before, sizeof(data));
	}
}

/* What a plugin may leave behind: text without NUL, a length past the field, a bool that is neither. */
static void test_careless_plugin(void **state)
{
	struct data data = { 0 };
	struct value value;

	memset(data.text, 'x', sizeof(data.text));
	assert_int_equal(field_get(find(12), &data, 0, &value), 0);
	assert_int_equal(value.bytes.len, sizeof(data.text));
	data.opaque.len = 1000;
	assert_int_equal(field_get(find(13), &data, 0, &value), 0);
	assert_int_equal(value.bytes.len, 4);
	memset(&data.boolean, 0x40, sizeof(data.boolean));
	assert_int_equal(field_get(find(11), &data, 0, &value), 0);
	assert_true(value.boolean);
	memset(&data.has, 0x40, sizeof(data.has));
	assert_int_equal(field_get(&optional, &data, 0, &value), 0);
	data.array.count = UINT32_MAX;
	field_normalize(&array, &data);
	assert_in_range(data.array.count, 0, 3);
}

static void test_present(void **state)
{
	struct data data = { .i32 = 5 };
	const uint16_t *ids;
	struct value value;

	assert_int_equal(field_probe(&optional, &data, &ids), -ENOENT);
	assert_int_equal(field_get(&optional, &data, 0, &value), -ENODATA);
	assert_int_equal(field_set(&optional, &data, LW_NO_ID, &VALUE_INTEGER(6)), 0);
	assert_true(data.has);
	assert_int_equal(field_probe(&optional, &data, &ids), 0);
	data.f64 = NAN;
	assert_int_equal(field_get(find(10), &data, 0, &value), -ENODATA);
	assert_int_equal(field_probe(find(10), &data, &ids), 0);
}

static void test_normalize(void **state)
{
	static const struct {
		uint32_t count;
		uint16_t ids[3];
		uint32_t expected;
		uint16_t expected_ids[3];
	} rows[] = {
		{ 0, { 0 }, 0, { 0 } },
		{ 1, { 0 }, 1, { 0 } },
		{ 3, { 0, 0, 0 }, 3, { 0, 1, 2 } },
		{ 3, { 1, 5, 9 }, 3, { 1, 5, 9 } },
		{ 3, { 5, 1, 9 }, 1, { 5 } },
		{ 3, { 1, 5, 5 }, 2, { 1, 5 } },
		{ 2, { 1, 65535 }, 1, { 1 } },
		{ 9, { 1, 2, 3 }, 3, { 1, 2, 3 } },
	};

	for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
		struct data data = { .array.count = rows[i].count };

		memcpy(data.array.ids, rows[i].ids, sizeof(data.array.ids));
		field_normalize(&array, &data);
		assert_int_equal(data.array.count, rows[i].expected);
		assert_memory_equal(data.array.ids, rows[i].expected_ids, rows[i].expected * sizeof(uint16_t));
	}
}

static void expect_array(const struct data *data, uint32_t count, const uint16_t *ids, const int16_t *values)
{
	assert_int_equal(data->array.count, count);
	assert_memory_equal(data->array.ids, ids, count * sizeof(*ids));
	assert_memory_equal(data->array.values, values, count * sizeof(*values));
}

static void test_array(void **state)
{
	struct data data = { 0 };

	assert_int_equal(field_set(&array, &data, 7, &VALUE_INTEGER(70)), 0);
	assert_int_equal(field_set(&array, &data, 3, &VALUE_INTEGER(30)), 0);
	assert_int_equal(field_set(&array, &data, 65534, &VALUE_INTEGER(-1)), 0);
	expect_array(&data, 3, (uint16_t[]){ 3, 7, 65534 }, (int16_t[]){ 30, 70, -1 });
	assert_int_equal(field_set(&array, &data, 5, &VALUE_INTEGER(50)), -EMSGSIZE);
	assert_int_equal(field_set(&array, &data, 7, &VALUE_INTEGER(71)), 0);
	assert_int_equal(field_set(&array, &data, LW_NO_ID, &VALUE_INTEGER(1)), -EINVAL);
	expect_array(&data, 3, (uint16_t[]){ 3, 7, 65534 }, (int16_t[]){ 30, 71, -1 });
	assert_int_equal(field_remove(&array, &data, 5), -ENOENT);
	assert_int_equal(field_remove(&array, &data, 3), 0);
	expect_array(&data, 2, (uint16_t[]){ 7, 65534 }, (int16_t[]){ 71, -1 });
	assert_int_equal(field_remove(find(1), &data, 0), -ENOENT);
	field_clear(&array, &data);
	assert_int_equal(data.array.count, 0);
}

static void test_equal_and_copy(void **state)
{
	struct data a = { 0 }, b = { 0 };

	assert_true(field_equal(&texts, &a, &b));
	assert_int_equal(field_set(&texts, &a, 1, &VALUE_STRING("abc")), 0);
	assert_false(field_equal(&texts, &a, &b));
	field_copy(&texts, &b, &a);
	assert_true(field_equal(&texts, &a, &b));
	/* What follows the NUL, or the count, is no value. */
	memcpy(a.texts.values[0], "a\0x", 4);
	memcpy(b.texts.values[0], "a\0y", 4);
	a.texts.values[1][0] = 'z';
	assert_true(field_equal(&texts, &a, &b));
	b.texts.ids[0] = 2;
	assert_false(field_equal(&texts, &a, &b));
	a.i32 = b.i32 = 1;
	a.has = true;
	assert_false(field_equal(&optional, &a, &b));
	field_copy(&optional, &b, &a);
	assert_true(b.has);
	/* NAN is NAN: no news. */
	a.f64 = b.f64 = NAN;
	assert_true(field_equal(find(10), &a, &b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_too_much),
		cmocka_unit_test(test_careless_plugin),
		cmocka_unit_test(test_present),
		cmocka_unit_test(test_normalize),
		cmocka_unit_test(test_array),
		cmocka_unit_test(test_equal_and_copy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
