/* SPDX-License-Identifier: Apache-2.0 */
#include "complete.h"

#include <string.h>

#include "data.h"
#include "options.h"
#include "tree.h"

#define TIMEOUT (2 * USEC_PER_SEC) /* somebody waits with a finger on the tab key */

static int verbs(struct ctl *ctl, const char *prefix)
{
	for (const struct verb *verb = verbs_next(NULL); verb; verb = verbs_next(verb))
		fprintf(ctl->out, "%s\n", verb->name);
	return OUTCOME_DONE;
}

/* "NAME:SUMMARY", for zsh. */
static int described(struct ctl *ctl, const char *prefix)
{
	for (const struct verb *verb = verbs_next(NULL); verb; verb = verbs_next(verb))
		fprintf(ctl->out, "%s:%s\n", verb->name, verb->summary);
	return OUTCOME_DONE;
}

static int options(struct ctl *ctl, const char *prefix)
{
	for (const struct option *option = options_all; option->name; option++)
		fprintf(ctl->out, "%s\n", option->name);
	return OUTCOME_DONE;
}

static int plugins(struct ctl *ctl, const char *prefix)
{
	_cleanup_(tree_deinit) struct tree tree = { 0 };
	int r = tree_read(ctl, &tree);

	for (size_t i = 0; i < tree.n_plugins; i++)
		fprintf(ctl->out, "%s\n", tree.plugins[i].name);
	return r;
}

static int servers(struct ctl *ctl, const char *prefix)
{
	_cleanup_(tree_deinit) struct tree tree = { 0 };
	int r = tree_read(ctl, &tree);

	for (size_t i = 0; i < tree.n_servers; i++)
		fprintf(ctl->out, "%s\n", tree.servers[i].name);
	return r;
}

static int print_path(void *userdata, const struct path *path, const struct value *value)
{
	const struct ctl *ctl = userdata;

	fprintf(ctl->out, "%s\n", path->text);
	return OUTCOME_DONE;
}

/* Objects and instances are known from the tree; resources are those of the one instance that has been typed.
   */
static int paths(struct ctl *ctl, const char *prefix)
{
	_cleanup_(tree_deinit) struct tree tree = { 0 };
	struct path path;
	int r;

	if (path_parse(prefix, &path) == 0 &&
		(path.depth > 2 || (path.depth == 2 && prefix[strlen(prefix) - 1] == '/'))) {
		char instance[PATH_TEXT_MAX];

		snprintf(instance, sizeof(instance), "/%u/%u", path.ids[0], path.ids[1]);
		return data_each(ctl, instance, print_path, ctl);
	}
	r = tree_read(ctl, &tree);
	for (size_t i = 0; i < tree.n_objects; i++) {
		const struct tree_object *object = &tree.objects[i];

		fprintf(ctl->out, "/%u\n", object->id);
		for (size_t j = 0; j < object->n_instances; j++)
			fprintf(ctl->out, "/%u/%u\n", object->id, object->instances[j]);
	}
	return r;
}

static const struct {
	const char *what;
	int (*print)(struct ctl *ctl, const char *prefix);
} kinds[] = {
	{ "verbs", verbs },
	{ "described", described },
	{ "options", options },
	{ "plugins", plugins },
	{ "servers", servers },
	{ "paths", paths },
};

int complete_run(struct ctl *ctl, size_t argc, char **argv)
{
	ctl->quiet = true;
	ctl->timeout = TIMEOUT;
	for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
		if (strcmp(kinds[i].what, argv[0]) == 0)
			return kinds[i].print(ctl, argc > 1 ? argv[1] : "");
	return OUTCOME_USAGE;
}
