/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uri.h - the address of a server, taken apart
 *
 * Server URIs come from bootstrap servers too: nothing in them is trusted, every length is checked here.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define URI_HOST_MAX 255

struct uri {
	bool secure;                 /* coaps */
	uint16_t port;               /* 5683 or 5684 where the URI names none */
	char host[URI_HOST_MAX + 1]; /* a name or an IP address, without brackets */
};

/*
 * "coap://HOST[:PORT]" or "coaps://…", with nothing but "/" after it. -EPROTONOSUPPORT: CoAP, but over TCP or
 * WebSockets; -ENAMETOOLONG: the host; -EINVAL: anything else.
 */
int uri_parse(const char *text, struct uri *ret);
