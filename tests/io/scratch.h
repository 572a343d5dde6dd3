/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scratch.h - a directory for one test: made by scratch_setup(), gone with all in it by scratch_teardown()
 *
 * For cmocka_unit_test_setup_teardown(); *state is the directory's path.
 */
#pragma once

#include <sys/types.h>

int scratch_setup(void **state);
int scratch_teardown(void **state);

/* Writes text to a file below the directory, whose own directories are made; returns its path until the next call. */
const char *scratch_write(const char *directory, const char *name, const char *text);
const char *scratch_write_bytes(const char *directory, const char *name, const void *data, size_t len);

/* directory/name, until the next call of this or of scratch_write(). */
const char *scratch_path(const char *directory, const char *name);
