/* SPDX-License-Identifier: Apache-2.0 */
/* Light Control (3311): LEDs and relays at a line, and LEDs of /sys/class/leds. */
#include <errno.h>
#include <string.h>

#include "gpio.h"
#include "stopwatch.h"

struct light {
	struct entry *entry;
	bool on, was_on;
	int64_t dimmer, was_dimmer; /* percent */
	bool has_dimmer;
	int64_t on_s;
	struct stopwatch watch;
	char label[LABEL_MAX];
};

static int light_set(struct light *light)
{
	struct entry *entry = light->entry;
	int r;

	if (entry_has_led(entry))
		r = led_set(&entry->led, light->on, light->dimmer);
	else
		r = line_set(&entry->line, light->on);
	if (r < 0)
		return r;
	light->was_on = light->on;
	light->was_dimmer = light->dimmer;
	stopwatch_run(&light->watch, light->on);
	return 0;
}

static int light_init(struct lw_instance *inst)
{
	struct entry *entry = gpio_entry_of(inst);
	struct light *light = inst->data;
	int r = 0;

	light->entry = entry;
	light->dimmer = 100;
	strcpy(light->label, entry->options.label);
	light->on = entry->options.initial == LEVEL_ON;
	if (!entry_has_led(entry)) {
		light->on = light->was_on = entry->line.setup.value;
		stopwatch_run(&light->watch, light->on);
		return 0;
	}
	light->has_dimmer = led_has_levels(&entry->led);
	if (entry->options.initial == LEVEL_KEEP)
		r = led_get(&entry->led, &light->on, &light->dimmer);
	return r < 0 ? r : light_set(light);
}

static void light_fini(struct lw_instance *inst)
{
	struct light *light = inst->data;
	struct entry *entry = light->entry;

	light->on = entry->options.safe == LEVEL_ON;
	if (entry->options.safe != LEVEL_KEEP)
		light_set(light);
	line_close(&entry->line);
	led_close(&entry->led);
}

/* Somebody else may have changed an LED, or it went away. */
static int light_poll(struct lw_instance *inst)
{
	struct light *light = inst->data;
	struct entry *entry = light->entry;
	int r = 0;

	if (entry_has_led(entry))
		r = led_get(&entry->led, &light->on, &light->dimmer);
	if (r == -ENOENT || r == -ENODEV) {
		gpio_detach(entry);
		return 0;
	}
	if (light->on != light->was_on)
		stopwatch_run(&light->watch, light->on);
	light->was_on = light->on;
	light->was_dimmer = light->dimmer;
	stopwatch_show(&light->watch, &light->on_s);
	return r;
}

static int light_written(struct lw_instance *inst)
{
	struct light *light = inst->data;

	if (light->dimmer < 0 || light->dimmer > 100)
		return -ERANGE;
	if (stopwatch_written(&light->watch, &light->on_s) < 0)
		return -EINVAL;
	return light->on == light->was_on && light->dimmer == light->was_dimmer ? 0 : light_set(light);
}

static const struct lw_resource resources[] = {
	LW_RES_BOOLEAN(5850, LW_RW, struct light, on, .flags = LW_MANDATORY),
	LW_RES_INTEGER(5851, LW_RW, struct light, dimmer, LW_PRESENT(struct light, has_dimmer)),
	LW_RES_INTEGER(5852, LW_RW, struct light, on_s),
	LW_RES_STRING(5750, LW_RW, struct light, label),
	LW_RES_END,
};

const struct lw_object gpio_light = {
	.id = 3311,
	.version = "1.0",
	.flags = LW_INSTANCES,
	.resources = resources,
	LW_DATA(struct light, NULL),
	.init = light_init,
	.fini = light_fini,
	.poll = light_poll,
	.written = light_written,
};
