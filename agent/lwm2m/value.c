/* SPDX-License-Identifier: Apache-2.0 */
#include "lwm2m/value.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/utf8.h"
#include "lwm2m/path.h"

/* 2^63 and 2^64: the first doubles past int64_t and uint64_t. */
#define INTEGER_END  9223372036854775808.0
#define UNSIGNED_END 18446744073709551616.0

/* The digits of 2^64 - 1. */
#define NATURAL_TEXT_MAX 20

/* Longer than any decimal that a double needs. */
#define FLOAT_TEXT_MAX 64

double value_number(const struct value *value)
{
	switch (value->type) {
	case VALUE_INTEGER:
	case VALUE_TIME:
		return (double)value->integer;
	case VALUE_UNSIGNED:
		return (double)value->natural;
	case VALUE_FLOAT:
		return value->number;
	default:
		return 0;
	}
}

bool value_equal(const struct value *a, const struct value *b)
{
	if (a->type != b->type)
		return false;
	switch (a->type) {
	case VALUE_INTEGER:
	case VALUE_TIME:
		return a->integer == b->integer;
	case VALUE_UNSIGNED:
		return a->natural == b->natural;
	case VALUE_FLOAT:
		return a->number == b->number || (isnan(a->number) && isnan(b->number));
	case VALUE_BOOLEAN:
		return a->boolean == b->boolean;
	case VALUE_STRING:
	case VALUE_OPAQUE:
	case VALUE_CORELNK:
		return bytes_equal(a->bytes, b->bytes);
	case VALUE_OBJLNK:
		return a->link.object == b->link.object && a->link.instance == b->link.instance;
	default:
		return true;
	}
}

static int convert_to_integer(const struct value *value, int64_t *ret)
{
	switch (value->type) {
	case VALUE_INTEGER:
	case VALUE_TIME:
		*ret = value->integer;
		return 0;
	case VALUE_UNSIGNED:
		if (value->natural > INT64_MAX)
			return -ERANGE;
		*ret = (int64_t)value->natural;
		return 0;
	case VALUE_FLOAT:
		if (!(value->number >= -INTEGER_END && value->number < INTEGER_END) ||
		    value->number != (double)(int64_t)value->number)
			return -ERANGE;
		*ret = (int64_t)value->number;
		return 0;
	default:
		return -EINVAL;
	}
}

static int convert_to_unsigned(const struct value *value, uint64_t *ret)
{
	int64_t integer;
	int r;

	if (value->type == VALUE_UNSIGNED) {
		*ret = value->natural;
		return 0;
	}
	if (value->type == VALUE_FLOAT && value->number >= INTEGER_END && value->number < UNSIGNED_END) {
		*ret = (uint64_t)value->number;
		return 0;
	}
	r = convert_to_integer(value, &integer);
	if (r < 0)
		return r;
	if (integer < 0)
		return -ERANGE;
	*ret = (uint64_t)integer;
	return 0;
}

static int convert_to_float(const struct value *value, double *ret)
{
	double number = value_number(value);

	switch (value->type) {
	case VALUE_INTEGER:
	case VALUE_TIME:
		if (number >= INTEGER_END || (int64_t)number != value->integer)
			return -ERANGE;
		break;
	case VALUE_UNSIGNED:
		if (number >= UNSIGNED_END || (uint64_t)number != value->natural)
			return -ERANGE;
		break;
	case VALUE_FLOAT:
		break;
	default:
		return -EINVAL;
	}
	*ret = number;
	return 0;
}

/* Plugins, D-Bus and C strings take text that is UTF-8 and has no NUL; so no peer gets another kind past here. */
static int check_text(struct bytes text)
{
	if (text.len > 0 && memchr(text.data, '\0', text.len))
		return -EINVAL;
	return utf8_valid(text) ? 0 : -EINVAL;
}

static int parse_link(struct bytes text, struct value *ret)
{
	const uint8_t *colon = text.len ? memchr(text.data, ':', text.len) : NULL;
	uint16_t object, instance;
	size_t at;

	if (!colon)
		return -EINVAL;
	at = (size_t)(colon - text.data);
	if (path_id_parse(BYTES(text.data, at), true, &object) < 0 ||
	    path_id_parse(BYTES(colon + 1, text.len - at - 1), true, &instance) < 0)
		return -EINVAL;
	*ret = VALUE_OBJLNK(object, instance);
	return 0;
}

