/* SPDX-License-Identifier: Apache-2.0 */
/* Generic Sensor (OMA 3300) for what no object has a place of its own for: load, uptime, number of processes. */
#include <ctype.h>
#include <dirent.h>
#include <math.h>
#include <stdlib.h>

#include "system.h"

#define FIGURES 3300

/* The number at place index of a line of numbers. */
static double read_number(const char *name, unsigned int index)
{
	char path[4096];
	double number = NAN;
	FILE *file;

	snprintf(path, sizeof(path), "%s%s", system_root, name);
	file = fopen(path, "re");
	if (!file)
		return NAN;
	for (unsigned int i = 0; i <= index; i++)
		if (fscanf(file, "%lf", &number) != 1)
			number = NAN;
	fclose(file);
	return number;
}

static double read_load(unsigned int index)
{
	return read_number("/proc/loadavg", index);
}

static double read_uptime(unsigned int index)
{
	return floor(read_number("/proc/uptime", index));
}

static double count_processes(unsigned int index)
{
	struct dirent *entry;
	unsigned int n = 0;
	char path[4096];
	DIR *directory;

	snprintf(path, sizeof(path), "%s/proc", system_root);
	directory = opendir(path);
	if (!directory)
		return NAN;
	while ((entry = readdir(directory)))
		n += isdigit((unsigned char)entry->d_name[0]) != 0;
	closedir(directory);
	return n;
}

/* By instance. The units are those of SenML (RFC 8428, and its registry). */
static const struct {
	const char *type, *unit;
	double (*read)(unsigned int index);
	unsigned int index;
	bool extremes; /* does it mean anything how low and high it was? */
} sources[] = {
	{ "load average of 1 minute", "1", read_load, 0, true },
	{ "load average of 5 minutes", "1", read_load, 1, true },
	{ "load average of 15 minutes", "1", read_load, 2, true },
	{ "uptime", "s", read_uptime, 0, false },
	{ "processes", "count", count_processes, 0, true },
};

/* A figure first: figure_reset() knows no other. */
struct generic {
	struct figure figure;
	char unit[8];
};

static int generic_init(struct lw_instance *inst)
{
	struct generic *g = inst->data;

	snprintf(g->figure.type, sizeof(g->figure.type), "%s", sources[inst->iid].type);
	snprintf(g->unit, sizeof(g->unit), "%s", sources[inst->iid].unit);
	return 0;
}

static int generic_poll(struct lw_instance *inst)
{
	struct generic *g = inst->data;

	g->figure.value = sources[inst->iid].read(sources[inst->iid].index);
	if (sources[inst->iid].extremes)
		figure_track(&g->figure);
	return 0;
}

static const struct lw_resource resources[] = {
	LW_RES_FLOAT(5700, LW_R, struct generic, figure.value, .flags = LW_MANDATORY),
	LW_RES_FLOAT(5601, LW_R, struct generic, figure.min),
	LW_RES_FLOAT(5602, LW_R, struct generic, figure.max),
	LW_RES_EXECUTE(5605, figure_reset),
	LW_RES_STRING(5701, LW_R, struct generic, unit),
	LW_RES_STRING(5750, LW_RW, struct generic, figure.type),
	LW_RES_END,
};

const struct lw_object figures_object = {
	.id = FIGURES,
	.version = "1.1",
	.flags = LW_INSTANCES,
	.resources = resources,
	LW_DATA(struct generic, { NAN, NAN, NAN, "" }),
	.poll_ms = 5000,
	.poll = generic_poll,
	.init = generic_init,
};

int figures_start(const struct lw_host *host)
{
	int r = 0;

	for (uint16_t i = 0; r == 0 && i < sizeof(sources) / sizeof(sources[0]); i++)
		r = lw_add_instance(host, FIGURES, i, NULL);
	return r;
}
