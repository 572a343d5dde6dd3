/* SPDX-License-Identifier: Apache-2.0 */
#include "objects/device.h"

#include <errno.h>
#include <time.h>

#include "ask.h"
#include "lwm2m/registry.h"
#include "io/scratch.h"

#define SERVER 101

struct fixture {
	const char *root;
	struct registry registry;
	struct device_actions actions;
	struct device *device;
	struct ask ask, agent; /* a server, and the agent itself */
	unsigned int n_reboots, n_resets, n_error_changes, n_offset_changes;
	int64_t time_set, now;
	char timezone_set[64], timezones_set[128]; /* the last one; all, each with a blank after it */
	int reboot, set_time, set_timezone; /* what they return */
};

static int on_reboot(void *userdata)
{
	struct fixture *fixture = userdata;

	fixture->n_reboots++;
	return fixture->reboot;
}

static void on_factory_reset(void *userdata)
{
	((struct fixture *)userdata)->n_resets++;
}

static int on_set_time(void *userdata, int64_t seconds)
{
	struct fixture *fixture = userdata;

	fixture->time_set = seconds;
	return fixture->set_time;
}

static int on_set_timezone(void *userdata, const char *timezone)
{
	struct fixture *fixture = userdata;
	char line[80];

	snprintf(fixture->timezone_set, sizeof(fixture->timezone_set), "%s", timezone);
	strcat(strcat(fixture->timezones_set, timezone), " ");
	snprintf(line, sizeof(line), "%s\n", timezone);
	if (fixture->set_timezone == 0)
		scratch_write(fixture->root, "etc/timezone", line);
	return fixture->set_timezone;
}

static int64_t on_time(void *userdata)
{
	return ((struct fixture *)userdata)->now;
}

static void on_change(void *userdata, enum registry_change change, const struct path *path)
{
	struct fixture *fixture = userdata;

	if (change == REGISTRY_VALUE && path_equal(path, &PATH3(3, 0, 11)))
		fixture->n_error_changes++;
	if (change == REGISTRY_VALUE && path_equal(path, &PATH3(3, 0, 14)))
		fixture->n_offset_changes++;
}

static struct fixture *fixture_new(const char *root, const struct device_config *config)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	fixture->root = root;
	fixture->time_set = -1;
	fixture->now = 1700000000;
	fixture->actions = (struct device_actions){
		on_reboot, on_factory_reset, on_time, on_set_time, on_set_timezone };
	assert_int_equal(device_new(config, &fixture->actions, fixture, &fixture->device), 0);
	fixture->registry.listener = on_change;
	fixture->registry.userdata = fixture;
	assert_int_equal(registry_add(&fixture->registry, device_object(fixture->device)), 0);
	ask_init(&fixture->ask, device_object(fixture->device), SERVER);
	ask_init(&fixture->agent, device_object(fixture->device), 0);
	return fixture;
}

static void fixture_free(struct fixture *fixture)
{
	ask_deinit(&fixture->ask);
	ask_deinit(&fixture->agent);
	registry_remove(&fixture->registry, device_object(fixture->device));
	registry_deinit(&fixture->registry);
	device_free(fixture->device);
	free(fixture);
}

static struct fixture *bare_fixture(void **state)
{
	return fixture_new(*state, &(struct device_config){ .root = *state });
}

static bool has(struct fixture *fixture, uint16_t rid)
{
	bool probed = ask_probe(&fixture->ask, 0, rid) >= 0;
	int r = ask_read(&fixture->ask, PATH3(3, 0, rid));

	assert_int_equal(r, probed ? 0 : -ENODATA);
	return probed;
}

/* A machine that says nothing about itself has only what every agent has. */
static void test_bare_machine(void **state)
{
	static const uint16_t there[] = { 11, 13, 14, 16 };
	struct fixture *fixture = bare_fixture(state);
	size_t n = 0;

	for (uint16_t rid = 0; rid <= 21; rid++) {
		if (rid == 4 || rid == 5 || rid == 12)
			continue;
		assert_int_equal(has(fixture, rid), n < ELEMENTSOF(there) && there[n] == rid);
		n += n < ELEMENTSOF(there) && there[n] == rid;
	}
	assert_string_equal(ask_text(&fixture->ask, PATH3(3, 0, 16)), "U");
	assert_int_equal(ask_read(&fixture->ask, PATH2(3, 0)), 0);
	assert_int_equal(fixture->ask.records.count, ELEMENTSOF(there));
	fixture_free(fixture);
}