static int convert_text(const struct value *value, enum value_type type, struct value *ret)
{
	int r;

	if (value->type != VALUE_STRING && value->type != VALUE_CORELNK)
		return -EINVAL;
	r = check_text(value->bytes);
	if (r < 0)
		return r;
	*ret = (struct value){ .type = type, .bytes = value->bytes };
	return 0;
}

int value_convert(const struct value *value, enum value_type type, struct value *ret)
{
	struct value converted = { .type = type };
	int r = 0;

	switch (type) {
	case VALUE_NONE:
		converted = *value;
		break;
	case VALUE_INTEGER:
	case VALUE_TIME:
		r = convert_to_integer(value, &converted.integer);
		break;
	case VALUE_UNSIGNED:
		r = convert_to_unsigned(value, &converted.natural);
		break;
	case VALUE_FLOAT:
		r = convert_to_float(value, &converted.number);
		break;
	case VALUE_STRING:
	case VALUE_CORELNK:
		r = convert_text(value, type, &converted);
		break;
	case VALUE_OBJLNK:
		if (value->type == VALUE_STRING)
			r = parse_link(value->bytes, &converted);
		else if (value->type == VALUE_OBJLNK)
			converted = *value;
		else
			r = -EINVAL;
		break;
	default:
		if (value->type != type)
			r = -EINVAL;
		converted = *value;
		break;
	}
	if (r < 0)
		return r;
	*ret = converted;
	return 0;
}

static int parse_natural(struct bytes digits, uint64_t *ret)
{
	uint64_t natural = 0;

	if (digits.len == 0)
		return -EINVAL;
	for (size_t i = 0; i < digits.len; i++)
		if (digits.data[i] < '0' || digits.data[i] > '9')
			return -EINVAL;
	for (size_t i = 0; i < digits.len; i++)
		if (__builtin_mul_overflow(natural, 10, &natural) ||
		    __builtin_add_overflow(natural, (uint64_t)(digits.data[i] - '0'), &natural))
			return -ERANGE;
	*ret = natural;
	return 0;
}

static int parse_integer(struct bytes text, int64_t *ret)
{
	bool negative = text.len > 0 && text.data[0] == '-';
	uint64_t natural;
	int r;

	if (negative)
		text = BYTES(text.data + 1, text.len - 1);
	r = parse_natural(text, &natural);
	if (r < 0)
		return r;
	if (natural > (uint64_t)INT64_MAX + negative)
		return -ERANGE;
	*ret = negative ? (int64_t)(0 - natural) : (int64_t)natural;
	return 0;
}

static size_t skip_digits(struct bytes text, size_t at)
{
	while (at < text.len && text.data[at] >= '0' && text.data[at] <= '9')
		at++;
	return at;
}

/* [-] digits [. digits] [e [+-] digits]: what strtod() takes beyond that (hexadecimal, inf, spaces) is no number here. */
static bool is_decimal(struct bytes text)
{
	size_t at = text.len > 0 && text.data[0] == '-', end;

	end = skip_digits(text, at);
	if (end == at)
		return false;
	if (end < text.len && text.data[end] == '.') {
		at = end + 1;
		end = skip_digits(text, at);
		if (end == at)
			return false;
	}
	if (end < text.len && (text.data[end] == 'e' || text.data[end] == 'E')) {
		at = end + 1;
		if (at < text.len && (text.data[at] == '+' || text.data[at] == '-'))
			at++;
		end = skip_digits(text, at);
		if (end == at)
			return false;
	}
	return end == text.len;
}

static int parse_float(struct bytes text, double *ret)
{
	char copy[FLOAT_TEXT_MAX];
	double number;

	if (text.len >= sizeof(copy) || !is_decimal(text))
		return -EINVAL;
	memcpy(copy, text.data, text.len);
	copy[text.len] = '\0';
	number = strtod(copy, NULL);
	if (isinf(number))
		return -ERANGE;
	*ret = number;
	return 0;
}

static int parse_boolean(struct bytes text, bool *ret)
{
	if (text.len != 1 || (text.data[0] != '0' && text.data[0] != '1'))
		return -EINVAL;
	*ret = text.data[0] == '1';
	return 0;
}

