/* SPDX-License-Identifier: Apache-2.0 */
/* plugins/sensors on a /sys of files. Real drivers are in tests/lab/test_sensors.py. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cmocka.h>

#include "../io/scratch.h"
#include "fixture.h"

#define IIO   "sys/bus/iio/devices/"
#define HWMON "sys/class/hwmon/"

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

/* extra: at most 4 settings more, that end with NULL. */
static void begin(const char *root, const struct plugin_setting *extra)
{
	struct plugin_setting settings[8] = {
		{ "sensors", "root", root },
		{ "sensors", "rescan_ms", "20" },
	};
	const char *module = getenv("LWM2M_SENSORS_PLUGIN");

	assert_non_null(module);
	for (size_t i = 0; extra && extra[i].section; i++)
		settings[2 + i] = extra[i];
	fixture_add(&fixture, "sensors", module, PLUGIN_ISOLATION_PROCESS, settings);
	supervisor_start(fixture.supervisor);
	fixture_wait_state(&fixture, PLUGIN_RUNNING);
}

static size_t count(uint16_t oid)
{
	return registry_find(&fixture.registry, oid)->n_instances;
}

/* NAN: there is none. */
static double value(uint16_t oid, uint16_t iid, uint16_t rid)
{
	int r = fixture_read(&fixture, PATH3(oid, iid, rid));

	return r < 0 ? NAN : fixture.records.items[0].value.number;
}

static void expect_about(uint16_t oid, uint16_t iid, uint16_t rid, double expected)
{
	double found = value(oid, iid, rid);

	if (!(fabs(found - expected) <= 1e-9 * fmax(1, fabs(expected))))
		fail_msg("/%u/%u/%u is %.17g, not %.17g", oid, iid, rid, found, expected);
}

static void expect_text(uint16_t oid, uint16_t iid, uint16_t rid, const char *expected)
{
	fixture_expect(&fixture, PATH3(oid, iid, rid), VALUE_STRING(expected));
}

/* The device as the kernel has it, below the chip's place, and its link in the bus's folder. */
static void make_iio(const char *root, unsigned int n, const char *place, const char *name)
{
	char path[128], target[128];

	snprintf(path, sizeof(path), "sys/devices/%s/iio:device%u/name", place, n);
	scratch_write(root, path, name);
	snprintf(path, sizeof(path), IIO "iio:device%u", n);
	snprintf(target, sizeof(target), "../../../devices/%s/iio:device%u", place, n);
	scratch_write(root, IIO "here", "");
	assert_int_equal(symlink(target, scratch_path(root, path)), 0);
}

static void set_iio(const char *root, unsigned int n, const char *file, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), IIO "iio:device%u/%s", n, file);
	scratch_write(root, path, text);
}

static void remove_iio(const char *root, unsigned int n)
{
	char path[128];

	snprintf(path, sizeof(path), IIO "iio:device%u", n);
	assert_int_equal(unlink(scratch_path(root, path)), 0);
}

static void make_bme280(const char *root)
{
	make_iio(root, 0, "i2c-1/1-0076", "bme280\n");
	set_iio(root, 0, "in_temp_input", "25082\n");
	set_iio(root, 0, "in_temp_raw", "519888\n");
	set_iio(root, 0, "in_temp_scale", "7\n");
	set_iio(root, 0, "in_pressure_input", "100.656250000\n");
	set_iio(root, 0, "in_humidityrelative_input", "55020\n");
}

static void test_units(void **state)
{
	const char *root = *state;

	make_bme280(root);
	begin(root, NULL);
	assert_int_equal(count(3303), 1);
	fixture_expect(&fixture, PATH3(3303, 0, 5700), VALUE_FLOAT(25.082));
	expect_text(3303, 0, 5701, "Cel");
	expect_text(3303, 0, 5750, "bme280 temp");
	fixture_expect(&fixture, PATH3(3315, 0, 5700), VALUE_FLOAT(100656.25));
	expect_text(3315, 0, 5701, "Pa");
	fixture_expect(&fixture, PATH3(3304, 0, 5700), VALUE_FLOAT(55.02));
	expect_text(3304, 0, 5701, "%RH");
	assert_int_equal(fixture_read(&fixture, PATH3(3303, 0, 5603)), -ENODATA);
}

