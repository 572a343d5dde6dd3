/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network.h - says when this machine can be reached, or reaches others, by another way
 *
 * Listens to what the kernel tells about addresses and default routes; asks nothing by itself and has no timer while
 * nothing changes. A change is an address or default route that came, or that went while an address is left; what the
 * kernel only refreshes is none, nor are addresses of the link or the host. Several changes within a moment are told
 * as one, and a network that goes on changing less and less often. The handler is called from the loop.
 */
#pragma once

#include <sys/socket.h>
#include <systemd/sd-event.h>

#include "base/cleanup.h"
#include "base/uplink.h"

struct network;

/* userdata is borrowed. -errno; -EPERM and the like where the kernel does not let us listen. */
int network_new(sd_event *event, void (*changed)(void *userdata), void *userdata, struct network **ret);
struct network *network_free(struct network *network);
DEFINE_CLEANUP(struct network *, network_free)

/*
 * The interface of the kernel's route to server, which may be NULL; where that is this machine itself, the one of the
 * preferred default route. Addresses are those that reach beyond the link and are in use; those of the link alone count where
 * there is no other. Asks the kernel a few questions, waits for nothing.
 */
void network_read_uplink(const struct network *network, const struct sockaddr *server, struct uplink *ret);

/* -ENODEV, -ENOENT: there is no such interface, or it does not count. */
int network_read_load(uint32_t interface, struct uplink_load *ret);
