/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pem.h - keys and certificates as people keep them (RFC 7468), in the form that LwM2M and TLS have them:
 * DER
 *
 * ret is appended to. -EBADMSG: text has nothing of the kind, or something else under its name; -ENOTSUP: a
 * key of another kind than ECDSA over P-256, P-384 or P-521; -ENOMEM.
 */
#pragma once

#include "base/bytes.h"

/* All certificates in text, one after the other. */
int pem_read_certificates(const char *text, struct buffer *ret);

/* The first private key in text, without a password. */
int pem_read_private_key(const char *text, struct buffer *ret);

/* The first public key in text, as SubjectPublicKeyInfo. */
int pem_read_public_key(const char *text, struct buffer *ret);

/* The public key of a private one, as SubjectPublicKeyInfo. */
int pem_public_of(struct bytes private_key, struct buffer *ret);
