/* SPDX-License-Identifier: Apache-2.0 */
/*
 * instance.h - one object instance of a loaded plugin: the interpreter of its tables
 *
 * It owns the plugin's struct and a shadow copy of it. The shadow has the values that were last told: instance_diff()
 * finds what differs, tells it and makes the shadow equal; a write that is refused gets its fields back from there.
 * Nothing here knows the registry, the loop or the clock.
 */
#pragma once

#include "base/cleanup.h"
#include "base/usec.h"
#include "lwm2m/object.h"
#include "plugin/abi.h"

/* A callback that returned LW_LATER, until lw_finish(). */
enum instance_late { INSTANCE_CALM, INSTANCE_POLLING, INSTANCE_WRITING };

struct instance {
	struct lw_instance public; /* first: what the plugin holds is &instance->public */
	const struct abi_object *type;
	void *shadow;
	usec_t polled_at;      /* 0: never */
	int poll_error;        /* the last call's, told once */
	usec_t fresh_at;       /* when the last poll() ended */
	enum instance_late late; /* what has begun and not ended; while INSTANCE_WRITING all is read from the shadow */
	int late_error;
	bool calling;          /* its callback has not returned */
	const struct operation *request; /* that written() is being told of */
	bool aborts;           /* aborted() is due when it fails */
	bool initialized;      /* fini() is due */
	bool leaving;          /* lw_remove_instance() came while a callback was running */
	unsigned int running;  /* callbacks of this instance that have not returned */
};

/* Makes the struct from the object's defaults. -ENOMEM. */
int instance_new(
	struct instance **ret, const struct abi_object *type, const struct lw_host *host, uint16_t iid);

/* Calls fini() where init() was. */
struct instance *instance_free(struct instance *instance);
DEFINE_CLEANUP(struct instance *, instance_free)

static inline struct instance *instance_of(struct lw_instance *public)
{
	return (struct instance *)public;
}

/* Calls init(). */
int instance_init(struct instance *instance);

/* Is poll() due for who needs values at now? False for objects without poll(). */
bool instance_is_stale(const struct instance *instance, usec_t now);

/* Of an object with poll(). */
usec_t instance_poll_interval(const struct lw_object *object);

/* Calls poll(). 0, LW_LATER, or what it returned; the fields are used as they are either way. Nothing may be late. */
int instance_poll(struct instance *instance, usec_t now);

/* As object_ops.probe(). */
int instance_probe(
	const struct instance *instance, const struct lw_resource *resource, const uint16_t **ret_ids);

/*
 * Adds the values of a bound resource, or that of its resource instance riid (LW_NO_ID: all) to records; copies.
 * -ENODATA, -ENOENT, -ENOMEM.
 */
int instance_read(const struct instance *instance, const struct lw_resource *resource, uint16_t riid,
		  struct records *records);

/*
 * OPERATION_WRITE_REPLACE, _UPDATE and _CREATE: operation->records into the fields and write() callbacks, then written().
 * A Replace of the instance takes writable fields that it does not bring back to their defaults. All or nothing. LW_LATER:
 * instance_finish() has the outcome. Nothing may be late.
 */
int instance_write(struct instance *instance, const struct operation *operation);

int instance_write_block(struct instance *instance, const struct operation *operation);

/* Removes a resource instance, path of depth 4, and calls written(), as above. -ENOENT, -EPERM. */
int instance_remove(struct instance *instance, const struct path *path);

/*
 * lw_finish(): the late callback ended with error; what it was, or INSTANCE_CALM when there is none, or the callback has not
 * returned yet and will say so itself. A write that failed is taken back.
 */
enum instance_late instance_finish(struct instance *instance, int error, usec_t now);

/* lw_wrote(), while written() is called. */
bool instance_wrote(const struct instance *instance, uint16_t rid);

/* Calls tell for each bound resource that has another value than it last had. */
void instance_diff(struct instance *instance, void (*tell)(struct instance *instance, uint16_t rid));