/* (raw + offset) * scale; offset and scale may be the channel's own or shared. */
static void test_raw(void **state)
{
	const char *root = *state;

	make_iio(root, 0, "i2c-1/1-0048", "ads1015\n");
	set_iio(root, 0, "in_voltage0_raw", "100\n");
	set_iio(root, 0, "in_voltage0_scale", "3\n");
	set_iio(root, 0, "in_voltage1_raw", "-7\n");
	set_iio(root, 0, "in_voltage1_offset", "10\n");
	set_iio(root, 0, "in_voltage1_raw_available", "[-2048 1 2047]\n");
	set_iio(root, 0, "in_voltage_scale", "2.5\n");
	set_iio(root, 0, "in_voltage0-voltage1_raw", "1000\n");
	set_iio(root, 0, "in_voltage-voltage_scale", "0.5\n");
	set_iio(root, 0, "in_voltage2_mean_raw", "1\n");
	set_iio(root, 0, "in_current3_raw", "500\n");
	set_iio(root, 0, "in_illuminance_raw", "40\n");
	set_iio(root, 0, "scale", "0.25\n");
	set_iio(root, 0, "in_intensity_both_raw", "40\n");
	set_iio(root, 0, "out_voltage0_raw", "40\n");
	begin(root, NULL);
	assert_int_equal(count(3316), 3);
	expect_text(3316, 0, 5750, "ads1015 voltage0");
	expect_about(3316, 0, 5700, 0.3);
	expect_text(3316, 1, 5750, "ads1015 voltage0-voltage1");
	expect_about(3316, 1, 5700, 0.5);
	expect_text(3316, 2, 5750, "ads1015 voltage1");
	expect_about(3316, 2, 5700, 0.0075);
	expect_about(3316, 2, 5603, (-2048 + 10) * 2.5 / 1000);
	expect_about(3316, 2, 5604, (2047 + 10) * 2.5 / 1000);
	expect_about(3317, 0, 5700, 0.125);
	expect_about(3301, 0, 5700, 10);
	expect_text(3301, 0, 5701, "lx");
}

static void test_axes(void **state)
{
	const char *root = *state;

	make_iio(root, 0, "spi0.0", "lsm9ds1\n");
	set_iio(root, 0, "in_accel_x_raw", "100\n");
	set_iio(root, 0, "in_accel_y_raw", "-200\n");
	set_iio(root, 0, "in_accel_z_raw", "1000\n");
	set_iio(root, 0, "in_accel_scale", "0.01\n");
	set_iio(root, 0, "in_anglvel_x_raw", "1\n");
	set_iio(root, 0, "in_anglvel_y_raw", "2\n");
	set_iio(root, 0, "in_anglvel_z_raw", "3\n");
	set_iio(root, 0, "in_magn_x_raw", "5000\n");
	set_iio(root, 0, "in_magn_z_raw", "-5000\n");
	set_iio(root, 0, "in_magn_scale", "0.0001\n");
	begin(root, NULL);
	assert_int_equal(count(3313), 1);
	expect_about(3313, 0, 5702, 1);
	expect_about(3313, 0, 5703, -2);
	expect_about(3313, 0, 5704, 10);
	expect_text(3313, 0, 5701, "m/s2");
	expect_text(3313, 0, 5750, "lsm9ds1 accel");
	expect_about(3334, 0, 5703, 2);
	expect_about(3314, 0, 5702, 0.5e-4);
	assert_true(isnan(value(3314, 0, 5703)));
	expect_about(3314, 0, 5704, -0.5e-4);
	/* What turns has the lowest and the highest of each axis. */
	set_iio(root, 0, "in_anglvel_y_raw", "-8\n");
	fixture_wait(&fixture, value(3334, 0, 5703) == -8);
	expect_about(3334, 0, 5510, -8);
	expect_about(3334, 0, 5511, 2);
	assert_int_equal(fixture_execute(&fixture, PATH3(3334, 0, 5605), ""), 0);
	expect_about(3334, 0, 5511, -8);
}

static void test_air(void **state)
{
	const char *root = *state;

	make_iio(root, 0, "i2c-1/1-0069", "sps30\n");
	set_iio(root, 0, "in_massconcentration_pm1_input", "3.5\n");
	set_iio(root, 0, "in_massconcentration_pm2p5_input", "12\n");
	set_iio(root, 0, "in_concentration_co2_raw", "450\n");
	set_iio(root, 0, "in_concentration_co2_scale", "0.0001\n");
	set_iio(root, 0, "in_concentration_ethanol_raw", "1\n");
	begin(root, NULL);
	assert_int_equal(count(3325), 4);
	expect_text(3325, 0, 5750, "sps30 concentration_co2");
	expect_about(3325, 0, 5700, 450);
	expect_text(3325, 0, 5701, "ppm");
	expect_about(3325, 3, 5700, 12);
	expect_text(3325, 3, 5701, "ug/m3");
	assert_int_equal(count(3428), 1);
	expect_about(3428, 0, 3, 12);
	expect_about(3428, 0, 5, 3.5);
	expect_about(3428, 0, 17, 450);
	assert_true(isnan(value(3428, 0, 1)));
}

