/* SPDX-License-Identifier: Apache-2.0 */
#include "observe-internal.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "data.h"
#include "json.h"
#include "names.h"
#include "text.h"
#include "times.h"

#define NAME_WIDTH_MAX 28

static void print_time(const struct observe *observe)
{
	const struct screen *screen = &observe->ctl->screen;
	char text[TIMES_MAX];
	usec_t now = times_now();

	fprintf(observe->ctl->out, "%s%s%s  ", screen_colour(screen, COLOUR_FAINT),
		times_point(now, now, text), screen_reset(screen, COLOUR_FAINT));
}

/* A cell that is as wide as the widest so far, and cut where that would be too much. */
static void print_cell(
	const struct observe *observe, struct bytes text, unsigned int *width, unsigned int max)
{
	const char *mark = "";
	unsigned int own = text_width(text);

	if (own > max) {
		mark = observe->ctl->screen.utf8 ? "…" : "~";
		text.len = text_fitting(text, max - 1);
		own = text_width(text) + 1;
	}
	if (own > *width)
		*width = own;
	fprintf(observe->ctl->out, "%.*s%s%*s  ", (int)text.len, (const char *)text.data, mark,
		(int)(*width - own), "");
}

/* The rest of a line: cut, for the next change is a line again. */
static void print_last(
	const struct observe *observe, struct bytes text, enum colour colour, unsigned int used)
{
	const struct screen *screen = &observe->ctl->screen;
	unsigned int width = observe->ctl->screen.width;
	size_t len = text.len;

	if (width > 0 && text_width(text) > (width > used ? width - used : 1))
		len = text_fitting(text, width > used + 1 ? width - used - 1 : 1);
	fprintf(observe->ctl->out, "%s%.*s%s%s\n", screen_colour(screen, colour), (int)len,
		(const char *)text.data,
		len == text.len ? "" :
		screen->utf8    ? "…" :
				  "~",
		screen_reset(screen, colour));
	fflush(observe->ctl->out);
}

static int print_line(struct observe *observe, const struct path *path, const char *text, enum colour colour)
{
	_cleanup_(buffer_deinit) struct buffer safe = { 0 };
	const char *unit, *name = path->depth > 2 ? names_resource(path->ids[0], path->ids[2], &unit) : "";
	int r = text_append_safe(&safe, text);

	if (r < 0)
		return r;
	print_time(observe);
	print_cell(observe, bytes_of(path->text), &observe->path_width, PATH_TEXT_MAX);
	print_cell(observe, bytes_of(name), &observe->name_width, NAME_WIDTH_MAX);
	print_last(
		observe, buffer_bytes(&safe), colour, 10 + observe->path_width + 2 + observe->name_width + 2);
	return OUTCOME_DONE;
}

int observe_print_value(struct observe *observe, const struct path *path, const struct value *value)
{
	_cleanup_(buffer_deinit) struct buffer text = { 0 };
	json_t *json;
	int r;

	if (observe->ctl->json) {
		json = data_json(path, value);
		if (!json || json_object_set_new(json, "time", json_time(times_now())) < 0)
			return -ENOMEM;
		return json_print_line(observe->ctl, json);
	}
	r = value_format(value, &text);
	if (r >= 0)
		r = buffer_append_text(&text, units_of(&observe->units, observe->ctl, path));
	if (r >= 0)
		r = buffer_append_byte(&text, '\0');
	return r < 0 ? r : print_line(observe, path, (const char *)text.data, COLOUR_NONE);
}

int observe_print_removed(struct observe *observe, const struct path *path)
{
	if (observe->ctl->json)
		return json_print_line(observe->ctl, json_pack("{s:s, s:b, s:o}", "path", path->text,
							     "removed", 1, "time", json_time(times_now())));
	return print_line(observe, path, "removed", COLOUR_WARNING);
}

int observe_print_agent(struct observe *observe, const char *word, const char *text)
{
	if (observe->ctl->json)
		return json_print_line(
			observe->ctl, json_pack("{s:s, s:o}", "agent", word, "time", json_time(times_now())));
	print_time(observe);
	print_last(observe, bytes_of(text), COLOUR_WARNING, 10);
	return OUTCOME_DONE;
}

int observe_print_state(struct observe *observe, const char *what, const char *name, const char *state)
{
	_cleanup_(buffer_deinit) struct buffer text = { 0 };
	int r;

	if (observe->ctl->json)
		return json_print_line(observe->ctl, json_pack("{s:s, s:s, s:o}", what, name, "state", state,
							     "time", json_time(times_now())));
	r = buffer_printf(&text, "%s ", what);
	if (r >= 0)
		r = text_append_safe(&text, name);
	if (r >= 0)
		r = buffer_append_text(&text, ": ");
	if (r >= 0)
		r = text_append_safe(&text, state);
	if (r < 0)
		return r;
	print_time(observe);
	print_last(observe, buffer_bytes(&text), COLOUR_STRONG, 10);
	return OUTCOME_DONE;
}
