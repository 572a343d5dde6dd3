/* SPDX-License-Identifier: Apache-2.0 */
#include "transport.h"

#include <stdio.h>
#include <sys/epoll.h>
#include <sys/random.h>

#include "base/log.h"
#include "base/usec.h"
#include "transport-internal.h"

/* Sessions nobody holds: clients that ask for what we have not, or that are about to register. */
#define IDLE_SESSIONS_MAX      1024
#define HANDSHAKE_SESSIONS_MAX 64

static void log_libcoap(coap_log_t level, const char *text)
{
	log_debug("libcoap: %.*s", (int)strcspn(text, "\n"), text);
}

static struct transport *transport_of(const coap_session_t *session)
{
	return coap_get_app_data(coap_session_get_context(session));
}

static void on_request(coap_resource_t *resource, coap_session_t *session, const coap_pdu_t *request,
	const coap_string_t *query, coap_pdu_t *response)
{
	struct transport *transport = transport_of(session);
	struct packet_texts texts;
	struct packet packet, answer = packet_of(PACKET_CODE(5, 0));
	char text[PACKET_TEXT_MAX];

	dtls_alive(session);
	if (packet_decode(request, &texts, &packet) < 0) {
		coap_pdu_set_code(response, COAP_RESPONSE_CODE_BAD_REQUEST);
		return;
	}
	if (!repeats_find(&transport->repeats, usec_now(), session, &packet, &answer)) {
		transport->handlers->request(
			transport->userdata, (struct session *)session, &packet, &answer, text);
		repeats_add(&transport->repeats, usec_now(), session, &packet, &answer);
	}
	coap_pdu_set_code(response, (coap_pdu_code_t)answer.code);
	(void)packet_encode(&answer, response);
}

static coap_response_t on_response(
	coap_session_t *session, const coap_pdu_t *sent, const coap_pdu_t *received, const coap_mid_t mid)
{
	struct transport *transport = transport_of(session);
	struct packet_texts texts;
	struct packet packet;

	dtls_alive(session);
	if (packet_decode(received, &texts, &packet) < 0)
		return COAP_RESPONSE_FAIL;
	if (!transport->handlers->response(transport->userdata, (struct session *)session, &packet))
		return COAP_RESPONSE_FAIL;
	return COAP_RESPONSE_OK;
}

static void on_nack(
	coap_session_t *session, const coap_pdu_t *sent, coap_nack_reason_t reason, const coap_mid_t mid)
{
	struct transport *transport = transport_of(session);
	int error = reason == COAP_NACK_TOO_MANY_RETRIES ? -ETIMEDOUT :
		    reason == COAP_NACK_RST              ? -ECONNRESET :
							   -ENOTCONN;

	if (reason == COAP_NACK_RST)
		dtls_alive(session);
	/* A port that nobody has now may be somebody's again before the last retransmission. */
	if (!sent || reason == COAP_NACK_ICMP_ISSUE)
		return;
	transport->handlers->failed(transport->userdata, (struct session *)session, (uint16_t)mid, error);
}

static void on_pong(coap_session_t *session, const coap_pdu_t *received, const coap_mid_t mid)
{
	dtls_alive(session);
}

static int on_event(coap_session_t *session, const coap_event_t event)
{
	struct transport *transport = transport_of(session);

	switch (event) {
	case COAP_EVENT_DTLS_CONNECTED:
		dtls_connected(session);
		break;
	case COAP_EVENT_DTLS_ERROR:
		dtls_failed(session);
		/* fallthrough */
	case COAP_EVENT_DTLS_CLOSED:
	case COAP_EVENT_SERVER_SESSION_DEL:
		dtls_forget(session);
		repeats_forget(&transport->repeats, session);
		if (!transport->closing)
			transport->handlers->lost(transport->userdata, (struct session *)session);
		break;
	default:
		break;
	}
	return 0;
}

static int on_readable(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct transport *transport = userdata;

	restart_look(&transport->restart, transport->event);
	(void)coap_io_process(transport->context, COAP_IO_NO_WAIT);
	return 0;
}

/*
 * After a turn in which we sent something: libcoap sets its timer for the retransmission in the next one of
 * its own.
 */
static int on_sent(sd_event_source *source, void *userdata)
{
	struct transport *transport = userdata;

	(void)coap_io_process(transport->context, COAP_IO_NO_WAIT);
	return 0;
}

