/* SPDX-License-Identifier: Apache-2.0 */
/* Against a bus of our own, with a login manager that only says it would. */
#include "io/bus.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/usec.h"
#include "private-bus.h"
#include "scratch.h"

#define PATIENCE (10 * USEC_PER_SEC)

struct fixture {
	char *directory, *address;
	pid_t daemon;
	sd_event *event;
	struct bus *bus;
	sd_bus *logind, *timedated;
	bool refuse, mute;
	const char *can_reboot;
	const char *error; /* what timedated answers with; NULL: nothing is wrong */
	unsigned int n_reboots, n_calls, n_answers;
	int64_t time_us;
	char timezone[64];
	int answer;
};

static char said[512];
static unsigned int n_said;

int __wrap_log_full(int priority, int error, const struct log_fields *fields, const char *format, ...);

int __wrap_log_full(int priority, int error, const struct log_fields *fields, const char *format, ...)
{
	va_list arguments;

	n_said++;
	errno = abs(error);
	va_start(arguments, format);
	vsnprintf(said, sizeof(said), format, arguments);
	va_end(arguments);
	return -abs(error);
}

static void start_bus(struct fixture *fixture)
{
	fixture->daemon = private_bus_start(fixture->directory);
	if (fixture->daemon < 0)
		skip();
}

static int on_reboot(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
	struct fixture *fixture = userdata;
	int interactive = true;

	assert_true(sd_bus_message_read(message, "b", &interactive) >= 0);
	assert_false(interactive);
	fixture->n_reboots++;
	if (fixture->refuse)
		return sd_bus_error_set(ret_error, SD_BUS_ERROR_ACCESS_DENIED, "not today");
	return sd_bus_reply_method_return(message, NULL);
}

