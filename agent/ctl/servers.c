/* SPDX-License-Identifier: Apache-2.0 */
#include "servers.h"

#include <string.h>

#include "json.h"
#include "table.h"
#include "times.h"

#define NEXT_MAX 128

static bool has_state(const struct tree_server *server, const char *state)
{
	return strcmp(server->state, state) == 0;
}

bool servers_is_registered(const struct tree_server *server)
{
	return has_state(server, "registered");
}

const char *servers_trouble(const struct tree_server *server)
{
	bool meant = servers_is_registered(server) || has_state(server, "deregistered") ||
		     has_state(server, "disabled");

	return meant ? "" : server->last_error;
}

enum colour servers_colour(const struct tree_server *server)
{
	if (servers_is_registered(server))
		return COLOUR_GOOD;
	return *servers_trouble(server) ? COLOUR_BAD : COLOUR_WARNING;
}

static void at(const char *what, usec_t time, usec_t now, char *text, size_t size)
{
	char point[TIMES_MAX], relative[TIMES_MAX];

	snprintf(text, size, "%s at %s, %s", what, times_point(time, now, point),
		times_relative(time, now, relative));
}

void servers_next(const struct tree_server *server, usec_t now, char *text, size_t size)
{
	if (servers_is_registered(server) && server->next_update_at > 0)
		at("registration update", server->next_update_at, now, text, size);
	else if (servers_is_registered(server))
		snprintf(text, size, "values, when they change");
	else if (has_state(server, "deregistered"))
		snprintf(text, size, "stays away until 'lwm2mctl register'");
	else if (has_state(server, "disabled") && server->next_try_at > 0)
		at("the server disabled it; back", server->next_try_at, now, text, size);
	else if (server->next_try_at > now)
		at("another try", server->next_try_at, now, text, size);
	else if (has_state(server, "unregistered") || has_state(server, "waiting"))
		snprintf(text, size, "waits for its turn");
	else
		snprintf(text, size, "an answer of the server");
}

static const char *security_words(const char *security)
{
	static const char *const words[][2] = { { "nosec", "no security" }, { "psk", "pre-shared key" },
		{ "rpk", "raw public key" }, { "x509", "certificate" }, { "est", "certificate by EST" },
		{ "oscore", "OSCORE" } };

	for (size_t i = 0; i < ELEMENTSOF(words); i++)
		if (strcmp(words[i][0], security) == 0)
			return words[i][1];
	return security;
}

void servers_manner(const struct tree_server *server, char *text, size_t size)
{
	snprintf(text, size, "%s%s%s%s%s", *server->version ? "LwM2M " : "", server->version,
		*server->version ? ", " : "", security_words(server->security),
		server->queue ? ", queue mode" : "");
}

json_t *servers_json(const struct tree_server *server)
{
	return json_pack("{s:s, s:i, s:s, s:s, s:o, s:o, s:b, s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:I}",
		"name", server->name, "short_id", server->short_id, "uri", server->uri, "state",
		server->state, "version", json_text(server->version), "binding", json_text(server->binding),
		"queue", server->queue, "security", server->security, "lifetime",
		(json_int_t)server->lifetime_s, "registered_at", json_time(server->registered_at),
		"next_update_at", json_time(server->next_update_at), "next_try_at",
		json_time(server->next_try_at), "last_error", json_text(server->last_error), "location",
		json_text(server->location), "observations", (json_int_t)server->observations);
}

/* "54 min": until what comes next. */
static void add_due(struct table *table, const struct tree_server *server, usec_t now)
{
	usec_t due = servers_is_registered(server) ? server->next_update_at : server->next_try_at;
	char text[TIMES_MAX];

	if (due <= now)
		table_add(table, "");
	else
		table_printf(table, "%s in %s", servers_is_registered(server) ? "update" : "try",
			times_span(due - now, text));
}

