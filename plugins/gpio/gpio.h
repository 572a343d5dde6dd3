/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gpio.h - what the files of this plugin share
 *
 * An entry is one section of gpio.conf and one object instance: [light.door] is /3311/N. The instance is there
 * while the entry has its line or LED (attached), and is not while that is missing or somebody else's. Entries
 * live from start() to stop().
 */
#pragma once

#include <lwm2m/plugin.h>
#include <syslog.h>
#include <systemd/sd-event.h>

#include "led.h"
#include "line.h"

#define LABEL_MAX 64

/* In the order of the words in settings.c. */
enum level { LEVEL_OFF, LEVEL_ON, LEVEL_KEEP };

/* The keys of a section; settings.c knows which kind has which. */
struct options {
	struct line_name where;
	char led[LED_NAME_MAX], trigger[LED_NAME_MAX], label[LABEL_MAX];
	uint32_t instance; /* UINT32_MAX: the next one */
	uint32_t bias, drive, initial, safe, edge, debounce_ms;
	double duration_s, min_off_s;
	bool active_low;
};

struct entry;

/* What sections of one name are: "light" of [light.door]. */
struct kind {
	const char *name;
	const struct lw_object *object;
	enum line_direction direction;
};

struct entry {
	const struct lw_host *host;
	const struct kind *kind;
	const char *section; /* the host's */
	struct options options;
	uint16_t iid;
	struct line line;
	struct led led; /* where options.led names one, in place of the line */
	struct lw_instance *inst; /* NULL: not attached */
	int failure; /* why not, -errno, as it was said; 0: nothing to say */
};

extern const struct lw_object gpio_light, gpio_buzzer, gpio_switch, gpio_input, gpio_output, gpio_button;

static inline bool entry_has_led(const struct entry *entry)
{
	return entry->options.led[0] != 0;
}

/* Takes the line or LED of every entry that has none, and adds its instance. */
void gpio_attach_all(void);

/* The line or LED is gone. fini() has released it when this returns. */
void gpio_detach(struct entry *entry);

/* The same for all lines of the chip /dev/NAME, and for LEDs that are not there any more. */
void gpio_detach_chip(const char *path);
void gpio_detach_leds(void);

/* The entry that an instance was made for; in init(). */
struct entry *gpio_entry_of(const struct lw_instance *inst);

/* "" or where /sys and /dev are looked for, for tests. */
extern const char *gpio_root;

/* settings.c: *ret is the entries that gpio.conf describes, but for wrong ones, which were said. -ENOMEM. */
int settings_read(
	const struct lw_host *host, const struct kind *kinds, struct entry **ret, size_t *ret_count);

/* watch.c: attaches and detaches as the kernel says that chips and LEDs come or go. Failures are said. */
void watch_start(const struct lw_host *host, bool leds);
void watch_stop(void);