static void test_facts_of_the_machine(void **state)
{
	struct fixture *fixture;

	scratch_write(*state, "sys/class/dmi/id/sys_vendor", "ACME\n");
	scratch_write(*state, "sys/class/dmi/id/product_name", "Gateway\n");
	scratch_write(*state, "sys/class/dmi/id/product_serial", "0042\n");
	scratch_write(*state, "sys/class/dmi/id/product_version", "B\n");
	scratch_write(*state, "etc/os-release", "IMAGE_VERSION=7.1\n");
	scratch_write(*state, "etc/timezone", "Europe/Paris\n");
	scratch_write(*state, "proc/meminfo", "MemTotal: 1000000 kB\nMemAvailable: 500000 kB\n");
	fixture = bare_fixture(state);
	assert_string_equal(ask_text(&fixture->ask, PATH3(3, 0, 0)), "ACME");
	assert_string_equal(ask_text(&fixture->ask, PATH3(3, 0, 1)), "Gateway");
	assert_string_equal(ask_text(&fixture->ask, PATH3(3, 0, 2)), "0042");
	assert_string_equal(ask_text(&fixture->ask, PATH3(3, 0, 3)), "7.1");
	assert_string_equal(ask_text(&fixture->ask, PATH3(3, 0, 15)), "Europe/Paris");
	assert_string_equal(ask_text(&fixture->ask, PATH3(3, 0, 18)), "B");
	assert_int_equal(ask_integer(&fixture->ask, PATH3(3, 0, 10)), 512000);
	assert_int_equal(ask_integer(&fixture->ask, PATH3(3, 0, 21)), 1024000);
	fixture_free(fixture);
}

static void test_free_memory_once_a_second(void **state)
{
	struct fixture *fixture;

	scratch_write(*state, "proc/meminfo", "MemTotal: 1000000 kB\nMemAvailable: 500000 kB\n");
	fixture = bare_fixture(state);
	assert_int_equal(ask_integer(&fixture->ask, PATH3(3, 0, 10)), 512000);
	scratch_write(*state, "proc/meminfo", "MemTotal: 1000000 kB\nMemAvailable: 250000 kB\n");
	assert_int_equal(ask_integer(&fixture->ask, PATH3(3, 0, 10)), 512000);
	fixture->now++;
	assert_int_equal(ask_integer(&fixture->ask, PATH3(3, 0, 10)), 256000);
	/* The clock was set back. */
	scratch_write(*state, "proc/meminfo", "MemTotal: 1000000 kB\nMemAvailable: 125000 kB\n");
	fixture->now -= 3600;
	assert_int_equal(ask_integer(&fixture->ask, PATH3(3, 0, 10)), 128000);
	fixture->now++;
	scratch_write(*state, "proc/meminfo", "");
	assert_false(has(fixture, 10));
	fixture_free(fixture);
}

static void test_configuration_first(void **state)
{
	struct fixture *fixture;

	scratch_write(*state, "sys/class/dmi/id/sys_vendor", "ACME\n");
	scratch_write(*state, "sys/class/dmi/id/product_name", "Gateway\n");
	fixture = fixture_new(*state, &(struct device_config){ .root = *state, .manufacturer = "Other Inc.",
			.model_number = "", .serial_number = "S", .device_type = "T", .hardware_version = "H",
			.software_version = "0.1.0" });
	assert_string_equal(ask_text(&fixture->ask, PATH3(3, 0, 0)), "Other Inc.");
	assert_string_equal(ask_text(&fixture->ask, PATH3(3, 0, 1)), "Gateway");
	assert_string_equal(ask_text(&fixture->ask, PATH3(3, 0, 2)), "S");
	assert_string_equal(ask_text(&fixture->ask, PATH3(3, 0, 17)), "T");
	assert_string_equal(ask_text(&fixture->ask, PATH3(3, 0, 18)), "H");
	assert_string_equal(ask_text(&fixture->ask, PATH3(3, 0, 19)), "0.1.0");
	fixture_free(fixture);
}

