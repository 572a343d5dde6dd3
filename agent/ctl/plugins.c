/* SPDX-License-Identifier: Apache-2.0 */
#include "plugins.h"

#include <errno.h>
#include <string.h>

#include "json.h"
#include "table.h"
#include "text.h"
#include "times.h"

json_t *plugins_json(const struct tree_plugin *plugin)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:I, s:o, s:o, s:o, s:o}", "name", plugin->name, "module",
		plugin->module, "state", plugin->state, "isolation", plugin->isolation, "pid",
		plugin->pid ? json_integer(plugin->pid) : json_null(), "restarts",
		(json_int_t)plugin->restarts, "started_at", json_time(plugin->started_at), "next_try_at",
		json_time(plugin->next_try_at), "last_error", json_text(plugin->last_error), "objects",
		json_ids(plugin->objects, plugin->n_objects));
}

bool plugins_is_trouble(const struct tree_plugin *plugin)
{
	return strcmp(plugin->state, "failed") == 0 || strcmp(plugin->state, "waiting") == 0;
}

const char *plugins_words(const struct tree_plugin *plugin)
{
	return strcmp(plugin->state, "waiting") == 0 ? "waits to be started again" : "has failed";
}

static enum colour colour_of(const struct tree_plugin *plugin)
{
	if (strcmp(plugin->state, "running") == 0)
		return COLOUR_GOOD;
	return strcmp(plugin->state, "failed") == 0  ? COLOUR_BAD :
	       strcmp(plugin->state, "waiting") == 0 ? COLOUR_WARNING :
						       COLOUR_NONE;
}

/* How long it runs, or until it is tried again. */
static void add_for(struct table *table, const struct tree_plugin *plugin, usec_t now)
{
	char text[TIMES_MAX];

	if (strcmp(plugin->state, "running") == 0 && plugin->started_at > 0 && plugin->started_at <= now)
		table_add(table, times_span(now - plugin->started_at, text));
	else if (plugin->next_try_at > now)
		table_printf(table, "try in %s", times_span(plugin->next_try_at - now, text));
	else
		table_add(table, "");
}

static int by_number(const void *a, const void *b)
{
	return *(const uint16_t *)a - *(const uint16_t *)b;
}

static void add_objects(struct table *table, const struct tree_plugin *plugin)
{
	_cleanup_(buffer_deinit) struct buffer text = { 0 };
	_cleanup_(freep) uint16_t *ids = calloc(plugin->n_objects + 1, sizeof(*ids));

	if (!ids) {
		table->error = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < plugin->n_objects; i++)
		ids[i] = plugin->objects[i];
	qsort(ids, plugin->n_objects, sizeof(*ids), by_number);
	for (size_t i = 0; i < plugin->n_objects; i++)
		(void)buffer_printf(&text, "%s%u", i ? " " : "", ids[i]);
	if (buffer_append_byte(&text, '\0') >= 0)
		table_add(table, (const char *)text.data);
}

static void add_row(struct table *table, const struct tree_plugin *plugin, usec_t now)
{
	table_add(table, plugin->name);
	table_add_colour(table, plugin->state, colour_of(plugin));
	add_for(table, plugin, now);
	if (plugin->pid > 0)
		table_printf(table, "%u", plugin->pid);
	else
		table_add(table, "");
	table_printf(table, "%u", plugin->restarts);
	table_add(table, strcmp(plugin->isolation, "none") == 0 ? "the agent" : "its own");
	add_objects(table, plugin);
}

static int print_people(const struct ctl *ctl, const struct tree *tree)
{
	static const struct table_column columns[] = { { "PLUGIN", TABLE_CUT }, { "STATE" }, { "FOR" },
		{ "PID", TABLE_RIGHT }, { "RESTARTS", TABLE_RIGHT }, { "PROCESS" }, { "OBJECTS" } };
	_cleanup_(table_deinit) struct table table = TABLE(columns);
	usec_t now = times_now();
	int r;

	if (tree->n_plugins == 0)
		return ctl_fail(ctl, OUTCOME_DONE,
			"No plugin is configured. Each has a file in /etc/lwm2m-agent/plugins.d.");
	for (size_t i = 0; i < tree->n_plugins; i++)
		add_row(&table, &tree->plugins[i], now);
	r = table_print(&table, &ctl->screen, ctl->out);
	for (size_t i = 0; i < tree->n_plugins; i++) {
		const struct tree_plugin *plugin = &tree->plugins[i];

		if (*plugin->last_error && plugins_is_trouble(plugin))
			ctl_note(ctl, COLOUR_BAD, "%s: %s", plugin->name, plugin->last_error);
		if (strcmp(plugin->state, "failed") == 0)
			ctl_note(ctl, COLOUR_NONE, "'lwm2mctl plugins restart %s' starts it again.",
				plugin->name);
	}
	return r;
}

static int restart(struct ctl *ctl, const char *name)
{
	_cleanup_(tree_deinit) struct tree tree = { 0 };
	const struct tree_plugin *plugin;
	char what[64];
	int r = tree_read(ctl, &tree);

	if (r == OUTCOME_DONE)
		r = tree_take_plugin(ctl, &tree, name, &plugin);
	if (r != OUTCOME_DONE)
		return r;
	snprintf(what, sizeof(what), "Cannot restart plugin %.32s", name);
	r = connection_agent(ctl, what, "RestartPlugin", "s", name);
	return r != OUTCOME_DONE ?
		       r :
		       ctl_done(ctl, "%s is being restarted: 'lwm2mctl plugins' shows how it goes.", name);
}

int plugins_run(struct ctl *ctl, size_t argc, char **argv)
{
	_cleanup_(tree_deinit) struct tree tree = { 0 };
	json_t *array;
	int r;

	if (argc > 0 && strcmp(argv[0], "restart") != 0)
		return ctl_fail(ctl, OUTCOME_USAGE, "plugins can do 'restart PLUGIN', not '%s'", argv[0]);
	if (argc == 1)
		return ctl_fail(ctl, OUTCOME_USAGE, "Which plugin? It is 'lwm2mctl plugins restart PLUGIN'.");
	if (argc == 2)
		return restart(ctl, argv[1]);
	r = tree_read(ctl, &tree);
	if (r != OUTCOME_DONE)
		return r;
	if (!ctl->json)
		return print_people(ctl, &tree);
	array = json_array();
	for (size_t i = 0; array && i < tree.n_plugins; i++)
		(void)json_array_append_new(array, plugins_json(&tree.plugins[i]));
	return json_print(ctl, array);
}
