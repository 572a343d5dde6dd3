/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config.h - what the administrator wrote: agent.conf, agent.conf.d/ and plugins.d/ beside it
 *
 * All of it is read and checked before any of it counts: one thing wrong anywhere and there is no configuration. Every
 * message names file and line. The configuration owns all it holds; keys are wiped when it is freed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "lwm2m/engine.h"

struct config_setting {
	char *section, *key, *value;
	unsigned int line; /* of the plugin's file */
};

/* plugins.d/NAME.conf */
struct config_plugin {
	char *name;
	char *file;
	char *module; /* path: as written when absolute, else inside the plugin directory; default NAME.so */
	bool enabled;    /* default yes */
	bool in_process; /* isolation = none */
	bool sees_keys;  /* default no */
	uint16_t first_instance;
	uint32_t memory_mb; /* 0: not given */
	struct config_setting *settings; /* all sections but [plugin], in order */
	size_t n_settings;
};

/* [device]: what overrides the system's own facts; NULL: nothing does. */
struct config_device {
	char *manufacturer, *model_number, *serial_number, *device_type, *hardware_version;
};

/* [metrics]: where what the agent counts is shown; NULL: not there. */
struct config_metrics {
	char *socket, *file;
	uint32_t interval_s; /* between two writes of file; default 60 */
};

struct config {
	char *endpoint;  /* never NULL */
	char *state_dir; /* NULL: not given */
	bool deregister_on_stop;
	struct config_device device;
	struct config_metrics metrics;
	bool monitoring, statistics; /* [connectivity]: are objects 4 and 7 there? default yes */
	struct servers servers;
	struct config_plugin *plugins; /* by name */
	size_t n_plugins;
	size_t n_wrong_plugins; /* left out, for what was reported of their files */
	struct buffer secrets;  /* the files that keys are in, a line each */
};

/* Told of each problem, as a whole line ("agent.conf:12: …") with LOG_ERR or LOG_WARNING. */
typedef void (*config_report_t)(void *userdata, int priority, const char *line);

/*
 * Reads file, then the *.conf in file + ".d" in the order of their names, then those in plugins.d/ beside file. plugin_dir
 * is where modules given by name are. report NULL: into the log. -EINVAL: something is wrong and was reported;
 * -errno: file cannot be read, reported too; -ENOMEM. A file in plugins.d that is wrong only leaves its plugin out.
 */
int config_load(const char *file, const char *plugin_dir, config_report_t report, void *userdata,
		struct config **ret);

/* The same from outside of the service: credentials that only the service has are left out, with a warning. */
int config_check(const char *file, const char *plugin_dir, config_report_t report, void *userdata,
		 struct config **ret);
struct config *config_free(struct config *config);
DEFINE_CLEANUP(struct config *, config_free)

size_t config_count_servers(const struct config *config);
