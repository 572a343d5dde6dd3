/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manage.h - verbs on the agent itself: register, deregister, bootstrap, log-level, version
 */
#pragma once

#include "ctl.h"

int manage_register(struct ctl *ctl, size_t argc, char **argv);
int manage_deregister(struct ctl *ctl, size_t argc, char **argv);
int manage_bootstrap(struct ctl *ctl, size_t argc, char **argv);
int manage_log_level(struct ctl *ctl, size_t argc, char **argv);
int manage_version(struct ctl *ctl, size_t argc, char **argv);
