/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client.h - the process that is measured: its life, its memory, its processor time
 *
 * What /proc tells covers all threads of the process itself, not its children (an agent's plugin hosts). A
 * process that is not dumpable keeps smaps_rollup from other users: then only the resident set is known.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "options.h"
#include "server.h"

struct client {
	pid_t pid;
	int stdin_fd; /* kept open and silent: some clients read commands there, and end or spin at its end */
	uint64_t started_ns;
};

/* In KiB; shares is whether more than rss and peak is known. */
struct memory {
	bool shares;
	double rss, peak, pss, uss, private_dirty, anonymous;
};

struct activity {
	double cpu_ns, voluntary, involuntary; /* context switches */
};

/* Starts the client and waits until it has registered; the program ends if it does not. */
void client_start(struct client *client, struct server *server, const struct options *options);

/* SIGTERM, and SIGKILL after five seconds. */
void client_stop(struct client *client, struct server *server);

struct memory client_memory(const struct client *client);
struct activity client_activity(const struct client *client);

/* Makes the peak of the resident set start anew. */
void client_reset_peak(const struct client *client);

/* Binds the calling process to a processor; -1: to none. */
void client_pin(int cpu);

/* The smallest thing that passes for a client: registers, then answers each request with a constant. */
_Noreturn void null_client_run(uint16_t port);
