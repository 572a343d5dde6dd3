/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table.h - rows and columns for people
 *
 * Columns are as wide as their widest cell. Where that is more than the screen has, cells marked TABLE_CUT
 * end with "…", and the last column is broken into lines below each other. Cells are copied and made harmless
 * (text.h). An empty column is left out. Running out of memory while a table is filled is told by
 * table_print().
 */
#pragma once

#include <stddef.h>

#include "screen.h"

#define TABLE_COLUMNS_MAX 8

enum { TABLE_RIGHT = 1, TABLE_CUT = 2 };

struct table_column {
	const char *title; /* NULL: no head line at all */
	unsigned int flags;
};

struct table_cell {
	char *text;
	enum colour colour;
};

struct table {
	const struct table_column *columns;
	struct table_cell *cells; /* row by row */
	size_t n_columns, n_cells;
	int error;
};

#define TABLE(columns_) ((struct table){ .columns = columns_, .n_columns = ELEMENTSOF(columns_) })

void table_deinit(struct table *table);

/* The next cell, row after row. */
void table_add(struct table *table, const char *text);
void table_add_colour(struct table *table, const char *text, enum colour colour);
void table_printf(struct table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));

int table_print(const struct table *table, const struct screen *screen, FILE *to);
