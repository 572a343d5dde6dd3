/* SPDX-License-Identifier: Apache-2.0 */
/*
 * observe.h - values as they change, until Ctrl-C
 *
 * When the agent leaves the bus, it says so and waits; when the agent is back, it watches again what it
 * watched. Objects that come later, with a plugin that starts, are watched when they come.
 */
#pragma once

#include "ctl.h"

int observe_run(struct ctl *ctl, size_t argc, char **argv);
