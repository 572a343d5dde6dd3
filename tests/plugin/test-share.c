/* SPDX-License-Identifier: Apache-2.0 */
/* Two plugins with the same objects; the second one in a process or in the agent. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"

#define OBJECT 3442
#define SINK   33000
#define STRING 110
#define FIRST  1000

static enum plugin_isolation isolation;
static struct fixture fixture;

static int setup(void **state)
{
	fixture_init(&fixture);
	return 0;
}

static int teardown(void **state)
{
	fixture_deinit(&fixture);
	return 0;
}

static void begin(uint16_t first_of_one, uint16_t first_of_two)
{
	fixture_add_from(&fixture, "one", "test-object", PLUGIN_ISOLATION_PROCESS, first_of_one);
	fixture_add_from(&fixture, "two", "test-object", isolation, first_of_two);
	supervisor_start(fixture.supervisor);
	fixture_wait(&fixture, supervisor_is_settled(fixture.supervisor));
	fixture_forget(&fixture);
}

static void begin_both(void)
{
	begin(0, FIRST);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(supervisor_status(fixture.supervisor, i).state, PLUGIN_RUNNING);
}

static const struct object *object(void)
{
	return registry_find(&fixture.registry, OBJECT);
}

static void assert_instances(size_t n, const uint16_t *ids)
{
	assert_int_equal(object()->n_instances, n);
	assert_memory_equal(object()->instances, ids, n * sizeof(*ids));
}

/* How many instances the records of the last read are of. */
static size_t count_instances(void)
{
	size_t n = 0;

	for (size_t i = 0; i < fixture.records.count; i++)
		n += i == 0 || fixture.records.items[i].path.ids[1] != fixture.records.items[i - 1].path.ids[1];
	return n;
}

static void test_one_object(void **state)
{
	begin_both();
	assert_instances(2, (const uint16_t[]){ 0, FIRST });
	assert_true(object()->info->flags & OBJECT_MULTIPLE);
	fixture_expect(&fixture, PATH3(OBJECT, FIRST, STRING), VALUE_STRING("initial value"));
	assert_int_equal(fixture_read(&fixture, PATH1(OBJECT)), 0);
	assert_int_equal(count_instances(), 2);
	assert_int_equal(fixture_read(&fixture, PATH2(OBJECT, FIRST)), 0);
	assert_int_equal(fixture.records.items[0].path.ids[1], FIRST);
	assert_int_equal(fixture_read(&fixture, PATH3(OBJECT, 1, STRING)), -ENOENT);
	assert_int_equal(fixture_read(&fixture, PATH3(OBJECT, FIRST + 1, STRING)), -ENOENT);
}

/* Each of them gets what is its own, and servers hear of it under their number. */
static void test_write(void **state)
{
	begin_both();
	assert_int_equal(fixture_write_value(&fixture, PATH3(OBJECT, FIRST, STRING), VALUE_STRING("two")), 0);
	fixture_wait(&fixture, fixture_told(&fixture, REGISTRY_VALUE, PATH3(OBJECT, FIRST, STRING)));
	assert_false(fixture_told(&fixture, REGISTRY_VALUE, PATH3(OBJECT, 0, STRING)));
	fixture_expect(&fixture, PATH3(OBJECT, FIRST, STRING), VALUE_STRING("two"));
	fixture_expect(&fixture, PATH3(OBJECT, 0, STRING), VALUE_STRING("initial value"));
	assert_int_equal(fixture_write_value(&fixture, PATH3(OBJECT, 0, STRING), VALUE_STRING("one")), 0);
	fixture_expect(&fixture, PATH3(OBJECT, 0, STRING), VALUE_STRING("one"));
	fixture_expect(&fixture, PATH3(OBJECT, FIRST, STRING), VALUE_STRING("two"));
	assert_int_equal(fixture_write_value(&fixture, PATH3(OBJECT, FIRST + 7, STRING), VALUE_STRING("x")), -ENOENT);
}

static void test_execute_and_later(void **state)
{
	begin_both();
	assert_int_equal(fixture_execute(&fixture, PATH3(OBJECT, FIRST, 3), "1='x'"), 0);
	assert_int_equal(fixture_read(&fixture, PATH3(OBJECT, FIRST, 4)), 0);
	assert_int_equal(fixture.records.items[0].path.ids[1], FIRST);
	assert_int_equal(fixture_execute(&fixture, PATH3(SINK, FIRST, 13), ""), 0);
	assert_int_equal(fixture_execute(&fixture, PATH3(SINK, FIRST, 14), ""), -EBUSY);
	assert_int_equal(fixture_read(&fixture, PATH3(SINK, FIRST, 10)), 0);
}

