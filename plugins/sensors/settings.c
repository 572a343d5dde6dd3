/* SPDX-License-Identifier: Apache-2.0 */
#include "settings.h"

#include <errno.h>
#include <fnmatch.h>
#include <lwm2m/settings.h>

#define CHANNEL "channel."
#define CHIP    "chip."

static const struct lw_setting general_settings[] = {
	LW_SETTING_BOOLEAN("iio", struct settings, iio),
	LW_SETTING_BOOLEAN("hwmon", struct settings, hwmon),
	LW_SETTING_BOOLEAN("hwmon_temperatures", struct settings, hwmon_temperatures),
	LW_SETTING_TEXT("devices", struct settings, devices),
	LW_SETTING_TEXT("without", struct settings, without),
	LW_SETTING_NUMBER("rescan_ms", struct settings, rescan_ms, 0, 86400000),
	LW_SETTING_TEXT("root", struct settings, root),
	LW_SETTING_END,
};

static const struct lw_setting channel_settings[] = {
	LW_SETTING_TEXT("device", struct channel_options, device),
	LW_SETTING_TEXT("channel", struct channel_options, channel),
	LW_SETTING_TEXT("label", struct channel_options, label),
	LW_SETTING_NUMBER("instance", struct channel_options, instance, 0, 65534),
	LW_SETTING_REAL("scale", struct channel_options, scale, -1e12, 1e12),
	LW_SETTING_REAL("offset", struct channel_options, offset, -1e12, 1e12),
	LW_SETTING_BOOLEAN("ignore", struct channel_options, ignore),
	LW_SETTING_END,
};

struct settings sensors_settings;
static struct channel_options *options;
static size_t n_options;

static void read_channel(const struct lw_host *host, const char *section)
{
	struct channel_options one = { .device = "*", .channel = "*", .instance = UINT32_MAX, .scale = 1 };

	if (lw_read_section(host, section, channel_settings, &one) == 0)
		options[n_options++] = one;
}

int settings_read(const struct lw_host *host)
{
	const char *section;
	size_t n = 0;

	sensors_settings = (struct settings){ .iio = true, .hwmon = true };
	lw_read_section(host, "sensors", general_settings, &sensors_settings);
	while (lw_section(host, (unsigned int)n))
		n++;
	options = calloc(n + 1, sizeof(*options));
	if (!options)
		return -ENOMEM;
	for (unsigned int i = 0; (section = lw_section(host, i)); i++) {
		if (strncmp(section, CHANNEL, strlen(CHANNEL)) == 0)
			read_channel(host, section);
		else if (strcmp(section, "sensors") != 0 && strncmp(section, CHIP, strlen(CHIP)) != 0)
			lw_config_error(host, section, NULL,
				"unknown section [%s]; it has to be [sensors], [channel.NAME] or [chip.NAME]",
				section);
	}
	return 0;
}

void settings_free(void)
{
	free(options);
	options = NULL;
	n_options = 0;
}

/* Is one of the patterns, which have blanks between, the channel's device or place? */
static bool match_any(const char *patterns, const struct sensor_channel *channel)
{
	char copy[PATTERNS_MAX], *rest = NULL;

	snprintf(copy, sizeof(copy), "%s", patterns);
	for (char *one = strtok_r(copy, " \t", &rest); one; one = strtok_r(NULL, " \t", &rest))
		if (fnmatch(one, channel->device, 0) == 0 || fnmatch(one, channel->place, 0) == 0)
			return true;
	return false;
}

bool settings_want(const struct sensor_channel *channel)
{
	const struct channel_options *own = settings_of(channel);

	if ((sensors_settings.devices[0] && !match_any(sensors_settings.devices, channel)) ||
		match_any(sensors_settings.without, channel))
		return false;
	return !own || !own->ignore;
}

const struct channel_options *settings_of(const struct sensor_channel *channel)
{
	for (size_t i = 0; i < n_options; i++)
		if (match_any(options[i].device, channel) &&
			fnmatch(options[i].channel, channel->name, 0) == 0)
			return &options[i];
	return NULL;
}

bool settings_reserved(uint32_t instance)
{
	for (size_t i = 0; i < n_options; i++)
		if (options[i].instance == instance)
			return true;
	return false;
}
