/* SPDX-License-Identifier: Apache-2.0 */
/* Modules that were built with an older and a newer header of the same ABI run, in a host and in the agent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fixture.h"

#define OBJECT 33034

static enum plugin_isolation isolation;

static void begin(struct fixture *fixture, const char *module)
{
	fixture_init(fixture);
	fixture_start(fixture, module, isolation);
	assert_int_equal(fixture_status(fixture).state, PLUGIN_RUNNING);
	fixture_expect(fixture, PATH3(OBJECT, 0, 1), VALUE_INTEGER(7));
	assert_int_equal(fixture_write_value(fixture, PATH3(OBJECT, 0, 1), VALUE_INTEGER(8)), 0);
	fixture_expect(fixture, PATH3(OBJECT, 0, 1), VALUE_INTEGER(8));
}

static void test_older(void **state)
{
	struct fixture fixture;

	begin(&fixture, "test-older");
	fixture_expect(&fixture, PATH3(OBJECT, 0, 2), VALUE_STRING("older"));
	fixture_deinit(&fixture);
}

static void test_newer(void **state)
{
	struct fixture fixture;

	begin(&fixture, "test-newer");
	fixture_expect(&fixture, PATH3(OBJECT, 0, 2), VALUE_STRING("newer"));
	assert_int_equal(fixture_execute(&fixture, PATH3(OBJECT, 0, 3), ""), 0);
	fixture_expect(&fixture, PATH3(OBJECT, 0, 1), VALUE_INTEGER(9));
	fixture_deinit(&fixture);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_older),
		cmocka_unit_test(test_newer),
	};

	isolation = (enum plugin_isolation)plugin_isolation_parse(argc > 1 ? argv[1] : "process");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
