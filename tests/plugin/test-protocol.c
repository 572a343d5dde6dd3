/* SPDX-License-Identifier: Apache-2.0 */
/* Values, paths and records in messages: what one end appends the other end reads, and nothing else. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "plugin/protocol.h"

static sd_bus *bus;

/* Messages are made for a bus; this one is never used. */
static int setup(void **state)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0 || sd_bus_new(&bus) < 0)
		return -1;
	return sd_bus_set_fd(bus, fds[0], fds[0]) < 0 || sd_bus_start(bus) < 0 ? -1 : close(fds[1]);
}

static int teardown(void **state)
{
	bus = sd_bus_close_unref(bus);
	return 0;
}

static sd_bus_message *message(void)
{
	sd_bus_message *m;

	assert_true(sd_bus_message_new_signal(bus, &m, PROTOCOL_PATH, PROTOCOL_INTERFACE, "Test") >= 0);
	return m;
}

static void seal(sd_bus_message *m)
{
	assert_true(sd_bus_message_seal(m, 1, 0) >= 0);
	assert_true(sd_bus_message_rewind(m, true) >= 0);
}

static const uint8_t octets[] = { 0, 1, 255 };

static const struct value values[] = {
	{ .type = VALUE_STRING, .bytes = { (const uint8_t *)"\xc3\xa4", 2 } },
	{ .type = VALUE_STRING, .bytes = { NULL, 0 } },
	{ .type = VALUE_INTEGER, .integer = INT64_MIN },
	{ .type = VALUE_UNSIGNED, .natural = UINT64_MAX },
	{ .type = VALUE_FLOAT, .number = -0.1 },
	{ .type = VALUE_FLOAT, .number = NAN },
	{ .type = VALUE_BOOLEAN, .boolean = true },
	{ .type = VALUE_BOOLEAN, .boolean = false },
	{ .type = VALUE_OPAQUE, .bytes = { octets, 3 } },
	{ .type = VALUE_OPAQUE, .bytes = { NULL, 0 } },
	{ .type = VALUE_TIME, .integer = -1 },
	{ .type = VALUE_OBJLNK, .link = { 65535, 3 } },
	{ .type = VALUE_CORELNK, .bytes = { (const uint8_t *)"</3/0>", 6 } },
};

static void test_values(void **state)
{
	for (size_t i = 0; i < ELEMENTSOF(values); i++) {
		_cleanup_(sd_bus_message_unrefp) sd_bus_message *m = message();
		struct value value;

		assert_int_equal(protocol_append_value(m, &values[i]), 0);
		seal(m);
		assert_int_equal(protocol_read_value(m, values[i].type, &value), 0);
		assert_true(value_equal(&value, &values[i]));
	}
}

/* Types with the same D-Bus type are told apart by who reads; all others are refused. */
static void test_other_types(void **state)
{
	for (size_t i = 0; i < ELEMENTSOF(values); i++) {
		for (int type = -1; type <= _VALUE_TYPE_MAX; type++) {
			_cleanup_(sd_bus_message_unrefp) sd_bus_message *m = message();
			struct value value = { .type = VALUE_NONE };
			bool text = values[i].type == VALUE_STRING || values[i].type == VALUE_CORELNK;
			bool whole = values[i].type == VALUE_INTEGER || values[i].type == VALUE_TIME;
			bool same = type == (int)values[i].type || (text && (type == VALUE_STRING || type == VALUE_CORELNK)) ||
				    (whole && (type == VALUE_INTEGER || type == VALUE_TIME));

			assert_int_equal(protocol_append_value(m, &values[i]), 0);
			seal(m);
			assert_int_equal(protocol_read_value(m, (enum value_type)type, &value), same ? 0 : -EBADMSG);
			assert_int_equal(value.type, same ? type : VALUE_NONE);
		}
	}
}

static void expect_text(struct bytes text, const char *expected)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *m = message();
	const struct value from = { .type = VALUE_STRING, .bytes = text };
	struct value value;

	assert_int_equal(protocol_append_value(m, &from), 0);
	seal(m);
	assert_int_equal(protocol_read_value(m, VALUE_STRING, &value), 0);
	assert_int_equal(value.bytes.len, strlen(expected));
	assert_memory_equal(value.bytes.data, expected, strlen(expected));
}

