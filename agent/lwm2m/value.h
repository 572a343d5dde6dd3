/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value.h - one typed value of a resource or resource instance
 *
 * The types are those of OMA LwM2M Core 1.2, Appendix C. Text, opaque and Corelnk values are borrowed: whoever made the
 * value says how long its bytes live (see records.h). Text is UTF-8 of a given length, never NUL-terminated by contract; text
 * that value_convert() or value_parse() let through is valid UTF-8 without NUL. Numbers are read and written with the C
 * library's LC_NUMERIC as "C": no program here calls setlocale().
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

enum value_type {
	VALUE_NONE, /* no value: null in SenML-ETCH, "type unknown" in a table */
	VALUE_STRING,
	VALUE_INTEGER,  /* signed, 8 to 64 bits */
	VALUE_UNSIGNED, /* 8 to 64 bits */
	VALUE_FLOAT,    /* 32 or 64 bits */
	VALUE_BOOLEAN,
	VALUE_OPAQUE,
	VALUE_TIME,    /* seconds since 1970-01-01 UTC, integer */
	VALUE_OBJLNK,  /* object id : object instance id; 65535:65535 is null */
	VALUE_CORELNK, /* RFC 6690 text */
	_VALUE_TYPE_MAX,
};

struct value {
	enum value_type type;
	union {
		int64_t integer;  /* VALUE_INTEGER, VALUE_TIME */
		uint64_t natural; /* VALUE_UNSIGNED */
		double number;    /* VALUE_FLOAT */
		bool boolean;
		struct bytes bytes; /* VALUE_STRING, VALUE_OPAQUE, VALUE_CORELNK */
		struct {
			uint16_t object, instance;
		} link;
	};
};

#define VALUE_STRING(text)    ((struct value){ .type = VALUE_STRING, .bytes = bytes_of(text) })
#define VALUE_INTEGER(i)      ((struct value){ .type = VALUE_INTEGER, .integer = (i) })
#define VALUE_UNSIGNED(u)     ((struct value){ .type = VALUE_UNSIGNED, .natural = (u) })
#define VALUE_FLOAT(f)        ((struct value){ .type = VALUE_FLOAT, .number = (f) })
#define VALUE_BOOLEAN(b)      ((struct value){ .type = VALUE_BOOLEAN, .boolean = (b) })
#define VALUE_OPAQUE(p, n)    ((struct value){ .type = VALUE_OPAQUE, .bytes = BYTES(p, n) })
#define VALUE_TIME(s)         ((struct value){ .type = VALUE_TIME, .integer = (s) })
#define VALUE_OBJLNK(o, i)    ((struct value){ .type = VALUE_OBJLNK, .link = { (o), (i) } })

/* Has the type bytes that the value only borrows? */
static inline bool value_type_is_bytes(enum value_type type)
{
	return type == VALUE_STRING || type == VALUE_OPAQUE || type == VALUE_CORELNK;
}

/* Integer, Unsigned, Float and Time: what gt, lt and st apply to. */
static inline bool value_type_is_numeric(enum value_type type)
{
	return type == VALUE_INTEGER || type == VALUE_UNSIGNED || type == VALUE_FLOAT || type == VALUE_TIME;
}

/* The value as a double, for thresholds; 0 for types that are not numeric. */
double value_number(const struct value *value);

/* Same type and same contents. NAN equals NAN. */
bool value_equal(const struct value *a, const struct value *b);

/*
 * Makes what a self-describing format carried (an integer for a Float, text for a Corelnk or Objlnk, …) a value of
 * type. Nothing is lost: -EINVAL when the kind does not fit, -ERANGE when the number does not. VALUE_NONE as the wanted
 * type takes anything. ret may be value itself and borrows the same bytes.
 */
int value_convert(const struct value *value, enum value_type type, struct value *ret);

/*
 * Reads the plain-text form (Core 1.2, C.2): decimal numbers, "0" and "1", "object:instance", text as it is. Opaque needs
 * Base64 and is not read here: -ENOTSUP. -EINVAL: not of that form, -ERANGE: does not fit. Locale-independent.
 */
int value_parse(struct bytes text, enum value_type type, struct value *ret);

#define VALUE_TEXT_MAX 32

/*
 * Writes the plain-text form of a number, boolean or Objlnk and a NUL; returns its length. Floats: the shortest decimal
 * that reads back as the same double; "nan", "inf" and "-inf" are for people only and read back as nothing. 0 for types
 * that are text or bytes already.
 */
size_t value_format(const struct value *value, char ret[VALUE_TEXT_MAX]);

/* "string", "integer", … for messages to people, and as org.lwm2m.Agent1 names types: kept stable. */
const char *value_type_name(enum value_type type);
