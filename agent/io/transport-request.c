/* SPDX-License-Identifier: Apache-2.0 */
#include <coap_shim.h>
#include <stdlib.h>

#include "base/log.h"
#include "io/transport-internal.h"

#define PATH_LEN_MAX   256
#define QUERY_LEN_MAX  512
#define PAYLOAD_MARKER 0xff

/* What one pass over the options finds. */
struct arrival {
	struct message message;
	struct block block1, block2;
	bool bad_option, bad_path, too_long;
	size_t path_len, query_len;
	char path[PATH_LEN_MAX];
	char query[QUERY_LEN_MAX];
};

static void append(char *text, size_t size, size_t *len, char separator, const coap_option_t *option,
		   bool *too_long)
{
	if (*len + 1 + option->length > size) {
		*too_long = true;
		return;
	}
	if (separator != '\0')
		text[(*len)++] = separator;
	if (option->length > 0)
		memcpy(text + *len, option->value, option->length);
	*len += option->length;
}

static bool has_slash(struct bytes segment)
{
	size_t i = 0;

	while (i < segment.len && segment.data[i] != '/')
		i++;
	return i < segment.len;
}

static void take_option(struct arrival *arrival, unsigned int number, const coap_option_t *option)
{
	struct bytes value = BYTES(option->value, option->length);

	switch (number) {
	case COAP_OPTION_URI_PATH:
		if (has_slash(value))
			arrival->bad_path = true;
		append(arrival->path, PATH_LEN_MAX, &arrival->path_len, '/', option, &arrival->bad_path);
		break;
	case COAP_OPTION_URI_QUERY:
		append(arrival->query, QUERY_LEN_MAX, &arrival->query_len, arrival->query_len ? '&' : '\0',
			option, &arrival->too_long);
		break;
	case COAP_OPTION_OBSERVE:
		arrival->message.observe = (int32_t)coap_decode_var_bytes(value.data, value.len);
		break;
	case COAP_OPTION_CONTENT_FORMAT:
		arrival->message.format = (int32_t)coap_decode_var_bytes(value.data, value.len);
		break;
	case COAP_OPTION_ACCEPT:
		arrival->message.accept = (int32_t)coap_decode_var_bytes(value.data, value.len);
		break;
	case COAP_OPTION_BLOCK1:
		arrival->block1 = block_decode(value);
		break;
	case COAP_OPTION_SIZE1:
		arrival->message.size = coap_decode_var_bytes8(value.data, value.len);
		break;
	case COAP_OPTION_BLOCK2:
		arrival->block2 = block_decode(value);
		break;
	case COAP_OPTION_IF_MATCH: /* critical; libcoap lets them through */
	case COAP_OPTION_IF_NONE_MATCH:
		arrival->bad_option = true;
		break;
	default: /* what is critical and unknown, or repeated, libcoap has answered with 4.02 */
		break;
	}
}

static void take_options(const coap_pdu_t *pdu, struct arrival *arrival)
{
	coap_opt_iterator_t iterator;
	coap_option_t option;
	unsigned int number = 0;
	size_t size;

	if (!coap_option_iterator_init(pdu, &iterator, COAP_OPT_ALL))
		return;
	while (iterator.length > 0 && *iterator.next_option != PAYLOAD_MARKER) {
		size = coap_opt_parse(iterator.next_option, iterator.length, &option);
		if (size == 0)
			return;
		number += option.delta;
		take_option(arrival, number, &option);
		iterator.next_option += size;
		iterator.length -= size;
	}
}

/* RFC 7959, 2.2: all blocks but the last are full. 7 is for reliable transports only. */
static bool block_fits(const struct block *block, size_t len)
{
	size_t size = (size_t)16 << block->szx;

	return block->szx <= BLOCK_SZX_MAX && (block->more ? len == size : len <= size);
}

/* 0, or the code that answers a request the engine need not see. */
static uint8_t check(const struct arrival *arrival)
{
	if (arrival->bad_option)
		return COAP_BAD_OPTION;
	if (arrival->bad_path)
		return COAP_METHOD_NOT_ALLOWED;
	if (arrival->too_long || arrival->message.token.len > COAP_TOKEN_MAX)
		return COAP_BAD_REQUEST;
	if (arrival->block1.present && !block_fits(&arrival->block1, arrival->message.payload.len))
		return COAP_BAD_REQUEST;
	if (arrival->block2.present && arrival->block2.szx > BLOCK_SZX_MAX)
		return COAP_BAD_REQUEST;
	return 0;
}

