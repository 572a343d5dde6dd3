/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.h - the command line before the verb
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define OPTIONS_LISTEN_MAX 8

struct options {
	const char *data_dir;
	struct {
		const char *where; /* [HOST]:PORT */
		bool secure;
	} listen[OPTIONS_LISTEN_MAX];
	size_t n_listen;
	bool console; /* a console on the standard input where that is a terminal */
	char default_dir[4096];
};

/* What comes of reading: go on with the words that are left, or the program is done (--help, --version). */
enum options_result { OPTIONS_OK, OPTIONS_DONE };

/*
 * Reads options up to the first word; argc and argv are then what is left. -EINVAL: said on stderr, with how
 * to find help.
 */
int options_parse(int *argc, char ***argv, struct options *ret);
