/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree.h - all that the agent shows on the bus, read at once
 *
 * Servers are in the order of their short ids, objects of their ids, plugins of their names. Texts are
 * borrowed from the messages that the tree keeps; one that the agent does not have is empty, a number 0.
 * Times are in microseconds since 1970.
 */
#pragma once

#include "connection.h"

struct tree_server {
	const char *path; /* on the bus; first in all three */
	const char *name, *uri, *state, *version, *binding, *security, *last_error, *location;
	uint16_t short_id;
	bool queue;
	uint32_t lifetime_s, observations;
	usec_t registered_at, next_update_at, next_try_at;
};

struct tree_object {
	const char *path;
	uint16_t id;
	const char *version, *provider;
	const uint16_t *instances;
	size_t n_instances;
};

struct tree_plugin {
	const char *path;
	const char *name, *module, *state, *isolation, *last_error;
	uint32_t pid, restarts;
	usec_t started_at, next_try_at;
	const uint16_t *objects;
	size_t n_objects;
};

struct tree {
	const char *version, *endpoint, *state, *status, *log_level;
	usec_t started_at;
	struct tree_server *servers;
	struct tree_object *objects;
	struct tree_plugin *plugins;
	size_t n_servers, n_objects, n_plugins;
	sd_bus_message *agent_message, *objects_message;
};

/* An outcome, or -errno. Free what was filled in any case. */
int tree_read(struct ctl *ctl, struct tree *tree);
void tree_deinit(struct tree *tree);

const struct tree_object *tree_find_object(const struct tree *tree, uint16_t id);

/* By name or short id, by name; when there is none: an outcome, after saying which there are. */
int tree_take_server(
	const struct ctl *ctl, const struct tree *tree, const char *name, const struct tree_server **ret);
int tree_take_plugin(
	const struct ctl *ctl, const struct tree *tree, const char *name, const struct tree_plugin **ret);
