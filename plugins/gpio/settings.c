/* SPDX-License-Identifier: Apache-2.0 */
/* gpio.conf: a section per instance, [KIND.NAME]. */
#include <errno.h>
#include <lwm2m/settings.h>

#include "gpio.h"

#define IIDS_MAX 65535

/* In the order of the options' enums, and of libgpiod's. */
static const char *const biases[] = { "as-is", "pull-up", "pull-down", "disabled", NULL };
static const char *const drives[] = { "push-pull", "open-drain", "open-source", NULL };
static const char *const levels[] = { "off", "on", "keep", NULL };
static const char *const edges[] = { "falling", "rising", "both", NULL };

#define TEXT(key, member)             LW_SETTING_TEXT(key, struct options, member)
#define NUMBER(key, member, min, max) LW_SETTING_NUMBER(key, struct options, member, min, max)
#define WORD(key, member, words)      LW_SETTING_WORD(key, struct options, member, words)
#define COMMON                                                                                            \
	TEXT("chip", where.chip), NUMBER("offset", where.offset, 0, 65535), TEXT("line", where.line),     \
		LW_SETTING_BOOLEAN("active_low", struct options, active_low), WORD("bias", bias, biases), \
		NUMBER("instance", instance, 0, IIDS_MAX - 1), TEXT("label", label)

static const struct lw_setting input_settings[] = {
	COMMON,
	NUMBER("debounce_ms", debounce_ms, 0, 10000),
	WORD("edge", edge, edges),
	LW_SETTING_END,
};
static const struct lw_setting contact_settings[] = {
	COMMON,
	NUMBER("debounce_ms", debounce_ms, 0, 10000),
	LW_SETTING_END,
};
static const struct lw_setting output_settings[] = {
	COMMON,
	WORD("drive", drive, drives),
	WORD("initial", initial, levels),
	WORD("safe", safe, levels),
	LW_SETTING_END,
};
static const struct lw_setting light_settings[] = {
	COMMON,
	WORD("drive", drive, drives),
	WORD("initial", initial, levels),
	WORD("safe", safe, levels),
	TEXT("led", led),
	TEXT("trigger", trigger),
	LW_SETTING_END,
};
static const struct lw_setting buzzer_settings[] = {
	COMMON,
	WORD("drive", drive, drives),
	LW_SETTING_REAL("duration_s", struct options, duration_s, 0, 86400),
	LW_SETTING_REAL("min_off_s", struct options, min_off_s, 0, 86400),
	LW_SETTING_END,
};

static const struct lw_setting *settings_of(const struct kind *kind)
{
	if (kind->object == &gpio_light)
		return light_settings;
	if (kind->object == &gpio_buzzer)
		return buzzer_settings;
	if (kind->object == &gpio_output)
		return output_settings;
	return kind->object == &gpio_input ? input_settings : contact_settings;
}

/* "light.door" → the kind "light"; NULL: there is no such one, or no name after it. */
static const struct kind *find_kind(const struct kind *kinds, const char *section)
{
	size_t len = strcspn(section, ".");

	for (; kinds->name; kinds++)
		if (strlen(kinds->name) == len && strncmp(kinds->name, section, len) == 0 && section[len] &&
			section[len + 1])
			return kinds;
	return NULL;
}

static void complain_of_section(const struct lw_host *host, const struct kind *kinds, const char *section)
{
	char known[200] = "";

	for (const struct kind *kind = kinds; kind->name; kind++)
		lw_list_word(known, sizeof(known), kind->name, kind == kinds, !kind[1].name);
	lw_config_error(host, section, NULL,
		"unknown section [%s]; it has to be [KIND.NAME], where KIND is %s", section, known);
}

/* What no key by itself says. */
static int check_options(const struct entry *entry)
{
	const struct options *options = &entry->options;
	const struct lw_host *host = entry->host;
	bool has_offset = options->where.offset != LINE_NONE, has_line = options->where.line[0];

	if (entry_has_led(entry)) {
		if (!strchr(options->led, '/') && options->led[0] != '.' && !has_offset && !has_line)
			return 0;
		lw_config_error(host, entry->section, "led",
			"led = %s: it has to be a name of /sys/class/leds, and excludes offset and line",
			options->led);
		return -EINVAL;
	}
	if (has_offset && options->where.chip[0] && !has_line)
		return 0;
	if (has_line && !has_offset)
		return 0;
	lw_config_error(host, entry->section, has_offset ? "offset" : NULL,
		"[%s] has to name its line: by chip and offset, or by line%s", entry->section,
		entry->kind->object == &gpio_light ? ", or its led" : "");
	return -EINVAL;
}

static int read_entry(
	const struct lw_host *host, const struct kind *kind, const char *section, struct entry *entry)
{
	bool contact = kind->object == &gpio_button || kind->object == &gpio_switch;
	int r;

	*entry = (struct entry){
		.host = host,
		.kind = kind,
		.section = section,
		.options = { .where.offset = LINE_NONE,
			.instance = UINT32_MAX,
			.safe = LEVEL_KEEP,
			.debounce_ms = contact ? 10 : 0,
			.edge = 1 },
	};
	snprintf(entry->options.label, sizeof(entry->options.label), "%s", section + strlen(kind->name) + 1);
	r = lw_read_section(host, section, settings_of(kind), &entry->options);
	return r < 0 ? r : check_options(entry);
}

static bool iid_is_taken(const struct entry *entries, size_t count, const struct entry *other, uint32_t iid)
{
	for (size_t i = 0; i < count; i++)
		if (&entries[i] != other && entries[i].kind == other->kind &&
			entries[i].options.instance == iid)
			return true;
	return false;
}

/* Those that ask for none get what is left, in the order of the file: an entry that is absent keeps its id. */
static size_t give_iids(struct entry *entries, size_t count)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		struct entry *entry = &entries[i];
		uint32_t iid = entry->options.instance;

		if (iid != UINT32_MAX && iid_is_taken(entries, i, entry, iid)) {
			lw_config_error(entry->host, entry->section, "instance",
				"instance = %u: another [%s.NAME] has it", iid, entry->kind->name);
			entry->kind = NULL;
		}
	}
	for (size_t i = 0; i < count; i++) {
		struct entry *entry = &entries[i];

		if (!entry->kind)
			continue;
		for (uint32_t iid = 0; entry->options.instance == UINT32_MAX; iid++)
			if (!iid_is_taken(entries, count, entry, iid))
				entry->options.instance = iid;
		entry->iid = (uint16_t)entry->options.instance;
	}
	for (size_t i = 0; i < count; i++)
		if (entries[i].kind)
			entries[n++] = entries[i];
	return n;
}

int settings_read(const struct lw_host *host, const struct kind *kinds, struct entry **ret, size_t *ret_count)
{
	struct entry *entries;
	const char *section;
	size_t n = 0;

	while (lw_section(host, (unsigned int)n))
		n++;
	entries = calloc(n + 1, sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	n = 0;
	for (unsigned int i = 0; (section = lw_section(host, i)); i++) {
		const struct kind *kind = find_kind(kinds, section);

		if (strcmp(section, "gpio") == 0)
			continue;
		if (!kind)
			complain_of_section(host, kinds, section);
		else if (read_entry(host, kind, section, &entries[n]) == 0)
			n++;
	}
	*ret_count = give_iids(entries, n);
	*ret = entries;
	return 0;
}
