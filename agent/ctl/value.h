/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value.h - a resource's value as the bus has it, as text and as JSON
 *
 * A value borrows its text and bytes from the message it was read from. Opaque values are hexadecimal digits
 * in both forms; people get at most the first bytes of a long one. JSON has no infinity and no NaN: those are
 * null there. jansson's integers end at 2^63 - 1: a larger unsigned one becomes a string.
 */
#pragma once

#include <jansson.h>
#include <systemd/sd-bus.h>

#include "base/bytes.h"

enum value_kind {
	VALUE_UNKNOWN,
	VALUE_TEXT,
	VALUE_INTEGER,
	VALUE_UNSIGNED,
	VALUE_FLOAT,
	VALUE_BOOLEAN,
	VALUE_OPAQUE
};

struct value {
	const char *type; /* the agent's word for it: "time" and "integer" are both integers */
	enum value_kind kind;
	union {
		const char *text;
		int64_t integer;
		uint64_t natural;
		double real;
		int boolean;
		struct bytes opaque;
	};
};

/* Takes a variant off the message. type is borrowed. A variant of a type that is not known here is skipped.
   */
int value_read(sd_bus_message *message, const char *type, struct value *ret);

/* For people; text as it is, harmful characters included. -ENOMEM */
int value_format(const struct value *value, struct buffer *buffer);

/* A new reference; NULL: no memory. */
json_t *value_json(const struct value *value);
