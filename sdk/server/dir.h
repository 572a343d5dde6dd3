/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dir.h - the data directory: mode 0700, one server at a time
 */
#pragma once

/* Makes it where it is missing, its parents too. Failures are logged, here and below. */
int dir_make(const char *dir);

/* Returns the descriptor that holds the lock. -EBUSY: another server has it. */
int dir_lock(const char *dir);