static void test_stream(void **state)
{
	begin_both();
	assert_int_equal(fixture_block(&fixture, PATH3(SINK, FIRST, 0), 0, bytes_of("abc"), true), 0);
	assert_int_equal(fixture_block(&fixture, PATH3(SINK, FIRST, 0), 3, bytes_of("de"), false), 0);
	fixture_expect(&fixture, PATH3(SINK, FIRST, 1), VALUE_UNSIGNED(5));
	fixture_expect(&fixture, PATH3(SINK, 0, 1), VALUE_UNSIGNED(0));
}

/* An instance is made by whose numbers the id is among. */
static void test_create_and_delete(void **state)
{
	const struct record record = { .path = PATH3(OBJECT, FIRST + 5, STRING), .value = VALUE_STRING("made") };

	begin_both();
	assert_int_equal(fixture_write(&fixture, OPERATION_CREATE, PATH2(OBJECT, FIRST + 5), &record, 1), 0);
	fixture_wait(&fixture, fixture_told(&fixture, REGISTRY_INSTANCE, PATH2(OBJECT, FIRST + 5)));
	assert_instances(3, (const uint16_t[]){ 0, FIRST, FIRST + 5 });
	fixture_expect(&fixture, PATH3(OBJECT, FIRST + 5, STRING), VALUE_STRING("made"));
	assert_int_equal(fixture_write(&fixture, OPERATION_CREATE, PATH2(OBJECT, FIRST + 5), &record, 1), -EEXIST);
	assert_int_equal(fixture_delete(&fixture, PATH2(OBJECT, FIRST + 5)), 0);
	fixture_wait(&fixture, object()->n_instances == 2);
	assert_int_equal(fixture_delete(&fixture, PATH2(OBJECT, FIRST + 5)), -ENOENT);
}

static void test_probe(void **state)
{
	const uint16_t *ids;

	begin_both();
	assert_int_equal(fixture_probe(&fixture, PATH3(OBJECT, FIRST, STRING), &ids), 0);
	assert_true(fixture_probe(&fixture, PATH3(OBJECT, FIRST, 1120), &ids) > 0);
	assert_int_equal(fixture_probe(&fixture, PATH3(OBJECT, FIRST + 1, STRING), &ids), -ENOENT);
}

/* Both from the same number on: the second one is refused with what to do. */
static void test_in_the_way(void **state)
{
	struct plugin_status status;

	begin(0, 0);
	for (size_t i = 0; i < 2; i++) {
		status = supervisor_status(fixture.supervisor, i);
		if (status.state == PLUGIN_RUNNING)
			continue;
		assert_int_equal(status.state, PLUGIN_FAILED);
		assert_non_null(strstr(status.failure, "set first_instance = 1000 in [plugin]"));
	}
	assert_instances(1, (const uint16_t[]){ 0 });
}

static void test_alone(void **state)
{
	fixture_add_from(&fixture, "one", "test-object", isolation, 7);
	supervisor_start(fixture.supervisor);
	fixture_wait(&fixture, supervisor_is_settled(fixture.supervisor));
	assert_instances(1, (const uint16_t[]){ 7 });
	fixture_expect(&fixture, PATH3(OBJECT, 7, STRING), VALUE_STRING("initial value"));
	supervisor_stop(fixture.supervisor);
	assert_null(object());
}

/* The one that is gone leaves the other where it is, and its own numbers to nobody. */
static void test_leave(void **state)
{
	begin_both();
	fixture_watch(&fixture, OBJECT, true);
	kill(supervisor_status(fixture.supervisor, 0).pid, SIGKILL);
	fixture_wait(&fixture, fixture_read(&fixture, PATH3(OBJECT, 0, STRING)) == -ECONNRESET);
	fixture_expect(&fixture, PATH3(OBJECT, FIRST, STRING), VALUE_STRING("initial value"));
	/* Of all instances, those that can be had. */
	if (fixture_status(&fixture).state != PLUGIN_RUNNING && fixture_read(&fixture, PATH1(OBJECT)) == 0)
		assert_true(count_instances() >= 1);
	fixture_wait(&fixture, fixture_read(&fixture, PATH3(OBJECT, 0, STRING)) == 0);
	assert_instances(2, (const uint16_t[]){ 0, FIRST });
	supervisor_stop(fixture.supervisor);
	assert_null(object());
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_one_object, setup, teardown),
		cmocka_unit_test_setup_teardown(test_write, setup, teardown),
		cmocka_unit_test_setup_teardown(test_execute_and_later, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stream, setup, teardown),
		cmocka_unit_test_setup_teardown(test_create_and_delete, setup, teardown),
		cmocka_unit_test_setup_teardown(test_probe, setup, teardown),
		cmocka_unit_test_setup_teardown(test_in_the_way, setup, teardown),
		cmocka_unit_test_setup_teardown(test_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_leave, setup, teardown),
	};

	if (argc != 2)
		return 2;
	isolation = (enum plugin_isolation)plugin_isolation_parse(argv[1]);
	return cmocka_run_group_tests_name(isolation == PLUGIN_ISOLATION_NONE ? "plugin/share-none" : "plugin/share-process",
		tests, NULL, NULL);
}
