/* SPDX-License-Identifier: Apache-2.0 */
/*
 * local.h - a plugin's module loaded into this process, its objects in a registry
 *
 * The agent uses it for `isolation = none`, lwm2m-plugin-host for everything else. It owns the module, the instances and
 * the requests that the plugin answers later; those end after LOCAL_REQUEST_MAX at the latest. After each callback and
 * each turn of the loop that a plugin takes part in, instances are compared and changes go to the registry.
 */
#pragma once

#include <systemd/sd-event.h>

#include "base/cleanup.h"
#include "lwm2m/registry.h"
#include "plugin/abi.h"
#include "plugin/driver.h"

#define LOCAL_REQUEST_MAX (30 * USEC_PER_SEC)

struct local;

/*
 * Loads the module; config, event and registry are borrowed and have to outlive it. On failure *ret_reason, where not NULL
 * afterwards, is one line for people, to be freed; errors are those of abi_open().
 */
int local_new(struct local **ret, const struct plugin_config *config, sd_event *event,
	struct registry *registry, char **ret_reason);

/* Takes the objects out of the registry, ends every pending operation with -ECONNRESET, ends instances and plugin. */
struct local *local_free(struct local *local);
DEFINE_CLEANUP(struct local *, local_free)

/*
 * Starts the plugin, makes instance 0 of objects that have just one, then puts all objects into the registry. On failure
 * *ret_reason is to follow "Plugin NAME "; with -EEXIST, another's object has the id, it is a sentence.
 */
int local_start(struct local *local, char **ret_reason);

const struct abi_plugin *local_plugin(const struct local *local);

/*
 * The plugin's description of an object, and the current values of one bound resource of it (none where it has none now,
 * see object_ops.probe()). For the host, which tells the agent of every change; polls nothing.
 */
const struct abi_object *local_type(const struct object *object);
int local_peek(const struct object *object, uint16_t iid, uint16_t rid, struct records *records);

/* Are values on their way that a poll() brings later? */
bool local_is_late(const struct object *object);
