/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lwm2m/settings.h - a plugin's settings by tables
 *
 * A section of plugins.d/NAME.conf goes into a struct of the plugin's, by a table of its keys:
 *
 *	struct options { char device[64]; uint32_t period_ms; bool inverted; uint32_t mode; };
 *	static const char *const modes[] = { "slow", "fast", NULL };
 *	static const struct lw_setting settings[] = {
 *		LW_SETTING_TEXT("device", struct options, device),
 *		LW_SETTING_NUMBER("period_ms", struct options, period_ms, 10, 60000),
 *		LW_SETTING_BOOLEAN("inverted", struct options, inverted),
 *		LW_SETTING_WORD("mode", struct options, mode, modes),
 *		LW_SETTING_END,
 *	};
 *
 *	struct options options = { .period_ms = 1000 };
 *	int r = lw_read_section(host, "sensor", settings, &options);
 *
 * All that is wrong is said in the log with file and line, the key, and what it accepts.
 */
#pragma once

#include <lwm2m/plugin.h>
#include <stdlib.h>

enum lw_setting_kind { LW_TEXT = 1, LW_NUMBER, LW_REAL, LW_YES_NO, LW_WORD };

/* Made by the macros below. */
struct lw_setting {
	const char *key; /* NULL: the end of the table */
	enum lw_setting_kind kind;
	uint32_t offset, size;
	double min, max;          /* LW_NUMBER, LW_REAL */
	const char *const *words; /* LW_WORD; ends with NULL */
};

/* char[N]; uint32_t; double; bool; the index of one of the words, uint32_t. An empty value leaves the field as it is. */
#define LW_SETTING_TEXT(_key, st, member)                                                                   \
	{ .key = (_key), .kind = LW_TEXT, LW_SETTING_FIELD(st, member, char[LW_SIZE(st, member)]) }
#define LW_SETTING_NUMBER(_key, st, member, _min, _max)                                                     \
	{ .key = (_key), .kind = LW_NUMBER, LW_SETTING_FIELD(st, member, uint32_t), .min = (_min), .max = (_max) }
#define LW_SETTING_REAL(_key, st, member, _min, _max)                                                       \
	{ .key = (_key), .kind = LW_REAL, LW_SETTING_FIELD(st, member, double), .min = (_min), .max = (_max) }
#define LW_SETTING_BOOLEAN(_key, st, member)                                                                \
	{ .key = (_key), .kind = LW_YES_NO, LW_SETTING_FIELD(st, member, bool) }
#define LW_SETTING_WORD(_key, st, member, _words)                                                           \
	{ .key = (_key), .kind = LW_WORD, LW_SETTING_FIELD(st, member, uint32_t), .words = (_words) }
#define LW_SETTING_END { .key = NULL }
#define LW_SETTING_FIELD(st, member, type)                                                                  \
	.offset = offsetof(st, member), .size = LW_SIZE(st, member) + LW_CHECK(LW_IS(st, member, type))

/* The index of text among words, which end with NULL; -1: it is none of them. */
static inline int lw_find_word(const char *const *words, const char *text)
{
	for (int i = 0; words[i]; i++)
		if (strcmp(words[i], text) == 0)
			return i;
	return -1;
}

/* Is text one that the setting accepts? Then *field gets it. */
static inline bool lw_parse_setting(const struct lw_setting *setting, const char *text, void *field)
{
	static const char *const booleans[] = { "no", "yes", "off", "on", "false", "true", "0", "1", NULL };
	char *end = NULL;
	double number;
	int index;

	switch (setting->kind) {
	case LW_TEXT:
		if (strlen(text) >= setting->size)
			return false;
		strcpy((char *)field, text);
		return true;
	case LW_YES_NO:
	case LW_WORD:
		index = lw_find_word(setting->kind == LW_WORD ? setting->words : booleans, text);
		if (index >= 0 && setting->kind == LW_WORD)
			*(uint32_t *)field = (uint32_t)index;
		else if (index >= 0)
			*(bool *)field = index % 2;
		return index >= 0;
	default:
		number = strtod(text, &end);
		if (end == text || *end || !(number >= setting->min && number <= setting->max))
			return false;
		if (setting->kind == LW_NUMBER && number != (double)(uint32_t)number)
			return false;
		if (setting->kind == LW_NUMBER)
			*(uint32_t *)field = (uint32_t)number;
		else
			*(double *)field = number;
		return true;
	}
}

/* Puts "one, two or three" into ret. */
static inline void lw_list_word(char *ret, size_t size, const char *word, bool first, bool last)
{
	size_t len = strlen(ret);

	snprintf(ret + len, size - len, "%s%s", first ? "" : last ? " or " : ", ", word);
}

/* What the setting accepts, for people. */
static inline const char *lw_setting_expects(const struct lw_setting *setting, char *ret, size_t size)
{
	ret[0] = 0;
	switch (setting->kind) {
	case LW_TEXT:
		snprintf(ret, size, "a text of at most %u bytes", setting->size - 1);
		break;
	case LW_YES_NO:
		snprintf(ret, size, "yes or no");
		break;
	case LW_WORD:
		for (size_t i = 0; setting->words[i]; i++)
			lw_list_word(ret, size, setting->words[i], i == 0, !setting->words[i + 1]);
		break;
	default:
		snprintf(ret, size, "a %snumber from %.12g to %.12g", setting->kind == LW_NUMBER ? "whole " : "",
			setting->min, setting->max);
	}
	return ret;
}

static inline const struct lw_setting *lw_find_setting(const struct lw_setting *settings, const char *key)
{
	for (; settings->key; settings++)
		if (strcmp(settings->key, key) == 0)
			return settings;
	return NULL;
}

/*
 * Reads [section] into *ret, a struct that holds the defaults. 0, also without such a section; -EINVAL: something is wrong
 * with it and was said, all of it; the rest is in *ret.
 */
static inline int lw_read_section(
	const struct lw_host *host, const char *section, const struct lw_setting *settings, void *ret)
{
	const struct lw_setting *setting;
	const char *key, *value;
	char expected[400] = "";
	int r = 0;

	for (unsigned int i = 0; (key = lw_key(host, section, i)); i++) {
		setting = lw_find_setting(settings, key);
		value = lw_config(host, section, key);
		if (setting && (!value[0] || lw_parse_setting(setting, value, (char *)ret + setting->offset)))
			continue;
		r = -EINVAL;
		if (setting) {
			lw_config_error(host, section, key, "%s = %s: it has to be %s", key, value,
				lw_setting_expects(setting, expected, sizeof(expected)));
			continue;
		}
		expected[0] = 0;
		for (setting = settings; setting->key; setting++)
			lw_list_word(expected, sizeof(expected), setting->key, setting == settings, !setting[1].key);
		lw_config_error(host, section, key, "unknown key '%s' in [%s]; it has to be %s", key, section,
			expected);
	}
	return r;
}

/* Says of each section that is none of names, which end with NULL, that it is not known: -EINVAL then. */
static inline int lw_check_sections(const struct lw_host *host, const char *const *names)
{
	const char *section;
	char expected[400] = "";
	int r = 0;

	for (size_t i = 0; names[i]; i++)
		lw_list_word(expected, sizeof(expected), names[i], i == 0, !names[i + 1]);
	for (unsigned int i = 0; (section = lw_section(host, i)); i++) {
		if (lw_find_word(names, section) >= 0)
			continue;
		lw_config_error(host, section, NULL, "unknown section [%s]; it has to be %s", section, expected);
		r = -EINVAL;
	}
	return r;
}
