/* SPDX-License-Identifier: Apache-2.0 */
#include "restart.h"

#include <stdio.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/usec.h"

/* A client resends its ClientHello after 1 s and again after 2 s more: that one is to get through. */
#define ALIVE_TIME (2 * USEC_PER_SEC)
#define FDS_MAX    1024

/* Where the record header of DTLS 1.2 (RFC 6347, 4.1) has what; the first flight of 1.3 looks the same. */
enum { OFFSET_TYPE = 0, OFFSET_EPOCH = 3, OFFSET_HANDSHAKE = 13, HELLO_LEN = 14 };
enum { TYPE_HANDSHAKE = 22, HANDSHAKE_CLIENT_HELLO = 1 };

void restart_init(struct restart *restart)
{
	restart->n_fds = 0;
	list_init(&restart->links);
}

static bool is_bound_to(int fd, const char *text)
{
	unsigned char own[TRANSPORT_ADDRESS_MAX];
	coap_address_t address;
	socklen_t len = sizeof(address.addr);

	coap_address_init(&address);
	if (getsockname(fd, &address.addr.sa, &len) < 0 ||
		(address.addr.sa.sa_family != AF_INET && address.addr.sa.sa_family != AF_INET6))
		return false;
	address.size = len;
	return coap_print_addr(&address, own, sizeof(own)) > 0 && strcmp((const char *)own, text) == 0;
}

void restart_watch(struct restart *restart, const coap_endpoint_t *endpoint)
{
	char text[TRANSPORT_ADDRESS_MAX];

	snprintf(text, sizeof(text), "%s", coap_endpoint_str(endpoint));
	text[strcspn(text, " ")] = '\0';
	for (int fd = 0; fd < FDS_MAX && restart->n_fds < RESTART_ENDPOINTS_MAX; fd++)
		if (is_bound_to(fd, text)) {
			restart->fds[restart->n_fds++] = fd;
			return;
		}
}

void restart_add(struct restart *restart, struct restart_link *link, coap_session_t *session)
{
	link->session = session;
	list_append(&restart->links, &link->link);
}

void restart_alive(struct restart_link *link)
{
	link->timer = sd_event_source_disable_unref(link->timer);
}

void restart_remove(struct restart_link *link)
{
	restart_alive(link);
	list_remove(&link->link);
}

static int on_silence(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct restart_link *link = userdata;
	char address[TRANSPORT_ADDRESS_MAX];

	log_info("The client at %s begins anew: its old connection is closed",
		transport_address((struct session *)link->session, address));
	restart_alive(link);
	coap_session_disconnected(link->session, COAP_NACK_NOT_DELIVERABLE);
	return 0;
}

static void ask_alive(struct restart_link *link, sd_event *event)
{
	uint64_t now;

	if (link->timer || sd_event_now(event, CLOCK_BOOTTIME, &now) < 0 ||
		sd_event_add_time(event, &link->timer, CLOCK_BOOTTIME, now + ALIVE_TIME, USEC_PER_MSEC,
			on_silence, link) < 0)
		return;
	/* Not sent where a request is under way: then that one's answer is the sign. */
	(void)coap_session_send_ping(link->session);
}

static bool is_hello(const uint8_t *data, ssize_t len)
{
	return len >= HELLO_LEN && data[OFFSET_TYPE] == TYPE_HANDSHAKE && data[OFFSET_EPOCH] == 0 &&
	       data[OFFSET_EPOCH + 1] == 0 && data[OFFSET_HANDSHAKE] == HANDSHAKE_CLIENT_HELLO;
}

static void look_at(struct restart *restart, int fd, sd_event *event)
{
	struct restart_link *link;
	uint8_t data[HELLO_LEN];
	coap_address_t from;
	ssize_t n;

	coap_address_init(&from);
	from.size = sizeof(from.addr);
	n = recvfrom(fd, data, sizeof(data), MSG_PEEK | MSG_DONTWAIT, &from.addr.sa, &from.size);
	if (!is_hello(data, n))
		return;
	list_for_each(link, &restart->links, link)
		if (coap_address_equals(coap_session_get_addr_remote(link->session), &from)) {
			ask_alive(link, event);
			return;
		}
}

void restart_look(struct restart *restart, sd_event *event)
{
	if (list_is_empty(&restart->links))
		return;
	for (size_t i = 0; i < restart->n_fds; i++)
		look_at(restart, restart->fds[i], event);
}
