/* SPDX-License-Identifier: Apache-2.0 */
/*
 * confine.h - keeps a host process from files, and from other processes, of the agent's user
 *
 * Landlock, which takes no privilege: what is hidden cannot be read, written, made, renamed or removed by the calling thread
 * and whatever it starts, for good. As rules of Landlock only grant, everything beside the hidden files is granted: whole
 * directories where nothing in them is hidden, else what is in them now. What appears later in a directory above a hidden file
 * stays out of reach. The names in directories can still be seen. From its sixth version on, Landlock also keeps signals
 * from leaving.
 */
#pragma once

/* The version of Landlock that this kernel has; 0: none. */
int confine_version(void);

/* Paths, a line each; those that are not there are passed over. 1: this kernel has no Landlock; -errno: nothing is certain. */
int confine_hide(const char *paths);
