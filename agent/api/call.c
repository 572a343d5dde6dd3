/* SPDX-License-Identifier: Apache-2.0 */
/* Read, Write and Execute: an operation of the engine for each call, which is answered when that ends. */
#include <stdlib.h>

#include "api/api-internal.h"

struct call {
	struct list link;
	struct api *api;
	sd_bus_message *m;
	uint32_t id;
	enum operation_type type;
	struct path path;
};

static struct call *call_free(struct call *call)
{
	list_remove(&call->link);
	call->api->n_calls--;
	sd_bus_message_unref(call->m);
	free(call);
	return NULL;
}

/* What was begun goes on; nobody hears of its end. */
void call_cancel(struct api *api)
{
	struct call *call, *safe;

	list_for_each_safe(call, safe, &api->calls, link)
		call_free(call);
}

int call_read_path(sd_bus_message *m, const char **ret_text, struct path *ret)
{
	int r = sd_bus_message_read(m, "s", ret_text);

	if (r < 0)
		return r;
	if (path_parse(bytes_of(*ret_text), ret) < 0 || ret->depth < PATH_OBJECT)
		return fault_replyf(m, API_ERROR "BadPath",
			"'%s' is no path of an object, instance or resource, like /3, /3/0 or /3/0/0",
			*ret_text);
	return 0;
}

static int begin(struct api *api, sd_bus_message *m, const struct engine_operation *operation)
{
	struct call *call;
	int r;

	if (api->n_calls >= CALLS_MAX)
		return fault_reply(m, -EBUSY, NULL);
	call = calloc(1, sizeof(*call));
	if (!call)
		return -ENOMEM;
	call->api = api;
	call->m = sd_bus_message_ref(m);
	call->type = operation->type;
	call->path = operation->path;
	list_append(&api->calls, &call->link);
	api->n_calls++;
	r = engine_operate(api->parts.engine, usec_now(), operation, &call->id);
	if (r < 0) {
		call_free(call);
		return fault_reply_operation(m, r, operation->type, &operation->path);
	}
	return 1;
}

int call_read(struct api *api, sd_bus_message *m)
{
	struct engine_operation operation = { .type = OPERATION_READ };
	const char *text;
	int r = call_read_path(m, &text, &operation.path);

	return r != 0 ? r : begin(api, m, &operation);
}

/* The resource that a Write is about; NULL when m was answered. */
static const struct resource_info *find_written(struct api *api, sd_bus_message *m, const struct path *path,
	const char *text, int *ret)
{
	const struct resource_info *resource = registry_find_resource(api->parts.registry, path);

	if (path->depth < PATH_RESOURCE)
		*ret = fault_replyf(m, API_ERROR "BadPath",
			"'%s' is no path of a resource or resource instance, like /1/0/1", text);
	else if (!resource)
		*ret = fault_reply_operation(m, -ENOENT, OPERATION_WRITE_REPLACE, path);
	else if (!(resource->operations & RESOURCE_W))
		*ret = fault_reply_operation(m, -EPERM, OPERATION_WRITE_REPLACE, path);
	else if (path->depth == PATH_RESOURCE && resource->flags & RESOURCE_MULTIPLE)
		*ret = fault_replyf(m, API_ERROR "BadPath",
			"%s has resource instances: write to one of them, like %s/0", text, text);
	else if (path->depth == PATH_RESOURCE_INSTANCE && !(resource->flags & RESOURCE_MULTIPLE))
		*ret = fault_replyf(m, API_ERROR "BadPath", "%s: this resource has no instances", text);
	else
		return resource;
	return NULL;
}

int call_write(struct api *api, sd_bus_message *m)
{
	_cleanup_(buffer_deinit) struct buffer scratch = { 0 };
	struct engine_operation operation = { .type = OPERATION_WRITE_REPLACE };
	const struct resource_info *resource;
	struct value value;
	const char *text;
	int r = call_read_path(m, &text, &operation.path);

	if (r != 0)
		return r;
	resource = find_written(api, m, &operation.path, text, &r);
	if (!resource)
		return r;
	r = variant_read(m, resource->type, &scratch, &value);
	if (r == -EINVAL || r == -ERANGE)
		return fault_replyf(m, API_ERROR "BadValue",
			r == -EINVAL ? "%s takes a value of type %s" : "%s: the number does not fit type %s",
			text, value_type_name(resource->type));
	if (r < 0)
		return r;
	operation.value = &value;
	if (operation.path.depth == PATH_RESOURCE_INSTANCE)
		operation.type = OPERATION_WRITE_UPDATE;
	return begin(api, m, &operation);
}

int call_execute(struct api *api, sd_bus_message *m)
{
	struct engine_operation operation = { .type = OPERATION_EXECUTE };
	const char *text, *arguments;
	int r = call_read_path(m, &text, &operation.path);

	if (r == 0)
		r = sd_bus_message_read(m, "s", &arguments);
	if (r < 0)
		return r;
	if (operation.path.depth != PATH_RESOURCE)
		return fault_replyf(
			m, API_ERROR "BadPath", "'%s' is no path of a resource, like /3/0/4", text);
	operation.arguments = bytes_of(arguments);
	return begin(api, m, &operation);
}

static int reply_records(const struct call *call, const struct records *records)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
	int r = sd_bus_message_new_method_return(call->m, &reply);

	if (r >= 0)
		r = sd_bus_message_open_container(reply, 'a', "(ssv)");
	for (size_t i = 0; i < records->count && r >= 0; i++)
		r = variant_append_record(reply, &records->items[i]);
	if (r >= 0)
		r = sd_bus_message_close_container(reply);
	if (r >= 0)
		r = sd_bus_send(NULL, reply, NULL);
	return r;
}

static void reply(const struct call *call, const struct effect *effect)
{
	int r = 0;

	if (effect->error < 0)
		r = fault_reply_operation(call->m, effect->error, call->type, &call->path);
	else if (call->type == OPERATION_READ)
		r = reply_records(call, effect->records);
	else
		r = sd_bus_reply_method_return(call->m, "");
	/* A caller that has gone is no failure; one that waits has to hear something. */
	if (r < 0)
		(void)fault_reply(call->m, r, NULL);
}

bool call_answered(struct api *api, const struct effect *effect)
{
	struct call *call;

	list_for_each(call, &api->calls, link)
		if (call->id == effect->id) {
			reply(call, effect);
			call_free(call);
			return true;
		}
	return false;
}