/* The same resource instance id means the same supply in 6, 7 and 8. */
static void test_power(void **state)
{
	const struct path voltage = PATH4(3, 0, 7, 1);
	struct fixture *fixture;

	scratch_write(*state, "sys/class/power_supply/AC/type", "Mains\n");
	scratch_write(*state, "sys/class/power_supply/AC/online", "0\n");
	scratch_write(*state, "sys/class/power_supply/BAT0/type", "Battery\n");
	scratch_write(*state, "sys/class/power_supply/BAT0/voltage_now", "12345000\n");
	scratch_write(*state, "sys/class/power_supply/BAT0/current_now", "-500000\n");
	scratch_write(*state, "sys/class/power_supply/BAT0/capacity", "80\n");
	scratch_write(*state, "sys/class/power_supply/BAT0/status", "Discharging\n");
	fixture = bare_fixture(state);
	assert_int_equal(ask_read(&fixture->ask, PATH3(3, 0, 6)), 0);
	assert_int_equal(fixture->ask.records.count, 1);
	assert_true(path_equal(&fixture->ask.records.items[0].path, &PATH4(3, 0, 6, 1)));
	assert_int_equal(fixture->ask.records.items[0].value.integer, 1);
	assert_int_equal(ask_integer(&fixture->ask, voltage), 12345);
	assert_int_equal(ask_read(&fixture->ask, PATH4(3, 0, 7, 0)), -ENODATA);
	assert_int_equal(ask_integer(&fixture->ask, PATH4(3, 0, 8, 1)), -500);
	assert_int_equal(ask_integer(&fixture->ask, PATH3(3, 0, 9)), 80);
	assert_int_equal(ask_integer(&fixture->ask, PATH3(3, 0, 20)), 0);
	scratch_write(*state, "sys/class/power_supply/AC/online", "1\n");
	assert_int_equal(ask_integer(&fixture->ask, PATH4(3, 0, 6, 0)), 6);
	assert_int_equal(ask_probe(&fixture->ask, 0, 6), 2);
	fixture_free(fixture);
}

static void test_errors(void **state)
{
	struct fixture *fixture = bare_fixture(state);

	assert_int_equal(ask_integer(&fixture->ask, PATH3(3, 0, 11)), 0);
	assert_true(path_equal(&fixture->ask.records.items[0].path, &PATH4(3, 0, 11, 0)));
	device_add_error(fixture->device, DEVICE_ERROR_CONNECTIVITY);
	device_add_error(fixture->device, DEVICE_ERROR_LOW_BATTERY);
	device_add_error(fixture->device, DEVICE_ERROR_LOW_BATTERY);
	device_add_error(fixture->device, DEVICE_ERROR_NONE);
	assert_int_equal(fixture->n_error_changes, 2);
	assert_int_equal(ask_probe(&fixture->ask, 0, 11), 2);
	assert_int_equal(ask_integer(&fixture->ask, PATH4(3, 0, 11, 0)), DEVICE_ERROR_LOW_BATTERY);
	assert_int_equal(ask_integer(&fixture->ask, PATH4(3, 0, 11, 1)), DEVICE_ERROR_CONNECTIVITY);
	assert_int_equal(ask_read(&fixture->ask, PATH4(3, 0, 11, 2)), -ENODATA);
	assert_int_equal(ask_execute(&fixture->ask, PATH3(3, 0, 12)), 0);
	assert_int_equal(fixture->n_error_changes, 3);
	assert_int_equal(ask_integer(&fixture->ask, PATH3(3, 0, 11)), 0);
	assert_int_equal(ask_execute(&fixture->ask, PATH3(3, 0, 12)), 0);
	assert_int_equal(fixture->n_error_changes, 3);
	/* As many as there are. */
	for (int error = DEVICE_ERROR_NONE; error < _DEVICE_ERROR_MAX; error++)
		device_add_error(fixture->device, (enum device_error)error);
	assert_int_equal(ask_probe(&fixture->ask, 0, 11), _DEVICE_ERROR_MAX - 1);
	fixture_free(fixture);
}

