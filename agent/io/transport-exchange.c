/* SPDX-License-Identifier: Apache-2.0 */
#include <coap_shim.h>
#include <stdlib.h>
#include <sys/random.h>

#include "io/transport-internal.h"

static struct exchange *exchange_new(struct connection *connection, uint32_t id)
{
	struct exchange *exchange;

	if (connection->n_exchanges >= EXCHANGES_MAX)
		return NULL;
	exchange = calloc(1, sizeof(*exchange));
	if (!exchange)
		return NULL;
	exchange->id = id;
	exchange->mid = COAP_INVALID_MID;
	exchange->deadline = USEC_INFINITY;
	list_append(&connection->exchanges, &exchange->link);
	connection->n_exchanges++;
	return exchange;
}

static void exchange_end(struct connection *connection, struct exchange *exchange)
{
	list_remove(&exchange->link);
	connection->n_exchanges--;
	if (exchange->notification)
		connection->n_confirming--;
	buffer_deinit(&exchange->path);
	buffer_deinit(&exchange->query);
	buffer_deinit(&exchange->payload);
	free(exchange);
}

static void exchange_report(struct connection *connection, struct exchange *exchange, int error)
{
	transport_add_outcome(connection->transport, exchange->id, error);
	exchange_end(connection, exchange);
}

/*
 * An ICMP error that waits on the socket makes the next send fail with it, before anything goes out; the second try
 * then does. fill is called for each.
 */
static coap_mid_t send_twice(struct connection *connection, bool confirmable, uint8_t code,
			     bool (*fill)(coap_pdu_t *pdu, const void *userdata), const void *userdata)
{
	coap_mid_t mid = COAP_INVALID_MID;

	for (unsigned int i = 0; i < 2 && mid == COAP_INVALID_MID; i++) {
		coap_pdu_t *pdu = coap_new_pdu(confirmable ? COAP_MESSAGE_CON : COAP_MESSAGE_NON,
			(coap_pdu_code_t)code, connection->session);

		if (!pdu)
			break;
		if (!fill(pdu, userdata)) {
			coap_delete_pdu(pdu);
			break;
		}
		mid = coap_send(connection->session, pdu);
	}
	if (confirmable)
		connection->unarmed = true;
	return mid;
}

struct request {
	const struct exchange *exchange;
	struct bytes path, query, payload;
	int32_t format;
	bool unconfirmed; /* a Send may be NON when one message carries all of it */
	struct block block;
};

static bool fill_request(coap_pdu_t *pdu, const void *userdata)
{
	const struct request *request = userdata;

	return coap_add_token(pdu, COAP_TOKEN_MAX, request->exchange->token) &&
	       message_add_segments(pdu, COAP_OPTION_URI_PATH, request->path, '/') &&
	       (request->format < 0 ||
		       message_add_uint(pdu, COAP_OPTION_CONTENT_FORMAT, (uint32_t)request->format)) &&
	       message_add_segments(pdu, COAP_OPTION_URI_QUERY, request->query, '&') &&
	       (!request->block.present ||
		       message_add_uint(pdu, COAP_OPTION_BLOCK1, block_encode(&request->block))) &&
	       (request->payload.len == 0 || coap_add_data(pdu, request->payload.len, request->payload.data));
}

/* RFC 7252, 4.8.2: MAX_TRANSMIT_WAIT, when libcoap gives up, and a little more. */
static usec_t response_timeout(const struct transport *transport)
{
	usec_t ack_timeout = transport->ack_timeout_ms * USEC_PER_MSEC;

	return ack_timeout * ((1u << (transport->max_retransmit + 1)) - 1) * 3 / 2 + 2 * ack_timeout;
}

static void send_request(
	struct connection *connection, struct exchange *exchange, const struct request *request)
{
	exchange->mid = send_twice(connection, !request->unconfirmed, exchange->code, fill_request, request);
	exchange->deadline = usec_add(usec_now(), response_timeout(connection->transport));
	if (exchange->mid == COAP_INVALID_MID)
		exchange_report(connection, exchange, -ECONNRESET);
}

static void send_block(struct connection *connection, struct exchange *exchange)
{
	size_t size = (size_t)16 << exchange->szx, left = exchange->payload.len - exchange->sent;
	struct request request = {
		.exchange = exchange,
		.path = buffer_bytes(&exchange->path),
		.query = buffer_bytes(&exchange->query),
		.payload = BYTES(exchange->payload.data + exchange->sent, left > size ? size : left),
		.format = exchange->format,
		.block = {
			.present = true,
			.more = left > size,
			.szx = exchange->szx,
			.num = (uint32_t)(exchange->sent >> (exchange->szx + 4)),
		},
	};

	send_request(connection, exchange, &request);
}

