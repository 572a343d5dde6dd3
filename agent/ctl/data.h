/* SPDX-License-Identifier: Apache-2.0 */
/*
 * data.h - verbs on resources: read, write, exec, send
 */
#pragma once

#include <jansson.h>

#include "path.h"
#include "value.h"

int data_read(struct ctl *ctl, size_t argc, char **argv);
int data_write(struct ctl *ctl, size_t argc, char **argv);
int data_exec(struct ctl *ctl, size_t argc, char **argv);
int data_send(struct ctl *ctl, size_t argc, char **argv);

/* What a Read answers, value by value; function returns an outcome or -errno, and another than OUTCOME_DONE
   ends it. */
typedef int (*data_function)(void *userdata, const struct path *path, const struct value *value);

int data_each(struct ctl *ctl, const char *path, data_function function, void *userdata);

/* {"path", "name", "type", "value"} */
json_t *data_json(const struct path *path, const struct value *value);
