/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scrape.h - a text for whoever asks for it over a Unix socket, as HTTP/1.0 does
 *
 * `curl --unix-socket PATH http://localhost/metrics` prints it. Anybody on this machine may ask: the directory that the socket
 * is in says who reaches it. Eight clients at a time, others wait; one that has not taken its answer within five seconds, or
 * asks at length, is dropped. The text is made when it is asked for. event outlives it.
 */
#pragma once

#include <systemd/sd-event.h>

#include "base/bytes.h"
#include "base/cleanup.h"

struct scrape;

struct scrape_source {
	const char *type; /* Content-Type */
	int (*text)(void *userdata, struct buffer *ret); /* appends to ret; -ENOMEM */
};

/*
 * Listens at path, in place of a socket that another process left there. source, path and userdata are borrowed.
 * -EEXIST: something else is there; -EADDRINUSE: somebody listens there; -ENAMETOOLONG, -errno.
 */
int scrape_new(sd_event *event, const char *path, const struct scrape_source *source, void *userdata,
	       struct scrape **ret);

/* Takes the socket away. */
struct scrape *scrape_free(struct scrape *scrape);
DEFINE_CLEANUP(struct scrape *, scrape_free)
