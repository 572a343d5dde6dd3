/* SPDX-License-Identifier: Apache-2.0 */
#include "update.h"

#include <errno.h>
#include <string.h>

#include "data.h"
#include "json.h"
#include "table.h"
#include "tree.h"

struct word {
	int64_t number;
	const char *text;
};

static const struct word firmware_states[] = { { 0, "idle" }, { 1, "downloading" },
	{ 2, "downloaded, to be installed" }, { 3, "installing" }, { -1, NULL } };
static const struct word firmware_results[] = { { 0, "" }, { 1, "installed" }, { 2, "not enough storage" },
	{ 3, "not enough memory" }, { 4, "connection lost while downloading" }, { 5, "damaged on the way" },
	{ 6, "a type of package that is not supported" }, { 7, "a wrong URI" }, { 8, "installing failed" },
	{ 9, "a protocol that is not supported" }, { 10, "cancelled" }, { 11, "deferred" }, { -1, NULL } };
static const struct word software_states[] = { { 0, "none" }, { 1, "downloading" }, { 2, "downloaded" },
	{ 3, "checked, to be installed" }, { 4, "installed" }, { -1, NULL } };
static const struct word software_results[] = { { 0, "" }, { 1, "downloading" }, { 2, "installed" },
	{ 3, "downloaded and checked" }, { 50, "not enough storage" }, { 51, "not enough memory" },
	{ 52, "connection lost while downloading" }, { 53, "damaged on the way" },
	{ 54, "a type of package that is not supported" }, { 56, "a wrong URI" },
	{ 57, "the device refused it" }, { 58, "installing failed" }, { 59, "removing failed" },
	{ -1, NULL } };

/* Where the two objects have what they have alike. */
static const struct layout {
	uint16_t object, name, version, state, result;
	const struct word *states, *results;
	const char *what;
} layouts[] = {
	{ 5, 6, 7, 3, 5, firmware_states, firmware_results, "firmware" },
	{ 9, 0, 1, 7, 9, software_states, software_results, "software" },
};

#define TEXT_MAX 128

/* One instance, while its resources come in. */
struct instance {
	uint16_t id;
	char name[TEXT_MAX], version[TEXT_MAX];
	int64_t state, result;
};

struct updates {
	const struct ctl *ctl;
	const struct layout *layout;
	struct table table;
	json_t *array;
	struct instance instance;
	bool has_instance;
};

static const char *word_of(const struct word *words, int64_t number)
{
	for (; words->text; words++)
		if (words->number == number)
			return words->text;
	return "?";
}

/* The instance is complete. */
static int finish(struct updates *updates)
{
	const struct layout *layout = updates->layout;
	const struct instance *instance = &updates->instance;
	const char *state = word_of(layout->states, instance->state),
		   *result = word_of(layout->results, instance->result);

	if (!updates->has_instance)
		return OUTCOME_DONE;
	updates->has_instance = false;
	if (updates->array)
		return json_array_append_new(updates->array,
			       json_pack("{s:s, s:i, s:o, s:o, s:I, s:s, s:I, s:o}", "kind", layout->what,
				       "instance", instance->id, "package", json_text(instance->name),
				       "version", json_text(instance->version), "state",
				       (json_int_t)instance->state, "state_text", state, "result",
				       (json_int_t)instance->result, "result_text", json_text(result))) < 0 ?
			       -ENOMEM :
			       OUTCOME_DONE;
	table_printf(&updates->table, "/%u/%u", layout->object, instance->id);
	table_add(&updates->table, layout->what);
	table_add(&updates->table, *instance->name ? instance->name : "-");
	table_add(&updates->table, instance->version);
	table_add(&updates->table, state);
	table_add_colour(&updates->table, result,
		instance->result > (layout->object == 5 ? 1 : 3) ? COLOUR_BAD : COLOUR_NONE);
	return OUTCOME_DONE;
}

static int take(void *userdata, const struct path *path, const struct value *value)
{
	struct updates *updates = userdata;
	const struct layout *layout = updates->layout;
	int r = OUTCOME_DONE;

	if (!updates->has_instance || updates->instance.id != path->ids[1]) {
		r = finish(updates);
		updates->instance = (struct instance){ .id = path->ids[1] };
		updates->has_instance = true;
	}
	if (path->depth < 3)
		return r;
	if (value->kind == VALUE_TEXT && path->ids[2] == layout->name)
		snprintf(updates->instance.name, TEXT_MAX, "%s", value->text);
	else if (value->kind == VALUE_TEXT && path->ids[2] == layout->version)
		snprintf(updates->instance.version, TEXT_MAX, "%s", value->text);
	else if (value->kind == VALUE_INTEGER && path->ids[2] == layout->state)
		updates->instance.state = value->integer;
	else if (value->kind == VALUE_INTEGER && path->ids[2] == layout->result)
		updates->instance.result = value->integer;
	return r;
}

static int read_all(struct ctl *ctl, const struct tree *tree, struct updates *updates)
{
	int r = OUTCOME_DONE;

	for (size_t i = 0; r == OUTCOME_DONE && i < ELEMENTSOF(layouts); i++) {
		char path[PATH_TEXT_MAX];

		if (!tree_find_object(tree, layouts[i].object))
			continue;
		updates->layout = &layouts[i];
		snprintf(path, sizeof(path), "/%u", layouts[i].object);
		r = data_each(ctl, path, take, updates);
		if (r == OUTCOME_DONE)
			r = finish(updates);
	}
	return r;
}

static int print(struct ctl *ctl, struct updates *updates, bool supported)
{
	if (updates->array)
		return json_print(ctl, updates->array);
	if (!supported)
		return ctl_fail(ctl, OUTCOME_DONE,
			"This agent has no updates: neither object 5, firmware, nor object 9, software.");
	if (updates->table.n_cells == 0)
		return ctl_fail(ctl, OUTCOME_DONE, "No update is under way, and none has been.");
	return table_print(&updates->table, &ctl->screen, ctl->out);
}

int update_show(struct ctl *ctl, size_t argc, char **argv)
{
	static const struct table_column columns[] = { { "PATH" }, { "KIND" }, { "PACKAGE", TABLE_CUT },
		{ "VERSION", TABLE_CUT }, { "STATE" }, { "LAST RESULT" } };
	_cleanup_(tree_deinit) struct tree tree = { 0 };
	struct updates updates = { .ctl = ctl, .table = TABLE(columns) };
	int r = tree_read(ctl, &tree);

	if (r != OUTCOME_DONE)
		return r;
	updates.array = ctl->json ? json_array() : NULL;
	r = read_all(ctl, &tree, &updates);
	if (r == OUTCOME_DONE)
		r = print(ctl, &updates, tree_find_object(&tree, 5) || tree_find_object(&tree, 9));
	else
		json_decref(updates.array);
	table_deinit(&updates.table);
	return r;
}
