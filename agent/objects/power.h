/* SPDX-License-Identifier: Apache-2.0 */
/*
 * power.h - what the machine runs on, as /sys/class/power_supply has it
 *
 * Which supplies there are is found out once, by power_init(); supplies of peripherals (a mouse's battery) do not count. What
 * they deliver is read when asked for. The index of a supply is its resource instance id in 3/0/6, 7 and 8.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POWER_SUPPLIES_MAX 8

enum power_source { /* values of 3/0/6 */
	POWER_DC,
	POWER_BATTERY_INTERNAL,
	POWER_BATTERY_EXTERNAL,
	POWER_FUEL_CELL,
	POWER_ETHERNET,
	POWER_USB,
	POWER_AC,
	POWER_SOLAR,
};

enum battery_status { /* values of 3/0/20 */
	BATTERY_NORMAL,
	BATTERY_CHARGING,
	BATTERY_CHARGE_COMPLETE,
	BATTERY_DAMAGED,
	BATTERY_LOW,
	BATTERY_NOT_INSTALLED,
	BATTERY_UNKNOWN,
};

struct power_supply {
	char name[64];
	enum power_source source;
};

struct power {
	char *root;
	struct power_supply supplies[POWER_SUPPLIES_MAX]; /* by name */
	size_t n_supplies;
};

/* A machine without /sys/class/power_supply has none. -ENOMEM. */
int power_init(struct power *power, const char *root);
void power_deinit(struct power *power);

/* Delivers this supply now? */
bool power_is_available(const struct power *power, size_t supply);

/* mV and mA. -ENOENT: it does not say; -errno. */
int power_voltage(const struct power *power, size_t supply, int64_t *ret_mv);
int power_current(const struct power *power, size_t supply, int64_t *ret_ma);

/* Of the first battery: percent, and enum battery_status. -ENOENT: there is none, or it does not say. */
int power_battery_level(const struct power *power, int64_t *ret_percent);
int power_battery_status(const struct power *power, int64_t *ret_status);
