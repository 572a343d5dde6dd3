/* SPDX-License-Identifier: Apache-2.0 */
/* Callbacks that take time: who waits for them sees the outcome, everybody else goes on. In a host and in the agent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"

#define SLOW  33030
#define QUICK 33031

static enum plugin_isolation isolation;

static int setup(void **state)
{
	struct fixture *fixture = malloc(sizeof(*fixture));

	fixture_init(fixture);
	fixture_start(fixture, "test-late", isolation);
	assert_int_equal(fixture_status(fixture).state, PLUGIN_RUNNING);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	fixture_deinit(*state);
	free(*state);
	return 0;
}

static int64_t number(struct fixture *fixture, struct path path)
{
	assert_int_equal(fixture_read(fixture, path), 0);
	assert_int_equal(fixture->records.count, 1);
	return fixture->records.items[0].value.integer;
}

/* The first read has the value of a poll() that ended, and later ones are not older than poll_ms. */
static void test_read_waits(void **state)
{
	struct fixture *fixture = *state;
	int64_t first = number(fixture, PATH3(SLOW, 0, 0));

	assert_true(first >= 1);
	assert_int_equal(number(fixture, PATH3(SLOW, 0, 0)), first);
	fixture_wait(fixture, number(fixture, PATH3(SLOW, 0, 0)) > first + 1);
	assert_int_equal(number(fixture, PATH3(SLOW, 0, 3)), 0);
}

/* A read of the whole object waits for all of its instances, and once. */
static void test_read_of_object(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(fixture_read(fixture, PATH1(SLOW)), 0);
	assert_int_equal(fixture->records.count, 12);
	for (size_t i = 0; i < 12; i += 6)
		assert_true(fixture->records.items[i].value.integer >= 1);
}

/* What is asked of others is answered before. */
static void test_others_go_on(void **state)
{
	struct fixture *fixture = *state;
	int error;

	fixture_begin_read(fixture, PATH3(SLOW, 0, 0), &error);
	fixture_expect(fixture, PATH3(QUICK, 0, 0), VALUE_INTEGER(7));
	assert_int_equal(error, 1);
	fixture_wait(fixture, error == 0);
}

static void test_write_is_answered_later(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(fixture_write_value(fixture, PATH3(SLOW, 0, 1), VALUE_STRING("second")), 0);
	fixture_expect(fixture, PATH3(SLOW, 0, 1), VALUE_STRING("second"));
	fixture_expect(fixture, PATH3(SLOW, 0, 2), VALUE_STRING("second"));
	assert_int_equal(fixture_write_value(fixture, PATH3(SLOW, 0, 1), VALUE_STRING("at once")), 0);
	fixture_expect(fixture, PATH3(SLOW, 0, 1), VALUE_STRING("at once"));
	assert_int_equal(fixture_write_value(fixture, PATH3(SLOW, 0, 1), VALUE_STRING("not at once")), -EACCES);
	fixture_expect(fixture, PATH3(SLOW, 0, 1), VALUE_STRING("at once"));
	assert_int_equal(number(fixture, PATH3(SLOW, 0, 3)), 0);
}

/* The plugin hears what was written, also with the value that was there. */
static void test_wrote(void **state)
{
	struct fixture *fixture = *state;
	const struct record other = { .path = PATH3(SLOW, 0, 6), .value = VALUE_STRING("x") };

	for (int i = 1; i <= 2; i++) {
		assert_int_equal(fixture_write_value(fixture, PATH3(SLOW, 0, 1), VALUE_STRING("same")), 0);
		assert_int_equal(number(fixture, PATH3(SLOW, 0, 5)), i);
	}
	assert_int_equal(fixture_write(fixture, OPERATION_WRITE_UPDATE, PATH2(SLOW, 0), &other, 1), 0);
	assert_int_equal(number(fixture, PATH3(SLOW, 0, 5)), 2);
	assert_int_equal(fixture_write(fixture, OPERATION_WRITE_REPLACE, PATH2(SLOW, 0), &other, 1), 0);
	assert_int_equal(number(fixture, PATH3(SLOW, 0, 5)), 3);
}

/* The value is back, and nobody has been told of the other one, whatever happened meanwhile. */
static void test_late_refusal(void **state)
{
	struct fixture *fixture = *state;
	int error;

	fixture_forget(fixture);
	fixture_begin_read(fixture, PATH3(SLOW, 1, 0), &error);
	assert_int_equal(fixture_write_value(fixture, PATH3(SLOW, 0, 1), VALUE_STRING("refuse")), -ERANGE);
	fixture_expect(fixture, PATH3(SLOW, 0, 1), VALUE_STRING("first"));
	assert_false(fixture_told(fixture, REGISTRY_VALUE, PATH3(SLOW, 0, 1)));
	fixture_wait(fixture, error == 0);
}

/* Values that are not agreed to are not shown by another operation's news. */
static void test_unsettled(void **state)
{
	struct fixture *fixture = *state;
	int write = 1;

	number(fixture, PATH3(SLOW, 0, 0));
	fixture_forget(fixture);
	fixture_begin_write(fixture, PATH3(SLOW, 0, 1), VALUE_STRING("refuse"), &write);
	assert_int_equal(fixture_execute(fixture, PATH3(SLOW, 0, 4), ""), 0);
	fixture_expect(fixture, PATH3(SLOW, 0, 1), VALUE_STRING("first"));
	assert_int_equal(write, 1);
	fixture_wait(fixture, write <= 0);
	assert_int_equal(write, -ERANGE);
	fixture_expect(fixture, PATH3(SLOW, 0, 1), VALUE_STRING("first"));
	assert_false(fixture_told(fixture, REGISTRY_VALUE, PATH3(SLOW, 0, 1)));
}

