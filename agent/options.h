/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.h - the command line of lwm2m-agent
 */
#pragma once

#include <stdbool.h>

#include "base/usec.h"

struct options {
	const char *config, *state_dir, *plugin_dir, *bus; /* state_dir may be NULL: as configured */
	const char *host_path;                             /* lwm2m-plugin-host */
	bool check_config, has_server;
	usec_t started_at; /* when the command line was read */
};

/* 0: *ret says what to do. 1: all is done (--help, --version). -EINVAL: usage error, said on stderr. Sets the log level. */
int options_parse(int argc, char **argv, struct options *ret);