static int print_table(const struct ctl *ctl, const struct tree *tree)
{
	static const struct table_column columns[] = { { "ID", TABLE_RIGHT }, { "NAME", TABLE_CUT },
		{ "STATE" }, { "FOR" }, { "NEXT" }, { "URI" } };
	_cleanup_(table_deinit) struct table table = TABLE(columns);
	usec_t now = times_now();
	char text[TIMES_MAX];

	for (size_t i = 0; i < tree->n_servers; i++) {
		const struct tree_server *server = &tree->servers[i];

		table_printf(&table, "%u", server->short_id);
		table_add(&table, server->name);
		table_add_colour(&table, server->state, servers_colour(server));
		table_add(&table, server->registered_at && server->registered_at <= now ?
					  times_span(now - server->registered_at, text) :
					  "");
		add_due(&table, server, now);
		table_add(&table, server->uri);
	}
	return table_print(&table, &ctl->screen, ctl->out);
}

static void add_line(struct table *table, const char *name, const char *text)
{
	if (!*text)
		return;
	table_add(table, name);
	table_add(table, text);
}

static int print_one(const struct ctl *ctl, const struct tree_server *server)
{
	static const struct table_column columns[] = { { NULL }, { NULL } };
	_cleanup_(table_deinit) struct table table = TABLE(columns);
	usec_t now = times_now();
	char text[NEXT_MAX], point[TIMES_MAX], relative[TIMES_MAX];

	add_line(&table, "Server", server->name);
	snprintf(text, sizeof(text), "%u", server->short_id);
	add_line(&table, "Short id", text);
	add_line(&table, "URI", server->uri);
	table_add(&table, "State");
	table_add_colour(&table, server->state, servers_colour(server));
	if (server->registered_at) {
		snprintf(text, sizeof(text), "%s, %s", times_point(server->registered_at, now, point),
			times_relative(server->registered_at, now, relative));
		add_line(&table, "Since", text);
	}
	servers_next(server, now, text, sizeof(text));
	add_line(&table, "Next", text);
	add_line(&table, "Last error", server->last_error);
	add_line(&table, "LwM2M", server->version);
	add_line(&table, "Security", security_words(server->security));
	snprintf(text, sizeof(text), "%s%s", server->binding, server->queue ? ", queue mode" : "");
	add_line(&table, "Binding", text);
	if (server->lifetime_s > 0)
		add_line(&table, "Lifetime", times_span(usec_from_s(server->lifetime_s), point));
	add_line(&table, "Location", server->location);
	snprintf(text, sizeof(text), "%u", server->observations);
	add_line(&table, "Observations", text);
	return table_print(&table, &ctl->screen, ctl->out);
}

/* Why those that are not registered are not: their own lines, since they are long. */
static void print_errors(const struct ctl *ctl, const struct tree *tree)
{
	for (size_t i = 0; i < tree->n_servers; i++) {
		const struct tree_server *server = &tree->servers[i];

		if (*servers_trouble(server))
			ctl_note(ctl, COLOUR_BAD, "%s: %s", server->name, servers_trouble(server));
	}
}

static int print_json(const struct ctl *ctl, const struct tree *tree)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < tree->n_servers; i++)
		(void)json_array_append_new(array, servers_json(&tree->servers[i]));
	return json_print(ctl, array);
}

int servers_show(struct ctl *ctl, size_t argc, char **argv)
{
	_cleanup_(tree_deinit) struct tree tree = { 0 };
	const struct tree_server *server;
	int r = tree_read(ctl, &tree);

	if (r != OUTCOME_DONE)
		return r;
	if (argc == 1) {
		r = tree_take_server(ctl, &tree, argv[0], &server);
		if (r != OUTCOME_DONE)
			return r;
		return ctl->json ? json_print(ctl, servers_json(server)) : print_one(ctl, server);
	}
	if (ctl->json)
		return print_json(ctl, &tree);
	if (tree.n_servers == 0)
		return ctl_fail(ctl, OUTCOME_DONE,
			"No server is configured. One is a section [server.NAME] of\n"
			"/etc/lwm2m-agent/agent.conf: lwm2m-agent.conf(5).");
	r = print_table(ctl, &tree);
	print_errors(ctl, &tree);
	return r;
}
