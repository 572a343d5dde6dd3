/* SPDX-License-Identifier: Apache-2.0 */
/* plugins/system on a /sys of files, and on the machine's own where that has a sensor. */
#include <glob.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../io/scratch.h"
#include "fixture.h"

#define TEMPERATURE 3303

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

static const char *module(void)
{
	const char *path = getenv("LWM2M_SYSTEM_PLUGIN");

	assert_non_null(path);
	return path;
}

static void begin(const char *root, const char *rescan_ms)
{
	const struct plugin_setting settings[] = {
		{ "system", "root", root },
		{ "system", "rescan_ms", rescan_ms },
		{ NULL, NULL, NULL },
	};

	fixture_add(&fixture, "system", module(), PLUGIN_ISOLATION_PROCESS, settings);
	supervisor_start(fixture.supervisor);
}

/* Values are read again when they are a second old; a restart is sooner. */
static void begin_running(const char *root)
{
	begin(root, "20");
	fixture_wait_state(&fixture, PLUGIN_RUNNING);
}

static void make_zone(const char *root, unsigned int n, const char *temp, const char *type)
{
	char name[64];

	snprintf(name, sizeof(name), "sys/class/thermal/thermal_zone%u/temp", n);
	scratch_write(root, name, temp);
	snprintf(name, sizeof(name), "sys/class/thermal/thermal_zone%u/type", n);
	scratch_write(root, name, type);
}

static size_t count(void)
{
	return registry_find(&fixture.registry, TEMPERATURE)->n_instances;
}

static void expect(uint16_t iid, uint16_t rid, double number)
{
	fixture_expect(&fixture, PATH3(TEMPERATURE, iid, rid), VALUE_FLOAT(number));
}

static void test_zones_and_chips(void **state)
{
	const char *root = *state;

	make_zone(root, 0, "48312\n", "cpu-thermal\n");
	make_zone(root, 10, "-5000\n", "outside\n");
	make_zone(root, 2, "30000\n", "board\n");
	scratch_write(root, "sys/class/hwmon/hwmon0/name", "nvme\n");
	scratch_write(root, "sys/class/hwmon/hwmon0/temp1_input", "35850\n");
	scratch_write(root, "sys/class/hwmon/hwmon0/temp1_label", "Composite\n");
	scratch_write(root, "sys/class/hwmon/hwmon0/temp2_input", "40000\n");
	scratch_write(root, "sys/class/hwmon/hwmon0/in0_input", "1200\n");
	/* The kernel shows zone 0 once more as a chip. */
	scratch_write(root, "sys/class/hwmon/hwmon1/name", "cpu_thermal\n");
	scratch_write(root, "sys/class/hwmon/hwmon1/temp1_input", "48312\n");
	assert_int_equal(symlink("../../thermal_zone0", scratch_path(root, "sys/class/hwmon/hwmon1/device")), 0);
	begin_running(root);
	assert_int_equal(count(), 5);
	expect(0, 5700, 48.312);
	expect(1, 5700, 30);
	expect(2, 5700, -5);
	expect(3, 5700, 35.85);
	expect(4, 5700, 40);
	fixture_expect(&fixture, PATH3(TEMPERATURE, 0, 5750), VALUE_STRING("cpu-thermal"));
	fixture_expect(&fixture, PATH3(TEMPERATURE, 3, 5750), VALUE_STRING("Composite"));
	fixture_expect(&fixture, PATH3(TEMPERATURE, 4, 5750), VALUE_STRING("nvme"));
	fixture_expect(&fixture, PATH3(TEMPERATURE, 0, 5701), VALUE_STRING("Cel"));
	assert_int_equal(fixture_write_value(&fixture, PATH3(TEMPERATURE, 0, 5750), VALUE_STRING("oven")), 0);
	fixture_expect(&fixture, PATH3(TEMPERATURE, 0, 5750), VALUE_STRING("oven"));
}

static double value(uint16_t rid)
{
	int r = fixture_read(&fixture, PATH3(TEMPERATURE, 0, rid));

	return r < 0 ? NAN : fixture.records.items[0].value.number;
}

