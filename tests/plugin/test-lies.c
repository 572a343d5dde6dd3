/* SPDX-License-Identifier: Apache-2.0 */
/* Plugins that claim what is not so, in a host and in the agent: what comes of it stays within their own resources. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"

#define LIES   33032
#define HONEST 33033

static enum plugin_isolation isolation;

static int setup(void **state)
{
	struct fixture *fixture = malloc(sizeof(*fixture));

	fixture_init(fixture);
	fixture_start(fixture, "test-lies", isolation);
	assert_int_equal(fixture_status(fixture).state, PLUGIN_RUNNING);
	*state = fixture;
	return 0;
}

/* Whatever it was, the plugin runs on and its other object answers. */
static int teardown(void **state)
{
	struct fixture *fixture = *state;

	fixture_expect(fixture, PATH3(HONEST, 0, 1), VALUE_INTEGER(7));
	assert_int_equal(fixture_status(fixture).state, PLUGIN_RUNNING);
	assert_int_equal(fixture_status(fixture).restarts, 0);
	fixture_deinit(fixture);
	free(fixture);
	return 0;
}

/* Lengths and counts beyond the field end with it. */
static void test_lengths(void **state)
{
	static const uint8_t bytes[] = { 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA };
	struct fixture *fixture = *state;
	const uint16_t *ids;

	fixture_expect(fixture, PATH3(LIES, 0, 1), VALUE_OPAQUE(bytes, 8));
	assert_int_equal(fixture_probe(fixture, PATH3(LIES, 0, 2), &ids), 4);
	assert_int_equal(ids[3], 3);
	fixture_expect(fixture, PATH3(LIES, 0, 4), VALUE_STRING("xxxxxxxx"));
	assert_int_equal(fixture_read(fixture, PATH3(LIES, 0, 7)), 0);
	assert_int_equal(fixture->records.count, 2);
	assert_int_equal(fixture->records.items[1].value.bytes.len, 4);
	/* Ids that do not ascend: what comes after is not there. */
	assert_int_equal(fixture_probe(fixture, PATH3(LIES, 0, 3), &ids), 1);
	assert_int_equal(ids[0], 5);
}

/* They can be written, and are true then. */
static void test_written(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(fixture_write_value(fixture, PATH3(LIES, 0, 4), VALUE_STRING("short")), 0);
	fixture_expect(fixture, PATH3(LIES, 0, 4), VALUE_STRING("short"));
	assert_int_equal(fixture_write_value(fixture, PATH3(LIES, 0, 4), VALUE_STRING("too long.")), -EMSGSIZE);
	assert_int_equal(fixture_write_value(fixture, PATH3(LIES, 0, 1), VALUE_OPAQUE((const uint8_t *)"a", 1)), 0);
	fixture_expect(fixture, PATH3(LIES, 0, 1), VALUE_OPAQUE((const uint8_t *)"a", 1));
}

static void test_contents(void **state)
{
	struct fixture *fixture = *state;

	fixture_expect(fixture, PATH3(LIES, 0, 6), VALUE_BOOLEAN(true));
	assert_int_equal(fixture_read(fixture, PATH3(LIES, 0, 5)), 0);
	/* Text that is not UTF-8 does not get as far as the agent. */
	if (isolation == PLUGIN_ISOLATION_PROCESS)
		fixture_expect(fixture, PATH3(LIES, 0, 5), VALUE_STRING("a\xef\xbf\xbd\xef\xbf\xbdz"));
}

static void test_answers(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(fixture_read(fixture, PATH3(LIES, 0, 10)), -EMSGSIZE);
	assert_int_equal(fixture_read(fixture, PATH3(LIES, 0, 11)), -EINVAL);
	fixture_expect(fixture, PATH3(LIES, 0, 12), VALUE_INTEGER(12));
	assert_true(fixture_read(fixture, PATH3(LIES, 0, 13)) <= 0);
	assert_true(fixture_read(fixture, PATH3(LIES, 0, 14)) <= 0);
	assert_int_equal(fixture_read(fixture, PATH3(LIES, 0, 15)), -EINVAL);
}

/* Half a second: the read succeeds, and others are served meanwhile. */
static void test_slow_answer(void **state)
{
	struct fixture *fixture = *state;
	usec_t began = usec_now();
	int error;

	fixture_begin_read(fixture, PATH3(LIES, 0, 20), &error);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(fixture_write_value(fixture, PATH3(HONEST, 0, 1), VALUE_INTEGER(i)), 0);
		fixture_expect(fixture, PATH3(HONEST, 0, 1), VALUE_INTEGER(i));
	}
	assert_int_equal(error, 1);
	fixture_wait(fixture, error == 0);
	assert_true(usec_now() - began >= 500 * USEC_PER_MSEC);
	assert_int_equal(fixture_write_value(fixture, PATH3(HONEST, 0, 1), VALUE_INTEGER(7)), 0);
}

int main(int argc, char **argv)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_lengths),
		TEST(test_written),
		TEST(test_contents),
		TEST(test_answers),
		TEST(test_slow_answer),
	};

	isolation = (enum plugin_isolation)plugin_isolation_parse(argc > 1 ? argv[1] : "process");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