int value_parse(struct bytes text, enum value_type type, struct value *ret)
{
	struct value value = { .type = type };
	int r;

	switch (type) {
	case VALUE_NONE:
		value.type = VALUE_STRING;
		/* fallthrough */
	case VALUE_STRING:
	case VALUE_CORELNK:
		value.bytes = text;
		r = check_text(text);
		break;
	case VALUE_INTEGER:
	case VALUE_TIME:
		r = parse_integer(text, &value.integer);
		break;
	case VALUE_UNSIGNED:
		r = parse_natural(text, &value.natural);
		break;
	case VALUE_FLOAT:
		r = parse_float(text, &value.number);
		break;
	case VALUE_BOOLEAN:
		r = parse_boolean(text, &value.boolean);
		break;
	case VALUE_OBJLNK:
		r = parse_link(text, &value);
		break;
	default:
		return -ENOTSUP;
	}
	if (r < 0)
		return r;
	*ret = value;
	return 0;
}

static size_t format_natural(uint64_t natural, char *text)
{
	size_t len = 1;

	for (uint64_t end = 10; natural >= end; end *= 10)
		if (++len == NATURAL_TEXT_MAX)
			break;
	for (size_t i = len; i > 0; natural /= 10)
		text[--i] = (char)('0' + natural % 10);
	return len;
}

static size_t format_integer(int64_t integer, char *text)
{
	if (integer >= 0)
		return format_natural((uint64_t)integer, text);
	text[0] = '-';
	return 1 + format_natural(0 - (uint64_t)integer, text + 1);
}

static size_t format_fixed(uint64_t scaled, uint64_t scale, char *text)
{
	size_t len = format_natural(scaled / scale, text);

	if (scale == 1)
		return len;
	text[len++] = '.';
	while ((scale /= 10) > 0)
		text[len++] = (char)('0' + scaled / scale % 10);
	return len;
}

/*
 * Measurements mostly are short decimals, m / 10^k. Below 10^15 both are exact doubles, so that their quotient is what
 * strtod() makes of the decimal. Returns 0 for other numbers.
 */
static size_t format_short(double number, char *text)
{
	static const uint32_t scales[] = { 1, 10, 100, 1000, 10000, 100000, 1000000 };
	double magnitude = fabs(number);
	size_t sign = signbit(number) != 0;

	for (size_t k = 0; k < ELEMENTSOF(scales) && magnitude * scales[k] < 1e15; k++) {
		uint64_t scaled = (uint64_t)(magnitude * scales[k] + 0.5);

		if ((double)scaled / scales[k] != magnitude)
			continue;
		text[0] = '-';
		return sign + format_fixed(scaled, scales[k], text + sign);
	}
	return 0;
}

static size_t format_float(double number, char *text)
{
	size_t len = format_short(number, text);
	/* From DBL_MIN up 15 digits find each shorter decimal too. */
	int precision = fabs(number) < DBL_MIN ? 1 : DBL_DIG;

	if (len > 0)
		return len;
	do
		len = (size_t)snprintf(text, VALUE_TEXT_MAX, "%.*g", precision, isnan(number) ? NAN : number);
	while (precision++ < DBL_DECIMAL_DIG && strtod(text, NULL) != number);
	return len;
}

size_t value_format(const struct value *value, char ret[VALUE_TEXT_MAX])
{
	size_t len = 0;

	switch (value->type) {
	case VALUE_INTEGER:
	case VALUE_TIME:
		len = format_integer(value->integer, ret);
		break;
	case VALUE_UNSIGNED:
		len = format_natural(value->natural, ret);
		break;
	case VALUE_FLOAT:
		len = format_float(value->number, ret);
		break;
	case VALUE_BOOLEAN:
		ret[len++] = value->boolean ? '1' : '0';
		break;
	case VALUE_OBJLNK:
		len = format_natural(value->link.object, ret);
		ret[len++] = ':';
		len += format_natural(value->link.instance, ret + len);
		break;
	default:
		break;
	}
	ret[len] = '\0';
	return len;
}

const char *value_type_name(enum value_type type)
{
	static const char *const names[] = {
		[VALUE_NONE] = "none",       [VALUE_STRING] = "string",   [VALUE_INTEGER] = "integer",
		[VALUE_UNSIGNED] = "unsigned", [VALUE_FLOAT] = "float",   [VALUE_BOOLEAN] = "boolean",
		[VALUE_OPAQUE] = "opaque",   [VALUE_TIME] = "time",       [VALUE_OBJLNK] = "objlnk",
		[VALUE_CORELNK] = "corelnk",
	};

	return (size_t)type < ELEMENTSOF(names) ? names[type] : "unknown";
}
