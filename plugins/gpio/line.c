/* SPDX-License-Identifier: Apache-2.0 */
#include "line.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>

#define CONSUMER   "lwm2m-agent"
#define EDGES_MAX  64   /* at once; what is left makes the descriptor readable again */
#define EDGES_KEPT 1024 /* by the kernel, until we read them */

static void copy_text(char *to, const char *from)
{
	snprintf(to, LINE_NAME_MAX, "%s", from ? from : "");
}

/* The device file: name->chip may be a link to it. */
static void remember_path(struct line *line)
{
	struct gpiod_chip_info *info = gpiod_chip_get_info(line->chip);

	snprintf(line->path, sizeof(line->path), "/dev/%.40s", info ? gpiod_chip_info_get_name(info) : "");
	if (info)
		gpiod_chip_info_free(info);
}

/* Is the open chip the one that is called so? */
static bool chip_is(struct gpiod_chip *chip, const char *name)
{
	struct gpiod_chip_info *info = gpiod_chip_get_info(chip);
	bool is;

	if (!info)
		return false;
	is = strcmp(gpiod_chip_info_get_name(info), name) == 0 ||
	     strcmp(gpiod_chip_info_get_label(info), name) == 0;
	gpiod_chip_info_free(info);
	return is;
}

static size_t count_lines(struct gpiod_chip *chip)
{
	struct gpiod_chip_info *info = gpiod_chip_get_info(chip);
	size_t n = info ? gpiod_chip_info_get_num_lines(info) : 0;

	if (info)
		gpiod_chip_info_free(info);
	return n;
}

/* The line's offset on this chip; -1: it has no such line. */
static int find_offset(struct gpiod_chip *chip, const struct line_name *name)
{
	if (name->line[0])
		return gpiod_chip_get_line_offset_from_name(chip, name->line);
	return name->offset < count_lines(chip) ? (int)name->offset : -1;
}

static int try_chip(struct line *line, const char *path, const struct line_name *name)
{
	struct gpiod_chip *chip;
	int offset = -1;

	if (!gpiod_is_gpiochip_device(path))
		return -ENOENT;
	chip = gpiod_chip_open(path);
	if (!chip)
		return -errno;
	if (!name->chip[0] || name->chip[0] == '/' || chip_is(chip, name->chip))
		offset = find_offset(chip, name);
	if (offset < 0) {
		gpiod_chip_close(chip);
		return -ENOENT;
	}
	line->chip = chip;
	line->offset = (unsigned int)offset;
	remember_path(line);
	return 0;
}

/* Opens the chip that has it. */
static int find_line(struct line *line, const struct line_name *name)
{
	glob_t found;
	int r = -ENOENT;

	if (name->chip[0] == '/')
		return try_chip(line, name->chip, name);
	if (glob("/dev/gpiochip*", 0, NULL, &found) != 0)
		return -ENOENT;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		int failure = try_chip(line, found.gl_pathv[i], name);

		if (failure == 0 || failure != -ENOENT)
			r = failure;
		if (failure == 0)
			break;
	}
	globfree(&found);
	return r;
}

static struct gpiod_line_settings *make_settings(const struct line_setup *setup)
{
	struct gpiod_line_settings *settings = gpiod_line_settings_new();

	if (!settings)
		return NULL;
	gpiod_line_settings_set_active_low(settings, setup->active_low);
	gpiod_line_settings_set_bias(settings, setup->bias);
	if (setup->keep) {
		gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_AS_IS);
	} else if (setup->direction == LINE_OUTPUT) {
		gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_OUTPUT);
		gpiod_line_settings_set_drive(settings, setup->drive);
		gpiod_line_settings_set_output_value(
			settings, setup->value ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE);
	} else {
		gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_INPUT);
		gpiod_line_settings_set_edge_detection(settings, GPIOD_LINE_EDGE_BOTH);
		gpiod_line_settings_set_event_clock(settings, GPIOD_LINE_CLOCK_REALTIME);
		gpiod_line_settings_set_debounce_period_us(settings, setup->debounce_ms * 1000UL);
	}
	return settings;
}

static struct gpiod_line_config *make_config(unsigned int offset, const struct line_setup *setup)
{
	struct gpiod_line_settings *settings = make_settings(setup);
	struct gpiod_line_config *config = settings ? gpiod_line_config_new() : NULL;

	if (config && gpiod_line_config_add_line_settings(config, &offset, 1, settings) < 0) {
		gpiod_line_config_free(config);
		config = NULL;
	}
	gpiod_line_settings_free(settings);
	return config;
}