static void make_hwmon(const char *root)
{
	scratch_write(root, HWMON "hwmon0/name", "ina226\n");
	scratch_write(root, HWMON "hwmon0/in1_input", "5012\n");
	scratch_write(root, HWMON "hwmon0/in1_label", "Bus\n");
	scratch_write(root, HWMON "hwmon0/curr1_input", "-250\n");
	scratch_write(root, HWMON "hwmon0/power1_input", "1250000\n");
	scratch_write(root, HWMON "hwmon0/power1_average", "9000000\n");
	scratch_write(root, HWMON "hwmon0/power2_average", "2000000\n");
	scratch_write(root, HWMON "hwmon0/fan1_input", "1200\n");
	scratch_write(root, HWMON "hwmon0/temp1_input", "41000\n");
	scratch_write(root, HWMON "hwmon0/temp1_fault", "0\n");
	assert_int_equal(symlink("../../../i2c-1/1-0040", scratch_path(root, HWMON "hwmon0/device")), 0);
	scratch_write(root, HWMON "hwmon1/name", "cpu_thermal\n");
	scratch_write(root, HWMON "hwmon1/temp1_input", "48312\n");
	assert_int_equal(symlink("../../thermal_zone0", scratch_path(root, HWMON "hwmon1/device")), 0);
}

static void test_hwmon(void **state)
{
	make_hwmon(*state);
	begin(*state, NULL);
	expect_about(3316, 0, 5700, 5.012);
	expect_text(3316, 0, 5750, "ina226 Bus");
	expect_about(3317, 0, 5700, -0.25);
	assert_int_equal(count(3328), 2);
	expect_about(3328, 0, 5700, 1.25);
	expect_about(3328, 1, 5700, 2);
	expect_about(3346, 0, 5700, 1200);
	/* The plugin system has them. */
	assert_int_equal(count(3303), 0);
}

static void test_hwmon_temperatures(void **state)
{
	const struct plugin_setting settings[] = { { "sensors", "hwmon_temperatures", "yes" }, { NULL, NULL, NULL } };

	make_hwmon(*state);
	begin(*state, settings);
	assert_int_equal(count(3303), 1);
	expect_about(3303, 0, 5700, 41);
	/* A broken sensor still has a number. */
	scratch_write(*state, HWMON "hwmon0/temp1_fault", "1\n");
	fixture_wait(&fixture, isnan(value(3303, 0, 5700)));
	scratch_write(*state, HWMON "hwmon0/temp1_fault", "0\n");
	fixture_wait(&fixture, value(3303, 0, 5700) == 41);
}

/* Two that have all names in common are two. */
static void test_twins(void **state)
{
	scratch_write(*state, HWMON "hwmon0/name", "fan\n");
	scratch_write(*state, HWMON "hwmon0/fan1_input", "1000\n");
	scratch_write(*state, HWMON "hwmon1/name", "fan\n");
	scratch_write(*state, HWMON "hwmon1/fan1_input", "2000\n");
	begin(*state, NULL);
	assert_int_equal(count(3346), 2);
	expect_about(3346, 0, 5700, 1000);
	expect_about(3346, 1, 5700, 2000);
	scratch_write(*state, HWMON "hwmon1/fan1_input", "3000\n");
	fixture_wait(&fixture, value(3346, 1, 5700) == 3000);
	expect_about(3346, 0, 5700, 1000);
	assert_int_equal(count(3346), 2);
}

static void test_min_max_reset(void **state)
{
	make_bme280(*state);
	begin(*state, NULL);
	set_iio(*state, 0, "in_temp_input", "-3000\n");
	fixture_wait(&fixture, value(3303, 0, 5700) == -3);
	set_iio(*state, 0, "in_temp_input", "10000\n");
	fixture_wait(&fixture, value(3303, 0, 5700) == 10);
	expect_about(3303, 0, 5601, -3);
	expect_about(3303, 0, 5602, 25.082);
	assert_int_equal(fixture_execute(&fixture, PATH3(3303, 0, 5605), ""), 0);
	expect_about(3303, 0, 5601, 10);
	expect_about(3303, 0, 5602, 10);
}

/* No number: no value, neither a stale one, until there is one again. */
static void test_errors(void **state)
{
	make_bme280(*state);
	begin(*state, NULL);
	expect_about(3303, 0, 5700, 25.082);
	set_iio(*state, 0, "in_temp_input", "?\n");
	fixture_wait(&fixture, isnan(value(3303, 0, 5700)));
	expect_about(3303, 0, 5601, 25.082);
	assert_int_equal(count(3303), 1);
	set_iio(*state, 0, "in_temp_input", "26000\n");
	fixture_wait(&fixture, value(3303, 0, 5700) == 26);
}

