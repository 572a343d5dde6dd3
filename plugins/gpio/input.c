/* SPDX-License-Identifier: Apache-2.0 */
/* What a line reads: Digital Input (3200), On/Off switch (3342), Push button (3347). */
#include <errno.h>
#include <string.h>

#include "gpio.h"
#include "stopwatch.h"

#define DEBOUNCE_MAX_MS 10000

/* Of resource 5504. */
enum edge { EDGE_FALLING = 1, EDGE_RISING, EDGE_BOTH };

struct input {
	struct entry *entry;
	bool state, polarity;
	int64_t counter;
	int32_t debounce_ms, edge;
	int64_t on_s, off_s;
	struct stopwatch on, off;
	int64_t timestamp;
	double fraction;
	bool has_timestamp;
	char label[LABEL_MAX];
};

static void take_state(struct input *input, bool state)
{
	input->state = state;
	stopwatch_run(&input->on, state);
	stopwatch_run(&input->off, !state);
}

static void on_edge(void *userdata, bool rising, uint64_t realtime_ns)
{
	struct input *input = userdata;

	if (input->edge & (rising ? EDGE_RISING : EDGE_FALLING))
		input->counter++;
	input->timestamp = (int64_t)(realtime_ns / 1000000000);
	input->fraction = (double)(realtime_ns % 1000000000 / 1000) / 1e6;
	input->has_timestamp = true;
}

/* Edges may have got lost in a flood; the state is what the line says. */
static int on_edges(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct entry *entry = userdata;
	struct input *input = entry->inst->data;
	bool state;
	int r = -ENODEV;

	if (revents & EPOLLIN)
		r = line_read_edges(&entry->line, on_edge, input);
	if (r == 0)
		r = line_get(&entry->line, &state);
	if (r < 0)
		gpio_detach(entry);
	else
		take_state(input, state);
	return 0;
}

static int input_init(struct lw_instance *inst)
{
	struct entry *entry = gpio_entry_of(inst);
	struct input *input = inst->data;
	bool state;
	int r = line_get(&entry->line, &state);

	if (r < 0)
		return r;
	input->entry = entry;
	input->edge = (int32_t)entry->options.edge + EDGE_FALLING;
	input->debounce_ms = (int32_t)entry->options.debounce_ms;
	strcpy(input->label, entry->options.label);
	take_state(input, state);
	return line_watch(&entry->line, lw_event(inst->host), on_edges, entry);
}

static void input_fini(struct lw_instance *inst)
{
	struct input *input = inst->data;

	line_close(&input->entry->line);
}

static int input_poll(struct lw_instance *inst)
{
	struct input *input = inst->data;

	stopwatch_show(&input->on, &input->on_s);
	stopwatch_show(&input->off, &input->off_s);
	return 0;
}

/* Polarity and debounce are the kernel's to do. */
static int change_line(struct input *input)
{
	struct entry *entry = input->entry;
	struct line_setup setup = entry->line.setup;
	bool state;
	int r;

	setup.active_low = entry->options.active_low != input->polarity;
	setup.debounce_ms = (uint32_t)input->debounce_ms;
	if (setup.active_low == entry->line.setup.active_low &&
		setup.debounce_ms == entry->line.setup.debounce_ms)
		return 0;
	r = line_change(&entry->line, &setup);
	if (r == 0)
		r = line_get(&entry->line, &state);
	if (r == 0)
		take_state(input, state);
	return r;
}

static int input_written(struct lw_instance *inst)
{
	struct input *input = inst->data;

	if (input->debounce_ms < 0 || input->debounce_ms > DEBOUNCE_MAX_MS)
		return -ERANGE;
	if (input->edge < EDGE_FALLING || input->edge > EDGE_BOTH)
		return -ERANGE;
	return change_line(input);
}

static int switch_written(struct lw_instance *inst)
{
	struct input *input = inst->data;
	int r = stopwatch_written(&input->on, &input->on_s);

	return r < 0 ? r : stopwatch_written(&input->off, &input->off_s);
}

static int reset_counter(struct lw_instance *inst, uint16_t rid, lw_request request, const char *args)
{
	struct input *input = inst->data;

	input->counter = 0;
	return 0;
}

#define STATE                                                                                              \
	LW_RES_BOOLEAN(5500, LW_R, struct input, state, .flags = LW_MANDATORY),                            \
		LW_RES_INTEGER(5501, LW_R, struct input, counter),                                         \
		LW_RES_TIME(5518, LW_R, struct input, timestamp, LW_PRESENT(struct input, has_timestamp)), \
		LW_RES_FLOAT(6050, LW_R, struct input, fraction, LW_PRESENT(struct input, has_timestamp)), \
		LW_RES_STRING(5750, LW_RW, struct input, label)

static const struct lw_resource input_resources[] = {
	STATE,
	LW_RES_BOOLEAN(5502, LW_RW, struct input, polarity),
	LW_RES_INTEGER(5503, LW_RW, struct input, debounce_ms),
	LW_RES_INTEGER(5504, LW_RW, struct input, edge),
	LW_RES_EXECUTE(5505, reset_counter),
	LW_RES_END,
};

static const struct lw_resource switch_resources[] = {
	STATE,
	LW_RES_INTEGER(5852, LW_RW, struct input, on_s),
	LW_RES_INTEGER(5854, LW_RW, struct input, off_s),
	LW_RES_END,
};

static const struct lw_resource button_resources[] = { STATE, LW_RES_END };

#define INPUT                                                                                     \
	.version = "1.1", .flags = LW_INSTANCES, LW_DATA(struct input, NULL), .init = input_init, \
	.fini = input_fini

const struct lw_object gpio_input = {
	.id = 3200, .resources = input_resources, INPUT, .written = input_written
};
const struct lw_object gpio_switch = {
	.id = 3342, .resources = switch_resources, INPUT, .written = switch_written, .poll = input_poll
};
const struct lw_object gpio_button = { .id = 3347, .resources = button_resources, INPUT };
