/* SPDX-License-Identifier: Apache-2.0 */
/* plugins/gpio with LEDs on a /sys of files. Lines need a kernel that simulates them: tests/lab/test_gpio.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../io/scratch.h"
#include "fixture.h"

#define LIGHT 3311
#define ON    PATH3(LIGHT, 0, 5850)
#define DIM   PATH3(LIGHT, 0, 5851)
#define LED   "sys/class/leds/red/"

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

static void make_led(const char *root, const char *max, const char *brightness)
{
	scratch_write(root, LED "max_brightness", max);
	scratch_write(root, LED "brightness", brightness);
	scratch_write(root, LED "trigger", "none [mmc0] heartbeat\n");
}

/* [light.red] with one more key. */
static void begin(const char *root, const char *key, const char *value)
{
	const struct plugin_setting settings[] = {
		{ "gpio", "root", root },
		{ "light.red", "led", "red" },
		{ key ? "light.red" : NULL, key, value },
		{ NULL, NULL, NULL },
	};
	const char *module = getenv("LWM2M_GPIO_PLUGIN");

	assert_non_null(module);
	fixture_add(&fixture, "gpio", module, PLUGIN_ISOLATION_PROCESS, settings);
	supervisor_start(fixture.supervisor);
	fixture_wait_state(&fixture, PLUGIN_RUNNING);
}

static void expect_file(const char *root, const char *name, const char *expected)
{
	FILE *file = fopen(scratch_path(root, name), "re");
	char text[64] = "";

	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	fclose(file);
	text[strcspn(text, "\n")] = 0;
	assert_string_equal(text, expected);
}

static void write_number(struct path path, int64_t number)
{
	assert_int_equal(fixture_write_value(&fixture, path, VALUE_INTEGER(number)), 0);
}

static void turn(bool on)
{
	assert_int_equal(fixture_write_value(&fixture, ON, VALUE_BOOLEAN(on)), 0);
}

static int64_t dimmer(void)
{
	int r = fixture_read(&fixture, DIM);

	return r < 0 ? r : fixture.records.items[0].value.integer;
}

static void test_levels(void **state)
{
	make_led(*state, "255\n", "9\n");
	begin(*state, NULL, NULL);
	expect_file(*state, LED "trigger", "none");
	expect_file(*state, LED "brightness", "0");
	turn(true);
	expect_file(*state, LED "brightness", "255");
	write_number(DIM, 50);
	expect_file(*state, LED "brightness", "128");
	fixture_expect(&fixture, DIM, VALUE_INTEGER(50));
	write_number(DIM, 0);
	expect_file(*state, LED "brightness", "0");
	fixture_expect(&fixture, ON, VALUE_BOOLEAN(true));
	assert_int_equal(fixture_write_value(&fixture, DIM, VALUE_INTEGER(101)), -ERANGE);
	fixture_expect(&fixture, DIM, VALUE_INTEGER(0));
}

/* What is not quite dark does not become dark. */
static void test_few_levels(void **state)
{
	make_led(*state, "4\n", "0\n");
	begin(*state, NULL, NULL);
	turn(true);
	write_number(DIM, 1);
	expect_file(*state, LED "brightness", "1");
	fixture_expect(&fixture, DIM, VALUE_INTEGER(1));
	turn(false);
	expect_file(*state, LED "brightness", "0");
	fixture_expect(&fixture, DIM, VALUE_INTEGER(1));
}

/* Somebody else changes it. */
static void test_changed_outside(void **state)
{
	make_led(*state, "200\n", "0\n");
	begin(*state, NULL, NULL);
	scratch_write(*state, LED "brightness", "50\n");
	fixture_wait(&fixture, dimmer() == 25);
	fixture_expect(&fixture, ON, VALUE_BOOLEAN(true));
}

static void test_keep(void **state)
{
	make_led(*state, "200\n", "150\n");
	begin(*state, "initial", "keep");
	expect_file(*state, LED "brightness", "150");
	fixture_expect(&fixture, ON, VALUE_BOOLEAN(true));
	fixture_expect(&fixture, DIM, VALUE_INTEGER(75));
}

static void test_one_level(void **state)
{
	make_led(*state, "1\n", "0\n");
	begin(*state, "initial", "on");
	expect_file(*state, LED "brightness", "1");
	assert_int_equal(fixture_read(&fixture, DIM), -ENODATA);
}

/* The plugin ends in good order. */
static void test_safe(void **state)
{
	make_led(*state, "200\n", "0\n");
	begin(*state, "safe", "on");
	expect_file(*state, LED "brightness", "0");
	fixture_deinit(&fixture);
	fixture_init(&fixture);
	expect_file(*state, LED "brightness", "200");
}

static void test_trigger(void **state)
{
	make_led(*state, "1\n", "0\n");
	begin(*state, "trigger", "heartbeat");
	expect_file(*state, LED "trigger", "none");
	turn(true);
	expect_file(*state, LED "trigger", "heartbeat");
	/* As the kernel would show it. */
	scratch_write(*state, LED "trigger", "none mmc0 [heartbeat]\n");
	turn(false);
	expect_file(*state, LED "trigger", "none");
}

/* No LED, no such trigger, too much said: no instance, and the plugin runs. */
static void test_absent(void **state)
{
	begin(*state, NULL, NULL);
	assert_int_equal(registry_find(&fixture.registry, LIGHT)->n_instances, 0);
}

static void test_absent_trigger(void **state)
{
	make_led(*state, "1\n", "0\n");
	begin(*state, "trigger", "heart");
	assert_int_equal(registry_find(&fixture.registry, LIGHT)->n_instances, 0);
	expect_file(*state, LED "trigger", "none [mmc0] heartbeat");
}

static void test_wrong_setting(void **state)
{
	make_led(*state, "1\n", "0\n");
	begin(*state, "line", "RELAY");
	assert_int_equal(registry_find(&fixture.registry, LIGHT)->n_instances, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_levels),
		TEST(test_few_levels),
		TEST(test_changed_outside),
		TEST(test_keep),
		TEST(test_one_level),
		TEST(test_safe),
		TEST(test_trigger),
		TEST(test_absent),
		TEST(test_absent_trigger),
		TEST(test_wrong_setting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
