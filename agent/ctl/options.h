/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.h - the command line: options before and after the verb, and the verb's arguments
 *
 * An option begins with two dashes, so that a negative number is an argument; "--" ends the options.
 */
#pragma once

#include <stddef.h>

#include "verbs.h"

struct command {
	const struct verb *verb; /* NULL: none was named */
	char **arguments;
	size_t n_arguments;
	bool help, version;
};

struct option {
	const char *name, *argument, *summary;
};

/* All there are; the last has no name. */
extern const struct option options_all[];

/* Fills in what options say. argv is put in order, and borrowed by ret. OUTCOME_USAGE was said. */
int options_parse(int argc, char **argv, struct ctl *ctl, struct command *ret);
