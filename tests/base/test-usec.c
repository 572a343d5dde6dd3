/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/usec.h"

static void test_arithmetic(void **state)
{
	assert_true(usec_add(1, 2) == 3);
	assert_true(usec_add(USEC_INFINITY, 0) == USEC_INFINITY);
	assert_true(usec_add(5, USEC_INFINITY) == USEC_INFINITY);
	assert_true(usec_add(USEC_INFINITY - 1, 2) == USEC_INFINITY);
	assert_true(usec_add(USEC_INFINITY - 2, 1) == USEC_INFINITY - 1);
	assert_true(usec_from_s(86400) == 86400 * USEC_PER_SEC);
	assert_true(usec_from_s(UINT64_MAX) == USEC_INFINITY);
	assert_true(usec_from_s(UINT64_MAX / USEC_PER_SEC + 1) == USEC_INFINITY);
	assert_true(usec_min(3, 4) == 3);
	assert_true(usec_min(USEC_INFINITY, 4) == 4);
}

static void test_clock(void **state)
{
	usec_t before = usec_now();

	assert_true(before > 0);
	assert_true(usec_now() >= before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arithmetic),
		cmocka_unit_test(test_clock),
	};

	return cmocka_run_group_tests_name("base/usec", tests, NULL, NULL);
}
