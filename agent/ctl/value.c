/* SPDX-License-Identifier: Apache-2.0 */
#include "value.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "base/cleanup.h"

#define OPAQUE_SHOWN 64

static int read_integer(sd_bus_message *message, char type, struct value *value)
{
	union {
		uint8_t y;
		int16_t n;
		uint16_t q;
		int32_t i;
		uint32_t u;
	} basic;
	int r;

	if (type == 'x' || type == 't') {
		value->kind = type == 'x' ? VALUE_INTEGER : VALUE_UNSIGNED;
		return sd_bus_message_read_basic(message, type, &value->integer);
	}
	value->kind = VALUE_INTEGER;
	r = sd_bus_message_read_basic(message, type, &basic);
	switch (type) {
	case 'y':
		value->integer = basic.y;
		break;
	case 'n':
		value->integer = basic.n;
		break;
	case 'q':
		value->integer = basic.q;
		break;
	case 'i':
		value->integer = basic.i;
		break;
	default:
		value->integer = basic.u;
	}
	return r;
}

static int read_contents(sd_bus_message *message, const char *contents, struct value *value)
{
	const void *data;
	size_t len;
	int r;

	if (strcmp(contents, "ay") == 0) {
		r = sd_bus_message_read_array(message, 'y', &data, &len);
		if (r >= 0)
			value->opaque = BYTES(data, len);
		value->kind = VALUE_OPAQUE;
		return r;
	}
	if (strlen(contents) == 1 && strchr("sog", *contents)) {
		value->kind = VALUE_TEXT;
		return sd_bus_message_read_basic(message, *contents, &value->text);
	}
	if (strcmp(contents, "b") == 0) {
		value->kind = VALUE_BOOLEAN;
		return sd_bus_message_read_basic(message, 'b', &value->boolean);
	}
	if (strcmp(contents, "d") == 0) {
		value->kind = VALUE_FLOAT;
		return sd_bus_message_read_basic(message, 'd', &value->real);
	}
	if (strlen(contents) == 1 && strchr("ynqiuxt", *contents))
		return read_integer(message, *contents, value);
	value->kind = VALUE_UNKNOWN;
	return sd_bus_message_skip(message, contents);
}

int value_read(sd_bus_message *message, const char *type, struct value *ret)
{
	struct value value = { .type = type };
	const char *contents;
	char kind;
	int r = sd_bus_message_peek_type(message, &kind, &contents);

	if (r < 0)
		return r;
	if (r == 0 || kind != 'v')
		return -EBADMSG;
	r = sd_bus_message_enter_container(message, 'v', contents);
	if (r >= 0)
		r = read_contents(message, contents, &value);
	if (r >= 0)
		r = sd_bus_message_exit_container(message);
	if (r >= 0)
		*ret = value;
	return r;
}

/* The shortest digits that are this number. */
static int format_real(double real, struct buffer *buffer)
{
	char text[40];
	int digits = 1;

	do
		snprintf(text, sizeof(text), "%.*g", digits, real);
	while (strtod(text, NULL) != real && isfinite(real) && ++digits <= 17);
	return buffer_append_text(buffer, text);
}

static int format_opaque(struct bytes bytes, struct buffer *buffer)
{
	int r = bytes.len == 0 ? buffer_append_text(buffer, "(empty)") : 0;

	for (size_t i = 0; r >= 0 && i < bytes.len && i < OPAQUE_SHOWN; i++)
		r = buffer_printf(buffer, "%02x", bytes.data[i]);
	if (r >= 0 && bytes.len > OPAQUE_SHOWN)
		r = buffer_printf(buffer, "… (%zu bytes)", bytes.len);
	return r;
}

static int format_time(int64_t seconds, struct buffer *buffer)
{
	time_t time = (time_t)seconds;
	char text[64];
	struct tm tm;

	if (!localtime_r(&time, &tm) || strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S %z", &tm) == 0)
		return buffer_printf(buffer, "%" PRId64, seconds);
	return buffer_append_text(buffer, text);
}

int value_format(const struct value *value, struct buffer *buffer)
{
	switch (value->kind) {
	case VALUE_TEXT:
		return buffer_append_text(buffer, *value->text ? value->text : "(empty)");
	case VALUE_INTEGER:
		return strcmp(value->type, "time") == 0 ? format_time(value->integer, buffer) :
							  buffer_printf(buffer, "%" PRId64, value->integer);
	case VALUE_UNSIGNED:
		return buffer_printf(buffer, "%" PRIu64, value->natural);
	case VALUE_FLOAT:
		return format_real(value->real, buffer);
	case VALUE_BOOLEAN:
		return buffer_append_text(buffer, value->boolean ? "true" : "false");
	case VALUE_OPAQUE:
		return format_opaque(value->opaque, buffer);
	default:
		return buffer_append_text(buffer, "?");
	}
}

static json_t *opaque_json(struct bytes bytes)
{
	_cleanup_(buffer_deinit) struct buffer text = { 0 };

	for (size_t i = 0; i < bytes.len; i++)
		if (buffer_printf(&text, "%02x", bytes.data[i]) < 0)
			return NULL;
	return json_stringn(text.data ? (const char *)text.data : "", text.len);
}

json_t *value_json(const struct value *value)
{
	char text[24];

	switch (value->kind) {
	case VALUE_TEXT:
		return json_string(value->text);
	case VALUE_INTEGER:
		return json_integer(value->integer);
	case VALUE_UNSIGNED:
		if (value->natural <= INT64_MAX)
			return json_integer((json_int_t)value->natural);
		snprintf(text, sizeof(text), "%" PRIu64, value->natural);
		return json_string(text);
	case VALUE_FLOAT:
		return isfinite(value->real) ? json_real(value->real) : json_null();
	case VALUE_BOOLEAN:
		return json_boolean(value->boolean);
	case VALUE_OPAQUE:
		return opaque_json(value->opaque);
	default:
		return json_null();
	}
}