/* D-Bus has UTF-8 only; a plugin's fields may hold anything. */
static void test_bad_text(void **state)
{
	expect_text(BYTES_LITERAL("caf\xe9"), "caf\xef\xbf\xbd");
	expect_text(BYTES_LITERAL("\xff\xfe"), "\xef\xbf\xbd\xef\xbf\xbd");
	expect_text(BYTES_LITERAL("\xe2\x82"), "\xef\xbf\xbd\xef\xbf\xbd");
	expect_text(BYTES_LITERAL("\xed\xa0\x80-"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd-");
}

static void test_refused(void **state)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *m = message(), *other = message();
	_cleanup_(freep) uint8_t *large = calloc(1, PROTOCOL_VALUE_MAX + 1);
	struct value value = { .type = VALUE_OPAQUE, .bytes = { large, PROTOCOL_VALUE_MAX + 1 } };

	assert_non_null(large);
	assert_int_equal(protocol_append_value(m, &value), -EMSGSIZE);
	value.bytes.len = PROTOCOL_VALUE_MAX;
	assert_int_equal(protocol_append_value(m, &value), 0);
	value.type = VALUE_NONE;
	assert_int_equal(protocol_append_value(m, &value), -EINVAL);
	value.type = _VALUE_TYPE_MAX;
	assert_int_equal(protocol_append_value(m, &value), -EINVAL);
	value = (struct value){ .type = VALUE_STRING, .bytes = BYTES_LITERAL("a\0b") };
	assert_int_equal(protocol_append_value(other, &value), -EINVAL);
}

static void test_too_large(void **state)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *m = message();
	struct value value;
	void *space;

	assert_true(sd_bus_message_open_container(m, 'v', "ay") >= 0);
	assert_true(sd_bus_message_append_array_space(m, 'y', PROTOCOL_VALUE_MAX + 1, &space) >= 0);
	memset(space, 0, PROTOCOL_VALUE_MAX + 1);
	assert_true(sd_bus_message_close_container(m) >= 0);
	seal(m);
	assert_int_equal(protocol_read_value(m, VALUE_OPAQUE, &value), -EMSGSIZE);
}

static void test_paths(void **state)
{
	const struct path paths[] = { PATH0(), PATH1(3), PATH2(3, 0), PATH3(3, 0, 9), PATH4(3303, 65534, 5700, 7) };

	for (size_t i = 0; i < ELEMENTSOF(paths); i++) {
		_cleanup_(sd_bus_message_unrefp) sd_bus_message *m = message();
		struct path path;

		assert_true(protocol_append_path(m, &paths[i]) >= 0);
		seal(m);
		assert_int_equal(protocol_read_path(m, &path), 0);
		assert_true(path_equal(&path, &paths[i]));
	}
}

static const struct resource_info resources[] = {
	{ 1, VALUE_FLOAT, RESOURCE_R, 0 },
	{ 2, VALUE_STRING, RESOURCE_RW, RESOURCE_MULTIPLE },
};
static const struct object_info info = { .id = 3303, .version = "1.0", .resources = resources, .n_resources = 2 };

static void test_records(void **state)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *m = message();
	_cleanup_(records_deinit) struct records from = { 0 }, to = { 0 };

	assert_int_equal(records_add(&from, PATH3(3303, 4, 1), VALUE_FLOAT(1.5)), 0);
	assert_int_equal(records_add(&from, PATH4(3303, 5, 2, 8), VALUE_STRING("x")), 0);
	assert_true(protocol_append_records(m, &from) >= 0);
	seal(m);
	assert_int_equal(protocol_read_records(m, &info, &to), 0);
	assert_int_equal(to.count, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_true(path_equal(&to.items[i].path, &from.items[i].path));
		assert_true(value_equal(&to.items[i].value, &from.items[i].value));
	}
}

/* Each is refused: another resource, a resource instance where there are none, none where there are some, another type. */
static void test_wrong_records(void **state)
{
	const struct record wrong[] = {
		{ .path = PATH3(3303, 0, 3), .value = VALUE_FLOAT(1) },
		{ .path = PATH4(3303, 0, 1, 0), .value = VALUE_FLOAT(1) },
		{ .path = PATH3(3303, 0, 2), .value = VALUE_STRING("x") },
		{ .path = PATH3(3303, 0, 1), .value = VALUE_INTEGER(1) },
	};

	for (size_t i = 0; i < ELEMENTSOF(wrong); i++) {
		_cleanup_(sd_bus_message_unrefp) sd_bus_message *m = message();
		_cleanup_(records_deinit) struct records from = { 0 }, to = { 0 };

		assert_int_equal(records_add(&from, wrong[i].path, wrong[i].value), 0);
		assert_true(protocol_append_records(m, &from) >= 0);
		seal(m);
		assert_int_equal(protocol_read_records(m, &info, &to), -EBADMSG);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_other_types),
		cmocka_unit_test(test_bad_text),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_wrong_records),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
