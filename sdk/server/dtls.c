/* SPDX-License-Identifier: Apache-2.0 */
#include <coap_shim.h>
#include <stdio.h>
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include "base/log.h"
#include "psk.h"
#include "transport-internal.h"

/* What DTLS 1.2 and 1.3 clients with a pre-shared key have. No CBC: it does not go with Connection ID. */
#define CIPHERS                                                                      \
	"TLS13-AES128-GCM-SHA256:TLS13-AES128-CCM-SHA256:TLS13-AES128-CCM-8-SHA256:" \
	"ECDHE-PSK-AES128-GCM-SHA256:PSK-AES128-GCM-SHA256:PSK-AES128-CCM:PSK-AES128-CCM-8"

#define HANDSHAKE_TIME (10 * USEC_PER_SEC)

/* The TLS library calls this for each ClientHello, server name or not, before it chooses a cipher. */
static const coap_dtls_spsk_info_t *on_hello(const char *name, coap_session_t *session, void *arg)
{
	WOLFSSL *tls = coap_shim_wolfssl(session);

	if (!tls || wolfSSL_set_cipher_list(tls, CIPHERS) != WOLFSSL_SUCCESS)
		log_warning("The TLS library knows none of our ciphers: DTLS will not work");
	return NULL;
}

/* An identity is any bytes: what is not plain text must not reach a terminal as it is. */
static const char *printable(struct bytes identity, char text[64])
{
	size_t n = 0;

	for (size_t i = 0; i < identity.len && n < 60; i++)
		text[n++] = identity.data[i] >= ' ' && identity.data[i] < 0x7f ? (char)identity.data[i] : '?';
	strcpy(text + n, n < identity.len ? "..." : "");
	return text;
}

/*
 * What a session has proved, kept as its application data. libcoap's own notion of the identity changes with
 * each attempt to prove one, before that is checked; ours is taken once, when the handshake is over.
 */
struct proof {
	struct restart_link restart; /* from when an identity is proved */
	coap_session_t *session;
	sd_event_source *timer; /* the handshake is over by then, or it failed */
	bool told;              /* that it was refused or failed: the TLS library asks once per cipher */
	size_t len;             /* 0: nothing proved yet */
	uint8_t identity[PSK_IDENTITY_MAX];
};

static struct proof *proof_of(coap_session_t *session)
{
	struct proof *proof = coap_session_get_app_data(session);

	if (!proof) {
		proof = calloc(1, sizeof(*proof));
		coap_session_set_app_data(session, proof);
		if (proof)
			proof->session = session;
	}
	return proof;
}

/* Of a DTLS 1.2 client with a wrong key nothing comes that could be read: it gets no further, that is all. */
static int on_unfinished(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct proof *proof = userdata;

	dtls_failed(proof->session);
	return 0;
}

static void expect_end(struct proof *proof, sd_event *event)
{
	uint64_t now;

	if (!proof->timer && sd_event_now(event, CLOCK_BOOTTIME, &now) >= 0)
		(void)sd_event_add_time(event, &proof->timer, CLOCK_BOOTTIME, now + HANDSHAKE_TIME,
			USEC_PER_SEC, on_unfinished, proof);
}

void dtls_forget(coap_session_t *session)
{
	struct proof *proof = coap_session_get_app_data(session);

	if (!proof)
		return;
	if (proof->len > 0)
		restart_remove(&proof->restart);
	sd_event_source_disable_unref(proof->timer);
	free(proof);
	coap_session_set_app_data(session, NULL);
}

void dtls_alive(coap_session_t *session)
{
	struct proof *proof = coap_session_get_app_data(session);

	if (proof && proof->len > 0)
		restart_alive(&proof->restart);
}

static const coap_bin_const_t *on_identity(coap_bin_const_t *identity, coap_session_t *session, void *arg)
{
	struct transport *transport = arg;
	struct bytes text = BYTES(identity->s, identity->length);
	struct proof *proof = proof_of(session);
	char address[TRANSPORT_ADDRESS_MAX], name[64];
	struct bytes key;

	if (!proof || proof->len > 0)
		return NULL; /* one identity a session */
	if (text.len > PSK_IDENTITY_MAX || !transport->handlers->key(transport->userdata, text, &key)) {
		if (!proof->told)
			log_warning("Refused %s: unknown PSK identity \"%s\"",
				transport_address((struct session *)session, address), printable(text, name));
		proof->told = true;
		return NULL;
	}
	expect_end(proof, transport->event);
	transport->key = (coap_bin_const_t){ key.len, key.data };
	return &transport->key;
}

int dtls_set_up(struct transport *transport)
{
	coap_dtls_spsk_t set_up = {
		.version = COAP_DTLS_SPSK_SETUP_VERSION,
		.validate_id_call_back = on_identity,
		.id_call_back_arg = transport,
		.validate_sni_call_back = on_hello,
		.sni_call_back_arg = transport,
	};

	return coap_context_set_psk2(transport->context, &set_up) ? 0 : -EPROTO;
}

struct bytes transport_identity(const struct session *session)
{
	const struct proof *proof = coap_session_get_app_data((const coap_session_t *)session);

	return proof ? BYTES(proof->identity, proof->len) : BYTES(NULL, 0);
}

const char *transport_security(const struct session *session, char ret[TRANSPORT_ADDRESS_MAX])
{
	WOLFSSL *tls = coap_shim_wolfssl((coap_session_t *)session);
	unsigned int cid_len = 0;

	*ret = '\0';
	if (!tls)
		return ret;
	if (wolfSSL_dtls_cid_is_enabled(tls))
		(void)wolfSSL_dtls_cid_get_rx_size(tls, &cid_len);
	snprintf(ret, TRANSPORT_ADDRESS_MAX, "%s, %s%s", wolfSSL_get_version(tls), wolfSSL_get_cipher(tls),
		cid_len > 0 ? ", Connection ID" : "");
	return ret;
}

void dtls_connected(coap_session_t *session)
{
	char address[TRANSPORT_ADDRESS_MAX], security[TRANSPORT_ADDRESS_MAX], name[64];
	const coap_bin_const_t *identity = coap_session_get_psk_identity(session);
	struct transport *transport = coap_get_app_data(coap_session_get_context(session));
	struct session *us = (struct session *)session;
	struct proof *proof = proof_of(session);

	if (!proof || proof->len > 0 || !identity || identity->length > PSK_IDENTITY_MAX)
		return;
	memcpy(proof->identity, identity->s, identity->length);
	proof->len = identity->length;
	proof->timer = sd_event_source_disable_unref(proof->timer);
	restart_add(&transport->restart, &proof->restart, session);
	log_info("DTLS connection of \"%s\" from %s: %s", printable(transport_identity(us), name),
		transport_address(us, address), transport_security(us, security));
}

void dtls_failed(coap_session_t *session)
{
	char address[TRANSPORT_ADDRESS_MAX], name[64] = "";
	const coap_bin_const_t *identity = coap_session_get_psk_identity(session);
	struct proof *proof = coap_session_get_app_data(session);

	if (proof && proof->told)
		return;
	if (proof)
		proof->told = true;
	if (identity)
		(void)printable(BYTES(identity->s, identity->length), name);
	log_warning("The DTLS %s with %s%s%s%s failed", proof && proof->len > 0 ? "connection" : "handshake",
		transport_address((struct session *)session, address), identity ? " (identity \"" : "", name,
		identity ? "\": wrong key?)" : "");
}
