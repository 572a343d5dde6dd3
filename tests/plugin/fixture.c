/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"

static const char *directory(const char *variable)
{
	const char *value = getenv(variable);

	if (!value)
		fail_msg("%s is not set: run this through meson test", variable);
	return value;
}

static void on_change(void *userdata, enum registry_change change, const struct path *path)
{
	struct fixture *fixture = userdata;

	if (fixture->n_changes == ELEMENTSOF(fixture->changes))
		fixture->n_changes = 0;
	fixture->changes[fixture->n_changes] = *path;
	fixture->kinds[fixture->n_changes++] = change;
}

static void on_settled(void *userdata)
{
	struct fixture *fixture = userdata;

	fixture->settled++;
}

void fixture_init(struct fixture *fixture)
{
	*fixture = (struct fixture){ 0 };
	assert_true(sd_event_new(&fixture->event) >= 0);
	fixture->registry.listener = on_change;
	fixture->registry.userdata = fixture;
	fixture->options = (struct supervisor_options){
		.host_path = directory("LWM2M_PLUGIN_HOST"),
		.restart_min = 10 * USEC_PER_MSEC,
		.restart_max = 80 * USEC_PER_MSEC,
		.silence_max = 100 * USEC_PER_MSEC,
		.ping_timeout = 1 * USEC_PER_SEC,
	};
}

void fixture_deinit(struct fixture *fixture)
{
	supervisor_free(fixture->supervisor);
	records_deinit(&fixture->records);
	registry_deinit(&fixture->registry);
	sd_event_unref(fixture->event);
}

static void add(struct fixture *fixture, struct plugin_config *config, const char *module)
{
	char path[4096];

	if (!fixture->supervisor) {
		assert_int_equal(supervisor_new(&fixture->supervisor, fixture->event, &fixture->registry,
					 &fixture->options), 0);
		supervisor_set_settled_handler(fixture->supervisor, on_settled, fixture);
	}
	if (*module == '/')
		snprintf(path, sizeof(path), "%s", module);
	else
		snprintf(path, sizeof(path), "%s/%s.so", directory("LWM2M_TEST_PLUGINS"), module);
	config->module = path;
	assert_int_equal(supervisor_add(fixture->supervisor, config), 0);
}

void fixture_add(struct fixture *fixture, const char *name, const char *module, enum plugin_isolation isolation,
	const struct plugin_setting *settings)
{
	struct plugin_config config = { .name = name, .isolation = isolation, .enabled = true, .settings = settings };

	while (settings && settings[config.n_settings].section)
		config.n_settings++;
	add(fixture, &config, module);
}

void fixture_add_from(struct fixture *fixture, const char *name, const char *module, enum plugin_isolation isolation,
	uint16_t first)
{
	struct plugin_config config = {
		.name = name, .isolation = isolation, .enabled = true, .first_instance = first
	};

	add(fixture, &config, module);
}

void fixture_start(struct fixture *fixture, const char *module, enum plugin_isolation isolation)
{
	fixture_add(fixture, module, module, isolation, NULL);
	supervisor_start(fixture->supervisor);
	fixture_wait(fixture, supervisor_is_settled(fixture->supervisor));
	fixture_forget(fixture);
}

struct plugin_status fixture_status(const struct fixture *fixture)
{
	return supervisor_status(fixture->supervisor, 0);
}

void fixture_wait_state(struct fixture *fixture, enum plugin_state state)
{
	fixture_wait(fixture, fixture_status(fixture).state == state);
}

/* One operation and where its end goes. */
struct wait {
	struct operation operation;
	int *error;
	struct records *records; /* NULL: nobody reads them */
};

static void on_done(struct operation *operation, int error)
{
	struct wait *wait = container_of(operation, struct wait, operation);

	assert_true(error <= 0);
	*wait->error = error;
	if (wait->records) {
		records_deinit(wait->records);
		*wait->records = operation->records;
	}
	free(wait);
}

static struct wait *wait_new(int *error, enum operation_type type, struct path path)
{
	struct wait *wait = calloc(1, sizeof(*wait));

	assert_non_null(wait);
	*error = 1;
	wait->error = error;
	wait->operation = (struct operation){ .type = type, .path = path, .done = on_done };
	return wait;
}

static struct object *find_object(struct fixture *fixture, struct path path)
{
	struct object *object = registry_find(&fixture->registry, path.ids[0]);

	if (!object)
		fail_msg("no object %u in the registry", path.ids[0]);
	return object;
}

static int wait_for(struct fixture *fixture, const int *error)
{
	fixture_wait(fixture, *error <= 0);
	return *error;
}

