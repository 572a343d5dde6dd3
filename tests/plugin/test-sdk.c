/* SPDX-License-Identifier: Apache-2.0 */
/* The functions that lwm2m/plugin.h itself brings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <lwm2m/plugin.h>

#include "../io/scratch.h"

static void expect_number(const char *path, double scale, double expected)
{
	double number = -1;

	assert_int_equal(lw_sysfs_read(path, scale, &number), 0);
	assert_true(number == expected);
}

static void test_sysfs_read(void **state)
{
	expect_number(scratch_write(*state, "temp", "41800\n"), 1e-3, 41.8);
	expect_number(scratch_write(*state, "temp", "-5\n"), 1, -5);
	expect_number(scratch_write(*state, "temp", "3 and more"), 10, 30);
	expect_number(scratch_write(*state, "temp", "0.25"), 4, 1);
}

/* The error is the kernel's where it has one; the number stays what it was. */
static void test_sysfs_read_fails(void **state)
{
	double number = 7;

	assert_int_equal(lw_sysfs_read(scratch_path(*state, "absent"), 1, &number), -ENOENT);
	assert_int_equal(lw_sysfs_read(scratch_write(*state, "empty", ""), 1, &number), -EIO);
	assert_int_equal(lw_sysfs_read(scratch_write(*state, "text", "on\n"), 1, &number), -EIO);
	assert_int_equal(lw_sysfs_read(*state, 1, &number), -EISDIR);
	assert_true(number == 7);
}

static void test_sysfs_write(void **state)
{
	const char *path = scratch_write(*state, "brightness", "1000\n");

	assert_int_equal(lw_sysfs_write(path, -12), 0);
	expect_number(path, 1, -12);
	assert_int_equal(lw_sysfs_write(*state, 1), -EISDIR);
	/* The kernel refuses what is written only when it gets it. */
	if (access("/dev/full", W_OK) == 0)
		assert_int_equal(lw_sysfs_write("/dev/full", 1), -ENOSPC);
}

static void test_values(void **state)
{
	assert_int_equal(lw_string("abc").type, LW_STRING);
	assert_int_equal(lw_string("abc").bytes.len, 3);
	assert_int_equal(lw_corelnk("</1>").type, LW_CORELNK);
	assert_int_equal(lw_integer(INT64_MIN).integer, INT64_MIN);
	assert_int_equal(lw_unsigned(UINT64_MAX).natural, UINT64_MAX);
	assert_true(lw_float(1.5).number == 1.5);
	assert_true(lw_boolean(true).boolean);
	assert_int_equal(lw_opaque("\0\1", 2).bytes.len, 2);
	assert_int_equal(lw_time(-1).integer, -1);
	assert_int_equal(lw_time(-1).type, LW_TIME);
	assert_int_equal(lw_objlnk(3, 1).link.instance, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_sysfs_read),
		TEST(test_sysfs_read_fails),
		TEST(test_sysfs_write),
		TEST(test_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
