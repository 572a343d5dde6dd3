/* SPDX-License-Identifier: Apache-2.0 */
#include "objects/power.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "objects/platform.h"

#define CLASS "/sys/class/power_supply"

/* An attribute's path is a constant, a supply's name and a constant. */
#define ATTRIBUTE_PATH_MAX 128

static const struct {
	const char *type;
	enum power_source source;
} types[] = {
	{ "Battery", POWER_BATTERY_INTERNAL },
	{ "Mains", POWER_AC },
	{ "USB", POWER_USB },
	{ "UPS", POWER_BATTERY_EXTERNAL },
	{ "Wireless", POWER_DC },
};

static int read_text(
	const struct power *power, const char *supply, const char *attribute, char *ret, size_t size)
{
	char path[ATTRIBUTE_PATH_MAX];

	snprintf(path, sizeof(path), CLASS "/%s/%s", supply, attribute);
	return platform_read_line(power->root, path, ret, size);
}

static int read_number(const struct power *power, size_t supply, const char *attribute, int64_t *ret)
{
	char path[ATTRIBUTE_PATH_MAX];

	snprintf(path, sizeof(path), CLASS "/%s/%s", power->supplies[supply].name, attribute);
	return platform_read_number(power->root, path, ret);
}

static void add_supply(struct power *power, const char *name)
{
	struct power_supply *supply = &power->supplies[power->n_supplies];
	char text[32];

	if (power->n_supplies == POWER_SUPPLIES_MAX || strlen(name) >= sizeof(supply->name))
		return;
	if (read_text(power, name, "scope", text, sizeof(text)) == 0 && strcmp(text, "Device") == 0)
		return;
	if (read_text(power, name, "type", text, sizeof(text)) < 0)
		return;
	for (size_t i = 0; i < ELEMENTSOF(types); i++)
		if (strcmp(text, types[i].type) == 0) {
			strcpy(supply->name, name);
			supply->source = types[i].source;
			power->n_supplies++;
		}
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int power_init(struct power *power, const char *root)
{
	struct dirent **entries;
	char path[PATH_MAX];
	int n;

	*power = (struct power){ .root = strdup(root) };
	if (!power->root)
		return -ENOMEM;
	if (snprintf(path, sizeof(path), "%s" CLASS, root) >= (int)sizeof(path))
		return 0;
	n = scandir(path, &entries, is_visible, by_name);
	if (n < 0)
		return 0;
	for (int i = 0; i < n; i++) {
		add_supply(power, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return 0;
}

void power_deinit(struct power *power)
{
	free(power->root);
}

/* Mains and USB say whether they are online, batteries whether they are present. */
bool power_is_available(const struct power *power, size_t supply)
{
	int64_t number;

	if (read_number(power, supply, "online", &number) == 0)
		return number > 0;
	if (read_number(power, supply, "present", &number) == 0)
		return number > 0;
	return true;
}

int power_voltage(const struct power *power, size_t supply, int64_t *ret_mv)
{
	int64_t uv;
	int r = read_number(power, supply, "voltage_now", &uv);

	if (r == 0)
		*ret_mv = uv / 1000;
	return r;
}

int power_current(const struct power *power, size_t supply, int64_t *ret_ma)
{
	int64_t number, uv;
	int r = read_number(power, supply, "current_now", &number);

	if (r == 0) {
		*ret_ma = number / 1000;
		return 0;
	}
	/* Some batteries tell their power instead, in µW. */
	r = read_number(power, supply, "power_now", &number);
	if (r == 0)
		r = read_number(power, supply, "voltage_now", &uv);
	if (r < 0)
		return r;
	if (uv <= 0)
		return -ENOENT;
	*ret_ma = (int64_t)((double)number * 1000 / (double)uv);
	return 0;
}

static int find_battery(const struct power *power, size_t *ret)
{
	for (size_t i = 0; i < power->n_supplies; i++)
		if (power->supplies[i].source == POWER_BATTERY_INTERNAL) {
			*ret = i;
			return 0;
		}
	return -ENOENT;
}

int power_battery_level(const struct power *power, int64_t *ret_percent)
{
	int64_t percent;
	size_t battery;
	int r = find_battery(power, &battery);

	if (r == 0)
		r = read_number(power, battery, "capacity", &percent);
	if (r < 0)
		return r;
	if (percent < 0 || percent > 100)
		return -ENOENT;
	*ret_percent = percent;
	return 0;
}

static bool battery_says(const struct power *power, size_t battery, const char *attribute, const char *word)
{
	char text[32];

	return read_text(power, power->supplies[battery].name, attribute, text, sizeof(text)) == 0 &&
	       strcmp(text, word) == 0;
}

int power_battery_status(const struct power *power, int64_t *ret_status)
{
	static const struct {
		const char *attribute, *word;
		enum battery_status status;
	} signs[] = { /* the first that holds */
		{ "present", "0", BATTERY_NOT_INSTALLED },
		{ "health", "Dead", BATTERY_DAMAGED },
		{ "health", "Unspecified failure", BATTERY_DAMAGED },
		{ "status", "Charging", BATTERY_CHARGING },
		{ "status", "Full", BATTERY_CHARGE_COMPLETE },
		{ "capacity_level", "Critical", BATTERY_LOW },
		{ "capacity_level", "Low", BATTERY_LOW },
		{ "status", "Discharging", BATTERY_NORMAL },
		{ "status", "Not charging", BATTERY_NORMAL },
	};
	size_t battery;
	int r = find_battery(power, &battery);

	if (r < 0)
		return r;
	for (size_t i = 0; i < ELEMENTSOF(signs); i++)
		if (battery_says(power, battery, signs[i].attribute, signs[i].word)) {
			*ret_status = signs[i].status;
			return 0;
		}
	*ret_status = BATTERY_UNKNOWN;
	return 0;
}
