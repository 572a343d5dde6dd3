/* SPDX-License-Identifier: Apache-2.0 */
/* Digital Output (3201). */
#include <string.h>
#include <time.h>

#include "gpio.h"

struct output {
	struct entry *entry;
	bool state, polarity;
	int64_t timestamp;
	double fraction;
	bool has_timestamp;
	char label[LABEL_MAX];
};

static int output_init(struct lw_instance *inst)
{
	struct entry *entry = gpio_entry_of(inst);
	struct output *output = inst->data;

	output->entry = entry;
	output->state = entry->line.setup.value;
	strcpy(output->label, entry->options.label);
	return 0;
}

static void output_fini(struct lw_instance *inst)
{
	struct output *output = inst->data;
	struct entry *entry = output->entry;

	if (entry->options.safe != LEVEL_KEEP)
		line_set(&entry->line, entry->options.safe == LEVEL_ON);
	line_close(&entry->line);
}

static int output_written(struct lw_instance *inst)
{
	struct output *output = inst->data;
	struct line *line = &output->entry->line;
	struct line_setup setup = line->setup;
	struct timespec now;
	int r = 0;

	setup.active_low = output->entry->options.active_low != output->polarity;
	setup.value = output->state;
	if (setup.active_low != line->setup.active_low)
		r = line_change(line, &setup);
	else if (setup.value != line->setup.value)
		r = line_set(line, setup.value);
	else
		return 0;
	if (r < 0)
		return r;
	clock_gettime(CLOCK_REALTIME, &now);
	output->timestamp = now.tv_sec;
	output->fraction = (double)(now.tv_nsec / 1000) / 1e6;
	output->has_timestamp = true;
	return 0;
}

static const struct lw_resource resources[] = {
	LW_RES_BOOLEAN(5550, LW_RW, struct output, state, .flags = LW_MANDATORY),
	LW_RES_BOOLEAN(5551, LW_RW, struct output, polarity),
	LW_RES_TIME(5518, LW_R, struct output, timestamp, LW_PRESENT(struct output, has_timestamp)),
	LW_RES_FLOAT(6050, LW_R, struct output, fraction, LW_PRESENT(struct output, has_timestamp)),
	LW_RES_STRING(5750, LW_RW, struct output, label),
	LW_RES_END,
};

const struct lw_object gpio_output = {
	.id = 3201,
	.version = "1.1",
	.flags = LW_INSTANCES,
	.resources = resources,
	LW_DATA(struct output, NULL),
	.init = output_init,
	.fini = output_fini,
	.written = output_written,
};
