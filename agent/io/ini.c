/* SPDX-License-Identifier: Apache-2.0 */
#include "io/ini.h"

#include <ctype.h>
#include <errno.h>
#include <iniparser/iniparser.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* iniparser's limit is 1024 with what it adds. */
#define LINE_LEN_MAX 1000

/* The pass over one file. */
struct scan {
	struct ini found;
	const char *file, *section;
	unsigned int line;
	bool failed;
	ini_report_t report;
	void *userdata;
};

static void wipe(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}

static void setting_deinit(struct ini_setting *setting)
{
	free(setting->section);
	free(setting->key);
	wipe(setting->value);
}

void ini_deinit(struct ini *ini)
{
	for (size_t i = 0; i < ini->n_settings; i++)
		setting_deinit(&ini->settings[i]);
	for (size_t i = 0; i < ini->n_sections; i++)
		free(ini->sections[i].name);
	for (size_t i = 0; i < ini->n_files; i++)
		free(ini->files[i]);
	free(ini->settings);
	free(ini->sections);
	free(ini->files);
	*ini = (struct ini){ 0 };
}

static int complain(struct scan *scan, const char *text)
{
	scan->failed = true;
	scan->report(scan->userdata, scan->file, scan->line, text);
	return 0;
}

static struct ini_setting *find(const struct ini *ini, const char *section, const char *key)
{
	for (size_t i = 0; i < ini->n_settings; i++)
		if (strcmp(ini->settings[i].section, section) == 0 && strcmp(ini->settings[i].key, key) == 0)
			return &ini->settings[i];
	return NULL;
}

const struct ini_setting *ini_find(const struct ini *ini, const char *section, const char *key)
{
	return find(ini, section, key);
}

static const char *find_section(const struct ini *ini, const char *name)
{
	for (size_t i = 0; i < ini->n_sections; i++)
		if (strcmp(ini->sections[i].name, name) == 0)
			return ini->sections[i].name;
	return NULL;
}

/* Takes name over. */
static int add_section(struct ini *ini, const char *file, unsigned int line, char *name)
{
	struct ini_section *sections;

	sections = reallocarray(ini->sections, ini->n_sections + 1, sizeof(*sections));
	if (!sections) {
		free(name);
		return -ENOMEM;
	}
	ini->sections = sections;
	sections[ini->n_sections++] = (struct ini_section){ .file = file, .line = line, .name = name };
	return 0;
}

/* Takes over what setting points at, but for the file. */
static int add_setting(struct ini *ini, struct ini_setting setting)
{
	struct ini_setting *settings = NULL;

	if (setting.section && setting.key)
		settings = reallocarray(ini->settings, ini->n_settings + 1, sizeof(*settings));
	if (!settings) {
		setting_deinit(&setting);
		return -ENOMEM;
	}
	ini->settings = settings;
	settings[ini->n_settings++] = setting;
	return 0;
}

/* Cuts the blanks off both ends, in place. */
static char *trim(char *text)
{
	char *end;

	while (isspace((unsigned char)*text))
		text++;
	end = text + strlen(text);
	while (end > text && isspace((unsigned char)end[-1]))
		end--;
	*end = '\0';
	return text;
}

/* Makes a section's or key's name lower case. false: not a name. */
static bool normalize(char *name)
{
	if (!*name)
		return false;
	for (; *name; name++) {
		if (!isalnum((unsigned char)*name) && !strchr("._-", *name))
			return false;
		*name = (char)tolower((unsigned char)*name);
	}
	return true;
}

static int scan_section(struct scan *scan, char *text)
{
	char *end = strchr(text, ']');
	char *name;
	int r;

	if (!end || end[1])
		return complain(
			scan, end ? "nothing may follow the ']' of a section" : "a section has no ']'");
	*end = '\0';
	name = trim(text + 1);
	if (!normalize(name))
		return complain(scan, "a section's name has letters, digits, '.', '_' and '-' only");
	scan->section = find_section(&scan->found, name);
	if (scan->section)
		return 0;
	name = strdup(name);
	r = name ? add_section(&scan->found, NULL, scan->line, name) : -ENOMEM;
	if (r == 0)
		scan->section = name;
	return r;
}

/* What iniparser would cut off or take in otherwise than it looks; the versions differ in it, too. NULL: fine. */
static const char *find_trap(const char *value)
{
	const char *end;

	if (*value == '"' || *value == '\'') {
		end = strchr(value + 1, *value);
		if (!end)
			return "a quote is not closed";
		if (memchr(value, '\\', (size_t)(end - value)))
			return "a value in quotes cannot have a backslash";
		end += 1 + strspn(end + 1, " \t");
		return *end && *end != '#' && *end != ';' ? "only a comment may follow a closing quote" :
							    NULL;
	}
	end = strpbrk(value, "#;");
	if (end && end > value && !isspace((unsigned char)end[-1]))
		return "'#' and ';' start a comment: put the value in quotes, or a blank before the comment";
	return NULL;
}

