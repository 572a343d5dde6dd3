/* SPDX-License-Identifier: Apache-2.0 */
/*
 * poll() and written() that returned LW_LATER, and the operations that wait until lw_finish(). One instance does one of
 * them at a time; the others of the plugin go on meanwhile. A callback that never ends is over after LOCAL_REQUEST_MAX.
 */
#include <stdlib.h>

#include "plugin/local-internal.h"

#define WAITERS_MAX 64

/* One callback. */
struct late {
	struct list link;
	struct local_object *object;
	struct instance *instance;
	struct operation *operation; /* NULL: a poll() */
	sd_event_source *timer;
	int error; /* of a Create that failed: its instance goes as soon as the plugin is left alone */
};

/* One operation. What it is to write is not the caller's any more when its turn comes. */
struct waiter {
	struct list link;
	struct local_object *object;
	struct operation *operation;
	struct records records;
	usec_t since;
};

static usec_t now_of(const struct local *local)
{
	usec_t now;

	sd_event_now(local->event, CLOCK_BOOTTIME, &now);
	return now;
}

static struct late *late_find(struct local *local, const struct instance *instance)
{
	struct late *late;

	list_for_each(late, &local->lates, link)
		if (late->instance == instance)
			return late;
	return NULL;
}

static struct late *late_free(struct late *late)
{
	if (!late)
		return NULL;
	list_remove(&late->link);
	sd_event_source_disable_unref(late->timer);
	free(late);
	return NULL;
}

static struct waiter *waiter_free(struct waiter *waiter)
{
	list_remove(&waiter->link);
	waiter->object->local->n_waiters--;
	records_deinit(&waiter->records);
	free(waiter);
	return NULL;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct late *late = userdata;

	late_finish(late->object, late->instance, -ETIMEDOUT);
	return 0;
}

/* Values are too old for who asked since then, or were while they are brought up to date. */
static bool is_needed(const struct instance *instance, usec_t since, usec_t now)
{
	return instance->fresh_at < since &&
	       (instance->late == INSTANCE_POLLING || instance_is_stale(instance, now));
}

/* Does the instance keep the operation from going on? */
static bool is_busy(struct local_object *object, struct instance *instance, const struct operation *operation,
	usec_t since)
{
	usec_t now = now_of(object->local);

	if (operation->type != OPERATION_READ)
		return instance->late != INSTANCE_CALM;
	if (!is_needed(instance, since, now))
		return false;
	local_poll(object, instance, now);
	return instance->late != INSTANCE_CALM;
}

/* poll() may add and remove instances. */
static bool is_any_busy(struct local_object *object, const struct operation *operation, usec_t since)
{
	struct instance *instance = local_covered(object, &operation->path, 0);
	bool busy = false;

	while (instance) {
		uint16_t iid = instance->public.iid;

		busy = is_busy(object, instance, operation, since) || busy;
		if (instance->leaving)
			local_settle(object, instance);
		instance = local_covered(object, &operation->path, iid + 1U);
	}
	return busy;
}

static int copy_records(struct records *to, const struct records *from)
{
	int r = 0;

	for (size_t i = 0; i < from->count && r == 0; i++)
		r = records_add_copy(to, from->items[i].path, from->items[i].value);
	return r;
}

int late_wait(struct local_object *object, struct operation *operation)
{
	struct local *local = object->local;
	usec_t now = now_of(local);
	struct waiter *waiter;
	int r = 0;

	if (!is_any_busy(object, operation, now))
		return 0;
	if (local->n_waiters >= WAITERS_MAX)
		return -EBUSY;
	waiter = calloc(1, sizeof(*waiter));
	if (!waiter)
		return -ENOMEM;
	waiter->object = object;
	waiter->operation = operation;
	waiter->since = now;
	list_append(&local->waiters, &waiter->link);
	local->n_waiters++;
	if (operation->type != OPERATION_READ)
		r = copy_records(&waiter->records, &operation->records);
	if (r < 0)
		waiter_free(waiter);
	return r < 0 ? r : 1;
}

/* Its turn has come. */
static void go_on(struct waiter *waiter)
{
	struct local_object *object = waiter->object;
	struct operation *operation = waiter->operation;
	struct instance *instance = local_covered(object, &operation->path, 0);
	struct operation what = *operation;

	what.records = waiter->records;
	waiter->records = (struct records){ 0 };
	waiter_free(waiter);
	if (operation->type == OPERATION_READ)
		request_read_now(object, operation);
	else if (instance)
		local_change(object, instance, operation, &what);
	else
		operation_done(operation, -ENOENT);
	records_deinit(&what.records);
}

