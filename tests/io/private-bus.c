/* SPDX-License-Identifier: Apache-2.0 */
#include "private-bus.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "scratch.h"

static pid_t start_daemon(const char *config)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe2(ready, 0), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		char option[32];

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
		snprintf(option, sizeof(option), "--print-address=%d", ready[1]);
		execlp("dbus-daemon", "dbus-daemon", "--nofork", option, "--config-file", config, (char *)NULL);
		_exit(127);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1) {
		waitpid(pid, NULL, 0);
		pid = -1;
	}
	close(ready[0]);
	return pid;
}

void private_bus_stop(pid_t daemon)
{
	if (daemon <= 0)
		return;
	kill(daemon, SIGKILL);
	waitpid(daemon, NULL, 0);
}

pid_t private_bus_start(const char *directory)
{
	char config[1024], socket[256];
	pid_t daemon;

	snprintf(socket, sizeof(socket), "%s/bus", directory);
	unlink(socket);
	snprintf(config, sizeof(config),
		"<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\"\n"
		"\"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n"
		"<busconfig><type>session</type><listen>unix:path=%s</listen><auth>EXTERNAL</auth>\n"
		"<policy context=\"default\"><allow send_destination=\"*\"/><allow receive_sender=\"*\"/>\n"
		"<allow own=\"*\"/></policy></busconfig>\n",
		socket);
	daemon = start_daemon(scratch_write(directory, "bus.conf", config));
	if (daemon < 0)
		print_message("# dbus-daemon does not start here\n");
	return daemon;
}

void private_bus_start_system(const char *directory, pid_t *ret)
{
	char address[256];

	*ret = private_bus_start(directory);
	if (*ret < 0)
		skip();
	snprintf(address, sizeof(address), "unix:path=%s/bus", directory);
	setenv("DBUS_SYSTEM_BUS_ADDRESS", address, 1);
}

void private_bus_stop_system(pid_t *daemon)
{
	private_bus_stop(*daemon);
	*daemon = -1;
	unsetenv("DBUS_SYSTEM_BUS_ADDRESS");
}

sd_bus *private_bus_serve(const char *directory, sd_event *event, const char *name)
{
	char address[256];
	sd_bus *bus;

	snprintf(address, sizeof(address), "unix:path=%s/bus", directory);
	assert_true(sd_bus_new(&bus) >= 0);
	assert_true(sd_bus_set_address(bus, address) >= 0);
	assert_true(sd_bus_set_bus_client(bus, true) >= 0);
	assert_true(sd_bus_start(bus) >= 0);
	assert_true(sd_bus_attach_event(bus, event, 0) >= 0);
	assert_true(sd_bus_request_name(bus, name, 0) >= 0);
	return bus;
}