static void test_time(void **state)
{
	struct fixture *fixture = bare_fixture(state);
	int64_t before = time(NULL), now;

	assert_int_equal(ask_integer(&fixture->ask, PATH3(3, 0, 13)), fixture->now);
	fixture->actions.time = NULL;
	now = ask_integer(&fixture->ask, PATH3(3, 0, 13));
	assert_true(now >= before && now <= time(NULL));
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(3, 0, 13), VALUE_TIME(1700000000)), 0);
	assert_int_equal(fixture->time_set, 1700000000);
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(3, 0, 13), VALUE_TIME(-1)), -ERANGE);
	assert_int_equal(fixture->time_set, 1700000000);
	fixture->set_time = -EPERM;
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(3, 0, 13), VALUE_TIME(1700000001)), -EPERM);
	fixture->set_time = -EIO;
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(3, 0, 13), VALUE_TIME(1700000001)), -EIO);
	fixture->actions.set_time = NULL;
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(3, 0, 13), VALUE_TIME(1700000001)), -ENOTSUP);
	fixture_free(fixture);
}

static void test_utc_offset(void **state)
{
	static const char *const good[] = { "+01", "+01:00", "-1130", "UTC+05:30", "Z", "UTCZ", "+00:00", "UTC-23:59" };
	static const char *const bad[] = {
		"1", "UTC", "+1", "+24:00", "+01:60", "+01:0", "+01:000", "++1:00", "+01:00 ", "UTC+01:00x", "UTC++0:0",
	};
	struct fixture *fixture;

	setenv("TZ", "XYZ-05:30", 1);
	tzset();
	fixture = bare_fixture(state);
	assert_string_equal(ask_text(&fixture->ask, PATH3(3, 0, 14)), "+05:30");
	for (size_t i = 0; i < ELEMENTSOF(good); i++) {
		assert_int_equal(ask_write_one(&fixture->ask, PATH3(3, 0, 14), VALUE_STRING(good[i])), 0);
		assert_string_equal(ask_text(&fixture->ask, PATH3(3, 0, 14)), good[i]);
	}
	for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
		assert_int_equal(ask_write_one(&fixture->ask, PATH3(3, 0, 14), VALUE_STRING(bad[i])), -EINVAL);
		assert_string_equal(ask_text(&fixture->ask, PATH3(3, 0, 14)), "UTC-23:59");
	}
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(3, 0, 14), VALUE_STRING("")), 0);
	assert_string_equal(ask_text(&fixture->ask, PATH3(3, 0, 14)), "+05:30");
	setenv("TZ", "XYZ+03:00", 1);
	tzset();
	fixture->now++;
	assert_string_equal(ask_text(&fixture->ask, PATH3(3, 0, 14)), "-03:00");
	fixture_free(fixture);
	unsetenv("TZ");
	tzset();
}