static uint8_t read_request(const coap_pdu_t *pdu, struct arrival *arrival)
{
	struct message *message = &arrival->message;
	coap_bin_const_t token = coap_pdu_get_token(pdu);

	*message = (struct message){
		.code = (uint8_t)coap_pdu_get_code(pdu),
		.confirmable = coap_pdu_get_type(pdu) == COAP_MESSAGE_CON,
		.accept = -1,
		.format = -1,
		.observe = -1,
		.token = BYTES(token.s, token.length),
	};
	arrival->block1 = arrival->block2 = (struct block){ 0 };
	arrival->bad_option = arrival->bad_path = arrival->too_long = false;
	arrival->path_len = arrival->query_len = 0;
	take_options(pdu, arrival);
	if (!coap_get_data(pdu, &message->payload.len, &message->payload.data))
		message->payload = BYTES(NULL, 0);
	message->path = arrival->path_len ? BYTES(arrival->path, arrival->path_len) : BYTES_LITERAL("/");
	message->query = BYTES(arrival->query, arrival->query_len);
	if (arrival->block1.present) {
		message->offset = (uint64_t)arrival->block1.num << (arrival->block1.szx + 4);
		message->more = arrival->block1.more;
	}
	return check(arrival);
}

static struct reply reply_code(uint8_t code)
{
	return (struct reply){ .code = code, .format = -1, .observe = -1, .size2 = -1 };
}

/* Reading twice does no harm, and observing again replaces the observation: they are not remembered. */
static bool is_read(uint8_t code)
{
	return code == COAP_GET || code == COAP_FETCH;
}

static void put_reply(const struct reply *reply, coap_pdu_t *response)
{
	if (reply_write(reply, response) < 0)
		coap_pdu_set_code(response, COAP_RESPONSE_CODE_INTERNAL_ERROR);
}

/* Code 0 is silence, without acknowledgement and without memory: the request comes again, and is new then. */
static void finish_now(
	struct connection *connection, const struct incoming *incoming, const struct reply *reply)
{
	if (reply->code == 0) {
		coap_pdu_set_type(incoming->response, COAP_MESSAGE_NON); /* libcoap sends no empty NON */
		return;
	}
	put_reply(reply, incoming->response);
	if (!is_read(incoming->code))
		dedup_add(&connection->dedup, usec_now(), incoming->mid, incoming->confirmable, reply);
}

/* A server that acknowledges nothing would have us keep all we say to it: what goes beyond is said once. */
static bool may_confirm(const struct connection *connection)
{
	return !coap_shim_pending(connection->session, connection->separate[connection->next_separate]);
}

static void remember_separate(struct connection *connection, coap_mid_t mid)
{
	connection->separate[connection->next_separate] = mid;
	connection->next_separate = (connection->next_separate + 1) % SEPARATE_MAX;
	connection->unarmed = true;
}

static void send_later(
	struct connection *connection, const struct incoming *incoming, const struct reply *reply)
{
	bool confirmable = incoming->confirmable && may_confirm(connection);
	coap_pdu_t *pdu = coap_new_pdu(confirmable ? COAP_MESSAGE_CON : COAP_MESSAGE_NON,
		(coap_pdu_code_t)reply->code, connection->session);
	coap_mid_t mid;

	if (!pdu)
		return;
	if (!coap_add_token(pdu, incoming->token_len, incoming->token)) {
		coap_delete_pdu(pdu);
		return;
	}
	put_reply(reply, pdu);
	mid = coap_send(connection->session, pdu);
	if (confirmable && mid != COAP_INVALID_MID)
		remember_separate(connection, mid);
}

static void pending_end(struct connection *connection, struct incoming *incoming)
{
	list_remove(&incoming->link);
	connection->n_pending--;
	connection->full = connection->full && connection->n_pending > 0;
	free(incoming);
}

static struct incoming *find_pending(struct connection *connection, uint32_t id)
{
	struct incoming *incoming;

	list_for_each(incoming, &connection->pending, link)
		if (incoming->id == id)
			return incoming;
	return NULL;
}

/* The whole of what the engine said, down to the piece that goes into one message. */
static struct reply cut_reply(struct connection *connection, const struct incoming *incoming,
			      const struct message *message)
{
	struct reply reply = reply_of(message);
	struct block block2 = incoming->block2;

	if (!block2.present)
		block2.szx = BLOCK_SZX_MAX;
	if (reply.payload.len > (block2.present ? 0 : (size_t)16 << block2.szx))
		bodies_cut(&connection->bodies, usec_now(), incoming->key, incoming->accept, block2, &reply);
	if (incoming->block1.present) {
		reply.block1 = incoming->block1;
		reply.block1.more = reply.code == COAP_CONTINUE;
	}
	return reply;
}

