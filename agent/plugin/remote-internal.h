/* SPDX-License-Identifier: Apache-2.0 */
/*
 * remote-internal.h - what remote.c and remote-object.c share
 */
#pragma once

#include <systemd/sd-bus.h>

#include "base/list.h"
#include "plugin/mirror.h"
#include "plugin/protocol.h"
#include "plugin/remote.h"

struct remote {
	const struct plugin_config *config;
	sd_event *event;
	struct registry *registry;
	struct remote_timeouts timeouts;
	const struct remote_handlers *handlers;
	void *userdata;

	sd_bus *bus; /* NULL: there is no host */
	char *destination, *path; /* of a program on the bus, which others use, too; NULL: of a host, whose bus is ours */
	sd_bus_slot *filter, *start, *ping;
	sd_bus *left;            /* was detached; closed when none of its callbacks runs */
	sd_event_source *leave;
	bool started;            /* the host serves the plugin, the mirror is its */
	struct mirror mirror;    /* of the host that started last */
	struct mirror staged;    /* of the one that is starting */
	struct list calls;       /* that are not answered */
	size_t n_calls;
	sd_event_source *
		life; /* looks whether the host still says something, while it owes an answer or is watched */
	usec_t heard_at;         /* when it last did */
	bool pinged;
	usec_t news_since;       /* messages of the host, and calls to it, in the second from here on */
	unsigned int n_news, n_asked;
};

extern const struct object_ops remote_ops;

usec_t remote_now(const struct remote *remote);

/* Where the methods are. */
const char *remote_path(const struct remote *remote);

/* Reports the host once; it is detached afterwards. */
void remote_fail(struct remote *remote, bool for_good, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Something came from the host. */
void remote_heard(struct remote *remote);

/* From now on the host owes something: see to it that it is asked when it is silent. */
void remote_expect(struct remote *remote);

/* Tells the host which objects are watched; for a host that is new. */
void remote_object_rewatch(struct remote *remote);

/* Ends all calls with -ECONNRESET. */
void remote_object_cancel(struct remote *remote);
