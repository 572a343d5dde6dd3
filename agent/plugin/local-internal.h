/* SPDX-License-Identifier: Apache-2.0 */
/*
 * local-internal.h - what local.c and request.c share
 */
#pragma once

#include "base/list.h"
#include "plugin/instance.h"
#include "plugin/local.h"

struct local_object {
	struct object object;
	struct local *local;
	const struct abi_object *type;
	struct instance **
		instances; /* by ascending id; those that object.instances names and those that are being made */
	size_t n_instances, allocated;
	sd_event_source *timer; /* of poll() while the object is watched */
};

struct local {
	struct lw_host host; /* first: what the plugin holds is &local->host */
	const struct plugin_config *config;
	sd_event *event;
	struct registry *registry;
	struct abi_plugin *plugin;
	struct local_object *objects; /* as in plugin->objects */
	struct list requests;         /* that plugin callbacks have not answered, oldest first */
	lw_request last_request;
	sd_event_source *request_timer;
	sd_event_source *post; /* compares after each turn of the loop, once the plugin asked for the loop */
	bool started;
	usec_t log_since;   /* lines of the plugin's own, in the LOG_INTERVAL from here on */
	unsigned int n_log;
};

static inline struct local *local_of(const struct lw_host *host)
{
	return (struct local *)(uintptr_t)host;
}

struct local_object *local_find_object(struct local *local, uint16_t oid);
struct instance *local_find_instance(const struct local_object *object, uint16_t iid);

/* The first instance whose id is at least iid, NULL when there is none. */
struct instance *local_next_instance(const struct local_object *object, unsigned int iid);

/* Calls poll(); an error is logged when it is another than before. Tells what changed. */
void local_poll(struct local_object *object, struct instance *instance, usec_t now);

/* For instance_diff(). */
void local_tell(struct instance *instance, uint16_t rid);

/* Tells what the instance's fields changed to, and frees it where it is to leave; it may be gone afterwards. */
void local_settle(struct local_object *object, struct instance *instance);

/* The operations of an object that callbacks of the plugin answer. */
void request_read(struct object *object, struct operation *operation);
void request_execute(struct object *object, struct operation *operation);

/* Ends the requests to one instance (NULL: all) with error. */
void request_cancel(struct local *local, const struct instance *instance, int error);

/* lw_host.answer and .done. */
int request_answer(struct lw_instance *public, lw_request id, uint16_t riid, const struct lw_value *value);
void request_done(struct lw_instance *public, lw_request id, int error);
