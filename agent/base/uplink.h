/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uplink.h - the interface by which this machine reaches its servers: read by the network adapter, shown by object 4
 *
 * What is not known is not there: count 0, UPLINK_UNKNOWN, speed 0. Texts are addresses as people write them.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define UPLINK_ADDRESSES_MAX 8
#define UPLINK_ADDRESS_MAX   46 /* INET6_ADDRSTRLEN */

enum uplink_kind {
	UPLINK_UNKNOWN, /* also what only a modem can tell, and tunnels */
	UPLINK_ETHERNET,
	UPLINK_WLAN,
	UPLINK_BLUETOOTH,
	UPLINK_IEEE802154,
	_UPLINK_KIND_MAX,
};

struct uplink_addresses {
	char list[UPLINK_ADDRESSES_MAX][UPLINK_ADDRESS_MAX];
	size_t count;
};

struct uplink {
	uint32_t interface; /* 0: there is none */
	enum uplink_kind kind;
	unsigned int available; /* a bit for each kind of an interface that has an address */
	struct uplink_addresses addresses, routers;
};

/* One reading of its counters. */
struct uplink_load {
	uint32_t speed_mbit; /* 0: it does not say */
	uint64_t sent, received; /* bytes since the interface is there */
};
