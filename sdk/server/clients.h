/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clients.h - who is registered: the registrations of LwM2M clients, in memory
 *
 * One registration per endpoint name; a new Register of the same name replaces the old one. Registrations end
 * by De-register, replacement or their lifetime, and are then told to the handler before they go. How a
 * client is secured is part of its registration: one made over DTLS is touched only by its own PSK identity,
 * and replaced only over DTLS; whether an identity may register as an endpoint is the caller's to know. A
 * client's session is a pointer that nobody looks into here; it is held as long as the client has it.
 * Everything a client can make us keep is bounded.
 */
#pragma once

#include "base/bytes.h"
#include "base/list.h"
#include "base/usec.h"
#include "links.h"
#include "lwm2m/records.h"

#define CLIENTS_MAX          4096
#define CLIENTS_LINKS_MAX    (64 * 1024) /* bytes of link-format text */
#define CLIENTS_ENDPOINT_MAX 255
#define CLIENTS_LIFETIME_S   86400 /* of a Register without lt */
#define CLIENTS_LOCATION_MAX 24

enum clients_event {
	CLIENTS_REGISTERED,
	CLIENTS_UPDATED,
	CLIENTS_DEREGISTERED,
	CLIENTS_EXPIRED,
	CLIENTS_REPLACED
};

/* What a request may come to; those above 0 are for its sender. */
enum clients_result {
	CLIENTS_OK,
	CLIENTS_BAD_REQUEST,
	CLIENTS_FORBIDDEN,
	CLIENTS_NOT_FOUND,
	CLIENTS_BAD_VERSION,
	CLIENTS_NO_LIST, /* a Profile ID in place of the object list: we know none */
	CLIENTS_FULL
};

struct client {
	struct list link;
	char *endpoint, *binding, *sms;
	char *identity; /* of the DTLS session it registered over; NULL: registered without security */
	char location[CLIENTS_LOCATION_MAX]; /* the part after "/rd/" */
	char version[4];
	bool queue;
	uint32_t lifetime_s; /* 0: without end */
	usec_t registered, updated, expires;
	struct links links;
	struct records units; /* of its sensors, as far as they were read: see values.h */
	void *session;        /* NULL: lost, until the client comes back */
};

/*
 * A Register or Update, taken apart. Borrows from the query; what is not there is NULL, or 0 in has_lifetime.
 */
struct clients_request {
	struct bytes endpoint, version, binding, sms;
	bool queue, has_lifetime, has_profile;
	uint32_t lifetime_s;
};

struct clients_sender {
	const char *identity; /* NULL: without DTLS */
	void *session;
};

struct clients_handlers {
	void (*event)(void *userdata, enum clients_event event, struct client *client);
	void (*moved)(void *userdata, struct client *client); /* it is at another session now, or at none */
	void *(*hold)(void *session);
	void (*release)(void *session);
};

struct clients {
	struct list list;
	size_t count;
	const struct clients_handlers *handlers;
	void *userdata;
};

void clients_init(struct clients *clients, const struct clients_handlers *handlers, void *userdata);
/* Forgets all registrations; nobody is told. */
void clients_deinit(struct clients *clients);

/* Reads "ep=…&lt=…&lwm2m=…&b=…&Q&sms=…". Unknown parameters are left alone. */
enum clients_result clients_parse(struct bytes query, struct clients_request *ret);

/* < 0: -ENOMEM, or no randomness for a location. links is link-format text. */
int clients_register(struct clients *clients, usec_t now, const struct clients_sender *sender,
	const struct clients_request *request, struct bytes links, struct client **ret);

/*
 * An Update: of what it carries, and of the session it came over. An empty links leaves the object list as it
 * is.
 */
int clients_update(struct clients *clients, usec_t now, const struct clients_sender *sender,
	struct bytes location, const struct clients_request *request, struct bytes links,
	struct client **ret);

int clients_deregister(struct clients *clients, const struct clients_sender *sender, struct bytes location);

/* Ends what is over by now; the deadline of the next one, USEC_INFINITY when there is none. */
usec_t clients_expire(struct clients *clients, usec_t now);

/* Its clients keep their registration and cannot be asked anything until they come back. */
void clients_lose_session(struct clients *clients, const void *session);

struct client *clients_find(const struct clients *clients, const char *endpoint);
