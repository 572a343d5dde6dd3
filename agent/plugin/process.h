/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process.h - starts lwm2m-plugin-host
 */
#pragma once

#include <sys/types.h>

/* "/usr/libexec/lwm2m-agent/lwm2m-plugin-host" and a host's end of the socketpair are all it gets from us. */

/*
 * Starts the program at path in a process group of its own, with a socket at PROTOCOL_FD, our stderr, /dev/null for
 * input, and of the environment what is not for the agent alone. *ret_fd is the other end of the socket, which does not
 * block. -errno: it could not be executed.
 */
int process_spawn(const char *path, const char *name, pid_t *ret_pid, int *ret_fd);

/* The process, and what it started itself. */
void process_kill(pid_t pid);
