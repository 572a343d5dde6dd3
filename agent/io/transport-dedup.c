/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "io/transport-internal.h"

static void forget(struct dedup *dedup, struct seen *seen)
{
	dedup->bytes -= seen->storage_len;
	free(seen->storage);
	*seen = (struct seen){ 0 };
}

void dedup_deinit(struct dedup *dedup)
{
	for (unsigned int i = 0; i < dedup->used; i++)
		forget(dedup, &dedup->ring[i]);
}

const struct seen *dedup_find(const struct dedup *dedup, usec_t now, uint16_t mid, bool confirmable)
{
	for (unsigned int i = 0; i < dedup->used; i++) {
		const struct seen *seen = &dedup->ring[i];

		if (seen->mid == mid && seen->confirmable == confirmable && seen->expires > now)
			return seen;
	}
	return NULL;
}

/* The oldest ones give way; what is forgotten too early may be executed twice, but costs no memory. */
static void make_room(struct dedup *dedup, size_t bytes)
{
	for (unsigned int i = 0; i < dedup->used && dedup->bytes + bytes > DEDUP_BYTES_MAX; i++)
		forget(dedup, &dedup->ring[(dedup->next + i) % dedup->used]);
}

static struct bytes keep(uint8_t **end, struct bytes bytes)
{
	struct bytes kept = BYTES(*end, bytes.len);

	if (bytes.len == 0)
		return kept;
	memcpy(*end, bytes.data, bytes.len);
	*end += bytes.len;
	return kept;
}

static int copy_reply(struct seen *seen, const struct reply *reply)
{
	size_t len = reply->location.len + reply->etag.len + reply->payload.len;
	uint8_t *end = NULL;

	if (len > 0) {
		end = malloc(len);
		if (!end)
			return -ENOMEM;
	}
	seen->storage = end;
	seen->storage_len = len;
	seen->reply = *reply;
	seen->reply.location = keep(&end, reply->location);
	seen->reply.etag = keep(&end, reply->etag);
	seen->reply.payload = keep(&end, reply->payload);
	return 0;
}

void dedup_add(struct dedup *dedup, usec_t now, uint16_t mid, bool confirmable, const struct reply *reply)
{
	struct seen seen = {
		.expires = usec_add(now, EXCHANGE_LIFETIME_US),
		.mid = mid,
		.confirmable = confirmable,
		.pending = !reply,
	};

	if (reply && copy_reply(&seen, reply) < 0)
		return;
	make_room(dedup, seen.storage_len);
	forget(dedup, &dedup->ring[dedup->next]);
	dedup->ring[dedup->next] = seen;
	dedup->bytes += seen.storage_len;
	dedup->next = (dedup->next + 1) % DEDUP_MAX;
	if (dedup->used < DEDUP_MAX)
		dedup->used++;
}
