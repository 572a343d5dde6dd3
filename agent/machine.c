/* SPDX-License-Identifier: Apache-2.0 */
#include "machine.h"

#include <errno.h>
#include <time.h>

#include "agent-internal.h"
#include "base/log.h"

static int no_logind(void)
{
	log_error("Cannot restart this machine: there is no systemd-logind on D-Bus");
	return -ENOTSUP;
}

static void on_reboot_answer(void *userdata, int error)
{
	struct agent *agent = userdata;

	agent->reboot_wanted |= error == 0;
	device_may_reboot(agent->device, error == -ENOTSUP ? no_logind() : error);
}

/* Asked first: a server is not told that it is done where it will not be. */
static int on_reboot(void *userdata)
{
	struct agent *agent = userdata;
	int r = bus_ask_reboot(agent->bus, on_reboot_answer, agent);

	if (r == -ENOTSUP)
		return no_logind();
	return r < 0 ? r : DEVICE_LATER;
}

static void on_factory_reset(void *userdata)
{
	((struct agent *)userdata)->reset_wanted = true;
}

static int set_clock_alone(int64_t seconds)
{
	struct timespec time = { .tv_sec = (time_t)seconds };

	if (clock_settime(CLOCK_REALTIME, &time) == 0) {
		log_notice("The clock is set, without systemd-timedated, which is not there");
		return 0;
	}
	if (errno != EPERM)
		return log_error_errno(-errno, "Cannot set the clock: %m");
	log_error("Cannot set the clock: there is no systemd-timedated on D-Bus, and this user may not do it alone");
	return -ENOTSUP;
}

static void on_time_answer(void *userdata, int error)
{
	struct agent *agent = userdata;

	device_set(agent->device, error == -ENOTSUP ? set_clock_alone(agent->time_wanted) : error);
}

static int on_set_time(void *userdata, int64_t seconds)
{
	struct agent *agent = userdata;
	int r = bus_set_time(agent->bus, seconds, on_time_answer, agent);

	agent->time_wanted = seconds;
	if (r == -ENOTSUP)
		return set_clock_alone(seconds);
	return r < 0 ? r : DEVICE_LATER;
}

static int no_timedated(void)
{
	log_error("Cannot set the time zone: there is no systemd-timedated on D-Bus");
	return -ENOTSUP;
}

static void on_timezone_answer(void *userdata, int error)
{
	device_set(((struct agent *)userdata)->device, error == -ENOTSUP ? no_timedated() : error);
}

static int on_set_timezone(void *userdata, const char *timezone)
{
	struct agent *agent = userdata;
	int r = bus_set_timezone(agent->bus, timezone, on_timezone_answer, agent);

	if (r == -ENOTSUP)
		return no_timedated();
	return r < 0 ? r : DEVICE_LATER;
}

const struct device_actions machine_actions = {
	.reboot = on_reboot,
	.factory_reset = on_factory_reset,
	.set_time = on_set_time,
	.set_timezone = on_set_timezone,
};
