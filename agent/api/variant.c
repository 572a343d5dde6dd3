/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "api/api-internal.h"
#include "base/base64.h"
#include "base/utf8.h"

static const char *const signatures[_VALUE_TYPE_MAX] = {
	[VALUE_STRING] = "s", [VALUE_INTEGER] = "x", [VALUE_UNSIGNED] = "t", [VALUE_FLOAT] = "d",
	[VALUE_BOOLEAN] = "b", [VALUE_OPAQUE] = "ay", [VALUE_TIME] = "x", [VALUE_OBJLNK] = "s",
	[VALUE_CORELNK] = "s",
};

int variant_append_text(sd_bus_message *m, struct bytes text)
{
	char *space;
	int r;

	if (text.len > 0 && memchr(text.data, 0, text.len))
		return -EINVAL;
	r = sd_bus_message_append_string_space(m, utf8_whole_length(text), &space);
	if (r >= 0)
		utf8_whole(text, space);
	return r;
}

static int append_contents(sd_bus_message *m, const struct value *value)
{
	char text[VALUE_TEXT_MAX];
	int boolean;

	switch (value->type) {
	case VALUE_STRING:
	case VALUE_CORELNK:
		return variant_append_text(m, value->bytes);
	case VALUE_OPAQUE:
		return sd_bus_message_append_array(m, 'y', value->bytes.data, value->bytes.len);
	case VALUE_OBJLNK:
		value_format(value, text);
		return sd_bus_message_append_basic(m, 's', text);
	case VALUE_BOOLEAN:
		boolean = value->boolean;
		return sd_bus_message_append_basic(m, 'b', &boolean);
	default:
		return sd_bus_message_append_basic(m, *signatures[value->type], &value->integer);
	}
}

static int append_value(sd_bus_message *m, const struct value *value)
{
	int r = sd_bus_message_open_container(m, 'v', signatures[value->type]);

	if (r >= 0)
		r = append_contents(m, value);
	return r < 0 ? r : sd_bus_message_close_container(m);
}

int variant_append(sd_bus_message *m, const struct record *record)
{
	char path[PATH_TEXT_MAX];
	int r;

	if (!signatures[record->value.type])
		return -EINVAL;
	path_format(&record->path, path);
	r = sd_bus_message_append(m, "ss", path, value_type_name(record->value.type));
	return r < 0 ? r : append_value(m, &record->value);
}

int variant_append_record(sd_bus_message *m, const struct record *record)
{
	int r = sd_bus_message_open_container(m, 'r', "ssv");

	if (r >= 0)
		r = variant_append(m, record);
	return r < 0 ? r : sd_bus_message_close_container(m);
}

static int read_integer(sd_bus_message *m, char type, struct value *ret)
{
	union {
		uint8_t y;
		int16_t n;
		uint16_t q;
		int32_t i;
		uint32_t u;
		int64_t x;
		uint64_t t;
	} number;
	int r = sd_bus_message_read_basic(m, type, &number);

	if (r < 0)
		return r;
	switch (type) {
	case 'y':
		*ret = VALUE_UNSIGNED(number.y);
		break;
	case 'n':
		*ret = VALUE_INTEGER(number.n);
		break;
	case 'q':
		*ret = VALUE_UNSIGNED(number.q);
		break;
	case 'i':
		*ret = VALUE_INTEGER(number.i);
		break;
	case 'u':
		*ret = VALUE_UNSIGNED(number.u);
		break;
	case 'x':
		*ret = VALUE_INTEGER(number.x);
		break;
	default:
		*ret = VALUE_UNSIGNED(number.t);
	}
	return 0;
}

static int parse_opaque(struct bytes text, struct buffer *scratch, struct value *ret)
{
	uint8_t *space;
	size_t len;
	int r = buffer_reserve(scratch, BASE64_BYTES_MAX(text.len) + 1, &space);

	if (r >= 0)
		r = base64_decode(text, space, &len);
	if (r >= 0)
		*ret = VALUE_OPAQUE(space, len);
	return r;
}

/* As servers write it in plain text, and booleans as people do. */
static int parse_text(const char *text, enum value_type type, struct buffer *scratch, struct value *ret)
{
	if (type == VALUE_OPAQUE)
		return parse_opaque(bytes_of(text), scratch, ret);
	if (type == VALUE_BOOLEAN && (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)) {
		*ret = VALUE_BOOLEAN(*text == 't');
		return 0;
	}
	return value_parse(bytes_of(text), type, ret);
}

static int read_bytes(sd_bus_message *m, struct value *ret)
{
	const void *data;
	size_t len;
	int r = sd_bus_message_read_array(m, 'y', &data, &len);

	if (r >= 0)
		*ret = VALUE_OPAQUE(data, len);
	return r;
}

static int read_contents(sd_bus_message *m, char signature, struct value *ret)
{
	int boolean, r;

	switch (signature) {
	case 'b':
		r = sd_bus_message_read_basic(m, 'b', &boolean);
		*ret = VALUE_BOOLEAN(r >= 0 && boolean);
		return r;
	case 'd':
		ret->type = VALUE_FLOAT;
		return sd_bus_message_read_basic(m, 'd', &ret->number);
	case 'a':
		return read_bytes(m, ret);
	default:
		return strchr("ynqiuxt", signature) ? read_integer(m, signature, ret) : -EINVAL;
	}
}

int variant_read(sd_bus_message *m, enum value_type type, struct buffer *scratch, struct value *ret)
{
	struct value value = { .type = VALUE_NONE };
	const char *contents, *text;
	int r = sd_bus_message_peek_type(m, NULL, &contents);

	if (r < 0)
		return r;
	r = sd_bus_message_enter_container(m, 'v', contents);
	if (r < 0)
		return r;
	if (contents[0] == 's') {
		r = sd_bus_message_read_basic(m, 's', &text);
		return r < 0 ? r : parse_text(text, type, scratch, ret);
	}
	if (contents[1] != '\0' && strcmp(contents, "ay") != 0)
		return -EINVAL;
	r = read_contents(m, contents[0], &value);
	return r < 0 ? r : value_convert(&value, type, ret);
}
