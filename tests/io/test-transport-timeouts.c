/* SPDX-License-Identifier: Apache-2.0 */
/* The transport against a peer that stays silent. */
#include "transport-peer.h"

#include <string.h>
#include <sys/socket.h>

static void request_without_answer(void **state)
{
	struct peer *peer = *state;
	struct datagram request;
	unsigned int copies = 0;

	peer_effect(peer, EFFECT_REQUEST, 6, &peer_registration);
	peer_wait_count(peer, &peer->n_outcomes, 1);
	assert_int_equal(peer->outcomes[0].id, 6);
	assert_int_equal(peer->outcomes[0].error, -ETIMEDOUT);
	assert_false(peer->outcomes[0].has_response);
	while (recv(peer->fd, request.bytes, sizeof(request.bytes), MSG_DONTWAIT) > 0)
		copies++;
	assert_int_equal(copies, 2);
}

static void request_acknowledged_only(void **state)
{
	struct peer *peer = *state;
	struct datagram request, ack;

	peer_effect(peer, EFFECT_REQUEST, 6, &peer_registration);
	peer_receive(peer, &request);
	datagram_start(&ack, ACK, 0, datagram_mid(&request), "");
	peer_send(peer, &ack);
	peer_wait_count(peer, &peer->n_outcomes, 1);
	assert_int_equal(peer->outcomes[0].error, -ETIMEDOUT);
}

static void nobody_there(void **state)
{
	struct peer *peer = *state;

	close(peer->fd);
	peer->fd = -1;
	peer_effect(peer, EFFECT_REQUEST, 1, &peer_registration);
	peer_wait_count(peer, &peer->n_outcomes, 1);
	assert_int_equal(peer->outcomes[0].error, -ETIMEDOUT);
	assert_int_equal(peer->n_connected, 1);
}

static void notification_unconfirmed(void **state)
{
	struct message confirmable = peer_notification;
	struct peer *peer = *state;

	confirmable.confirmable = true;
	peer_effect(peer, EFFECT_NOTIFY, 35, &confirmable);
	peer_wait_count(peer, &peer->n_outcomes, 1);
	assert_int_equal(peer->outcomes[0].id, 35);
	assert_int_equal(peer->outcomes[0].error, -ETIMEDOUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KNOWN(request_without_answer),
		KNOWN(request_acknowledged_only),
		KNOWN(notification_unconfirmed),
		KNOWN(nobody_there),
	};

	return cmocka_run_group_tests_name("io/transport-timeouts", tests, NULL, NULL);
}
