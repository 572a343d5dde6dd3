/* SPDX-License-Identifier: Apache-2.0 */
/*
 * object.h - what the registry asks of whoever implements an object
 *
 * An object is a description (struct object_info, constant), the ids of the instances that exist now, and
 * five operations. Each operation function gets a struct operation and ends it with exactly one
 * operation_done(), at once or later; what the operation borrows (records to write, arguments, block) is
 * valid only until the function returns. The engine checks before it calls: the object and instance exist,
 * the resources are defined and permit the operation, values have the resource's type. The object answers for
 * what only it can know.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/usec.h"
#include "lwm2m/path.h"
#include "lwm2m/records.h"
#include "lwm2m/value.h"

enum resource_operation { RESOURCE_R = 1, RESOURCE_W = 2, RESOURCE_RW = 3, RESOURCE_E = 4 };

enum resource_flags {
	RESOURCE_MULTIPLE = 1,  /* has resource instances */
	RESOURCE_MANDATORY = 2, /* a Create has to bring it when it is writable */
	RESOURCE_STREAM = 4,    /* Opaque: a Write of it alone comes block by block, OPERATION_WRITE_BLOCK */
};

struct resource_info {
	uint16_t id;
	uint8_t type;       /* enum value_type; VALUE_NONE when it can only be executed */
	uint8_t operations; /* enum resource_operation */
	uint8_t flags;      /* enum resource_flags */
};

/* VALUE_NONE without a definition. */
static inline enum value_type resource_type(const struct resource_info *resource)
{
	return resource ? (enum value_type)resource->type : VALUE_NONE;
}

enum object_flags {
	OBJECT_MULTIPLE = 1, /* may have several instances */
	OBJECT_CREATE = 2,   /* servers may Create and Delete instances */
	OBJECT_HIDDEN = 4,   /* Security, OSCORE, COSE: not in the object list, 4.01 to every server */
	OBJECT_PERSIST = 8,  /* writable resources are kept in the state directory */
	OBJECT_WHOLE = 16,   /* with PERSIST: all of it is kept, and instances are made anew from it */
	/* Another object of this id takes its place as long as that has instances; ends each operation at once. */
	OBJECT_REPLACEABLE = 32,
};

struct object_info {
	uint16_t id;
	uint16_t flags;
	const char *version; /* "1.0", … as the definition says */
	const struct resource_info *resources; /* by ascending id */
	size_t n_resources;
	const char *version_1_2; /* the same for servers of LwM2M 1.2, where that defines a later one; or NULL */
};

struct object;
struct operation;
struct registry;

struct object_ops {
	/*
	 * Adds the readable values at or below operation->path (depth 1 to 4) with records_add() to
	 * operation->records.
	 */
	void (*read)(struct object *object, struct operation *operation);
	/*
	 * OPERATION_WRITE_REPLACE and _UPDATE: operation->records into the instance, all or nothing.
	 * OPERATION_WRITE_BLOCK: operation->block at operation->offset of the resource. NULL: nothing here is
	 * writable.
	 */
	void (*write)(struct object *object, struct operation *operation);
	void (*execute)(struct object *object, struct operation *operation);
	/* Makes instance operation->path (depth 2) with operation->records; calls object_add_instance(). */
	void (*create)(struct object *object, struct operation *operation);
	/* Removes the instance or resource instance operation->path; the former: object_remove_instance(). */
	void (*delete)(struct object *object, struct operation *operation);
	/*
	 * Is the resource there in this instance now? -ENOENT: no. Otherwise the number of its resource
	 * instances, whose ids *ret_ids then borrows until the next call into the object; 0 and untouched for
	 * a single resource. Never slow.
	 */
	int (*probe)(const struct object *object, uint16_t iid, const struct resource_info *resource,
		     const uint16_t **ret_ids);
	/*
	 * May be NULL. Somebody observes this object now, or nobody any more: values need to be fresh by
	 * themselves only while they are watched.
	 */
	void (*watch)(struct object *object, bool watched);
};

/* Embedded by its implementation, which finds itself with container_of(). */
struct object {
	const struct object_info *info;
	const struct object_ops *ops;
	struct registry *registry; /* set by registry_add(); NULL while another has its place */
	struct object *replaced;   /* the registry's notes: what had this one's place, */
	struct object *waiting;    /* what has it as soon as it has an instance */
	uint16_t *instances;       /* ascending */
	size_t n_instances, allocated;
	bool shared;               /* its instances may stand beside those of another of the same id */
	bool watched, persist_pending, not_kept; /* the engine's own notes, */
	unsigned int pending;          /* this one: operations that have yet to end */
};

void object_deinit(struct object *object);

/* NULL when the object's definition has no such resource. */
const struct resource_info *object_find_resource(const struct object *object, uint16_t rid);

bool object_has_instance(const struct object *object, uint16_t iid);

/* -EEXIST, -ENOMEM, -ENOSPC: a second one where only one may be. The object may be in a registry or not. */
int object_add_instance(struct object *object, uint16_t iid);
void object_remove_instance(struct object *object, uint16_t iid);

/* The lowest instance id that is free; PATH_ID_NONE when there is none. */
uint16_t object_free_instance(const struct object *object);

enum operation_type {
	OPERATION_READ,
	OPERATION_DISCOVER,
	OPERATION_WRITE_REPLACE,
	OPERATION_WRITE_UPDATE,
	OPERATION_WRITE_BLOCK,
	OPERATION_WRITE_ATTRIBUTES,
	OPERATION_EXECUTE,
	OPERATION_CREATE,
	OPERATION_DELETE,
	_OPERATION_TYPE_MAX,
};

struct operation {
	enum operation_type type;
	struct path path;
	uint16_t server;        /* Short Server ID of who asks; 0: the agent itself (restoring its state); or */
#define OPERATION_ADMINISTRATOR 65535 /* of this machine, see engine_operate() */
	struct records records; /* READ: results, added by the object; WRITE_*, CREATE: what to write */
	struct bytes arguments; /* EXECUTE: checked against the grammar of Core 1.2, 6.3.5; may be empty */
	struct bytes block;     /* WRITE_BLOCK */
	uint64_t offset;        /* WRITE_BLOCK: of block in the body; 0 starts anew */
	bool more;              /* WRITE_BLOCK: further blocks follow */

	void (*done)(struct operation *operation, int error); /* for operation_done() alone */
};

/*
 * Ends the operation; the object may not touch it afterwards. error: 0, or -errno, which becomes a CoAP code
 * by the one table in operation.c: -ENOENT 4.04, -EPERM 4.05, -EACCES 4.01, -EINVAL, -ERANGE and -EBADMSG
 * 4.00, -EMSGSIZE 4.13, -ENODATA 4.04 (no value now), -ETIMEDOUT, -ECONNRESET, -EAGAIN, -EBUSY, -ENOMEM and -ENOSPC
 * 5.03, -ENOTSUP 5.01, -EILSEQ 4.08 (a block is missing), anything else 5.00.
 */
void operation_done(struct operation *operation, int error);