static int send_in_blocks(
	struct connection *connection, struct exchange *exchange, const struct message *message)
{
	int r;

	exchange->szx = BLOCK_SZX_MAX;
	r = buffer_append(&exchange->path, message->path.data, message->path.len);
	if (r == 0)
		r = buffer_append(&exchange->query, message->query.data, message->query.len);
	if (r == 0)
		r = buffer_append(&exchange->payload, message->payload.data, message->payload.len);
	if (r == 0)
		send_block(connection, exchange);
	return r;
}

int transport_exchange_request(struct connection *connection, const struct effect *effect)
{
	const struct message *message = &effect->message;
	struct exchange *exchange = exchange_new(connection, effect->id);
	struct request request = {
		.exchange = exchange,
		.path = message->path,
		.query = message->query,
		.payload = message->payload,
		.format = message->format,
		.unconfirmed = !message->confirmable,
	};
	int r = 0;

	if (!exchange)
		return -ENOMEM;
	exchange->code = message->code;
	exchange->format = message->format;
	if (getrandom(exchange->token, sizeof(exchange->token), GRND_NONBLOCK) != sizeof(exchange->token))
		coap_prng(exchange->token, sizeof(exchange->token));
	if (message->payload.len > (size_t)16 << BLOCK_SZX_MAX)
		r = send_in_blocks(connection, exchange, message);
	else
		send_request(connection, exchange, &request);
	if (r < 0)
		exchange_end(connection, exchange);
	return r;
}

struct notification {
	const struct message *message;
	struct reply reply;
};

static bool fill_notification(coap_pdu_t *pdu, const void *userdata)
{
	const struct notification *notification = userdata;
	struct bytes token = notification->message->token;

	return coap_add_token(pdu, token.len, token.data) && reply_write(&notification->reply, pdu) == 0;
}

static void remember_unconfirmed(struct connection *connection, coap_mid_t mid, uint32_t id)
{
	connection->unconfirmed[connection->next_unconfirmed] = (struct unconfirmed){ mid, id };
	connection->next_unconfirmed = (connection->next_unconfirmed + 1) % UNCONFIRMED_MAX;
}

int transport_exchange_notify(struct connection *connection, const struct effect *effect)
{
	const struct message *message = &effect->message;
	struct notification notification = { message, reply_of(message) };
	struct exchange *exchange = NULL;
	coap_mid_t mid;

	notification.reply.location = BYTES(NULL, 0);
	bodies_cut(&connection->bodies, usec_now(), message_key(message->path, message->query),
		message->accept, (struct block){ .szx = connection->szx }, &notification.reply);
	if (message->confirmable) {
		exchange = exchange_new(connection, effect->id);
		if (!exchange)
			return -ENOMEM;
		exchange->notification = true;
		connection->n_confirming++;
	}
	mid = send_twice(
		connection, message->confirmable, notification.reply.code, fill_notification, &notification);
	if (!exchange && mid != COAP_INVALID_MID)
		remember_unconfirmed(connection, mid, effect->id);
	else if (exchange && mid == COAP_INVALID_MID)
		exchange_report(connection, exchange, -ETIMEDOUT);
	else if (exchange)
		exchange->mid = mid;
	return 0;
}

static struct exchange *find_token(struct connection *connection, coap_bin_const_t token)
{
	struct exchange *exchange;

	if (token.length != COAP_TOKEN_MAX)
		return NULL;
	list_for_each(exchange, &connection->exchanges, link)
		if (!exchange->notification && memcmp(exchange->token, token.s, COAP_TOKEN_MAX) == 0)
			return exchange;
	return NULL;
}

/* As much as a datagram has. */
#define LOCATION_MAX 1536

struct response {
	struct message message;
	struct block block1;
	char path[LOCATION_MAX];
	size_t path_len;
	bool path_too_long;
};

static void add_location(struct response *response, struct bytes segment)
{
	response->path_too_long |= response->path_len + 1 + segment.len > sizeof(response->path);
	if (response->path_too_long)
		return;
	response->path[response->path_len++] = '/';
	if (segment.len > 0)
		memcpy(response->path + response->path_len, segment.data, segment.len);
	response->path_len += segment.len;
}

