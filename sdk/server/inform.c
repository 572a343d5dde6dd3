/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs that ask no client: list, show, wait, events. */
#include <math.h>

#include "command.h"
#include "daemon.h"
#include "model.h"

static const char *const event_names[] = {
	[CLIENTS_REGISTERED] = "registered",
	[CLIENTS_UPDATED] = "updated",
	[CLIENTS_DEREGISTERED] = "deregistered",
	[CLIENTS_EXPIRED] = "expired",
	[CLIENTS_REPLACED] = "replaced",
};

double inform_wall_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return floor((double)t.tv_sec * 1000 + (double)t.tv_nsec / 1e6) / 1000;
}

static json_t *client_to_json(const struct client *client, const char *kind)
{
	char address[TRANSPORT_ADDRESS_MAX] = "", security[TRANSPORT_ADDRESS_MAX] = "";
	usec_t now = usec_now();
	json_t *json;

	if (client->session) {
		transport_address(client->session, address);
		transport_security(client->session, security);
	}
	json = json_pack("{s:s, s:s, s:s, s:s, s:s*, s:b, s:s*, s:i, s:s*, s:s*, s:s}", "kind", kind,
		"endpoint", client->endpoint, "address", address, "version", client->version, "binding",
		client->binding, "queue", client->queue, "sms", client->sms, "lifetime",
		(json_int_t)client->lifetime_s, "identity", client->identity, "dtls",
		*security ? security : NULL, "location", client->location);
	if (json && client->expires != USEC_INFINITY)
		(void)json_object_set_new(json, "left",
			json_integer((json_int_t)((client->expires > now ? client->expires - now : 0) /
						  USEC_PER_SEC)));
	return json;
}

void inform_list(struct command *command)
{
	struct client *client;

	list_for_each(client, &command->daemon->clients.list, link)
		command_answer(command, client_to_json(client, "client"));
	command_end(command, 0);
}

/* The links of one object, as registered: the object's own, and its instances. */
static json_t *object_to_json(const struct client *client, uint16_t object)
{
	json_t *instances = json_array();
	struct bytes version = { 0 };

	for (size_t i = 0; i < client->links.count; i++) {
		const struct links_entry *entry = &client->links.entries[i];

		if (entry->path.depth == PATH_ROOT || entry->path.ids[0] != object)
			continue;
		if (entry->path.depth == PATH_OBJECT)
			(void)links_attribute(entry->attributes, "ver", &version);
		else
			(void)json_array_append_new(instances, json_integer(entry->path.ids[1]));
	}
	return json_pack("{s:i, s:s*, s:o*, s:o}", "object", (int)object, "name", definition_object_name(object),
		"version", version.len ? values_text(version) : NULL, "instances", instances);
}

static json_t *objects_to_json(const struct client *client)
{
	json_t *objects = json_array();
	bool done;

	for (size_t i = 0; i < client->links.count; i++) {
		const struct path *path = &client->links.entries[i].path;

		done = path->depth == PATH_ROOT;
		for (size_t before = 0; !done && before < i; before++)
			done = client->links.entries[before].path.depth > PATH_ROOT &&
			       client->links.entries[before].path.ids[0] == path->ids[0];
		if (!done)
			(void)json_array_append_new(objects, object_to_json(client, path->ids[0]));
	}
	return objects;
}

void inform_show(struct command *command)
{
	const struct client *client = command_client(command);
	json_t *json;

	if (!client)
		return;
	json = client_to_json(client, "show");
	if (json)
		(void)json_object_set_new(json, "objects", objects_to_json(client));
	command_answer(command, json);
	command_end(command, 0);
}

static void tell(struct command *command, const char *event, const struct client *client, json_t *values)
{
	json_t *json = client_to_json(client, "event");

	if (json) {
		(void)json_object_set_new(json, "event", json_string(event));
		(void)json_object_set_new(json, "time", json_real(inform_wall_clock()));
		if (values)
			(void)json_object_set(json, "values", values);
	}
	command_answer(command, json);
	if (command->call.count > 0 && ++command->answered >= command->call.count)
		command_end(command, 0);
}

static int on_wait_over(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct command *command = userdata;

	command_fail(command, 0, "%s did not register within %u s", command->call.endpoint,
		command->call.timeout_s);
	return 0;
}

void inform_wait(struct command *command)
{
	const struct client *client = clients_find(&command->daemon->clients, command->call.endpoint);

	if (!client) {
		(void)command_set_timer(command, command->call.timeout_s, on_wait_over);
		return;
	}
	command_answer(command, client_to_json(client, "client"));
	command_end(command, 0);
}

static int on_events_over(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct command *command = userdata;

	if (command->call.count > 0)
		command_fail(command, 0, "Only %u of %u events within %u s", command->answered,
			command->call.count, command->call.timeout_s);
	else
		command_end(command, 0);
	return 0;
}

void inform_events(struct command *command)
{
	(void)command_set_timer(command, command->call.timeout_s, on_events_over);
}

/* Telling one may end it, and with it nobody else: the list's next member stays. */
void inform_event(struct daemon *daemon, enum clients_event event, const struct client *client)
{
	struct command *command, *safe;

	list_for_each_safe(command, safe, &daemon->commands, link) {
		if (command->call.verb->id == VERB_EVENTS) {
			tell(command, event_names[event], client, NULL);
		} else if (command->call.verb->id == VERB_WAIT && event == CLIENTS_REGISTERED &&
			   strcmp(command->call.endpoint, client->endpoint) == 0) {
			command_answer(command, client_to_json(client, "client"));
			command_end(command, 0);
		}
	}
}

void inform_send(struct daemon *daemon, const struct client *client, json_t *values)
{
	struct command *command, *safe;

	list_for_each_safe(command, safe, &daemon->commands, link)
		if (command->call.verb->id == VERB_EVENTS)
			tell(command, "sent", client, values);
}
