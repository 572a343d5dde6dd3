/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-id128.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "io/config.h"
#include "io/endpoint.h"
#include "scratch.h"

static void need_machine_id(sd_id128_t *ret)
{
	int r = sd_id128_get_machine(ret);

	if (r < 0) {
		print_message("# no machine id here: %s\n", strerror(-r));
		skip();
	}
}

static void test_derived(void **state)
{
	char endpoint[ENDPOINT_DEFAULT_MAX], again[ENDPOINT_DEFAULT_MAX], machine[SD_ID128_STRING_MAX];
	char digits[SD_ID128_STRING_MAX] = "";
	sd_id128_t id;
	size_t n = 0;

	need_machine_id(&id);
	assert_int_equal(endpoint_default(endpoint), 0);
	assert_int_equal(endpoint_default(again), 0);
	assert_string_equal(endpoint, again);
	assert_int_equal(strlen(endpoint), ENDPOINT_DEFAULT_MAX - 1);
	assert_memory_equal(endpoint, "urn:uuid:", 9);
	for (const char *at = endpoint + 9; *at; at++)
		if (isxdigit((unsigned char)*at))
			digits[n++] = *at;
	assert_int_equal(n, 32);
	/* The machine id itself is not for the network. */
	assert_string_not_equal(digits, sd_id128_to_string(id, machine));
}

static void test_without_endpoint(void **state)
{
	_cleanup_(config_freep) struct config *config = NULL;
	char expected[ENDPOINT_DEFAULT_MAX];
	sd_id128_t id;

	need_machine_id(&id);
	scratch_write(*state, "agent.conf", "[agent]\nendpoint =\n");
	assert_int_equal(config_load(scratch_path(*state, "agent.conf"), "/", NULL, NULL, &config), 0);
	assert_int_equal(endpoint_default(expected), 0);
	assert_string_equal(config->endpoint, expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_derived),
		cmocka_unit_test_setup_teardown(test_without_endpoint, scratch_setup, scratch_teardown),
	};

	return cmocka_run_group_tests_name("io/endpoint", tests, NULL, NULL);
}
