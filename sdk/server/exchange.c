/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange.h"

#include "base/usec.h"

#define BLOCK_SZX 6 /* 1024 bytes */

struct exchange {
	struct list link;
	struct exchanges *exchanges;
	struct session *session;
	struct packet request; /* path, query and payload are in texts */
	struct buffer texts;
	struct bytes payload; /* the whole of it; request.payload is the block */
	struct packet_token token;
	uint16_t mid;
	sd_event_source *timer;
	uint64_t timeout_us;
	struct buffer body;
	uint8_t etag[8];
	size_t etag_len;
	int observe; /* of the first block */
	exchange_done_t done;
	void *userdata;
};

void exchanges_init(struct exchanges *exchanges, struct transport *transport, sd_event *event)
{
	*exchanges = (struct exchanges){ .transport = transport, .event = event };
	list_init(&exchanges->list);
}

struct exchange *exchange_cancel(struct exchange *exchange)
{
	if (!exchange)
		return NULL;
	if (!list_is_empty(&exchange->link)) {
		list_remove(&exchange->link);
		exchange->exchanges->count--;
	}
	sd_event_source_disable_unref(exchange->timer);
	transport_release(exchange->session);
	buffer_deinit(&exchange->texts);
	buffer_deinit(&exchange->body);
	free(exchange);
	return NULL;
}

DEFINE_CLEANUP(struct exchange *, exchange_cancel)

void exchanges_deinit(struct exchanges *exchanges)
{
	struct exchange *exchange, *safe;

	list_for_each_safe(exchange, safe, &exchanges->list, link)
		exchange_cancel(exchange);
}

static void finish(struct exchange *exchange, int error, const struct packet *response)
{
	exchange_done_t done = exchange->done;
	void *userdata = exchange->userdata;

	/*
	 * Out of the list, so that the callback may do anything, but not yet freed: the response may borrow
	 * its body.
	 */
	list_remove(&exchange->link);
	exchange->exchanges->count--;
	if (done)
		done(userdata, error, response);
	exchange_cancel(exchange);
}

static int on_timeout(sd_event_source *source, uint64_t usec, void *userdata)
{
	finish(userdata, -ETIMEDOUT, NULL);
	return 0;
}

/* The answer to each block has the whole time again. */
static int set_timer(struct exchange *exchange)
{
	uint64_t now = 0;
	int r = sd_event_now(exchange->exchanges->event, CLOCK_BOOTTIME, &now);

	if (r < 0)
		return r;
	if (!exchange->timer)
		return sd_event_add_time(exchange->exchanges->event, &exchange->timer, CLOCK_BOOTTIME,
			now + exchange->timeout_us, USEC_PER_MSEC, on_timeout, exchange);
	r = sd_event_source_set_time(exchange->timer, now + exchange->timeout_us);
	return r < 0 ? r : sd_event_source_set_enabled(exchange->timer, SD_EVENT_ONESHOT);
}

static int send_request(struct exchange *exchange)
{
	int r = set_timer(exchange);

	if (r < 0)
		return r;
	return transport_send(
		exchange->exchanges->transport, exchange->session, &exchange->request, &exchange->mid);
}

static int copy_text(struct buffer *texts, struct bytes *text)
{
	size_t at = texts->len;
	int r = buffer_append(texts, text->data, text->len);

	if (r >= 0)
		*text = BYTES(texts->data + at, text->len);
	return r;
}

static int copy_request(struct exchange *exchange, const struct packet *request)
{
	struct buffer *texts = &exchange->texts;
	uint8_t *room;
	int r;

	exchange->request = *request;
	/* All the room at once: what the packet borrows must not move. */
	r = buffer_reserve(texts, request->path.len + request->query.len + request->payload.len + 1, &room);
	if (r >= 0)
		r = copy_text(texts, &exchange->request.path);
	if (r >= 0)
		r = copy_text(texts, &exchange->request.query);
	if (r >= 0)
		r = copy_text(texts, &exchange->request.payload);
	exchange->payload = exchange->request.payload;
	return r;
}

/* The block of the body that starts at byte at. */
static void set_block(struct exchange *exchange, size_t at, uint8_t szx)
{
	struct packet_block block = { .present = true, .szx = szx };
	size_t size = packet_block_size(&block), left = exchange->payload.len - at;

	block.num = (uint32_t)(at / size);
	block.more = left > size;
	exchange->request.block1 = block;
	exchange->request.payload = BYTES(exchange->payload.data + at, block.more ? size : left);
}

static int exchange_new(struct exchanges *exchanges, struct session *session, const struct packet *request,
	uint64_t timeout_us, struct exchange **ret)
{
	_cleanup_(exchange_cancelp) struct exchange *exchange = NULL;
	int r;

	if (!session)
		return -ENOTCONN;
	if (exchanges->count >= EXCHANGES_MAX)
		return -EBUSY;
	exchange = calloc(1, sizeof(*exchange));
	if (!exchange)
		return -ENOMEM;
	list_init(&exchange->link);
	exchange->exchanges = exchanges;
	exchange->session = transport_hold(session);
	exchange->timeout_us = timeout_us;
	exchange->body.limit = EXCHANGE_BODY_MAX;
	r = copy_request(exchange, request);
	if (r < 0)
		return r;
	if (exchange->request.token.len == 0)
		exchange->request.token = transport_token(exchanges->transport);
	*ret = steal_pointer(&exchange);
	return 0;
}

