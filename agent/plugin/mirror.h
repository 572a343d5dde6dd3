/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirror.h - the agent's copy of the objects that a host has
 *
 * mirror_read_tables() and mirror_read_news() take a host's messages apart and believe nothing in them: what is not as
 * protocol.h has it is -EBADMSG, what is too much -EMSGSIZE. A mirror whose objects are in a registry tells it of each
 * change. The mirror of a host that starts is made apart and taken over as a whole (mirror_take()), so that servers see
 * only what is different after a restart.
 */
#pragma once

#include <systemd/sd-bus.h>

#include "lwm2m/registry.h"

struct remote;

/* The values of one resource, in one piece of memory. A resource that is not there has none. */
struct mirror_data {
	uint32_t size;  /* of the allocation */
	uint32_t count; /* 1 for a single resource; 0 where it has a read() */
	uint16_t *ids;  /* resource instances */
	struct value values[];
};

struct mirror_instance {
	usec_t fresh_at; /* its values are as old as this; 0: nobody knows, it is new */
	uint16_t iid;
	struct mirror_data *data[]; /* by index in the object's resources */
};

struct mirror_object {
	struct object object; /* its instances are those below, when it is in a registry */
	struct object_info info;
	char version[8];
	struct resource_info *resources;
	bool *asked;              /* by index: the resource has a read() */
	bool any_asked;
	usec_t interval;          /* how old values may be; USEC_INFINITY: there is no poll() */
	struct mirror_instance **instances; /* by ascending id */
	size_t n_instances, allocated;
	struct remote *remote;    /* who serves it; set by mirror_take() */
	bool watched;             /* by a server */
	bool kept_fresh;          /* by the host, since it answered WATCH */
};

struct mirror {
	struct mirror_object **objects;
	size_t n_objects;
	size_t memory;
};

/* Takes the objects out of the registry first. */
void mirror_deinit(struct mirror *mirror, struct registry *registry);

struct mirror_object *mirror_find(const struct mirror *mirror, uint16_t oid);
struct mirror_instance *mirror_find_instance(const struct mirror_object *object, uint16_t iid);

/* Every failure but -ENOMEM comes with one line for people in ret_reason. */
#define MIRROR_REASON_MAX 256

int mirror_read_tables(struct mirror *mirror, sd_bus_message *m, char ret_reason[MIRROR_REASON_MAX]);
int mirror_read_news(struct mirror *mirror, sd_bus_message *m, char ret_reason[MIRROR_REASON_MAX]);

/* Tables and news, one after the other, from where the message is read to. */
int mirror_read_description(struct mirror *mirror, sd_bus_message *m, char ret_reason[MIRROR_REASON_MAX]);

/*
 * Makes mirror what staged is, which is empty afterwards; objects with the same tables stay in the registry, the others
 * leave and come. first is added to the ids of instances for servers. -EEXIST: another's object has the id; mirror and
 * registry then hold a part.
 */
int mirror_take(struct mirror *mirror, struct mirror *staged, struct registry *registry,
	struct remote *remote, uint16_t first, const struct object_ops *ops, char ret_reason[MIRROR_REASON_MAX]);

/* Adds what a Read of path brings to records; no resource at or below it has a read(). As object_ops.read(). */
int mirror_read(const struct mirror_object *object, const struct path *path, struct records *records);

/* As object_ops.probe(). */
int mirror_probe(const struct mirror_object *object, uint16_t iid, size_t index, const uint16_t **ret_ids);
