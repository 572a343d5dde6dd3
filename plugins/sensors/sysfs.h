/* SPDX-License-Identifier: Apache-2.0 */
/* sysfs.h - folders of /sys/bus and /sys/class, and the small files in them */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define SYSFS_PATH 256
#define SYSFS_FILES 128 /* of one kind in a folder, at most; what is beyond is left out */

/* The first line of folder/name, without its end. false: it is not there, cannot be read, or is empty. */
bool sysfs_line(const char *folder, const char *name, char *ret, size_t size);

/* The last component of what a link leads to. */
bool sysfs_link(const char *folder, const char *name, char *ret, size_t size);

/* The number in folder/name; *ret stays as it is without one. -errno; -EIO: no number. */
int sysfs_number(const char *folder, const char *name, double *ret);

/* Is there such a file? */
bool sysfs_has(const char *folder, const char *name);

/*
 * Names in the folder that match an fnmatch pattern, in the order of people: 2 before 10. Returns how
 * many; free() each.
 */
size_t sysfs_list(const char *folder, const char *pattern, char *ret[SYSFS_FILES]);
