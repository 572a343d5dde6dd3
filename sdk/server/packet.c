/* SPDX-License-Identifier: Apache-2.0 */
#include "packet.h"

#include <stdio.h>

#include "base/cleanup.h"

static const struct {
	uint8_t code;
	const char *name;
} names[] = {
	{ PACKET_CODE(2, 1), "Created" },
	{ PACKET_CODE(2, 2), "Deleted" },
	{ PACKET_CODE(2, 3), "Valid" },
	{ PACKET_CODE(2, 4), "Changed" },
	{ PACKET_CODE(2, 5), "Content" },
	{ PACKET_CODE(2, 31), "Continue" },
	{ PACKET_CODE(4, 0), "Bad Request" },
	{ PACKET_CODE(4, 1), "Unauthorized" },
	{ PACKET_CODE(4, 2), "Bad Option" },
	{ PACKET_CODE(4, 3), "Forbidden" },
	{ PACKET_CODE(4, 4), "Not Found" },
	{ PACKET_CODE(4, 5), "Method Not Allowed" },
	{ PACKET_CODE(4, 6), "Not Acceptable" },
	{ PACKET_CODE(4, 8), "Request Entity Incomplete" },
	{ PACKET_CODE(4, 9), "Conflict" },
	{ PACKET_CODE(4, 12), "Precondition Failed" },
	{ PACKET_CODE(4, 13), "Request Entity Too Large" },
	{ PACKET_CODE(4, 15), "Unsupported Content-Format" },
	{ PACKET_CODE(5, 0), "Internal Server Error" },
	{ PACKET_CODE(5, 1), "Not Implemented" },
	{ PACKET_CODE(5, 2), "Bad Gateway" },
	{ PACKET_CODE(5, 3), "Service Unavailable" },
	{ PACKET_CODE(5, 4), "Gateway Timeout" },
	{ PACKET_CODE(5, 5), "Proxying Not Supported" },
};

const char *packet_code_text(uint8_t code, char ret[40])
{
	const char *name = "";

	for (size_t i = 0; i < ELEMENTSOF(names); i++)
		if (names[i].code == code)
			name = names[i].name;
	snprintf(ret, 40, "%d.%02d%s%s", code >> 5, code & 31, *name ? " " : "", name);
	return ret;
}

struct packet packet_of(uint8_t code)
{
	return (struct packet){ .code = code, .format = -1, .accept = -1, .observe = -1 };
}

static int append(char *text, struct bytes *at, char separator, struct bytes segment)
{
	bool lead = separator == '/' || at->len > 0;

	if (at->len + lead + segment.len > PACKET_TEXT_MAX ||
		(segment.len && memchr(segment.data, separator, segment.len)))
		return -EBADMSG;
	if (lead)
		text[at->len++] = separator;
	if (segment.len)
		memcpy(text + at->len, segment.data, segment.len);
	at->len += segment.len;
	at->data = (const uint8_t *)text;
	return 0;
}

static int take_uint(struct bytes value, size_t len_max, int *ret)
{
	if (value.len > len_max)
		return -EBADMSG;
	*ret = (int)coap_decode_var_bytes(value.data, value.len);
	return 0;
}

static int take_block(struct bytes value, struct packet_block *ret)
{
	unsigned int bits;

	if (value.len > 3)
		return -EBADMSG;
	bits = coap_decode_var_bytes(value.data, value.len);
	*ret = (struct packet_block){ true, bits & 8, bits & 7, bits >> 4 };
	return ret->szx == 7 ? -EBADMSG : 0;
}

static int take_option(
	unsigned int number, struct bytes value, struct packet_texts *texts, struct packet *packet)
{
	switch (number) {
	case COAP_OPTION_URI_PATH:
	case COAP_OPTION_LOCATION_PATH:
		return append(texts->path, &packet->path, '/', value);
	case COAP_OPTION_URI_QUERY:
		return append(texts->query, &packet->query, '&', value);
	case COAP_OPTION_CONTENT_FORMAT:
		return take_uint(value, 2, &packet->format);
	case COAP_OPTION_ACCEPT:
		return take_uint(value, 2, &packet->accept);
	case COAP_OPTION_OBSERVE:
		return take_uint(value, 3, &packet->observe);
	case COAP_OPTION_BLOCK1:
		return take_block(value, &packet->block1);
	case COAP_OPTION_BLOCK2:
		return take_block(value, &packet->block2);
	case COAP_OPTION_ETAG:
		packet->etag = value;
		return 0;
	default:
		return 0; /* libcoap has refused unknown critical ones */
	}
}

