/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agent-internal.h - what agent.c, which builds the parts, and pump.c, which runs them, share
 */
#pragma once

#include <systemd/sd-event.h>

#include "agent.h"
#include "api/api.h"
#include "io/bus.h"
#include "io/loop.h"
#include "io/network.h"
#include "io/store.h"
#include "io/transport.h"
#include "lwm2m/engine.h"
#include "objects/access-control.h"
#include "objects/connectivity.h"
#include "objects/device.h"
#include "objects/security.h"
#include "objects/server-object.h"
#include "objects/statistics.h"
#include "plugin/supervisor.h"

struct agent {
	const struct options *options;
	struct config *config;
	struct config *next_config; /* read by SIGHUP and found good; taken over by agent_run()'s caller */
	struct loop *loop;
	struct bus *bus;
	struct network *network;
	struct store *store;
	struct transport *transport;
	struct registry registry;
	struct security *security;
	struct server_object *server_object;
	struct access_control *access_control; /* NULL with one server */
	struct device *device;
	struct connectivity *connectivity; /* these two are NULL where they are turned off */
	struct statistics *statistics;
	struct supervisor *supervisor;
	struct buffer hidden; /* what hosts of plugins are kept from */
	struct metrics *metrics; /* NULL: nobody is to see them */
	struct engine *engine;
	struct api *api;
	sd_event_source *settle_timer, *stop_timer;
	sd_event_source *keep_timer; /* when what could not be written is tried again, */
	usec_t keep_wait;            /* so long after the last time; 0: all is kept */
	bool started, status_changed, reload_failed;
	bool clock_unset; /* as the log says */
	bool bootstrapped; /* the accounts are of a Bootstrap-Server: see provision.h */
	uint64_t origin;
	struct buffer rights; /* what it wrote to object 2, as that object keeps it; empty: nothing */
	bool stopping;
	int ending; /* what agent_run() returns once the engine is idle */
	/* What objects asked for; done by the pump once the answers are out. */
	bool reboot_wanted, reset_wanted, bootstrap_wanted, rebuild_wanted;
	uint64_t update_wanted, disable_wanted; /* a bit per session */
	int64_t time_wanted; /* that systemd-timedated was asked to set */
};

extern const struct loop_handlers pump_loop_handlers;
extern const struct transport_handlers pump_transport_handlers;

/* Has the servers hear of another address or route. */
void pump_network_changed(void *userdata);

/* Does what the engine left to be done. */
void pump_carry_out(struct agent *agent);

/* Takes in what came from servers. */
void pump_receive(void *userdata);

/* As soon as the plugins are there, says that we are ready and registers with the servers. -errno. */
int pump_start(struct agent *agent);
