/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network-internal.h - what network.c, which listens, has noted for network-facts.c, which reads
 */
#pragma once

#include <stdbool.h>

#include "base/usec.h"
#include "io/network.h"

#define ENTRIES_MAX 256 /* of those past it, each message counts as a change */

/* An address, or a default route. */
struct entry {
	bool route;
	uint8_t family;
	uint32_t interface, metric;
	uint8_t address[16]; /* the gateway of a route */
};

struct network {
	int fd;
	sd_event_source *source, *timer;
	void (*changed)(void *userdata);
	void *userdata;
	struct entry entries[ENTRIES_MAX];
	size_t n_entries, n_addresses;
	usec_t settle_time, told;
	bool pending; /* the timer runs */
	bool silent;  /* taking stock: nothing of it is news */
};