static void test_minimum_and_maximum(void **state)
{
	make_zone(*state, 0, "20000\n", "x\n");
	begin_running(*state);
	expect(0, 5601, 20);
	expect(0, 5602, 20);
	make_zone(*state, 0, "30000\n", "x\n");
	fixture_wait(&fixture, value(5700) == 30);
	make_zone(*state, 0, "25000\n", "x\n");
	fixture_wait(&fixture, value(5700) == 25);
	expect(0, 5601, 20);
	expect(0, 5602, 30);
	assert_int_equal(fixture_execute(&fixture, PATH3(TEMPERATURE, 0, 5605), ""), 0);
	expect(0, 5601, 25);
	expect(0, 5602, 25);
}

/* A file that holds no number now: no value, the rest is as it was. */
static void test_no_value(void **state)
{
	make_zone(*state, 0, "20000\n", "x\n");
	begin_running(*state);
	expect(0, 5700, 20);
	make_zone(*state, 0, "\n", "x\n");
	fixture_wait(&fixture, fixture_read(&fixture, PATH3(TEMPERATURE, 0, 5700)) == -ENODATA);
	expect(0, 5602, 20);
	assert_int_equal(fixture_status(&fixture).state, PLUGIN_RUNNING);
}

static void remove_zone(const char *root, unsigned int n)
{
	char name[64];

	snprintf(name, sizeof(name), "sys/class/thermal/thermal_zone%u/temp", n);
	assert_int_equal(unlink(scratch_path(root, name)), 0);
}

/* What goes takes its instance along, what comes gets the lowest id that is free. */
static void test_come_and_go(void **state)
{
	begin_running(*state);
	assert_int_equal(count(), 0);
	make_zone(*state, 0, "20000\n", "a\n");
	fixture_wait(&fixture, count() == 1);
	make_zone(*state, 1, "21000\n", "b\n");
	fixture_wait(&fixture, count() == 2);
	expect(1, 5700, 21);
	remove_zone(*state, 0);
	fixture_wait(&fixture, count() == 1);
	assert_int_equal(fixture_read(&fixture, PATH2(TEMPERATURE, 0)), -ENOENT);
	expect(1, 5700, 21);
	make_zone(*state, 5, "25000\n", "c\n");
	fixture_wait(&fixture, count() == 2);
	expect(0, 5700, 25);
}

/* Without rescans a read finds out. */
static void test_gone_when_read(void **state)
{
	make_zone(*state, 0, "20000\n", "a\n");
	begin(*state, "0");
	fixture_wait_state(&fixture, PLUGIN_RUNNING);
	remove_zone(*state, 0);
	fixture_wait(&fixture, fixture_read(&fixture, PATH3(TEMPERATURE, 0, 5700)) == -ENOENT);
	assert_int_equal(count(), 0);
}

static void test_wrong_setting(void **state)
{
	begin(*state, "soon");
	fixture_wait_state(&fixture, PLUGIN_FAILED);
	assert_non_null(strstr(fixture_status(&fixture).failure, "its settings are wrong"));
}

/* The machine's own /sys. */
static void test_real(void **state)
{
	glob_t found;
	int r = glob("/sys/class/thermal/thermal_zone*/temp", 0, NULL, &found);

	if (r == 0)
		globfree(&found);
	if (r != 0 && glob("/sys/class/hwmon/hwmon*/temp*_input", 0, NULL, &found) != 0) {
		/* cmocka's skip() is a failure to meson. */
		printf("# skipped test_real: this machine has neither thermal zones nor temperature chips\n");
		return;
	}
	begin("", "0");
	fixture_wait_state(&fixture, PLUGIN_RUNNING);
	assert_true(count() > 0);
	for (size_t i = 0; i < count(); i++) {
		uint16_t iid = registry_find(&fixture.registry, TEMPERATURE)->instances[i];

		r = fixture_read(&fixture, PATH3(TEMPERATURE, iid, 5700));
		assert_true(r == 0 || r == -ENODATA);
		if (r == 0)
			assert_true(fabs(fixture.records.items[0].value.number) < 200);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_zones_and_chips),
		TEST(test_minimum_and_maximum),
		TEST(test_no_value),
		TEST(test_come_and_go),
		TEST(test_gone_when_read),
		TEST(test_wrong_setting),
		TEST(test_real),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
