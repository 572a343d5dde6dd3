/* SPDX-License-Identifier: Apache-2.0 */
#include "ask.h"

#include <stdio.h>

static void on_done(struct operation *operation, int error)
{
	struct ask *ask = container_of(operation, struct ask, operation);

	ask->n_done++;
	ask->error = error;
}

void ask_init(struct ask *ask, struct object *object, uint16_t server)
{
	*ask = (struct ask){ .object = object, .server = server };
}

void ask_deinit(struct ask *ask)
{
	records_deinit(&ask->records);
}

static void start(struct ask *ask, enum operation_type type, struct path path)
{
	ask->n_done = 0;
	ask->operation = (struct operation){ .type = type, .path = path, .server = ask->server, .done = on_done };
}

int ask_read(struct ask *ask, struct path path)
{
	start(ask, OPERATION_READ, path);
	records_deinit(&ask->records);
	ask->object->ops->read(ask->object, &ask->operation);
	assert_int_equal(ask->n_done, 1);
	ask->records = ask->operation.records;
	for (size_t i = 0; i < ask->records.count; i++)
		assert_true(path_contains(&path, &ask->records.items[i].path));
	return ask->error;
}

int ask_execute(struct ask *ask, struct path path)
{
	start(ask, OPERATION_EXECUTE, path);
	ask->object->ops->execute(ask->object, &ask->operation);
	assert_int_equal(ask->n_done, 1);
	return ask->error;
}

int ask_create(struct ask *ask)
{
	ask->n_done = 0;
	ask->operation.done = on_done;
	ask->object->ops->create(ask->object, &ask->operation);
	assert_int_equal(ask->n_done, 1);
	return ask->error;
}

int ask_write(struct ask *ask, enum operation_type type, struct path path, const struct record *records, size_t n)
{
	start(ask, type, path);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(records_add_copy(&ask->operation.records, records[i].path, records[i].value), 0);
	ask->object->ops->write(ask->object, &ask->operation);
	assert_int_equal(ask->n_done, 1);
	records_deinit(&ask->operation.records);
	return ask->error;
}

int ask_write_one(struct ask *ask, struct path path, struct value value)
{
	return ask_write(ask, OPERATION_WRITE_REPLACE, path, &(struct record){ .path = path, .value = value }, 1);
}

static const struct value *read_one(struct ask *ask, struct path path)
{
	assert_int_equal(ask_read(ask, path), 0);
	assert_int_equal(ask->records.count, 1);
	return &ask->records.items[0].value;
}

int64_t ask_integer(struct ask *ask, struct path path)
{
	const struct value *value = read_one(ask, path);

	if (value->type == VALUE_BOOLEAN)
		return value->boolean;
	assert_true(value->type == VALUE_INTEGER || value->type == VALUE_UNSIGNED || value->type == VALUE_TIME);
	return value->integer;
}

const char *ask_text(struct ask *ask, struct path path)
{
	static char text[256];
	const struct value *value = read_one(ask, path);

	assert_int_equal(value->type, VALUE_STRING);
	assert_true(value->bytes.len < sizeof(text));
	snprintf(text, sizeof(text), "%.*s", (int)value->bytes.len, (const char *)value->bytes.data);
	return text;
}

int ask_probe(const struct ask *ask, uint16_t iid, uint16_t rid)
{
	const struct resource_info *resource = object_find_resource(ask->object, rid);
	const uint16_t *ids;

	assert_non_null(resource);
	return ask->object->ops->probe(ask->object, iid, resource, &ids);
}
