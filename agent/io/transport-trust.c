/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Raw public keys (RFC 7250) and certificates: what we show, and whether what the server shows is good
 * enough.
 *
 * All of it is decided here, on the object of one session: libcoap's own checks know neither certificate
 * usages nor a certificate that is pinned. The TLS library asks for each certificate of a chain, the
 * server's own last; once it was overruled it asks again without an error, so that what it says then is no
 * proof. Hence a first no is a no.
 */
#include <arpa/inet.h>
#include <time.h>
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/hash.h>

#include "io/transport-internal.h"

#define CERTIFICATE_CIPHERS                                                                     \
	"TLS13-AES128-GCM-SHA256:TLS13-AES128-CCM-SHA256:TLS13-AES128-CCM-8-SHA256:"            \
	"ECDHE-ECDSA-AES128-CCM-8:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:" \
	"ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384"

#define SYSTEM_TRUST "/etc/ssl/certs/ca-certificates.crt"

/* No certificate of today was made before this day: a clock that says so was never set. */
#define CLOCK_IS_SET INT64_C(1577836800) /* 2020-01-01 */

const char *transport_trust_lacks(const struct server *server)
{
	switch (server->mode) {
	case SECURITY_PSK:
		/* The identity goes through C strings in the TLS library. */
		if (server->identity.len == 0 || server->key.len == 0 ||
			memchr(server->identity.data, 0, server->identity.len))
			return "no key, or no identity, or a zero byte in the identity";
		return NULL;
	case SECURITY_RPK:
		return server->identity.len > 0 && server->key.len > 0 && server->server_key.len > 0 ?
			       NULL :
			       "raw public keys need our key pair and the server's public key";
	case SECURITY_X509:
		return server->identity.len > 0 && server->key.len > 0 && server->server_key.len > 0 ?
			       NULL :
			       "certificates need our certificate with its key, and the one that the server is known by";
	default:
		return "coaps needs a pre-shared key, raw public keys or certificates";
	}
}

static int distrust(struct connection *connection, const char *why)
{
	if (!connection->distrust)
		connection->distrust = why;
	return 0;
}

static bool matches(const struct account *account, struct bytes der)
{
	static const enum wc_HashType types[] = { WC_HASH_TYPE_NONE, WC_HASH_TYPE_SHA256, WC_HASH_TYPE_SHA384,
		WC_HASH_TYPE_SHA512 };
	uint8_t digest[WC_MAX_DIGEST_SIZE];
	int len;

	if (account->matching == 0)
		return bytes_equal(der, buffer_bytes(&account->server_key));
	if (account->matching >= ELEMENTSOF(types))
		return false;
	len = wc_HashGetDigestSize(types[account->matching]);
	return len > 0 &&
	       wc_Hash(types[account->matching], der.data, (word32)der.len, digest, (word32)len) == 0 &&
	       bytes_equal(BYTES(digest, (size_t)len), buffer_bytes(&account->server_key));
}

static bool is_address(const char *host)
{
	struct in6_addr six;
	struct in_addr four;

	return inet_pton(AF_INET, host, &four) == 1 || inet_pton(AF_INET6, host, &six) == 1;
}

/* The name that the certificate has to have. */
static const char *expected_name(const struct account *account)
{
	return account->server_name ? account->server_name : account->uri.host;
}

static bool has_name(const struct account *account, WOLFSSL_X509 *certificate)
{
	const char *name = expected_name(account);

	return is_address(name) ?
		       wolfSSL_X509_check_ip_asc(certificate, name, 0) == WOLFSSL_SUCCESS :
		       wolfSSL_X509_check_host(certificate, name, strlen(name), 0, NULL) == WOLFSSL_SUCCESS;
}

/*
 * An expiry cannot be seen, and what is not valid yet has to do, as long as the clock was never set:
 * nothing else is known.
 */
static const char *objection_of_chain(int error)
{
	bool unset = time(NULL) < CLOCK_IS_SET;

	switch (error) {
	case ASN_BEFORE_DATE_E:
	case WOLFSSL_X509_V_ERR_CERT_NOT_YET_VALID:
		return unset ? NULL :
			       "the server's certificate is not valid yet: is the clock of this machine right?";
	case ASN_AFTER_DATE_E:
	case WOLFSSL_X509_V_ERR_CERT_HAS_EXPIRED:
		return "the server's certificate, or one above it, has expired";
	case CRL_CERT_REVOKED:
		return "the server's certificate was revoked";
	default:
		return "nobody whom we trust vouches for the server's certificate";
	}
}

static int verify_raw_key(int ok, WOLFSSL_X509_STORE_CTX *store)
{
	struct connection *connection = store->userCtx;
	WOLFSSL_X509 *shown = wolfSSL_X509_STORE_CTX_get_current_cert(store);
	int len = 0;
	const uint8_t *der = shown ? wolfSSL_X509_get_der(shown, &len) : NULL;

	if (connection->distrust)
		return 0;
	if (der && bytes_equal(BYTES(der, (size_t)len), buffer_bytes(&connection->account->server_key))) {
		connection->verified = true;
		return 1;
	}
	return distrust(connection, "the server has another public key than the one in its account");
}

static int accept_certificate(struct connection *connection, int depth)
{
	connection->verified |= depth == 0;
	return 1;
}

