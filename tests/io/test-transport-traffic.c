/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <string.h>

#include "transport-peer.h"

#define HEADERS 28 /* IPv4 and UDP */

/* Both directions, to the byte, as the peer has it. */
static void each_datagram_counts_with_its_headers(void **state)
{
	struct peer *peer = *state;
	struct traffic traffic = { 0 };
	struct datagram request, response;

	transport_set_traffic(peer->transport, &traffic);
	peer_effect(peer, EFFECT_REQUEST, 1, &peer_registration);
	peer_receive(peer, &request);
	assert_int_equal(traffic.sent, request.len + HEADERS);
	assert_int_equal(traffic.received, 0);
	assert_int_equal(traffic.messages, 1);
	assert_int_equal(traffic.largest, request.len + HEADERS);

	datagram_start(&response, ACK, COAP_CREATED, datagram_mid(&request), "");
	response.bytes[0] |= (uint8_t)datagram_token(&request).len;
	memcpy(response.bytes + 4, datagram_token(&request).data, datagram_token(&request).len);
	response.len += datagram_token(&request).len;
	peer_send(peer, &response);
	peer_wait_count(peer, &peer->n_outcomes, 1);
	assert_int_equal(traffic.sent, request.len + HEADERS);
	assert_int_equal(traffic.received, response.len + HEADERS);
	assert_int_equal(traffic.messages, 2);
	assert_int_equal(traffic.largest, request.len + HEADERS);
}

static void wait_messages(struct peer *peer, const struct traffic *traffic, uint64_t wanted)
{
	for (unsigned int i = 0; i < 10 && traffic->messages < wanted; i++)
		peer_run(peer, 1000);
	assert_int_equal(traffic->messages, wanted);
}

/* What is not understood came over the network all the same. */
static void rubbish_counts(void **state)
{
	struct peer *peer = *state;
	struct traffic traffic = { 0 };

	transport_set_traffic(peer->transport, &traffic);
	assert_int_equal(sendto(peer->fd, "x", 1, 0, (struct sockaddr *)&peer->client, sizeof(peer->client)), 1);
	wait_messages(peer, &traffic, 1);
	assert_int_equal(sendto(peer->fd, "", 0, 0, (struct sockaddr *)&peer->client, sizeof(peer->client)), 0);
	wait_messages(peer, &traffic, 2);
	assert_int_equal(traffic.received, 1 + 2 * HEADERS);
}

static void counts_until_told_otherwise(void **state)
{
	struct peer *peer = *state;
	struct traffic traffic = { 0 };
	struct datagram notification;

	transport_set_traffic(peer->transport, &traffic);
	transport_set_traffic(peer->transport, NULL);
	peer_effect(peer, EFFECT_NOTIFY, 1, &peer_notification);
	peer_receive(peer, &notification);
	assert_int_equal(traffic.messages, 0);
}

/* Two count the same, each for as long as they want. */
static void totals_beside_the_rest(void **state)
{
	struct peer *peer = *state;
	struct traffic traffic = { 0 }, totals = { 0 };
	struct datagram notification;

	transport_set_totals(peer->transport, &totals);
	peer_effect(peer, EFFECT_NOTIFY, 1, &peer_notification);
	peer_receive(peer, &notification);
	assert_int_equal(totals.sent, notification.len + HEADERS);
	transport_set_traffic(peer->transport, &traffic);
	peer_effect(peer, EFFECT_NOTIFY, 1, &peer_notification);
	peer_receive(peer, &notification);
	assert_int_equal(traffic.messages, 1);
	assert_int_equal(totals.messages, 2);
	transport_set_totals(peer->transport, NULL);
	peer_effect(peer, EFFECT_NOTIFY, 1, &peer_notification);
	peer_receive(peer, &notification);
	assert_int_equal(traffic.messages, 2);
	assert_int_equal(totals.messages, 2);
}

static void knows_the_server(void **state)
{
	struct peer *peer = *state;
	struct sockaddr_storage address;
	struct sockaddr_in *in = (struct sockaddr_in *)&address;
	const struct effect close = { .type = EFFECT_CLOSE, .server = &peer->server };

	assert_int_equal(transport_get_server(peer->transport, &address), 0);
	assert_int_equal(in->sin_family, AF_INET);
	assert_int_equal(in->sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	assert_int_equal(transport_handle(peer->transport, &close), 0);
	assert_true(transport_get_server(peer->transport, &address) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KNOWN(each_datagram_counts_with_its_headers),
		KNOWN(rubbish_counts),
		KNOWN(counts_until_told_otherwise),
		KNOWN(totals_beside_the_rest),
		KNOWN(knows_the_server),
	};

	return cmocka_run_group_tests_name("io/transport-traffic", tests, NULL, NULL);
}
