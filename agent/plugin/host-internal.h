/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host-internal.h - what the files of lwm2m-plugin-host share
 *
 * The host is a process with one plugin: local.h runs the plugin, with a registry of the host's own; operations come
 * from the agent's end of the socket and what changes goes back there.
 */
#pragma once

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "plugin/driver.h"
#include "plugin/local.h"
#include "plugin/protocol.h"

struct host {
	sd_event *event;
	sd_bus *bus;
	struct registry registry;
	struct plugin_config config; /* owned; name NULL until the agent said it */
	struct local *local;

	struct path *news; /* instances and resources that changed, in the order of path_compare() */
	size_t n_news, allocated;
	sd_event_source *news_timer;
	usec_t news_at; /* when some were last sent */
};

/*
 * Without an agent: loads the module arguments[0] with the settings that follow, and takes commands at stdin until that ends.
 * verbose: shows and watches all there is, and logs everything. -errno, which was logged.
 */
int host_debug(struct host *host, bool verbose, char **arguments);

/* The method tables, of PROTOCOL_INTERFACE and PROTOCOL_HOST_INTERFACE; userdata is the host. */
extern const sd_bus_vtable host_methods[], host_start_methods[];

/* registry.listener: notes what changed and sees to it that it is sent. */
void host_news_note(void *userdata, enum registry_change change, const struct path *path);

/* The tables, then all instances. -errno. */
int host_news_tables(struct host *host);

/* Sends what is noted, now. -errno. */
int host_news_send(struct host *host);