int packet_decode(const coap_pdu_t *pdu, struct packet_texts *texts, struct packet *ret)
{
	struct packet packet = packet_of(coap_pdu_get_code(pdu));
	coap_bin_const_t token = coap_pdu_get_token(pdu);
	coap_opt_iterator_t options;
	const coap_opt_t *option;
	int r;

	if (token.length > PACKET_TOKEN_MAX)
		return -EBADMSG;
	if (token.length)
		memcpy(packet.token.bytes, token.s, token.length);
	packet.token.len = token.length;
	packet.mid = (uint16_t)coap_pdu_get_mid(pdu);
	coap_option_iterator_init(pdu, &options, COAP_OPT_ALL);
	while ((option = coap_option_next(&options))) {
		r = take_option(options.number, BYTES(coap_opt_value(option), coap_opt_length(option)), texts,
			&packet);
		if (r < 0)
			return r;
	}
	(void)coap_get_data(pdu, &packet.payload.len, &packet.payload.data);
	*ret = packet;
	return 0;
}

static bool add_uint(coap_pdu_t *pdu, coap_option_num_t number, uint32_t value)
{
	uint8_t bytes[4];

	return coap_add_option(pdu, number, coap_encode_var_safe(bytes, sizeof(bytes), value), bytes) > 0;
}

static bool add_block(coap_pdu_t *pdu, coap_option_num_t number, const struct packet_block *block)
{
	return add_uint(pdu, number, block->num << 4 | (block->more ? 8 : 0) | block->szx);
}

static bool add_segments(coap_pdu_t *pdu, coap_option_num_t number, struct bytes text, char separator)
{
	const uint8_t *start = text.data, *end;

	if (text.len == 0)
		return true;
	end = start + text.len;
	if (*start == '/')
		start++;
	while (start < end) {
		const uint8_t *next = memchr(start, separator, (size_t)(end - start));

		if (!next)
			next = end;
		if (coap_add_option(pdu, number, (size_t)(next - start), start) == 0)
			return false;
		start = next + 1;
	}
	return true;
}

/* In the order of their numbers, which libcoap adds fastest. */
int packet_encode(const struct packet *packet, coap_pdu_t *pdu)
{
	bool request = packet->code < PACKET_CODE(2, 0), ok = true;

	if (request)
		ok = coap_add_token(pdu, packet->token.len, packet->token.bytes);
	if (ok && packet->observe >= 0)
		ok = add_uint(pdu, COAP_OPTION_OBSERVE, (uint32_t)packet->observe);
	if (ok)
		ok = add_segments(
			pdu, request ? COAP_OPTION_URI_PATH : COAP_OPTION_LOCATION_PATH, packet->path, '/');
	if (ok && packet->format >= 0)
		ok = add_uint(pdu, COAP_OPTION_CONTENT_FORMAT, (uint32_t)packet->format);
	if (ok)
		ok = add_segments(pdu, COAP_OPTION_URI_QUERY, packet->query, '&');
	if (ok && packet->accept >= 0)
		ok = add_uint(pdu, COAP_OPTION_ACCEPT, (uint32_t)packet->accept);
	if (ok && packet->block2.present)
		ok = add_block(pdu, COAP_OPTION_BLOCK2, &packet->block2);
	if (ok && packet->block1.present)
		ok = add_block(pdu, COAP_OPTION_BLOCK1, &packet->block1);
	if (ok && packet->payload.len > 0)
		ok = coap_add_data(pdu, packet->payload.len, packet->payload.data);
	return ok ? 0 : -ENOSPC;
}
