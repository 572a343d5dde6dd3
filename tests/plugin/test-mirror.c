/* SPDX-License-Identifier: Apache-2.0 */
/* What the agent's copy counts, what it keeps of a bad message, and what a restart tells. Lies are in test-remote.c. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "plugin/mirror-internal.h"

static sd_bus *bus;
static struct registry registry;
static unsigned int values, instances; /* that the registry was told of */

static void on_change(void *userdata, enum registry_change change, const struct path *path)
{
	values += change == REGISTRY_VALUE;
	instances += change == REGISTRY_INSTANCE && path->depth == PATH_INSTANCE;
}

/* Messages are made for a bus; this one is never used. */
static int setup(void **state)
{
	int fds[2];

	registry.listener = on_change;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0 || sd_bus_new(&bus) < 0)
		return -1;
	return sd_bus_set_fd(bus, fds[0], fds[0]) < 0 || sd_bus_start(bus) < 0 ? -1 : close(fds[1]);
}

static int teardown(void **state)
{
	registry_deinit(&registry);
	bus = sd_bus_close_unref(bus);
	return 0;
}

static sd_bus_message *message(const char *types, va_list arguments)
{
	sd_bus_message *m;

	assert_true(sd_bus_message_new_signal(bus, &m, PROTOCOL_PATH, PROTOCOL_INTERFACE, "Test") >= 0);
	assert_true(sd_bus_message_appendv(m, types, arguments) >= 0);
	assert_true(sd_bus_message_seal(m, 1, 0) >= 0);
	assert_true(sd_bus_message_rewind(m, true) >= 0);
	return m;
}

static void read_tables(struct mirror *mirror, ...)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
	char reason[MIRROR_REASON_MAX];
	va_list arguments;

	va_start(arguments, mirror);
	m = message(PROTOCOL_TABLES_SIG, arguments);
	va_end(arguments);
	assert_int_equal(mirror_read_tables(mirror, m, reason), 0);
}

static int read_news(struct mirror *mirror, ...)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
	char reason[MIRROR_REASON_MAX];
	va_list arguments;

	va_start(arguments, mirror);
	m = message(PROTOCOL_CHANGED_SIG, arguments);
	va_end(arguments);
	return mirror_read_news(mirror, m, reason);
}

/* Object 3303, any number of instances: 1 Float, 2 String. */
static void describe(struct mirror *mirror, const char *version)
{
	read_tables(mirror, 1, 3303, OBJECT_MULTIPLE, version, 1000, 2, 1, VALUE_FLOAT, RESOURCE_R, 0, false, 2, VALUE_STRING,
		RESOURCE_RW, 0, false);
}

static int say(struct mirror *mirror, unsigned int iid, double number, const char *text)
{
	return read_news(mirror, 1, 3303, iid, true, 2, 1, true, 1, PATH_ID_NONE, "d", number, 2, true, 1, PATH_ID_NONE, "s", text);
}

static int leave(struct mirror *mirror, unsigned int iid)
{
	return read_news(mirror, 1, 3303, iid, false, 0);
}

/* What came and went is counted as often: else a plugin would run into its limit, or past it. */
static void test_memory(void **state)
{
	struct mirror mirror = { 0 };
	size_t bare, one;

	describe(&mirror, "1.0");
	bare = mirror.memory;
	assert_true(bare > 0);
	assert_int_equal(say(&mirror, 4, 1, "text"), 0);
	one = mirror.memory;
	assert_true(one > bare);
	for (int i = 0; i < 100; i++)
		assert_int_equal(say(&mirror, 4, i, i % 2 ? "text" : "much more text"), 0);
	assert_int_equal(mirror.memory, one);
	/* Wrong at its end: an Integer for the String. */
	assert_int_equal(read_news(&mirror, 1, 3303, 5, true, 2, 1, true, 1, PATH_ID_NONE, "d", 1.0, 2, true, 1, PATH_ID_NONE, "x",
				 INT64_C(1)), -EBADMSG);
	assert_int_equal(leave(&mirror, 4), 0);
	assert_int_equal(leave(&mirror, 5), 0);
	assert_int_equal(leave(&mirror, 6), 0);
	assert_int_equal(mirror.memory, bare);
	mirror_free_object(&mirror, mirror.objects[0], &registry);
	assert_int_equal(mirror.memory, 0);
	free(mirror.objects);
}

static void expect_text(const struct mirror *mirror, uint16_t iid, const char *text)
{
	_cleanup_(records_deinit) struct records records = { 0 };
	struct value value = VALUE_STRING(text);

	assert_int_equal(mirror_read(mirror_find(mirror, 3303), &PATH3(3303, iid, 2), &records), 0);
	assert_int_equal(records.count, 1);
	assert_true(value_equal(&records.items[0].value, &value));
}

static void take(struct mirror *mirror, struct mirror *staged, int expected)
{
	static const struct object_ops ops;
	char reason[MIRROR_REASON_MAX];

	values = instances = 0;
	assert_int_equal(mirror_take(mirror, staged, &registry, NULL, 0, &ops, reason), expected);
	assert_int_equal(staged->n_objects, 0);
	assert_int_equal(staged->memory, 0);
}

/* Servers hear of what is another, and of nothing else. */
static void test_restart(void **state)
{
	struct mirror mirror = { 0 }, staged = { 0 };
	const struct object *object;
	size_t memory;

	describe(&staged, "1.0");
	assert_int_equal(say(&staged, 0, 1, "zero"), 0);
	assert_int_equal(say(&staged, 1, 1, "one"), 0);
	memory = staged.memory;
	take(&mirror, &staged, 0);
	object = registry_find(&registry, 3303);
	assert_int_equal(mirror.memory, memory);
	/* All the same. */
	describe(&staged, "1.0");
	assert_int_equal(say(&staged, 0, 1, "zero"), 0);
	assert_int_equal(say(&staged, 1, 1, "one"), 0);
	take(&mirror, &staged, 0);
	assert_int_equal(values + instances, 0);
	assert_int_equal(mirror.memory, memory);
	/* One value is another, instance 0 is gone, 2 is new. */
	describe(&staged, "1.0");
	assert_int_equal(say(&staged, 1, 1, "uno"), 0);
	assert_int_equal(say(&staged, 2, 1, "two"), 0);
	take(&mirror, &staged, 0);
	assert_int_equal(values, 1);
	assert_int_equal(instances, 2);
	assert_ptr_equal(registry_find(&registry, 3303), object);
	assert_false(object_has_instance(object, 0));
	expect_text(&mirror, 1, "uno");
	expect_text(&mirror, 2, "two");
	/* Another version of the object is another object. */
	describe(&staged, "1.1");
	take(&mirror, &staged, 0);
	assert_string_equal(registry_find(&registry, 3303)->info->version, "1.1");
	assert_int_equal(registry_find(&registry, 3303)->n_instances, 0);
	mirror_deinit(&mirror, &registry);
	assert_null(registry_find(&registry, 3303));
}

static void test_object_is_taken(void **state)
{
	static const struct object_info info = { .id = 3303, .version = "1.0" };
	struct object other = { .info = &info };
	struct mirror mirror = { 0 }, staged = { 0 };

	assert_int_equal(registry_add(&registry, &other), 0);
	describe(&staged, "1.0");
	take(&mirror, &staged, -EEXIST);
	assert_ptr_equal(registry_find(&registry, 3303), &other);
	mirror_deinit(&mirror, &registry);
	assert_ptr_equal(registry_find(&registry, 3303), &other);
	registry_remove(&registry, &other);
	object_deinit(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_object_is_taken),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
