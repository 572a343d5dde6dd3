/* SPDX-License-Identifier: Apache-2.0 */
/*
 * line.h - one GPIO line, by libgpiod
 *
 * line_open() finds the line and requests it. A line that somebody else holds is watched instead: line_wait()
 * says when it is free. A struct line of zeros is one that is closed.
 */
#pragma once

#include <gpiod.h>
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#define LINE_NAME_MAX 64
#define LINE_NONE     UINT32_MAX

enum line_direction { LINE_INPUT, LINE_OUTPUT };

/* By chip and offset, or by the line's name, on one chip or on any. */
struct line_name {
	char chip[LINE_NAME_MAX]; /* "gpiochip0", its label, or a path; "": any */
	char line[LINE_NAME_MAX]; /* "": offset */
	uint32_t offset;          /* LINE_NONE: line */
};

/* How it is requested. value: an output's, as a person sees it (active). */
struct line_setup {
	enum line_direction direction;
	enum gpiod_line_bias bias;
	enum gpiod_line_drive drive;
	bool active_low, value;
	bool keep; /* an output begins with the value that the line has */
	uint32_t debounce_ms;
};

struct line {
	struct gpiod_chip *chip; /* while somebody else has the line */
	struct gpiod_line_request *request;
	unsigned int offset;
	char path[LINE_NAME_MAX]; /* /dev/gpiochip0 */
	char consumer[LINE_NAME_MAX]; /* who has it: after -EBUSY */
	struct line_setup setup;
	sd_event_source *source;
};

/* -ENOENT: no such line now; -EBUSY: consumer has it; another -errno: the kernel refuses. */
int line_open(struct line *line, const struct line_name *name, const struct line_setup *setup);
void line_close(struct line *line);

/* After -EBUSY: calls handler when something happens to the line. 1: it is free already. */
int line_wait(struct line *line, sd_event *event, sd_event_io_handler_t handler, void *userdata);

/* In that handler. Is the line free now? */
bool line_is_free(struct line *line);

/* An input's edges: calls handler, which calls line_read_edges(). */
int line_watch(struct line *line, sd_event *event, sd_event_io_handler_t handler, void *userdata);
int line_read_edges(
	struct line *line, void (*edge)(void *userdata, bool rising, uint64_t realtime_ns), void *userdata);

int line_get(struct line *line, bool *ret);
int line_set(struct line *line, bool value);

/* Requests it as setup says; what it was before holds when that fails. */
int line_change(struct line *line, const struct line_setup *setup);
