/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verbs.h - the command language of `ctl` and of the console: its verbs, their options, their help
 *
 * Both ends of the control socket read a command line with the same table: ctl to tell mistakes without a
 * server, the server to carry it out. A parsed call borrows from the words it was made of.
 */
#pragma once

#include <stdio.h>

#include "base/bytes.h"
#include "lwm2m/path.h"
#include "lwm2m/value.h"

enum verb_id {
	VERB_LIST,
	VERB_SHOW,
	VERB_READ,
	VERB_WRITE,
	VERB_EXEC,
	VERB_DISCOVER,
	VERB_CREATE,
	VERB_DELETE,
	VERB_ATTR,
	VERB_OBSERVE,
	VERB_CANCEL,
	VERB_WAIT,
	VERB_EVENTS,
};

struct verb {
	enum verb_id id;
	const char *name, *arguments, *summary;
	unsigned int options;        /* 1 << enum verb_option */
	size_t words_min, words_max; /* after endpoint and path */
	bool has_endpoint;
	int path_min, path_max; /* depth; -1: takes no path */
	const char *help;
};

#define VERB_TIMEOUT_S 30 /* how long an answer is waited for, without --timeout */

struct verb_call {
	const struct verb *verb;
	const char *endpoint;
	struct path path;
	char *const *words;
	size_t n_words;
	const char *format_name; /* NULL: the one that fits */
	int format;              /* -1 */
	enum value_type type;    /* VALUE_NONE: the one known for the resource */
	bool update, instances, json;
	const char *file;
	unsigned int count, timeout_s; /* 0: not given */
};

#define VERB_ERROR_MAX 256

/*
 * What verb_parse() comes to; -EINVAL: error says what is wrong, in one line. The order of argv is changed.
 */
enum verb_result { VERB_OK, VERB_HELP };

int verb_parse(size_t argc, char *argv[], struct verb_call *ret, char error[VERB_ERROR_MAX]);

const struct verb *verb_find(const char *name);
void verb_print_help(FILE *to, const struct verb *verb);
void verb_print_list(FILE *to);
