/* SPDX-License-Identifier: Apache-2.0 */
/*
 * psk-verbs.h - `lwm2m-server psk add|remove|list`
 */
#pragma once

/* Returns the exit code: 0 done, 1 failed, 2 usage. */
int psk_verbs_run(const char *dir, int argc, char *argv[]);
