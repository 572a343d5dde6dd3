/* SPDX-License-Identifier: Apache-2.0 */
/* DTLS with pre-shared keys: both versions, Connection ID, loss, and servers that must be refused. */
#include "dtls-peer.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/log.h"

#define RECORD_WITH_CID 25 /* RFC 9146; the content type of DTLS 1.2 records with a Connection ID */

struct fixture {
	struct peer peer;
	struct dtls_peer server;
};

/* The last line for people. */
static char said[256];

int __wrap_log_full(int priority, int error, const struct log_fields *fields, const char *format, ...);

int __wrap_log_full(int priority, int error, const struct log_fields *fields, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(said, sizeof(said), format, arguments);
	va_end(arguments);
	return -abs(error);
}

static struct fixture *open_fixture(const struct dtls_peer_config *config)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct peer *peer = &fixture->peer;

	log_set_level(LOG_INFO);
	peer_init(peer);
	memmove(peer->uri + 5, peer->uri + 4, strlen(peer->uri + 4) + 1);
	peer->uri[4] = 's';
	dtls_peer_init(&fixture->server, peer, config);
	return fixture;
}

static void close_fixture(struct fixture *fixture)
{
	peer_deinit(&fixture->peer);
	dtls_peer_deinit(&fixture->server);
	free(fixture);
}

static void answer_registration(struct fixture *fixture, const struct datagram *request)
{
	struct datagram response;

	datagram_start(&response, ACK, COAP_CREATED, datagram_mid(request), "");
	response.bytes[0] |= 8;
	memcpy(response.bytes + 4, request->bytes + 4, 8);
	response.len = 12;
	datagram_text(&response, LOCATION_PATH, "5a");
	dtls_peer_send(&fixture->server, &response);
}

/* A request in each direction, whatever is lost of it. */
static void exchange(struct fixture *fixture)
{
	struct peer *peer = &fixture->peer;
	usec_t give_up = usec_now() + 20 * USEC_PER_SEC, next = 0;
	struct datagram request, datagram;
	bool answered = false;

	peer->n_outcomes = 0;
	peer->answer_now = true;
	datagram_start(&request, CON, COAP_GET, 100, "tok");
	datagram_path(&request, "/3/0/1");
	peer_effect(peer, EFFECT_REQUEST, 3, &peer_registration);
	while (!answered || peer->n_outcomes == 0) {
		assert_true(usec_now() < give_up);
		if (!answered && peer->n_outcomes > 0 && usec_now() > next) {
			dtls_peer_send(&fixture->server, &request);
			next = usec_now() + USEC_PER_SEC;
		}
		if (!dtls_peer_poll(&fixture->server, &datagram))
			continue;
		if (datagram_code(&datagram) == COAP_POST)
			answer_registration(fixture, &datagram);
		else if (datagram_code(&datagram) == COAP_CONTENT && datagram_mid(&datagram) == 100)
			answered = true;
	}
	assert_int_equal(peer->outcomes[0].error, 0);
	assert_string_equal(peer->outcomes[0].response.path, "/5a");
	assert_int_equal(peer->n_connected, 1);
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
	peer_effect(&fixture->peer, EFFECT_REBIND, 0, NULL);
	exchange(fixture);
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
		/* from the same address and port, as the server knows it */
		peer_effect(&fixture->peer, EFFECT_REBIND, 0, NULL);
		exchange(fixture);
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

static void connect_despite_loss(bool version_1_3, unsigned int lose_arriving, unsigned int lose_sent)
{
	struct fixture *fixture = open_fixture(
		&(struct dtls_peer_config){ .version_1_3 = version_1_3, .connection_id = true });

	transport_set_retransmission(fixture->peer.transport, 1000, 4);
	fixture->server.lose_arriving = lose_arriving;
	fixture->server.lose_sent = lose_sent;
	peer_effect(&fixture->peer, EFFECT_CONNECT, 0, NULL);
	dtls_peer_wait_connected(&fixture->server, 1);
	assert_int_equal(fixture->peer.connected[0], 0);
	exchange(fixture);
	close_fixture(fixture);
}

/* In a process of its own: losses are waited out side by side. */
static pid_t start_losing(bool version_1_3, unsigned int lose_arriving, unsigned int lose_sent)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	setenv("CMOCKA_TEST_ABORT", "1", 1);
	connect_despite_loss(version_1_3, lose_arriving, lose_sent);
	_exit(0);
}

/* Each of the first eight datagrams, in both directions. The first of all is sent again thanks to a patch only. */
static void lost_datagrams(void **state)
{
	for (unsigned int version_1_3 = 0; version_1_3 < 2; version_1_3++) {
		pid_t pids[2 * 8];

		for (unsigned int i = 0; i < ELEMENTSOF(pids); i++) {
			unsigned int bit = 1u << i / 2;

			pids[i] = start_losing(version_1_3, i % 2 ? 0 : bit, i % 2 ? bit : 0);
		}
		for (unsigned int i = 0; i < ELEMENTSOF(pids); i++) {
			int status;

			assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
			if (status != 0)
				fail_msg("DTLS 1.%u, datagram %u of the %s lost: failed", version_1_3 ? 3 : 2,
					i / 2 + 1, i % 2 ? "server" : "client");
		}
	}
}

