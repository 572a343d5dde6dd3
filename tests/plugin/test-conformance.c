/* SPDX-License-Identifier: Apache-2.0 */
/* What a plugin may do and what servers see of it, in a host process and inside the agent: the same. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"

#define OBJECT 3442
#define SINK   33000
#define ODD    33001

static enum plugin_isolation isolation;

static int setup(void **state)
{
	struct fixture *fixture = malloc(sizeof(*fixture));

	fixture_init(fixture);
	fixture_start(fixture, "test-object", isolation);
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

static const uint8_t bytes8[] = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF };

#define VALUE_CORELNK(text) ((struct value){ .type = VALUE_CORELNK, .bytes = bytes_of(text) })

struct row {
	uint16_t rid;
	struct value initial, other, last;
};

/* Every type once; its array is at 1000 + rid. */
static size_t make_rows(struct row *rows)
{
	const struct row table[] = {
		{ 110, VALUE_STRING("initial value"), VALUE_STRING(""), VALUE_STRING("\xc3\xa4\xe2\x82\xac") },
		{ 120, VALUE_INTEGER(1024), VALUE_INTEGER(INT64_MIN), VALUE_INTEGER(INT64_MAX) },
		{ 125, VALUE_UNSIGNED(UINT64_C(1) << 63), VALUE_UNSIGNED(UINT64_MAX), VALUE_UNSIGNED(0) },
		{ 130, VALUE_FLOAT(3.14159), VALUE_FLOAT(-1e300), VALUE_FLOAT(INFINITY) },
		{ 140, VALUE_BOOLEAN(true), VALUE_BOOLEAN(false), VALUE_BOOLEAN(true) },
		{ 150, VALUE_OPAQUE(bytes8, 8), VALUE_OPAQUE(bytes8, 0), VALUE_OPAQUE(bytes8, 3) },
		{ 160, VALUE_TIME(946684800), VALUE_TIME(-1), VALUE_TIME(INT64_MAX) },
		{ 170, VALUE_OBJLNK(3, 0), VALUE_OBJLNK(65535, 65535), VALUE_OBJLNK(0, 65534) },
		{ 180, VALUE_CORELNK("</3442>"), VALUE_CORELNK(""), VALUE_CORELNK("</1/0>;pmin=1") },
	};

	memcpy(rows, table, sizeof(table));
	return ELEMENTSOF(table);
}

static void test_types(void **state)
{
	struct row rows[16];
	size_t n = make_rows(rows);

	for (size_t i = 0; i < n; i++) {
		struct path path = PATH3(OBJECT, 0, rows[i].rid);

		fixture_expect(*state, path, rows[i].initial);
		fixture_forget(*state);
		assert_int_equal(fixture_write_value(*state, path, rows[i].other), 0);
		assert_true(fixture_told(*state, REGISTRY_VALUE, path));
		fixture_expect(*state, path, rows[i].other);
		assert_int_equal(fixture_write_value(*state, path, rows[i].last), 0);
		fixture_expect(*state, path, rows[i].last);
		/* The same again is no news. */
		fixture_forget(*state);
		assert_int_equal(fixture_write_value(*state, path, rows[i].last), 0);
		assert_false(fixture_told(*state, REGISTRY_VALUE, path));
	}
}

