/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Buzzer (3338). Written "on" it sounds, for the duration if there is one, from the beginning each time it is written.
 * Then it is off; or with a minimum off-time it stays on, and sounds again whenever that is over.
 */
#include <errno.h>
#include <string.h>

#include "gpio.h"
#include "stopwatch.h"

#define ON         5850
#define TIME_MAX_S 86400

struct buzzer {
	struct entry *entry;
	bool on; /* the control */
	bool sounding;
	bool written, wanted; /* a request of a server that is not through yet writes the control */
	double duration_s, min_off_s;
	int64_t silent_since_ms; /* 0: it has not sounded yet */
	sd_event_source *timer;  /* the end of a sound, or of a silence */
	char label[LABEL_MAX];
};

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata);

static void set_on(struct lw_instance *inst, bool on)
{
	struct buzzer *buzzer = inst->data;

	if (buzzer->on == on)
		return;
	buzzer->on = on;
	lw_changed(inst, ON);
}

static int set_timer(struct lw_instance *inst, double seconds)
{
	struct buzzer *buzzer = inst->data;

	buzzer->timer = sd_event_source_disable_unref(buzzer->timer);
	return sd_event_add_time_relative(lw_event(inst->host), &buzzer->timer, CLOCK_BOOTTIME,
		(uint64_t)(seconds * 1e6), 1000, on_timer, inst);
}

static int begin_sound(struct lw_instance *inst)
{
	struct buzzer *buzzer = inst->data;
	int r = line_set(&buzzer->entry->line, true);

	if (r < 0)
		return r;
	buzzer->sounding = true;
	buzzer->timer = sd_event_source_disable_unref(buzzer->timer);
	return buzzer->duration_s > 0 ? set_timer(inst, buzzer->duration_s) : 0;
}

static int end_sound(struct buzzer *buzzer)
{
	buzzer->timer = sd_event_source_disable_unref(buzzer->timer);
	if (buzzer->sounding)
		buzzer->silent_since_ms = stopwatch_now();
	buzzer->sounding = false;
	return line_set(&buzzer->entry->line, false);
}

/* Of the minimum off-time, in seconds; below 0: it is over. */
static double silence_left(const struct buzzer *buzzer)
{
	if (buzzer->silent_since_ms == 0)
		return -1;
	return buzzer->min_off_s - (double)(stopwatch_now() - buzzer->silent_since_ms) / 1000;
}

static int turn_on(struct lw_instance *inst)
{
	struct buzzer *buzzer = inst->data;
	double left = silence_left(buzzer);

	if (buzzer->sounding || left <= 0)
		return begin_sound(inst);
	return set_timer(inst, left);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct lw_instance *inst = userdata;
	struct buzzer *buzzer = inst->data;
	int r;

	if (!buzzer->sounding) {
		r = begin_sound(inst);
	} else {
		r = end_sound(buzzer);
		if (r == 0 && buzzer->min_off_s > 0)
			r = set_timer(inst, buzzer->min_off_s);
		else
			set_on(inst, false);
	}
	if (r < 0)
		lw_log(inst->host, LOG_WARNING, "[%s]: it cannot be switched: %s", buzzer->entry->section,
			strerror(-r));
	return 0;
}

static int buzzer_init(struct lw_instance *inst)
{
	struct entry *entry = gpio_entry_of(inst);
	struct buzzer *buzzer = inst->data;

	buzzer->entry = entry;
	buzzer->duration_s = entry->options.duration_s;
	buzzer->min_off_s = entry->options.min_off_s;
	strcpy(buzzer->label, entry->options.label);
	return 0;
}

static void buzzer_fini(struct lw_instance *inst)
{
	struct buzzer *buzzer = inst->data;

	end_sound(buzzer);
	line_close(&buzzer->entry->line);
}

static int read_on(struct lw_instance *inst, uint16_t rid, lw_request request)
{
	struct buzzer *buzzer = inst->data;

	return lw_answer(inst, request, lw_boolean(buzzer->on));
}

static int write_on(struct lw_instance *inst, uint16_t rid, uint16_t riid, const struct lw_value *value)
{
	struct buzzer *buzzer = inst->data;

	buzzer->written = true;
	buzzer->wanted = value->boolean;
	return 0;
}

static void buzzer_aborted(struct lw_instance *inst)
{
	struct buzzer *buzzer = inst->data;

	buzzer->written = false;
}

static int buzzer_written(struct lw_instance *inst)
{
	struct buzzer *buzzer = inst->data;
	bool written = buzzer->written;
	int r;

	buzzer->written = false;
	if (!(buzzer->duration_s >= 0 && buzzer->duration_s <= TIME_MAX_S && buzzer->min_off_s >= 0 &&
		    buzzer->min_off_s <= TIME_MAX_S))
		return -ERANGE;
	if (!written)
		return 0;
	r = buzzer->wanted ? turn_on(inst) : end_sound(buzzer);
	if (r == 0)
		set_on(inst, buzzer->wanted);
	return r;
}

static const struct lw_resource resources[] = {
	LW_RES_CALLBACK(ON, LW_RW, LW_BOOLEAN, .read = read_on, .write = write_on, .flags = LW_MANDATORY),
	LW_RES_FLOAT(5521, LW_RW, struct buzzer, duration_s),
	LW_RES_FLOAT(5525, LW_RW, struct buzzer, min_off_s, .flags = LW_MANDATORY),
	LW_RES_STRING(5750, LW_RW, struct buzzer, label),
	LW_RES_END,
};

const struct lw_object gpio_buzzer = {
	.id = 3338,
	.version = "1.1",
	.flags = LW_INSTANCES,
	.resources = resources,
	LW_DATA(struct buzzer, NULL),
	.init = buzzer_init,
	.fini = buzzer_fini,
	.written = buzzer_written,
	.aborted = buzzer_aborted,
};
