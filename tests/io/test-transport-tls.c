/* SPDX-License-Identifier: Apache-2.0 */
/* DTLS with pre-shared keys: both versions, Connection ID, loss, and servers that must be refused. */
#include "dtls-peer.h"

#include <string.h>

#include "base/log.h"

#define RECORD_WITH_CID 25 /* RFC 9146; the content type of DTLS 1.2 records with a Connection ID */

struct fixture {
	struct peer peer;
	struct dtls_peer server;
};

static struct fixture *open_fixture(const struct dtls_peer_config *config)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct peer *peer = &fixture->peer;

	log_set_level(LOG_WARNING);
	peer_init(peer);
	memmove(peer->server.uri + 5, peer->server.uri + 4, strlen(peer->server.uri + 4) + 1);
	peer->server.uri[4] = 's';
	dtls_peer_init(&fixture->server, peer, config);
	return fixture;
}

static void close_fixture(struct fixture *fixture)
{
	peer_deinit(&fixture->peer);
	dtls_peer_deinit(&fixture->server);
	free(fixture);
}

static void exchange(struct fixture *fixture)
{
	struct peer *peer = &fixture->peer;
	struct datagram datagram, response;

	peer->n_outcomes = 0;
	peer_effect(peer, EFFECT_REQUEST, 3, &peer_registration);
	dtls_peer_receive(&fixture->server, &datagram);
	datagram_start(&response, ACK, COAP_CREATED, datagram_mid(&datagram), "");
	response.bytes[0] |= 8;
	memcpy(response.bytes + 4, datagram.bytes + 4, 8);
	response.len = 12;
	datagram_text(&response, LOCATION_PATH, "5a");
	dtls_peer_send(&fixture->server, &response);
	peer_wait_count(peer, &peer->n_outcomes, 1);
	assert_string_equal(peer->outcomes[0].response.path, "/5a");

	peer->answer_now = true;
	datagram_start(&datagram, CON, COAP_GET, 100, "tok");
	datagram_path(&datagram, "/3/0/1");
	dtls_peer_send(&fixture->server, &datagram);
	dtls_peer_receive(&fixture->server, &response);
	assert_int_equal(datagram_code(&response), COAP_CONTENT);
}

static uint8_t last_first_byte(const struct dtls_peer *server)
{
	return server->first_bytes[server->arrived - 1];
}

/* The server grants one, and a client that could do DTLS 1.3 goes down to 1.2 with it. */
static void dtls_1_2_with_connection_id(void **state)
{
	struct fixture *fixture = open_fixture(&(struct dtls_peer_config){ .connection_id = true });

	peer_effect(&fixture->peer, EFFECT_CONNECT, 0, NULL);
	dtls_peer_wait_connected(&fixture->server, 1);
	assert_int_equal(fixture->peer.connected[0], 0);
	exchange(fixture);
	assert_int_equal(last_first_byte(&fixture->server), RECORD_WITH_CID);
	close_fixture(fixture);
}

static void dtls_1_2_without_connection_id(void **state)
{
	static const char *const ciphers[] = { "PSK-AES128-CCM-8", "PSK-AES128-CCM", "PSK-AES128-GCM-SHA256",
					       "ECDHE-PSK-AES128-GCM-SHA256" };

	for (size_t i = 0; i < ELEMENTSOF(ciphers); i++) {
		struct fixture *fixture = open_fixture(&(struct dtls_peer_config){ .ciphers = ciphers[i] });

		peer_effect(&fixture->peer, EFFECT_CONNECT, 0, NULL);
		dtls_peer_wait_connected(&fixture->server, 1);
		assert_int_equal(fixture->peer.connected[0], 0);
		exchange(fixture);
		assert_int_not_equal(last_first_byte(&fixture->server), RECORD_WITH_CID);
		close_fixture(fixture);
	}
}

static void dtls_1_3_with_connection_id(void **state)
{
	struct fixture *fixture = open_fixture(&(struct dtls_peer_config){ .version_1_3 = true, .connection_id = true });

	peer_effect(&fixture->peer, EFFECT_CONNECT, 0, NULL);
	dtls_peer_wait_connected(&fixture->server, 1);
	assert_int_equal(fixture->peer.connected[0], 0);
	exchange(fixture);
	assert_int_equal(last_first_byte(&fixture->server) & 0xf0, 0x30); /* RFC 9147, 4: 001C… */
	close_fixture(fixture);
}

/* Each of the first datagrams, in both directions. The first of the client is lost by nobody but us: patch 2. */
static void lost_datagrams(void **state)
{
	for (unsigned int lost = 0; lost < 4; lost++)
		for (unsigned int theirs = 0; theirs < 2; theirs++) {
			struct fixture *fixture = open_fixture(&(struct dtls_peer_config){ .connection_id = true });

			transport_set_retransmission(fixture->peer.transport, 1000, 4);
			if (theirs)
				fixture->server.lose_sent = 1u << lost;
			else
				fixture->server.lose_arriving = 1u << lost;
			peer_effect(&fixture->peer, EFFECT_CONNECT, 0, NULL);
			dtls_peer_wait_connected(&fixture->server, 1);
			assert_int_equal(fixture->peer.connected[0], 0);
			exchange(fixture);
			close_fixture(fixture);
		}
}