static void test_timezone(void **state)
{
	static const char *const bad[] = { "", "Europe Paris", "a\nb", "b\xc3\xbc", "../../x",
					   "0123456789012345678901234567890123456789012345678901234567890123" };
	struct fixture *fixture;

	scratch_write(*state, "etc/timezone", "Europe/Paris\n");
	fixture = bare_fixture(state);
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(3, 0, 15), VALUE_STRING("America/Port-au-Prince")), 0);
	assert_string_equal(fixture->timezone_set, "America/Port-au-Prince");
	assert_string_equal(ask_text(&fixture->ask, PATH3(3, 0, 15)), "America/Port-au-Prince");
	for (size_t i = 0; i < ELEMENTSOF(bad); i++)
		assert_int_equal(ask_write_one(&fixture->ask, PATH3(3, 0, 15), VALUE_STRING(bad[i])), -EINVAL);
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(3, 0, 15), VALUE_OPAQUE("a\0b", 3)), -EINVAL);
	assert_string_equal(fixture->timezones_set, "America/Port-au-Prince ");
	/* What is so already is left alone. */
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(3, 0, 15), VALUE_STRING("America/Port-au-Prince")), 0);
	assert_string_equal(fixture->timezones_set, "America/Port-au-Prince ");
	/* Somebody else sets another one. */
	scratch_write(*state, "etc/timezone", "Asia/Tokyo\n");
	fixture->now++;
	assert_string_equal(ask_text(&fixture->ask, PATH3(3, 0, 15)), "Asia/Tokyo");
	fixture->set_timezone = -EPERM;
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(3, 0, 15), VALUE_STRING("Europe/Rome")), -EPERM);
	fixture->actions.set_timezone = NULL;
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(3, 0, 15), VALUE_STRING("Europe/Rome")), -ENOTSUP);
	assert_string_equal(ask_text(&fixture->ask, PATH3(3, 0, 15)), "Asia/Tokyo");
	fixture_free(fixture);
}

/* An offset that a server wrote holds until it writes a zone, which has one of its own. */
static void test_offset_and_timezone(void **state)
{
	const struct record both[] = {
		{ .path = PATH3(3, 0, 14), .value = VALUE_STRING("+09:00") },
		{ .path = PATH3(3, 0, 15), .value = VALUE_STRING("Asia/Tokyo") },
	};
	struct fixture *fixture;

	setenv("TZ", "XYZ-05:30", 1);
	fixture = bare_fixture(state);
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(3, 0, 14), VALUE_STRING("+01:00")), 0);
	fixture->set_timezone = -EPERM;
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(3, 0, 15), VALUE_STRING("Asia/Kolkata")), -EPERM);
	assert_string_equal(ask_text(&fixture->ask, PATH3(3, 0, 14)), "+01:00");
	fixture->set_timezone = 0;
	fixture->n_offset_changes = 0;
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(3, 0, 15), VALUE_STRING("Asia/Kolkata")), 0);
	assert_string_equal(ask_text(&fixture->ask, PATH3(3, 0, 14)), "+05:30");
	assert_int_equal(fixture->n_offset_changes, 1);
	assert_int_equal(ask_write(&fixture->ask, OPERATION_WRITE_UPDATE, PATH2(3, 0), both, 2), 0);
	assert_string_equal(ask_text(&fixture->ask, PATH3(3, 0, 14)), "+09:00");
	fixture_free(fixture);
	unsetenv("TZ");
	tzset();
}

/* One wrong value: nothing of the request is done, and the clock stays as it is. */
static void test_all_or_nothing(void **state)
{
	const struct record records[] = {
		{ .path = PATH3(3, 0, 13), .value = VALUE_TIME(1700000000) },
		{ .path = PATH3(3, 0, 15), .value = VALUE_STRING("Europe/Rome") },
		{ .path = PATH3(3, 0, 14), .value = VALUE_STRING("nonsense") },
	};
	struct fixture *fixture;

	scratch_write(*state, "etc/timezone", "Europe/Paris\n");
	fixture = bare_fixture(state);
	assert_int_equal(ask_write(&fixture->ask, OPERATION_WRITE_UPDATE, PATH2(3, 0), records, 3), -EINVAL);
	assert_int_equal(fixture->time_set, -1);
	assert_string_equal(fixture->timezones_set, "");
	/* The zone is refused: the clock is not touched. */
	fixture->set_timezone = -EPERM;
	assert_int_equal(ask_write(&fixture->ask, OPERATION_WRITE_UPDATE, PATH2(3, 0), records, 2), -EPERM);
	assert_int_equal(fixture->time_set, -1);
	assert_string_equal(fixture->timezones_set, "Europe/Rome ");
	/* The clock is refused: the zone goes back. */
	fixture->set_timezone = 0;
	fixture->set_time = -EPERM;
	assert_int_equal(ask_write(&fixture->ask, OPERATION_WRITE_UPDATE, PATH2(3, 0), records, 2), -EPERM);
	assert_string_equal(fixture->timezones_set, "Europe/Rome Europe/Rome Europe/Paris ");
	assert_string_equal(ask_text(&fixture->ask, PATH3(3, 0, 15)), "Europe/Paris");
	fixture->set_time = 0;
	assert_int_equal(ask_write(&fixture->ask, OPERATION_WRITE_UPDATE, PATH2(3, 0), records, 2), 0);
	assert_string_equal(ask_text(&fixture->ask, PATH3(3, 0, 15)), "Europe/Rome");
	/* A Replace without an offset takes it back. The zone is the machine's own, and stays. */
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(3, 0, 14), VALUE_STRING("+11:00")), 0);
	assert_int_equal(ask_write(&fixture->ask, OPERATION_WRITE_REPLACE, PATH2(3, 0), records, 1), 0);
	assert_string_not_equal(ask_text(&fixture->ask, PATH3(3, 0, 14)), "+11:00");
	assert_string_equal(ask_text(&fixture->ask, PATH3(3, 0, 15)), "Europe/Rome");
	fixture_free(fixture);
}

