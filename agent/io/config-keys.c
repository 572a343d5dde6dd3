/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "io/config-internal.h"

/* Names longer than this are near to nothing. */
#define NEAR_MAX 64

void config_complain(struct config_loader *loader, int priority, const char *file, unsigned int line,
		     const char *format, ...)
{
	_cleanup_(buffer_deinit) struct buffer buffer = { 0 };
	_cleanup_(freep) char *text = NULL;
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (n < 0)
		text = NULL;
	if (priority <= LOG_ERR)
		loader->errors++;
	if (line > 0)
		n = buffer_printf(&buffer, "%s:%u: %s", file, line, text ? text : "");
	else
		n = buffer_printf(&buffer, "%s: %s", file, text ? text : "");
	if (n >= 0 && buffer_append_byte(&buffer, '\0') >= 0)
		loader->report(loader->userdata, priority, (const char *)buffer.data);
}

void config_report_ini(void *userdata, const char *file, unsigned int line, const char *text)
{
	char why[CONFIG_EXPLAIN_MAX];

	if (line == 0 && faccessat(AT_FDCWD, file, R_OK, AT_EACCESS) < 0 && errno == EACCES)
		text = config_explain_error(-EACCES, file, why);
	config_complain(userdata, LOG_ERR, file, line, "%s", text);
}

static unsigned int smallest(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int least = a < b ? a : b;

	return least < c ? least : c;
}

/* Levenshtein's distance. */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int row[NEAR_MAX + 1];
	size_t len = strlen(b);

	if (len > NEAR_MAX || strlen(a) > NEAR_MAX)
		return UINT32_MAX;
	for (size_t j = 0; j <= len; j++)
		row[j] = (unsigned int)j;
	for (size_t i = 0; a[i]; i++) {
		unsigned int diagonal = row[0];

		row[0] = (unsigned int)i + 1;
		for (size_t j = 0; j < len; j++) {
			unsigned int above = row[j + 1];

			row[j + 1] = smallest(above + 1, row[j] + 1, diagonal + (a[i] != b[j]));
			diagonal = above;
		}
	}
	return row[len];
}

const char *config_nearest(const char *text, const char *const *names, size_t n, size_t stride)
{
	unsigned int least = UINT32_MAX;
	const char *nearest = *names;

	for (size_t i = 0; i < n; i++) {
		const char *name = *(const char *const *)((const char *)names + i * stride);
		unsigned int d = distance(text, name);

		if (d < least) {
			least = d;
			nearest = name;
		}
	}
	return nearest;
}

static const struct config_key *find_key(const struct config_key *keys, size_t n_keys, const char *name)
{
	for (size_t i = 0; i < n_keys; i++)
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

int config_apply(struct config_loader *loader, const struct ini *ini, const char *section,
		 const struct config_key *keys, size_t n_keys, void *target)
{
	for (size_t i = 0; i < ini->n_settings; i++) {
		const struct ini_setting *setting = &ini->settings[i];
		const struct config_key *key;
		int r;

		if (strcmp(setting->section, section) != 0)
			continue;
		key = find_key(keys, n_keys, setting->key);
		if (!key) {
			config_complain(loader, LOG_ERR, setting->file, setting->line,
				"unknown key '%s' in [%s]; is it '%s'?", setting->key, section,
				config_nearest(setting->key, &keys->name, n_keys, sizeof(*keys)));
			continue;
		}
		r = *setting->value ? key->parse(key, setting->value, (char *)target + key->offset) : 0;
		if (r == -ENOMEM)
			return r;
		if (r < 0)
			config_complain(loader, LOG_ERR, setting->file, setting->line, "%s has to be %s",
				setting->key, key->expected);
	}
	return 0;
}

int config_parse_text(const struct config_key *key, const char *value, void *ret)
{
	char **text = ret;
	char *copy;

	if (strlen(value) > key->max)
		return -EINVAL;
	copy = strdup(value);
	if (!copy)
		return -ENOMEM;
	free(*text);
	*text = copy;
	return 0;
}

int config_parse_boolean(const struct config_key *key, const char *value, void *ret)
{
	static const char *const words[] = { "no", "yes", "false", "true", "off", "on", "0", "1" };

	for (size_t i = 0; i < ELEMENTSOF(words); i++)
		if (strcasecmp(value, words[i]) == 0) {
			*(bool *)ret = i % 2;
			return 0;
		}
	return -EINVAL;
}

static int parse_number(const struct config_key *key, const char *value, uint64_t *ret)
{
	uint64_t number = 0;

	for (const char *at = value; *at; at++) {
		if (*at < '0' || *at > '9')
			return -EINVAL;
		number = number * 10 + (uint64_t)(*at - '0');
		if (number > key->max)
			return -EINVAL;
	}
	if (number < key->min)
		return -EINVAL;
	*ret = number;
	return 0;
}

int config_parse_u16(const struct config_key *key, const char *value, void *ret)
{
	uint64_t number;
	int r = parse_number(key, value, &number);

	if (r == 0)
		*(uint16_t *)ret = (uint16_t)number;
	return r;
}

int config_parse_u32(const struct config_key *key, const char *value, void *ret)
{
	uint64_t number;
	int r = parse_number(key, value, &number);

	if (r == 0)
		*(uint32_t *)ret = (uint32_t)number;
	return r;
}

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef";
	const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c) : NULL;

	return at ? (int)(at - digits) : -EINVAL;
}

int config_parse_hex(const char *text, size_t max, struct buffer *ret)
{
	const char *at = text + strspn(text, " \t\r\n");
	size_t count = 0;

	for (; hex_digit(at[0]) >= 0 && hex_digit(at[1]) >= 0; at += 2, count++) {
		uint8_t byte = (uint8_t)(hex_digit(at[0]) << 4 | hex_digit(at[1]));
		int r = count < max ? buffer_append_byte(ret, byte) : -EINVAL;

		if (r < 0)
			return r;
	}
	return count == 0 || at[strspn(at, " \t\r\n")] ? -EINVAL : 0;
}

void config_names_free(char ***names)
{
	for (size_t i = 0; *names && (*names)[i]; i++)
		free((*names)[i]);
	free(*names);
	*names = NULL;
}

static int is_conf(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len > 5 && strcmp(entry->d_name + len - 5, ".conf") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int config_list(const char *directory, char ***ret)
{
	_cleanup_(config_names_free) char **names = NULL;
	struct dirent **entries;
	int n = scandir(directory, &entries, is_conf, by_name);
	int r = 0;

	if (n < 0 && errno != ENOENT)
		return -errno;
	if (n < 0)
		n = 0, entries = NULL;
	names = calloc((size_t)n + 1, sizeof(*names));
	for (int i = 0; i < n; i++) {
		if (!names || asprintf(&names[i], "%s/%s", directory, entries[i]->d_name) < 0)
			r = -ENOMEM;
		free(entries[i]);
	}
	free(entries);
	if (!names || r < 0)
		return -ENOMEM;
	*ret = steal_pointer(&names);
	return 0;
}
