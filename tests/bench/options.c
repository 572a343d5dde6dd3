/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

enum kind { INTEGER, LONG, REAL, TEXT, FLAG, WINDOWS, HEX };

#define FIELD(member) offsetof(struct options, member)

static const struct option_row {
	const char *name;
	enum kind kind;
	size_t offset;
	double min, max; /* of a number */
	const char *help;
} rows[] = {
	{ "port", INTEGER, FIELD(port), 0, 65535, "UDP port on 127.0.0.1, 0: any" },
	{ "phases", TEXT, FIELD(phases), 0, 0, "which measurements, in their fixed order" },
	{ "requests", LONG, FIELD(requests), 1, 10000000, "requests per measurement" },
	{ "path", TEXT, FIELD(path), 0, 0, "resource to read" },
	{ "accept", INTEGER, FIELD(accept), -1, 65535, "content format to ask for there, -1: none" },
	{ "object", TEXT, FIELD(object), 0, 0, "object instance to read whole" },
	{ "windows", WINDOWS, 0, 0, 0, "requests in flight (1,8,64)" },
	{ "pause", INTEGER, FIELD(pause_us), 0, 1000000, "microseconds to wait before each request" },
	{ "reg-runs", INTEGER, FIELD(reg_runs), 1, 101, "start the client so often" },
	{ "idle", INTEGER, FIELD(idle_s), 1, 86400, "seconds of the idle phase" },
	{ "observe", INTEGER, FIELD(observe), 1, 65536, "observations to establish" },
	{ "create", INTEGER, FIELD(create), -1, 65534, "observe fresh instances of this object" },
	{ "create-payload", HEX, 0, 0, 0, "payload of its Create, TLV in hex" },
	{ "put-path", TEXT, FIELD(put_path), 0, 0, "resource taking the package" },
	{ "put-mib", REAL, FIELD(put_mib), 0.001, 1024, "its size in MiB" },
	{ "block", INTEGER, FIELD(block), 16, 1024, "its block size, a power of 2" },
	{ "cpu-client", INTEGER, FIELD(cpu_client), -1, 1023, "pin the client to this CPU" },
	{ "cpu-bench", INTEGER, FIELD(cpu_bench), -1, 1023, "pin the bench to this CPU" },
	{ "spin", FLAG, FIELD(spin), 0, 0, "busy-wait for answers" },
	{ "settle", INTEGER, FIELD(settle_ms), 0, 600000, "milliseconds to wait after the registration" },
	{ "timeout", INTEGER, FIELD(timeout_s), 1, 3600, "seconds to wait for a registration" },
	{ "client-log", TEXT, FIELD(client_log), 0, 0, "where the client's output goes" },
	{ "json", FLAG, FIELD(json), 0, 0, "JSON instead of the table" },
	{ "label", TEXT, FIELD(label), 0, 0, "a name to put into the JSON" },
	{ "null-client", FLAG, FIELD(null_client), 0, 0, "measure the built-in do-nothing client" },
	{ "help", FLAG, FIELD(help), 0, 0, "this text" },
};

/* All phases of one client together stay below 65536 requests: see requests.h. */
static const struct options defaults = {
	.port = 5683, .phases = "reg,mem,idle,get,win,read,discover,put,observe", .requests = 5000,
	.path = "/3/0/0", .accept = -1, .object = "/3/0", .windows = { 1, 8, 64 }, .n_windows = 3,
	.reg_runs = 1, .idle_s = 30, .observe = 500, .create = -1, .put_path = "/5/0/0", .put_mib = 1,
	.block = 1024, .cpu_client = -1, .cpu_bench = -1, .settle_ms = 1000, .timeout_s = 30, .label = "",
};

static void print_default(FILE *file, const struct option_row *row)
{
	const void *field = (const char *)&defaults + row->offset;
	const char *text;

	switch (row->kind) {
	case INTEGER:
		fprintf(file, " (%d)", *(const int *)field);
		break;
	case LONG:
		fprintf(file, " (%ld)", *(const long *)field);
		break;
	case REAL:
		fprintf(file, " (%g)", *(const double *)field);
		break;
	case TEXT:
		text = *(const char *const *)field;
		fprintf(file, " (%s)", text && *text ? text : "none");
		break;
	default:
		break;
	}
}

