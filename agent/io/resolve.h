/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resolve.h - host names to addresses without blocking the caller
 *
 * An address in figures is answered at once. A name is looked up by a thread of its own with the system's resolver;
 * when it is done it writes to the eventfd that resolve_new() was given, and the owner asks resolve_result(). Freeing a
 * look-up under way lets its thread finish unheard. The owner keeps the look-up; the addresses it gets are its own.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/cleanup.h"

#define RESOLVE_MAX 8 /* addresses kept of one host */

union address {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

struct addresses {
	union address list[RESOLVE_MAX];
	size_t count;
};

struct resolve;

/* Looks up host for datagrams to port; event_fd is duplicated. -ENOMEM, -EAGAIN (no thread), or from dup. */
int resolve_new(const char *host, uint16_t port, int event_fd, struct resolve **ret);
struct resolve *resolve_free(struct resolve *resolve);
DEFINE_CLEANUP(struct resolve *, resolve_free)

bool resolve_is_done(const struct resolve *resolve);

/*
 * 0: *ret has at least one address, in the order to try them; -EINPROGRESS: not yet. Failures are -ENOENT: no such
 * name or none with an address, -EAGAIN: the name servers did not answer, -EIO: anything else.
 */
int resolve_result(const struct resolve *resolve, struct addresses *ret);
