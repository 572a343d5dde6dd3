/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json.h - output for programs
 *
 * One JSON value a run, in lines for eyes; observe writes one line each. Functions take the reference; NULL
 * stands for no memory.
 */
#pragma once

#include <jansson.h>

#include "ctl.h"

int json_print(const struct ctl *ctl, json_t *json);
int json_print_line(const struct ctl *ctl, json_t *json);

/* A time of times.h as RFC 3339, null for none. */
json_t *json_time(usec_t time);

/* A text, null for an empty one. */
json_t *json_text(const char *text);

json_t *json_ids(const uint16_t *ids, size_t n);