static void test_arrays(void **state)
{
	struct fixture *fixture = *state;
	const uint16_t *ids = NULL;
	struct row rows[16];
	size_t n = make_rows(rows);

	for (size_t i = 0; i < n; i++) {
		struct path path = PATH3(OBJECT, 0, 1000 + rows[i].rid);
		const struct record two[] = {
			{ .path = path_child(path, 65534), .value = rows[i].last },
			{ .path = path_child(path, 7), .value = rows[i].other },
		};

		fixture_expect(fixture, path_child(path, 0), rows[i].initial);
		/* Replace: what was there goes. Ids come in any order and are read in ascending order. */
		assert_int_equal(fixture_write(fixture, OPERATION_WRITE_REPLACE, path, two, 2), 0);
		assert_int_equal(fixture_read(fixture, path), 0);
		assert_int_equal(fixture->records.count, 2);
		assert_int_equal(fixture->records.items[0].path.ids[3], 7);
		assert_int_equal(fixture->records.items[1].path.ids[3], 65534);
		assert_true(value_equal(&fixture->records.items[1].value, &rows[i].last));
		assert_int_equal(fixture_read(fixture, path_child(path, 0)), -ENOENT);
		assert_int_equal(fixture_probe(fixture, path, &ids), 2);
		assert_int_equal(ids[0], 7);
		assert_int_equal(ids[1], 65534);
		/* Update: one more, one other. */
		const struct record more[] = {
			{ .path = path_child(path, 8), .value = rows[i].initial },
			{ .path = path_child(path, 7), .value = rows[i].initial },
		};
		assert_int_equal(fixture_write(fixture, OPERATION_WRITE_UPDATE, path, more, 2), 0);
		assert_int_equal(fixture_probe(fixture, path, &ids), 3);
		fixture_expect(fixture, path_child(path, 7), rows[i].initial);
		assert_int_equal(fixture_delete(fixture, path_child(path, 7)), 0);
		assert_int_equal(fixture_probe(fixture, path, &ids), 2);
		assert_int_equal(fixture_read(fixture, path_child(path, 7)), -ENOENT);
		assert_int_equal(fixture_delete(fixture, path_child(path, 7)), -ENOENT);
	}
}

static void test_array_is_full(void **state)
{
	struct record records[9];
	const uint16_t *ids;

	for (size_t i = 0; i < 9; i++)
		records[i] = (struct record){ .path = PATH4(OBJECT, 0, 1120, (uint16_t)i), .value = VALUE_INTEGER(7) };
	assert_int_equal(fixture_write(*state, OPERATION_WRITE_REPLACE, PATH3(OBJECT, 0, 1120), records, 9), -EMSGSIZE);
	fixture_expect(*state, PATH4(OBJECT, 0, 1120, 0), VALUE_INTEGER(1024));
	assert_int_equal(fixture_write(*state, OPERATION_WRITE_REPLACE, PATH3(OBJECT, 0, 1120), records, 8), 0);
	assert_int_equal(fixture_probe(*state, PATH3(OBJECT, 0, 1120), &ids), 8);
	assert_int_equal(fixture_write(*state, OPERATION_WRITE_REPLACE, PATH3(OBJECT, 0, 1120), NULL, 0), 0);
	assert_int_equal(fixture_probe(*state, PATH3(OBJECT, 0, 1120), &ids), 0);
	assert_int_equal(fixture_read(*state, PATH3(OBJECT, 0, 1120)), 0);
}

/* The plugin's written() refuses: all of it stays as it was, and nobody is told. */
static void test_write_rolls_back(void **state)
{
	const struct record records[] = {
		{ .path = PATH3(OBJECT, 0, 120), .value = VALUE_INTEGER(5) },
		{ .path = PATH4(OBJECT, 0, 1110, 3), .value = VALUE_STRING("third") },
		{ .path = PATH3(OBJECT, 0, 110), .value = VALUE_STRING("refuse") },
	};
	const uint16_t *ids;

	assert_int_equal(fixture_write(*state, OPERATION_WRITE_REPLACE, PATH2(OBJECT, 0), records, 3), -EINVAL);
	fixture_expect(*state, PATH3(OBJECT, 0, 120), VALUE_INTEGER(1024));
	fixture_expect(*state, PATH3(OBJECT, 0, 110), VALUE_STRING("initial value"));
	fixture_expect(*state, PATH4(OBJECT, 0, 1110, 0), VALUE_STRING("initial value"));
	assert_int_equal(fixture_probe(*state, PATH3(OBJECT, 0, 1110), &ids), 1);
	assert_int_equal(((struct fixture *)*state)->n_changes, 0);
	/* The same with a value that does not fit, after one that does. */
	const struct record wide[] = {
		{ .path = PATH3(OBJECT, 0, 120), .value = VALUE_INTEGER(6) },
		{ .path = PATH3(OBJECT, 0, 180),
		  .value = VALUE_CORELNK("</a-link-that-is-longer-than-the-field-of-sixty-four-bytes-is/000000>") },
	};
	assert_int_equal(fixture_write(*state, OPERATION_WRITE_UPDATE, PATH2(OBJECT, 0), wide, 2), -EMSGSIZE);
	fixture_expect(*state, PATH3(OBJECT, 0, 120), VALUE_INTEGER(1024));
}