/* What goes on may begin or end something else, and with it the list: look from its start each time. */
static struct waiter *find_ready(struct local *local)
{
	struct waiter *waiter;

	list_for_each(waiter, &local->waiters, link)
		if (!is_any_busy(waiter->object, waiter->operation, waiter->since))
			return waiter;
	return NULL;
}

static struct late *find_failed(struct local *local)
{
	struct late *late;

	list_for_each(late, &local->lates, link)
		if (late->error < 0)
			return late;
	return NULL;
}

static void late_fail(struct late *late)
{
	struct local_object *object = late->object;
	struct instance *instance = late->instance;
	struct operation *create = late->operation;
	int error = late->error;

	late_free(late);
	local_leave(object, instance);
	operation_done(create, error);
}

static int on_resume(sd_event_source *source, void *userdata)
{
	struct local *local = userdata;
	struct waiter *waiter;
	struct late *failed;

	while ((failed = find_failed(local)))
		late_fail(failed);
	local_settle_all(local);
	while ((waiter = find_ready(local)))
		go_on(waiter);
	return 0;
}

/* Not now: the plugin is in the middle of something, and is not to be called there. */
static void resume(struct local *local)
{
	if (local->resume)
		sd_event_source_set_enabled(local->resume, SD_EVENT_ONESHOT);
	else
		sd_event_add_defer(local->event, &local->resume, on_resume, local);
}

/* A Create whose written() agreed. Its poll() comes with the first Read. */
static int announce(struct local_object *object, struct instance *instance, const struct operation *operation)
{
	bool creates = operation && operation->type == OPERATION_CREATE;

	return creates ? object_add_instance(&object->object, instance->public.iid) : 0;
}

static void finish(struct late *late, int error)
{
	enum instance_late what = instance_finish(late->instance, error, now_of(late->object->local));
	struct operation *operation;

	if (what == INSTANCE_POLLING)
		local_polled(late->object, late->instance, error);
	else if (error == 0)
		error = announce(late->object, late->instance, late->operation);
	instance_diff(late->instance, local_tell);
	if (what == INSTANCE_WRITING && error == 0)
		local_tell_written(late->instance, NULL);
	resume(late->object->local);
	late->error = error;
	if (late->operation && late->operation->type == OPERATION_CREATE && error < 0)
		return;
	operation = late->operation;
	late_free(late);
	if (operation)
		operation_done(operation, error);
}

int late_begin(struct local_object *object, struct instance *instance, struct operation *operation)
{
	struct late *late = calloc(1, sizeof(*late));
	struct local *local = object->local;

	if (!late) {
		instance_finish(instance, -ENOMEM, now_of(local));
		return -ENOMEM;
	}
	late->object = object;
	late->instance = instance;
	late->operation = operation;
	list_append(&local->lates, &late->link);
	sd_event_add_time_relative(
		local->event, &late->timer, CLOCK_BOOTTIME, LOCAL_REQUEST_MAX, 0, on_timer, late);
	return LW_LATER;
}

void late_finish(struct local_object *object, struct instance *instance, int error)
{
	struct late *late = late_find(object->local, instance);

	if (!late)
		instance_finish(instance, error < 0 ? error : 0, 0);
	else if (late->error == 0)
		finish(late, error < 0 ? error : 0);
}

void late_cancel(struct local *local, const struct instance *instance, int error)
{
	struct waiter *waiter, *next_waiter;
	struct late *late, *next;

	list_for_each_safe(late, next, &local->lates, link) {
		struct operation *operation = late->operation;

		if (instance && late->instance != instance)
			continue;
		late_free(late);
		if (operation)
			operation_done(operation, error);
	}
	list_for_each_safe(waiter, next_waiter, &local->waiters, link) {
		struct operation *operation = waiter->operation;

		if (instance && (waiter->object != local_find_object(local, instance->public.oid) ||
					operation->path.depth < PATH_INSTANCE ||
					operation->path.ids[1] != instance->public.iid))
			continue;
		waiter_free(waiter);
		operation_done(operation, error);
	}
}

bool late_is_polling(const struct local_object *object)
{
	for (size_t i = 0; i < object->n_instances; i++)
		if (object->instances[i]->late == INSTANCE_POLLING)
			return true;
	return false;
}
