/* SPDX-License-Identifier: Apache-2.0 */
/*
 * update.h - how updates are going: firmware (object 5) and software packages (object 9)
 */
#pragma once

#include "ctl.h"

int update_show(struct ctl *ctl, size_t argc, char **argv);
