/* SPDX-License-Identifier: Apache-2.0 */
/* Two plugins take turns with an object that the agent has itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../io/scratch.h"
#include "fixture.h"

#define OBJECT 4

static enum plugin_isolation isolation;
static struct fixture fixture;
static char files[2][256];

static const struct resource_info own_resources[] = { { 0, VALUE_INTEGER, RESOURCE_R, 0 } };
static const struct object_info own_info = { OBJECT, OBJECT_REPLACEABLE, "1.3", own_resources, 1 };

static void own_read(struct object *object, struct operation *operation)
{
	(void)records_add(&operation->records, PATH3(OBJECT, 0, 0), VALUE_INTEGER(41));
	operation_done(operation, 0);
}

static const struct object_ops own_ops = { .read = own_read };
static struct object own;

static void begin(const char *folder)
{
	static const char *const bearers[] = { "6", "21" };
	struct plugin_setting settings[2][3];

	own = (struct object){ .info = &own_info, .ops = &own_ops };
	assert_int_equal(object_add_instance(&own, 0), 0);
	assert_int_equal(registry_add(&fixture.registry, &own), 0);
	for (size_t i = 0; i < 2; i++) {
		snprintf(files[i], sizeof(files[i]), "%s/%zu", folder, i);
		settings[i][0] = (struct plugin_setting){ "turns", "bearer", bearers[i] };
		settings[i][1] = (struct plugin_setting){ "turns", "file", files[i] };
		settings[i][2] = (struct plugin_setting){ NULL, NULL, NULL };
		fixture_add(&fixture, i ? "wifi" : "modem", "test-turns",
			i ? isolation : PLUGIN_ISOLATION_PROCESS, settings[i]);
	}
	supervisor_start(fixture.supervisor);
	fixture_wait(&fixture, supervisor_is_settled(fixture.supervisor));
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(supervisor_status(fixture.supervisor, i).state, PLUGIN_RUNNING);
	fixture_forget(&fixture);
}

static int setup(void **state)
{
	fixture_init(&fixture);
	return scratch_setup(state);
}

static int teardown(void **state)
{
	fixture_deinit(&fixture);
	object_deinit(&own);
	return scratch_teardown(state);
}

static void come(size_t i)
{
	FILE *file = fopen(files[i], "w");

	assert_non_null(file);
	fclose(file);
}

static bool is(int64_t bearer)
{
	const struct object *object = registry_find(&fixture.registry, OBJECT);
	const struct value value = VALUE_INTEGER(bearer);

	/* Whoever has it: there is one instance, and it answers. */
	assert_int_equal(object->n_instances, 1);
	assert_int_equal(fixture_read(&fixture, PATH3(OBJECT, 0, 0)), 0);
	return value_equal(&fixture.records.items[0].value, &value);
}

static void test_nobody(void **state)
{
	begin(*state);
	assert_true(is(41));
	assert_ptr_equal(registry_find(&fixture.registry, OBJECT), &own);
}

static void test_one_after_the_other(void **state)
{
	begin(*state);
	for (int round = 0; round < 2; round++) {
		come(0);
		fixture_wait(&fixture, is(6));
		unlink(files[0]);
		fixture_wait(&fixture, is(41));
		come(1);
		fixture_wait(&fixture, is(21));
		unlink(files[1]);
		fixture_wait(&fixture, is(41));
	}
}

/* The one that comes has it, and the one that was there when that goes; the agent's is never seen. */
static void test_overlap(void **state)
{
	begin(*state);
	come(0);
	fixture_wait(&fixture, is(6));
	fixture_forget(&fixture);
	come(1);
	fixture_wait(&fixture, is(21));
	assert_true(fixture_told(&fixture, REGISTRY_VALUE, PATH1(OBJECT)));
	fixture_forget(&fixture);
	unlink(files[1]);
	fixture_wait(&fixture, is(6));
	assert_true(fixture_told(&fixture, REGISTRY_VALUE, PATH1(OBJECT)));
	assert_false(fixture_told(&fixture, REGISTRY_INSTANCE, PATH1(OBJECT)));
	come(1);
	fixture_wait(&fixture, is(21));
	fixture_forget(&fixture);
	unlink(files[0]);
	fixture_wait(&fixture, is(21) && access(files[0], F_OK) < 0);
	assert_false(fixture_told(&fixture, REGISTRY_INSTANCE, PATH1(OBJECT)));
	unlink(files[1]);
	fixture_wait(&fixture, is(41));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nobody, setup, teardown),
		cmocka_unit_test_setup_teardown(test_one_after_the_other, setup, teardown),
		cmocka_unit_test_setup_teardown(test_overlap, setup, teardown),
	};

	if (argc != 2)
		return 2;
	isolation = (enum plugin_isolation)plugin_isolation_parse(argv[1]);
	return cmocka_run_group_tests_name(isolation == PLUGIN_ISOLATION_NONE ? "plugin/turns-none" : "plugin/turns-process",
		tests, NULL, NULL);
}
