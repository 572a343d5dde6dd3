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
	struct list lates;            /* poll() and written() that have yet to end */
	struct list waiters;          /* operations that wait for them, oldest first */
	unsigned int n_waiters;
	sd_event_source *resume;      /* goes on with waiters */
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

/* lw_host.log, .config, .section, .key and .complain. */
void local_log(const struct lw_host *host, int priority, const char *text);
const char *local_config(const struct lw_host *host, const char *section, const char *key);
const char *local_section(const struct lw_host *host, unsigned int index);
const char *local_key(const struct lw_host *host, const char *section, unsigned int index);
void local_complain(const struct lw_host *host, const char *section, const char *key, const char *text);

struct local_object *local_find_object(struct local *local, uint16_t oid);
struct instance *local_find_instance(const struct local_object *object, uint16_t iid);

/* The first instance whose id is at least iid, NULL when there is none. */
struct instance *local_next_instance(const struct local_object *object, unsigned int iid);

/* Calls poll(), unless it is late; an error is logged when it is another than before. Tells what changed. */
void local_poll(struct local_object *object, struct instance *instance, usec_t now);

/* A poll() ended with r, now or late: the same words for both. */
void local_polled(struct local_object *object, struct instance *instance, int r);

/* Puts an instance that init() and written() agreed to among the others, after a first poll(). */
int local_announce(struct local_object *object, struct instance *instance);

/* The instance goes, with all that waits for it. */
void local_leave(struct local_object *object, struct instance *instance);

/* A Write of the instance, or a Delete in it: what says what to do, operation is ended when it is done. */
void local_change(struct local_object *object, struct instance *instance, struct operation *operation,
	const struct operation *what);

/* Tells what a Write changed that is no field, of every such resource where records is NULL. */
void local_tell_written(struct instance *instance, const struct records *records);

/* The first instance that the path is of, and the next one. */
struct instance *local_covered(const struct local_object *object, const struct path *path, unsigned int iid);

/* For instance_diff(). */
void local_tell(struct instance *instance, uint16_t rid);

/* Tells what the instance's fields changed to, and frees it where it is to leave; it may be gone afterwards. */
void local_settle(struct local_object *object, struct instance *instance);
void local_settle_all(struct local *local);

/* The operations of an object that callbacks of the plugin answer. */
void request_read(struct object *object, struct operation *operation);
void request_execute(struct object *object, struct operation *operation);

/* Ends the requests to one instance (NULL: all) with error. */
void request_cancel(struct local *local, const struct instance *instance, int error);

/* A Read when the values it is for are new enough. */
void request_read_now(struct local_object *object, struct operation *operation);

/*
 * poll() or written() of the instance returned LW_LATER. operation is the Write that waits for it, NULL for a poll();
 * a Create when the instance is not announced yet. LW_LATER; -ENOMEM: it has failed.
 */
int late_begin(struct local_object *object, struct instance *instance, struct operation *operation);

/* lw_finish(): ends what is late of the instance, and goes on with what waited for it. */
void late_finish(struct local_object *object, struct instance *instance, int error);

/*
 * Has the operation to wait, since instances at or below its path are busy with something late? Then 1, and it goes on by
 * itself. A Read has those polled first that are too old. -EBUSY: too many wait already.
 */
int late_wait(struct local_object *object, struct operation *operation);

/* Ends what is late of one instance (NULL: of all), and what waits for it, with error. */
void late_cancel(struct local *local, const struct instance *instance, int error);

/* Is a poll() of one of the object's instances late? */
bool late_is_polling(const struct local_object *object);

/* lw_host.answer and .done. */
int request_answer(struct lw_instance *public, lw_request id, uint16_t riid, const struct lw_value *value);
void request_done(struct lw_instance *public, lw_request id, int error);
