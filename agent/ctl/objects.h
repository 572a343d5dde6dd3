/* SPDX-License-Identifier: Apache-2.0 */
/*
 * objects.h - a table of the objects that this machine offers
 */
#pragma once

#include <jansson.h>

#include "tree.h"

int objects_show(struct ctl *ctl, size_t argc, char **argv);

json_t *objects_json(const struct tree_object *object);
