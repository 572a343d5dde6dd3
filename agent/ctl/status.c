/* SPDX-License-Identifier: Apache-2.0 */
#include "status.h"

#include <string.h>

#include "base/bytes.h"
#include "json.h"
#include "objects.h"
#include "plugins.h"
#include "servers.h"
#include "table.h"
#include "times.h"

#define LINE_MAX_BYTES 512

static size_t count_registered(const struct tree *tree)
{
	size_t n = 0;

	for (size_t i = 0; i < tree->n_servers; i++)
		n += servers_is_registered(&tree->servers[i]);
	return n;
}

/* "main", "main and backup", "main, backup and 3 more". */
static int name_servers(const struct tree *tree, bool registered, struct buffer *buffer)
{
	size_t all = registered ? count_registered(tree) : tree->n_servers, named = 0;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < tree->n_servers; i++) {
		if (registered && !servers_is_registered(&tree->servers[i]))
			continue;
		if (named == 2 && all > 3) {
			r = buffer_printf(buffer, " and %zu more", all - named);
			break;
		}
		r = buffer_printf(buffer, "%s%s",
			named == 0       ? "" :
			named + 1 == all ? " and " :
					   ", ",
			tree->servers[i].name);
		named++;
	}
	return r < 0 ? r : buffer_append_byte(buffer, '\0');
}

/* Without a server, and without a bootstrap server that could name one. */
static bool is_unconfigured(const struct tree *tree)
{
	return tree->n_servers == 0 && (!*tree->state || strcmp(tree->state, "unconfigured") == 0);
}

static int print_headline(const struct ctl *ctl, const struct tree *tree)
{
	_cleanup_(buffer_deinit) struct buffer names = { 0 };
	size_t registered = count_registered(tree);
	enum colour colour = registered > 0 && registered == tree->n_servers ? COLOUR_GOOD : COLOUR_WARNING;
	const char *mark = !ctl->screen.utf8 ? "*" : registered ? "●" : "○";
	int r = name_servers(tree, registered > 0, &names);

	if (r < 0)
		return r;
	if (registered > 0)
		ctl_note(ctl, colour, "%s %s is managed by %s", mark, tree->endpoint,
			(const char *)names.data);
	else if (is_unconfigured(tree))
		ctl_note(ctl, colour, "%s %s is not managed: no server is configured", mark, tree->endpoint);
	else if (tree->n_servers == 0)
		ctl_note(ctl, colour, "%s %s is not managed yet: %s", mark, tree->endpoint, tree->status);
	else
		ctl_note(ctl, colour, "%s %s is not managed now: not registered with %s", mark,
			tree->endpoint, (const char *)names.data);
	return 0;
}

static void add_server(struct table *table, const struct tree_server *server, usec_t now)
{
	char text[LINE_MAX_BYTES], point[TIMES_MAX], relative[TIMES_MAX];

	servers_manner(server, text, sizeof(text));
	table_add(table, "  Server");
	table_printf(table, "%s, %.200s, %.200s", server->name, server->uri, text);
	if (servers_is_registered(server)) {
		table_add(table, "  Since");
		if (server->registered_at == 0)
			table_add(table, "before this agent was started");
		else
			table_printf(table, "%s, %s", times_point(server->registered_at, now, point),
				times_relative(server->registered_at, now, relative));
	} else {
		snprintf(text, sizeof(text), "%s%s%s", server->state, *servers_trouble(server) ? ": " : "",
			servers_trouble(server));
		table_add(table, "  State");
		table_add_colour(table, text, servers_colour(server));
	}
	servers_next(server, now, text, sizeof(text));
	table_add(table, "  Next");
	table_add(table, text);
}

static void add_unconfigured(struct table *table)
{
	table_add(table, "  Next");
	table_add(table,
		"a section [server.NAME] in /etc/lwm2m-agent/agent.conf says which server is to manage it: "
		"lwm2m-agent.conf(5)");
}

static void add_agent(struct table *table, const struct tree *tree, usec_t now)
{
	char span[TIMES_MAX];

	table_add(table, "  Agent");
	table_printf(table, "lwm2m-agent %s, up %s; %zu object%s, %zu plugin%s", tree->version,
		times_span(now > tree->started_at ? now - tree->started_at : 0, span), tree->n_objects,
		tree->n_objects == 1 ? "" : "s", tree->n_plugins, tree->n_plugins == 1 ? "" : "s");
}

/* What an administrator has to look at. */
static void add_trouble(struct table *table, const struct tree *tree)
{
	char text[LINE_MAX_BYTES];

	for (size_t i = 0; i < tree->n_plugins; i++) {
		const struct tree_plugin *plugin = &tree->plugins[i];

		if (!plugins_is_trouble(plugin))
			continue;
		snprintf(text, sizeof(text), "plugin %s %s%s%s; see 'lwm2mctl plugins'", plugin->name,
			plugins_words(plugin), *plugin->last_error ? ": " : "", plugin->last_error);
		table_add_colour(table, "  Trouble", COLOUR_BAD);
		table_add(table, text);
	}
}

static int print_people(const struct ctl *ctl, const struct tree *tree)
{
	static const struct table_column columns[] = { { NULL }, { NULL } };
	_cleanup_(table_deinit) struct table table = TABLE(columns);
	usec_t now = times_now();
	int r = print_headline(ctl, tree);

	if (r < 0)
		return r;
	for (size_t i = 0; i < tree->n_servers; i++)
		add_server(&table, &tree->servers[i], now);
	if (is_unconfigured(tree)) {
		add_unconfigured(&table);
	} else if (strcmp(tree->state, "bootstrapping") == 0) {
		table_add(&table, "  Next");
		table_add(&table, "accounts from the bootstrap server");
	}
	add_agent(&table, tree, now);
	add_trouble(&table, tree);
	return table_print(&table, &ctl->screen, ctl->out);
}

static int print_json(const struct ctl *ctl, const struct tree *tree)
{
	json_t *servers = json_array(), *objects = json_array(), *plugins = json_array();

	for (size_t i = 0; i < tree->n_servers; i++)
		(void)json_array_append_new(servers, servers_json(&tree->servers[i]));
	for (size_t i = 0; i < tree->n_objects; i++)
		(void)json_array_append_new(objects, objects_json(&tree->objects[i]));
	for (size_t i = 0; i < tree->n_plugins; i++)
		(void)json_array_append_new(plugins, plugins_json(&tree->plugins[i]));
	return json_print(ctl,
		json_pack("{s:s, s:b, s:s, s:s, s:s, s:o, s:s, s:o, s:o, s:o}", "endpoint", tree->endpoint,
			"managed", count_registered(tree) > 0, "state", tree->state, "status", tree->status,
			"version", tree->version, "started_at", json_time(tree->started_at), "log_level",
			tree->log_level, "servers", servers, "objects", objects, "plugins", plugins));
}

int status_show(struct ctl *ctl, size_t argc, char **argv)
{
	_cleanup_(tree_deinit) struct tree tree = { 0 };
	int r = tree_read(ctl, &tree);

	if (r != OUTCOME_DONE)
		return r;
	return ctl->json ? print_json(ctl, &tree) : print_people(ctl, &tree);
}
