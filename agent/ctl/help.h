/* SPDX-License-Identifier: Apache-2.0 */
/*
 * help.h - --help, help VERB, VERB --help
 */
#pragma once

#include "verbs.h"

int help_run(struct ctl *ctl, size_t argc, char **argv);

void help_print(FILE *to);
void help_print_verb(FILE *to, const struct verb *verb);
