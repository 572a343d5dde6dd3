/* SPDX-License-Identifier: Apache-2.0 */
#include "clients.h"

#include <stdlib.h>
#include <sys/random.h>

#include "base/utf8.h"

#define BINDING_MAX 8
#define SMS_MAX     32

void clients_init(struct clients *clients, const struct clients_handlers *handlers, void *userdata)
{
	*clients = (struct clients){ .handlers = handlers, .userdata = userdata };
	list_init(&clients->list);
}

static void set_session(struct clients *clients, struct client *client, void *session)
{
	void *old = client->session;

	if (session == old)
		return;
	client->session = session ? clients->handlers->hold(session) : NULL;
	clients->handlers->moved(clients->userdata, client);
	if (old)
		clients->handlers->release(old);
}

static void client_free(struct client *client)
{
	links_deinit(&client->links);
	records_deinit(&client->units);
	free(client->endpoint);
	free(client->binding);
	free(client->sms);
	free(client->identity);
	free(client);
}

DEFINE_CLEANUP(struct client *, client_free)

static void client_drop(struct clients *clients, struct client *client)
{
	list_remove(&client->link);
	clients->count--;
	set_session(clients, client, NULL);
	client_free(client);
}

static void end(struct clients *clients, struct client *client, enum clients_event event)
{
	clients->handlers->event(clients->userdata, event, client);
	client_drop(clients, client);
}

void clients_deinit(struct clients *clients)
{
	struct client *client, *safe;

	list_for_each_safe(client, safe, &clients->list, link)
		client_drop(clients, client);
}

struct client *clients_find(const struct clients *clients, const char *endpoint)
{
	struct client *client;

	list_for_each(client, &clients->list, link)
		if (strcmp(client->endpoint, endpoint) == 0)
			return client;
	return NULL;
}

static struct client *find_location(const struct clients *clients, struct bytes location)
{
	struct client *client;

	list_for_each(client, &clients->list, link)
		if (bytes_equal(bytes_of(client->location), location))
			return client;
	return NULL;
}

static bool is_text(struct bytes text, size_t max)
{
	if (text.len > max || !utf8_valid(text))
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] < ' ' || text.data[i] == 0x7f)
			return false;
	return true;
}

static bool parse_lifetime(struct bytes text, uint32_t *ret)
{
	uint64_t number = 0;

	if (text.len == 0 || text.len > 10)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		number = number * 10 + (text.data[i] - '0');
	}
	if (number > UINT32_MAX)
		return false;
	*ret = (uint32_t)number;
	return true;
}

static bool take_parameter(struct bytes name, struct bytes value, struct clients_request *request)
{
	if (bytes_equal(name, BYTES_LITERAL("ep"))) {
		request->endpoint = value;
		return value.len > 0 && is_text(value, CLIENTS_ENDPOINT_MAX);
	}
	if (bytes_equal(name, BYTES_LITERAL("lt"))) {
		request->has_lifetime = true;
		return parse_lifetime(value, &request->lifetime_s);
	}
	if (bytes_equal(name, BYTES_LITERAL("lwm2m"))) {
		request->version = value;
		return value.len > 0 && is_text(value, 16);
	}
	if (bytes_equal(name, BYTES_LITERAL("b"))) {
		request->binding = value;
		return value.len > 0 && is_text(value, BINDING_MAX);
	}
	if (bytes_equal(name, BYTES_LITERAL("sms"))) {
		request->sms = value;
		return is_text(value, SMS_MAX);
	}
	if (bytes_equal(name, BYTES_LITERAL("Q")))
		request->queue = true;
	else if (bytes_equal(name, BYTES_LITERAL("pid")))
		request->has_profile = true;
	return true;
}

enum clients_result clients_parse(struct bytes query, struct clients_request *ret)
{
	struct clients_request request = { 0 };

	while (query.len > 0) {
		const uint8_t *and = memchr(query.data, '&', query.len), *equals;
		struct bytes one = BYTES(query.data, and? (size_t)(and-query.data) : query.len), name, value;

		query = BYTES(query.data + one.len + (and != NULL), query.len - one.len - (and != NULL));
		equals = one.len ? memchr(one.data, '=', one.len) : NULL;
		name = BYTES(one.data, equals ? (size_t)(equals - one.data) : one.len);
		value = equals ? BYTES(equals + 1, one.len - name.len - 1) : BYTES(NULL, 0);
		if (!take_parameter(name, value, &request))
			return CLIENTS_BAD_REQUEST;
	}
	*ret = request;
	return CLIENTS_OK;
}

static int replace_text(char **text, struct bytes by)
{
	char *copy;

	if (!by.data)
		return 0;
	copy = strndup((const char *)by.data, by.len);
	if (!copy)
		return -ENOMEM;
	free(*text);
	*text = copy;
	return 0;
}

/* In UQ and SQ of LwM2M 1.0 the queue mode is part of the binding. */
static bool has_queue(const struct clients_request *request)
{
	return request->queue ||
	       (request->binding.len > 0 && memchr(request->binding.data, 'Q', request->binding.len));
}

