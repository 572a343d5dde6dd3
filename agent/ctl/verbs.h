/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verbs.h - the table of verbs: their names, what they take, what they do
 *
 * --help, the check of a command line and the completion of shells are made from it.
 */
#pragma once

#include <stddef.h>

#include "ctl.h"

struct verb {
	const char *name, *arguments; /* "PATH VALUE" */
	const char *summary;          /* one line of --help */
	const char *help;             /* more lines of VERB --help */
	size_t min, max;              /* arguments */
	int (*run)(struct ctl *ctl, size_t argc, char **argv);
	bool hidden; /* for shells, not for people */
};

/* NULL: no such verb. */
const struct verb *verbs_find(const char *name);

/* The verb that was probably meant, or NULL. */
const struct verb *verbs_nearest(const char *name);

/* All that --help lists, in order; NULL after the last. */
const struct verb *verbs_next(const struct verb *last);