/* A Write that ends later; outcome is DEVICE_LATER until it does. */
struct late {
	struct operation operation;
	int outcome;
};

static void on_done(struct operation *operation, int error)
{
	container_of(operation, struct late, operation)->outcome = error;
}

static void write_later(struct fixture *fixture, struct late *late)
{
	const struct {
		uint16_t rid;
		struct value value;
	} values[] = {
		{ 13, VALUE_TIME(1700000000) },
		{ 14, VALUE_STRING("+03:00") },
		{ 15, VALUE_STRING("Europe/Rome") },
	};
	struct object *object = device_object(fixture->device);

	*late = (struct late){ .outcome = DEVICE_LATER };
	late->operation = (struct operation){
		.type = OPERATION_WRITE_UPDATE, .path = PATH2(3, 0), .server = SERVER, .done = on_done };
	for (size_t i = 0; i < ELEMENTSOF(values); i++)
		assert_int_equal(records_add_copy(&late->operation.records, PATH3(3, 0, values[i].rid),
					 values[i].value), 0);
	object->ops->write(object, &late->operation);
	/* What a Write brought is gone by the time it ends. */
	records_deinit(&late->operation.records);
}

static struct fixture *late_fixture(void **state)
{
	struct fixture *fixture;

	scratch_write(*state, "etc/timezone", "Europe/Paris\n");
	fixture = bare_fixture(state);
	fixture->set_time = fixture->set_timezone = DEVICE_LATER;
	return fixture;
}

static void test_later(void **state)
{
	struct fixture *fixture = late_fixture(state);
	struct late late;

	write_later(fixture, &late);
	assert_string_equal(fixture->timezones_set, "Europe/Rome ");
	assert_int_equal(fixture->time_set, -1);
	/* One at a time; reading goes on. */
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(3, 0, 14), VALUE_STRING("+01:00")), -EBUSY);
	assert_string_equal(ask_text(&fixture->ask, PATH3(3, 0, 15)), "Europe/Paris");
	device_set(fixture->device, 0);
	assert_int_equal(fixture->time_set, 1700000000);
	assert_int_equal(late.outcome, DEVICE_LATER);
	device_set(fixture->device, 0);
	assert_int_equal(late.outcome, 0);
	assert_string_equal(ask_text(&fixture->ask, PATH3(3, 0, 14)), "+03:00");
	/* Nobody waits for it. */
	device_set(fixture->device, -EIO);
	assert_int_equal(late.outcome, 0);
	fixture_free(fixture);
}

static void test_refused_later(void **state)
{
	struct fixture *fixture = late_fixture(state);
	struct late late;

	write_later(fixture, &late);
	device_set(fixture->device, 0);
	device_set(fixture->device, -EPERM);
	assert_string_equal(fixture->timezones_set, "Europe/Rome Europe/Paris ");
	assert_int_equal(late.outcome, DEVICE_LATER);
	/* Why it was refused is told, whatever becomes of the zone. */
	device_set(fixture->device, -EIO);
	assert_int_equal(late.outcome, -EPERM);
	assert_string_not_equal(ask_text(&fixture->ask, PATH3(3, 0, 14)), "+03:00");
	/* The zone is refused: that is the end of it. */
	write_later(fixture, &late);
	device_set(fixture->device, -EINVAL);
	assert_int_equal(late.outcome, -EINVAL);
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(3, 0, 14), VALUE_STRING("+01:00")), 0);
	fixture_free(fixture);
}

