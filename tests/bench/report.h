/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report.h - the figures found, in the order found: "group.key", a number, its unit, a remark
 *
 * Printed at the end as a table, or as one JSON object. Borrows nothing.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define REPORT_ROWS_MAX 128

struct report_row {
	char key[48], unit[12], note[96];
	double value;
};

struct report {
	struct report_row rows[REPORT_ROWS_MAX];
	size_t n_rows;
};

/* note may be NULL. */
void report_add(struct report *report, const char *group, const char *key, double value, const char *unit,
		const char *note);

/* A response code, as the number it is written as: 2.05, 4.04. */
void report_add_code(struct report *report, const char *group, const char *key, uint8_t code,
		     const char *note);

void report_print(const struct report *report, FILE *file);
void report_print_json(const struct report *report, const char *label, FILE *file);
