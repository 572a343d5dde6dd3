/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store-file.h - what is in a state file: a line of format version, length and checksum, then the contents
 *
 * Works on open files and knows no names: which file is when in which state is for store.c.
 */
#pragma once

#include "base/bytes.h"

#define STORE_FILE_MAX (1024 * 1024) /* of contents */

/* Why the contents of a file cannot be used. */
enum store_file_fault {
	STORE_FILE_DAMAGED = 1, /* cut off, or not as it was written */
	STORE_FILE_VERSION,     /* of a format that this release does not know */
	STORE_FILE_ODD,         /* a directory, a link, a device: nothing that we made */
};

/* To an empty file; it is on the disk when this returns 0. -errno. */
int store_file_write(int fd, struct bytes contents);

/* Appends the contents to ret. An enum store_file_fault, or -errno: nothing is said about what is in the file. */
int store_file_read(int fd, struct buffer *ret);
