/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

#include "base/log.h"
#include "io/transport-internal.h"

/* libcoap's lines are for whoever looks into it; what matters is said once by us. */
static void log_libcoap(coap_log_t level, const char *text)
{
	log_debug("libcoap: %.*s", (int)strcspn(text, "\n"), text);
}

static int watch(const struct transport *transport, const int *fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = (void *)fd };

	return epoll_ctl(transport->epoll_fd, EPOLL_CTL_ADD, *fd, &event) < 0 ? -errno : 0;
}

static int open_descriptors(struct transport *transport)
{
	int r;

	transport->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	transport->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	transport->timer_fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (transport->epoll_fd < 0 || transport->event_fd < 0 || transport->timer_fd < 0)
		return -errno;
	r = watch(transport, &transport->event_fd);
	return r < 0 ? r : watch(transport, &transport->timer_fd);
}

int transport_new(const struct transport_handlers *handlers, void *userdata, struct transport **ret)
{
	struct transport *transport = calloc(1, sizeof(*transport));
	int r;

	if (!transport)
		return -ENOMEM;
	transport->handlers = handlers;
	transport->userdata = userdata;
	transport->epoll_fd = transport->event_fd = transport->timer_fd = -1;
	transport->deadline = USEC_INFINITY;
	transport_set_retransmission(transport, 2000, 4);
	list_init(&transport->accounts);
	list_init(&transport->connections);
	list_init(&transport->graves);
	coap_startup();
	coap_set_log_handler(log_libcoap);
	coap_set_log_level(COAP_LOG_WARN);
	coap_dtls_set_log_level(COAP_LOG_WARN);
	transport_tls_init();
	r = open_descriptors(transport);
	if (r < 0) {
		transport_free(transport);
		return r;
	}
	*ret = transport;
	return 0;
}

static void forget_credentials(struct account *account)
{
	if (account->key.data)
		explicit_bzero(account->key.data, account->key.allocated);
	buffer_deinit(&account->key);
	buffer_deinit(&account->identity);
	buffer_deinit(&account->server_key);
}

static void account_free(struct account *account)
{
	list_remove(&account->link);
	resolve_free(account->resolve);
	forget_credentials(account);
	free(account->name);
	free(account->uri_text);
	free(account->server_name);
	free(account->trust_file);
	free(account);
}

static void bury(struct transport *transport)
{
	struct connection *connection, *safe;

	list_for_each_safe(connection, safe, &transport->graves, link)
		connection_free(connection);
}

struct transport *transport_free(struct transport *transport)
{
	struct account *account, *safe;

	if (!transport)
		return NULL;
	list_for_each_safe(account, safe, &transport->accounts, link) {
		if (account->connection)
			connection_close(account->connection);
		account_free(account);
	}
	bury(transport);
	closep(&transport->timer_fd);
	closep(&transport->event_fd);
	closep(&transport->epoll_fd);
	free(transport->outcomes);
	free(transport);
	coap_cleanup();
	return NULL;
}

void transport_set_retransmission(struct transport *transport, unsigned int ack_timeout_ms,
				  unsigned int max_retransmit)
{
	transport->ack_timeout_ms = ack_timeout_ms;
	transport->max_retransmit = max_retransmit;
}

int transport_get_fd(const struct transport *transport)
{
	return transport->epoll_fd;
}

void transport_wake(struct transport *transport)
{
	if (!transport->busy)
		(void)eventfd_write(transport->event_fd, 1);
}

void transport_add_outcome(struct transport *transport, uint32_t id, int error)
{
	if (transport->n_outcomes == transport->outcomes_allocated) {
		size_t allocated = transport->outcomes_allocated ? 2 * transport->outcomes_allocated : 16;
		struct outcome *outcomes = reallocarray(transport->outcomes, allocated, sizeof(*outcomes));

		if (!outcomes)
			return;
		transport->outcomes = outcomes;
		transport->outcomes_allocated = allocated;
	}
	transport->outcomes[transport->n_outcomes++] = (struct outcome){ id, error };
	transport_wake(transport);
}

static struct account *find_account(const struct transport *transport, uint16_t session)
{
	struct account *account;

	list_for_each(account, &transport->accounts, link)
		if (account->session == session)
			return account;
	return NULL;
}

static struct account *account_new(struct transport *transport, uint16_t session)
{
	struct account *account = calloc(1, sizeof(*account));

	if (!account)
		return NULL;
	account->transport = transport;
	account->session = session;
	list_append(&transport->accounts, &account->link);
	return account;
}

/* by may be NULL, which is no text. */
static int replace_text(char **text, const char *by)
{
	char *copy = by ? strdup(by) : NULL;

	if (by && !copy)
		return -ENOMEM;
	free(*text);
	*text = copy;
	return 0;
}

/* Said to people with what follows from it, by whoever asks for transport_failure(). Returns error. */
__attribute__((format(printf, 3, 4)))
static int keep_failure(struct account *account, int error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(account->failure, sizeof(account->failure), format, arguments);
	va_end(arguments);
	return log_server(LOG_INFO, error, account->name,
		account->connection && account->connection->up ? "Lost %s: %s" : "Cannot connect to %s: %s",
		account->uri_text ? account->uri_text : "a server", account->failure);
}