static int add_resource(coap_context_t *context)
{
	coap_resource_t *all = coap_resource_unknown_init2(on_request, COAP_RESOURCE_HANDLE_WELLKNOWN_CORE);

	if (!all)
		return -ENOMEM;
	for (coap_request_t method = COAP_REQUEST_GET; method <= COAP_REQUEST_IPATCH; method++)
		coap_register_request_handler(all, method, on_request);
	coap_add_resource(context, all);
	return 0;
}

static int set_up(struct transport *transport)
{
	coap_context_t *context = transport->context;

	coap_set_app_data(context, transport);
	coap_register_response_handler(context, on_response);
	coap_register_nack_handler(context, on_nack);
	coap_register_pong_handler(context, on_pong);
	coap_register_event_handler(context, on_event);
	coap_context_set_max_idle_sessions(context, IDLE_SESSIONS_MAX);
	coap_context_set_max_handshake_sessions(context, HANDSHAKE_SESSIONS_MAX);
	/* Bodies are put together by us, within limits of ours. */
	coap_context_set_block_mode(context, 0);
	return add_resource(context);
}

int transport_new(
	sd_event *event, const struct transport_handlers *handlers, void *userdata, struct transport **ret)
{
	_cleanup_(transport_freep) struct transport *transport = calloc(1, sizeof(*transport));
	int r;

	if (!transport)
		return -ENOMEM;
	transport->handlers = handlers;
	transport->userdata = userdata;
	transport->event = event;
	restart_init(&transport->restart);
	coap_startup();
	coap_set_log_handler(log_libcoap);
	coap_set_log_level(log_level() >= LOG_DEBUG ? COAP_LOG_INFO : COAP_LOG_WARN);
	coap_dtls_set_log_level(COAP_LOG_WARN);
	if (getrandom(&transport->token, sizeof(transport->token), 0) < 0)
		return -errno;
	transport->context = coap_new_context(NULL);
	if (!transport->context)
		return -ENOMEM;
	r = set_up(transport);
	if (r >= 0)
		r = sd_event_add_io(event, &transport->source, coap_context_get_coap_fd(transport->context),
			EPOLLIN, on_readable, transport);
	if (r >= 0)
		r = sd_event_add_defer(event, &transport->defer, on_sent, transport);
	if (r >= 0)
		r = sd_event_source_set_enabled(transport->defer, SD_EVENT_OFF);
	if (r < 0)
		return r;
	*ret = steal_pointer(&transport);
	return 0;
}

struct transport *transport_free(struct transport *transport)
{
	if (!transport)
		return NULL;
	sd_event_source_disable_unref(transport->source);
	sd_event_source_disable_unref(transport->defer);
	transport->closing = true;
	if (transport->context) {
		coap_register_nack_handler(transport->context, NULL);
		coap_free_context(transport->context);
	}
	coap_cleanup();
	free(transport);
	return NULL;
}

int transport_send(
	struct transport *transport, struct session *session, const struct packet *request, uint16_t *ret_mid)
{
	coap_session_t *to = (coap_session_t *)session;
	coap_pdu_t *pdu;
	coap_mid_t mid;
	int r;

	if (coap_session_get_state(to) != COAP_SESSION_STATE_ESTABLISHED)
		return -ENOTCONN;
	pdu = coap_new_pdu(COAP_MESSAGE_CON, (coap_pdu_code_t)request->code, to);
	if (!pdu)
		return -ENOMEM;
	r = packet_encode(request, pdu);
	if (r < 0) {
		coap_delete_pdu(pdu);
		return r;
	}
	mid = coap_send(to, pdu);
	if (mid == COAP_INVALID_MID)
		return -ENOTCONN;
	*ret_mid = (uint16_t)mid;
	(void)sd_event_source_set_enabled(transport->defer, SD_EVENT_ONESHOT);
	return 0;
}

struct packet_token transport_token(struct transport *transport)
{
	struct packet_token token = { .len = PACKET_TOKEN_MAX };

	transport->token++;
	memcpy(token.bytes, &transport->token, sizeof(transport->token));
	return token;
}

struct session *transport_hold(struct session *session)
{
	return (struct session *)coap_session_reference((coap_session_t *)session);
}

void transport_release(struct session *session)
{
	coap_session_release((coap_session_t *)session);
}

const char *transport_address(const struct session *session, char ret[TRANSPORT_ADDRESS_MAX])
{
	const coap_address_t *remote = coap_session_get_addr_remote((const coap_session_t *)session);

	if (coap_print_addr(remote, (unsigned char *)ret, TRANSPORT_ADDRESS_MAX) == 0)
		strcpy(ret, "?");
	return ret;
}

bool transport_is_secure(const struct session *session)
{
	return coap_session_get_proto((const coap_session_t *)session) == COAP_PROTO_DTLS;
}