static int request_line(struct line *line, const struct line_setup *setup)
{
	struct gpiod_line_config *config = make_config(line->offset, setup);
	struct gpiod_request_config *request = gpiod_request_config_new();
	int r = 0;

	if (config && request) {
		gpiod_request_config_set_consumer(request, CONSUMER);
		gpiod_request_config_set_event_buffer_size(request, EDGES_KEPT);
		line->request = gpiod_chip_request_lines(line->chip, request, config);
	}
	if (!line->request)
		r = errno > 0 ? -errno : -ENOMEM;
	if (config)
		gpiod_line_config_free(config);
	if (request)
		gpiod_request_config_free(request);
	line->setup = *setup;
	return r;
}

/* Takes the value over that the line has. */
static int keep_value(struct line *line)
{
	struct line_setup setup = line->setup;
	int r = line_get(line, &setup.value);

	setup.keep = false;
	return r < 0 ? r : line_change(line, &setup);
}

static void remember_consumer(struct line *line)
{
	struct gpiod_line_info *info = gpiod_chip_get_line_info(line->chip, line->offset);

	copy_text(line->consumer, info ? gpiod_line_info_get_consumer(info) : NULL);
	gpiod_line_info_free(info);
}

int line_open(struct line *line, const struct line_name *name, const struct line_setup *setup)
{
	int r;

	line_close(line);
	r = find_line(line, name);
	if (r == 0)
		r = request_line(line, setup);
	if (r == 0 && setup->keep)
		r = keep_value(line);
	if (r == -EBUSY) {
		remember_consumer(line);
		return r;
	}
	if (r < 0) {
		line_close(line);
		return r;
	}
	gpiod_chip_close(line->chip);
	line->chip = NULL;
	return 0;
}

void line_close(struct line *line)
{
	line->source = sd_event_source_disable_unref(line->source);
	if (line->request)
		gpiod_line_request_release(line->request);
	if (line->chip)
		gpiod_chip_close(line->chip);
	line->request = NULL;
	line->chip = NULL;
	line->consumer[0] = 0;
}

int line_wait(struct line *line, sd_event *event, sd_event_io_handler_t handler, void *userdata)
{
	struct gpiod_line_info *info = gpiod_chip_watch_line_info(line->chip, line->offset);
	bool is_free;
	int r;

	if (!info)
		return -errno;
	is_free = !gpiod_line_info_is_used(info);
	gpiod_line_info_free(info);
	if (is_free)
		return 1;
	r = sd_event_add_io(event, &line->source, gpiod_chip_get_fd(line->chip), EPOLLIN, handler, userdata);
	return r < 0 ? r : 0;
}

bool line_is_free(struct line *line)
{
	struct gpiod_info_event *event = gpiod_chip_read_info_event(line->chip);
	bool is_free;

	if (!event)
		return false;
	is_free = gpiod_info_event_get_event_type(event) == GPIOD_INFO_EVENT_LINE_RELEASED;
	gpiod_info_event_free(event);
	return is_free;
}

int line_watch(struct line *line, sd_event *event, sd_event_io_handler_t handler, void *userdata)
{
	int r = sd_event_add_io(
		event, &line->source, gpiod_line_request_get_fd(line->request), EPOLLIN, handler, userdata);

	return r < 0 ? r : 0;
}

int line_read_edges(
	struct line *line, void (*edge)(void *userdata, bool rising, uint64_t realtime_ns), void *userdata)
{
	struct gpiod_edge_event_buffer *buffer = gpiod_edge_event_buffer_new(EDGES_MAX);
	int n;

	if (!buffer)
		return -ENOMEM;
	n = gpiod_line_request_read_edge_events(line->request, buffer, EDGES_MAX);
	for (int i = 0; i < n; i++) {
		struct gpiod_edge_event *event = gpiod_edge_event_buffer_get_event(buffer, (unsigned long)i);

		edge(userdata, gpiod_edge_event_get_event_type(event) == GPIOD_EDGE_EVENT_RISING_EDGE,
			gpiod_edge_event_get_timestamp_ns(event));
	}
	gpiod_edge_event_buffer_free(buffer);
	return n < 0 ? -errno : 0;
}

int line_get(struct line *line, bool *ret)
{
	enum gpiod_line_value value = gpiod_line_request_get_value(line->request, line->offset);

	if (value == GPIOD_LINE_VALUE_ERROR)
		return -errno;
	*ret = value == GPIOD_LINE_VALUE_ACTIVE;
	return 0;
}

int line_set(struct line *line, bool value)
{
	if (gpiod_line_request_set_value(line->request, line->offset,
		    value ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE) < 0)
		return -errno;
	line->setup.value = value;
	return 0;
}

int line_change(struct line *line, const struct line_setup *setup)
{
	struct gpiod_line_config *config = make_config(line->offset, setup);
	int r;

	if (!config)
		return -ENOMEM;
	r = gpiod_line_request_reconfigure_lines(line->request, config) < 0 ? -errno : 0;
	gpiod_line_config_free(config);
	if (r == 0)
		line->setup = *setup;
	return r;
}
