/* SPDX-License-Identifier: Apache-2.0 */
/* What a plugin asks of its configuration, and says in the log. */
#include "base/log.h"
#include "plugin/local-internal.h"

#define LOG_LINES_MAX 50
#define LOG_INTERVAL  (10 * USEC_PER_SEC)

/* A plugin that says the same without end must not push everything else out of the log. */
static bool may_log(struct local *local)
{
	const char *name = local->config->name;
	usec_t now;

	sd_event_now(local->event, CLOCK_BOOTTIME, &now);
	if (now - local->log_since >= LOG_INTERVAL) {
		if (local->n_log > LOG_LINES_MAX)
			log_plugin(LOG_WARNING, 0, name, "%s: %u lines left out", name,
				local->n_log - LOG_LINES_MAX);
		local->log_since = now;
		local->n_log = 0;
	}
	return ++local->n_log <= LOG_LINES_MAX;
}

void local_log(const struct lw_host *host, int priority, const char *text)
{
	const char *name = local_of(host)->config->name;

	priority = priority < LOG_ERR ? LOG_ERR : priority > LOG_DEBUG ? LOG_DEBUG : priority;
	if (log_level() >= priority && may_log(local_of(host)))
		log_plugin(priority, 0, name, "%s: %.*s", name, (int)strcspn(text, "\n"), text);
}

const char *local_config(const struct lw_host *host, const char *section, const char *key)
{
	const struct plugin_config *config = local_of(host)->config;

	for (size_t i = 0; i < config->n_settings; i++)
		if (strcmp(config->settings[i].section, section) == 0 &&
			strcmp(config->settings[i].key, key) == 0)
			return config->settings[i].value;
	return NULL;
}

/* Settings of one section follow each other. */
const char *local_section(const struct lw_host *host, unsigned int index)
{
	const struct plugin_config *config = local_of(host)->config;

	for (size_t i = 0; i < config->n_settings; i++) {
		const char *section = config->settings[i].section;

		if (i > 0 && strcmp(section, config->settings[i - 1].section) == 0)
			continue;
		if (index-- == 0)
			return section;
	}
	return NULL;
}

const char *local_key(const struct lw_host *host, const char *section, unsigned int index)
{
	const struct plugin_config *config = local_of(host)->config;

	for (size_t i = 0; i < config->n_settings; i++)
		if (strcmp(config->settings[i].section, section) == 0 && index-- == 0)
			return config->settings[i].key;
	return NULL;
}

/* The line of the key, or the first one of the section; 0: neither is there. */
static unsigned int line_of(const struct plugin_config *config, const char *section, const char *key)
{
	unsigned int first = 0;

	for (size_t i = 0; i < config->n_settings; i++) {
		const struct plugin_setting *setting = &config->settings[i];

		if (strcmp(setting->section, section) != 0)
			continue;
		if (key && strcmp(setting->key, key) == 0)
			return setting->line;
		if (first == 0)
			first = setting->line;
	}
	return first;
}

void local_complain(const struct lw_host *host, const char *section, const char *key, const char *text)
{
	const struct plugin_config *config = local_of(host)->config;
	unsigned int line = line_of(config, section, key);
	char place[32] = "", whole[1024];

	if (line > 0)
		snprintf(place, sizeof(place), ":%u", line);
	snprintf(whole, sizeof(whole), "%s%s: %s", config->file && *config->file ? config->file : section, place,
		text);
	local_log(host, LOG_ERR, whole);
}
