/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

void report_add(struct report *report, const char *group, const char *key, double value, const char *unit,
		const char *note)
{
	struct report_row *row;

	if (report->n_rows == REPORT_ROWS_MAX)
		return;
	row = &report->rows[report->n_rows++];
	snprintf(row->key, sizeof(row->key), "%s.%s", group, key);
	snprintf(row->unit, sizeof(row->unit), "%s", unit);
	snprintf(row->note, sizeof(row->note), "%s", note ? note : "");
	row->value = value;
}

void report_add_code(struct report *report, const char *group, const char *key, uint8_t code,
		     const char *note)
{
	report_add(report, group, key, (code >> 5) + (code & 31) / 100.0, "", note);
}

void report_print(const struct report *report, FILE *file)
{
	for (size_t i = 0; i < report->n_rows; i++) {
		const struct report_row *row = &report->rows[i];
		int decimals = row->value == (double)(long long)row->value ? 0 : 2;

		fprintf(file, "%-30s %14.*f %-9s %s\n", row->key, decimals, row->value, row->unit, row->note);
	}
}

/* Only the label is the user's; the rest is ASCII made here. */
static void print_string(const char *text, FILE *file)
{
	putc('"', file);
	for (; *text; text++)
		if ((unsigned char)*text >= 0x20)
			fprintf(file, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
	putc('"', file);
}

void report_print_json(const struct report *report, const char *label, FILE *file)
{
	fputs("{\"label\":", file);
	print_string(label, file);
	for (size_t i = 0; i < report->n_rows; i++)
		fprintf(file, ",\n \"%s\":%.3f", report->rows[i].key, report->rows[i].value);
	fputs("}\n", file);
}
