/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop.h - the process's event loop, its one deadline, its signals, and what it tells the service manager
 *
 * Before each wait the loop calls the pump; between pumps it dispatches one event. Apart from descriptors, signals
 * and a wall clock that is set, only the deadline wakes it, and the service manager's watchdog where that is on: it is
 * fed by a loop that turns, so a pump or handler that hangs lets it fire. Handlers may call everything here. One loop per thread.
 */
#pragma once

#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/cleanup.h"
#include "base/usec.h"

struct loop;

/* Each may be NULL. */
struct loop_handlers {
	void (*pump)(void *userdata);            /* before each wait */
	void (*deadline)(void *userdata);        /* the deadline came; it is off now */
	void (*stop)(void *userdata, int signo); /* SIGTERM or SIGINT; NULL: the loop ends */
	void (*reload)(void *userdata);          /* SIGHUP */
	void (*clock_set)(void *userdata);       /* the wall clock jumped */
};

/*
 * Blocks SIGTERM, SIGINT and SIGHUP in the calling thread; what it forks has to unblock them. handlers and userdata are
 * borrowed. -errno.
 */
int loop_new(const struct loop_handlers *handlers, void *userdata, struct loop **ret);
struct loop *loop_free(struct loop *loop);
DEFINE_CLEANUP(struct loop *, loop_free)

/* For those who bring sources of their own; lives as long as the loop. */
sd_event *loop_event(struct loop *loop);

/* Calls handler when fd is readable. The descriptor stays the caller's and outlives the loop. -errno. */
int loop_add_fd(struct loop *loop, int fd, void (*handler)(void *userdata), void *userdata);

/* Call handlers->deadline at this time of CLOCK_BOOTTIME, at once when it is past; USEC_INFINITY: never. */
int loop_set_deadline(struct loop *loop, usec_t deadline);

/* Runs until loop_exit(); returns its code, or -errno when the loop itself fails. */
int loop_run(struct loop *loop);
void loop_exit(struct loop *loop, int code);

/* What the service manager is told; nothing where there is none. Status is one line for people. */
void loop_notify_ready(const char *status);
void loop_notify_status(const char *status);
void loop_notify_reloading(void); /* until loop_notify_ready() */
void loop_notify_stopping(void);
