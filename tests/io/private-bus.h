/* SPDX-License-Identifier: Apache-2.0 */
/*
 * private-bus.h - a message bus of a test's own, in the directory of scratch.h
 *
 * Everybody may own every name on it. It is at the address "unix:path=DIRECTORY/bus".
 */
#pragma once

#include <sys/types.h>
#include <systemd/sd-bus.h>

/* The daemon's process; -1: there is no dbus-daemon that starts here, which was said. */
pid_t private_bus_start(const char *directory);
void private_bus_stop(pid_t daemon);

/* The same as the system bus of this process and those that it starts. Without a dbus-daemon the test is skipped. */
void private_bus_start_system(const char *directory, pid_t *ret);
void private_bus_stop_system(pid_t *daemon);

/* A connection to it in this loop that has the name of a service. */
sd_bus *private_bus_serve(const char *directory, sd_event *event, const char *name);