/* A Replace of the instance brings the rest back to its defaults. */
static void test_replace_instance(void **state)
{
	const struct record record = { .path = PATH3(OBJECT, 0, 120), .value = VALUE_INTEGER(5) };

	assert_int_equal(fixture_write_value(*state, PATH3(OBJECT, 0, 110), VALUE_STRING("other")), 0);
	assert_int_equal(fixture_write(*state, OPERATION_WRITE_REPLACE, PATH2(OBJECT, 0), &record, 1), 0);
	fixture_expect(*state, PATH3(OBJECT, 0, 120), VALUE_INTEGER(5));
	fixture_expect(*state, PATH3(OBJECT, 0, 110), VALUE_STRING("initial value"));
}

static void test_read_instance_and_object(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(fixture_read(fixture, PATH2(OBJECT, 0)), 0);
	/* Nine singles, nine arrays of one; nothing of the arrays that are empty. */
	assert_int_equal(fixture->records.count, 18);
	for (size_t i = 1; i < fixture->records.count; i++)
		assert_true(path_compare(&fixture->records.items[i - 1].path, &fixture->records.items[i].path) < 0);
	assert_int_equal(fixture_write(fixture, OPERATION_CREATE, PATH2(OBJECT, 9), NULL, 0), 0);
	assert_int_equal(fixture_read(fixture, PATH1(OBJECT)), 0);
	assert_int_equal(fixture->records.count, 36);
	assert_int_equal(fixture_read(fixture, PATH3(OBJECT, 0, 1)), -EPERM);
	assert_int_equal(fixture_read(fixture, PATH3(OBJECT, 3, 110)), -ENOENT);
	assert_int_equal(fixture_read(fixture, PATH2(OBJECT, 3)), -ENOENT);
}

static void test_large_value(void **state)
{
	uint8_t *data = malloc(128 * 1024 + 1);

	assert_non_null(data);
	for (size_t i = 0; i < 128 * 1024; i++)
		data[i] = (uint8_t)(i * 7 >> 3);
	assert_int_equal(fixture_write_value(*state, PATH3(OBJECT, 0, 150), VALUE_OPAQUE(data, 128 * 1024)), 0);
	fixture_expect(*state, PATH3(OBJECT, 0, 150), VALUE_OPAQUE(data, 128 * 1024));
	assert_int_equal(fixture_write_value(*state, PATH3(OBJECT, 0, 150), VALUE_OPAQUE(data, 128 * 1024 + 1)), -EMSGSIZE);
	fixture_expect(*state, PATH3(OBJECT, 0, 150), VALUE_OPAQUE(data, 128 * 1024));
	free(data);
}

