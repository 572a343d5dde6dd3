/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

#include <float.h>
#include <locale.h>
#include <math.h>

/* Both directions: the text is what the value is written as, and reads back. */
static void test_texts(void **state)
{
	const struct {
		const char *text;
		struct value value;
	} texts[] = {
		{ "0", VALUE_INTEGER(0) },
		{ "-1", VALUE_INTEGER(-1) },
		{ "9223372036854775807", VALUE_INTEGER(INT64_MAX) },
		{ "-9223372036854775808", VALUE_INTEGER(INT64_MIN) },
		{ "18446744073709551615", VALUE_UNSIGNED(UINT64_MAX) },
		{ "1367491215", VALUE_TIME(1367491215) },
		{ "-1", VALUE_TIME(-1) },
		{ "0", VALUE_BOOLEAN(false) },
		{ "1", VALUE_BOOLEAN(true) },
		{ "10:3", VALUE_OBJLNK(10, 3) },
		{ "65535:65535", VALUE_OBJLNK(65535, 65535) },
		{ "0", VALUE_FLOAT(0) },
		{ "22.4", VALUE_FLOAT(22.4) },
		{ "-273.15", VALUE_FLOAT(-273.15) },
		{ "0.1", VALUE_FLOAT(0.1) },
		{ "0.30000000000000004", VALUE_FLOAT(0.1 + 0.2) },
		{ "100", VALUE_FLOAT(100) },
		{ "0.000001", VALUE_FLOAT(1e-6) },
		{ "1e-07", VALUE_FLOAT(1e-7) },
		{ "1e+22", VALUE_FLOAT(1e22) },
		{ "999999999999999", VALUE_FLOAT(999999999999999.0) },
		{ "1e+15", VALUE_FLOAT(1e15) },
		{ "9007199254740993", VALUE_INTEGER(9007199254740993) },
		{ "1.7976931348623157e+308", VALUE_FLOAT(DBL_MAX) },
		{ "2.2250738585072014e-308", VALUE_FLOAT(DBL_MIN) },
		{ "5e-324", VALUE_FLOAT(DBL_TRUE_MIN) },
		{ "-0", VALUE_FLOAT(-0.0) },
	};

	for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
		struct value value;
		char text[VALUE_TEXT_MAX];

		assert_int_equal(value_format(&texts[i].value, text), strlen(texts[i].text));
		assert_string_equal(text, texts[i].text);
		assert_int_equal(value_parse(bytes_of(texts[i].text), texts[i].value.type, &value), 0);
		assert_true(value_equal(&value, &texts[i].value));
	}
}

static void test_text_types(void **state)
{
	struct value value = VALUE_STRING("Grüße");
	char text[VALUE_TEXT_MAX] = "x";

	assert_int_equal(value_format(&value, text), 0);
	assert_string_equal(text, "");
	assert_int_equal(value_parse(BYTES_LITERAL("Grüße"), VALUE_STRING, &value), 0);
	assert_true(value_equal(&value, &VALUE_STRING("Grüße")));
	assert_int_equal(value_parse(BYTES_LITERAL("</3/0>"), VALUE_CORELNK, &value), 0);
	assert_true(value_equal(&value, &VALUE_CORELNK("</3/0>")));
	assert_int_equal(value_parse(BYTES_LITERAL("5"), VALUE_NONE, &value), 0);
	assert_true(value_equal(&value, &VALUE_STRING("5")));
	assert_int_equal(value_parse(BYTES(NULL, 0), VALUE_STRING, &value), 0);
	assert_true(value_equal(&value, &VALUE_STRING("")));
}

static void test_read_only_forms(void **state)
{
	const struct {
		const char *text;
		struct value value;
	} texts[] = {
		{ "007", VALUE_INTEGER(7) },
		{ "-0", VALUE_INTEGER(0) },
		{ "1.50", VALUE_FLOAT(1.5) },
		{ "1e2", VALUE_FLOAT(100) },
		{ "1E+2", VALUE_FLOAT(100) },
		{ "1e-400", VALUE_FLOAT(0) },
	};

	for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
		struct value value;

		assert_int_equal(value_parse(bytes_of(texts[i].text), texts[i].value.type, &value), 0);
		assert_true(value_equal(&value, &texts[i].value));
	}
}

