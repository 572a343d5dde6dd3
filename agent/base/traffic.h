/* SPDX-License-Identifier: Apache-2.0 */
/*
 * traffic.h - what went over the network: counted by the transport, shown by whoever lent it the counters
 *
 * A message is what IP carries in one go: a datagram with its UDP and IP header. Records of DTLS, handshakes and what
 * CoAP sends again count, as does what comes in and is not understood.
 */
#pragma once

#include <stdint.h>

struct traffic {
	uint64_t sent, received; /* bytes */
	uint64_t messages;       /* both ways */
	uint64_t largest;        /* bytes of one message */
};

static inline void traffic_add(struct traffic *traffic, uint64_t *way, uint64_t bytes)
{
	*way += bytes;
	traffic->messages++;
	if (bytes > traffic->largest)
		traffic->largest = bytes;
}