static void test_create_and_delete(void **state)
{
	struct fixture *fixture = *state;
	struct object *object = registry_find(&fixture->registry, OBJECT);
	const struct record records[] = {
		{ .path = PATH3(OBJECT, 4, 110), .value = VALUE_STRING("made") },
		{ .path = PATH4(OBJECT, 4, 1120, 2), .value = VALUE_INTEGER(2) },
	};
	const struct record refused = { .path = PATH3(OBJECT, 5, 110), .value = VALUE_STRING("refuse") };

	assert_int_equal(fixture_write(fixture, OPERATION_CREATE, PATH2(OBJECT, 4), records, 2), 0);
	assert_true(fixture_told(fixture, REGISTRY_INSTANCE, PATH2(OBJECT, 4)));
	assert_true(object_has_instance(object, 4));
	fixture_expect(fixture, PATH3(OBJECT, 4, 110), VALUE_STRING("made"));
	fixture_expect(fixture, PATH3(OBJECT, 4, 120), VALUE_INTEGER(1024));
	fixture_expect(fixture, PATH4(OBJECT, 4, 1120, 2), VALUE_INTEGER(2));
	assert_int_equal(fixture_write(fixture, OPERATION_CREATE, PATH2(OBJECT, 4), NULL, 0), -EEXIST);
	assert_int_equal(fixture_write(fixture, OPERATION_CREATE, PATH2(OBJECT, 5), &refused, 1), -EINVAL);
	assert_false(object_has_instance(object, 5));
	fixture_forget(fixture);
	assert_int_equal(fixture_delete(fixture, PATH2(OBJECT, 4)), 0);
	assert_true(fixture_told(fixture, REGISTRY_INSTANCE, PATH2(OBJECT, 4)));
	assert_false(object_has_instance(object, 4));
	assert_int_equal(fixture_delete(fixture, PATH2(OBJECT, 4)), -ENOENT);
	assert_int_equal(fixture_read(fixture, PATH2(OBJECT, 4)), -ENOENT);
}

static void test_execute(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(fixture_execute(fixture, PATH3(OBJECT, 0, 3), "0='a b',2,7='x'"), 0);
	fixture_expect(fixture, PATH4(OBJECT, 0, 4, 0), VALUE_STRING("a b"));
	fixture_expect(fixture, PATH4(OBJECT, 0, 4, 2), VALUE_STRING(""));
	fixture_expect(fixture, PATH4(OBJECT, 0, 4, 7), VALUE_STRING("x"));
	assert_int_equal(fixture_execute(fixture, PATH3(OBJECT, 0, 2), ""), 0);
	fixture_expect(fixture, PATH3(OBJECT, 0, 120), VALUE_INTEGER(0));
	assert_true(fixture_told(fixture, REGISTRY_VALUE, PATH3(OBJECT, 0, 120)));
	assert_int_equal(fixture_execute(fixture, PATH3(OBJECT, 0, 0), ""), 0);
	fixture_expect(fixture, PATH3(OBJECT, 0, 120), VALUE_INTEGER(1024));
	assert_int_equal(fixture_execute(fixture, PATH3(SINK, 0, 14), ""), -EBUSY);
	assert_int_equal(fixture_execute(fixture, PATH3(OBJECT, 0, 110), ""), -EPERM);
	assert_int_equal(fixture_execute(fixture, PATH3(OBJECT, 9, 0), ""), -ENOENT);
}

static void test_stream(void **state)
{
	struct path path = PATH3(SINK, 0, 0);

	assert_int_equal(fixture_block(*state, path, 0, BYTES_LITERAL("Wiki"), true), 0);
	fixture_expect(*state, PATH3(SINK, 0, 3), VALUE_BOOLEAN(false));
	assert_int_equal(fixture_block(*state, path, 4, BYTES_LITERAL("pedia"), false), 0);
	fixture_expect(*state, PATH3(SINK, 0, 1), VALUE_UNSIGNED(9));
	fixture_expect(*state, PATH3(SINK, 0, 2), VALUE_UNSIGNED(0x11E60398));
	fixture_expect(*state, PATH3(SINK, 0, 3), VALUE_BOOLEAN(true));
	assert_int_equal(fixture_block(*state, path, 20, BYTES_LITERAL("x"), false), -EILSEQ);
	assert_int_equal(fixture_block(*state, path, 0, BYTES(NULL, 0), false), 0);
	fixture_expect(*state, PATH3(SINK, 0, 4), VALUE_UNSIGNED(2));
	assert_int_equal(fixture_read(*state, path), -EPERM);
}