static void test_refused_texts(void **state)
{
	static const struct {
		const char *text;
		enum value_type type;
		int error;
	} texts[] = {
		{ "", VALUE_INTEGER, -EINVAL },
		{ "-", VALUE_INTEGER, -EINVAL },
		{ "+1", VALUE_INTEGER, -EINVAL },
		{ " 1", VALUE_INTEGER, -EINVAL },
		{ "1 ", VALUE_INTEGER, -EINVAL },
		{ "1.0", VALUE_INTEGER, -EINVAL },
		{ "0x10", VALUE_INTEGER, -EINVAL },
		{ "9223372036854775808", VALUE_INTEGER, -ERANGE },
		{ "-9223372036854775809", VALUE_INTEGER, -ERANGE },
		{ "99999999999999999999999999", VALUE_INTEGER, -ERANGE },
		{ "-1", VALUE_UNSIGNED, -EINVAL },
		{ "18446744073709551616", VALUE_UNSIGNED, -ERANGE },
		{ "", VALUE_FLOAT, -EINVAL },
		{ ".5", VALUE_FLOAT, -EINVAL },
		{ "5.", VALUE_FLOAT, -EINVAL },
		{ "1,5", VALUE_FLOAT, -EINVAL },
		{ "1e", VALUE_FLOAT, -EINVAL },
		{ "1e+", VALUE_FLOAT, -EINVAL },
		{ "nan", VALUE_FLOAT, -EINVAL },
		{ "inf", VALUE_FLOAT, -EINVAL },
		{ "0x1p3", VALUE_FLOAT, -EINVAL },
		{ "1e400", VALUE_FLOAT, -ERANGE },
		{ "-1e400", VALUE_FLOAT, -ERANGE },
		{ "2", VALUE_BOOLEAN, -EINVAL },
		{ "true", VALUE_BOOLEAN, -EINVAL },
		{ "", VALUE_BOOLEAN, -EINVAL },
		{ "2013-05-02", VALUE_TIME, -EINVAL },
		{ "10", VALUE_OBJLNK, -EINVAL },
		{ ":", VALUE_OBJLNK, -EINVAL },
		{ "10:", VALUE_OBJLNK, -EINVAL },
		{ "10:3:4", VALUE_OBJLNK, -EINVAL },
		{ "65536:0", VALUE_OBJLNK, -EINVAL },
		{ "\xFF", VALUE_STRING, -EINVAL },
		{ "\xC0\x80", VALUE_CORELNK, -EINVAL },
		{ "AAAA", VALUE_OPAQUE, -ENOTSUP },
	};
	struct value value = VALUE_INTEGER(42);

	for (size_t i = 0; i < ELEMENTSOF(texts); i++)
		if (value_parse(bytes_of(texts[i].text), texts[i].type, &value) != texts[i].error)
			fail_msg("\"%s\" as %s", texts[i].text, value_type_name(texts[i].type));
	assert_int_equal(value_parse(BYTES_LITERAL("a\0b"), VALUE_STRING, &value), -EINVAL);
	assert_true(value_equal(&value, &VALUE_INTEGER(42)));
}

/* However long the digits are, the answer is a number or an error. */
static void test_long_floats(void **state)
{
	struct value value;
	char text[200];

	memset(text, '3', sizeof(text));
	text[1] = '.';
	assert_int_equal(value_parse(BYTES(text, 40), VALUE_FLOAT, &value), 0);
	assert_true(value.number > 3.333 && value.number < 3.334);
	assert_int_equal(value_parse(BYTES(text, sizeof(text)), VALUE_FLOAT, &value), -EINVAL);
}

static void test_not_finite(void **state)
{
	static const struct {
		double number;
		const char *text;
	} numbers[] = { { NAN, "nan" }, { -NAN, "nan" }, { INFINITY, "inf" }, { -INFINITY, "-inf" } };

	for (size_t i = 0; i < ELEMENTSOF(numbers); i++) {
		char text[VALUE_TEXT_MAX];

		value_format(&VALUE_FLOAT(numbers[i].number), text);
		assert_string_equal(text, numbers[i].text);
	}
	assert_true(value_equal(&VALUE_FLOAT(NAN), &VALUE_FLOAT(-NAN)));
}

