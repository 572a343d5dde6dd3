/* SPDX-License-Identifier: Apache-2.0 */
/* The example of the SDK, which test-example.py has built as its reader would: test-plugin-example MODULE.so */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "fixture.h"

#define TEMPERATURE 3303

static const char *module;

static void test_example(void **state)
{
	bool here = access("/sys/class/thermal/thermal_zone0/temp", R_OK) == 0;
	struct fixture fixture;
	int r;

	fixture_init(&fixture);
	fixture_start(&fixture, module, PLUGIN_ISOLATION_PROCESS);
	assert_int_equal(fixture_status(&fixture).state, PLUGIN_RUNNING);
	fixture_expect(&fixture, PATH3(TEMPERATURE, 0, 5701), VALUE_STRING("Cel"));
	assert_string_equal(registry_find(&fixture.registry, TEMPERATURE)->info->version, "1.1");
	r = fixture_read(&fixture, PATH3(TEMPERATURE, 0, 5700));
	assert_int_equal(r, here ? 0 : -ENODATA);
	if (here)
		assert_true(fixture.records.items[0].value.number > -60 && fixture.records.items[0].value.number < 150);
	else
		print_message("no value to compare: this machine has no thermal zone\n");
	fixture_deinit(&fixture);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_example) };

	if (argc != 2)
		return EXIT_FAILURE;
	module = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