void options_usage(bool failed)
{
	FILE *file = failed ? stderr : stdout;

	fputs("Usage: lwm2m-bench [OPTION...] -- CLIENT [ARGUMENT...]\n"
	      "       lwm2m-bench [OPTION...] --null-client\n"
	      "Measure an LwM2M client from the server's side, over CoAP on 127.0.0.1 without security.\n"
	      "{port} in the client's command is replaced by the port.\n\n", file);
	for (const struct option_row *row = rows; row < rows + ELEMENTSOF(rows); row++) {
		fprintf(file, "  --%-15s %s", row->name, row->help);
		print_default(file, row);
		putc('\n', file);
	}
}

static bool take_number(const struct option_row *row, const char *text, double *ret)
{
	char *end;

	errno = 0;
	*ret = strtod(text, &end);
	if (end == text || *end || errno != 0 || !(*ret >= row->min && *ret <= row->max) ||
	    (row->kind != REAL && *ret != (double)(long)*ret)) {
		fprintf(stderr, "lwm2m-bench: --%s has to be %s from %g to %g, not '%s'\n", row->name,
			row->kind == REAL ? "a number" : "a whole number", row->min, row->max, text);
		return false;
	}
	return true;
}

static bool take_windows(struct options *options, const char *text)
{
	options->n_windows = 0;
	for (const char *at = text;; at++) {
		char *end;
		long window = strtol(at, &end, 10);

		if (end == at || (*end && *end != ',') || window < 1 || window > OPTIONS_WINDOW_MAX ||
		    options->n_windows == OPTIONS_WINDOWS_MAX) {
			fprintf(stderr, "lwm2m-bench: --windows is up to %d of 1 to %d, not '%s'\n",
				OPTIONS_WINDOWS_MAX, OPTIONS_WINDOW_MAX, text);
			return false;
		}
		options->windows[options->n_windows++] = (int)window;
		if (!*end)
			return true;
		at = end;
	}
}

static bool take_hex(struct options *options, const char *text)
{
	size_t len = strlen(text);
	unsigned int byte;

	if (len % 2 != 0 || len > 2 * sizeof(options->create_payload) ||
	    strspn(text, "0123456789abcdefABCDEF") != len) {
		fprintf(stderr, "lwm2m-bench: --create-payload has to be up to %zu bytes in hex\n",
			sizeof(options->create_payload));
		return false;
	}
	options->create_payload_len = 0;
	for (; *text && sscanf(text, "%2x", &byte) == 1; text += 2)
		options->create_payload[options->create_payload_len++] = (uint8_t)byte;
	return true;
}

static bool take_option(struct options *options, const struct option_row *row, const char *text)
{
	void *field = (char *)options + row->offset;
	double number;

	switch (row->kind) {
	case TEXT:
		*(const char **)field = text;
		return true;
	case FLAG:
		*(bool *)field = true;
		return true;
	case WINDOWS:
		return take_windows(options, text);
	case HEX:
		return take_hex(options, text);
	default:
		break;
	}
	if (!take_number(row, text, &number))
		return false;
	if (row->kind == INTEGER)
		*(int *)field = (int)number;
	else if (row->kind == LONG)
		*(long *)field = (long)number;
	else
		*(double *)field = number;
	return true;
}

bool options_parse(int argc, char **argv, struct options *ret)
{
	struct option long_options[ELEMENTSOF(rows) + 1] = { 0 };
	struct options options = defaults;
	int row;

	for (size_t i = 0; i < ELEMENTSOF(rows); i++)
		long_options[i] = (struct option){ rows[i].name, rows[i].kind != FLAG, NULL, (int)i };
	while ((row = getopt_long(argc, argv, "+", long_options, NULL)) != -1)
		if (row == '?' || !take_option(&options, &rows[row], optarg))
			return false;
	if ((options.block & (options.block - 1)) != 0) {
		fputs("lwm2m-bench: --block has to be a power of 2\n", stderr);
		return false;
	}
	options.command = options.null_client ? NULL : argv + optind;
	if (!options.help && options.command && !*options.command) {
		fputs("lwm2m-bench: which client? Its command comes after --\n", stderr);
		return false;
	}
	*ret = options;
	return true;
}

bool options_want(const struct options *options, const char *phase)
{
	size_t len = strlen(phase);

	for (const char *at = options->phases; *at; at += strcspn(at, ","), at += *at == ',')
		if (strncmp(at, phase, len) == 0 && (at[len] == ',' || !at[len]))
			return true;
	return false;
}