static int on_can_reboot(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
	struct fixture *fixture = userdata;

	return sd_bus_reply_method_return(message, "s", fixture->can_reboot);
}

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("CanReboot", NULL, "s", on_can_reboot, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Reboot", "b", NULL, on_reboot, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

static void start_logind(struct fixture *fixture)
{
	fixture->logind = private_bus_serve(fixture->directory, fixture->event, "org.freedesktop.login1");
	assert_true(sd_bus_add_object_vtable(fixture->logind, NULL, "/org/freedesktop/login1",
			    "org.freedesktop.login1.Manager", vtable, fixture) >= 0);
}

/* Without an answer, where it is mute. */
static int answer_timedated(struct fixture *fixture, sd_bus_message *message, sd_bus_error *ret_error)
{
	fixture->n_calls++;
	if (fixture->mute)
		return 1;
	if (fixture->error)
		return sd_bus_error_set(ret_error, fixture->error, "not now");
	return sd_bus_reply_method_return(message, NULL);
}

static int on_set_time(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
	struct fixture *fixture = userdata;
	int relative = true, interactive = true;

	assert_true(sd_bus_message_read(message, "xbb", &fixture->time_us, &relative, &interactive) >= 0);
	assert_false(relative || interactive);
	return answer_timedated(fixture, message, ret_error);
}

static int on_set_timezone(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
	struct fixture *fixture = userdata;
	const char *timezone;
	int interactive = true;

	assert_true(sd_bus_message_read(message, "sb", &timezone, &interactive) >= 0);
	assert_false(interactive);
	snprintf(fixture->timezone, sizeof(fixture->timezone), "%s", timezone);
	return answer_timedated(fixture, message, ret_error);
}

static const sd_bus_vtable timedated_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("SetTime", "xbb", NULL, on_set_time, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("SetTimezone", "sb", NULL, on_set_timezone, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

static void start_timedated(struct fixture *fixture)
{
	fixture->timedated = private_bus_serve(fixture->directory, fixture->event, "org.freedesktop.timedate1");
	assert_true(sd_bus_add_object_vtable(fixture->timedated, NULL, "/org/freedesktop/timedate1",
			    "org.freedesktop.timedate1", timedated_vtable, fixture) >= 0);
}

static void on_answer(void *userdata, int error)
{
	struct fixture *fixture = userdata;

	fixture->answer = error;
	fixture->n_answers++;
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	if (scratch_setup((void **)&fixture->directory) < 0 ||
		asprintf(&fixture->address, "unix:path=%s/bus", fixture->directory) < 0)
		return -1;
	fixture->daemon = -1;
	n_said = 0;
	*state = fixture;
	return sd_event_new(&fixture->event) < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	bus_free(fixture->bus);
	sd_bus_close_unref(fixture->logind);
	sd_bus_close_unref(fixture->timedated);
	sd_event_unref(fixture->event);
	private_bus_stop(fixture->daemon);
	scratch_teardown((void **)&fixture->directory);
	free(fixture->address);
	free(fixture);
	return 0;
}

static void wait_count(struct fixture *fixture, const unsigned int *count, unsigned int at_least)
{
	usec_t deadline = usec_now() + PATIENCE;

	while (*count < at_least) {
		assert_true(usec_now() < deadline);
		assert_true(sd_event_run(fixture->event, 50 * USEC_PER_MSEC) >= 0);
	}
}

static void test_reboot(void **state)
{
	struct fixture *fixture = *state;

	start_bus(fixture);
	start_logind(fixture);
	assert_int_equal(bus_new(fixture->event, fixture->address, &fixture->bus), 0);
	assert_int_equal(bus_reboot(fixture->bus), 0);
	/* Nothing is waited for. */
	assert_int_equal(fixture->n_reboots, 0);
	wait_count(fixture, &fixture->n_reboots, 1);
	assert_int_equal(bus_reboot(fixture->bus), 0);
	wait_count(fixture, &fixture->n_reboots, 2);
	assert_int_equal(n_said, 0);
}

static void test_refused(void **state)
{
	struct fixture *fixture = *state;

	start_bus(fixture);
	start_logind(fixture);
	fixture->refuse = true;
	assert_int_equal(bus_new(fixture->event, fixture->address, &fixture->bus), 0);
	assert_int_equal(bus_reboot(fixture->bus), 0);
	wait_count(fixture, &n_said, 1);
	assert_non_null(strstr(said, "systemd-logind does not restart this machine: not today (polkit has to allow "
				     "org.freedesktop.login1.reboot to user "));
	assert_int_equal(fixture->n_reboots, 1);
}

static void test_no_logind(void **state)
{
	struct fixture *fixture = *state;

	start_bus(fixture);
	assert_int_equal(bus_new(fixture->event, fixture->address, &fixture->bus), 0);
	assert_int_equal(bus_reboot(fixture->bus), 0);
	wait_count(fixture, &n_said, 1);
	assert_non_null(strstr(said, "systemd-logind does not restart this machine: "));
}

static struct fixture *connected(void **state)
{
	struct fixture *fixture = *state;

	start_bus(fixture);
	start_logind(fixture);
	assert_int_equal(bus_new(fixture->event, fixture->address, &fixture->bus), 0);
	assert_int_equal(bus_reboot(fixture->bus), 0);
	wait_count(fixture, &fixture->n_reboots, 1);
	private_bus_stop(fixture->daemon);
	fixture->logind = sd_bus_close_unref(fixture->logind);
	return fixture;
}

static void test_bus_gone(void **state)
{
	struct fixture *fixture = connected(state);

	fixture->daemon = -1;
	assert_true(bus_reboot(fixture->bus) < 0);
	assert_int_equal(n_said, 1);
	assert_non_null(strstr(said, "Cannot restart this machine: no connection to the unix:path="));
}

/* The bus went and came, whether the loop turned in between or not: the next call finds it. */
static void test_bus_restarted(void **state)
{
	struct fixture *fixture = connected(state);

	start_bus(fixture);
	start_logind(fixture);
	assert_int_equal(bus_reboot(fixture->bus), 0);
	wait_count(fixture, &fixture->n_reboots, 2);
	private_bus_stop(fixture->daemon);
	fixture->logind = sd_bus_close_unref(fixture->logind);
	while (sd_event_run(fixture->event, 0) > 0)
		;
	start_bus(fixture);
	start_logind(fixture);
	assert_int_equal(bus_reboot(fixture->bus), 0);
	wait_count(fixture, &fixture->n_reboots, 3);
}

/* An answer that never came is no business of a bus that is gone. */
static void test_freed_before_the_answer(void **state)
{
	struct fixture *fixture = *state;

	start_bus(fixture);
	start_logind(fixture);
	assert_int_equal(bus_new(fixture->event, fixture->address, &fixture->bus), 0);
	assert_int_equal(bus_reboot(fixture->bus), 0);
	fixture->bus = bus_free(fixture->bus);
	sd_event_run(fixture->event, 0);
	assert_int_equal(n_said, 0);
}

static void test_addresses(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(bus_new(fixture->event, "sytem", &fixture->bus), -EINVAL);
	assert_int_equal(bus_new(fixture->event, "", &fixture->bus), -EINVAL);
	assert_null(fixture->bus);
	assert_int_equal(bus_new(fixture->event, "none", &fixture->bus), 0);
	assert_int_equal(bus_reboot(fixture->bus), -ENOTSUP);
	assert_string_equal(said, "Cannot restart this machine: that needs D-Bus, which --bus none turns off");
	assert_int_equal(bus_ask_reboot(fixture->bus, on_answer, fixture), -ENOTSUP);
	assert_int_equal(bus_set_time(fixture->bus, 1700000000, on_answer, fixture), -ENOTSUP);
	assert_int_equal(bus_set_timezone(fixture->bus, "Europe/Rome", on_answer, fixture), -ENOTSUP);
	bus_free(fixture->bus);
	assert_int_equal(bus_new(fixture->event, fixture->address, &fixture->bus), 0);
	assert_int_equal(n_said, 1);
	assert_int_equal(bus_reboot(fixture->bus), -ENOENT);
	assert_int_equal(n_said, 2);
}

static void test_ask_reboot(void **state)
{
	struct fixture *fixture = *state;

	start_bus(fixture);
	assert_int_equal(bus_new(fixture->event, fixture->address, &fixture->bus), 0);
	assert_int_equal(bus_ask_reboot(fixture->bus, on_answer, fixture), 0);
	wait_count(fixture, &fixture->n_answers, 1);
	assert_int_equal(fixture->answer, -ENOTSUP);
	assert_int_equal(n_said, 0);
	start_logind(fixture);
	fixture->can_reboot = "yes";
	assert_int_equal(bus_ask_reboot(fixture->bus, on_answer, fixture), 0);
	wait_count(fixture, &fixture->n_answers, 2);
	assert_int_equal(fixture->answer, 0);
	fixture->can_reboot = "challenge";
	assert_int_equal(bus_ask_reboot(fixture->bus, on_answer, fixture), 0);
	wait_count(fixture, &fixture->n_answers, 3);
	assert_int_equal(fixture->answer, -EPERM);
	assert_int_equal(n_said, 1);
	assert_non_null(strstr(said, "systemd-logind does not restart this machine: its answer is 'challenge' (polkit has "
				     "to allow org.freedesktop.login1.reboot to user "));
	/* Nothing of it restarts anything. */
	assert_int_equal(fixture->n_reboots, 0);
}

static struct fixture *with_timedated(void **state)
{
	struct fixture *fixture = *state;

	start_bus(fixture);
	start_timedated(fixture);
	assert_int_equal(bus_new(fixture->event, fixture->address, &fixture->bus), 0);
	return fixture;
}

static void test_set(void **state)
{
	struct fixture *fixture = with_timedated(state);

	assert_int_equal(bus_set_time(fixture->bus, 1700000000, on_answer, fixture), 0);
	assert_int_equal(fixture->n_answers, 0);
	wait_count(fixture, &fixture->n_answers, 1);
	assert_int_equal(fixture->answer, 0);
	assert_int_equal(fixture->time_us, INT64_C(1700000000000000));
	assert_int_equal(bus_set_timezone(fixture->bus, "Europe/Rome", on_answer, fixture), 0);
	wait_count(fixture, &fixture->n_answers, 2);
	assert_int_equal(fixture->answer, 0);
	assert_string_equal(fixture->timezone, "Europe/Rome");
	assert_int_equal(bus_set_time(fixture->bus, INT64_MAX / 1000, on_answer, fixture), -ERANGE);
	assert_int_equal(bus_set_time(fixture->bus, 0, on_answer, fixture), -ERANGE);
	assert_int_equal(n_said, 0);
}

static void test_set_refused(void **state)
{
	static const struct {
		const char *name, *said;
		int error;
	} refusals[] = {
		{ "org.freedesktop.timedate1.AutomaticTimeSyncEnabled",
		  "systemd-timedated does not set the clock: not now ('timedatectl set-ntp no' turns it off)", -EPERM },
		{ SD_BUS_ERROR_ACCESS_DENIED,
		  "systemd-timedated does not set the clock: not now (polkit has to allow "
		  "org.freedesktop.timedate1.set-time to user ", -EPERM },
		{ SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED,
		  "systemd-timedated does not set the clock: not now (polkit has to allow "
		  "org.freedesktop.timedate1.set-time to user ", -EPERM },
		{ SD_BUS_ERROR_INVALID_ARGS, "systemd-timedated does not set the clock: not now", -EINVAL },
		{ SD_BUS_ERROR_NO_REPLY, "systemd-timedated does not set the clock: not now", -ETIMEDOUT },
		{ SD_BUS_ERROR_FAILED, "systemd-timedated does not set the clock: not now", -EIO },
		/* Not there after all: there may be another way, so nothing is said. */
		{ "org.freedesktop.systemd1.UnitMasked", "", -ENOTSUP },
		{ "org.freedesktop.DBus.Error.Spawn.ChildExited", "", -ENOTSUP },
	};
	struct fixture *fixture = with_timedated(state);

	for (unsigned int i = 0; i < ELEMENTSOF(refusals); i++) {
		*said = '\0';
		fixture->error = refusals[i].name;
		assert_int_equal(bus_set_time(fixture->bus, 1700000000, on_answer, fixture), 0);
		wait_count(fixture, &fixture->n_answers, i + 1);
		assert_int_equal(fixture->answer, refusals[i].error);
		assert_int_equal(strncmp(said, refusals[i].said, strlen(refusals[i].said)), 0);
		assert_true(*refusals[i].said || !*said);
	}
	fixture->error = SD_BUS_ERROR_ACCESS_DENIED;
	assert_int_equal(bus_set_timezone(fixture->bus, "Europe/Rome", on_answer, fixture), 0);
	wait_count(fixture, &fixture->n_answers, ELEMENTSOF(refusals) + 1);
	assert_non_null(strstr(said, "does not set the time zone: not now"));
	assert_non_null(strstr(said, "org.freedesktop.timedate1.set-timezone"));
}

static void test_no_timedated(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(bus_new(fixture->event, fixture->address, &fixture->bus), 0);
	assert_int_equal(bus_set_timezone(fixture->bus, "Europe/Rome", on_answer, fixture), -ENOTSUP);
	start_bus(fixture);
	assert_int_equal(bus_set_time(fixture->bus, 1700000000, on_answer, fixture), 0);
	wait_count(fixture, &fixture->n_answers, 1);
	assert_int_equal(fixture->answer, -ENOTSUP);
	assert_int_equal(n_said, 0);
}

/* Whoever waits for an answer gets one: a bus that went is noticed by the loop, or by the next call. */
static void test_bus_lost_before_the_answer(void **state)
{
	struct fixture *fixture = with_timedated(state);

	fixture->mute = true;
	assert_int_equal(bus_set_time(fixture->bus, 1700000000, on_answer, fixture), 0);
	wait_count(fixture, &fixture->n_calls, 1);
	private_bus_stop(fixture->daemon);
	fixture->daemon = -1;
	fixture->timedated = sd_bus_close_unref(fixture->timedated);
	wait_count(fixture, &fixture->n_answers, 1);
	assert_true(fixture->answer < 0 && fixture->answer != -ENOTSUP);
	assert_int_equal(n_said, 1);

	start_bus(fixture);
	start_timedated(fixture);
	assert_int_equal(bus_set_time(fixture->bus, 1700000000, on_answer, fixture), 0);
	wait_count(fixture, &fixture->n_calls, 2);
	private_bus_stop(fixture->daemon);
	fixture->daemon = -1;
	assert_true(bus_reboot(fixture->bus) < 0);
	assert_int_equal(fixture->n_answers, 2);
	assert_int_equal(fixture->answer, -EIO);
}

static void test_set_freed_before_the_answer(void **state)
{
	struct fixture *fixture = with_timedated(state);

	fixture->mute = true;
	assert_int_equal(bus_set_time(fixture->bus, 1700000000, on_answer, fixture), 0);
	wait_count(fixture, &fixture->n_calls, 1);
	fixture->bus = bus_free(fixture->bus);
	assert_int_equal(fixture->n_answers, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_reboot), TEST(test_refused), TEST(test_no_logind), TEST(test_bus_gone), TEST(test_bus_restarted),
		TEST(test_freed_before_the_answer), TEST(test_addresses), TEST(test_ask_reboot), TEST(test_set),
		TEST(test_set_refused),
		TEST(test_no_timedated), TEST(test_bus_lost_before_the_answer), TEST(test_set_freed_before_the_answer),
	};

	return cmocka_run_group_tests_name("io/bus", tests, NULL, NULL);
}
