/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ctl.h - `lwm2m-server ctl VERB …`: the other end of the control socket
 */
#pragma once

/* Returns the exit code: 0 done, 1 refused or failed, 2 usage, 3 no server. */
int ctl_run(const char *dir, int argc, char *argv[]);
