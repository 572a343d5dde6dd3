/* SPDX-License-Identifier: Apache-2.0 */
#include "dtls-peer.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <wolfssl/wolfcrypt/asn_public.h>
#include <wolfssl/wolfcrypt/ecc.h>

#define IDENTITY "device-1"
#define SERVER_CID "\x11\x22\x33\x44\x55\x66"
static const unsigned char key[16] = "0123456789abcde";

static int receive(WOLFSSL *tls, char *buffer, int size, void *userdata)
{
	struct dtls_peer *server = userdata;
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	ssize_t n;

	do {
		n = recvfrom(server->peer->fd, buffer, (size_t)size, MSG_DONTWAIT, (struct sockaddr *)&from, &len);
		if (n <= 0)
			return WOLFSSL_CBIO_ERR_WANT_READ;
		if (server->arrived < sizeof(server->first_bytes))
			server->first_bytes[server->arrived] = (uint8_t)buffer[0];
	} while (server->lose_arriving & 1u << (server->arrived++ & 31) || server->deaf);
	server->peer->client = from;
	return (int)n;
}

static int send_datagram(WOLFSSL *tls, char *buffer, int size, void *userdata)
{
	struct dtls_peer *server = userdata;

	if (server->lose_sent & 1u << (server->sent++ & 31))
		return size;
	return (int)sendto(server->peer->fd, buffer, (size_t)size, 0, (struct sockaddr *)&server->peer->client,
		sizeof(server->peer->client));
}

static unsigned int find_key(WOLFSSL *tls, const char *identity, unsigned char *ret_key, unsigned int max)
{
	if (strcmp(identity, IDENTITY) != 0 || max < sizeof(key))
		return 0;
	memcpy(ret_key, key, sizeof(key));
	return sizeof(key);
}

static unsigned int find_key_1_3(WOLFSSL *tls, const char *identity, unsigned char *ret_key, unsigned int max,
				 const char **suite)
{
	*suite = "TLS13-AES128-GCM-SHA256";
	return find_key(tls, identity, ret_key, max);
}

static void use_own_certificate(WOLFSSL_CTX *context)
{
	byte der[2048], private_der[512];
	int len, private_len;
	ecc_key pair;
	Cert cert;
	WC_RNG rng;

	assert_int_equal(wc_InitRng(&rng), 0);
	assert_int_equal(wc_ecc_init(&pair), 0);
	assert_int_equal(wc_ecc_make_key(&rng, 32, &pair), 0);
	assert_int_equal(wc_InitCert(&cert), 0);
	strcpy(cert.subject.commonName, "127.0.0.1");
	cert.sigType = CTC_SHA256wECDSA;
	assert_true(wc_MakeCert(&cert, der, sizeof(der), NULL, &pair, &rng) > 0);
	len = wc_SignCert(cert.bodySz, cert.sigType, der, sizeof(der), NULL, &pair, &rng);
	assert_true(len > 0);
	private_len = wc_EccKeyToDer(&pair, private_der, sizeof(private_der));
	assert_true(private_len > 0);
	assert_int_equal(wolfSSL_CTX_use_certificate_buffer(context, der, len, WOLFSSL_FILETYPE_ASN1), WOLFSSL_SUCCESS);
	assert_int_equal(wolfSSL_CTX_use_PrivateKey_buffer(context, private_der, private_len, WOLFSSL_FILETYPE_ASN1),
		WOLFSSL_SUCCESS);
	wc_ecc_free(&pair);
	wc_FreeRng(&rng);
}

void dtls_peer_init(struct dtls_peer *server, struct peer *peer, const struct dtls_peer_config *config)
{
	*server = (struct dtls_peer){ .peer = peer };
	assert_int_equal(wolfSSL_Init(), WOLFSSL_SUCCESS);
	server->context = wolfSSL_CTX_new(config->version_1_3 ? wolfDTLSv1_3_server_method() :
								wolfDTLSv1_2_server_method());
	assert_non_null(server->context);
	if (config->ciphers)
		assert_int_equal(wolfSSL_CTX_set_cipher_list(server->context, config->ciphers), WOLFSSL_SUCCESS);
	wolfSSL_CTX_set_verify(server->context, WOLFSSL_VERIFY_NONE, NULL);
	if (config->certificate_only) {
		use_own_certificate(server->context);
	} else {
		wolfSSL_CTX_set_psk_server_callback(server->context, find_key);
		wolfSSL_CTX_set_psk_server_tls13_callback(server->context, find_key_1_3);
	}
	wolfSSL_CTX_SetIORecv(server->context, receive);
	wolfSSL_CTX_SetIOSend(server->context, send_datagram);
	server->tls = wolfSSL_new(server->context);
	assert_non_null(server->tls);
	wolfSSL_SetIOReadCtx(server->tls, server);
	wolfSSL_SetIOWriteCtx(server->tls, server);
	wolfSSL_dtls_set_using_nonblock(server->tls, 1);
	if (config->connection_id) {
		assert_int_equal(wolfSSL_dtls_cid_use(server->tls), WOLFSSL_SUCCESS);
		assert_int_equal(wolfSSL_dtls_cid_set(server->tls, (unsigned char *)SERVER_CID, 6), WOLFSSL_SUCCESS);
	}
	peer->server.mode = SECURITY_PSK;
	assert_int_equal(buffer_append_text(&peer->server.identity, IDENTITY), 0);
	assert_int_equal(buffer_append(&peer->server.key, key, sizeof(key)), 0);
}

void dtls_peer_deinit(struct dtls_peer *server)
{
	wolfSSL_free(server->tls);
	wolfSSL_CTX_free(server->context);
	buffer_deinit(&server->peer->server.identity);
	buffer_deinit(&server->peer->server.key);
	wolfSSL_Cleanup();
}

/* The server's own flights are repeated when the client stays away for a second. */
static void accept_some(struct dtls_peer *server)
{
	unsigned int before = server->arrived;
	char byte;

	if (server->accepted) {
		(void)wolfSSL_peek(server->tls, &byte, 1); /* its end of the handshake may have been lost */
		return;
	}
	if (wolfSSL_accept(server->tls) == WOLFSSL_SUCCESS)
		server->accepted = true;
	if (server->arrived != before || server->resend_at == 0)
		server->resend_at = usec_now() + USEC_PER_SEC;
	else if (server->arrived > 0 && usec_now() > server->resend_at) {
		(void)wolfSSL_dtls_got_timeout(server->tls);
		server->resend_at = usec_now() + USEC_PER_SEC;
	}
}

void dtls_peer_wait_connected(struct dtls_peer *server, size_t at_least)
{
	usec_t deadline = usec_now() + 20 * USEC_PER_SEC;

	while (server->peer->n_connected < at_least) {
		assert_true(usec_now() < deadline);
		peer_run(server->peer, 5);
		accept_some(server);
	}
}

bool dtls_peer_poll(struct dtls_peer *server, struct datagram *ret)
{
	int n;

	peer_run(server->peer, 5);
	accept_some(server);
	n = wolfSSL_read(server->tls, ret->bytes, sizeof(ret->bytes));
	if (n > 0)
		ret->len = (size_t)n;
	return n > 0;
}

void dtls_peer_send(struct dtls_peer *server, const struct datagram *datagram)
{
	assert_int_equal(wolfSSL_write(server->tls, datagram->bytes, (int)datagram->len), datagram->len);
}
