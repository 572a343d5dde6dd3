/* SPDX-License-Identifier: Apache-2.0 */
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "transport-internal.h"

#define HOST_MAX 255

struct where {
	char host[HOST_MAX + 1]; /* empty: every address */
	char port[6];
};

/* "[HOST]:PORT": "192.0.2.1:5683", "[2001:db8::1]:5683", ":5683", "5683". */
static int split(const char *text, struct where *ret)
{
	const char *colon = strrchr(text, ':'), *port = colon ? colon + 1 : text;
	size_t len = colon ? (size_t)(colon - text) : 0, digits = strspn(port, "0123456789");

	if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	} else if (memchr(text, ':', len)) {
		return -EINVAL; /* an IPv6 address without brackets */
	}
	if (len > HOST_MAX || digits == 0 || digits > 5 || port[digits] || atoi(port) > 65535)
		return -EINVAL;
	memcpy(ret->host, text, len);
	ret->host[len] = '\0';
	strcpy(ret->port, port);
	return 0;
}

static int find_address(const struct where *where, coap_address_t *ret)
{
	struct addrinfo hints = { .ai_flags = AI_PASSIVE, .ai_socktype = SOCK_DGRAM }, *list = NULL;
	int r;

	/* Every address: IPv6's takes IPv4 too, where there is IPv6. */
	hints.ai_family = where->host[0] ? AF_UNSPEC : AF_INET6;
	r = getaddrinfo(where->host[0] ? where->host : NULL, where->port, &hints, &list);
	if (r == 0) {
		coap_address_init(ret);
		ret->size = list->ai_addrlen;
		memcpy(&ret->addr, list->ai_addr, list->ai_addrlen);
		freeaddrinfo(list);
	}
	return r;
}

/*
 * libcoap lets an address be shared, so that of two servers one would hear nothing: ask without that first.
 */
static int check_free(const coap_address_t *address)
{
	_cleanup_(closep) int fd = socket(address->addr.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, &address->addr.sa, address->size) < 0)
		return -errno;
	return 0;
}

static void set_any_ipv4(coap_address_t *address)
{
	in_port_t port = address->addr.sin6.sin6_port;

	coap_address_init(address);
	address->size = sizeof(address->addr.sin);
	address->addr.sin = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = port };
}

int transport_listen(struct transport *transport, const char *text, bool secure)
{
	const char *scheme = secure ? "coaps" : "coap";
	coap_proto_t protocol = secure ? COAP_PROTO_DTLS : COAP_PROTO_UDP;
	coap_endpoint_t *endpoint;
	coap_address_t address;
	struct where where;
	int r;

	if (split(text, &where) < 0) {
		log_error("Cannot listen at \"%s\": write [HOST]:PORT, for example :5683", text);
		return -EINVAL;
	}
	r = secure ? dtls_set_up(transport) : 0;
	if (r < 0)
		return log_error_errno(r, "Cannot set up DTLS for %s", text);
	r = find_address(&where, &address);
	if (r != 0) {
		log_error("Cannot listen at %s: %s", text, gai_strerror(r));
		return -EADDRNOTAVAIL;
	}
	r = check_free(&address);
	if (r == -EAFNOSUPPORT && !where.host[0]) {
		set_any_ipv4(&address);
		r = check_free(&address);
	}
	endpoint = r < 0 ? NULL : coap_new_endpoint(transport->context, &address, protocol);
	if (!endpoint)
		return log_error_errno(
			r < 0 ? r : -EADDRNOTAVAIL, "Cannot listen at %s://%s: %m", scheme, text);
	if (secure)
		restart_watch(&transport->restart, endpoint);
	/* libcoap's text ends in the protocol's name. */
	log_notice("Listening at %s://%.*s", scheme, (int)strcspn(coap_endpoint_str(endpoint), " "),
		coap_endpoint_str(endpoint));
	return 0;
}
