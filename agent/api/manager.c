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

/* The best that can be said of any server. */
static const char *state_name(const struct api *api)
{
	const struct server *server;
	const char *name = "unconfigured";
	bool trying = false;

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

static int on_read(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	return access_check(api_of(userdata), m, ACCESS_READ, call_read, NULL);
}

static int on_write(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	return access_check(api_of(userdata), m, ACCESS_WRITE, call_write, NULL);
}

static int on_execute(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	return access_check(api_of(userdata), m, ACCESS_EXECUTE, call_execute, NULL);
}

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	TREE_CONSTANT("Version", "s"),
	TREE_CONSTANT("Endpoint", "s"),
	TREE_PROPERTY("State", "s"),
	TREE_PROPERTY("Status", "s"),
	TREE_CONSTANT("StartedAt", "t"),
	TREE_PROPERTY("LogLevel", "s"),
	SD_BUS_METHOD_WITH_ARGS("Read", SD_BUS_ARGS("s", path), SD_BUS_RESULT("a(ssv)", values), on_read,
		SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("Write", SD_BUS_ARGS("s", path, "v", value), SD_BUS_NO_RESULT, on_write,
		SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("Execute", SD_BUS_ARGS("s", path, "s", arguments), SD_BUS_NO_RESULT, on_execute,
		SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

const struct node_kind manager_kind = {
	.interface = API_NAME,
	.vtable = vtable,
	.properties = properties,
	.n_properties = ELEMENTSOF(properties),
	.describe = describe,
};