/* Ids are in the order of names, whatever the kernel's numbers are; who comes back has its own. */
static void test_come_and_go(void **state)
{
	const char *root = *state;

	make_iio(root, 0, "i2c-1/1-0077", "bme280\n");
	set_iio(root, 0, "in_temp_input", "2000\n");
	make_iio(root, 1, "i2c-1/1-0076", "bme280\n");
	set_iio(root, 1, "in_temp_input", "1000\n");
	begin(root, NULL);
	expect_about(3303, 0, 5700, 1);
	expect_about(3303, 1, 5700, 2);
	remove_iio(root, 1);
	fixture_wait(&fixture, count(3303) == 1);
	expect_about(3303, 1, 5700, 2);
	assert_int_equal(fixture_read(&fixture, PATH3(3303, 0, 5700)), -ENOENT);
	make_iio(root, 2, "i2c-1/1-0050", "aht20\n");
	set_iio(root, 2, "in_temp_input", "3000\n");
	fixture_wait(&fixture, count(3303) == 2);
	expect_about(3303, 2, 5700, 3);
	make_iio(root, 5, "i2c-1/1-0076", "bme280\n");
	set_iio(root, 5, "in_temp_input", "4000\n");
	fixture_wait(&fixture, count(3303) == 3);
	expect_about(3303, 0, 5700, 4);
}

/* How often files of this name were opened since the last call. */
static size_t count_opens(int fd, const char *name, size_t *ret_others)
{
	char buffer[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	size_t n = 0;
	ssize_t len;

	while ((len = read(fd, buffer, sizeof(buffer))) > 0)
		for (char *at = buffer; at < buffer + len;) {
			const struct inotify_event *event = (const struct inotify_event *)at;

			n += event->len > 0 && strcmp(event->name, name) == 0;
			*ret_others += event->len > 0 && strcmp(event->name, name) != 0;
			at += sizeof(*event) + event->len;
		}
	return n;
}

/* Nobody wants to know: it is not read, however often devices are looked for. */
static void test_unwatched(void **state)
{
	size_t opens = 0, scans = 0;
	int fd;

	make_iio(*state, 0, "i2c-1/1-0076", "bme280\n");
	set_iio(*state, 0, "in_temp_input", "1000\n");
	begin(*state, NULL);
	fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	assert_true(inotify_add_watch(fd, scratch_path(*state, IIO "iio:device0"), IN_OPEN) >= 0);
	/* At 20 ms each, longer than the values count as new. */
	fixture_wait(&fixture, (opens += count_opens(fd, "in_temp_input", &scans), scans >= 75));
	assert_int_equal(opens, 0);
	fixture_watch(&fixture, 3303, true);
	fixture_wait(&fixture, (opens += count_opens(fd, "in_temp_input", &scans), opens >= 2));
	close(fd);
}

static void test_filters(void **state)
{
	const struct plugin_setting settings[] = {
		{ "sensors", "devices", "bme* lsm*" },
		{ "sensors", "without", "1-0077" },
		{ "channel.wet", "channel", "humidity*" },
		{ "channel.wet", "ignore", "yes" },
		{ NULL, NULL, NULL },
	};

	make_bme280(*state);
	make_iio(*state, 1, "i2c-1/1-0077", "bme280\n");
	set_iio(*state, 1, "in_temp_input", "1000\n");
	make_iio(*state, 2, "i2c-1/1-0050", "aht20\n");
	set_iio(*state, 2, "in_temp_input", "3000\n");
	begin(*state, settings);
	assert_int_equal(count(3303), 1);
	expect_about(3303, 0, 5700, 25.082);
	assert_int_equal(count(3304), 0);
	assert_int_equal(count(3315), 1);
}

static void test_calibration(void **state)
{
	const struct plugin_setting settings[] = {
		{ "channel.oven", "channel", "temp" },
		{ "channel.oven", "instance", "7" },
		{ "channel.oven", "offset", "-0.082" },
		{ "channel.oven", "label", "Oven" },
		{ NULL, NULL, NULL },
	};

	make_bme280(*state);
	begin(*state, settings);
	expect_about(3303, 7, 5700, 25);
	expect_text(3303, 7, 5750, "Oven");
	expect_about(3304, 0, 5700, 55.02);
}

/* What is wrong is left out, and the rest is served. */
static void test_wrong_settings(void **state)
{
	const struct plugin_setting settings[] = {
		{ "sensors", "hwmon", "perhaps" },
		{ "channel.oven", "scale", "hot" },
		{ "oven", "key", "value" },
		{ NULL, NULL, NULL },
	};

	make_bme280(*state);
	begin(*state, settings);
	expect_about(3303, 0, 5700, 25.082);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_units),
		TEST(test_raw),
		TEST(test_axes),
		TEST(test_air),
		TEST(test_hwmon),
		TEST(test_hwmon_temperatures),
		TEST(test_twins),
		TEST(test_min_max_reset),
		TEST(test_errors),
		TEST(test_come_and_go),
		TEST(test_unwatched),
		TEST(test_filters),
		TEST(test_calibration),
		TEST(test_wrong_settings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