static void test_late_answers(void **state)
{
	struct fixture *fixture = *state;
	int errors[8];

	fixture_expect(fixture, PATH3(SINK, 0, 10), VALUE_STRING("late"));
	assert_int_equal(fixture_read(fixture, PATH3(SINK, 0, 12)), -EACCES);
	assert_int_equal(fixture_execute(fixture, PATH3(SINK, 0, 13), ""), 0);
	/* Several at a time. */
	for (size_t i = 0; i < ELEMENTSOF(errors); i++)
		fixture_begin_read(fixture, PATH3(SINK, 0, 10), &errors[i]);
	for (size_t i = 0; i < ELEMENTSOF(errors); i++)
		fixture_wait(fixture, errors[i] == 0);
}

/* A read of the instance has all of it: fields, constants, answers of this moment and late ones. */
static void test_mixed_read(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(fixture_read(fixture, PATH2(SINK, 0)), -EACCES);
	assert_int_equal(fixture_read(fixture, PATH3(SINK, 0, 11)), 0);
	assert_int_equal(fixture->records.items[0].value.type, VALUE_INTEGER);
	if (isolation == PLUGIN_ISOLATION_PROCESS)
		assert_int_equal(fixture->records.items[0].value.integer, fixture_status(fixture).pid);
	fixture_expect(fixture, PATH3(SINK, 0, 34), VALUE_STRING("constant"));
}

/* lw_answer() refuses what is not of the resource's type; there is no value then. */
static void test_answer_of_wrong_type(void **state)
{
	assert_true(fixture_read(*state, PATH3(ODD, 0, 0)) < 0);
	fixture_expect(*state, PATH3(OBJECT, 0, 120), VALUE_INTEGER(1024));
}

static void test_write_callback(void **state)
{
	const struct record refused[] = {
		{ .path = PATH3(SINK, 0, 20), .value = VALUE_STRING("lost") },
		{ .path = PATH3(SINK, 0, 21), .value = VALUE_STRING("refuse") },
	};

	assert_int_equal(fixture_write_value(*state, PATH3(SINK, 0, 20), VALUE_STRING("kept")), 0);
	fixture_expect(*state, PATH3(SINK, 0, 22), VALUE_STRING("kept"));
	assert_int_equal(fixture_write(*state, OPERATION_WRITE_UPDATE, PATH2(SINK, 0), refused, 2), -ERANGE);
	fixture_expect(*state, PATH3(SINK, 0, 22), VALUE_STRING("kept"));
	/* aborted() was called. */
	assert_int_equal(fixture_write_value(*state, PATH3(SINK, 0, 21), VALUE_STRING("fine")), 0);
	fixture_expect(*state, PATH3(SINK, 0, 22), VALUE_STRING("aborted"));
	assert_int_equal(fixture_read(*state, PATH3(SINK, 0, 20)), -EPERM);
}

static uint64_t polls(struct fixture *fixture)
{
	assert_int_equal(fixture_read(fixture, PATH3(SINK, 0, 31)), 0);
	return fixture->records.items[0].value.natural;
}

/* Values newer than poll_ms come without a poll; older ones with just one. */
static void test_poll_when_stale(void **state)
{
	struct fixture *fixture = *state;
	uint64_t before = polls(fixture);
	usec_t began = usec_now();
	unsigned int reads = 0;

	while (usec_now() - began < 150 * USEC_PER_MSEC) {
		polls(fixture);
		reads++;
	}
	assert_true(reads >= 10);
	assert_true(polls(fixture) <= before + 2);
	fixture_wait(fixture, polls(fixture) >= before + 3);
}