const char *transport_failure(const struct transport *transport, const struct server *server)
{
	const struct account *account = server ? find_account(transport, server->session) : NULL;

	return account && *account->failure ? account->failure : NULL;
}

static int set_uri(struct account *account, const struct server *server)
{
	int r;

	if (account->uri_text && strcmp(account->uri_text, server->uri) == 0)
		return 0;
	account->addresses.count = 0;
	r = replace_text(&account->uri_text, server->uri);
	if (r < 0)
		return r;
	r = uri_parse(server->uri, &account->uri);
	if (r < 0) {
		free(account->uri_text);
		account->uri_text = NULL;
	}
	if (r == -EPROTONOSUPPORT)
		keep_failure(account, r, "only coap and coaps over UDP work");
	else if (r < 0)
		keep_failure(account, r, "the URI is not coap[s]://HOST[:PORT]");
	return r;
}

static int set_credentials(struct account *account, const struct server *server)
{
	const char *lack;
	int r;

	forget_credentials(account);
	if (!account->uri.secure)
		return 0;
	lack = transport_trust_lacks(server);
	if (lack)
		return keep_failure(account, -EKEYREJECTED, "%s", lack);
	account->usage = server->usage;
	account->matching = server->matching;
	r = buffer_append(&account->identity, server->identity.data, server->identity.len);
	if (r == 0)
		r = buffer_append(&account->key, server->key.data, server->key.len);
	if (r == 0)
		r = buffer_append(&account->server_key, server->server_key.data, server->server_key.len);
	if (r == 0)
		r = replace_text(&account->server_name, server->server_name);
	return r < 0 ? r : replace_text(&account->trust_file, server->trust_file);
}

static int start_connecting(struct transport *transport, const struct server *server)
{
	struct account *account = find_account(transport, server->session);
	int r;

	if (!account)
		account = account_new(transport, server->session);
	if (!account)
		return -ENOMEM;
	if (account->connection)
		connection_close(account->connection);
	account->resolve = resolve_free(account->resolve);
	account->wanted = true;
	*account->failure = '\0';
	r = replace_text(&account->name, server->name);
	if (r == 0)
		r = server->uri ? set_uri(account, server) : -EINVAL;
	if (r == 0)
		r = set_credentials(account, server);
	account->mode = server->mode;
	account->error = r;
	transport_wake(transport);
	return 0;
}

static void close_session(struct transport *transport, uint16_t session)
{
	struct account *account = find_account(transport, session);

	if (!account)
		return;
	account->wanted = false;
	account->resolve = resolve_free(account->resolve);
	if (account->connection)
		connection_close(account->connection);
}

static struct connection *find_connection(const struct transport *transport, uint16_t session)
{
	const struct account *account = find_account(transport, session);

	if (!account || !account->connection || !account->connection->up || account->connection->dead)
		return NULL;
	return account->connection;
}

static int send_effect(struct transport *transport, const struct effect *effect)
{
	struct connection *connection = find_connection(transport, effect->server->session);
	int r = -ENOTCONN;

	if (connection)
		r = effect->type == EFFECT_REQUEST ? transport_exchange_request(connection, effect) :
						     transport_exchange_notify(connection, effect);
	if (r < 0)
		transport_add_outcome(transport, effect->id, -ECONNRESET);
	return 0;
}

int transport_handle(struct transport *transport, const struct effect *effect)
{
	struct connection *connection;

	switch (effect->type) {
	case EFFECT_CONNECT:
		return start_connecting(transport, effect->server);
	case EFFECT_CLOSE:
		close_session(transport, effect->server->session);
		return 0;
	case EFFECT_REBIND:
		connection = find_connection(transport, effect->server->session);
		if (connection)
			connection_rebind(connection);
		return 0;
	case EFFECT_REQUEST:
	case EFFECT_NOTIFY:
		return send_effect(transport, effect);
	case EFFECT_REPLY:
		connection = find_connection(transport, effect->server->session);
		return connection ? transport_request_reply(connection, effect) : -ENOTCONN;
	default:
		return -EINVAL;
	}
}

static void tell_failed(struct account *account, int error)
{
	struct transport *transport = account->transport;

	account->wanted = false;
	account->resolve = resolve_free(account->resolve);
	transport->handlers->connected(transport->userdata, account->session, error);
}

static int take_addresses(struct account *account)
{
	int r;

	if (!account->resolve) {
		r = resolve_new(account->uri.host, account->uri.port, account->transport->event_fd,
			&account->resolve);
		if (r < 0)
			return r;
	}
	account->next = 0;
	r = resolve_result(account->resolve, &account->addresses);
	if (r != -EINPROGRESS)
		account->resolve = resolve_free(account->resolve);
	if (r < 0 && r != -EINPROGRESS)
		keep_failure(account, r, "cannot resolve %s: %s", account->uri.host,
			r == -ENOENT ? "there is no such host" :
			r == -EAGAIN ? "no name server answers" :
				       "the look-up failed");
	return r == -ENOENT ? -EHOSTUNREACH : r == -EAGAIN ? -EHOSTDOWN : r;
}

