/* SPDX-License-Identifier: Apache-2.0 */
/*
 * system.h - what the files of this plugin share
 *
 * system.c has the plugin and its temperatures, disks.c how full file systems are, figures.c load, uptime and processes.
 */
#pragma once

#include <lwm2m/plugin.h>

/* What every path begins with: empty, or the directory that tests have their files in. */
extern const char *system_root;

/* A sensor as IPSO has them, with what it was at least and at most. */
struct figure {
	double value, min, max;
	char type[128]; /* Application Type */
};

/* value is new. */
void figure_track(struct figure *figure);

/* 5605: both begin anew. */
int figure_reset(struct lw_instance *inst, uint16_t rid, lw_request request, const char *args);

extern const struct lw_object disks_object, figures_object;

/* Make the instances. -errno. */
int disks_start(const struct lw_host *host);
void disks_stop(void);
int figures_start(const struct lw_host *host);
