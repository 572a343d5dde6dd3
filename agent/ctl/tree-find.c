/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "tree.h"

const struct tree_object *tree_find_object(const struct tree *tree, uint16_t id)
{
	for (size_t i = 0; i < tree->n_objects; i++)
		if (tree->objects[i].id == id)
			return &tree->objects[i];
	return NULL;
}

/* "There is no server 'mian'; is it 'main'?", or which there are. */
static int no_such(const struct ctl *ctl, const char *what, const char *name, const char *verb,
	const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (text_is_near(name, names[i]))
			return ctl_fail(ctl, OUTCOME_FAILED, "There is no %s '%s'; is it '%s'?", what, name,
				names[i]);
	if (n == 0)
		return ctl_fail(ctl, OUTCOME_FAILED, "There is no %s '%s': none is configured", what, name);
	return ctl_fail(ctl, OUTCOME_FAILED, "There is no %s '%s': 'lwm2mctl %s' lists those there are", what,
		name, verb);
}

int tree_take_server(
	const struct ctl *ctl, const struct tree *tree, const char *name, const struct tree_server **ret)
{
	_cleanup_(freep) const char **names = calloc(tree->n_servers + 1, sizeof(*names));

	if (!names)
		return -ENOMEM;
	for (size_t i = 0; i < tree->n_servers; i++) {
		char short_id[8];

		snprintf(short_id, sizeof(short_id), "%u", tree->servers[i].short_id);
		names[i] = tree->servers[i].name;
		if (strcmp(names[i], name) == 0 || strcmp(short_id, name) == 0) {
			*ret = &tree->servers[i];
			return OUTCOME_DONE;
		}
	}
	return no_such(ctl, "server", name, "servers", names, tree->n_servers);
}

int tree_take_plugin(
	const struct ctl *ctl, const struct tree *tree, const char *name, const struct tree_plugin **ret)
{
	_cleanup_(freep) const char **names = calloc(tree->n_plugins + 1, sizeof(*names));

	if (!names)
		return -ENOMEM;
	for (size_t i = 0; i < tree->n_plugins; i++) {
		names[i] = tree->plugins[i].name;
		if (strcmp(names[i], name) == 0) {
			*ret = &tree->plugins[i];
			return OUTCOME_DONE;
		}
	}
	return no_such(ctl, "plugin", name, "plugins", names, tree->n_plugins);
}
