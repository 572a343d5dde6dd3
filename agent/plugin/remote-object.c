/* SPDX-License-Identifier: Apache-2.0 */
/* What the registry asks of a remote plugin's objects: from the mirror where that will do, else from the host. */
#include <stdlib.h>

#include "plugin/local.h"
#include "plugin/remote-internal.h"

/* Operations of one plugin that may be under way at a time. */
#define CALLS_MAX 64

/* The host ends what its plugin does not answer; this is for a host that does not. */
#define CALL_MAX (LOCAL_REQUEST_MAX + 10 * USEC_PER_SEC)

struct call {
	struct list link;
	struct remote *remote;
	sd_bus_slot *slot;
	struct operation *operation; /* NULL: WATCH */
	uint16_t oid;
	usec_t sent_at;
};

static struct mirror_object *mirror_object_of(const struct object *object)
{
	return container_of(object, struct mirror_object, object);
}

static struct call *call_free(struct call *call)
{
	list_remove(&call->link);
	call->remote->n_calls--;
	sd_bus_slot_unref(call->slot);
	free(call);
	return NULL;
}

static void call_end(struct call *call, int error)
{
	struct operation *operation = call->operation;

	call_free(call);
	if (operation)
		operation_done(operation, error);
}

void remote_object_cancel(struct remote *remote)
{
	struct call *call;

	for (size_t i = 0; i < remote->mirror.n_objects; i++)
		remote->mirror.objects[i]->kept_fresh = false;
	while ((call = list_first_entry(&remote->calls, struct call, link)))
		call_end(call, -ECONNRESET);
}

/* The records that a host sent for operation have to be below its path. */
static bool answers(const struct operation *operation, const struct records *records)
{
	for (size_t i = 0; i < records->count; i++)
		if (!path_contains(&operation->path, &records->items[i].path) ||
			records->items[i].path.ids[1] == PATH_ID_NONE)
			return false;
	return true;
}

static void mark_fresh(struct mirror_object *object, const struct path *path, usec_t at)
{
	for (size_t i = 0; i < object->n_instances; i++)
		if (path->depth < PATH_INSTANCE || object->instances[i]->iid == path->ids[1])
			object->instances[i]->fresh_at = at;
}

static int read_answer(struct call *call, sd_bus_message *m)
{
	struct mirror_object *object = mirror_find(&call->remote->mirror, call->oid);
	struct operation *operation = call->operation;
	int r;

	if (!object)
		return -ECONNRESET;
	r = protocol_read_records(m, &object->info, &operation->records);
	if (r == 0 && !answers(operation, &operation->records))
		r = -EBADMSG;
	if (r == 0)
		r = records_own(&operation->records, 0);
	if (r == 0)
		mark_fresh(object, &operation->path, call->sent_at);
	else
		records_clear(&operation->records);
	return r;
}

/* 0, or what the operation ends with; -EBADMSG only when the host cannot be trusted any more. */
static int read_reply(struct call *call, sd_bus_message *m, int *ret_error)
{
	int error;

	if (sd_bus_message_is_method_error(m, NULL)) {
		*ret_error = -ECONNRESET;
		return 0;
	}
	remote_heard(call->remote);
	if (sd_bus_message_read_basic(m, 'i', &error) < 0 || error > 0 || error < -4095)
		return -EBADMSG;
	*ret_error = error;
	if (error < 0 || !call->operation || call->operation->type != OPERATION_READ)
		return 0;
	return read_answer(call, m);
}

static void watch_answered(struct call *call, int error)
{
	struct mirror_object *object = mirror_find(&call->remote->mirror, call->oid);

	if (object && error == 0)
		object->kept_fresh = object->watched;
}

static int on_reply(sd_bus_message *m, void *userdata, sd_bus_error *unused)
{
	struct call *call = userdata;
	struct remote *remote = call->remote;
	int error = 0, r;

	r = read_reply(call, m, &error);
	if (!call->operation)
		watch_answered(call, error);
	call_end(call, r < 0 ? r == -ENOMEM ? r : -ECONNRESET : error);
	if (r < 0 && r != -ENOMEM)
		remote_fail(remote, false, "sent an answer that does not fit the question");
	return 1;
}

static int call_begin(struct mirror_object *object, const char *member, sd_bus_message **ret)
{
	struct remote *remote = object->remote;

	if (!remote->bus || !remote->started)
		return -ECONNRESET;
	if (remote->n_calls >= CALLS_MAX)
		return -EBUSY;
	return sd_bus_message_new_method_call(
		remote->bus, ret, remote->destination, remote_path(remote), PROTOCOL_INTERFACE, member);
}

static int call_send(struct mirror_object *object, sd_bus_message *m, struct operation *operation)
{
	struct remote *remote = object->remote;
	struct call *call = calloc(1, sizeof(*call));
	int r;

	if (!call)
		return -ENOMEM;
	call->remote = remote;
	call->operation = operation;
	call->oid = object->info.id;
	call->sent_at = remote_now(remote);
	list_append(&remote->calls, &call->link);
	remote->n_calls++;
	remote->n_asked++;
	r = sd_bus_call_async(remote->bus, &call->slot, m, on_reply, call, CALL_MAX);
	if (r < 0) {
		call_free(call);
		return r == -ENOMEM ? r : -ECONNRESET;
	}
	remote_expect(remote);
	return 0;
}

