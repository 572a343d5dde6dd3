/* SPDX-License-Identifier: Apache-2.0 */
/* The first byte is the type. */
#include "base/utf8.h"
#include "fuzz.h"
#include "lwm2m/value.h"

/* What can be converted to another type comes back as it was. */
static void check_conversions(const struct value *value)
{
	for (enum value_type type = VALUE_STRING; type < _VALUE_TYPE_MAX; type++) {
		struct value converted, back;

		if (value_convert(value, type, &converted) < 0)
			continue;
		CHECK(converted.type == type);
		if (value->type != VALUE_STRING || type != VALUE_OBJLNK)
			CHECK(value_convert(&converted, value->type, &back) == 0 &&
				value_equal(&back, value));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct value value, again;
	char text[VALUE_TEXT_MAX];
	enum value_type type;

	if (len == 0)
		return 0;
	type = data[0] % _VALUE_TYPE_MAX;
	if (value_parse(BYTES(data + 1, len - 1), type, &value) < 0)
		return 0;
	CHECK(value.type == (type == VALUE_NONE ? VALUE_STRING : type));
	check_conversions(&value);
	if (value_type_is_bytes(value.type)) {
		CHECK(bytes_equal(value.bytes, BYTES(data + 1, len - 1)) && utf8_valid(value.bytes));
		return 0;
	}
	CHECK(value_format(&value, text) < sizeof(text));
	CHECK(value_parse(bytes_of(text), type, &again) == 0 && value_equal(&again, &value));
	return 0;
}
