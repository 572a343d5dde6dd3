/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ini.h - settings out of INI files, each with the place it was written
 *
 * iniparser reads the values; a pass of our own over the same file knows the lines, finds what iniparser would pass over
 * in silence (a key given twice, a line cut off) and keeps the order. A setting of a later file replaces the same one of an
 * earlier file. Sections and keys are lower case. The list owns everything in it; values are wiped when freed.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct ini_setting {
	const char *file; /* borrowed from the list */
	unsigned int line;
	char *section, *key, *value;
};

/* A "[section]" line; sections without keys are listed too. */
struct ini_section {
	const char *file;
	unsigned int line;
	char *name;
};

struct ini {
	struct ini_setting *settings;
	size_t n_settings;
	struct ini_section *sections; /* each once, by first appearance */
	size_t n_sections;
	char **files;
	size_t n_files;
};

/* Told of each thing wrong with a file. line 0: with the file as a whole. */
typedef void (*ini_report_t)(void *userdata, const char *file, unsigned int line, const char *text);

void ini_deinit(struct ini *ini);

/*
 * Adds what file says. Everything wrong with it is reported, and then -EINVAL is returned; -errno when it cannot be read,
 * reported too. -ENOMEM.
 */
int ini_read(struct ini *ini, const char *file, ini_report_t report, void *userdata);

/* NULL when there is none. */
const struct ini_setting *ini_find(const struct ini *ini, const char *section, const char *key);