static void read_response(const coap_pdu_t *pdu, struct response *response)
{
	coap_opt_iterator_t iterator;
	coap_opt_t *option;

	response->path_len = 0;
	coap_option_iterator_init(pdu, &iterator, COAP_OPT_ALL);
	while ((option = coap_option_next(&iterator))) {
		struct bytes value = BYTES(coap_opt_value(option), coap_opt_length(option));

		if (iterator.number == COAP_OPTION_LOCATION_PATH)
			add_location(response, value);
		else if (iterator.number == COAP_OPTION_CONTENT_FORMAT)
			response->message.format = (int32_t)coap_decode_var_bytes(value.data, value.len);
		else if (iterator.number == COAP_OPTION_BLOCK1)
			response->block1 = block_decode(value);
	}
	/* half a path would be another one */
	response->message.path = BYTES(response->path, response->path_too_long ? 0 : response->path_len);
	if (!coap_get_data(pdu, &response->message.payload.len, &response->message.payload.data))
		response->message.payload = BYTES(NULL, 0);
}

/* Is there a next block to send? The server may ask for smaller ones, with 4.13 from the start. */
static bool continue_blocks(
	struct connection *connection, struct exchange *exchange, const struct response *response)
{
	const struct block *block = &response->block1;
	size_t size = (size_t)16 << exchange->szx;
	bool smaller = block->present && block->szx < exchange->szx;

	if (exchange->payload.len == 0)
		return false;
	if (response->message.code == COAP_TOO_LARGE && exchange->sent == 0 && smaller) {
		exchange->szx = block->szx;
		send_block(connection, exchange);
		return true;
	}
	if (response->message.code != COAP_CONTINUE || exchange->sent + size >= exchange->payload.len)
		return false;
	exchange->sent += size;
	if (smaller)
		exchange->szx = block->szx;
	send_block(connection, exchange);
	return true;
}

coap_response_t transport_exchange_response(
	coap_session_t *session, const coap_pdu_t *sent, const coap_pdu_t *received, coap_mid_t mid)
{
	struct connection *connection = connection_get(session);
	struct transport *transport = connection->transport;
	struct response response = {
		.message = {
			.code = (uint8_t)coap_pdu_get_code(received),
			.accept = -1,
			.format = -1,
			.observe = -1,
		},
	};
	struct exchange *exchange;

	if (connection->closing)
		return COAP_RESPONSE_OK;
	connection->account->heard = true;
	exchange = find_token(connection, coap_pdu_get_token(received));
	if (!exchange)
		return COAP_RESPONSE_FAIL;
	read_response(received, &response);
	if (continue_blocks(connection, exchange, &response))
		return COAP_RESPONSE_OK;
	response.message.id = exchange->id;
	response.message.session = connection->account->session;
	exchange_end(connection, exchange);
	transport->handlers->response(transport->userdata, response.message.id, 0, &response.message);
	return COAP_RESPONSE_OK;
}

void transport_exchange_refused(struct connection *connection, coap_mid_t mid, int error)
{
	struct exchange *exchange;

	list_for_each(exchange, &connection->exchanges, link)
		if (exchange->mid == mid) {
			exchange_report(connection, exchange, error);
			return;
		}
	for (unsigned int i = 0; i < UNCONFIRMED_MAX; i++)
		if (connection->unconfirmed[i].id != 0 && connection->unconfirmed[i].mid == mid) {
			transport_add_outcome(connection->transport, connection->unconfirmed[i].id, error);
			connection->unconfirmed[i].id = 0;
			return;
		}
}

void transport_exchange_check_confirmed(struct connection *connection)
{
	struct exchange *exchange, *safe;

	list_for_each_safe(exchange, safe, &connection->exchanges, link)
		if (exchange->notification && !coap_shim_pending(connection->session, exchange->mid)) {
			connection->account->heard = true;
			exchange_report(connection, exchange, 0);
		}
}

void transport_exchange_expire(struct connection *connection, usec_t now)
{
	struct exchange *exchange, *safe;

	list_for_each_safe(exchange, safe, &connection->exchanges, link)
		if (exchange->deadline <= now)
			exchange_report(connection, exchange, -ETIMEDOUT);
}

usec_t transport_exchange_deadline(const struct connection *connection)
{
	usec_t deadline = USEC_INFINITY;
	struct exchange *exchange;

	list_for_each(exchange, &connection->exchanges, link)
		deadline = usec_min(deadline, exchange->deadline);
	return deadline;
}

void transport_exchange_forget_all(struct connection *connection)
{
	struct exchange *exchange, *safe;

	list_for_each_safe(exchange, safe, &connection->exchanges, link)
		exchange_end(connection, exchange);
}
