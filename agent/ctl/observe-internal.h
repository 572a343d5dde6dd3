/* SPDX-License-Identifier: Apache-2.0 */
/*
 * observe-internal.h - what observe.c (what is watched), observe-state.c (servers and plugins) and
 * observe-print.c (what is shown) share
 */
#pragma once

#include "path.h"
#include "units.h"
#include "value.h"

struct observe_target {
	struct path path;
	bool watched; /* by the agent that runs now */
};

struct observe {
	struct ctl *ctl;
	sd_event *event;
	char *owner; /* of the agent's name; NULL: it does not run */
	struct observe_target *targets;
	size_t n_targets;
	bool all; /* what comes is watched, too */
	struct units units;
	unsigned int path_width, name_width; /* of what was shown so far */
};

/* OUTCOME_DONE or -errno. */
int observe_print_value(struct observe *observe, const struct path *path, const struct value *value);
int observe_print_removed(struct observe *observe, const struct path *path);

/* "lwm2m-agent has stopped" and the like; word is for programs. */
int observe_print_agent(struct observe *observe, const char *word, const char *text);

/* A server or a plugin is in another state. */
int observe_print_state(struct observe *observe, const char *what, const char *name, const char *state);

/* PropertiesChanged of something in the tree. */
int observe_state(struct observe *observe, sd_bus_message *message);
