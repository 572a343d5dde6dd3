/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Read and Execute. A read of bound resources ends at once and allocates nothing of its own. Each read() or execute()
 * callback gets a request, which ends when the callback returns or, after LW_LATER, with lw_done(); the operation ends
 * with the last of its requests.
 */
#include <stdlib.h>

#include "plugin/local-internal.h"
#include "plugin/protocol.h"

/* One operation of the engine with requests that are not answered yet. */
struct answer {
	struct operation *operation;
	unsigned int outstanding; /* requests, and one more while they are still being made */
	bool single;              /* a resource or resource instance was asked for: it has to be there */
	int error;                /* the first */
};

struct request {
	struct list link;
	lw_request id;
	struct instance *instance;
	const struct lw_resource *resource;
	struct answer *answer;
	usec_t deadline;
	bool calling; /* its callback has not returned yet */
	bool done;    /* lw_done() came before that */
};

static void answer_note(struct answer *answer, int error)
{
	if ((error == -ENODATA || error == -ENOENT) && !answer->single)
		return;
	if (answer->error == 0)
		answer->error = error;
}

/* One part less is outstanding; ends the operation with the last. */
static void answer_end(struct answer *answer, int error)
{
	answer_note(answer, error);
	if (--answer->outstanding > 0)
		return;
	operation_done(answer->operation, answer->error);
	free(answer);
}

static struct request *request_find(struct local *local, lw_request id, const struct instance *instance)
{
	struct request *request;

	list_for_each(request, &local->requests, link)
		if (request->id == id)
			return request->instance == instance ? request : NULL;
	return NULL;
}

static void request_end(struct request *request, int error)
{
	struct answer *answer = request->answer;

	list_remove(&request->link);
	free(request);
	answer_end(answer, error);
}

static int request_new(struct local *local, struct instance *instance, const struct lw_resource *resource,
	struct answer *answer, struct request **ret)
{
	struct request *request = calloc(1, sizeof(*request));
	usec_t now;

	if (!request)
		return -ENOMEM;
	sd_event_now(local->event, CLOCK_BOOTTIME, &now);
	request->id = ++local->last_request;
	request->instance = instance;
	request->resource = resource;
	request->answer = answer;
	request->deadline = usec_add(now, LOCAL_REQUEST_MAX);
	request->calling = true;
	list_append(&local->requests, &request->link);
	answer->outstanding++;
	*ret = request;
	return 0;
}

static int on_request_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct local *local = userdata;
	struct request *request;

	while ((request = list_first_entry(&local->requests, struct request, link)) &&
		request->deadline <= usec)
		request_end(request, -ETIMEDOUT);
	if (!request)
		return 0;
	sd_event_source_set_time(source, request->deadline);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* The oldest request's deadline is the earliest. */
static void arm_timer(struct local *local, usec_t deadline)
{
	int enabled = SD_EVENT_OFF;

	if (!local->request_timer) {
		sd_event_add_time(local->event, &local->request_timer, CLOCK_BOOTTIME, deadline, 0,
			on_request_timer, local);
		return;
	}
	sd_event_source_get_enabled(local->request_timer, &enabled);
	if (enabled != SD_EVENT_OFF)
		return;
	sd_event_source_set_time(local->request_timer, deadline);
	sd_event_source_set_enabled(local->request_timer, SD_EVENT_ONESHOT);
}

/* The callback of a request returned r. */
static void request_returned(struct local *local, struct request *request, int r)
{
	request->calling = false;
	if (r != LW_LATER || request->done)
		request_end(request, r < 0 && r > -4096 ? r : 0);
	else
		arm_timer(local, request->deadline);
}

int request_answer(struct lw_instance *public, lw_request id, uint16_t riid, const struct lw_value *value)
{
	struct request *request = request_find(local_of(public->host), id, instance_of(public));
	struct path path;
	struct value to;

	if (!request || request->resource->ops & LW_E)
		return -ENOENT;
	if (value->type != request->resource->type || riid != LW_NO_ID)
		return -EINVAL;
	to.type = (enum value_type)value->type;
	if (value_type_is_bytes(to.type) && value->bytes.len > PROTOCOL_VALUE_MAX)
		return -EMSGSIZE;
	if (value_type_is_bytes(to.type))
		to.bytes = BYTES(value->bytes.data, value->bytes.len);
	else if (to.type == VALUE_OBJLNK)
		to.link.object = value->link.object, to.link.instance = value->link.instance;
	else if (to.type == VALUE_BOOLEAN)
		to.boolean = value->boolean;
	else if (to.type == VALUE_FLOAT)
		to.number = value->number;
	else
		to.integer = value->integer;
	path = PATH3(public->oid, public->iid, request->resource->id);
	return records_add_copy(&request->answer->operation->records, path, to);
}

void request_done(struct lw_instance *public, lw_request id, int error)
{
	struct local *local = local_of(public->host);
	struct request *request = request_find(local, id, instance_of(public));

	if (id == 0)
		late_finish(local_find_object(local, public->oid), instance_of(public), error);
	if (!request || request->done)
		return;
	instance_diff(request->instance, local_tell);
	if (request->calling) {
		request->done = true;
		answer_note(request->answer, error < 0 ? error : 0);
	} else
		request_end(request, error < 0 ? error : 0);
}

