/* SPDX-License-Identifier: Apache-2.0 */
/*
 * remote.h - a plugin in a host process: its objects in the agent's registry, its host behind a socket; or a program on the bus
 *
 * The objects outlive the host: without one they stay in the registry, keep their instances and answer every operation
 * with -ECONNRESET, until remote_clear(). A host that lies, floods, closes the socket or does not answer in time is
 * detached and reported once, with failed(); the supervisor may attach another one. A read that the
 * mirror can serve costs no message (see mirror.h).
 */
#pragma once

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "base/cleanup.h"
#include "lwm2m/registry.h"
#include "plugin/driver.h"

struct remote;

struct remote_handlers {
	/* The plugin's objects are in the registry. */
	void (*started)(void *userdata);
	/*
	 * The host is of no use any more and is detached. reason is one line, to follow "Plugin NAME "; NULL: it closed its
	 * connection, why has to be seen from how it ended. for_good: no other host would do better; reason is a sentence.
	 */
	void (*failed)(void *userdata, bool for_good, const char *reason);
};

struct remote_timeouts {
	usec_t start;
	usec_t silence; /* of a host that owes an answer, until it is asked whether it lives */
	usec_t ping;
};

/* config, event and registry are borrowed and outlive the remote. */
int remote_new(struct remote **ret, const struct plugin_config *config, sd_event *event,
	struct registry *registry, const struct remote_timeouts *timeouts,
	const struct remote_handlers *handlers, void *userdata);

/* Detaches; takes the objects out of the registry. */
struct remote *remote_free(struct remote *remote);
DEFINE_CLEANUP(struct remote *, remote_free)

/* Takes fd over, also on failure, and has the host behind it start the plugin. */
int remote_attach(struct remote *remote, int fd);

/*
 * The same for a program: the one on bus with this unique name, whose object is at path. m, a call of it, is read up to where
 * it describes its objects (PROTOCOL_TABLES_SIG, PROTOCOL_CHANGED_SIG), which are in the registry afterwards; started() is not
 * called. It goes with remote_clear(); that it left the bus is for the caller to notice. Each failure but -ENOMEM comes
 * with a reason to follow the program's name, or with -EEXIST a sentence; nothing is in the registry then.
 */
#define REMOTE_REASON_MAX 256
int remote_attach_program(struct remote *remote, sd_bus *bus, const char *name, const char *path,
	sd_bus_message *m, char ret_reason[REMOTE_REASON_MAX]);

/*
 * The same for objects that nobody serves: what m says of them stands until it is said again. So there may be nothing in
 * them to be asked for, written or executed: -EBADMSG. At a failure what stood before still does.
 */
int remote_describe(struct remote *remote, sd_bus_message *m, char ret_reason[REMOTE_REASON_MAX]);

/* Closes the socket, which ends the host, and ends every pending operation with -ECONNRESET. */
void remote_detach(struct remote *remote);

/* Takes the objects out of the registry. */
void remote_clear(struct remote *remote);

size_t remote_count(const struct remote *remote);
uint16_t remote_object_id(const struct remote *remote, size_t index);