static int scan_setting(struct scan *scan, char *text)
{
	char *value = strchr(text, '=');
	const struct ini_setting *other;
	const char *trap;
	char *key, problem[64];

	if (!value)
		return complain(scan, "neither a [section] nor 'key = value'");
	*value++ = '\0';
	key = trim(text);
	if (!normalize(key))
		return complain(scan, "a key has letters, digits, '.', '_' and '-' only");
	if (!scan->section)
		return complain(scan, "a key before any [section]");
	trap = find_trap(trim(value));
	if (trap)
		return complain(scan, trap);
	other = find(&scan->found, scan->section, key);
	if (other) {
		snprintf(problem, sizeof(problem), "the key is given twice, first in line %u", other->line);
		return complain(scan, problem);
	}
	return add_setting(&scan->found, (struct ini_setting){
		.line = scan->line, .section = strdup(scan->section), .key = strdup(key) });
}

static int scan_line(struct scan *scan, char *line, size_t len)
{
	char *text;

	if (memchr(line, '\0', len))
		return complain(scan, "a NUL byte: this is no text file");
	if (len > LINE_LEN_MAX)
		return complain(scan, "a line longer than 1000 characters");
	text = trim(line);
	if (!*text)
		return 0;
	if (text[strlen(text) - 1] == '\\')
		return complain(scan, "a line cannot end with a backslash");
	if (*text == '#' || *text == ';')
		return 0;
	return *text == '[' ? scan_section(scan, text) : scan_setting(scan, text);
}

static int scan_file(struct scan *scan)
{
	_cleanup_(fclosep) FILE *stream = fopen(scan->file, "re");
	size_t allocated = 0;
	char *line = NULL;
	ssize_t len;
	int r = 0;

	if (!stream)
		return -errno;
	errno = 0;
	while (r == 0 && (len = getline(&line, &allocated, stream)) >= 0) {
		scan->line++;
		r = scan_line(scan, line, (size_t)len);
	}
	if (r == 0 && ferror(stream))
		r = errno ? -errno : -EIO;
	if (line)
		explicit_bzero(line, allocated);
	free(line);
	return r;
}

/* What iniparser says may hold a key. */
static int stay_silent(const char *format, ...)
{
	return 0;
}

static void dictionary_freep(dictionary **dictionary)
{
	if (!*dictionary)
		return;
	for (ssize_t i = 0; i < (ssize_t)(*dictionary)->size; i++)
		if ((*dictionary)->val[i])
			explicit_bzero((*dictionary)->val[i], strlen((*dictionary)->val[i]));
	iniparser_freedict(*dictionary);
}

static int read_values(struct scan *scan)
{
	_cleanup_(dictionary_freep) dictionary *values = NULL;

	iniparser_set_error_callback(stay_silent);
	values = iniparser_load(scan->file);
	scan->line = 0;
	if (!values)
		return complain(scan, "iniparser cannot read it");
	for (size_t i = 0; i < scan->found.n_settings; i++) {
		struct ini_setting *setting = &scan->found.settings[i];
		char name[2 * LINE_LEN_MAX + 2];
		const char *value;

		snprintf(name, sizeof(name), "%s:%s", setting->section, setting->key);
		value = iniparser_getstring(values, name, NULL);
		scan->line = setting->line;
		if (!value)
			(void)complain(scan, "iniparser cannot read the value");
		else if (!(setting->value = strdup(value)))
			return -ENOMEM;
	}
	return 0;
}

/* Returns the copy of name that found sections and settings may borrow. */
static const char *add_file(struct ini *ini, const char *name)
{
	char **files = reallocarray(ini->files, ini->n_files + 1, sizeof(*files));
	char *copy;

	if (!files)
		return NULL;
	ini->files = files;
	copy = strdup(name);
	if (copy)
		files[ini->n_files++] = copy;
	return copy;
}

static int merge_setting(struct ini *ini, struct ini_setting *found, const char *file)
{
	struct ini_setting *setting = find(ini, found->section, found->key);
	char *value = steal_pointer(&found->value);

	if (!setting)
		return add_setting(ini, (struct ini_setting){
			.file = file,
			.line = found->line,
			.section = steal_pointer(&found->section),
			.key = steal_pointer(&found->key),
			.value = value });
	wipe(setting->value);
	setting->value = value;
	setting->file = file;
	setting->line = found->line;
	return 0;
}

static int merge(struct ini *ini, struct ini *found, const char *file)
{
	int r = 0;

	for (size_t i = 0; i < found->n_sections && r == 0; i++)
		if (!find_section(ini, found->sections[i].name))
			r = add_section(
				ini, file, found->sections[i].line, steal_pointer(&found->sections[i].name));
	for (size_t i = 0; i < found->n_settings && r == 0; i++)
		r = merge_setting(ini, &found->settings[i], file);
	return r;
}

int ini_read(struct ini *ini, const char *file, ini_report_t report, void *userdata)
{
	struct scan scan = { .report = report, .userdata = userdata };
	int r;

	scan.file = add_file(ini, file);
	if (!scan.file)
		return -ENOMEM;
	r = scan_file(&scan);
	if (r < 0 && r != -ENOMEM) {
		scan.line = 0;
		(void)complain(&scan, strerror(-r));
	}
	if (r == 0 && !scan.failed)
		r = read_values(&scan);
	if (r == 0 && scan.failed)
		r = -EINVAL;
	if (r == 0)
		r = merge(ini, &scan.found, scan.file);
	ini_deinit(&scan.found);
	return r;
}
