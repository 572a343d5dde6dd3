/* SPDX-License-Identifier: Apache-2.0 */
/* org.lwm2m.Agent1: the agent as a whole, and what it can be asked for. */
#include "api/api-internal.h"
#include "base/log.h"

enum { VERSION, ENDPOINT, STATE, STATUS, STARTED_AT, LOG_LEVEL };

static const struct node_property properties[] = {
	[VERSION] = { "Version", "s" },
	[ENDPOINT] = { "Endpoint", "s" },
	[STATE] = { "State", "s" },
	[STATUS] = { "Status", "s" },
	[STARTED_AT] = { "StartedAt", "t" },
	[LOG_LEVEL] = { "LogLevel", "s" },
};

static struct api *api_of(void *userdata)
{
	return ((struct node *)userdata)->branch->api;
}

/* A bootstrap may change everything; else the best that can be said of any server. */
static const char *state_name(const struct api *api)
{
	const struct server *server;
	const char *name = "unconfigured";
	bool trying = false;

	if (engine_bootstrap_state(api->parts.engine) >= BOOTSTRAP_CONNECTING)
		return "bootstrapping";
	list_for_each(server, &api->parts.servers->list, link) {
		const struct registration *registration = engine_registration(api->parts.engine, server);

		if (!registration)
			continue;
		name = "offline";
		if (registration_stands(registration))
			return "registered";
		trying |= registration->state == REGISTRATION_CONNECTING ||
			  registration->state == REGISTRATION_REGISTERING;
	}
	return trying ? "connecting" : name;
}

static void describe(const struct node *node, struct fact *ret)
{
	const struct api *api = node->branch->api;

	ret[VERSION].text = api->parts.version;
	ret[ENDPOINT].text = api->parts.endpoint;
	ret[STATE].text = state_name(api);
	ret[STATUS].text = api->status;
	ret[STARTED_AT].number = tree_wall_time(api, api->parts.started_at);
	ret[LOG_LEVEL].text = log_level_name(log_level());
}

/* One function for each method: what it takes to call it, and who then does it. */
#define METHOD(name, action, handler)                                                        \
	static int on_##name(sd_bus_message *m, void *userdata, sd_bus_error *error)         \
	{                                                                                    \
		return access_check(api_of(userdata), m, action, handler);                   \
	}

METHOD(read, ACCESS_READ, call_read)
METHOD(write, ACCESS_WRITE, call_write)
METHOD(execute, ACCESS_EXECUTE, call_execute)
METHOD(watch, ACCESS_READ, watch_add)
METHOD(unwatch, ACCESS_READ, watch_remove)
METHOD(register_object, ACCESS_PROVIDE, provide_add)
METHOD(unregister_object, ACCESS_PROVIDE, provide_remove)
METHOD(send, ACCESS_MANAGE, send_values)
METHOD(register, ACCESS_MANAGE, control_register_all)
METHOD(deregister, ACCESS_MANAGE, control_deregister_all)
METHOD(bootstrap, ACCESS_MANAGE, control_bootstrap)
METHOD(restart_plugin, ACCESS_MANAGE, control_restart_plugin)
METHOD(set_log_level, ACCESS_MANAGE, control_set_log_level)

/* access.c says who may. */
#define ANYBODY SD_BUS_VTABLE_UNPRIVILEGED

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	TREE_CONSTANT("Version", "s"),
	TREE_CONSTANT("Endpoint", "s"),
	TREE_PROPERTY("State", "s"),
	TREE_PROPERTY("Status", "s"),
	TREE_CONSTANT("StartedAt", "t"),
	TREE_PROPERTY("LogLevel", "s"),
	SD_BUS_METHOD_WITH_ARGS("Read", SD_BUS_ARGS("s", path), SD_BUS_RESULT("a(ssv)", values),
		on_read, ANYBODY),
	SD_BUS_METHOD_WITH_ARGS("Write", SD_BUS_ARGS("s", path, "v", value), SD_BUS_NO_RESULT,
		on_write, ANYBODY),
	SD_BUS_METHOD_WITH_ARGS("Execute", SD_BUS_ARGS("s", path, "s", arguments), SD_BUS_NO_RESULT,
		on_execute, ANYBODY),
	SD_BUS_METHOD_WITH_ARGS("Watch", SD_BUS_ARGS("s", path), SD_BUS_NO_RESULT, on_watch, ANYBODY),
	SD_BUS_METHOD_WITH_ARGS("Unwatch", SD_BUS_ARGS("s", path), SD_BUS_NO_RESULT, on_unwatch, ANYBODY),
	SD_BUS_METHOD_WITH_ARGS("Send", SD_BUS_ARGS("q", short_id, "as", paths), SD_BUS_NO_RESULT,
		on_send, ANYBODY),
	SD_BUS_METHOD_WITH_ARGS("Register", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, on_register, ANYBODY),
	SD_BUS_METHOD_WITH_ARGS("Deregister", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, on_deregister, ANYBODY),
	SD_BUS_METHOD_WITH_ARGS("Bootstrap", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, on_bootstrap, ANYBODY),
	SD_BUS_METHOD_WITH_ARGS("RestartPlugin", SD_BUS_ARGS("s", name), SD_BUS_NO_RESULT,
		on_restart_plugin, ANYBODY),
	SD_BUS_METHOD_WITH_ARGS("SetLogLevel", SD_BUS_ARGS("s", level), SD_BUS_NO_RESULT,
		on_set_log_level, ANYBODY),
	SD_BUS_METHOD_WITH_ARGS("RegisterObject",
		SD_BUS_ARGS("s", name, "o", path, "a{sv}", options, "a(qqsua(qyyyb))", objects,
			"a(qqba(qba(qv)))", instances),
		SD_BUS_NO_RESULT, on_register_object, ANYBODY),
	SD_BUS_METHOD_WITH_ARGS("UnregisterObject", SD_BUS_ARGS("s", name), SD_BUS_NO_RESULT,
		on_unregister_object, ANYBODY),
	SD_BUS_SIGNAL_WITH_ARGS("ObjectDropped", SD_BUS_ARGS("s", name, "s", reason), 0),
	SD_BUS_SIGNAL_WITH_ARGS("ValueChanged", SD_BUS_ARGS("s", path, "s", type, "v", value), 0),
	SD_BUS_SIGNAL_WITH_ARGS("Removed", SD_BUS_ARGS("s", path), 0),
	SD_BUS_VTABLE_END,
};

const struct node_kind manager_kind = {
	.interface = API_NAME,
	.vtable = vtable,
	.properties = properties,
	.n_properties = ELEMENTSOF(properties),
	.describe = describe,
};
