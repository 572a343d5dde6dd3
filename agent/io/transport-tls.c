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
	const char *name;
	int error;
} alerts[] = { /* RFC 8446, 6 */
	{ 0, "close notify", -ECONNRESET },
	{ 10, "unexpected message", -EPROTO },
	{ 20, "bad record MAC", -EKEYREJECTED },
	{ 40, "handshake failure", -EPROTO },
	{ 42, "bad certificate", -EKEYREJECTED },
	{ 43, "unsupported certificate", -EKEYREJECTED },
	{ 44, "certificate revoked", -EKEYREVOKED },
	{ 45, "certificate expired", -EKEYEXPIRED },
	{ 46, "certificate unknown", -EKEYREJECTED },
	{ 47, "illegal parameter", -EPROTO },
	{ 48, "unknown CA", -EKEYREJECTED },
	{ 49, "access denied", -EACCES },
	{ 50, "decode error", -EPROTO },
	{ 51, "decrypt error", -EKEYREJECTED },
	{ 70, "protocol version", -EPROTO },
	{ 71, "insufficient security", -EPROTO },
	{ 80, "internal error", -EPROTO },
	{ 90, "user canceled", -EPROTO },
	{ 109, "missing extension", -EPROTO },
	{ 110, "unsupported extension", -EPROTO },
	{ 112, "unrecognized name", -EPROTO },
	{ 115, "unknown PSK identity", -EKEYREJECTED },
	{ 116, "certificate required", -EKEYREJECTED },
};

/* An account with a pre-shared key trusts nobody for a certificate. */
static int refuse_certificate(int ok, WOLFSSL_X509_STORE_CTX *store)
{
	return 0;
}

/* libcoap made the object; whom to trust and how to talk is decided here, before the first flight. */
static void set_up(coap_session_t *session, void *tls)
{
	const struct connection *connection = connection_get(session);

	if (!connection)
		return;
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
	coap_dtls_cpsk_t credentials = {
		.version = COAP_DTLS_CPSK_SETUP_VERSION,
		.use_cid = 1,
		.psk_info.identity = { account->identity.len, account->identity.data },
		.psk_info.key = { account->key.len, account->key.data },
	};

	return coap_new_client_session_psk2(context, local, remote, COAP_PROTO_DTLS, &credentials);
}

static int describe_alert(int code, const char *who, char *text, size_t size)
{
	for (size_t i = 0; i < ELEMENTSOF(alerts); i++)
		if (alerts[i].code == code) {
			snprintf(text, size, "%s alert %d (%s)", who, code, alerts[i].name);
			return alerts[i].error;
		}
	snprintf(text, size, "%s alert %d", who, code);
	return -EPROTO;
}

bool transport_tls_heard(coap_session_t *session)
{
	WOLFSSL *tls = coap_shim_wolfssl(session);
	return tls && strcmp(wolfSSL_get_cipher(tls), "None") != 0;
}

int transport_tls_failure(coap_session_t *session, char *text, size_t size)
{
	WOLFSSL_ALERT_HISTORY history;
	WOLFSSL *tls = coap_shim_wolfssl(session);

	if (!tls || wolfSSL_get_alert_history(tls, &history) != WOLFSSL_SUCCESS)
		return -EPROTO;
	if (history.last_rx.code >= 0)
		return describe_alert(history.last_rx.code, "the server sent", text, size);
	if (history.last_tx.code >= 0)
		return describe_alert(history.last_tx.code, "we had to send", text, size);
	return -EPROTO;
}

void transport_tls_describe(coap_session_t *session, char *text, size_t size)
{
	WOLFSSL *tls = coap_shim_wolfssl(session);
	unsigned int cid_len = 0;

	if (!tls) {
		snprintf(text, size, "no DTLS");
		return;
	}
	(void)wolfSSL_dtls_cid_get_tx_size(tls, &cid_len);
	snprintf(text, size, "%s, %s, %s", wolfSSL_get_version(tls), wolfSSL_get_cipher(tls),
		cid_len > 0 ? "with Connection ID" : "without Connection ID");
}