int transport_request_reply(struct connection *connection, const struct effect *effect)
{
	struct incoming *current = connection->current, *pending;
	struct reply reply;

	if (current && current->id == effect->id) {
		reply = cut_reply(connection, current, &effect->message);
		finish_now(connection, current, &reply);
		current->answered = true;
		return 0;
	}
	pending = find_pending(connection, effect->id);
	if (!pending)
		return -ENOENT;
	if (effect->message.code != 0) {
		reply = cut_reply(connection, pending, &effect->message);
		send_later(connection, pending, &reply);
	}
	pending_end(connection, pending);
	return 0;
}

/* libcoap acknowledges a request whose response has no code; a NON is not answered at all then. */
static void keep_pending(struct connection *connection, const struct incoming *incoming)
{
	struct incoming *pending = malloc(sizeof(*pending));

	if (!pending) {
		coap_pdu_set_code(incoming->response, COAP_RESPONSE_CODE_SERVICE_UNAVAILABLE);
		return;
	}
	*pending = *incoming;
	pending->response = NULL;
	list_append(&connection->pending, &pending->link);
	connection->n_pending++;
	dedup_add(&connection->dedup, usec_now(), incoming->mid, incoming->confirmable, NULL);
}

static void ask_engine(struct connection *connection, struct arrival *arrival, struct incoming *incoming)
{
	struct transport *transport = connection->transport;

	if (++transport->next_id == 0)
		++transport->next_id;
	incoming->id = arrival->message.id = transport->next_id;
	arrival->message.session = connection->account->session;
	connection->current = incoming;
	transport->handlers->request(transport->userdata, &arrival->message);
	connection->current = NULL;
	if (!incoming->answered && !connection->closing)
		keep_pending(connection, incoming);
}

/* A block after the first: from the body kept, or the engine reads anew. What is no read is not done twice. */
static bool answer_block(struct connection *connection, const struct incoming *incoming)
{
	const struct body *body;
	struct reply reply;

	if (!incoming->block2.present || incoming->block2.num == 0)
		return false;
	body = bodies_find(&connection->bodies, usec_now(), incoming->key, incoming->accept);
	if (body)
		body_cut(body, incoming->block2, &reply);
	else if (is_read(incoming->code))
		return false;
	else
		reply = reply_code(COAP_INCOMPLETE);
	put_reply(&reply, incoming->response);
	return true;
}

static bool answer_again(struct connection *connection, const struct incoming *incoming)
{
	const struct seen *seen;

	if (connection->dedup.used == 0)
		return false;
	seen = dedup_find(&connection->dedup, usec_now(), incoming->mid, incoming->confirmable);
	if (!seen)
		return false;
	if (!seen->pending && incoming->confirmable)
		put_reply(&seen->reply, incoming->response);
	return true;
}

static uint8_t too_many(struct connection *connection)
{
	const char *name = connection->account->name;

	if (!connection->full)
		log_server(LOG_WARNING, 0, name, "%s asked for more than it may have: %d requests at once", name,
			PENDING_MAX);
	connection->full = true;
	return COAP_UNAVAILABLE;
}

void transport_request_arrived(coap_resource_t *resource, coap_session_t *session, const coap_pdu_t *pdu,
			       const coap_string_t *query, coap_pdu_t *response)
{
	struct connection *connection = connection_get(session);
	struct arrival arrival;
	struct incoming incoming = { .response = response };
	struct reply refusal;
	uint8_t code;

	if (connection->closing || !connection->up)
		return;
	connection->account->heard = true;
	code = read_request(pdu, &arrival);
	incoming.mid = (uint16_t)coap_pdu_get_mid(pdu);
	incoming.code = arrival.message.code;
	incoming.confirmable = arrival.message.confirmable;
	if (answer_again(connection, &incoming))
		return;
	if (code == 0 && connection->n_pending >= PENDING_MAX)
		code = too_many(connection);
	if (code != 0) {
		refusal = reply_code(code);
		put_reply(&refusal, response);
		return;
	}
	incoming.token_len = (uint8_t)arrival.message.token.len;
	if (incoming.token_len > 0)
		memcpy(incoming.token, arrival.message.token.data, incoming.token_len);
	incoming.accept = arrival.message.accept;
	incoming.key = message_key(arrival.message.path, arrival.message.query);
	incoming.block1 = arrival.block1;
	incoming.block2 = arrival.block2;
	if (arrival.block2.present)
		connection->szx = arrival.block2.szx;
	if (!answer_block(connection, &incoming))
		ask_engine(connection, &arrival, &incoming);
}

void transport_request_forget_all(struct connection *connection)
{
	struct incoming *incoming, *safe;

	list_for_each_safe(incoming, safe, &connection->pending, link)
		pending_end(connection, incoming);
}
