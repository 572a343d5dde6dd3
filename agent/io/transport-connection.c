/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include <coap_shim.h>

#include "base/log.h"
#include "io/transport-internal.h"

#define ROUNDS_MAX 32 /* datagrams read before others get their turn */

__attribute__((format(printf, 3, 4)))
static void fail(struct connection *connection, int error, const char *format, ...)
{
	va_list arguments;

	if (connection->dead || connection->closing)
		return;
	connection->dead = connection->news = true;
	connection->error = error;
	va_start(arguments, format);
	vsnprintf(connection->reason, sizeof(connection->reason), format, arguments);
	va_end(arguments);
	transport_wake(connection->transport);
}

/* DTLS 1.2 says nothing about a key that does not fit: each side finds the other's last flight unreadable. */
static void fail_late(struct connection *connection)
{
	if (connection->answered)
		fail(connection, -ETIMEDOUT,
			"the server answers, but the handshake does not end: is the key right?");
	else if (connection->refused)
		fail(connection, -ECONNREFUSED, "nobody listens there");
	else
		fail(connection, -ETIMEDOUT, "no answer");
}

static void describe_failure(struct connection *connection, coap_session_t *session)
{
	char text[sizeof(connection->reason)] = "";
	int error;

	if (connection->dead || connection->closing)
		return;
	error = transport_tls_failure(session, text, sizeof(text));
	if (text[0] != '\0')
		fail(connection, connection->up ? -ECONNRESET : error, "%s", text);
	else if (connection->up)
		fail(connection, -ECONNRESET, "the DTLS session ended");
	else
		fail_late(connection);
}

static int on_event(coap_session_t *session, const coap_event_t event)
{
	struct connection *connection = connection_get(session);

	if (connection->closing)
		return 0;
	if (event == COAP_EVENT_DTLS_CONNECTED && connection->account->mode != SECURITY_PSK && !connection->verified) {
		fail(connection, -EKEYREJECTED, "nobody has checked who the server is");
	} else if (event == COAP_EVENT_DTLS_CONNECTED) {
		connection->up = connection->news = true;
		connection->account->heard = true;
	} else if (event == COAP_EVENT_DTLS_ERROR || event == COAP_EVENT_DTLS_CLOSED) {
		describe_failure(connection, session);
	}
	return 0;
}

static void on_nack(coap_session_t *session, const coap_pdu_t *sent, const coap_nack_reason_t reason,
		    const coap_mid_t mid)
{
	struct connection *connection = connection_get(session);

	if (connection->closing)
		return;
	switch (reason) {
	case COAP_NACK_TOO_MANY_RETRIES:
		transport_exchange_refused(connection, mid, -ETIMEDOUT);
		break;
	case COAP_NACK_RST:
		transport_exchange_refused(connection, mid, -ECONNRESET);
		break;
	case COAP_NACK_BAD_RESPONSE:
		transport_exchange_refused(connection, mid, -EBADMSG);
		break;
	case COAP_NACK_TLS_FAILED:
	case COAP_NACK_TLS_LAYER_FAILED:
		describe_failure(connection, session);
		break;
	case COAP_NACK_ICMP_ISSUE: /* a hint at most: anybody can send one */
		connection->refused = true;
		/* With another address at hand a wrong hint costs nothing. */
		if (account_has_another(connection->account))
			fail(connection, -ECONNREFUSED, "nobody listens there");
		break;
	default:
		break;
	}
}

static int context_new(struct connection *connection)
{
	coap_resource_t *everything;
	coap_context_t *context;

	context = connection->context = coap_new_context(NULL);
	if (!context)
		return -ENOMEM;
	coap_context_set_app_data(context, connection);
	coap_context_set_block_mode(context, 0);
	everything =
		coap_resource_unknown_init2(transport_request_arrived, COAP_RESOURCE_HANDLE_WELLKNOWN_CORE);
	if (!everything)
		return -ENOMEM;
	for (coap_request_t method = COAP_REQUEST_GET; method <= COAP_REQUEST_IPATCH; method++)
		coap_register_request_handler(everything, method, transport_request_arrived);
	coap_add_resource(context, everything);
	coap_register_response_handler(context, transport_exchange_response);
	coap_register_nack_handler(context, on_nack);
	coap_register_event_handler(context, on_event);
	return 0;
}

static void set_address(coap_address_t *address, const union address *from)
{
	coap_address_init(address);
	if (from->sa.sa_family == AF_INET6) {
		address->size = sizeof(from->in6);
		address->addr.sin6 = from->in6;
	} else {
		address->size = sizeof(from->in);
		address->addr.sin = from->in;
	}
}

/* The port of the last connection on any interface: the route to the server may be another one now. */
static bool last_port(const struct account *account, const union address *remote, coap_address_t *ret)
{
	union address local = { .sa.sa_family = remote->sa.sa_family };

	if (account->local.sa.sa_family != remote->sa.sa_family)
		return false;
	if (remote->sa.sa_family == AF_INET6)
		local.in6.sin6_port = account->local.in6.sin6_port;
	else
		local.in.sin_port = account->local.in.sin_port;
	set_address(ret, &local);
	return true;
}

static coap_session_t *open_session(struct connection *connection, const coap_address_t *local,
				    const coap_address_t *remote)
{
	struct account *account = connection->account;

	if (account->uri.secure)
		return transport_tls_connect(connection->context, account, local, remote);
	return coap_new_client_session(connection->context, local, remote, COAP_PROTO_UDP);
}

