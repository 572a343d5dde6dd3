/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store-internal.h - what the two halves of the store share: store.c, one file, and store-reset.c, all of them
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "io/store.h"

#define STORE_NAME_MAX 64
#define SUFFIX         ".state"
#define SUFFIX_NEW     ".state.new"
#define SUFFIX_CORRUPT ".state.corrupt"

struct store_file_name {
	char text[STORE_NAME_MAX + sizeof(SUFFIX_CORRUPT)];
};

struct store {
	char *dir;
	int dir_fd, lock_fd; /* lock_fd: negative while the directory can only be read */
	struct store_file_name *failing; /* the files whose failure has been said */
	size_t n_failing;
	bool unsure;     /* the last fsync() failed: after a power cut, names in the directory may mean what they did before */
	bool resetting;  /* a Factory Reset is under way, and a file says so */
	bool reset_said; /* that it fails */
};

/* Names that changed are on the disk when this returns 0. */
int store_sync(struct store *store);

/* Removes what a process that was killed, or the end of the power, has left half done, or finishes it. */
void store_clear_up(struct store *store);

/* A directory that could only be read may be writable by now; a reset has to be over before anything is written. */
int store_get_ready(struct store *store);

/* Removes all, and then the file that says so. */
int store_finish_reset(struct store *store);
