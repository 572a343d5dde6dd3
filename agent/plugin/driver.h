/* SPDX-License-Identifier: Apache-2.0 */
/*
 * driver.h - what a plugin's configuration says, to both of the ways to run it
 *
 * The two drivers, local.h (in this process) and remote.h (a host process behind a socket), put the same objects into a
 * registry; the supervisor chooses. A struct plugin_config is borrowed from whoever made it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum plugin_isolation {
	PLUGIN_ISOLATION_PROCESS,
	PLUGIN_ISOLATION_NONE,
	_PLUGIN_ISOLATION_MAX,
};

/* One "key = value" of plugins.d/NAME.conf outside [plugin]. */
struct plugin_setting {
	const char *section, *key, *value;
	unsigned int line;
};

/* What plugins.d/NAME.conf says. */
struct plugin_config {
	const char *name;   /* "system": the file's name without ".conf" */
	const char *module; /* path of the .so, absolute */
	const char *file;   /* path of plugins.d/NAME.conf, for messages; NULL: settings without a file */
	enum plugin_isolation isolation;
	bool enabled;
	uint16_t first_instance; /* added to the ids of its instances, where servers see them */
	bool sees_keys; /* is not kept from what supervisor_options.hidden names */
	uint32_t memory_mb; /* what a host process may allocate, in MiB; 0: 64 */
	const struct plugin_setting *settings;
	size_t n_settings;
};