/* The address to try: the one that worked, else the one after the last; a list that is through is looked up anew. */
static int choose_address(struct account *account)
{
	if (account->addresses.count > 0 && !account->heard && ++account->next >= account->addresses.count)
		account->addresses.count = 0;
	account->heard = false;
	return account->addresses.count > 0 ? 0 : take_addresses(account);
}

bool account_has_another(const struct account *account)
{
	return !account->heard && account->next + 1 < account->addresses.count;
}

static void connect_account(struct account *account)
{
	int r = account->error;

	if (r == 0)
		r = account->resolve ? take_addresses(account) : choose_address(account);
	if (r == -EINPROGRESS)
		return;
	if (r == 0 && account->next > 0)
		log_server(LOG_INFO, 0, account->name, "Connecting to address %zu of %zu of %s",
			account->next + 1, account->addresses.count, account->uri_text);
	if (r == 0) {
		r = connection_new(account, &account->addresses.list[account->next], &account->connection);
		if (r < 0)
			keep_failure(account, r, "%s", strerror(-r));
		if (r < 0 && account_has_another(account))
			return;
	}
	if (r < 0) {
		tell_failed(account, r);
		return;
	}
	account->wanted = false;
	list_append(&account->transport->connections, &account->connection->link);
}

static void tell_connection(struct connection *connection)
{
	struct transport *transport = connection->transport;
	struct account *account = connection->account;
	char text[96] = "no DTLS";

	connection->news = false;
	if (connection->dead) {
		keep_failure(account, 0, "%s", connection->reason);
		connection_close(connection);
		if (!connection->up && account_has_another(account))
			account->wanted = true;
		else
			tell_failed(account, connection->error);
		return;
	}
	if (account->uri.secure)
		transport_tls_describe(connection->session, text, sizeof(text));
	*account->failure = '\0';
	log_server(LOG_INFO, 0, account->name, "Connected to %s (%s)", account->uri_text, text);
	transport->handlers->connected(transport->userdata, account->session, account_has_another(account));
}

static bool tell_accounts(struct transport *transport)
{
	struct account *account;
	bool told = false;

	list_for_each(account, &transport->accounts, link) {
		if (account->wanted && (!account->resolve || resolve_is_done(account->resolve))) {
			connect_account(account);
			told = true;
		}
		if (account->connection && account->connection->news) {
			tell_connection(account->connection);
			told = true;
		}
	}
	return told;
}

static bool tell_outcomes(struct transport *transport)
{
	size_t told;

	for (told = 0; told < transport->n_outcomes; told++) {
		struct outcome outcome = transport->outcomes[told];

		transport->handlers->response(transport->userdata, outcome.id, outcome.error, NULL);
	}
	transport->n_outcomes = 0;
	return told > 0;
}

static usec_t next_deadline(const struct transport *transport)
{
	const struct connection *connection;
	usec_t deadline = USEC_INFINITY;

	list_for_each(connection, &transport->connections, link)
		deadline = usec_min(deadline, connection_deadline(connection));
	return deadline;
}

static void expire(struct transport *transport)
{
	struct connection *connection;
	usec_t now;

	if (transport->deadline == USEC_INFINITY)
		return;
	now = usec_now();
	if (now < transport->deadline)
		return;
	list_for_each(connection, &transport->connections, link)
		connection_expire(connection, now);
}

static void set_timer(struct transport *transport)
{
	usec_t deadline = next_deadline(transport);
	struct itimerspec spec = { 0 };

	if (deadline == transport->deadline)
		return;
	if (deadline != USEC_INFINITY) {
		spec.it_value.tv_sec = (time_t)(deadline / USEC_PER_SEC);
		spec.it_value.tv_nsec = (long)(deadline % USEC_PER_SEC * 1000);
	}
	(void)timerfd_settime(transport->timer_fd, TFD_TIMER_ABSTIME, &spec, NULL);
	transport->deadline = deadline;
}

void transport_flush(struct transport *transport)
{
	struct connection *connection;

	list_for_each(connection, &transport->connections, link)
		connection_arm(connection);
	set_timer(transport);
}

static void take_events(struct transport *transport, const struct epoll_event *events, int n)
{
	eventfd_t ignored;

	for (int i = 0; i < n; i++) {
		if (events[i].data.ptr == &transport->event_fd)
			(void)eventfd_read(transport->event_fd, &ignored);
		else if (events[i].data.ptr == &transport->timer_fd)
			(void)read(transport->timer_fd, &ignored, sizeof(ignored));
		else
			connection_process(events[i].data.ptr);
	}
}

int transport_process(struct transport *transport)
{
	struct epoll_event events[8];
	int n;

	n = epoll_wait(transport->epoll_fd, events, ELEMENTSOF(events), 0);
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	transport->busy = true;
	take_events(transport, events, n);
	expire(transport);
	while (tell_accounts(transport) || tell_outcomes(transport))
		;
	transport->busy = false;
	bury(transport);
	transport_flush(transport);
	return 0;
}
