/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry.h - which objects, instances and resources exist, and who hears when that changes
 *
 * Objects are held by ascending id and owned by whoever implements them; an object leaves the registry and
 * ends its operations before it goes. One that is OBJECT_REPLACEABLE steps aside for another of its id
 * while that has instances: so a plugin that knows more serves what the agent knows in part. The listener (the engine) and
 * the watcher (the D-Bus API) are told of each value and each instance that changed, at once and without a time: they only
 * mark what is due. Objects and plugin drivers call registry_changed() as often as they like.
 */
#pragma once

#include "lwm2m/object.h"

enum registry_change {
	REGISTRY_VALUE,    /* a value at or below path is another now */
	REGISTRY_INSTANCE, /* the instance or object path came or went: the object list is another */
	REGISTRY_PERSIST,  /* the object's own state changed and has to be kept: path is the object */
};

struct acl;

struct registry {
	struct object **objects;
	size_t n_objects, allocated;
	void (*listener)(void *userdata, enum registry_change change, const struct path *path);
	void *userdata;
	void (*watcher)(void *userdata, enum registry_change change, const struct path *path); /* may be NULL, too */
	void *watcher_userdata;
	struct acl *acl; /* borrowed: which server may do what; NULL: each may do all */
};

void registry_deinit(struct registry *registry);

/* -EEXIST: there is an object of this id that does not step aside. -ENOMEM. */
int registry_add(struct registry *registry, struct object *object);
void registry_remove(struct registry *registry, struct object *object);

/* next, of the same id, stands, or waits, where object did; to the listener it is the same object with other instances. */
void registry_replace(struct registry *registry, struct object *object, struct object *next);

struct object *registry_find(const struct registry *registry, uint16_t oid);

/* The resource's definition, NULL when there is none; path has depth 3 or 4. For struct codec_types. */
const struct resource_info *registry_find_resource(const struct registry *registry, const struct path *path);

/* Its type, for struct codec_types; data is the registry. */
enum value_type registry_type_of(const void *data, const struct path *path);

/* A value at or below path changed. */
void registry_changed(struct registry *registry, const struct path *path);

/* object, which has this for its registry, has or has not an instance of this id any more: object_add_instance() says so. */
void registry_instance_changed(struct registry *registry, struct object *object, uint16_t iid);

/* The object that has this id changed state of its own that a restart must not lose. */
void registry_persist(struct registry *registry, uint16_t oid);
