/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server.h - accounts: what the agent knows about each LwM2M Server
 *
 * One struct server holds what an instance of Security (/0) and, unless it is a Bootstrap Server, one of
 * Server (/1) say about the same server; the two objects are views of this list. Configuration makes the
 * accounts, a server may change its own /1 instance. The list owns the accounts and everything in them; keys
 * are wiped when freed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/list.h"
#include "lwm2m/version.h"

enum security_mode { /* the values of /0/x/2 */
	SECURITY_PSK = 0,
	SECURITY_RPK = 1,
	SECURITY_X509 = 2,
	SECURITY_NOSEC = 3,
	SECURITY_EST = 4,
};

enum certificate_usage { /* the values of 0/x/15, RFC 6698, 2.1.1 */
	USAGE_CA_CONSTRAINT = 0,      /* the system trusts it, by way of this authority */
	USAGE_SERVICE_CONSTRAINT = 1, /* the system trusts it, and it is this one */
	USAGE_TRUST_ANCHOR = 2,       /* this authority vouches for it */
	USAGE_DOMAIN_ISSUED = 3,      /* it is this one */
};

#define SERVER_NO_PRIORITY UINT32_MAX

enum { SERVER_NOTIFY_NON = 0, SERVER_NOTIFY_CON = 1 }; /* the values of 1/x/26 */

struct server {
	struct list link;
	char *name;              /* the configuration section without "server.": for people */
	uint16_t security_iid;   /* instance of /0 */
	uint16_t server_iid;     /* instance of /1 */
	uint16_t short_id;       /* 1–65534 */
	bool bootstrap;
	bool enabled;            /* false until 1/x/5 is over, or when taken out of service */
	uint16_t session;        /* the engine's number for it */

	/* Security */
	char *uri;               /* coap://host:port, coaps://… */
	enum security_mode mode;
	struct buffer identity;  /* PSK identity; our public key (SubjectPublicKeyInfo) or certificates, DER */
	struct buffer key;       /* PSK; private key, DER */
	struct buffer server_key; /* 0/x/4: the server's public key, or the certificate that it is known by, DER */
	enum certificate_usage usage; /* 0/x/15 */
	uint8_t matching;        /* 0/x/13: server_key is itself (0), or its SHA-256, SHA-384, SHA-512 (1 to 3) */
	char *server_name;       /* 0/x/14: the name in the server's certificate; NULL: the URI's host */
	char *trust_file;        /* certificates of authorities, PEM, for usages that rely on them; NULL: the system's */
	uint32_t hold_off_s;        /* 0/x/11: of a Bootstrap-Server, before it is asked */
	uint32_t account_timeout_s; /* 0/x/12: it is forgotten so long after a bootstrap; 0: never */
	bool allow_nosec, allow_loopback; /* accounts that a Bootstrap-Server may make */

	/* Server */
	uint32_t lifetime_s;     /* 1/x/1; 0: the registration never ends */
	uint32_t pmin_s, pmax_s; /* 1/x/2, 1/x/3; pmax 0: none */
	uint32_t disable_timeout_s; /* 1/x/5; default 86400 */
	bool notification_storing; /* 1/x/6 */
	uint32_t history_size;   /* bytes of notifications that are stored for it; default 256 KiB */
	uint32_t history_sync_s; /* they are kept on disk once in so many seconds; 0: not at all */
	char binding[8];         /* 1/x/7: "U", "T", … */
	bool queue;              /* register with queue mode */
	uint32_t awake_s;        /* in queue mode: reachable so long after the last message; default 93 */
	enum lwm2m_version version; /* the highest one to offer */
	enum lwm2m_version spoken;  /* the one in use, which its registration finds out */
	uint8_t rights; /* bits of 2/x/2: to what no server created, where there are several accounts */
	uint32_t retry_count, retry_timer_s; /* 1/x/17, 1/x/18; defaults 5 and 60 */
	uint32_t sequence_delay_s, sequence_count; /* 1/x/19, 1/x/20; defaults 86400 and 1 */
	uint32_t priority; /* 1/x/13: the lowest registers first; SERVER_NO_PRIORITY: waits for nobody */
	uint32_t initial_delay_s; /* 1/x/14: before the first Register */
	bool failure_block;      /* 1/x/15: those after it wait until it is registered */
	bool bootstrap_on_failure; /* 1/x/16 */
	bool mute_send;          /* 1/x/23: no Send until the server says false */
	uint32_t notification_mode; /* 1/x/26: SERVER_NOTIFY_NON or SERVER_NOTIFY_CON */
	bool profile_id;         /* since LwM2M 1.2: the object list goes as a Profile ID to who knows it */
	uint32_t profile_hash;   /* 1/x/27: see profile.h */
	char preferred_transport[2]; /* 1/x/22: "U", or "" when nobody says */
};

struct servers {
	struct list list; /* struct server.link, in order of configuration */
};

void servers_init(struct servers *servers);
void servers_deinit(struct servers *servers);

/*
 * An account with the defaults of Core 1.2, linked last; ids are the next free ones of /0 and /1. -ENOMEM,
 * -EEXIST.
 */
int server_new(struct servers *servers, const char *name, struct server **ret);
struct server *server_free(struct server *server);

/* The Bootstrap-Server's account, the first one; NULL: there is none. */
struct server *servers_find_bootstrap(const struct servers *servers);

struct server *servers_find_short_id(const struct servers *servers, uint16_t short_id);
struct server *servers_find_instance(const struct servers *servers, uint16_t server_iid);
struct server *servers_find_security(const struct servers *servers, uint16_t security_iid);
