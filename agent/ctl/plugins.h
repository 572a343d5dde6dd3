/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugins.h - a table of the plugins, why they failed, and restarting one
 */
#pragma once

#include <jansson.h>

#include "tree.h"

int plugins_run(struct ctl *ctl, size_t argc, char **argv);

json_t *plugins_json(const struct tree_plugin *plugin);

/* It failed: somebody should look. One that is disabled, or was stopped, is as it was asked to be. */
bool plugins_is_trouble(const struct tree_plugin *plugin);

/* Of one that is trouble: "has failed". */
const char *plugins_words(const struct tree_plugin *plugin);
