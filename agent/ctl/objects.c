/* SPDX-License-Identifier: Apache-2.0 */
#include "objects.h"

#include "base/bytes.h"
#include "json.h"
#include "names.h"
#include "table.h"

json_t *objects_json(const struct tree_object *object)
{
	return json_pack("{s:i, s:o, s:o, s:o, s:s}", "id", object->id, "name",
		json_text(names_object(object->id)), "version", json_text(object->version), "instances",
		json_ids(object->instances, object->n_instances), "provider", object->provider);
}

/* "0-3 7": what follows each other is one piece. */
static int format_ids(const uint16_t *ids, size_t n, struct buffer *buffer)
{
	int r = 0;

	for (size_t i = 0, last; r >= 0 && i < n; i = last + 1) {
		for (last = i; last + 1 < n && ids[last + 1] == ids[last] + 1;)
			last++;
		if (last < i + 2)
			last = i;
		r = buffer_printf(buffer, "%s%u", i > 0 ? " " : "", ids[i]);
		if (r >= 0 && last > i)
			r = buffer_printf(buffer, "-%u", ids[last]);
	}
	return r < 0 ? r : buffer_append_byte(buffer, '\0');
}

static int print_table(const struct ctl *ctl, const struct tree *tree)
{
	static const struct table_column columns[] = { { "PATH" }, { "OBJECT", TABLE_CUT }, { "VERSION" },
		{ "FROM", TABLE_CUT }, { "INSTANCES" } };
	_cleanup_(table_deinit) struct table table = TABLE(columns);

	for (size_t i = 0; i < tree->n_objects; i++) {
		const struct tree_object *object = &tree->objects[i];
		_cleanup_(buffer_deinit) struct buffer instances = { 0 };
		int r = format_ids(object->instances, object->n_instances, &instances);

		if (r < 0)
			return r;
		table_printf(&table, "/%u", object->id);
		table_add(&table, names_object(object->id));
		table_add(&table, object->version);
		table_add(&table, object->provider);
		table_add(&table, object->n_instances ? (const char *)instances.data : "none");
	}
	return table_print(&table, &ctl->screen, ctl->out);
}

int objects_show(struct ctl *ctl, size_t argc, char **argv)
{
	_cleanup_(tree_deinit) struct tree tree = { 0 };
	json_t *array;
	int r = tree_read(ctl, &tree);

	if (r != OUTCOME_DONE)
		return r;
	if (!ctl->json)
		return print_table(ctl, &tree);
	array = json_array();
	for (size_t i = 0; array && i < tree.n_objects; i++)
		(void)json_array_append_new(array, objects_json(&tree.objects[i]));
	return json_print(ctl, array);
}
