/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl.h"

#include <stdarg.h>
#include <string.h>

#include "base/cleanup.h"
#include "text.h"

/* Only line breaks are taken as they are: the rest may be words of a server or a plugin. */
static void print_lines(FILE *to, char *text)
{
	for (char *line = strsep(&text, "\n"); line; line = strsep(&text, "\n")) {
		text_print_safe(to, line);
		fputc('\n', to);
	}
}

int ctl_fail(const struct ctl *ctl, enum outcome outcome, const char *format, ...)
{
	_cleanup_(freep) char *text = NULL;
	va_list list;
	int r;

	if (ctl->quiet)
		return outcome;
	va_start(list, format);
	r = vasprintf(&text, format, list);
	va_end(list);
	if (r < 0) {
		text = NULL;
		return -ENOMEM;
	}
	fflush(ctl->out);
	fputs("lwm2mctl: ", ctl->err);
	print_lines(ctl->err, text);
	return outcome;
}

int ctl_done(const struct ctl *ctl, const char *format, ...)
{
	_cleanup_(freep) char *text = NULL;
	va_list list;
	int r;

	if (ctl->json) {
		fputs("{\"done\": true}\n", ctl->out);
		return OUTCOME_DONE;
	}
	va_start(list, format);
	r = vasprintf(&text, format, list);
	va_end(list);
	if (r < 0) {
		text = NULL;
		return -ENOMEM;
	}
	print_lines(ctl->out, text);
	return OUTCOME_DONE;
}

/* Later lines are set in by two columns. */
static void print_paragraph(const struct ctl *ctl, struct bytes rest, enum colour colour)
{
	unsigned int width = ctl->screen.width, indent = 0;

	while (rest.len > 0) {
		struct bytes line = text_next_line(&rest, width ? width - indent : 0);

		fprintf(ctl->out, "%*s%s%.*s%s\n", (int)indent, "", screen_colour(&ctl->screen, colour),
			(int)line.len, (const char *)line.data, screen_reset(&ctl->screen, colour));
		indent = 2;
	}
}

void ctl_note(const struct ctl *ctl, enum colour colour, const char *format, ...)
{
	_cleanup_(buffer_deinit) struct buffer safe = { 0 };
	_cleanup_(freep) char *text = NULL;
	va_list list;

	va_start(list, format);
	if (vasprintf(&text, format, list) < 0)
		text = NULL;
	va_end(list);
	if (text && text_append_safe(&safe, text) >= 0)
		print_paragraph(ctl, buffer_bytes(&safe), colour);
}