static int connect_refused(struct fixture *fixture)
{
	int error;

	peer_effect(&fixture->peer, EFFECT_CONNECT, 0, NULL);
	dtls_peer_wait_connected(&fixture->server, 1);
	error = fixture->peer.connected[0];
	close_fixture(fixture);
	return error;
}

static void wrong_key(void **state)
{
	for (unsigned int version = 0; version < 2; version++) {
		struct fixture *fixture = open_fixture(&(struct dtls_peer_config){ .version_1_3 = version });
		int error;

		fixture->peer.server.key.data[0] ^= 1;
		error = connect_refused(fixture);
		assert_true(error == -EKEYREJECTED || error == -EPROTO || error == -ETIMEDOUT);
	}
}

static void unknown_identity(void **state)
{
	for (unsigned int version = 0; version < 2; version++) {
		struct fixture *fixture = open_fixture(&(struct dtls_peer_config){ .version_1_3 = version });
		int error;

		fixture->peer.server.identity.data[0] ^= 1;
		error = connect_refused(fixture);
		assert_true(error == -EKEYREJECTED || error == -EPROTO);
	}
}

/* Whoever has no key but some certificate is nobody we know. */
static void certificate_instead_of_key(void **state)
{
	for (unsigned int version = 0; version < 2; version++)
		assert_true(connect_refused(open_fixture(&(struct dtls_peer_config){
				    .version_1_3 = version, .certificate_only = true })) < 0);
}

static void no_cbc(void **state)
{
	struct fixture *fixture = open_fixture(&(struct dtls_peer_config){ .ciphers = "PSK-AES128-CBC-SHA256" });

	assert_true(connect_refused(fixture) < 0);
}

static void silent_server(void **state)
{
	struct fixture *fixture = open_fixture(&(struct dtls_peer_config){ 0 });

	fixture->server.deaf = true;
	assert_int_equal(connect_refused(fixture), -ETIMEDOUT);
}

static void nobody_listens(void **state)
{
	struct fixture *fixture = open_fixture(&(struct dtls_peer_config){ 0 });

	close(fixture->peer.fd);
	fixture->peer.fd = -1;
	assert_int_equal(connect_refused(fixture), -ECONNREFUSED);
}

static void nothing_before_the_handshake(void **state)
{
	struct fixture *fixture = open_fixture(&(struct dtls_peer_config){ 0 });
	struct peer *peer = &fixture->peer;

	peer_effect(peer, EFFECT_CONNECT, 0, NULL);
	peer_run(peer, 0);
	peer_effect(peer, EFFECT_REQUEST, 1, &peer_registration);
	peer_effect(peer, EFFECT_NOTIFY, 2, &peer_notification);
	peer_wait_count(peer, &peer->n_outcomes, 2);
	assert_int_equal(peer->outcomes[0].error, -ECONNRESET);
	assert_int_equal(peer->outcomes[1].error, -ECONNRESET);
	close_fixture(fixture);
}

static void ended_by_the_server(void **state)
{
	struct fixture *fixture = open_fixture(&(struct dtls_peer_config){ .connection_id = true });
	struct peer *peer = &fixture->peer;
	struct sockaddr_in before;

	peer_effect(peer, EFFECT_CONNECT, 0, NULL);
	dtls_peer_wait_connected(&fixture->server, 1);
	before = peer->client;
	(void)wolfSSL_shutdown(fixture->server.tls);
	peer_wait_count(peer, &peer->n_connected, 2);
	assert_int_equal(peer->connected[1], -ECONNRESET);

	wolfSSL_free(fixture->server.tls);
	fixture->server.tls = wolfSSL_new(fixture->server.context);
	wolfSSL_SetIOReadCtx(fixture->server.tls, &fixture->server);
	wolfSSL_SetIOWriteCtx(fixture->server.tls, &fixture->server);
	wolfSSL_dtls_set_using_nonblock(fixture->server.tls, 1);
	fixture->server.accepted = false;
	peer_effect(peer, EFFECT_CONNECT, 0, NULL);
	dtls_peer_wait_connected(&fixture->server, 3);
	assert_int_equal(peer->connected[2], 0);
	assert_int_equal(peer->client.sin_port, before.sin_port);
	exchange(fixture);
	close_fixture(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dtls_1_2_with_connection_id),
		cmocka_unit_test(dtls_1_2_without_connection_id),
		cmocka_unit_test(dtls_1_3_with_connection_id),
		cmocka_unit_test(lost_datagrams),
		cmocka_unit_test(wrong_key),
		cmocka_unit_test(unknown_identity),
		cmocka_unit_test(certificate_instead_of_key),
		cmocka_unit_test(no_cbc),
		cmocka_unit_test(silent_server),
		cmocka_unit_test(nobody_listens),
		cmocka_unit_test(nothing_before_the_handshake),
		cmocka_unit_test(ended_by_the_server),
	};

	return cmocka_run_group_tests_name("io/transport-tls", tests, NULL, NULL);
}
