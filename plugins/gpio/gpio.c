/* SPDX-License-Identifier: Apache-2.0 */
/* Lights, relays, buzzers, switches, buttons and plain lines, by libgpiod and /sys/class/leds. */
#include "gpio.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct kind kinds[] = {
	{ "light", &gpio_light, LINE_OUTPUT },
	{ "buzzer", &gpio_buzzer, LINE_OUTPUT },
	{ "switch", &gpio_switch, LINE_INPUT },
	{ "input", &gpio_input, LINE_INPUT },
	{ "output", &gpio_output, LINE_OUTPUT },
	{ "button", &gpio_button, LINE_INPUT },
	{ NULL, NULL, LINE_INPUT },
};

static struct entry *entries;
static size_t n_entries;
const char *gpio_root = "";

static void attach(struct entry *entry);

struct entry *gpio_entry_of(const struct lw_instance *inst)
{
	for (size_t i = 0; i < n_entries; i++)
		if (entries[i].kind->object->id == inst->oid && entries[i].iid == inst->iid)
			return &entries[i];
	return NULL;
}

/* What the entry is at, for people. */
static const char *name_of(const struct entry *entry, char *ret, size_t size)
{
	const struct line_name *where = &entry->options.where;

	if (entry_has_led(entry))
		snprintf(ret, size, "LED %s", entry->options.led);
	else if (where->line[0])
		snprintf(ret, size, "line %s%s%s", where->line, where->chip[0] ? " of " : "", where->chip);
	else
		snprintf(ret, size, "line %u of %s", where->offset, where->chip);
	return ret;
}

static const char *reason_of(const struct entry *entry, int failure, char *ret, size_t size)
{
	switch (failure) {
	case -ENOENT:
	case -ENODEV:
		return "is not there";
	case -EBUSY:
		snprintf(ret, size, "is in use by %s",
			entry->line.consumer[0] ? entry->line.consumer : "the kernel");
		return ret;
	case -ENOTSUP:
		if (entry_has_led(entry)) {
			snprintf(ret, size, "has no trigger '%s'", entry->options.trigger);
			return ret;
		}
		break;
	}
	snprintf(ret, size, "cannot be used: %s", strerror(-failure));
	return ret;
}

/* Once, until it is another reason. */
static void say_absent(struct entry *entry, int failure)
{
	char name[160], reason[160];

	if (entry->failure == failure)
		return;
	entry->failure = failure;
	lw_log(entry->host, LOG_WARNING, "[%s]: %s %s; /%u/%u comes when it can be used", entry->section,
		name_of(entry, name, sizeof(name)), reason_of(entry, failure, reason, sizeof(reason)),
		entry->kind->object->id, entry->iid);
}

static int on_line_free(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct entry *entry = userdata;

	if (revents & (EPOLLHUP | EPOLLERR) || line_is_free(&entry->line))
		attach(entry);
	return 0;
}

static int open_line(struct entry *entry)
{
	static const enum gpiod_line_bias biases[] = { GPIOD_LINE_BIAS_AS_IS, GPIOD_LINE_BIAS_PULL_UP,
		GPIOD_LINE_BIAS_PULL_DOWN, GPIOD_LINE_BIAS_DISABLED };
	static const enum gpiod_line_drive drives[] = { GPIOD_LINE_DRIVE_PUSH_PULL,
		GPIOD_LINE_DRIVE_OPEN_DRAIN, GPIOD_LINE_DRIVE_OPEN_SOURCE };
	const struct options *options = &entry->options;
	const struct line_setup setup = {
		.direction = entry->kind->direction,
		.bias = biases[options->bias],
		.drive = drives[options->drive],
		.active_low = options->active_low,
		.value = options->initial == LEVEL_ON,
		.keep = options->initial == LEVEL_KEEP && entry->kind->direction == LINE_OUTPUT,
		.debounce_ms = options->debounce_ms,
	};

	return line_open(&entry->line, &options->where, &setup);
}

/* Between our try and our watching it, the line may have become free. */
static int open_or_wait(struct entry *entry)
{
	int r, tries = 0;

	do
		r = open_line(entry);
	while (r == -EBUSY && line_wait(&entry->line, lw_event(entry->host), on_line_free, entry) > 0 &&
		++tries < 3);
	return r;
}

static int add_instance(struct entry *entry)
{
	int r = lw_add_instance(entry->host, entry->kind->object->id, entry->iid, &entry->inst);

	if (r < 0) {
		line_close(&entry->line);
		led_close(&entry->led);
	}
	return r;
}

static void attach(struct entry *entry)
{
	const struct options *options = &entry->options;
	int r;

	if (entry->inst)
		return;
	r = entry_has_led(entry) ? led_open(&entry->led, gpio_root, options->led, options->trigger) :
				   open_or_wait(entry);
	if (r == 0)
		r = add_instance(entry);
	if (r < 0) {
		say_absent(entry, r);
		return;
	}
	if (entry->failure < 0)
		lw_log(entry->host, LOG_INFO, "[%s]: /%u/%u is there", entry->section,
			entry->kind->object->id, entry->iid);
	entry->failure = 0;
}

void gpio_attach_all(void)
{
	for (size_t i = 0; i < n_entries; i++)
		attach(&entries[i]);
}

void gpio_detach(struct entry *entry)
{
	struct lw_instance *inst = entry->inst;

	if (!inst)
		return;
	entry->inst = NULL;
	say_absent(entry, -ENOENT);
	lw_remove_instance(inst);
}

void gpio_detach_chip(const char *path)
{
	for (size_t i = 0; i < n_entries; i++)
		if (!entry_has_led(&entries[i]) && strcmp(entries[i].line.path, path) == 0)
			gpio_detach(&entries[i]);
}

void gpio_detach_leds(void)
{
	for (size_t i = 0; i < n_entries; i++)
		if (entry_has_led(&entries[i]) && entries[i].inst && !led_is_there(&entries[i].led))
			gpio_detach(&entries[i]);
}

static int start(const struct lw_host *host)
{
	const char *root = lw_config(host, "gpio", "root");
	bool leds = false;
	int r = settings_read(host, kinds, &entries, &n_entries);

	if (r < 0)
		return r;
	gpio_root = root ? root : "";
	for (size_t i = 0; i < n_entries; i++)
		leds = leds || entry_has_led(&entries[i]);
	watch_start(host, leds);
	gpio_attach_all();
	return 0;
}

/* Instances are gone; what is left are lines that somebody else had. */
static void stop(const struct lw_host *host)
{
	watch_stop();
	for (size_t i = 0; i < n_entries; i++)
		line_close(&entries[i].line);
	free(entries);
	entries = NULL;
	n_entries = 0;
}

LW_PLUGIN_START("gpio", start, stop, &gpio_light, &gpio_buzzer, &gpio_switch, &gpio_input, &gpio_output,
	&gpio_button);