/* Is what the mirror has of the instance new enough? */
static bool is_fresh(const struct mirror_object *object, const struct mirror_instance *instance, usec_t now)
{
	const struct remote *remote = object->remote;

	if (object->interval == USEC_INFINITY)
		return true;
	if (instance->fresh_at > 0 && now < usec_add(instance->fresh_at, object->interval))
		return true;
	/* While it is watched the host polls by itself; one that hangs says nothing, and is asked. */
	return object->kept_fresh &&
	       now < usec_add(remote->heard_at, usec_add(2 * object->interval, remote->timeouts.silence));
}

static bool mirror_serves(const struct mirror_object *object, const struct path *path)
{
	usec_t now = remote_now(object->remote);

	if (path->depth < PATH_RESOURCE && object->any_asked)
		return false;
	if (path->depth >= PATH_RESOURCE) {
		const struct resource_info *info = object_find_resource(&object->object, path->ids[2]);

		if (info && object->asked[info - object->resources])
			return false;
	}
	for (size_t i = 0; i < object->n_instances; i++)
		if ((path->depth < PATH_INSTANCE || object->instances[i]->iid == path->ids[1]) &&
			!is_fresh(object, object->instances[i], now))
			return false;
	return true;
}

static void remote_read(struct object *base, struct operation *operation)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
	struct mirror_object *object = mirror_object_of(base);
	int r;

	if (object->remote->started && mirror_serves(object, &operation->path)) {
		operation_done(operation, mirror_read(object, &operation->path, &operation->records));
		return;
	}
	r = call_begin(object, PROTOCOL_READ, &m);
	if (r >= 0)
		r = protocol_append_path(m, &operation->path);
	if (r >= 0)
		r = call_send(object, m, operation);
	if (r < 0)
		operation_done(operation, r);
}

static int send_block(struct mirror_object *object, struct operation *operation)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
	int r = call_begin(object, PROTOCOL_BLOCK, &m);

	if (r >= 0)
		r = protocol_append_path(m, &operation->path);
	if (r >= 0)
		r = sd_bus_message_append(m, "tb", operation->offset, operation->more);
	if (r >= 0)
		r = sd_bus_message_append_array(m, 'y', operation->block.data, operation->block.len);
	return r < 0 ? r : call_send(object, m, operation);
}

static int send_write(struct mirror_object *object, struct operation *operation)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
	int r = call_begin(object, PROTOCOL_WRITE, &m);

	if (r >= 0)
		r = sd_bus_message_append(m, "y", operation->type);
	if (r >= 0)
		r = protocol_append_path(m, &operation->path);
	if (r >= 0)
		r = protocol_append_records(m, &operation->records);
	return r < 0 ? r : call_send(object, m, operation);
}

/* Create, too: the values of the new instance. */
static void remote_write(struct object *base, struct operation *operation)
{
	struct mirror_object *object = mirror_object_of(base);
	int r = operation->type == OPERATION_WRITE_BLOCK ? send_block(object, operation) :
							   send_write(object, operation);

	if (r < 0)
		operation_done(operation, r);
}

static int append_text(sd_bus_message *m, struct bytes text)
{
	char *space;
	int r = sd_bus_message_append_string_space(m, text.len, &space);

	if (r >= 0 && text.len > 0)
		memcpy(space, text.data, text.len);
	return r;
}

static void remote_execute(struct object *base, struct operation *operation)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
	struct mirror_object *object = mirror_object_of(base);
	int r = call_begin(object, PROTOCOL_EXECUTE, &m);

	if (r >= 0)
		r = protocol_append_path(m, &operation->path);
	if (r >= 0)
		r = append_text(m, operation->arguments);
	if (r >= 0)
		r = call_send(object, m, operation);
	if (r < 0)
		operation_done(operation, r);
}

static void remote_delete(struct object *base, struct operation *operation)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
	struct mirror_object *object = mirror_object_of(base);
	int r = call_begin(object, PROTOCOL_DELETE, &m);

	if (r >= 0)
		r = protocol_append_path(m, &operation->path);
	if (r >= 0)
		r = call_send(object, m, operation);
	if (r < 0)
		operation_done(operation, r);
}

static int remote_probe(const struct object *base, uint16_t iid, const struct resource_info *info,
	const uint16_t **ret_ids)
{
	const struct mirror_object *object = mirror_object_of(base);

	return mirror_probe(object, iid, (size_t)(info - object->resources), ret_ids);
}

/* A host that cannot be told now is told when the next one starts. */
static void send_watch(struct mirror_object *object)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
	int r = call_begin(object, PROTOCOL_WATCH, &m);

	if (r >= 0)
		r = sd_bus_message_append(m, PROTOCOL_WATCH_IN, object->info.id, object->watched);
	if (r >= 0)
		call_send(object, m, NULL);
}

static void remote_watch(struct object *base, bool watched)
{
	struct mirror_object *object = mirror_object_of(base);

	if (object->kept_fresh && !watched)
		mark_fresh(object, &PATH1(object->info.id), remote_now(object->remote));
	object->kept_fresh = false;
	object->watched = watched;
	if (object->interval != USEC_INFINITY)
		send_watch(object);
}

void remote_object_rewatch(struct remote *remote)
{
	for (size_t i = 0; i < remote->mirror.n_objects; i++)
		if (remote->mirror.objects[i]->watched &&
			remote->mirror.objects[i]->interval != USEC_INFINITY)
			send_watch(remote->mirror.objects[i]);
}

const struct object_ops remote_ops = {
	.read = remote_read,
	.write = remote_write,
	.execute = remote_execute,
	.create = remote_write,
	.delete = remote_delete,
	.probe = remote_probe,
	.watch = remote_watch,
};
