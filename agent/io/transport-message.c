/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"
#include "io/transport-internal.h"

bool message_add_uint(coap_pdu_t *pdu, coap_option_num_t number, uint32_t value)
{
	uint8_t bytes[4];

	return coap_add_option(pdu, number, coap_encode_var_safe(bytes, sizeof(bytes), value), bytes) > 0;
}

bool message_add_segments(coap_pdu_t *pdu, coap_option_num_t number, struct bytes text, char separator)
{
	const uint8_t *start = text.data, *end = text.data + text.len;

	if (text.len > 0 && separator == '/' && *start == '/')
		start++;
	if (start == end)
		return true;
	for (;;) { /* an empty one at the end counts, too */
		const uint8_t *next = memchr(start, separator, (size_t)(end - start));

		if (!next)
			next = end;
		if (coap_add_option(pdu, number, (size_t)(next - start), start) == 0)
			return false;
		if (next == end)
			return true;
		start = next + 1;
	}
}

struct block block_decode(struct bytes value)
{
	uint32_t bits = coap_decode_var_bytes(value.data, value.len);

	return (struct block){ .present = true, .more = bits & 8, .szx = bits & 7, .num = bits >> 4 };
}

uint32_t block_encode(const struct block *block)
{
	return block->num << 4 | (block->more ? 8 : 0) | block->szx;
}

/* A server that makes two of its own paths collide only mixes up its own reads. */
uint64_t message_key(struct bytes path, struct bytes query)
{
	return hash_bytes(hash_bytes(hash_bytes(HASH_INIT, path), BYTES_LITERAL("?")), query);
}

struct reply reply_of(const struct message *message)
{
	return (struct reply){
		.code = message->code,
		.format = message->format,
		.observe = message->observe,
		.location = message->path,
		.payload = message->payload,
		.size2 = -1,
	};
}

int reply_write(const struct reply *reply, coap_pdu_t *pdu)
{
	bool ok = true;

	coap_pdu_set_code(pdu, (coap_pdu_code_t)reply->code);
	if (reply->etag.len > 0)
		ok = coap_add_option(pdu, COAP_OPTION_ETAG, reply->etag.len, reply->etag.data) > 0;
	if (ok && reply->observe >= 0)
		ok = message_add_uint(pdu, COAP_OPTION_OBSERVE, (uint32_t)reply->observe & 0xffffff);
	if (ok && reply->location.len > 0)
		ok = message_add_segments(pdu, COAP_OPTION_LOCATION_PATH, reply->location, '/');
	if (ok && reply->format >= 0)
		ok = message_add_uint(pdu, COAP_OPTION_CONTENT_FORMAT, (uint32_t)reply->format);
	if (ok && reply->block2.present)
		ok = message_add_uint(pdu, COAP_OPTION_BLOCK2, block_encode(&reply->block2));
	if (ok && reply->block1.present)
		ok = message_add_uint(pdu, COAP_OPTION_BLOCK1, block_encode(&reply->block1));
	if (ok && reply->size2 >= 0)
		ok = message_add_uint(pdu, COAP_OPTION_SIZE2, (uint32_t)reply->size2);
	if (ok && reply->payload.len > 0)
		ok = coap_add_data(pdu, reply->payload.len, reply->payload.data) > 0;
	return ok ? 0 : -ENOSPC;
}
