/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's calls, each an operation of the host's own until it is answered. */
#include <stdlib.h>

#include "base/log.h"
#include "plugin/host-internal.h"

struct call {
	struct operation operation;
	struct object *object;
	sd_bus_message *message;
	struct host *host;
};

static struct call *call_free(struct call *call)
{
	if (!call)
		return NULL;
	records_deinit(&call->operation.records);
	sd_bus_message_unref(call->message);
	free(call);
	return NULL;
}
DEFINE_CLEANUP(struct call *, call_free)

static int reply(struct host *host, sd_bus_message *call, int error, const struct records *records)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
	int r = host_news_send(host);

	if (r >= 0)
		r = sd_bus_message_new_method_return(call, &m);
	if (r >= 0)
		r = sd_bus_message_append_basic(m, 'i', &error);
	if (r >= 0 && records)
		r = protocol_append_records(m, records);
	return r < 0 ? r : sd_bus_send(host->bus, m, NULL);
}

/* What cannot be sent is an error the agent hears of; when that cannot be sent either, the socket is gone. */
static void on_done(struct operation *operation, int error)
{
	struct call *call = container_of(operation, struct call, operation);
	struct records none = { 0 };
	bool reads = operation->type == OPERATION_READ;
	int r;

	r = reply(call->host, call->message, error, !reads ? NULL : error == 0 ? &operation->records : &none);
	if (r < 0 && sd_bus_is_open(call->host->bus) > 0)
		reply(call->host, call->message, r == -EMSGSIZE ? r : -EIO, reads ? &none : NULL);
	call_free(call);
}

/* Reads the path that each call begins with. */
static int call_new(sd_bus_message *m, struct host *host, enum operation_type type, struct call **ret)
{
	_cleanup_(call_freep) struct call *call = calloc(1, sizeof(*call));
	int r;

	if (!call)
		return -ENOMEM;
	call->host = host;
	call->message = sd_bus_message_ref(m);
	call->operation.type = type;
	call->operation.done = on_done;
	r = protocol_read_path(m, &call->operation.path);
	if (r < 0)
		return r;
	call->object = registry_find(&host->registry, call->operation.path.ids[0]);
	if (!call->object || call->operation.path.depth == PATH_ROOT)
		return -ENOENT;
	*ret = steal_pointer(&call);
	return 0;
}

static int on_read(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct call *call;
	int r = call_new(m, userdata, OPERATION_READ, &call);

	if (r < 0)
		return r;
	call->object->ops->read(call->object, &call->operation);
	return 1;
}

static int on_write(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	_cleanup_(call_freep) struct call *call = NULL;
	struct operation *operation;
	struct object *object;
	uint8_t type;
	int r = sd_bus_message_read_basic(m, 'y', &type);

	if (r < 0)
		return r;
	if (type != OPERATION_WRITE_REPLACE && type != OPERATION_WRITE_UPDATE && type != OPERATION_CREATE)
		return -EINVAL;
	r = call_new(m, userdata, (enum operation_type)type, &call);
	if (r == 0)
		r = protocol_read_records(m, call->object->info, &call->operation.records);
	if (r < 0)
		return r;
	object = call->object;
	operation = &steal_pointer(&call)->operation;
	if (type == OPERATION_CREATE)
		object->ops->create(object, operation);
	else
		object->ops->write(object, operation);
	return 1;
}

static int on_block(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	_cleanup_(call_freep) struct call *call = NULL;
	struct operation *operation;
	struct object *object;
	const void *data;
	size_t len;
	int more, r = call_new(m, userdata, OPERATION_WRITE_BLOCK, &call);

	if (r == 0)
		r = sd_bus_message_read(m, "tb", &call->operation.offset, &more);
	if (r >= 0)
		r = sd_bus_message_read_array(m, 'y', &data, &len);
	if (r < 0)
		return r;
	object = call->object;
	operation = &steal_pointer(&call)->operation;
	operation->more = more;
	operation->block = BYTES(data, len);
	object->ops->write(object, operation);
	return 1;
}