/* Several writes of one instance follow each other, in order; those of another do not wait. */
static void test_writes_queue(void **state)
{
	struct fixture *fixture = *state;
	int errors[4];

	fixture_begin_write(fixture, PATH3(SLOW, 0, 1), VALUE_STRING("one"), &errors[0]);
	fixture_begin_write(fixture, PATH3(SLOW, 0, 1), VALUE_STRING("two"), &errors[1]);
	fixture_begin_write(fixture, PATH3(SLOW, 0, 1), VALUE_STRING("refuse"), &errors[2]);
	fixture_begin_write(fixture, PATH3(SLOW, 1, 1), VALUE_STRING("other"), &errors[3]);
	fixture_wait(fixture, errors[3] <= 0);
	assert_int_equal(errors[2], 1);
	for (size_t i = 0; i < 3; i++)
		fixture_wait(fixture, errors[i] <= 0);
	assert_int_equal(errors[0], 0);
	assert_int_equal(errors[1], 0);
	assert_int_equal(errors[2], -ERANGE);
	fixture_expect(fixture, PATH3(SLOW, 0, 1), VALUE_STRING("two"));
	assert_int_equal(number(fixture, PATH3(SLOW, 0, 3)), 0);
}

static void test_create(void **state)
{
	struct fixture *fixture = *state;
	struct object *object = registry_find(&fixture->registry, SLOW);
	const struct record good = { .path = PATH3(SLOW, 5, 1), .value = VALUE_STRING("made") };
	const struct record bad = { .path = PATH3(SLOW, 6, 1), .value = VALUE_STRING("refuse") };

	assert_int_equal(fixture_write(fixture, OPERATION_CREATE, PATH2(SLOW, 5), &good, 1), 0);
	fixture_expect(fixture, PATH3(SLOW, 5, 1), VALUE_STRING("made"));
	assert_true(number(fixture, PATH3(SLOW, 5, 0)) >= 1);
	assert_int_equal(fixture_write(fixture, OPERATION_CREATE, PATH2(SLOW, 6), &bad, 1), -ERANGE);
	assert_false(object_has_instance(object, 6));
	assert_int_equal(fixture_write(fixture, OPERATION_CREATE, PATH2(SLOW, 6), &good, 0), 0);
}

/* An instance that goes takes along what waits for it. */
static void test_delete(void **state)
{
	struct fixture *fixture = *state;
	int read, write;

	fixture_begin_read(fixture, PATH3(SLOW, 1, 0), &read);
	fixture_begin_write(fixture, PATH3(SLOW, 1, 1), VALUE_STRING("lost"), &write);
	assert_int_equal(fixture_delete(fixture, PATH2(SLOW, 1)), 0);
	fixture_wait(fixture, read <= 0 && write <= 0);
	assert_int_equal(read, -ENOENT);
	assert_int_equal(write, -ENOENT);
}

static void test_too_many_wait(void **state)
{
	static int errors[80];
	struct fixture *fixture = *state;
	unsigned int busy = 0;

	for (size_t i = 0; i < ELEMENTSOF(errors); i++)
		fixture_begin_read(fixture, PATH3(SLOW, 0, 0), &errors[i]);
	for (size_t i = 0; i < ELEMENTSOF(errors); i++) {
		fixture_wait(fixture, errors[i] <= 0);
		assert_true(errors[i] == 0 || errors[i] == -EBUSY);
		busy += errors[i] == -EBUSY;
	}
	assert_int_equal(busy, ELEMENTSOF(errors) - 64);
}

static void test_watch(void **state)
{
	struct fixture *fixture = *state;
	int64_t value = number(fixture, PATH3(SLOW, 0, 0));

	fixture_watch(fixture, SLOW, true);
	for (int i = 0; i < 2; i++) {
		fixture_forget(fixture);
		fixture_wait(fixture, fixture_told(fixture, REGISTRY_VALUE, PATH3(SLOW, 0, 0)));
	}
	assert_true(number(fixture, PATH3(SLOW, 0, 0)) > value);
	fixture_watch(fixture, SLOW, false);
}

static void test_stop(void **state)
{
	struct fixture *fixture = *state;
	int read, write;

	fixture_begin_write(fixture, PATH3(SLOW, 0, 1), VALUE_STRING("lost"), &write);
	fixture_begin_read(fixture, PATH3(SLOW, 1, 0), &read);
	supervisor_stop(fixture->supervisor);
	assert_int_equal(read, -ECONNRESET);
	assert_int_equal(write, -ECONNRESET);
}

int main(int argc, char **argv)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_read_waits),
		TEST(test_read_of_object),
		TEST(test_others_go_on),
		TEST(test_write_is_answered_later),
		TEST(test_wrote),
		TEST(test_late_refusal),
		TEST(test_unsettled),
		TEST(test_writes_queue),
		TEST(test_create),
		TEST(test_delete),
		TEST(test_too_many_wait),
		TEST(test_watch),
		TEST(test_stop),
	};

	isolation = (enum plugin_isolation)plugin_isolation_parse(argc > 1 ? argv[1] : "process");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
