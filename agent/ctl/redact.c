/* SPDX-License-Identifier: Apache-2.0 */
#include "redact.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"

#define LEFT_OUT   "(left out)"
#define KEY_DIGITS 16 /* eight bytes: less is no key, and no other value is so long and hexadecimal */

/* Keys whose values say nothing that a stranger must not know. A file's name is harmless, what is in it is
   not. */
static const char *const agent_keys[] = { "endpoint", "state_dir", "deregister_on_stop", NULL };
static const char *const device_keys[] = { "manufacturer", "model_number", "device_type", "hardware_version",
	NULL };
static const char *const connectivity_keys[] = { "monitoring", "statistics", NULL };
static const char *const metrics_keys[] = { "socket", "file", "interval", NULL };
static const char *const server_keys[] = { "uri", "short_id", "lifetime", "binding", "queue", "awake_time",
	"version", "rights", "pmin", "pmax", "retry_timer", "retry_count", "sequence_delay", "sequence_count",
	"priority", "failure_block", "initial_delay", "mute_send", "notification_mode", "profile_id",
	"history_size", "history_sync", "security", "key_file", "key_credential", "server_name",
	"certificate_file", "certificate_usage", "server_certificate_file", "server_key_file", "trust_file",
	"hold_off", "account_timeout", "allow_nosec", "allow_loopback", NULL };
static const char *const plugin_keys[] = { "module", "enabled", "isolation", "memory_mb", "sees_keys",
	"first_instance", NULL };

static const struct {
	const char *section;
	const char *const *keys;
} sections[] = {
	{ "agent", agent_keys },
	{ "device", device_keys },
	{ "connectivity", connectivity_keys },
	{ "metrics", metrics_keys },
	{ "server.", server_keys },
	{ "bootstrap", server_keys },
	{ "plugin", plugin_keys },
};

/* A name that ends with a dot is the beginning of one. */
static const char *const *keys_of(const char *section)
{
	for (size_t i = 0; i < ELEMENTSOF(sections); i++) {
		size_t len = strlen(sections[i].section);

		if (sections[i].section[len - 1] == '.' ?
				strncasecmp(section, sections[i].section, len) == 0 :
				strcasecmp(section, sections[i].section) == 0)
			return sections[i].keys;
	}
	return NULL;
}

static bool is_harmless(const char *const *keys, const char *key)
{
	for (; keys && *keys; keys++)
		if (strcasecmp(*keys, key) == 0)
			return true;
	return false;
}

static char *trim(char *text)
{
	char *end = text + strlen(text);

	while (isspace((unsigned char)*text))
		text++;
	while (end > text && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return text;
}

/* A key is a word: anything else may be the rest of a value that was broken into lines. */
static bool is_word(const char *text)
{
	if (!*text)
		return false;
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && *text != '_')
			return false;
	return true;
}

/* A key where the name of its file should be. */
static bool looks_like_key(const char *value)
{
	size_t digits = strspn(value, "0123456789abcdefABCDEF");

	return (digits >= KEY_DIGITS && !value[digits]) || strstr(value, "BEGIN ") != NULL;
}

static void redact_key(const char *const *keys, char *line, char *equals, FILE *to)
{
	char *key, *value = equals + 1;

	*equals = '\0';
	key = trim(line);
	value[strcspn(value, ";#")] = '\0'; /* a comment behind it */
	value = trim(value);
	if (!is_word(key))
		fputs(LEFT_OUT "\n", to);
	else
		fprintf(to, "%s = %s\n", key,
			!*value || (is_harmless(keys, key) && !looks_like_key(value)) ? value : LEFT_OUT);
}

void redact_file(FILE *from, FILE *to)
{
	_cleanup_(freep) char *buffer = NULL;
	const char *const *keys = NULL;
	bool goes_on = false; /* the last line ended with a backslash */
	size_t size = 0;

	while (getline(&buffer, &size, from) >= 0) {
		char *line = trim(buffer), *equals = strchr(line, '='), *bracket = strchr(line, ']');
		size_t len = strlen(line);
		bool was_going_on = goes_on;

		goes_on = len > 0 && line[len - 1] == '\\';
		if (was_going_on) {
			fputs(LEFT_OUT "\n", to);
		} else if (len == 0) {
			fputc('\n', to);
		} else if (*line == ';' || *line == '#') {
			continue;
		} else if (*line == '[' && bracket) {
			*bracket = '\0';
			keys = keys_of(trim(line + 1));
			fprintf(to, "[%s]\n", line + 1);
		} else if (equals) {
			redact_key(keys, line, equals, to);
		} else {
			fputs(LEFT_OUT "\n", to);
		}
	}
}