/* NAN: there is no value now; the resource is there. A field that is not present: the resource is not. */
static void test_no_value_now(void **state)
{
	struct fixture *fixture = *state;
	const uint16_t *ids;
	uint64_t n = polls(fixture);
	int r = fixture_read(fixture, PATH3(SINK, 0, 30));

	if (polls(fixture) == n)
		assert_int_equal(r, n % 2 ? 0 : -ENODATA);
	fixture_wait(fixture, fixture_read(fixture, PATH3(SINK, 0, 30)) == -ENODATA);
	assert_int_equal(fixture_probe(fixture, PATH3(SINK, 0, 30), &ids), 0);
	fixture_wait(fixture, fixture_read(fixture, PATH3(SINK, 0, 30)) == 0);
	assert_int_equal(fixture_probe(fixture, PATH3(SINK, 0, 32), &ids), -ENOENT);
	assert_int_equal(fixture_read(fixture, PATH3(SINK, 0, 32)), -ENODATA);
	assert_int_equal(fixture_execute(fixture, PATH3(SINK, 0, 33), ""), 0);
	assert_int_equal(fixture_probe(fixture, PATH3(SINK, 0, 32), &ids), 0);
	fixture_expect(fixture, PATH3(SINK, 0, 32), VALUE_FLOAT(0));
}

/* While somebody watches, the plugin is polled and changes come by themselves. */
static void test_watch(void **state)
{
	struct fixture *fixture = *state;

	fixture_watch(fixture, SINK, true);
	fixture_forget(fixture);
	fixture_wait(fixture, fixture_told(fixture, REGISTRY_VALUE, PATH3(SINK, 0, 31)));
	fixture_forget(fixture);
	fixture_wait(fixture, fixture_told(fixture, REGISTRY_VALUE, PATH3(SINK, 0, 31)));
	fixture_watch(fixture, SINK, false);
	/* Only the plugin can answer this: it has heard of the above by then. */
	assert_int_equal(fixture_read(fixture, PATH3(SINK, 0, 11)), 0);
	fixture_forget(fixture);
	sd_event_run(fixture->event, 500 * USEC_PER_MSEC);
	sd_event_run(fixture->event, 500 * USEC_PER_MSEC);
	assert_false(fixture_told(fixture, REGISTRY_VALUE, PATH3(SINK, 0, 31)));
}

static void test_stop_ends_operations(void **state)
{
	struct fixture *fixture = *state;
	int error;

	fixture_begin_read(fixture, PATH3(ODD, 0, 1), &error);
	assert_int_equal(error, 1);
	supervisor_stop(fixture->supervisor);
	assert_int_equal(error, -ECONNRESET);
	assert_null(registry_find(&fixture->registry, OBJECT));
	fixture_wait(fixture, fixture_status(fixture).pid == 0);
	assert_int_equal(fixture_status(fixture).state, PLUGIN_STOPPED);
}

static void test_status(void **state)
{
	struct plugin_status status = fixture_status(*state);

	assert_string_equal(status.name, "test-object");
	assert_int_equal(status.isolation, isolation);
	assert_string_equal(status.failure, "");
	assert_int_equal(status.restarts, 0);
	assert_int_equal(status.n_objects, 3);
	assert_int_equal(status.pid > 0, isolation == PLUGIN_ISOLATION_PROCESS);
	assert_int_equal(((struct fixture *)*state)->settled, 1);
	assert_int_equal(supervisor_restart(((struct fixture *)*state)->supervisor, "nobody"), -ENOENT);
}

int main(int argc, char **argv)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_types),
		TEST(test_arrays),
		TEST(test_array_is_full),
		TEST(test_write_rolls_back),
		TEST(test_replace_instance),
		TEST(test_read_instance_and_object),
		TEST(test_large_value),
		TEST(test_create_and_delete),
		TEST(test_execute),
		TEST(test_stream),
		TEST(test_late_answers),
		TEST(test_mixed_read),
		TEST(test_answer_of_wrong_type),
		TEST(test_write_callback),
		TEST(test_poll_when_stale),
		TEST(test_no_value_now),
		TEST(test_watch),
		TEST(test_stop_ends_operations),
		TEST(test_status),
	};

	isolation = (enum plugin_isolation)plugin_isolation_parse(argc > 1 ? argv[1] : "process");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