/* Ends the fixture; the last line for people has to be end after the URI. */
static int connect_refused(struct fixture *fixture, const char *end)
{
	char expected[256];
	int error;

	snprintf(expected, sizeof(expected), "Cannot connect to %s: %s", fixture->peer.uri, end);
	peer_effect(&fixture->peer, EFFECT_CONNECT, 0, NULL);
	dtls_peer_wait_connected(&fixture->server, 1);
	error = fixture->peer.connected[0];
	close_fixture(fixture);
	assert_string_equal(said, expected);
	return error;
}

static int connect_wrongly(bool version_1_3, bool wrong_key, const char *end)
{
	struct fixture *fixture = open_fixture(&(struct dtls_peer_config){ .version_1_3 = version_1_3 });
	struct server *account = &fixture->peer.server;

	(wrong_key ? account->key.data : account->identity.data)[0] ^= 1;
	return connect_refused(fixture, end);
}

/* With DTLS 1.2 neither side can read the other's last message, and neither says so. */
static void wrong_key(void **state)
{
	assert_int_equal(connect_wrongly(false, true,
				 "the server answers, but the handshake does not end: is the key right?"), -ETIMEDOUT);
	assert_int_equal(connect_wrongly(true, true,
				 "the server sent alert 47 (illegal parameter): are identity and key right?"), -EPROTO);
}

static void unknown_identity(void **state)
{
	assert_int_equal(connect_wrongly(false, false,
				 "the server sent alert 115 (unknown PSK identity): is the identity right?"),
		-EKEYREJECTED);
	assert_int_equal(connect_wrongly(true, false,
				 "the server sent alert 47 (illegal parameter): are identity and key right?"), -EPROTO);
}

/* Whoever has no key but some certificate is nobody we know. */
static void certificate_instead_of_key(void **state)
{
	struct dtls_peer_config config = { .certificate_only = true };

	assert_int_equal(connect_refused(open_fixture(&config), "the server sent alert 40 (handshake failure): "
				 "does it know the identity, has it a cipher of ours?"), -EPROTO);
	config.version_1_3 = true;
	assert_int_equal(connect_refused(open_fixture(&config),
				 "the server showed a certificate, but has to have the pre-shared key"), -EKEYREJECTED);
}

static void no_cbc(void **state)
{
	struct fixture *fixture = open_fixture(&(struct dtls_peer_config){ .ciphers = "PSK-AES128-CBC-SHA256" });

	assert_int_equal(connect_refused(fixture, "the server sent alert 40 (handshake failure): "
				 "does it know the identity, has it a cipher of ours?"), -EPROTO);
}

static void silent_server(void **state)
{
	struct fixture *fixture = open_fixture(&(struct dtls_peer_config){ 0 });

	fixture->server.deaf = true;
	assert_int_equal(connect_refused(fixture, "no answer"), -ETIMEDOUT);
}

/* An ICMP error alone ends nothing, anybody can send one: it is the reason when no answer came either. */
static void nobody_listens(void **state)
{
	struct fixture *fixture = open_fixture(&(struct dtls_peer_config){ 0 });

	close(fixture->peer.fd);
	fixture->peer.fd = -1;
	assert_int_equal(connect_refused(fixture, "nobody listens there"), -ECONNREFUSED);
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

static void send_raw(struct fixture *fixture, const void *data, size_t len)
{
	struct peer *peer = &fixture->peer;

	assert_int_equal(sendto(peer->fd, data, len, 0, (struct sockaddr *)&peer->client, sizeof(peer->client)), len);
	peer_run(peer, 5);
}

/* What somebody sends in the server's name without its key ends nothing. */
static void rubbish_on_a_session(void **state)
{
	static const uint8_t alert[] = { 21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 99, 0, 2, 2, 40 };
	static const uint8_t closing[] = { 21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 98, 0, 2, 1, 0 };
	static const uint8_t sealed_alert[] = { 21, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 97, 0, 18, 2, 40, 1, 2, 3, 4, 5,
						6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
	static const uint8_t short_record[] = { 23, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 96, 0, 0 };
	static const uint8_t cut_off[] = { 23, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 95, 4, 0, 1 };
	static const uint8_t not_dtls[] = { 0x40, 1, 0, 1, 0xb1, '3' };

	for (unsigned int version_1_3 = 0; version_1_3 < 2; version_1_3++) {
		struct fixture *fixture = open_fixture(
			&(struct dtls_peer_config){ .version_1_3 = version_1_3, .connection_id = true });

		peer_effect(&fixture->peer, EFFECT_CONNECT, 0, NULL);
		dtls_peer_wait_connected(&fixture->server, 1);
		assert_int_equal(fixture->peer.connected[0], 0);
		send_raw(fixture, alert, sizeof(alert));
		send_raw(fixture, closing, sizeof(closing));
		send_raw(fixture, sealed_alert, sizeof(sealed_alert));
		send_raw(fixture, short_record, sizeof(short_record));
		send_raw(fixture, cut_off, sizeof(cut_off));
		send_raw(fixture, not_dtls, sizeof(not_dtls));
		exchange(fixture);
		assert_int_equal(fixture->peer.n_requests, 1);
		close_fixture(fixture);
	}
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
	assert_non_null(strstr(said, ": the server ended the session"));

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
	peer->n_connected = 1;
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
		cmocka_unit_test(rubbish_on_a_session),
		cmocka_unit_test(ended_by_the_server),
	};

	return cmocka_run_group_tests_name("io/transport-tls", tests, NULL, NULL);
}
