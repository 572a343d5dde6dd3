/* SPDX-License-Identifier: Apache-2.0 */
/*
 * complete.h - words for the completion of shells, one a line
 *
 * The agent is asked for what only it knows; where it does not answer there are no words, and nothing is
 * said.
 */
#pragma once

#include "ctl.h"

/* WHAT: verbs, options, plugins, servers, levels, or paths that may follow PREFIX. */
int complete_run(struct ctl *ctl, size_t argc, char **argv);
