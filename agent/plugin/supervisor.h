/* SPDX-License-Identifier: Apache-2.0 */
/*
 * supervisor.h - keeps the plugins running and their objects in the registry
 *
 * Each plugin runs in a lwm2m-plugin-host of its own, or inside this process where its configuration says so. A host that
 * dies, hangs or floods is ended and started again, later each time; meanwhile its objects stay registered and answer
 * -ECONNRESET (5.03). After too many failures in a row, or when the module cannot be used at all, its objects leave the
 * registry. Every failure is said once in the log. Nothing here blocks and nothing depends on a plugin's good will.
 * The supervisor owns the hosts, their objects and copies of the configurations; event and registry outlive it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "base/cleanup.h"
#include "base/usec.h"
#include "lwm2m/registry.h"
#include "plugin/driver.h"

/* Times are in microseconds; 0 stands for the default. */
struct supervisor_options {
	const char *host_path;      /* of lwm2m-plugin-host; borrowed */
	const char *hidden; /* paths that hosts are kept from, a line each; NULL: none; borrowed */
	usec_t restart_min; /* wait after the first failure: 1 s; doubled by each failure in a row … */
	usec_t restart_max;         /* … up to this: 5 min; each ± a quarter at random */
	usec_t silence_max;         /* a host that owes an answer and is silent for this long is asked … */
	usec_t ping_timeout;        /* … whether it lives, and has this long to say so: 4 s, 4 s */
	usec_t start_timeout;       /* from its start until its objects are there: 10 s */
	usec_t stable_after;        /* a host that ran this long starts counting its failures anew: 60 s */
	unsigned int failures_max;  /* failures in a row after which it is given up: 10 */
};

enum plugin_state {
	PLUGIN_DISABLED,  /* by its configuration */
	PLUGIN_STARTING,  /* its objects are not there yet */
	PLUGIN_RUNNING,
	PLUGIN_WAITING,   /* failed; will be started again */
	PLUGIN_FAILED,    /* given up; supervisor_restart() tries again */
	PLUGIN_STOPPED,   /* supervisor_start() not called yet, or supervisor_stop() was */
	_PLUGIN_STATE_MAX,
};

/* Borrowed from the supervisor until the next call into it or turn of the loop. */
struct plugin_status {
	const char *name, *module;
	enum plugin_isolation isolation;
	enum plugin_state state;
	pid_t pid;                /* of the host that runs now; 0: none */
	unsigned int restarts;    /* since supervisor_start() */
	usec_t started_at;        /* PLUGIN_RUNNING: since when, CLOCK_BOOTTIME; else 0 */
	usec_t restart_at;        /* PLUGIN_WAITING: when, CLOCK_BOOTTIME; else USEC_INFINITY */
	const char *failure;      /* the last one, one line; "" when there was none */
	const uint16_t *objects;  /* ids of its objects */
	size_t n_objects;
};

struct supervisor;

/* "process", "none" and back; "running", … for people and D-Bus. */
int plugin_isolation_parse(const char *name);
const char *plugin_isolation_name(enum plugin_isolation isolation);
const char *plugin_state_name(enum plugin_state state);

/* Blocks SIGCHLD in the calling thread, as sd_event_add_child() wants. -ENOMEM. */
int supervisor_new(struct supervisor **ret, sd_event *event, struct registry *registry,
		   const struct supervisor_options *options);

/* Asks the hosts to end, waits up to half a second for their plugins' stop(), kills what is there then. Leaves no process. */
struct supervisor *supervisor_free(struct supervisor *supervisor);
DEFINE_CLEANUP(struct supervisor *, supervisor_free)

/* Adds a plugin; config is copied. One that is enabled starts with supervisor_start(), or at once after it. -EEXIST: its name is taken. */
int supervisor_add(struct supervisor *supervisor, const struct plugin_config *config);

/* Starts every enabled plugin. A plugin that cannot be started is logged and does not keep the others from starting. */
void supervisor_start(struct supervisor *supervisor);

/* Asks the hosts to end, kills those that are still there a second later, takes all objects out of the registry. Does not wait. */
void supervisor_stop(struct supervisor *supervisor);

/* Have all enabled plugins reached PLUGIN_RUNNING or PLUGIN_FAILED? What a first Register better waits for, a while. */
bool supervisor_is_settled(const struct supervisor *supervisor);

/* May be NULL. Called when supervisor_is_settled() became true. */
void supervisor_set_settled_handler(
	struct supervisor *supervisor, void (*handler)(void *userdata), void *userdata);

/* May be NULL. Called when plugin_status() of a plugin became another; it may not call back. */
void supervisor_set_changed_handler(
	struct supervisor *supervisor, void (*handler)(void *userdata), void *userdata);

/* Ends the plugin's host and starts it again now, with its failures forgotten. -ENOENT, -EINVAL: it is disabled. */
int supervisor_restart(struct supervisor *supervisor, const char *name);

size_t supervisor_count(const struct supervisor *supervisor);

/* Of the plugin at index < supervisor_count(), in the order they were added. */
struct plugin_status supervisor_status(const struct supervisor *supervisor, size_t index);
