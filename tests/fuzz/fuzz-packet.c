/* SPDX-License-Identifier: Apache-2.0 */
/* A datagram as the lab server takes it apart; what it takes it can write, and takes again as the same. */
#include "base/cleanup.h"
#include "fuzz.h"
#include "packet.h"

static coap_pdu_t *parse(const uint8_t *data, size_t len)
{
	coap_pdu_t *pdu = coap_pdu_init(COAP_MESSAGE_CON, COAP_EMPTY_CODE, 0, 2048);

	CHECK(pdu);
	if (len <= 2048 && coap_pdu_parse(COAP_PROTO_UDP, data, len, pdu))
		return pdu;
	coap_delete_pdu(pdu);
	return NULL;
}

static bool block_equal(const struct packet_block *a, const struct packet_block *b)
{
	return a->present == b->present && a->more == b->more && a->szx == b->szx && a->num == b->num;
}

static void check_again(const struct packet *packet)
{
	coap_pdu_t *pdu = coap_pdu_init(COAP_MESSAGE_CON, packet->code, packet->mid, 4096);
	struct packet_texts texts;
	struct packet again;

	CHECK(pdu);
	if (packet_encode(packet, pdu) == 0) {
		CHECK(packet_decode(pdu, &texts, &again) == 0);
		CHECK(again.format == packet->format && again.observe == packet->observe);
		CHECK(again.accept == packet->accept && block_equal(&again.block1, &packet->block1));
		CHECK(block_equal(&again.block2, &packet->block2) && bytes_equal(again.payload, packet->payload));
	}
	coap_delete_pdu(pdu);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	coap_pdu_t *pdu = parse(data, len);
	struct packet_texts texts;
	struct packet packet;
	char text[40];

	if (!pdu)
		return 0;
	if (packet_decode(pdu, &texts, &packet) == 0) {
		CHECK(packet.path.len <= PACKET_TEXT_MAX && packet.query.len <= PACKET_TEXT_MAX);
		CHECK(packet.format <= UINT16_MAX && packet.token.len <= PACKET_TOKEN_MAX);
		packet_code_text(packet.code, text);
		if (packet.code >= PACKET_GET && packet.code <= PACKET_DELETE)
			check_again(&packet);
	}
	coap_delete_pdu(pdu);
	return 0;
}
