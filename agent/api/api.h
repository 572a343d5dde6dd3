/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api.h - org.lwm2m.Agent1: the agent on the message bus, for administrators and their programs
 *
 * A tree of D-Bus objects (servers, objects, plugins) that is told anew whenever it is another, and methods
 * that do what lwm2mctl asks. etc/dbus/org.lwm2m.Agent1.xml is the contract. Nothing here blocks, and an
 * agent without a bus, or whose bus is restarted, goes on as if there were none; the API is back as soon as
 * the bus is. Who may call is decided by the bus policy, the caller's user and polkit (access.c). All parts
 * are borrowed and outlive the API.
 */
#pragma once

#include <systemd/sd-event.h>

#include "base/cleanup.h"
#include "lwm2m/engine.h"
#include "plugin/supervisor.h"

struct api;

struct api_parts {
	sd_event *event;
	const char *address; /* "system", "session", "none" or a D-Bus address */
	const char *version; /* of the agent */
	const char *endpoint;
	usec_t started_at;   /* the process, CLOCK_BOOTTIME */
	struct engine *engine;
	struct registry *registry;
	struct servers *servers;
	struct supervisor *supervisor;
};

/* Becomes the registry's watcher and takes the supervisor's changes. -ENOMEM; no bus is no error. */
int api_new(const struct api_parts *parts, struct api **ret);
struct api *api_free(struct api *api);
DEFINE_CLEANUP(struct api *, api_free)

/* Takes in an EFFECT_ANSWER, or an EFFECT_EVENT of which why, in words, is NULL or says what failed. */
void api_answer(struct api *api, const struct effect *effect);
void api_event(struct api *api, const struct effect *effect, const char *why);

/* The line that `systemctl status` shows is this one now. */
void api_set_status(struct api *api, const char *status);

/* Something about the servers may be another now. */
void api_changed(struct api *api);

/* The agent takes leave of its servers: nobody registers with them any more. */
void api_set_stopping(struct api *api);

/* Does what is due. True: the engine was asked something, and has effects. */
bool api_run(struct api *api);

/* Before each wait: tells the bus what is another. Cheap when nothing is. */
void api_refresh(struct api *api);
