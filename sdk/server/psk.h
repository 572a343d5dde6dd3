/* SPDX-License-Identifier: Apache-2.0 */
/*
 * psk.h - the pre-shared keys: which identity proves to be which endpoint, and with what key
 *
 * One line of a file per entry: endpoint, identity and key in hexadecimal, with tabs between; lines with #
 * are comments. One endpoint has one identity, one identity is one endpoint's. The file is mode 0600 and
 * replaced as a whole; a program that changes it holds psk.lock. A running server looks at each handshake and
 * registration whether the file is another one now. Keys are wiped from memory when dropped, and no message
 * here has one.
 */
#pragma once

#include <sys/stat.h>

#include "base/bytes.h"
#include "base/cleanup.h"

#define PSK_ENDPOINT_MAX 255
#define PSK_IDENTITY_MAX 128 /* OMA LwM2M Transport 1.2 */
#define PSK_KEY_MAX      64
#define PSK_KEY_MIN      8
#define PSK_ENTRIES_MAX  65536

struct psk_entry {
	char *endpoint, *identity;
	uint8_t key[PSK_KEY_MAX];
	size_t key_len;
};

struct psk {
	char *dir;
	struct psk_entry *entries;
	size_t count, allocated;
	struct stat seen; /* of the file the entries are from */
};

/* Reads the file; none is an empty store. Bad lines are said with their number: -EBADMSG. dir is copied. */
int psk_open(const char *dir, struct psk **ret);
struct psk *psk_free(struct psk *psk);
DEFINE_CLEANUP(struct psk *, psk_free)

/*
 * Both look at the file again where it has changed; the entry lives until the next call. NULL: there is none.
 */
const struct psk_entry *psk_find_identity(struct psk *psk, struct bytes identity);
const struct psk_entry *psk_find_endpoint(struct psk *psk, struct bytes endpoint);

/*
 * Adds an entry, or replaces the one of this endpoint (1). key is text: hexadecimal. -EEXIST: the identity is
 * another endpoint's. -EINVAL: a text with control characters, empty or too long, or no such key; said in a
 * log line.
 */
int psk_add(struct psk *psk, const char *endpoint, const char *identity, const char *key);

/* -ENOENT: the endpoint has no entry. */
int psk_remove(struct psk *psk, const char *endpoint);
