/* SPDX-License-Identifier: Apache-2.0 */
#include "objects/platform.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "io/scratch.h"

#define DMI "/sys/class/dmi/id/"

typedef int (*fact_t)(const char *root, char **ret);

static void assert_fact(const char *root, fact_t fact, const char *expected)
{
	_cleanup_(freep) char *text = NULL;
	int r = fact(root, &text);

	if (!expected) {
		assert_int_equal(r, -ENOENT);
		assert_null(text);
		return;
	}
	assert_int_equal(r, 0);
	assert_string_equal(text, expected);
}

static void put(const char *root, const char *path, const char *text)
{
	scratch_write(root, path + 1, text);
}

static void test_nothing_there(void **state)
{
	static const fact_t facts[] = {
		platform_manufacturer, platform_model, platform_serial, platform_hardware_version,
		platform_firmware_version, platform_timezone,
	};
	int64_t number, other;
	char text[8];

	for (size_t i = 0; i < ELEMENTSOF(facts); i++)
		assert_fact(*state, facts[i], NULL);
	assert_int_equal(platform_memory(*state, &number, &other), -ENOENT);
	assert_int_equal(platform_read_number(*state, "/x", &number), -ENOENT);
	assert_int_equal(platform_read_line(*state, "/x", text, sizeof(text)), -ENOENT);
}

static void test_dmi(void **state)
{
	put(*state, DMI "sys_vendor", "ACME Ltd.\n");
	put(*state, DMI "product_name", "  Gateway 7 \n");
	put(*state, DMI "product_serial", "SN-0001\n");
	put(*state, DMI "product_version", "B2\n");
	put(*state, "/proc/device-tree/model", "Not this one");
	assert_fact(*state, platform_manufacturer, "ACME Ltd.");
	assert_fact(*state, platform_model, "Gateway 7");
	assert_fact(*state, platform_serial, "SN-0001");
	assert_fact(*state, platform_hardware_version, "B2");
}

/* What vendors put where they had nothing to say; the board may know more than the system. */
static void test_placeholders(void **state)
{
	static const char *const nothing[] = {
		"To be filled by O.E.M.", "Default string", "System Serial Number", "Not Specified", "none", "N/A",
		"0", "0000000000", "0.0", "-", "", "\x01\x02", "caf\xe9",
	};

	put(*state, DMI "board_serial", "BOARD-1\n");
	for (size_t i = 0; i < ELEMENTSOF(nothing); i++) {
		put(*state, DMI "product_serial", nothing[i]);
		assert_fact(*state, platform_serial, "BOARD-1");
	}
	put(*state, DMI "board_serial", "Default string\n");
	assert_fact(*state, platform_serial, NULL);
}

/* Device tree texts end with NUL, not with a line. */
static void test_device_tree(void **state)
{
	scratch_write_bytes(*state, "proc/device-tree/model", "Raspberry Pi 4 Model B Rev 1.4", 31);
	scratch_write_bytes(*state, "proc/device-tree/serial-number", "10000000abcdef01", 17);
	scratch_write_bytes(*state, "proc/device-tree/compatible", "raspberrypi,4-model-b\0brcm,bcm2711", 35);
	assert_fact(*state, platform_manufacturer, "raspberrypi");
	assert_fact(*state, platform_model, "Raspberry Pi 4 Model B Rev 1.4");
	assert_fact(*state, platform_serial, "10000000abcdef01");
	assert_fact(*state, platform_hardware_version, NULL);
	put(*state, "/proc/device-tree/compatible", "nobody");
	assert_fact(*state, platform_manufacturer, NULL);
}

static void test_os_release(void **state)
{
	put(*state, "/usr/lib/os-release", "PRETTY_NAME=\"Vendor's file\"\n");
	assert_fact(*state, platform_firmware_version, "Vendor's file");
	put(*state, "/etc/os-release", "# PRETTY_NAME=no\nPRETTY_NAME=\"Debian GNU/Linux 12 (\\\"bookworm\\\")\"\n"
				       "VERSION_ID=12\n");
	assert_fact(*state, platform_firmware_version, "Debian GNU/Linux 12 (\"bookworm\")");
	put(*state, "/etc/os-release", "PRETTY_NAME=\"X\"\nBUILD_ID='2026-11'\n");
	assert_fact(*state, platform_firmware_version, "2026-11");
	put(*state, "/etc/os-release", "BUILD_ID=1\nIMAGE_VERSION=4.5\nIMAGE_VERSION_X=6\n");
	assert_fact(*state, platform_firmware_version, "4.5");
	put(*state, "/etc/os-release", "VERSION_ID=12\n");
	assert_fact(*state, platform_firmware_version, "12");
	put(*state, "/etc/os-release", "PRETTY_NAME=\"\"\n");
	assert_fact(*state, platform_firmware_version, NULL);
}

static void test_timezone(void **state)
{
	put(*state, "/etc/timezone", "Europe/Paris\n");
	assert_fact(*state, platform_timezone, "Europe/Paris");
	assert_int_equal(symlink("/usr/share/zoneinfo/America/Argentina/Ushuaia",
				 scratch_path(*state, "etc/localtime")), 0);
	assert_fact(*state, platform_timezone, "America/Argentina/Ushuaia");
	/* A copy of the zone's file has no name. */
	unlink(scratch_path(*state, "etc/localtime"));
	put(*state, "/etc/localtime", "TZif2");
	assert_fact(*state, platform_timezone, "Europe/Paris");
}

static void test_memory(void **state)
{
	int64_t free_kb = -1, total_kb = -1;

	put(*state, "/proc/meminfo", "MemTotal:        1000000 kB\nMemFree:           10000 kB\n"
				     "MemAvailable:     500000 kB\n");
	assert_int_equal(platform_memory(*state, &free_kb, &total_kb), 0);
	assert_int_equal(total_kb, 1024000);
	assert_int_equal(free_kb, 512000);
	put(*state, "/proc/meminfo", "MemTotal:        1000000 kB\n");
	assert_int_equal(platform_memory(*state, &free_kb, &total_kb), -ENOENT);
}

static void test_numbers(void **state)
{
	static const struct {
		const char *text;
		int error;
		int64_t number;
	} vectors[] = {
		{ "0\n", 0, 0 }, { "-5", 0, -5 }, { "4200000\n", 0, 4200000 }, { "", -ENOENT, 0 }, { "\n", -ENOENT, 0 },
		{ "x", -EINVAL, 0 }, { "5x", -EINVAL, 0 }, { "99999999999999999999", -EINVAL, 0 },
	};

	for (size_t i = 0; i < ELEMENTSOF(vectors); i++) {
		int64_t number = 77;

		put(*state, "/number", vectors[i].text);
		assert_int_equal(platform_read_number(*state, "/number", &number), vectors[i].error);
		assert_int_equal(number, vectors[i].error ? 77 : vectors[i].number);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing_there), TEST(test_dmi), TEST(test_placeholders), TEST(test_device_tree),
		TEST(test_os_release), TEST(test_timezone), TEST(test_memory), TEST(test_numbers),
	};

	return cmocka_run_group_tests_name("objects/platform", tests, NULL, NULL);
}