static int begin(struct exchange *exchange, exchange_done_t done, void *userdata, struct exchange **ret)
{
	int r = send_request(exchange);

	if (r < 0) {
		exchange_cancel(exchange);
		return r;
	}
	exchange->done = done;
	exchange->userdata = userdata;
	list_append(&exchange->exchanges->list, &exchange->link);
	exchange->exchanges->count++;
	if (ret)
		*ret = exchange;
	return 0;
}

int exchange_start(struct exchanges *exchanges, struct session *session, const struct packet *request,
	uint64_t timeout_us, exchange_done_t done, void *userdata, struct exchange **ret)
{
	struct exchange *exchange;
	int r = exchange_new(exchanges, session, request, timeout_us, &exchange);

	if (r < 0)
		return r;
	if (exchange->payload.len > (size_t)16 << BLOCK_SZX)
		set_block(exchange, 0, BLOCK_SZX);
	return begin(exchange, done, userdata, ret);
}

/* Takes a block of the answer and asks for the next one: 1. 0: that was the last one. */
static int take_block(struct exchange *exchange, const struct packet *response)
{
	const struct packet_block *block = &response->block2;
	int r;

	if (block->num * packet_block_size(block) != exchange->body.len ||
		(block->more && response->payload.len != packet_block_size(block)))
		return -EBADMSG;
	if (block->num > 0 && !bytes_equal(response->etag, BYTES(exchange->etag, exchange->etag_len)))
		return -EBADMSG; /* the value changed on the way */
	r = buffer_append(&exchange->body, response->payload.data, response->payload.len);
	if (r < 0)
		return r;
	if (block->num == 0)
		exchange->observe = response->observe;
	if (!block->more)
		return 0;
	if (response->etag.len > sizeof(exchange->etag))
		return -EBADMSG;
	exchange->etag_len = response->etag.len;
	if (response->etag.len > 0)
		memcpy(exchange->etag, response->etag.data, response->etag.len);
	exchange->request.block2 =
		(struct packet_block){ .present = true, .szx = block->szx, .num = block->num + 1 };
	/* The rest is asked for without what has been said and done already. */
	exchange->request.observe = -1;
	exchange->request.block1 = (struct packet_block){ 0 };
	exchange->request.payload = BYTES(NULL, 0);
	exchange->request.token = transport_token(exchange->exchanges->transport);
	return 1;
}

int exchange_start_rest(struct exchanges *exchanges, struct session *session, const struct packet *request,
	const struct packet *first, uint64_t timeout_us, exchange_done_t done, void *userdata,
	struct exchange **ret)
{
	struct exchange *exchange;
	int r = exchange_new(exchanges, session, request, timeout_us, &exchange);

	if (r < 0)
		return r;
	r = take_block(exchange, first);
	if (r <= 0) {
		exchange_cancel(exchange);
		return r < 0 ? r : -EBADMSG;
	}
	return begin(exchange, done, userdata, ret);
}

/*
 * The client has taken a block of the body, or wants smaller ones: sends the next, 1. 0: this is the answer.
 */
static int next_block(struct exchange *exchange, const struct packet *response)
{
	struct packet_block *sent = &exchange->request.block1;
	const struct packet_block *got = &response->block1;
	uint8_t szx = got->present && got->szx < sent->szx ? got->szx : sent->szx;
	size_t at = sent->num * packet_block_size(sent);

	if (!sent->present)
		return 0;
	if (response->code == PACKET_CODE(4, 13) && at == 0 && szx < sent->szx) {
		set_block(exchange, 0, szx);
		return 1;
	}
	if (response->code != PACKET_CODE(2, 31) || !sent->more)
		return 0;
	if (got->present && got->num != sent->num)
		return -EBADMSG;
	set_block(exchange, at + exchange->request.payload.len, szx);
	return 1;
}

static void take_response(struct exchange *exchange, const struct packet *response)
{
	struct packet whole = *response;
	int r = next_block(exchange, response);

	if (r == 0 && response->block2.present && (response->block2.more || response->block2.num > 0)) {
		r = take_block(exchange, response);
		whole.payload = buffer_bytes(&exchange->body);
		whole.observe = exchange->observe;
	}
	if (r > 0) {
		r = send_request(exchange);
		if (r >= 0)
			return;
	}
	finish(exchange, r, r < 0 ? NULL : &whole);
}

bool exchanges_response(struct exchanges *exchanges, struct session *session, const struct packet *response)
{
	struct exchange *exchange;

	list_for_each(exchange, &exchanges->list, link)
		if (exchange->session == session &&
			packet_token_equal(&exchange->request.token, &response->token)) {
			take_response(exchange, response);
			return true;
		}
	return false;
}

void exchanges_failed(struct exchanges *exchanges, struct session *session, uint16_t mid, int error)
{
	struct exchange *exchange;

	list_for_each(exchange, &exchanges->list, link)
		if (exchange->session == session && exchange->mid == mid) {
			finish(exchange, error, NULL);
			return;
		}
}

/* A callback may start or cancel others: from the beginning again after each. */
void exchanges_lose_session(struct exchanges *exchanges, struct session *session)
{
	struct exchange *exchange;
	bool found;

	do {
		found = false;
		list_for_each(exchange, &exchanges->list, link)
			if (exchange->session == session) {
				found = true;
				finish(exchange, -ENOTCONN, NULL);
				break;
			}
	} while (found);
}
