/* SPDX-License-Identifier: Apache-2.0 */
/*
 * supervisor-internal.h - one supervised plugin
 *
 * Both isolations take the same way: start, run, fail, wait, start again. A host that failed has to be gone before the
 * next one starts, so that two never have the hardware.
 */
#pragma once

#include "plugin/local.h"
#include "plugin/remote.h"
#include "plugin/supervisor.h"

struct supervisor {
	sd_event *event;
	struct registry *registry;
	struct supervisor_options options;
	struct plugin **plugins;
	size_t n_plugins;
	bool started;
	void (*settled)(void *userdata);
	void *userdata;
	void (*changed)(void *userdata);
	void *changed_userdata;
};

struct plugin {
	struct supervisor *supervisor;
	struct plugin_config config; /* owned */
	enum plugin_state state;
	struct local *local;   /* PLUGIN_ISOLATION_NONE, while it runs */
	struct remote *remote; /* PLUGIN_ISOLATION_PROCESS */
	pid_t pid;             /* of the host; 0: it is gone */
	bool killed;           /* by us: what it died of says nothing */
	bool failing;          /* failure says why this host has to go, for_good whether others would, too */
	bool for_good;
	bool again;            /* start the next one as soon as this one is gone */
	sd_event_source *child, *timer;
	usec_t started_at, restart_at;
	unsigned int failures; /* in a row */
	unsigned int restarts;
	char *failure;         /* NULL: none */
	uint16_t *ids;         /* of its objects, for plugin_status() */
};

int plugin_new(struct plugin **ret, struct supervisor *supervisor, const struct plugin_config *config);

/* Takes the objects away and closes the host's socket, which asks it to end. */
void plugin_close(struct plugin *plugin);

/* Kills a host that is still there at until. */
struct plugin *plugin_free(struct plugin *plugin, usec_t until);

void plugin_start(struct plugin *plugin);
void plugin_stop(struct plugin *plugin);
void plugin_restart(struct plugin *plugin);

struct plugin_status plugin_status(struct plugin *plugin);
