/* SPDX-License-Identifier: Apache-2.0 */
#include "lwm2m/json-reader.h"

static int check_structure(struct bytes payload, size_t max)
{
	size_t structure = 0;
	bool quoted = false;

	for (size_t i = 0; i < payload.len; i++) {
		uint8_t c = payload.data[i];

		if (c == '"')
			quoted = !quoted;
		else if (c == '\\')
			i++;
		else if (!quoted && (c == '{' || c == '[' || c == ','))
			structure++;
	}
	return structure > max ? -E2BIG : 0;
}

int json_read_tree(struct bytes payload, size_t max, json_t **ret)
{
	json_t *tree;
	int r = check_structure(payload, max);

	if (r < 0)
		return r;
	tree = json_loadb((const char *)payload.data, payload.len, JSON_REJECT_DUPLICATES, NULL);
	if (!tree)
		return -EBADMSG;
	*ret = tree;
	return 0;
}

void json_tree_freep(json_t **tree)
{
	json_decref(*tree);
}

int json_read_value(const json_t *json, struct value *ret)
{
	switch (json_typeof(json)) {
	case JSON_STRING:
		*ret = (struct value){ VALUE_STRING,
			.bytes = BYTES(json_string_value(json), json_string_length(json)) };
		return 0;
	case JSON_INTEGER:
		*ret = VALUE_INTEGER(json_integer_value(json));
		return 0;
	case JSON_REAL:
		*ret = VALUE_FLOAT(json_real_value(json));
		return 0;
	case JSON_TRUE:
	case JSON_FALSE:
		*ret = VALUE_BOOLEAN(json_is_true(json));
		return 0;
	case JSON_NULL:
		*ret = (struct value){ .type = VALUE_NONE };
		return 0;
	default:
		return -EBADMSG;
	}
}

int json_keep_text(struct records *records, struct value *value)
{
	void *copy;

	if (value->type != VALUE_STRING || value->bytes.len == 0)
		return 0;
	copy = records_allocate(records, value->bytes.len);
	if (!copy)
		return -ENOMEM;
	value->bytes.data = memcpy(copy, value->bytes.data, value->bytes.len);
	return 0;
}
