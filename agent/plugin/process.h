/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process.h - starts lwm2m-plugin-host
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/usec.h"

/* What a host may allocate when its configuration does not say. */
#define PROCESS_MEMORY_MB 64

/* In the environment of a host until it has seen to it: the paths that it is kept from, see confine.h. */
#define PROCESS_HIDDEN "LWM2M_HIDDEN"

/*
 * Starts the program at path in a process group of its own, with a socket at PROTOCOL_FD, our stderr, /dev/null for
 * input, and of the environment what is not for the agent alone. *ret_fd is the other end of the socket, which does not
 * block. It may allocate memory_mb MiB, 0: PROCESS_MEMORY_MB; in a build with the address sanitizer, which reserves much
 * more, as much as it likes. It is kept from the paths in hidden, a line each; NULL: from nothing. -errno: it could not be
 * executed.
 */
int process_spawn(const char *path, const char *name, uint32_t memory_mb, const char *hidden, pid_t *ret_pid,
		  int *ret_fd);

/* Of a process that has ended and is not waited for yet: had it come near to the memory that it may allocate? */
bool process_was_full(pid_t pid, uint32_t memory_mb);

/* The process, and what it started itself. */
void process_kill(pid_t pid);

/*
 * Waits until the process has ended by itself, until at the latest; then kills it and what it started, and sees to it that
 * no zombie stays. For a process that nobody else waits for.
 */
void process_end(pid_t pid, usec_t until);
