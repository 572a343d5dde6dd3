/* SPDX-License-Identifier: Apache-2.0 */
/*
 * connectivity.h - object 4, Connectivity Monitoring: what holds for any bearer
 *
 * Shows the interface by which the servers are reached: its kind, its addresses and routers, how much of the link is used.
 * What only a radio has has no value here; a plugin's object that knows it takes the place of this one, and who observes it
 * goes on to do so when that leaves. So there is no Radio Signal Strength (2) either, though the definition makes it
 * mandatory: an Ethernet has none, and any number would be read as one. A bearer that is not known is absent.
 *
 * Nothing is polled: connectivity_refresh() is called when the network may have changed and tells what did. An address
 * keeps its resource instance id as long as it stays. Link Utilization is read when asked for: the average of the busier
 * direction since the value before, which is ten seconds old at least; sooner, that value is given again.
 */
#pragma once

#include "base/cleanup.h"
#include "base/uplink.h"
#include "base/usec.h"
#include "lwm2m/object.h"

struct connectivity_source {
	usec_t (*now)(void *userdata);
	void (*uplink)(void *userdata, struct uplink *ret);
	/* -errno: not known. */
	int (*load)(void *userdata, uint32_t interface, struct uplink_load *ret);
};

struct connectivity;

/* source and userdata are borrowed; asks for the uplink. -ENOMEM. */
int connectivity_new(const struct connectivity_source *source, void *userdata, struct connectivity **ret);
struct connectivity *connectivity_free(struct connectivity *connectivity);
DEFINE_CLEANUP(struct connectivity *, connectivity_free)

struct object *connectivity_object(struct connectivity *connectivity);

/* Asks for the uplink anew. */
void connectivity_refresh(struct connectivity *connectivity);
