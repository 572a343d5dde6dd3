/* SPDX-License-Identifier: Apache-2.0 */
#include <coap_shim.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>

#include "io/transport-internal.h"

static void on_traffic(coap_session_t *session, int sent, size_t len)
{
	const struct connection *connection = connection_get(session);
	struct traffic *traffic = connection->transport->traffic;
	size_t headers = sizeof(struct udphdr);

	if (!traffic)
		return;
	headers += coap_session_get_addr_remote(session)->addr.sa.sa_family == AF_INET6 ?
			   sizeof(struct ip6_hdr) :
			   sizeof(struct iphdr);
	traffic_add(traffic, sent ? &traffic->sent : &traffic->received, headers + len);
}

void transport_set_traffic(struct transport *transport, struct traffic *traffic)
{
	coap_shim_traffic = on_traffic;
	transport->traffic = traffic;
}

int transport_get_server(const struct transport *transport, struct sockaddr_storage *ret)
{
	const struct connection *connection;

	list_for_each(connection, &transport->connections, link) {
		if (!connection->up || connection->dead)
			continue;
		*ret = (struct sockaddr_storage){ 0 };
		memcpy(ret, &connection->account->addresses.list[connection->account->next],
			sizeof(union address));
		return 0;
	}
	return -ENOTCONN;
}