static int take_request(struct client *client, const struct clients_request *request, struct bytes links)
{
	struct links parsed;
	int r = replace_text(&client->binding, request->binding);

	if (r >= 0)
		r = replace_text(&client->sms, request->sms);
	if (r < 0)
		return r;
	if (links.len > 0) {
		if (links.len > CLIENTS_LINKS_MAX)
			return CLIENTS_BAD_REQUEST;
		r = links_parse(links, &parsed);
		if (r < 0)
			return r == -ENOMEM ? r : CLIENTS_BAD_REQUEST;
		links_deinit(&client->links);
		client->links = parsed;
	}
	if (request->has_lifetime)
		client->lifetime_s = request->lifetime_s;
	return 0;
}

static void set_expiry(struct client *client, usec_t now)
{
	client->updated = now;
	client->expires =
		client->lifetime_s == 0 ? USEC_INFINITY : usec_add(now, usec_from_s(client->lifetime_s));
}

/* Nobody can guess the location of somebody else's registration. */
static int choose_location(struct client *client)
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
	uint8_t random[16];

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return -EIO;
	for (size_t i = 0; i < sizeof(random); i++)
		client->location[i] = digits[random[i] % 32];
	return 0;
}

static bool is_version(struct bytes version)
{
	return version.len == 3 && version.data[0] == '1' && version.data[1] == '.' &&
	       version.data[2] >= '0' && version.data[2] <= '2';
}

static int client_new(const struct clients_sender *sender, const struct clients_request *request,
	struct bytes links, struct client **ret)
{
	_cleanup_(client_freep) struct client *client = calloc(1, sizeof(*client));
	int r;

	if (!client)
		return -ENOMEM;
	client->lifetime_s = CLIENTS_LIFETIME_S;
	memcpy(client->version, request->version.len ? (const char *)request->version.data : "1.0", 3);
	client->queue = has_queue(request);
	r = take_request(client, request, links);
	if (r == 0)
		r = replace_text(&client->endpoint, request->endpoint);
	if (r == 0 && sender->identity)
		r = replace_text(&client->identity, bytes_of(sender->identity));
	if (r == 0)
		r = choose_location(client);
	if (r != 0)
		return r;
	*ret = steal_pointer(&client);
	return 0;
}

static struct client *find_same(const struct clients *clients, struct bytes endpoint)
{
	struct client *client;

	list_for_each(client, &clients->list, link)
		if (bytes_equal(bytes_of(client->endpoint), endpoint))
			return client;
	return NULL;
}

int clients_register(struct clients *clients, usec_t now, const struct clients_sender *sender,
	const struct clients_request *request, struct bytes links, struct client **ret)
{
	struct client *client, *old = find_same(clients, request->endpoint);
	int r;

	if (request->endpoint.len == 0)
		return CLIENTS_BAD_REQUEST;
	if (request->version.len > 0 && !is_version(request->version))
		return CLIENTS_BAD_VERSION;
	if (request->has_profile && links.len == 0)
		return CLIENTS_NO_LIST;
	if (old && old->identity && !sender->identity)
		return CLIENTS_FORBIDDEN;
	if (!old && clients->count >= CLIENTS_MAX)
		return CLIENTS_FULL;
	r = client_new(sender, request, links, &client);
	if (r != 0)
		return r;
	if (old)
		end(clients, old, CLIENTS_REPLACED);
	client->registered = now;
	set_expiry(client, now);
	set_session(clients, client, sender->session);
	list_append(&clients->list, &client->link);
	clients->count++;
	clients->handlers->event(clients->userdata, CLIENTS_REGISTERED, client);
	*ret = client;
	return CLIENTS_OK;
}

/* A registration is its owner's: the same PSK identity, or none on both sides. */
static int find_own(const struct clients *clients, const struct clients_sender *sender, struct bytes location,
	struct client **ret)
{
	struct client *client = find_location(clients, location);

	if (!client)
		return CLIENTS_NOT_FOUND;
	if (!client->identity != !sender->identity ||
		(client->identity && strcmp(client->identity, sender->identity) != 0))
		return CLIENTS_FORBIDDEN;
	*ret = client;
	return CLIENTS_OK;
}

int clients_update(struct clients *clients, usec_t now, const struct clients_sender *sender,
	struct bytes location, const struct clients_request *request, struct bytes links, struct client **ret)
{
	struct client *client;
	int r = find_own(clients, sender, location, &client);

	if (r == 0 && request->has_profile && links.len == 0)
		r = CLIENTS_NO_LIST;
	if (r == 0)
		r = take_request(client, request, links);
	if (r != 0)
		return r;
	if (request->binding.len > 0)
		client->queue = has_queue(request);
	set_expiry(client, now);
	set_session(clients, client, sender->session);
	clients->handlers->event(clients->userdata, CLIENTS_UPDATED, client);
	*ret = client;
	return CLIENTS_OK;
}

int clients_deregister(struct clients *clients, const struct clients_sender *sender, struct bytes location)
{
	struct client *client;
	int r = find_own(clients, sender, location, &client);

	if (r == 0)
		end(clients, client, CLIENTS_DEREGISTERED);
	return r;
}

usec_t clients_expire(struct clients *clients, usec_t now)
{
	struct client *client, *safe;
	usec_t next = USEC_INFINITY;

	list_for_each_safe(client, safe, &clients->list, link) {
		if (client->expires <= now)
			end(clients, client, CLIENTS_EXPIRED);
		else
			next = usec_min(next, client->expires);
	}
	return next;
}

void clients_lose_session(struct clients *clients, const void *session)
{
	struct client *client;

	list_for_each(client, &clients->list, link)
		if (client->session == session)
			set_session(clients, client, NULL);
}