static int on_execute(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	_cleanup_(call_freep) struct call *call = NULL;
	struct operation *operation;
	struct object *object;
	const char *arguments;
	int r = call_new(m, userdata, OPERATION_EXECUTE, &call);

	if (r == 0)
		r = sd_bus_message_read_basic(m, 's', &arguments);
	if (r < 0)
		return r;
	object = call->object;
	operation = &steal_pointer(&call)->operation;
	operation->arguments = bytes_of(arguments);
	object->ops->execute(object, operation);
	return 1;
}

static int on_delete(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct call *call;
	int r = call_new(m, userdata, OPERATION_DELETE, &call);

	if (r < 0)
		return r;
	call->object->ops->delete (call->object, &call->operation);
	return 1;
}

static int on_watch(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct host *host = userdata;
	struct object *object;
	uint16_t oid;
	int watched, r = sd_bus_message_read(m, PROTOCOL_WATCH_IN, &oid, &watched);

	if (r < 0)
		return r;
	object = registry_find(&host->registry, oid);
	if (object)
		object->ops->watch(object, watched);
	r = !object ? -ENOENT : watched && local_is_late(object) ? -EAGAIN : 0;
	return reply(host, m, r, NULL) < 0 ? -EIO : 1;
}

static int read_settings(sd_bus_message *m, struct plugin_config *config)
{
	struct plugin_setting *settings;
	const char *section, *key, *value;
	uint32_t line;
	int r = sd_bus_message_enter_container(m, 'a', PROTOCOL_SETTING);

	while (r >= 0 && (r = sd_bus_message_read(m, PROTOCOL_SETTING, &section, &key, &value, &line)) > 0) {
		settings = reallocarray(
			(void *)(uintptr_t)config->settings, config->n_settings + 1, sizeof(*settings));
		if (!settings)
			return -ENOMEM;
		config->settings = settings;
		settings += config->n_settings++;
		*settings = (struct plugin_setting){ strdup(section), strdup(key), strdup(value), line };
		if (!settings->section || !settings->key || !settings->value)
			return -ENOMEM;
	}
	return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int read_config(sd_bus_message *m, struct plugin_config *config)
{
	const char *name, *module, *file;
	int level, r = sd_bus_message_read(m, "isss", &level, &name, &module, &file);

	if (r < 0)
		return r;
	log_set_level(level);
	config->name = strdup(name);
	config->module = strdup(module);
	config->file = strdup(file);
	if (!config->name || !config->module || !config->file)
		return -ENOMEM;
	return read_settings(m, config);
}

/* Starts the plugin. A module that cannot be used is a failure for good, and so are settings: they stay as they are. */
static int start(struct host *host, bool *ret_for_good, char **ret_reason)
{
	int r = local_new(&host->local, &host->config, host->event, &host->registry, ret_reason);

	*ret_for_good = r < 0 && r != -ENOMEM;
	if (r == 0)
		r = local_start(host->local, ret_reason);
	*ret_for_good = *ret_for_good || r == -EINVAL;
	if (r == 0)
		r = host_news_tables(host);
	return r;
}

static int on_start(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	_cleanup_(freep) char *reason = NULL;
	struct host *host = userdata;
	bool for_good = false;
	int r;

	if (host->config.name)
		return -EALREADY;
	r = read_config(m, &host->config);
	if (r < 0)
		return r;
	r = start(host, &for_good, &reason);
	return sd_bus_reply_method_return(m, PROTOCOL_START_OUT, r, for_good,
		reason ? reason :
		r < 0  ? strerror(-r) :
			 "");
}

const sd_bus_vtable host_start_methods[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD(
		PROTOCOL_START, PROTOCOL_START_IN, PROTOCOL_START_OUT, on_start, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

const sd_bus_vtable host_methods[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD(
		PROTOCOL_READ, PROTOCOL_READ_IN, PROTOCOL_READ_OUT, on_read, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD(PROTOCOL_WRITE, PROTOCOL_WRITE_IN, PROTOCOL_OUT, on_write, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD(PROTOCOL_BLOCK, PROTOCOL_BLOCK_IN, PROTOCOL_OUT, on_block, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD(
		PROTOCOL_EXECUTE, PROTOCOL_EXECUTE_IN, PROTOCOL_OUT, on_execute, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD(
		PROTOCOL_DELETE, PROTOCOL_DELETE_IN, PROTOCOL_OUT, on_delete, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD(PROTOCOL_WATCH, PROTOCOL_WATCH_IN, PROTOCOL_OUT, on_watch, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};
