/* SPDX-License-Identifier: Apache-2.0 */
#include "objects/power.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "io/scratch.h"

static void put(const char *root, const char *supply, const char *attribute, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), "sys/class/power_supply/%s/%s", supply, attribute);
	scratch_write(root, path, text);
}

static void test_none(void **state)
{
	_cleanup_(power_deinit) struct power power;
	int64_t number;

	assert_int_equal(power_init(&power, *state), 0);
	assert_int_equal(power.n_supplies, 0);
	assert_int_equal(power_battery_level(&power, &number), -ENOENT);
	assert_int_equal(power_battery_status(&power, &number), -ENOENT);
}

static void test_sources(void **state)
{
	static const struct {
		const char *name, *type;
	} supplies[] = {
		{ "AC", "Mains\n" }, { "BAT0", "Battery\n" }, { "cups", "UPS\n" }, { "pad", "Wireless\n" },
		{ "usb", "USB\n" }, { "odd", "Magic\n" }, { "mouse", "Battery\n" },
	};
	static const enum power_source expected[] = {
		POWER_AC, POWER_BATTERY_INTERNAL, POWER_BATTERY_EXTERNAL, POWER_DC, POWER_USB,
	};
	_cleanup_(power_deinit) struct power power;

	for (size_t i = 0; i < ELEMENTSOF(supplies); i++)
		put(*state, supplies[i].name, "type", supplies[i].type);
	put(*state, "mouse", "scope", "Device\n");
	put(*state, "BAT0", "scope", "System\n");
	assert_int_equal(power_init(&power, *state), 0);
	assert_int_equal(power.n_supplies, ELEMENTSOF(expected));
	for (size_t i = 0; i < ELEMENTSOF(expected); i++)
		assert_int_equal(power.supplies[i].source, expected[i]);
	assert_string_equal(power.supplies[1].name, "BAT0");
}

static void test_too_many(void **state)
{
	_cleanup_(power_deinit) struct power power;
	char name[8];

	for (unsigned int i = 0; i < POWER_SUPPLIES_MAX + 3; i++) {
		snprintf(name, sizeof(name), "BAT%02u", i);
		put(*state, name, "type", "Battery\n");
	}
	assert_int_equal(power_init(&power, *state), 0);
	assert_int_equal(power.n_supplies, POWER_SUPPLIES_MAX);
}

static void test_available(void **state)
{
	_cleanup_(power_deinit) struct power power;

	put(*state, "AC", "type", "Mains");
	put(*state, "BAT", "type", "Battery");
	assert_int_equal(power_init(&power, *state), 0);
	assert_true(power_is_available(&power, 0));
	put(*state, "AC", "online", "0\n");
	assert_false(power_is_available(&power, 0));
	put(*state, "AC", "online", "1\n");
	assert_true(power_is_available(&power, 0));
	put(*state, "BAT", "present", "0\n");
	assert_false(power_is_available(&power, 1));
}

static void test_readings(void **state)
{
	_cleanup_(power_deinit) struct power power;
	int64_t number = 77;

	put(*state, "BAT", "type", "Battery");
	assert_int_equal(power_init(&power, *state), 0);
	assert_int_equal(power_voltage(&power, 0, &number), -ENOENT);
	assert_int_equal(power_current(&power, 0, &number), -ENOENT);
	assert_int_equal(power_battery_level(&power, &number), -ENOENT);
	assert_int_equal(number, 77);
	put(*state, "BAT", "power_now", "6000000\n");
	put(*state, "BAT", "voltage_now", "12000000\n");
	assert_int_equal(power_voltage(&power, 0, &number), 0);
	assert_int_equal(number, 12000);
	assert_int_equal(power_current(&power, 0, &number), 0);
	assert_int_equal(number, 500);
	put(*state, "BAT", "current_now", "-250000\n");
	assert_int_equal(power_current(&power, 0, &number), 0);
	assert_int_equal(number, -250);
	put(*state, "BAT", "capacity", "83\n");
	assert_int_equal(power_battery_level(&power, &number), 0);
	assert_int_equal(number, 83);
	put(*state, "BAT", "capacity", "255\n");
	assert_int_equal(power_battery_level(&power, &number), -ENOENT);
}

static void test_no_voltage(void **state)
{
	_cleanup_(power_deinit) struct power power;
	int64_t number;

	put(*state, "BAT", "type", "Battery");
	put(*state, "BAT", "power_now", "6000000\n");
	put(*state, "BAT", "voltage_now", "0\n");
	assert_int_equal(power_init(&power, *state), 0);
	assert_int_equal(power_current(&power, 0, &number), -ENOENT);
}

static void test_status(void **state)
{
	static const struct {
		const char *attribute, *text;
		enum battery_status status;
	} steps[] = { /* each on top of those before */
		{ "status", "Unknown\n", BATTERY_UNKNOWN },
		{ "status", "Not charging\n", BATTERY_NORMAL },
		{ "status", "Discharging\n", BATTERY_NORMAL },
		{ "capacity_level", "Low\n", BATTERY_LOW },
		{ "capacity_level", "Critical\n", BATTERY_LOW },
		{ "status", "Charging\n", BATTERY_CHARGING },
		{ "status", "Full\n", BATTERY_CHARGE_COMPLETE },
		{ "health", "Good\n", BATTERY_CHARGE_COMPLETE },
		{ "health", "Dead\n", BATTERY_DAMAGED },
		{ "present", "1\n", BATTERY_DAMAGED },
		{ "present", "0\n", BATTERY_NOT_INSTALLED },
	};
	_cleanup_(power_deinit) struct power power;

	put(*state, "BAT", "type", "Battery");
	assert_int_equal(power_init(&power, *state), 0);
	for (size_t i = 0; i < ELEMENTSOF(steps); i++) {
		int64_t status = -1;

		put(*state, "BAT", steps[i].attribute, steps[i].text);
		assert_int_equal(power_battery_status(&power, &status), 0);
		assert_int_equal(status, steps[i].status);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_none), TEST(test_sources), TEST(test_too_many), TEST(test_available),
		TEST(test_readings), TEST(test_no_voltage), TEST(test_status),
	};

	return cmocka_run_group_tests_name("objects/power", tests, NULL, NULL);
}