/* The next doubles up and down of many magnitudes: what is written reads back as the same. */
static void test_floats_read_back(void **state)
{
	for (double magnitude = 1e-310; magnitude < 1e308; magnitude *= 7.3)
		for (int i = 0; i < 6; i++) {
			static const double factors[] = { 1, -1, 1 / 3.0, 1.1, 0.7, 123.456 };
			struct value value = VALUE_FLOAT(magnitude * factors[i]), read;
			char text[VALUE_TEXT_MAX];

			if (!isfinite(value.number))
				continue;
			assert_true(value_format(&value, text) < sizeof(text));
			assert_int_equal(value_parse(bytes_of(text), VALUE_FLOAT, &read), 0);
			if (read.number != value.number)
				fail_msg("%.17g reads back as %.17g: %s", value.number, read.number, text);
		}
}

static void test_conversions(void **state)
{
	const struct {
		struct value value, converted;
	} conversions[] = {
		{ VALUE_INTEGER(5), VALUE_INTEGER(5) },
		{ VALUE_INTEGER(5), VALUE_UNSIGNED(5) },
		{ VALUE_INTEGER(5), VALUE_FLOAT(5) },
		{ VALUE_INTEGER(5), VALUE_TIME(5) },
		{ VALUE_INTEGER(INT64_MIN), VALUE_FLOAT(-0x1p63) },
		{ VALUE_UNSIGNED(INT64_MAX), VALUE_INTEGER(INT64_MAX) },
		{ VALUE_UNSIGNED(UINT64_MAX), VALUE_UNSIGNED(UINT64_MAX) },
		{ VALUE_UNSIGNED(UINT64_C(1) << 63), VALUE_FLOAT(0x1p63) },
		{ VALUE_FLOAT(5), VALUE_INTEGER(5) },
		{ VALUE_FLOAT(-0x1p63), VALUE_INTEGER(INT64_MIN) },
		{ VALUE_FLOAT(0x1p63), VALUE_UNSIGNED(UINT64_C(1) << 63) },
		{ VALUE_FLOAT(1e9), VALUE_TIME(1000000000) },
		{ VALUE_TIME(9), VALUE_INTEGER(9) },
		{ VALUE_TIME(9), VALUE_FLOAT(9) },
		{ VALUE_STRING("</1>"), VALUE_CORELNK("</1>") },
		{ VALUE_STRING("3:0"), VALUE_OBJLNK(3, 0) },
		{ VALUE_OBJLNK(3, 0), VALUE_OBJLNK(3, 0) },
		{ VALUE_BOOLEAN(true), VALUE_BOOLEAN(true) },
		{ VALUE_OPAQUE("\0", 1), VALUE_OPAQUE("\0", 1) },
		{ VALUE_NOTHING(), VALUE_NOTHING() },
	};

	for (size_t i = 0; i < ELEMENTSOF(conversions); i++) {
		struct value value = conversions[i].value;

		if (value_convert(&value, conversions[i].converted.type, &value) < 0 ||
		    !value_equal(&value, &conversions[i].converted))
			fail_msg("%s to %s, line %zu", value_type_name(conversions[i].value.type),
				value_type_name(conversions[i].converted.type), i + 1);
		value = conversions[i].value;
		assert_int_equal(value_convert(&value, VALUE_NONE, &value), 0);
		assert_true(value_equal(&value, &conversions[i].value));
	}
}

