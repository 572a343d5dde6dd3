/* SPDX-License-Identifier: Apache-2.0 */
/* plugins/system: file systems, load, uptime and processes, on a /proc of files and on the machine's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <unistd.h>

#include "../io/scratch.h"
#include "fixture.h"

#define DISKS   3320
#define FIGURES 3300

static struct fixture fixture;

static int setup(void **state)
{
	fixture_init(&fixture);
	return scratch_setup(state);
}

static int teardown(void **state)
{
	fixture_deinit(&fixture);
	return scratch_teardown(state);
}

static void begin(const char *root, const char *disks, const char *figures)
{
	const struct plugin_setting settings[] = {
		{ "system", "root", root },
		{ "system", "disks", disks },
		{ "system", "figures", figures },
		{ NULL },
	};

	fixture_add(&fixture, "system", getenv("LWM2M_SYSTEM_PLUGIN"), PLUGIN_ISOLATION_PROCESS, settings);
	supervisor_start(fixture.supervisor);
	fixture_wait(&fixture, supervisor_is_settled(fixture.supervisor) ||
				       fixture_status(&fixture).state == PLUGIN_FAILED);
}

static size_t count(uint16_t oid)
{
	return registry_find(&fixture.registry, oid)->n_instances;
}

static void make_proc(const char *root)
{
	scratch_write(root, "proc/loadavg", "0.25 1.50 2.75 1/234 5678\n");
	scratch_write(root, "proc/uptime", "86400.99 1.00\n");
	scratch_write(root, "proc/1/stat", "");
	scratch_write(root, "proc/4711/stat", "");
}

static void test_figures(void **state)
{
	static const double numbers[] = { 0.25, 1.5, 2.75, 86400, 2 };

	make_proc(*state);
	begin(*state, "no", "yes");
	assert_int_equal(count(DISKS), 0);
	assert_int_equal(count(FIGURES), 5);
	for (uint16_t i = 0; i < 5; i++)
		fixture_expect(&fixture, PATH3(FIGURES, i, 5700), VALUE_FLOAT(numbers[i]));
	fixture_expect(&fixture, PATH3(FIGURES, 3, 5701), VALUE_STRING("s"));
	fixture_expect(&fixture, PATH3(FIGURES, 4, 5750), VALUE_STRING("processes"));
	fixture_expect(&fixture, PATH3(FIGURES, 0, 5602), VALUE_FLOAT(0.25));
	/* How high an uptime was at most is not a figure. */
	assert_int_equal(fixture_read(&fixture, PATH3(FIGURES, 3, 5602)), -ENODATA);
	assert_int_equal(fixture_execute(&fixture, PATH3(FIGURES, 0, 5605), ""), 0);
}

static void test_nothing_there(void **state)
{
	begin(*state, "yes", "yes");
	assert_int_equal(count(DISKS), 0);
	for (uint16_t i = 0; i < 5; i++)
		assert_int_equal(fixture_read(&fixture, PATH3(FIGURES, i, 5700)), -ENODATA);
}

/* Block devices, each once; images that are always full and what is no device are left out. */
static void test_disks(void **state)
{
	scratch_write(*state, "proc/self/mounts",
		"proc /proc proc rw 0 0\n/dev/sda1 / ext4 rw 0 0\n/dev/sda1 /again ext4 rw 0 0\n"
		"/dev/loop0 /snap squashfs ro 0 0\n/dev/sda2 /da\\040ta ext4 rw 0 0\n/dev/sdb /absent vfat rw 0 0\n");
	scratch_write(*state, "da ta/file", "");
	begin(*state, "yes", "no");
	assert_int_equal(count(FIGURES), 0);
	assert_int_equal(count(DISKS), 3);
	for (uint16_t i = 0; i < 2; i++) {
		assert_int_equal(fixture_read(&fixture, PATH3(DISKS, i, 5700)), 0);
		assert_true(fixture.records.items[0].value.number >= 0);
		assert_true(fixture.records.items[0].value.number <= 100);
	}
	fixture_expect(&fixture, PATH3(DISKS, 1, 5750), VALUE_STRING("/da ta"));
	fixture_expect(&fixture, PATH3(DISKS, 0, 5701), VALUE_STRING("%"));
	assert_int_equal(fixture_read(&fixture, PATH3(DISKS, 2, 5700)), -ENODATA);
}

static void test_wrong_settings(void **state)
{
	make_proc(*state);
	begin(*state, "maybe", "yes");
	assert_int_equal(fixture_status(&fixture).state, PLUGIN_FAILED);
}

/* The machine's own. */
static void test_real(void **state)
{
	begin("", "yes", "yes");
	assert_int_equal(fixture_read(&fixture, PATH3(FIGURES, 3, 5700)), 0);
	assert_true(fixture.records.items[0].value.number > 0);
	assert_int_equal(fixture_read(&fixture, PATH3(FIGURES, 4, 5700)), 0);
	assert_true(fixture.records.items[0].value.number >= 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_figures),
		TEST(test_nothing_there),
		TEST(test_disks),
		TEST(test_wrong_settings),
		TEST(test_real),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
