/* SPDX-License-Identifier: Apache-2.0 */
/*
 * diagnose.h - the bundle for whoever is to help: state, configuration without secrets, log, versions
 *
 * Each part is a file of a folder that is thrown away when tar has packed it. A part that cannot be had says
 * why in its own file; only an archive that cannot be written is a failure. The archive is readable by its
 * owner alone.
 */
#pragma once

#include "ctl.h"

int diagnose_run(struct ctl *ctl, size_t argc, char **argv);