static void test_refused_conversions(void **state)
{
	const struct {
		struct value value;
		enum value_type type;
		int error;
	} conversions[] = {
		{ VALUE_INTEGER(-1), VALUE_UNSIGNED, -ERANGE },
		{ VALUE_INTEGER(9007199254740993), VALUE_FLOAT, -ERANGE },
		{ VALUE_INTEGER(INT64_MAX), VALUE_FLOAT, -ERANGE },
		{ VALUE_INTEGER(1), VALUE_BOOLEAN, -EINVAL },
		{ VALUE_INTEGER(1), VALUE_STRING, -EINVAL },
		{ VALUE_INTEGER(1), VALUE_OBJLNK, -EINVAL },
		{ VALUE_UNSIGNED(UINT64_MAX), VALUE_INTEGER, -ERANGE },
		{ VALUE_UNSIGNED(UINT64_MAX), VALUE_FLOAT, -ERANGE },
		{ VALUE_FLOAT(1.5), VALUE_INTEGER, -ERANGE },
		{ VALUE_FLOAT(0x1p63), VALUE_INTEGER, -ERANGE },
		{ VALUE_FLOAT(0x1p64), VALUE_UNSIGNED, -ERANGE },
		{ VALUE_FLOAT(NAN), VALUE_INTEGER, -ERANGE },
		{ VALUE_FLOAT(INFINITY), VALUE_UNSIGNED, -ERANGE },
		{ VALUE_FLOAT(-1), VALUE_UNSIGNED, -ERANGE },
		{ VALUE_BOOLEAN(true), VALUE_INTEGER, -EINVAL },
		{ VALUE_STRING("5"), VALUE_INTEGER, -EINVAL },
		{ VALUE_STRING("5"), VALUE_OPAQUE, -EINVAL },
		{ VALUE_STRING("3"), VALUE_OBJLNK, -EINVAL },
		{ VALUE_STRING("\xFF"), VALUE_STRING, -EINVAL },
		{ VALUE_OPAQUE("a", 1), VALUE_STRING, -EINVAL },
		{ { VALUE_STRING, .bytes = BYTES("a\0b", 3) }, VALUE_STRING, -EINVAL },
		{ VALUE_NOTHING(), VALUE_INTEGER, -EINVAL },
		{ VALUE_NOTHING(), VALUE_STRING, -EINVAL },
		{ VALUE_NOTHING(), VALUE_BOOLEAN, -EINVAL },
	};

	for (size_t i = 0; i < ELEMENTSOF(conversions); i++) {
		struct value value = VALUE_INTEGER(42);

		if (value_convert(&conversions[i].value, conversions[i].type, &value) != conversions[i].error)
			fail_msg("%s to %s, line %zu", value_type_name(conversions[i].value.type),
				value_type_name(conversions[i].type), i + 1);
		assert_true(value_equal(&value, &VALUE_INTEGER(42)));
	}
}

static void test_equal(void **state)
{
	const struct value values[] = {
		VALUE_NOTHING(), VALUE_INTEGER(1), VALUE_INTEGER(2), VALUE_UNSIGNED(1), VALUE_FLOAT(1),
		VALUE_FLOAT(NAN), VALUE_BOOLEAN(true), VALUE_BOOLEAN(false), VALUE_STRING("1"),
		VALUE_STRING(""), VALUE_CORELNK("1"), VALUE_OPAQUE("1", 1), VALUE_OPAQUE("1", 2), VALUE_TIME(1),
		VALUE_OBJLNK(1, 2), VALUE_OBJLNK(2, 1),
	};

	for (size_t i = 0; i < ELEMENTSOF(values); i++)
		for (size_t j = 0; j < ELEMENTSOF(values); j++)
			assert_int_equal(value_equal(&values[i], &values[j]), i == j);
}

static void test_numbers(void **state)
{
	assert_true(value_number(&VALUE_INTEGER(-3)) == -3);
	assert_true(value_number(&VALUE_UNSIGNED(3)) == 3);
	assert_true(value_number(&VALUE_FLOAT(0.5)) == 0.5);
	assert_true(value_number(&VALUE_TIME(7)) == 7);
	assert_true(value_number(&VALUE_STRING("7")) == 0);
	for (enum value_type type = VALUE_NONE; type < _VALUE_TYPE_MAX; type++) {
		struct value value = { .type = type };

		assert_false(value_type_is_bytes(type) && value_type_is_numeric(type));
		assert_true(value_number(&value) == 0);
		assert_string_not_equal(value_type_name(type), "unknown");
	}
	assert_string_equal(value_type_name(_VALUE_TYPE_MAX), "unknown");
}

/* Rule 38: a point, whatever the user's locale is, since nothing linked here calls setlocale(). */
static void rule_38_floats_know_no_locale(void **state)
{
	struct value value;
	char text[VALUE_TEXT_MAX];

	assert_string_equal(localeconv()->decimal_point, ".");
	for (double number = 0.0001; number < 1e30; number *= 3.7) {
		value_format(&VALUE_FLOAT(number), text);
		assert_null(strchr(text, ','));
	}
	assert_int_equal(value_parse(BYTES_LITERAL("22.4"), VALUE_FLOAT, &value), 0);
	assert_true(value.number == 22.4);
	assert_int_equal(value_parse(BYTES_LITERAL("22,4"), VALUE_FLOAT, &value), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_text_types),
		cmocka_unit_test(test_read_only_forms),
		cmocka_unit_test(test_refused_texts),
		cmocka_unit_test(test_long_floats),
		cmocka_unit_test(test_not_finite),
		cmocka_unit_test(test_floats_read_back),
		cmocka_unit_test(test_conversions),
		cmocka_unit_test(test_refused_conversions),
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(rule_38_floats_know_no_locale),
	};

	return cmocka_run_group_tests_name("lwm2m/value", tests, NULL, NULL);
}