static int verify_certificate(int ok, WOLFSSL_X509_STORE_CTX *store)
{
	struct connection *connection = store->userCtx;
	const struct account *account = connection->account;
	bool pinned = account->usage == USAGE_DOMAIN_ISSUED, one = account->usage == USAGE_SERVICE_CONSTRAINT;
	WOLFSSL_X509 *shown = wolfSSL_X509_STORE_CTX_get_current_cert(store);
	int depth = wolfSSL_X509_STORE_CTX_get_error_depth(store), len = 0;
	const uint8_t *der = shown ? wolfSSL_X509_get_der(shown, &len) : NULL;
	bool same = der && matches(account, BYTES(der, (size_t)len));
	const char *objection;

	if (connection->distrust)
		return 0;
	if (!der)
		return distrust(connection, "the server showed no certificate");
	/* One that is pinned is good by itself: nobody has to vouch for it, and it may have any name. */
	if (pinned)
		return depth > 0 || same ?
			       accept_certificate(connection, depth) :
			       distrust(connection,
				       "the server has another certificate than the one in its account");
	objection = ok ? NULL : objection_of_chain(wolfSSL_X509_STORE_CTX_get_error(store));
	if (objection)
		return distrust(connection, objection);
	if (depth > 0)
		return accept_certificate(connection, depth);
	if (one && !same)
		return distrust(connection, "the server has another certificate than the one in its account");
	if (!same && !has_name(account, shown))
		return distrust(connection, "the server's certificate is for another host");
	return accept_certificate(connection, depth);
}

/*
 * Authorities for this session. The TLS library keeps them in the context, which is the connection's alone.
 */
static int load_authorities(struct connection *connection, WOLFSSL_CTX *context)
{
	const struct account *account = connection->account;
	const char *file = account->trust_file ? account->trust_file : SYSTEM_TRUST;
	WOLFSSL_CERT_MANAGER *system;
	int r = WOLFSSL_SUCCESS;

	if (account->usage == USAGE_DOMAIN_ISSUED)
		return 0;
	if (account->usage == USAGE_SERVICE_CONSTRAINT)
		return wolfSSL_CTX_load_verify_locations(context, file, NULL) == WOLFSSL_SUCCESS ? 0 :
												   -ENOKEY;
	if (account->usage == USAGE_CA_CONSTRAINT) {
		system = wolfSSL_CertManagerNew();
		if (!system)
			return -ENOMEM;
		r = wolfSSL_CertManagerLoadCA(system, file, NULL);
		if (r == WOLFSSL_SUCCESS)
			r = wolfSSL_CertManagerVerifyBuffer(system, account->server_key.data,
				(long)account->server_key.len, WOLFSSL_FILETYPE_ASN1);
		wolfSSL_CertManagerFree(system);
	}
	if (r == WOLFSSL_SUCCESS)
		r = wolfSSL_CTX_load_verify_buffer(context, account->server_key.data,
			(long)account->server_key.len, WOLFSSL_FILETYPE_ASN1);
	return r == WOLFSSL_SUCCESS ? 0 : -ENOKEY;
}

static int show(const struct account *account, WOLFSSL *tls)
{
	const struct buffer *identity = &account->identity, *key = &account->key;
	int r;

	r = account->mode == SECURITY_RPK ? wolfSSL_use_certificate_buffer(tls, identity->data,
						    (int)identity->len, WOLFSSL_FILETYPE_ASN1) :
					    wolfSSL_use_certificate_chain_buffer_format(tls, identity->data,
						    (long)identity->len, WOLFSSL_FILETYPE_ASN1);
	if (r == WOLFSSL_SUCCESS)
		r = wolfSSL_use_PrivateKey_buffer(tls, key->data, (long)key->len, WOLFSSL_FILETYPE_ASN1);
	return r == WOLFSSL_SUCCESS ? 0 : -EKEYREJECTED;
}

int transport_trust_set_up(struct connection *connection, void *object)
{
	const struct account *account = connection->account;
	bool raw = account->mode == SECURITY_RPK;
	const char type[] = { raw ? WOLFSSL_CERT_TYPE_RPK : WOLFSSL_CERT_TYPE_X509 };
	WOLFSSL *tls = object;
	int r;

	/* A key where a certificate was agreed on, or the other way round, is refused by the library. */
	if (wolfSSL_set_client_cert_type(tls, type, sizeof(type)) != WOLFSSL_SUCCESS ||
		wolfSSL_set_server_cert_type(tls, type, sizeof(type)) != WOLFSSL_SUCCESS ||
		wolfSSL_set_cipher_list(tls, CERTIFICATE_CIPHERS) != WOLFSSL_SUCCESS) {
		(void)distrust(connection, "the TLS library cannot do this");
		return -EPROTO;
	}
	wolfSSL_SetCertCbCtx(tls, connection);
	wolfSSL_set_verify(tls, WOLFSSL_VERIFY_PEER | WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT,
		raw ? verify_raw_key : verify_certificate);
	r = show(account, tls);
	if (r < 0)
		(void)distrust(connection, "our own key or certificate cannot be used");
	if (r == 0 && !raw) {
		r = load_authorities(connection, wolfSSL_get_SSL_CTX(tls));
		if (r < 0)
			(void)distrust(connection,
				"the authority in the server's account cannot be used, or the system does "
				"not trust it");
	}
	/* An address is no name to ask for (RFC 6066, 3). */
	if (r == 0 && !is_address(expected_name(account)))
		(void)wolfSSL_set_tlsext_host_name(tls, expected_name(account));
	return r;
}
