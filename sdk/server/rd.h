/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rd.h - what clients ask of the server: /rd (Register, Update, De-register) and /dp (Send)
 *
 * Answers each request at once. Bodies that come in blocks are put together here, a few at a time and of
 * bounded length.
 */
#pragma once

#include "clients.h"
#include "psk.h"
#include "transport.h"

#define RD_UPLOADS_MAX 32
#define RD_UPLOAD_TIME (93 * USEC_PER_SEC) /* MAX_TRANSMIT_WAIT: how long to wait for the next block */

struct rd_upload {
	struct session *session; /* NULL: free; held */
	usec_t expires;
	uint8_t code;
	char path[64];
	struct buffer body;
};

struct rd {
	struct clients *clients;
	struct psk *psk;
	struct rd_upload uploads[RD_UPLOADS_MAX];
	/* A client's Send (1.1); false: its payload cannot be read. */
	bool (*send)(void *userdata, struct client *client, int format, struct bytes payload);
	void *userdata;
};

void rd_deinit(struct rd *rd);

/* Fills in response; its path may be written to text. */
void rd_request(struct rd *rd, usec_t now, struct session *session, const struct packet *request,
	struct packet *response, char text[PACKET_TEXT_MAX]);

/* Gives back what is held for the session's bodies. */
void rd_lose_session(struct rd *rd, const struct session *session);
