/* SPDX-License-Identifier: Apache-2.0 */
#include <coap_shim.h>
#include <stdio.h>
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include "base/log.h"
#include "io/transport-internal.h"

/* CCM_8 is what every LwM2M server has. No CBC: with Connection ID, peers do not get through the handshake with it. */
#define PSK_CIPHERS                                                                                        \
	"TLS13-AES128-GCM-SHA256:TLS13-AES128-CCM-SHA256:TLS13-AES128-CCM-8-SHA256:"                      \
	"ECDHE-PSK-AES128-GCM-SHA256:PSK-AES128-GCM-SHA256:PSK-AES128-CCM:PSK-AES128-CCM-8"

static const struct {
	int code;
	const char *name, *hint;
	int error;
} alerts[] = { /* RFC 8446, 6; the hints are for accounts with a pre-shared key */
	{ 10, "unexpected message", NULL, -EPROTO },
	{ 20, "bad record MAC", "is the key right?", -EKEYREJECTED },
	{ 40, "handshake failure", "does it know the identity, has it a cipher of ours?", -EPROTO },
	{ 42, "bad certificate", NULL, -EKEYREJECTED },
	{ 43, "unsupported certificate", NULL, -EKEYREJECTED },
	{ 44, "certificate revoked", NULL, -EKEYREVOKED },
	{ 45, "certificate expired", NULL, -EKEYEXPIRED },
	{ 46, "certificate unknown", NULL, -EKEYREJECTED },
	{ 47, "illegal parameter", "are identity and key right?", -EPROTO },
	{ 48, "unknown CA", NULL, -EKEYREJECTED },
	{ 49, "access denied", NULL, -EACCES },
	{ 50, "decode error", NULL, -EPROTO },
	{ 51, "decrypt error", "is the key right?", -EKEYREJECTED },
	{ 70, "protocol version", NULL, -EPROTO },
	{ 71, "insufficient security", NULL, -EPROTO },
	{ 80, "internal error", NULL, -EPROTO },
	{ 90, "user canceled", NULL, -EPROTO },
	{ 109, "missing extension", NULL, -EPROTO },
	{ 110, "unsupported extension", NULL, -EPROTO },
	{ 112, "unrecognized name", NULL, -EPROTO },
	{ 115, "unknown PSK identity", "is the identity right?", -EKEYREJECTED },
	{ 116, "certificate required", NULL, -EKEYREJECTED },
};

/* An account with a pre-shared key trusts nobody for a certificate. */
static int refuse_certificate(int ok, WOLFSSL_X509_STORE_CTX *store)
{
	return 0;
}

/* Also of messages nobody can vouch for: good for a hint in the log, no more. */
static void on_message(
	int sent, int version, int type, const void *data, size_t len, WOLFSSL *tls, void *userdata)
{
	struct connection *connection = userdata;

	connection->answered |= !sent;
}

/* libcoap made the object; whom to trust and how to talk is decided here, before the first flight. */
static void set_up(coap_session_t *session, void *tls)
{
	struct connection *connection = connection_get(session);

	if (!connection)
		return;
	(void)wolfSSL_set_msg_callback_arg(tls, connection);
	(void)wolfSSL_set_msg_callback(tls, on_message);
	if (connection->account->mode != SECURITY_PSK) {
		(void)transport_trust_set_up(connection, tls);
		return;
	}
	if (wolfSSL_set_cipher_list(tls, PSK_CIPHERS) != WOLFSSL_SUCCESS)
		log_debug("The TLS library does not know all of our ciphers");
	wolfSSL_set_verify(tls, WOLFSSL_VERIFY_PEER | WOLFSSL_VERIFY_FAIL_EXCEPT_PSK, refuse_certificate);
}

void transport_tls_init(void)
{
	coap_shim_client_setup = set_up;
}

coap_session_t *transport_tls_connect(coap_context_t *context, const struct account *account,
				      const coap_address_t *local, const coap_address_t *remote)
{
	coap_dtls_pki_t keys = {
		.version = COAP_DTLS_PKI_SETUP_VERSION,
		.use_cid = 1,
		.verify_peer_cert = 1,
		.pki_key.key_type = COAP_PKI_KEY_DEFINE,
	};
	coap_dtls_cpsk_t credentials = {
		.version = COAP_DTLS_CPSK_SETUP_VERSION,
		.use_cid = 1,
		.psk_info.identity = { account->identity.len, account->identity.data },
		.psk_info.key = { account->key.len, account->key.data },
	};

	/* Whatever else there is to set, transport-trust.c sets it. */
	if (account->mode != SECURITY_PSK)
		return coap_new_client_session_pki(context, local, remote, COAP_PROTO_DTLS, &keys);
	return coap_new_client_session_psk2(context, local, remote, COAP_PROTO_DTLS, &credentials);
}

static int describe_alert(int code, const char *who, char *text, size_t size)
{
	for (size_t i = 0; i < ELEMENTSOF(alerts); i++)
		if (alerts[i].code == code) {
			snprintf(text, size, "%s alert %d (%s)%s%s", who, code, alerts[i].name,
				alerts[i].hint ? ": " : "", alerts[i].hint ? alerts[i].hint : "");
			return alerts[i].error;
		}
	snprintf(text, size, "%s alert %d", who, code);
	return -EPROTO;
}

int transport_tls_failure(coap_session_t *session, char *text, size_t size)
{
	WOLFSSL_ALERT_HISTORY history;
	WOLFSSL *tls = coap_shim_wolfssl(session);
	const struct connection *connection = connection_get(session);

	if (connection && connection->distrust) {
		snprintf(text, size, "%s", connection->distrust);
		return -EKEYREJECTED;
	}
	if (!tls || wolfSSL_get_alert_history(tls, &history) != WOLFSSL_SUCCESS)
		return -EPROTO;
	if (history.last_rx.code == close_notify) {
		snprintf(text, size, "the server ended the session");
		return -ECONNRESET;
	}
	if (history.last_rx.code >= 0)
		return describe_alert(history.last_rx.code, "the server sent", text, size);
	if (history.last_tx.code == bad_certificate) {
		snprintf(text, size, "the server showed a certificate, but has to have the pre-shared key");
		return -EKEYREJECTED;
	}
	if (history.last_tx.code >= 0)
		return describe_alert(history.last_tx.code, "we had to send", text, size);
	return -EPROTO;
}

bool transport_tls_has_cid(coap_session_t *session)
{
	WOLFSSL *tls = coap_shim_wolfssl(session);
	unsigned int len = 0;

	return tls && wolfSSL_dtls_cid_get_tx_size(tls, &len) == WOLFSSL_SUCCESS && len > 0;
}

void transport_tls_describe(coap_session_t *session, char *text, size_t size)
{
	WOLFSSL *tls = coap_shim_wolfssl(session);

	if (!tls) {
		snprintf(text, size, "no DTLS");
		return;
	}
	snprintf(text, size, "%s, %s, %s", wolfSSL_get_version(tls), wolfSSL_get_cipher(tls),
		transport_tls_has_cid(session) ? "with Connection ID" : "without Connection ID");
}
