/* SPDX-License-Identifier: Apache-2.0 */
/*
 * values.h - values from and to people: words of a command line to records, records to JSON
 *
 * JSON is the one form in which answers leave the server; print.h makes text of it.
 */
#pragma once

#include <jansson.h>

#include "lwm2m/records.h"

/*
 * Reads one word as a value of type and adds it, copied. Beyond value_parse(): opaque in hexadecimal, "true"
 * and "false", times as 2026-11-24T17:00:00Z. -EINVAL, -ERANGE, -ENOMEM.
 */
int values_add(struct records *records, const struct path *path, enum value_type type, const char *text);

#define VALUES_UNITS_MAX 256

/*
 * Remembers the units that sensors tell of themselves (/3303/0/5701), for when their values come alone. A
 * list that is full remembers no more.
 */
void values_keep_units(const struct records *records, struct records *units);

/*
 * [{"path", "name", "type", "value", "unit", "time"}, …]; names and units as far as they are known, from the
 * records themselves or from units (may be NULL). NULL: no memory.
 */
json_t *values_to_json(const struct records *records, const struct records *units);

/* Text that may not be UTF-8, as it goes into JSON: with U+FFFD for what is not. NULL: no memory. */
json_t *values_text(struct bytes text);