static void test_what_is_kept(void **state)
{
	struct fixture *fixture = bare_fixture(state);

	assert_int_equal(ask_read(&fixture->agent, PATH1(3)), 0);
	assert_int_equal(fixture->agent.records.count, 0);
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(3, 0, 15), VALUE_STRING("Europe/Rome")), 0);
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(3, 0, 14), VALUE_STRING("+01")), 0);
	assert_int_equal(ask_read(&fixture->agent, PATH1(3)), 0);
	assert_int_equal(fixture->agent.records.count, 1);
	/* An old time or zone that comes back from a state file does not go to the machine. */
	assert_int_equal(ask_write_one(&fixture->agent, PATH3(3, 0, 13), VALUE_TIME(1)), 0);
	assert_int_equal(fixture->time_set, -1);
	assert_int_equal(ask_write_one(&fixture->agent, PATH3(3, 0, 15), VALUE_STRING("Europe/Paris")), 0);
	assert_string_equal(fixture->timezones_set, "Europe/Rome ");
	fixture_free(fixture);
}

static void test_actions(void **state)
{
	struct fixture *fixture = bare_fixture(state);

	assert_int_equal(ask_execute(&fixture->ask, PATH3(3, 0, 4)), 0);
	assert_int_equal(fixture->n_reboots, 1);
	assert_int_equal(fixture->n_resets, 0);
	assert_int_equal(ask_execute(&fixture->ask, PATH3(3, 0, 5)), 0);
	assert_int_equal(fixture->n_reboots, 1);
	assert_int_equal(fixture->n_resets, 1);
	fixture->actions = (struct device_actions){ 0 };
	assert_int_equal(ask_execute(&fixture->ask, PATH3(3, 0, 4)), -ENOTSUP);
	assert_int_equal(ask_execute(&fixture->ask, PATH3(3, 0, 5)), -ENOTSUP);
	fixture_free(fixture);
}

static void test_reboot_later(void **state)
{
	struct fixture *fixture = bare_fixture(state);
	struct object *object = device_object(fixture->device);
	struct late late = { .outcome = DEVICE_LATER };

	late.operation = (struct operation){
		.type = OPERATION_EXECUTE, .path = PATH3(3, 0, 4), .server = SERVER, .done = on_done };
	fixture->reboot = DEVICE_LATER;
	object->ops->execute(object, &late.operation);
	assert_int_equal(late.outcome, DEVICE_LATER);
	assert_int_equal(ask_execute(&fixture->ask, PATH3(3, 0, 4)), -EBUSY);
	assert_int_equal(fixture->n_reboots, 1);
	device_may_reboot(fixture->device, -EPERM);
	assert_int_equal(late.outcome, -EPERM);
	device_may_reboot(fixture->device, 0);
	assert_int_equal(late.outcome, -EPERM);
	object->ops->execute(object, &late.operation);
	device_may_reboot(fixture->device, 0);
	assert_int_equal(late.outcome, 0);
	fixture->reboot = -ENOTSUP;
	assert_int_equal(ask_execute(&fixture->ask, PATH3(3, 0, 4)), -ENOTSUP);
	fixture_free(fixture);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_bare_machine), TEST(test_facts_of_the_machine), TEST(test_configuration_first), TEST(test_power),
		TEST(test_free_memory_once_a_second), TEST(test_errors), TEST(test_time), TEST(test_utc_offset), TEST(test_timezone),
		TEST(test_offset_and_timezone), TEST(test_all_or_nothing), TEST(test_later), TEST(test_refused_later),
		TEST(test_what_is_kept), TEST(test_actions), TEST(test_reboot_later),
	};

	return cmocka_run_group_tests_name("objects/device", tests, NULL, NULL);
}
