/* SPDX-License-Identifier: Apache-2.0 */
/* Register, Deregister, RestartPlugin, SetLogLevel: what an administrator steers by hand. */
#include "api/api-internal.h"
#include "base/log.h"

static int register_one(struct api *api, struct node *node)
{
	const struct server *server = server_node_get(node);
	int r = api->stopping ? -ESHUTDOWN :
		server	      ? engine_register(api->parts.engine, usec_now(), server) :
				-ENOENT;

	node->left = node->left && r < 0;
	api->dirty = true;
	return r;
}

static int deregister_one(struct api *api, struct node *node)
{
	const struct server *server = server_node_get(node);

	if (!server)
		return -ENOENT;
	engine_deregister(api->parts.engine, usec_now(), server);
	node->left = true;
	api->dirty = true;
	return 0;
}

static int answer(sd_bus_message *m, int error)
{
	if (error == -EBUSY)
		return fault_replyf(m, API_ERROR "Busy",
			"The agent is just de-registering from this server; try again in a moment");
	if (error == -ESHUTDOWN)
		return fault_replyf(m, API_ERROR "Busy", "The agent is just ending, or being reloaded");
	if (error == -ENOENT)
		return fault_replyf(m, API_ERROR "NotFound",
			"There is no server; see [server.NAME] in lwm2m-agent.conf(5)");
	return error < 0 ? error : sd_bus_reply_method_return(m, "");
}

static int for_one(struct api *api, sd_bus_message *m, int (*call)(struct api *api, struct node *node))
{
	struct node *node = tree_find(&api->servers, m);

	return answer(m, node ? call(api, node) : -ENOENT);
}

static int for_all(struct api *api, sd_bus_message *m, int (*call)(struct api *api, struct node *node))
{
	int result = -ENOENT;
	struct node *node;

	list_for_each(node, &api->servers.nodes, link) {
		int r = call(api, node);

		result = result == -ENOENT || r < 0 ? r : result;
	}
	return answer(m, result);
}

int control_register_all(struct api *api, sd_bus_message *m)
{
	return for_all(api, m, register_one);
}

int control_register(struct api *api, sd_bus_message *m)
{
	return for_one(api, m, register_one);
}

int control_deregister_all(struct api *api, sd_bus_message *m)
{
	return for_all(api, m, deregister_one);
}

int control_deregister(struct api *api, sd_bus_message *m)
{
	return for_one(api, m, deregister_one);
}

int control_bootstrap(struct api *api, sd_bus_message *m)
{
	int r = engine_bootstrap(api->parts.engine, usec_now());

	if (r == -ENOENT)
		return fault_replyf(m, API_ERROR "NotFound",
			"There is no Bootstrap-Server; see [bootstrap] in lwm2m-agent.conf(5)");
	return r < 0 ? r : sd_bus_reply_method_return(m, "");
}

static int restart(struct api *api, sd_bus_message *m, const char *name)
{
	int r = supervisor_restart(api->parts.supervisor, name);

	if (r == -ENOENT)
		return fault_replyf(
			m, API_ERROR "NotFound", "There is no plugin '%s'; see lwm2mctl plugins", name);
	if (r == -EINVAL)
		return fault_replyf(m, API_ERROR "NotAllowed",
			"Plugin %s is disabled: its configuration has enabled = no", name);
	api->dirty = true;
	return r < 0 ? r : sd_bus_reply_method_return(m, "");
}

int control_restart_plugin(struct api *api, sd_bus_message *m)
{
	const char *name;
	int r = sd_bus_message_read(m, "s", &name);

	return r < 0 ? r : restart(api, m, name);
}

int control_restart(struct api *api, sd_bus_message *m)
{
	const struct node *node = tree_find(&api->plugins, m);

	return node ? restart(api, m, node->name) : -ENOENT;
}

int control_set_log_level(struct api *api, sd_bus_message *m)
{
	const char *name;
	int level, r = sd_bus_message_read(m, "s", &name);

	if (r < 0)
		return r;
	level = log_level_parse(name);
	if (level < 0)
		return fault_replyf(m, API_ERROR "BadValue",
			"No log level '%s': it is error, warning, notice, info or debug", name);
	log_set_level(level);
	api->dirty = true;
	return sd_bus_reply_method_return(m, "");
}
