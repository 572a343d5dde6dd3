/* SPDX-License-Identifier: Apache-2.0 */
#include "table.h"

#include <stdarg.h>

#include "base/cleanup.h"
#include "text.h"

#define GAP      2
#define CUT_MIN  8  /* no column is cut to less */
#define LAST_MIN 16 /* nor the last one broken into narrower lines */

void table_deinit(struct table *table)
{
	for (size_t i = 0; i < table->n_cells; i++)
		free(table->cells[i].text);
	free(table->cells);
	table->cells = NULL;
	table->n_cells = 0;
}

static int add(struct table *table, const char *text, enum colour colour)
{
	_cleanup_(buffer_deinit) struct buffer safe = { 0 };
	struct table_cell *cells;
	int r = text_append_safe(&safe, text);

	if (r >= 0)
		r = buffer_append_byte(&safe, '\0');
	if (r < 0)
		return r;
	cells = reallocarray(table->cells, table->n_cells + 1, sizeof(*cells));
	if (!cells)
		return -ENOMEM;
	table->cells = cells;
	cells[table->n_cells++] = (struct table_cell){ (char *)steal_pointer(&safe.data), colour };
	return 0;
}

void table_add_colour(struct table *table, const char *text, enum colour colour)
{
	int r = add(table, text, colour);

	if (r < 0)
		table->error = r;
}

void table_add(struct table *table, const char *text)
{
	table_add_colour(table, text, COLOUR_NONE);
}

void table_printf(struct table *table, const char *format, ...)
{
	char text[256];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	table_add(table, text);
}

static void measure(const struct table *table, unsigned int *widths)
{
	for (size_t i = 0; i < table->n_cells; i++) {
		unsigned int *width = &widths[i % table->n_columns],
			     own = text_width(bytes_of(table->cells[i].text));

		if (own > *width)
			*width = own;
	}
	for (size_t i = 0; i < table->n_columns; i++) {
		const char *title = table->columns[i].title;

		if (title && widths[i] > 0 && strlen(title) > widths[i])
			widths[i] = (unsigned int)strlen(title);
	}
}

/* The last column that has anything in it. */
static size_t last_column(const struct table *table, const unsigned int *widths)
{
	size_t last = 0;

	for (size_t i = 0; i < table->n_columns; i++)
		if (widths[i] > 0)
			last = i;
	return last;
}

/* How wide a column still has to be in a pass over the columns that gives room; its own width: it gives none.
   */
static unsigned int least_width(
	const struct table *table, size_t i, size_t last, unsigned int pass, unsigned int width)
{
	unsigned int flags = table->columns[i].flags, least = CUT_MIN;

	if (i == last && pass == 0)
		least = LAST_MIN;
	else if (i == last ? pass < 3 : (flags & TABLE_RIGHT) || pass < (flags & TABLE_CUT ? 1 : 2))
		return width;
	return width < least ? width : least;
}

/* Makes the columns fit: the last gives what it can, then those that may be cut, then, in despair, all. */
static void squeeze(const struct table *table, unsigned int width, unsigned int *widths)
{
	size_t last = last_column(table, widths);
	unsigned int all = 0;

	for (size_t i = 0; i < table->n_columns; i++)
		all += widths[i] ? widths[i] + (i < last ? GAP : 0) : 0;
	for (unsigned int pass = 0; pass < 4 && width > 0; pass++) {
		for (size_t n = table->n_columns; n > 0 && all > width; n--) {
			unsigned int *own = &widths[n - 1], over = all - width;
			unsigned int spare = *own - least_width(table, n - 1, last, pass, *own);

			if (over > spare)
				over = spare;
			*own -= over;
			all -= over;
		}
	}
}

static void print_cell(FILE *to, const struct screen *screen, struct bytes text, const char *mark,
	enum colour colour, unsigned int width, bool right)
{
	unsigned int own = text_width(text) + (*mark ? 1 : 0), space = width > own ? width - own : 0;

	fprintf(to, "%*s%s%.*s%s%s%*s", right ? (int)space : 0, "", screen_colour(screen, colour),
		(int)text.len, (const char *)text.data, mark, screen_reset(screen, colour),
		right ? 0 : (int)space, "");
}

/* The first line of a row; what does not fit into its last cell is left in rest. */
static void print_row(const struct table *table, const struct screen *screen, const struct table_cell *row,
	const unsigned int *widths, struct bytes *rest, FILE *to)
{
	size_t last = last_column(table, widths), end = last;

	while (end > 0 && !*row[end].text)
		end--;
	for (size_t i = 0; i <= end; i++) {
		bool right = table->columns[i].flags & TABLE_RIGHT;
		struct bytes text = bytes_of(row[i].text);
		const char *mark = "";

		if (widths[i] == 0)
			continue;
		if (i == last) {
			*rest = text;
			text = text_next_line(rest, widths[i]);
		} else if (text_width(text) > widths[i]) {
			mark = screen->utf8 ? "…" : "~";
			text.len = text_fitting(text, widths[i] - 1);
		}
		print_cell(to, screen, text, mark, row[i].colour, i == end && !right ? 0 : widths[i], right);
		fprintf(to, "%*s", i < end ? GAP : 0, "");
	}
	fputc('\n', to);
}

static void print_rest(const struct table *table, const unsigned int *widths, struct bytes rest, FILE *to)
{
	size_t last = last_column(table, widths);
	unsigned int indent = 0;

	for (size_t i = 0; i < last; i++)
		indent += widths[i] ? widths[i] + GAP : 0;
	while (rest.len > 0) {
		struct bytes line = text_next_line(&rest, widths[last]);

		fprintf(to, "%*s%.*s\n", (int)indent, "", (int)line.len, (const char *)line.data);
	}
}

static void print_head(
	const struct table *table, const struct screen *screen, const unsigned int *widths, FILE *to)
{
	struct table_cell head[TABLE_COLUMNS_MAX];
	struct bytes rest = { 0 };

	if (!table->columns[0].title)
		return;
	for (size_t i = 0; i < table->n_columns; i++)
		head[i] = (struct table_cell){ (char *)table->columns[i].title, COLOUR_STRONG };
	print_row(table, screen, head, widths, &rest, to);
}

int table_print(const struct table *table, const struct screen *screen, FILE *to)
{
	unsigned int widths[TABLE_COLUMNS_MAX] = { 0 };

	if (table->error < 0)
		return table->error;
	measure(table, widths);
	squeeze(table, screen->width, widths);
	print_head(table, screen, widths, to);
	for (size_t i = 0; i + table->n_columns <= table->n_cells; i += table->n_columns) {
		struct bytes rest = { 0 };

		print_row(table, screen, table->cells + i, widths, &rest, to);
		print_rest(table, widths, rest, to);
	}
	return 0;
}
