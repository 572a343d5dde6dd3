/* SPDX-License-Identifier: Apache-2.0 */
/*
 * disk.h - a disk that can be cut off at any system call
 *
 * The linker puts it between the code under test and the kernel (--wrap in meson.build). All calls on one
 * directory, and on files in it, are counted. The directory itself always is what the kernel has, which is what a
 * process that was killed leaves. Beside it the disk remembers what was made sure of by fsync() and what was not, and
 * disk_lose() makes the directory into something that a power cut may leave: of the names that were not synced any may
 * be the old ones, of the data that was not synced any part may be missing or zeros. Nothing is really synced, which
 * makes it fast.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* The directory, which is empty and has to exist, is watched from now on. */
void disk_start(const char *dir);
void disk_stop(void);

/* Calls since disk_start(). */
unsigned int disk_calls(void);

/*
 * The at-th call from the start and all after it do nothing but fail, until disk_revive(): the process is dead, though it
 * does not know. A write may get part of its way before.
 */
void disk_die_at(unsigned int at);
bool disk_is_dead(void);
void disk_revive(void);

/* The at-th call from the start, and the count - 1 after it, fail with this errno. */
void disk_fail_at(unsigned int at, unsigned int count, int error);
bool disk_has_failed(void);

/* The power is cut here: what was not synced is lost or not, as chance has it. */
void disk_lose(void);

/* For chance: the same numbers for the same seed. */
void disk_seed(uint64_t seed);
unsigned int disk_random(unsigned int below);
