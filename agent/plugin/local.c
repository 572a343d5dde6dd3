/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/local.h"

#include <stdlib.h>

#include "base/log.h"
#include "plugin/local-internal.h"
#include "plugin/share.h"

#define INSTANCES_MAX 4096 /* of one object */

struct local_object *local_find_object(struct local *local, uint16_t oid)
{
	for (size_t i = 0; local->objects && i < local->plugin->n_objects; i++)
		if (local->objects[i].type->info.id == oid)
			return &local->objects[i];
	return NULL;
}

/* The place of iid among the instances, or where it would go. */
static size_t instance_index(const struct local_object *object, unsigned int iid)
{
	size_t low = 0, high = object->n_instances;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (object->instances[middle]->public.iid < iid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct instance *local_next_instance(const struct local_object *object, unsigned int iid)
{
	size_t i = instance_index(object, iid);

	return i < object->n_instances ? object->instances[i] : NULL;
}

struct instance *local_covered(const struct local_object *object, const struct path *path, unsigned int iid)
{
	struct instance *instance;

	if (path->depth < PATH_INSTANCE)
		return local_next_instance(object, iid);
	instance = local_next_instance(object, path->ids[1]);
	return iid <= path->ids[1] && instance && instance->public.iid == path->ids[1] ? instance : NULL;
}

struct instance *local_find_instance(const struct local_object *object, uint16_t iid)
{
	struct instance *instance = local_next_instance(object, iid);

	return instance && instance->public.iid == iid ? instance : NULL;
}

static struct local_object *object_of(const struct instance *instance)
{
	return local_find_object(local_of(instance->public.host), instance->public.oid);
}

void local_tell(struct instance *instance, uint16_t rid)
{
	struct local_object *object = object_of(instance);
	struct path path = PATH3(instance->public.oid, instance->public.iid, rid);

	if (object->object.registry && object_has_instance(&object->object, instance->public.iid))
		registry_changed(object->object.registry, &path);
}

void local_leave(struct local_object *object, struct instance *instance)
{
	uint16_t iid = instance->public.iid;
	size_t i = instance_index(object, iid);

	request_cancel(object->local, instance, -ENOENT);
	late_cancel(object->local, instance, -ENOENT);
	object_remove_instance(&object->object, iid);
	object->n_instances--;
	memmove(&object->instances[i], &object->instances[i + 1],
		(object->n_instances - i) * sizeof(*object->instances));
	instance_free(instance);
}

void local_settle(struct local_object *object, struct instance *instance)
{
	if (instance->running > 0)
		return;
	instance_diff(instance, local_tell);
	if (instance->leaving)
		local_leave(object, instance);
}

void local_poll(struct local_object *object, struct instance *instance, usec_t now)
{
	int r;

	if (instance->late != INSTANCE_CALM)
		return;
	r = instance_poll(instance, now);
	if (r == LW_LATER)
		r = late_begin(object, instance, NULL);
	if (r != LW_LATER)
		local_polled(object, instance, r);
}

void local_polled(struct local_object *object, struct instance *instance, int r)
{
	const char *name = object->local->config->name;

	if (r < 0 && r != instance->poll_error)
		log_at(LOG_WARNING, r, LOG_FIELDS(.plugin = name, .object = &instance->public.oid),
			"%s: /%u/%u has no new values: %m", name, instance->public.oid, instance->public.iid);
	instance->poll_error = r;
	instance_diff(instance, local_tell);
}

static int instance_insert(struct local_object *object, struct instance *instance)
{
	size_t i = instance_index(object, instance->public.iid);

	if (object->n_instances == object->allocated) {
		size_t allocated = object->allocated ? object->allocated * 2 : 4;
		struct instance **instances =
			reallocarray(object->instances, allocated, sizeof(struct instance *));

		if (!instances)
			return -ENOMEM;
		object->instances = instances;
		object->allocated = allocated;
	}
	memmove(&object->instances[i + 1], &object->instances[i],
		(object->n_instances - i) * sizeof(struct instance *));
	object->instances[i] = instance;
	object->n_instances++;
	return 0;
}

/* init(), the values of a Create, the first poll(). */
static int instance_begin(
	struct local_object *object, struct instance *instance, const struct operation *create)
{
	int r = instance_init(instance);

	instance_diff(instance, local_tell);
	if (r == 0 && create)
		r = instance_write(instance, create);
	return r != 0 ? r : local_announce(object, instance);
}

int local_announce(struct local_object *object, struct instance *instance)
{
	usec_t now;

	sd_event_now(object->local->event, CLOCK_BOOTTIME, &now);
	if (instance_is_stale(instance, now))
		local_poll(object, instance, now);
	return object_add_instance(&object->object, instance->public.iid);
}

/* LW_LATER: create is ended later. */
static int make_instance(struct local_object *object, uint16_t iid, struct operation *create,
	struct lw_instance **ret)
{
	struct instance *instance;
	int r;

	if (iid == UINT16_MAX)
		return -EINVAL;
	if (local_find_instance(object, iid))
		return -EEXIST;
	if (object->n_instances >= INSTANCES_MAX)
		return -ENOSPC;
	r = instance_new(&instance, object->type, &object->local->host, iid);
	if (r < 0)
		return r;
	r = instance_insert(object, instance);
	if (r < 0) {
		instance_free(instance);
		return r;
	}
	instance->running++;
	r = instance_begin(object, instance, create);
	instance->running--;
	if (r == LW_LATER)
		r = late_begin(object, instance, create);
	if (r < 0)
		local_leave(object, instance);
	else if (ret)
		*ret = &instance->public;
	return r;
}

void local_settle_all(struct local *local)
{
	for (size_t i = 0; i < local->plugin->n_objects; i++) {
		struct instance *instance = local_next_instance(&local->objects[i], 0);

		while (instance) {
			uint16_t iid = instance->public.iid;

			local_settle(&local->objects[i], instance);
			instance = local_next_instance(&local->objects[i], iid + 1U);
		}
	}
}

static int on_post(sd_event_source *source, void *userdata)
{
	local_settle_all(userdata);
	return 0;
}

/* From now on handlers that we do not see may change the fields. */
static struct sd_event *host_event(const struct lw_host *host)
{
	struct local *local = local_of(host);

	if (!local->post)
		sd_event_add_post(local->event, &local->post, on_post, local);
	return local->event;
}

static int host_add_instance(const struct lw_host *host, uint16_t oid, uint16_t iid, struct lw_instance **ret)
{
	struct local_object *object = local_find_object(local_of(host), oid);

	return !object ? -ENOENT : make_instance(object, iid, NULL, ret);
}

static void host_remove_instance(struct lw_instance *public)
{
	struct instance *instance = instance_of(public);

	instance->leaving = true;
	local_settle(object_of(instance), instance);
}

static void host_changed(struct lw_instance *public, uint16_t rid)
{
	struct instance *instance = instance_of(public);
	const struct lw_resource *resource = abi_find_resource(instance->type, rid);

	instance_diff(instance, local_tell);
	if (resource && !abi_is_bound(resource))
		local_tell(instance, rid);
}

static bool host_wrote(const struct lw_instance *public, uint16_t rid)
{
	return instance_wrote((const struct instance *)public, rid);
}

static const struct lw_host host_functions = {
	.size = sizeof(struct lw_host),
	.log = local_log,
	.config = local_config,
	.section = local_section,
	.event = host_event,
	.add_instance = host_add_instance,
	.remove_instance = host_remove_instance,
	.changed = host_changed,
	.answer = request_answer,
	.done = request_done,
	.key = local_key,
	.complain = local_complain,
	.wrote = host_wrote,
};

static struct local_object *local_object_of(const struct object *object)
{
	return container_of(object, struct local_object, object);
}

static bool is_written(const struct records *records, uint16_t rid)
{
	for (size_t i = 0; records && i < records->count; i++)
		if (records->items[i].path.ids[2] == rid)
			return true;
	return !records;
}

void local_tell_written(struct instance *instance, const struct records *records)
{
	const struct abi_object *type = instance->type;

	for (size_t i = 0; i < type->info.n_resources; i++)
		if (type->resources[i].read && type->resources[i].ops & LW_W &&
			is_written(records, type->resources[i].id))
			local_tell(instance, type->resources[i].id);
}

void local_change(struct local_object *object, struct instance *instance, struct operation *operation,
	const struct operation *what)
{
	int r;

	instance_diff(instance, local_tell);
	if (what->type == OPERATION_DELETE)
		r = instance_remove(instance, &what->path);
	else
		r = instance_write(instance, what);
	if (r == LW_LATER)
		r = late_begin(object, instance, operation);
	if (r == LW_LATER)
		return;
	if (r == 0)
		local_tell_written(instance, &what->records);
	local_settle(object, instance);
	operation_done(operation, r);
}

/* A Write of fields, or a Delete of a resource instance. */
static void change_when_calm(
	struct local_object *object, struct instance *instance, struct operation *operation)
{
	int r = late_wait(object, operation);

	if (r < 0)
		operation_done(operation, r);
	else if (r == 0)
		local_change(object, instance, operation, operation);
}

static void local_write(struct object *base, struct operation *operation)
{
	struct local_object *object = local_object_of(base);
	struct instance *instance = local_find_instance(object, operation->path.ids[1]);
	int r;

	if (!instance) {
		operation_done(operation, -ENOENT);
		return;
	}
	if (operation->type != OPERATION_WRITE_BLOCK) {
		change_when_calm(object, instance, operation);
		return;
	}
	instance_diff(instance, local_tell);
	r = instance_write_block(instance, operation);
	local_settle(object, instance);
	operation_done(operation, r);
}

static void local_create(struct object *base, struct operation *operation)
{
	struct local_object *object = local_object_of(base);

	int r = make_instance(object, operation->path.ids[1], operation, NULL);

	if (r != LW_LATER)
		operation_done(operation, r);
}

static void local_delete(struct object *base, struct operation *operation)
{
	struct local_object *object = local_object_of(base);
	struct instance *instance = local_find_instance(object, operation->path.ids[1]);

	if (instance && operation->path.depth == PATH_RESOURCE_INSTANCE) {
		change_when_calm(object, instance, operation);
		return;
	}
	if (instance)
		host_remove_instance(&instance->public);
	operation_done(operation, instance ? 0 : -ENOENT);
}

static int local_probe(const struct object *base, uint16_t iid, const struct resource_info *info,
	const uint16_t **ret_ids)
{
	const struct local_object *object = local_object_of(base);
	const struct instance *instance = local_find_instance(object, iid);

	if (!instance)
		return -ENOENT;
	return instance_probe(instance, &object->type->resources[info - object->type->infos], ret_ids);
}

static void poll_instances(struct local_object *object)
{
	struct instance *instance = local_next_instance(object, 0);
	usec_t now;

	sd_event_now(object->local->event, CLOCK_BOOTTIME, &now);
	while (instance) {
		uint16_t iid = instance->public.iid;

		local_poll(object, instance, now);
		local_settle(object, instance);
		instance = local_next_instance(object, iid + 1U);
	}
}

static int on_poll_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct local_object *object = userdata;

	poll_instances(object);
	sd_event_source_set_time(source, usec_add(usec, instance_poll_interval(&object->type->object)));
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static void local_watch(struct object *base, bool watched)
{
	struct local_object *object = local_object_of(base);
	const struct lw_object *type = &object->type->object;
	usec_t now;

	if (!watched || !type->poll) {
		object->timer = sd_event_source_disable_unref(object->timer);
		return;
	}
	if (object->timer)
		return;
	poll_instances(object);
	sd_event_now(object->local->event, CLOCK_BOOTTIME, &now);
	if (sd_event_add_time(object->local->event, &object->timer, CLOCK_BOOTTIME,
		    usec_add(now, instance_poll_interval(type)), 0, on_poll_timer, object) < 0)
		object->timer = NULL;
}

static const struct object_ops local_ops = {
	.read = request_read,
	.write = local_write,
	.execute = request_execute,
	.create = local_create,
	.delete = local_delete,
	.probe = local_probe,
	.watch = local_watch,
};

static int make_objects(struct local *local)
{
	const struct abi_plugin *plugin = local->plugin;

	local->objects = calloc(plugin->n_objects, sizeof(*local->objects));
	if (!local->objects)
		return -ENOMEM;
	for (size_t i = 0; i < plugin->n_objects; i++) {
		struct local_object *object = &local->objects[i];

		object->object.info = &plugin->objects[i].info;
		object->object.ops = &local_ops;
		object->type = &plugin->objects[i];
		object->local = local;
	}
	return 0;
}

int local_new(struct local **ret, const struct plugin_config *config, sd_event *event,
	struct registry *registry, char **ret_reason)
{
	_cleanup_(local_freep) struct local *local = calloc(1, sizeof(*local));
	int r;

	if (!local)
		return -ENOMEM;
	local->host = host_functions;
	local->config = config;
	local->event = sd_event_ref(event);
	local->registry = registry;
	list_init(&local->requests);
	list_init(&local->lates);
	list_init(&local->waiters);
	r = abi_open(config->module, &local->host, &local->plugin, ret_reason);
	if (r == 0)
		r = make_objects(local);
	if (r < 0)
		return r;
	*ret = steal_pointer(&local);
	return 0;
}

static void free_objects(struct local *local)
{
	for (size_t i = 0; local->objects && i < local->plugin->n_objects; i++) {
		struct local_object *object = &local->objects[i];

		while (object->n_instances > 0)
			local_leave(object, object->instances[0]);
		free(object->instances);
		object_deinit(&object->object);
	}
	free(local->objects);
}

struct local *local_free(struct local *local)
{
	if (!local)
		return NULL;
	for (size_t i = 0; local->objects && i < local->plugin->n_objects; i++) {
		sd_event_source_disable_unref(local->objects[i].timer);
		share_remove(local->registry, &local->objects[i].object);
	}
	request_cancel(local, NULL, -ECONNRESET);
	late_cancel(local, NULL, -ECONNRESET);
	free_objects(local);
	if (local->started && local->plugin->plugin.stop)
		local->plugin->plugin.stop(&local->host);
	sd_event_source_disable_unref(local->request_timer);
	sd_event_source_disable_unref(local->post);
	sd_event_source_disable_unref(local->resume);
	abi_close(local->plugin);
	sd_event_unref(local->event);
	free(local);
	return NULL;
}

__attribute__((format(printf, 3, 4))) static int explain(
	int error, char **ret_reason, const char *format, ...)
{
	va_list arguments;

	errno = -error;
	va_start(arguments, format);
	if (vasprintf(ret_reason, format, arguments) < 0)
		*ret_reason = NULL;
	va_end(arguments);
	return error;
}

int local_start(struct local *local, char **ret_reason)
{
	const struct abi_plugin *plugin = local->plugin;
	int r = plugin->plugin.start ? plugin->plugin.start(&local->host) : 0;
	char reason[SHARE_REASON_MAX] = "";

	if (r < 0)
		return explain(r, ret_reason, r == -EINVAL ? "its settings are wrong" : "failed in its start(): %m");
	local->started = true;
	for (size_t i = 0; i < plugin->n_objects; i++) {
		if (!(plugin->objects[i].info.flags & OBJECT_MULTIPLE))
			r = make_instance(&local->objects[i], 0, NULL, NULL);
		if (r < 0)
			return explain(r, ret_reason, "could not make instance /%u/0: %m",
				plugin->objects[i].info.id);
	}
	for (size_t i = 0; i < plugin->n_objects; i++) {
		r = share_add(local->registry, &local->objects[i].object, local->config->first_instance, reason);
		if (r < 0)
			return explain(r, ret_reason, "%s", r == -EEXIST ? reason : strerror(-r));
	}
	return 0;
}

const struct abi_plugin *local_plugin(const struct local *local)
{
	return local->plugin;
}

const struct abi_object *local_type(const struct object *object)
{
	return local_object_of(object)->type;
}

bool local_is_late(const struct object *object)
{
	return late_is_polling(local_object_of(object));
}

int local_peek(const struct object *base, uint16_t iid, uint16_t rid, struct records *records)
{
	const struct local_object *object = local_object_of(base);
	const struct instance *instance = local_find_instance(object, iid);
	const struct lw_resource *resource = abi_find_resource(object->type, rid);

	if (!instance || !resource || !abi_is_bound(resource))
		return -ENOENT;
	return instance_read(instance, resource, LW_NO_ID, records);
}
