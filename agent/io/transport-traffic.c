/* SPDX-License-Identifier: Apache-2.0 */
#include <coap_shim.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>

#include "io/transport-internal.h"

static void count(struct traffic *traffic, int sent, size_t len)
{
	if (traffic)
		traffic_add(traffic, sent ? &traffic->sent : &traffic->received, len);
}

static void on_traffic(coap_session_t *session, int sent, size_t len)
{
	const struct transport *transport = connection_get(session)->transport;
	size_t headers = sizeof(struct udphdr);

	if (!transport->traffic && !transport->totals)
		return;
	headers += coap_session_get_addr_remote(session)->addr.sa.sa_family == AF_INET6 ?
			   sizeof(struct ip6_hdr) :
			   sizeof(struct iphdr);
	count(transport->traffic, sent, headers + len);
	count(transport->totals, sent, headers + len);
}

void transport_set_traffic(struct transport *transport, struct traffic *traffic)
{
	coap_shim_traffic = on_traffic;
	transport->traffic = traffic;
}

void transport_set_totals(struct transport *transport, struct traffic *totals)
{
	coap_shim_traffic = on_traffic;
	transport->totals = totals;
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