void request_cancel(struct local *local, const struct instance *instance, int error)
{
	struct request *request, *safe;

	list_for_each_safe(request, safe, &local->requests, link)
		if (!instance || request->instance == instance)
			request_end(request, error);
}

static int answer_new(struct operation *operation, struct answer **ret)
{
	struct answer *answer = calloc(1, sizeof(*answer));

	if (!answer)
		return -ENOMEM;
	answer->operation = operation;
	answer->outstanding = 1;
	answer->single = operation->path.depth >= PATH_RESOURCE;
	*ret = answer;
	return 0;
}

/* Calls read(); *answer is made where there is none yet. */
static int call_read(struct local *local, struct instance *instance, const struct lw_resource *resource,
	struct operation *operation, struct answer **answer)
{
	struct request *request;
	int r = 0;

	if (!*answer)
		r = answer_new(operation, answer);
	if (r == 0)
		r = request_new(local, instance, resource, *answer, &request);
	if (r < 0)
		return r;
	instance->running++;
	r = resource->read(&instance->public, resource->id, request->id);
	instance->running--;
	request_returned(local, request, r);
	return 0;
}

static int read_resource(struct local_object *object, struct instance *instance,
	const struct lw_resource *resource, struct operation *operation, struct answer **answer)
{
	bool single = operation->path.depth >= PATH_RESOURCE;
	uint16_t riid = operation->path.depth == PATH_RESOURCE_INSTANCE ? operation->path.ids[3] : LW_NO_ID;
	int r;

	if (!(resource->ops & LW_R))
		return single ? -EPERM : 0;
	if (resource->read)
		return call_read(object->local, instance, resource, operation, answer);
	r = instance_read(instance, resource, riid, &operation->records);
	return (r == -ENODATA || r == -ENOENT) && !single ? 0 : r;
}

static int read_resources(struct local_object *object, struct instance *instance, struct operation *operation,
	struct answer **answer)
{
	const struct abi_object *type = object->type;
	int r = 0;

	if (operation->path.depth >= PATH_RESOURCE) {
		const struct lw_resource *resource = abi_find_resource(type, operation->path.ids[2]);

		return resource ? read_resource(object, instance, resource, operation, answer) : -ENOENT;
	}
	for (size_t i = 0; i < type->info.n_resources && r == 0; i++)
		r = read_resource(object, instance, &type->resources[i], operation, answer);
	return r;
}

/* An instance that a callback takes away stays until it has been read. */
static int read_instance(struct local_object *object, struct instance *instance, struct operation *operation,
	struct answer **answer)
{
	int r;

	instance->running++;
	r = read_resources(object, instance, operation, answer);
	instance->running--;
	local_settle(object, instance);
	return r;
}

/* Callbacks may add and remove instances meanwhile. */
static int read_instances(struct local_object *object, struct operation *operation, struct answer **answer)
{
	struct instance *instance = local_next_instance(object, 0);
	int r = 0;

	while (instance && r == 0) {
		uint16_t iid = instance->public.iid;

		r = read_instance(object, instance, operation, answer);
		instance = local_next_instance(object, iid + 1U);
	}
	return r;
}

void request_read(struct object *base, struct operation *operation)
{
	struct local_object *object = container_of(base, struct local_object, object);
	int r = late_wait(object, operation);

	if (r < 0)
		operation_done(operation, r);
	else if (r == 0)
		request_read_now(object, operation);
}

void request_read_now(struct local_object *object, struct operation *operation)
{
	struct answer *answer = NULL;
	struct instance *instance;
	int r;

	if (operation->path.depth == PATH_OBJECT)
		r = read_instances(object, operation, &answer);
	else {
		instance = local_find_instance(object, operation->path.ids[1]);
		r = instance ? read_instance(object, instance, operation, &answer) : -ENOENT;
	}
	if (answer)
		answer_end(answer, r);
	else
		operation_done(operation, r);
}

/* The plugin's news are told before the operation ends. */
static int execute(struct local_object *object, struct instance *instance, struct operation *operation,
	const char *arguments)
{
	const struct lw_resource *resource = abi_find_resource(object->type, operation->path.ids[2]);
	struct answer *answer;
	struct request *request;
	int r;

	if (!resource)
		return -ENOENT;
	if (!(resource->ops & LW_E))
		return -EPERM;
	r = answer_new(operation, &answer);
	if (r < 0)
		return r;
	r = request_new(object->local, instance, resource, answer, &request);
	if (r == 0) {
		instance->running++;
		r = resource->execute(&instance->public, resource->id, request->id, arguments);
		request_returned(object->local, request, r);
		instance->running--;
		local_settle(object, instance);
		r = 0;
	}
	answer_end(answer, r);
	return 0;
}

void request_execute(struct object *base, struct operation *operation)
{
	struct local_object *object = container_of(base, struct local_object, object);
	struct instance *instance = local_find_instance(object, operation->path.ids[1]);
	_cleanup_(freep) char *arguments = NULL;
	int r = -ENOENT;

	if (operation->arguments.len > 0)
		arguments = strndup((const char *)operation->arguments.data, operation->arguments.len);
	if (operation->arguments.len > 0 && !arguments)
		r = -ENOMEM;
	else if (instance)
		r = execute(object, instance, operation, arguments ? arguments : "");
	if (r < 0)
		operation_done(operation, r);
}
