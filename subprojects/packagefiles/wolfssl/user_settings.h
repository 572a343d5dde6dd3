/* SPDX-License-Identifier: Apache-2.0 */
/* Settings of the bundled wolfSSL: what a LwM2M client needs, no more. */
#ifndef LWM2M_WOLFSSL_USER_SETTINGS_H
#define LWM2M_WOLFSSL_USER_SETTINGS_H

/* Platform */
#include <stdint.h>
#include <stddef.h>
#define HAVE_LIMITS_H
#define HAVE_SYS_TIME_H
#define HAVE_NETDB_H
#define HAVE_ARPA_INET_H
#define HAVE_GETADDRINFO
#define HAVE_GETPID
#define HAVE_PTHREAD
#define _POSIX_THREADS
#define HAVE_THREAD_LS
#define ERROR_QUEUE_PER_THREAD
#define WOLFSSL_HAVE_ATOMIC_H
#define HAVE_C___ATOMIC 1
#define WOLFSSL_USE_ALIGN /* no words at odd addresses: undefined in C, a fault on some of our machines */
#define NDEBUG

/* Protocols */
#define WOLFSSL_DTLS
#define WOLFSSL_DTLS13
#define WOLFSSL_DTLS_CID
#define DTLS_CID_MAX_SIZE 64
#define WOLFSSL_DTLS_MTU
#define WOLFSSL_DTLS_CH_FRAG
#define WOLFSSL_SEND_HRR_COOKIE
#define WOLFSSL_W64_WRAPPER
#define WOLFSSL_TLS13
#define NO_OLD_TLS
#define HAVE_TLS_EXTENSIONS
#define HAVE_SNI
#define HAVE_ALPN
#define HAVE_SUPPORTED_CURVES
#define HAVE_EXTENDED_MASTER
#define HAVE_ENCRYPT_THEN_MAC
#define HAVE_SERVER_RENEGOTIATION_INFO
#define HAVE_SESSION_TICKET
#define HAVE_EXT_CACHE
#define HAVE_RPK
#define HAVE_OCSP
#define HAVE_CRL

/* PSK suites (NO_PSK not defined) */
#define WOLFSSL_STATIC_PSK /* the plain PSK suites, PSK-AES128-CCM-8 among them */
#define BUILD_TLS_PSK_WITH_AES_128_CCM

/* Ciphers, hashes, key exchange */
#define HAVE_AESGCM
#define GCM_TABLE_4BIT
#define HAVE_AESCCM
#define WOLFSSL_AES_DIRECT
#define WOLFSSL_AES_COUNTER
#define HAVE_AES_ECB
#define HAVE_CHACHA
#define HAVE_POLY1305
#define WOLFSSL_SHA384
#define WOLFSSL_SHA512
#define HAVE_HKDF
#define HAVE_HASHDRBG
#define HAVE_ECC
#define ECC_SHAMIR
#define ECC_MIN_KEY_SZ 224
#define HAVE_CURVE25519
#define WC_RSA_PSS
#define WOLFSSL_PSS_LONG_SALT
#define NO_DH
#define NO_DSA
#define NO_RC4
#define NO_MD4
#define NO_DES3
#define NO_DES3_TLS_SUITES

/* Constant time and blinding */
#define TFM_TIMING_RESISTANT
#define ECC_TIMING_RESISTANT
#define WC_RSA_BLINDING

/* Big numbers */
#define WOLFSSL_SP_MATH_ALL
#ifdef __x86_64__
# define WOLFSSL_SP_X86_64
# define WOLFSSL_X86_64_BUILD
#endif
#ifdef __aarch64__
# define WOLFSSL_SP_ARM64
#endif
#if defined(__SIZEOF_INT128__)
# define HAVE___UINT128_T 1
#endif

/* Certificates */
#define WOLFSSL_ASN_TEMPLATE
#define WOLFSSL_BASE64_ENCODE
#define WOLFSSL_SYS_CA_CERTS
#define KEEP_PEER_CERT
#define WOLFSSL_CERT_EXT
#define WOLFSSL_CERT_GEN
#define WOLFSSL_KEY_GEN

/* The OpenSSL-like calls that libcoap's backend uses */
#define OPENSSL_EXTRA
#define OPENSSL_ALL

#define NO_CRYPT_TEST
#define NO_CRYPT_BENCHMARK
#endif
