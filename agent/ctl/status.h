/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status.h - five lines for a stranger: is this machine managed, by whom, since when, what comes next, what
 * runs here
 *
 * More lines where there are more servers, or where something needs attention.
 */
#pragma once

#include "ctl.h"

int status_show(struct ctl *ctl, size_t argc, char **argv);
