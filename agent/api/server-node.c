/* SPDX-License-Identifier: Apache-2.0 */
/* org.lwm2m.Agent1.Server: one account, and what goes on with its server. */
#include <stdio.h>
#include <stdlib.h>

#include "api/api-internal.h"

enum {
	NAME,
	SHORT_ID,
	URI,
	STATE,
	VERSION,
	BINDING,
	QUEUE,
	SECURITY,
	LIFETIME,
	REGISTERED_AT,
	NEXT_UPDATE_AT,
	NEXT_TRY_AT,
	LAST_ERROR,
	LOCATION,
	OBSERVATIONS,
};

static const struct node_property properties[] = {
	[NAME] = { "Name", "s" },
	[SHORT_ID] = { "ShortId", "q" },
	[URI] = { "Uri", "s" },
	[STATE] = { "State", "s" },
	[VERSION] = { "Version", "s" },
	[BINDING] = { "Binding", "s" },
	[QUEUE] = { "Queue", "b" },
	[SECURITY] = { "Security", "s" },
	[LIFETIME] = { "Lifetime", "u" },
	[REGISTERED_AT] = { "RegisteredAt", "t" },
	[NEXT_UPDATE_AT] = { "NextUpdateAt", "t" },
	[NEXT_TRY_AT] = { "NextTryAt", "t" },
	[LAST_ERROR] = { "LastError", "s" },
	[LOCATION] = { "Location", "s" },
	[OBSERVATIONS] = { "Observations", "u", true },
};

struct server *server_node_get(const struct node *node)
{
	return servers_find_short_id(node->branch->api->parts.servers, node->id);
}

static const char *security_name(enum security_mode mode)
{
	static const char *const names[] = {
		[SECURITY_PSK] = "psk", [SECURITY_RPK] = "rpk", [SECURITY_X509] = "x509",
		[SECURITY_NOSEC] = "nosec", [SECURITY_EST] = "est",
	};

	return (unsigned int)mode < ELEMENTSOF(names) ? names[mode] : "";
}

static const char *state_name(const struct server *server, const struct registration *registration, bool left)
{
	switch (registration->state) {
	case REGISTRATION_CONNECTING:
		return "connecting";
	case REGISTRATION_REGISTERING:
		return "registering";
	case REGISTRATION_REGISTERED:
	case REGISTRATION_UPDATING:
		return "registered";
	case REGISTRATION_DEREGISTERING:
		return "deregistering";
	case REGISTRATION_WAITING:
		return registration->passed && !registration->retrying ? "disabled" : "waiting";
	default:
		if (left)
			return "deregistered";
		return registration->in_line ? "waiting" : !server->enabled ? "disabled" : "unregistered";
	}
}

static bool is_registered(const struct registration *registration)
{
	return registration->state == REGISTRATION_REGISTERED || registration->state == REGISTRATION_UPDATING;
}

static void describe_account(const struct server *server, struct fact *ret)
{
	ret[NAME].text = server->name;
	ret[SHORT_ID].number = server->short_id;
	ret[URI].text = server->uri ? server->uri : "";
	ret[BINDING].text = server->binding;
	ret[QUEUE].number = server->queue;
	ret[SECURITY].text = security_name(server->mode);
	ret[LIFETIME].number = server->lifetime_s;
}

static void describe_registration(const struct node *node, const struct server *server,
	const struct registration *registration, struct fact *ret)
{
	struct api *api = node->branch->api;
	struct bytes location = buffer_bytes(&registration->location);

	ret[STATE].text = state_name(server, registration, node->left);
	ret[VERSION].text = version_name(registration->version);
	ret[REGISTERED_AT].number = tree_wall_time(api, node->registered_at);
	if (is_registered(registration))
		ret[NEXT_UPDATE_AT].number = tree_wall_time(api, registration->deadline);
	if (registration->state == REGISTRATION_WAITING)
		ret[NEXT_TRY_AT].number = tree_wall_time(api, registration->deadline);
	ret[LAST_ERROR].text = node->last_error ? node->last_error : "";
	snprintf(api->scratch, sizeof(api->scratch), "%.*s", (int)location.len, (const char *)location.data);
	ret[LOCATION].text = api->scratch;
	ret[OBSERVATIONS].number = engine_count_observations(api->parts.engine, server);
}

/* For the moment in which an account is gone and its node is not yet. */
static void describe_nothing(struct fact *ret)
{
	for (size_t i = 0; i < ELEMENTSOF(properties); i++)
		ret[i] = properties[i].signature[0] == 's' ? (struct fact){ .text = "" } : (struct fact){ 0 };
}

static void describe(const struct node *node, struct fact *ret)
{
	const struct engine *engine = node->branch->api->parts.engine;
	const struct server *server = server_node_get(node);
	const struct registration *registration = server ? engine_registration(engine, server) : NULL;

	describe_nothing(ret);
	if (!registration)
		return;
	describe_account(server, ret);
	describe_registration(node, server, registration, ret);
}

void server_node_event(struct api *api, const struct effect *effect, const char *why)
{
	struct node *node;

	list_for_each(node, &api->servers.nodes, link)
		if (!effect->server->bootstrap && node->id == effect->server->short_id)
			break;
	if (&node->link == &api->servers.nodes)
		return;
	switch (effect->event) {
	case EVENT_REGISTERED:
		node->registered_at = usec_now();
		break;
	case EVENT_UPDATED:
		node->registered_at = node->registered_at ? node->registered_at : usec_now();
		break;
	case EVENT_DEREGISTERED:
	case EVENT_LOST:
	case EVENT_FAILED:
		node->registered_at = 0;
		break;
	case EVENT_UNREACHABLE:
		break;
	default:
		return;
	}
	free(node->last_error);
	node->last_error = why ? strdup(why) : NULL;
}

void server_nodes_refresh(struct api *api)
{
	struct server *server;
	char name[8];

	list_for_each(server, &api->parts.servers->list, link) {
		struct node *node;

		if (server->bootstrap)
			continue;
		snprintf(name, sizeof(name), "%u", server->short_id);
		node = tree_see(&api->servers, name, server->short_id);
		if (node)
			tree_tell(node);
	}
	tree_sweep(&api->servers);
}

static int on_register(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct node *node = userdata;

	return access_check(node->branch->api, m, ACCESS_MANAGE, control_register);
}

static int on_deregister(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct node *node = userdata;

	return access_check(node->branch->api, m, ACCESS_MANAGE, control_deregister);
}

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	TREE_CONSTANT("Name", "s"),
	TREE_CONSTANT("ShortId", "q"),
	TREE_PROPERTY("Uri", "s"),
	TREE_PROPERTY("State", "s"),
	TREE_PROPERTY("Version", "s"),
	TREE_PROPERTY("Binding", "s"),
	TREE_PROPERTY("Queue", "b"),
	TREE_PROPERTY("Security", "s"),
	TREE_PROPERTY("Lifetime", "u"),
	TREE_PROPERTY("RegisteredAt", "t"),
	TREE_PROPERTY("NextUpdateAt", "t"),
	TREE_PROPERTY("NextTryAt", "t"),
	TREE_PROPERTY("LastError", "s"),
	TREE_PROPERTY("Location", "s"),
	TREE_SILENT("Observations", "u"),
	SD_BUS_METHOD("Register", NULL, NULL, on_register, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Deregister", NULL, NULL, on_deregister, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

const struct node_kind server_node_kind = {
	.interface = API_NAME ".Server",
	.folder = API_PATH "/servers",
	.numbered = true,
	.vtable = vtable,
	.properties = properties,
	.n_properties = ELEMENTSOF(properties),
	.describe = describe,
};