static void remember_local(struct account *account, const coap_session_t *session)
{
	const coap_address_t *local = coap_session_get_addr_local(session);

	if (local->addr.sa.sa_family == AF_INET6)
		account->local.in6 = local->addr.sin6;
	else
		account->local.in = local->addr.sin;
}

static void set_retransmission(const struct transport *transport, coap_session_t *session)
{
	coap_fixed_point_t timeout = {
		.integer_part = (uint16_t)(transport->ack_timeout_ms / 1000),
		.fractional_part = (uint16_t)(transport->ack_timeout_ms % 1000),
	};

	coap_session_set_ack_timeout(session, timeout);
	coap_session_set_max_retransmit(session, (uint16_t)transport->max_retransmit);
}

static int session_new(struct connection *connection, const union address *address)
{
	coap_address_t local, remote;
	coap_session_t *session = NULL;

	set_address(&remote, address);
	if (coap_is_mcast(&remote))
		return -EADDRNOTAVAIL;
	if (last_port(connection->account, address, &local))
		session = open_session(connection, &local, &remote);
	if (!session)
		session = open_session(connection, NULL, &remote);
	if (!session)
		return -ENETUNREACH;
	connection->session = session;
	set_retransmission(connection->transport, session);
	if (connection->dead)
		return 0;
	remember_local(connection->account, session);
	if (!connection->account->uri.secure)
		connection->up = connection->news = true;
	return 0;
}

static int watch(struct connection *connection)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = connection };

	if (epoll_ctl(connection->transport->epoll_fd, EPOLL_CTL_ADD,
		    coap_context_get_coap_fd(connection->context), &event) < 0)
		return -errno;
	return 0;
}

/*
 * libcoap's timer for a flight starts at a second, doubles MAX_RETRANSMIT times, and starts again with every datagram that
 * comes in, useful or not: this is for the peer that never stops sending.
 */
static usec_t handshake_timeout(const struct transport *transport)
{
	return ((1u << (transport->max_retransmit + 1)) + 1) * USEC_PER_SEC;
}

int connection_new(struct account *account, const union address *address, struct connection **ret)
{
	struct connection *connection = calloc(1, sizeof(*connection));
	int r;

	if (!connection)
		return -ENOMEM;
	list_init(&connection->link);
	list_init(&connection->pending);
	list_init(&connection->exchanges);
	bodies_init(&connection->bodies);
	connection->account = account;
	connection->transport = account->transport;
	connection->szx = BLOCK_SZX_MAX;
	r = context_new(connection);
	if (r == 0)
		r = session_new(connection, address);
	if (r == 0)
		r = watch(connection);
	if (r < 0) {
		connection_free(connection);
		return r;
	}
	connection->unarmed = true;
	connection->deadline = usec_add(usec_now(), handshake_timeout(connection->transport));
	*ret = connection;
	return 0;
}

struct connection *connection_free(struct connection *connection)
{
	if (!connection)
		return NULL;
	connection->closing = true;
	list_remove(&connection->link);
	if (connection->session)
		coap_session_release(connection->session);
	if (connection->context)
		coap_free_context(connection->context);
	transport_request_forget_all(connection);
	transport_exchange_forget_all(connection);
	dedup_deinit(&connection->dedup);
	bodies_deinit(&connection->bodies);
	free(connection);
	return NULL;
}

void connection_close(struct connection *connection)
{
	connection->account->connection = NULL;
	if (!connection->transport->busy) {
		connection_free(connection);
		return;
	}
	connection->account = NULL;
	connection->closing = true;
	list_remove(&connection->link);
	list_append(&connection->transport->graves, &connection->link);
}

void connection_rebind(struct connection *connection)
{
	int r;

	if (!connection->up || connection->dead)
		return;
	r = coap_shim_rebind(connection->session);
	if (r < 0)
		log_server(LOG_DEBUG, r, connection->account->name, "No route to %s: %m",
			connection->account->uri_text);
	else
		remember_local(connection->account, connection->session);
	if (r > 0 && connection->account->uri.secure && !transport_tls_has_cid(connection->session))
		fail(connection, -ENETRESET,
			"this machine has another address, and the session no Connection ID");
}

void connection_process(struct connection *connection)
{
	int fd = coap_context_get_coap_fd(connection->context);
	struct epoll_event events[4];

	for (unsigned int round = 0; round < ROUNDS_MAX && !connection->closing; round++) {
		int n = epoll_wait(fd, events, ELEMENTSOF(events), 0);

		if (n <= 0)
			break;
		coap_io_do_epoll(connection->context, events, (size_t)n);
		connection->unarmed = false;
		if (connection->n_confirming > 0 && !connection->closing && !connection->dead)
			transport_exchange_check_confirmed(connection);
	}
}

void connection_expire(struct connection *connection, usec_t now)
{
	if (!connection->up && connection->deadline <= now)
		fail_late(connection);
	transport_exchange_expire(connection, now);
}

usec_t connection_deadline(const struct connection *connection)
{
	usec_t deadline = connection->up || connection->dead ? USEC_INFINITY : connection->deadline;

	return connection->n_exchanges > 0 ? usec_min(deadline, transport_exchange_deadline(connection)) :
					     deadline;
}

void connection_arm(struct connection *connection)
{
	coap_tick_t now;

	if (!connection->unarmed)
		return;
	connection->unarmed = false;
	coap_ticks(&now);
	coap_io_prepare_epoll(connection->context, now);
}
