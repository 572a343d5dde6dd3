/* SPDX-License-Identifier: Apache-2.0 */
/*
 * led.h - one LED of /sys/class/leds
 *
 * On is a brightness above 0, or where a trigger was named, that trigger (heartbeat, timer): then the kernel
 * makes the LED blink. While it is ours and off, it has no trigger. A struct led of zeros is one that is closed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define LED_NAME_MAX 64
#define LED_PATH_MAX 256

struct led {
	char path[LED_PATH_MAX]; /* its folder; "": closed */
	char trigger[LED_NAME_MAX]; /* what on is; "": brightness */
	long max;
};

/* -ENOENT: no such LED; -ENOTSUP: it has no such trigger. */
int led_open(struct led *led, const char *root, const char *name, const char *trigger);
void led_close(struct led *led);
bool led_is_there(const struct led *led);

/* Can it be dimmed? */
bool led_has_levels(const struct led *led);

/*
 * percent: how bright it is when on, 0 to 100. led_get() is given what was set, and leaves alone what still holds: the
 * percent of an LED that is off or blinks, or an LED that is on with 0 %.
 */
int led_set(struct led *led, bool on, int64_t percent);
int led_get(struct led *led, bool *ret_on, int64_t *percent);