int fixture_read(struct fixture *fixture, struct path path)
{
	struct object *object = find_object(fixture, path);
	int error;
	struct wait *wait = wait_new(&error, OPERATION_READ, path);

	wait->records = &fixture->records;
	object->ops->read(object, &wait->operation);
	(void)wait_for(fixture, &error);
	/* Records have to stand after what brought them is gone. */
	assert_int_equal(records_own(&fixture->records, 0), 0);
	return error;
}

static void on_begun_done(struct operation *operation, int error)
{
	records_deinit(&operation->records);
	on_done(operation, error);
}

void fixture_begin_read(struct fixture *fixture, struct path path, int *ret_error)
{
	struct object *object = find_object(fixture, path);
	struct wait *wait = wait_new(ret_error, OPERATION_READ, path);

	wait->operation.done = on_begun_done;
	object->ops->read(object, &wait->operation);
}

void fixture_begin_write(struct fixture *fixture, struct path path, struct value value, int *ret_error)
{
	struct object *object = find_object(fixture, path);
	struct wait *wait = wait_new(ret_error, OPERATION_WRITE_REPLACE, path);
	struct records copy = { 0 };

	assert_int_equal(records_add_copy(&copy, path, value), 0);
	wait->operation.records = copy;
	object->ops->write(object, &wait->operation);
	records_deinit(&copy);
}

/* The records are borrowed until the object's function returns, as the contract has it: a copy is gone then. */
int fixture_write(struct fixture *fixture, enum operation_type type, struct path path, const struct record *records,
	size_t n)
{
	struct object *object = find_object(fixture, path);
	struct records copy = { 0 };
	int error;
	struct wait *wait = wait_new(&error, type, path);

	for (size_t i = 0; i < n; i++)
		assert_int_equal(records_add_copy(&copy, records[i].path, records[i].value), 0);
	wait->operation.records = copy;
	if (type == OPERATION_CREATE)
		object->ops->create(object, &wait->operation);
	else
		object->ops->write(object, &wait->operation);
	records_deinit(&copy);
	return wait_for(fixture, &error);
}

int fixture_write_value(struct fixture *fixture, struct path path, struct value value)
{
	const struct record record = { .path = path, .value = value };

	return fixture_write(fixture, OPERATION_WRITE_REPLACE, path, &record, 1);
}

int fixture_block(struct fixture *fixture, struct path path, uint64_t offset, struct bytes block, bool more)
{
	struct object *object = find_object(fixture, path);
	int error;
	struct wait *wait = wait_new(&error, OPERATION_WRITE_BLOCK, path);

	wait->operation.offset = offset;
	wait->operation.block = block;
	wait->operation.more = more;
	object->ops->write(object, &wait->operation);
	return wait_for(fixture, &error);
}

int fixture_execute(struct fixture *fixture, struct path path, const char *arguments)
{
	struct object *object = find_object(fixture, path);
	int error;
	struct wait *wait = wait_new(&error, OPERATION_EXECUTE, path);

	wait->operation.arguments = bytes_of(arguments);
	object->ops->execute(object, &wait->operation);
	return wait_for(fixture, &error);
}

int fixture_delete(struct fixture *fixture, struct path path)
{
	struct object *object = find_object(fixture, path);
	int error;
	struct wait *wait = wait_new(&error, OPERATION_DELETE, path);

	object->ops->delete (object, &wait->operation);
	return wait_for(fixture, &error);
}

void fixture_expect(struct fixture *fixture, struct path path, struct value value)
{
	char text[PATH_TEXT_MAX];
	int r = fixture_read(fixture, path);

	path_format(&path, text);
	if (r < 0)
		fail_msg("%s: %s", text, strerror(-r));
	if (fixture->records.count != 1)
		fail_msg("%s: %zu values", text, fixture->records.count);
	assert_true(path_equal(&fixture->records.items[0].path, &path));
	if (!value_equal(&fixture->records.items[0].value, &value))
		fail_msg("%s has another value", text);
}

int fixture_probe(struct fixture *fixture, struct path path, const uint16_t **ret_ids)
{
	struct object *object = find_object(fixture, path);

	return object->ops->probe(object, path.ids[1], object_find_resource(object, path.ids[2]), ret_ids);
}

void fixture_watch(struct fixture *fixture, uint16_t oid, bool watched)
{
	struct object *object = find_object(fixture, PATH1(oid));

	object->watched = watched;
	object->ops->watch(object, watched);
}

bool fixture_told(const struct fixture *fixture, enum registry_change kind, struct path path)
{
	for (size_t i = 0; i < fixture->n_changes; i++)
		if (fixture->kinds[i] == kind && path_equal(&fixture->changes[i], &path))
			return true;
	return false;
}

void fixture_forget(struct fixture *fixture)
{
	fixture->n_changes = 0;
}
