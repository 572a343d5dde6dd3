/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transport-peer.h - a transport under test, and a bare UDP socket that plays the server
 *
 * The fixture records what the transport's handlers are told. answer_now makes the request handler reply at once with
 * answer; otherwise the test replies with peer_reply() when it likes. Waiting always runs the transport and ends with a
 * failed test after ten seconds.
 */
#pragma once

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "io/transport.h"

#define DATAGRAM_MAX 2048
#define RECORDS_MAX  512

enum { CON, NON, ACK, RST };

/* Option numbers, RFC 7252 and RFC 7959. */
enum {
	IF_MATCH = 1, URI_HOST = 3, ETAG = 4, OBSERVE = 6, LOCATION_PATH = 8, URI_PATH = 11, CONTENT_FORMAT = 12,
	URI_QUERY = 15, ACCEPT = 17, BLOCK2 = 23, BLOCK1 = 27, SIZE2 = 28,
};

/* A datagram being made, or one taken apart. */
struct datagram {
	uint8_t bytes[DATAGRAM_MAX];
	size_t len;
	unsigned int last_option;
};

struct heard {
	struct message message;
	char path[64], query[128];
	uint8_t token[8], payload[1500];
};

struct heard_outcome {
	uint32_t id;
	int error;
	bool has_response;
	struct heard response;
};

struct peer {
	struct transport *transport;
	struct server server;
	char uri[64];
	int fd;
	struct sockaddr_in client; /* where the last datagram came from */
	bool answer_now;
	struct message answer;     /* path, payload, code, …; the id is filled in */
	struct heard requests[RECORDS_MAX];
	size_t n_requests;
	struct heard_outcome outcomes[RECORDS_MAX];
	size_t n_outcomes;
	int connected[RECORDS_MAX]; /* the errors */
	size_t n_connected;
	void (*on_request)(struct peer *peer, const struct message *request);
};

void peer_init(struct peer *peer);
void peer_deinit(struct peer *peer);

/* For cmocka: a connected peer; with _known, one that has heard from the transport. */
int peer_setup(void **state);
int peer_setup_known(void **state);
int peer_teardown(void **state);
#define KNOWN(test) cmocka_unit_test_setup_teardown(test, peer_setup_known, peer_teardown)

extern const struct message peer_registration, peer_notification;

/* Effects */
void peer_connect(struct peer *peer);
void peer_effect(struct peer *peer, enum effect_type type, uint32_t id, const struct message *message);
void peer_reply(struct peer *peer, uint32_t id, const struct message *message);

/* Runs the transport until *count reaches at_least. */
void peer_wait_count(struct peer *peer, const size_t *count, size_t at_least);

/* Runs the transport once, waiting at most ms. */
void peer_run(struct peer *peer, int ms);

/* The server's side. */
void datagram_start(struct datagram *datagram, int type, unsigned int code, uint16_t mid, const char *token);
void datagram_option(struct datagram *datagram, unsigned int number, const void *value, size_t len);
void datagram_text(struct datagram *datagram, unsigned int number, const char *value);
void datagram_uint(struct datagram *datagram, unsigned int number, uint32_t value);
void datagram_path(struct datagram *datagram, const char *path);
void datagram_payload(struct datagram *datagram, const void *payload, size_t len);
void peer_send(struct peer *peer, const struct datagram *datagram);

/* The next datagram of the transport; fails after ten seconds. */
void peer_receive(struct peer *peer, struct datagram *ret);

/* True when nothing is there for the peer after everything sent to the transport was processed. */
bool peer_hears_nothing(struct peer *peer);

static inline int datagram_type(const struct datagram *datagram)
{
	return datagram->bytes[0] >> 4 & 3;
}

static inline unsigned int datagram_code(const struct datagram *datagram)
{
	return datagram->bytes[1];
}

static inline uint16_t datagram_mid(const struct datagram *datagram)
{
	return (uint16_t)(datagram->bytes[2] << 8 | datagram->bytes[3]);
}

/* The index-th option of that number; false without. */
bool datagram_find(const struct datagram *datagram, unsigned int number, unsigned int index, struct bytes *ret);

/* Value of an option of type uint, -1 without it. */
int64_t datagram_get(const struct datagram *datagram, unsigned int number);
struct bytes datagram_get_payload(const struct datagram *datagram);
struct bytes datagram_token(const struct datagram *datagram);

#define assert_bytes(actual, text)                                    \
	do {                                                          \
		struct bytes _bytes = (actual);                       \
		assert_int_equal(_bytes.len, strlen(text));           \
		assert_memory_equal(_bytes.data, text, strlen(text)); \
	} while (0)
