/* SPDX-License-Identifier: Apache-2.0 */
#include "io/pem.h"

#include <stdlib.h>
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/asn_public.h>
#include <wolfssl/wolfcrypt/ecc.h>

#include "base/cleanup.h"

#define CERTIFICATE_END "-----END CERTIFICATE-----"

int pem_read_certificates(const char *text, struct buffer *ret)
{
	size_t before = ret->len;
	const char *end;

	for (; (end = strstr(text, CERTIFICATE_END)); text = end) {
		uint8_t *room;
		int n;

		end += strlen(CERTIFICATE_END);
		/* DER is shorter than the PEM that it comes from. */
		if (buffer_reserve(ret, (size_t)(end - text), &room) < 0)
			return -ENOMEM;
		n = wc_CertPemToDer(
			(const uint8_t *)text, (int)(end - text), room, (int)(end - text), CERT_TYPE);
		if (n <= 0) {
			ret->len = before;
			return -EBADMSG;
		}
		ret->len += (size_t)n;
	}
	return ret->len > before ? 0 : -EBADMSG;
}

int pem_read_private_key(const char *text, struct buffer *ret)
{
	size_t len = strlen(text);
	uint8_t *room;
	int n;

	if (buffer_reserve(ret, len + 1, &room) < 0)
		return -ENOMEM;
	n = wc_KeyPemToDer((const uint8_t *)text, (int)len, room, (int)len, NULL);
	if (n <= 0)
		return -EBADMSG;
	ret->len += (size_t)n;
	return 0;
}

int pem_read_public_key(const char *text, struct buffer *ret)
{
	size_t len = strlen(text);
	uint8_t *room;
	int n;

	if (buffer_reserve(ret, len + 1, &room) < 0)
		return -ENOMEM;
	n = wc_PubKeyPemToDer((const uint8_t *)text, (int)len, room, (int)len);
	if (n <= 0)
		return -EBADMSG;
	ret->len += (size_t)n;
	return 0;
}

int pem_public_of(struct bytes private_key, struct buffer *ret)
{
	word32 index = 0;
	uint8_t *room;
	ecc_key key;
	int n;

	if (wc_ecc_init(&key) != 0)
		return -ENOMEM;
	n = wc_EccPrivateKeyDecode(private_key.data, &index, &key, (word32)private_key.len);
	if (n == 0 && key.type == ECC_PRIVATEKEY_ONLY)
		n = wc_ecc_make_pub(&key, NULL);
	if (n == 0)
		n = buffer_reserve(ret, 256, &room);
	if (n == 0)
		n = wc_EccPublicKeyToDer(&key, room, 256, 1);
	wc_ecc_free(&key);
	if (n <= 0)
		return -ENOTSUP;
	ret->len += (size_t)n;
	return 0;
}
