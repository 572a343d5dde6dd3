/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A CoAP client over DTLS-PSK for the tests of the server: dtls-client PORT IDENTITY HEXKEY [cid] [1.2]
 * [CIPHERS]
 *
 * Connects to 127.0.0.1:PORT, answers every GET with the path as text, and sends what lines of its input say:
 * "METHOD PATH [QUERY]". Prints "connected VERSION CIPHER", "failed", and per answer "CODE LOCATION". Ends
 * with its input.
 */
#include <coap3/coap.h>
#include <coap_shim.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

static const char *ciphers = "TLS13-AES128-GCM-SHA256:PSK-AES128-CCM-8";
static bool old_version, cid;

static void set_up(coap_session_t *session, void *tls)
{
	if (wolfSSL_set_cipher_list(tls, ciphers) != WOLFSSL_SUCCESS)
		puts("no such cipher");
	if (old_version)
		(void)wolfSSL_set_options(tls, WOLFSSL_OP_NO_TLSv1_3);
}

static int on_event(coap_session_t *session, const coap_event_t event)
{
	WOLFSSL *tls = coap_shim_wolfssl(session);
	unsigned int cid_len = 0;

	if (event == COAP_EVENT_DTLS_CONNECTED) {
		(void)wolfSSL_dtls_cid_get_tx_size(tls, &cid_len);
		printf("connected %s %s%s\n", wolfSSL_get_version(tls), wolfSSL_get_cipher(tls),
			cid_len ? " cid" : "");
	} else if (event == COAP_EVENT_DTLS_ERROR || event == COAP_EVENT_DTLS_CLOSED) {
		puts("failed");
	}
	return 0;
}

static void on_request(coap_resource_t *resource, coap_session_t *session, const coap_pdu_t *request,
	const coap_string_t *query, coap_pdu_t *response)
{
	coap_string_t *path = coap_get_uri_path(request);

	coap_pdu_set_code(response, COAP_RESPONSE_CODE_CONTENT);
	coap_add_data(response, path ? path->length : 0, path ? path->s : NULL);
	coap_delete_string(path);
}

static coap_response_t on_response(
	coap_session_t *session, const coap_pdu_t *sent, const coap_pdu_t *received, const coap_mid_t mid)
{
	coap_pdu_code_t code = coap_pdu_get_code(received);
	coap_opt_iterator_t options;
	const coap_opt_t *option;

	printf("%d.%02d ", code >> 5, code & 31);
	coap_option_iterator_init(received, &options, COAP_OPT_ALL);
	while ((option = coap_option_next(&options)))
		if (options.number == COAP_OPTION_LOCATION_PATH)
			printf("/%.*s", (int)coap_opt_length(option), (const char *)coap_opt_value(option));
	putchar('\n');
	return COAP_RESPONSE_OK;
}

static void add_segments(coap_pdu_t *pdu, coap_option_num_t number, char *text, const char *separator)
{
	for (char *state, *one = strtok_r(text, separator, &state); one;
		one = strtok_r(NULL, separator, &state))
		coap_add_option(pdu, number, strlen(one), (const uint8_t *)one);
}

static void send_line(coap_session_t *session, char *line)
{
	static const char *const methods[] = { "GET", "POST", "PUT", "DELETE" };
	char *method = strtok(line, " \n"), *path = strtok(NULL, " \n"), *query = strtok(NULL, " \n");
	uint8_t token[8];
	size_t len;
	coap_pdu_t *pdu;

	for (size_t i = 0; method && path && i < 4; i++) {
		if (strcmp(methods[i], method) != 0)
			continue;
		pdu = coap_new_pdu(COAP_MESSAGE_CON, (coap_pdu_code_t)(i + 1), session);
		coap_session_new_token(session, &len, token);
		coap_add_token(pdu, len, token);
		add_segments(pdu, COAP_OPTION_URI_PATH, path, "/");
		if (query)
			add_segments(pdu, COAP_OPTION_URI_QUERY, query, "&");
		if (coap_send(session, pdu) == COAP_INVALID_MID)
			puts("failed");
	}
}

static size_t parse_hex(const char *text, uint8_t *bytes, size_t max)
{
	size_t n = 0;
	unsigned int byte;

	while (n < max && sscanf(text + 2 * n, "%2x", &byte) == 1)
		bytes[n++] = (uint8_t)byte;
	return n;
}

static coap_session_t *connect_to(
	coap_context_t *context, const char *port, const char *identity, const char *hex)
{
	static uint8_t key[64];
	coap_dtls_cpsk_t psk = { .version = COAP_DTLS_CPSK_SETUP_VERSION, .use_cid = cid };
	coap_address_t server;

	psk.psk_info.identity = (coap_bin_const_t){ strlen(identity), (const uint8_t *)identity };
	psk.psk_info.key = (coap_bin_const_t){ parse_hex(hex, key, sizeof(key)), key };
	coap_address_init(&server);
	server.addr.sin.sin_family = AF_INET;
	server.addr.sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	server.addr.sin.sin_port = htons((uint16_t)atoi(port));
	server.size = sizeof(server.addr.sin);
	return coap_new_client_session_psk2(context, NULL, &server, COAP_PROTO_DTLS, &psk);
}

static void run(coap_context_t *context, coap_session_t *session)
{
	struct pollfd fds[] = { { .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = coap_context_get_coap_fd(context), .events = POLLIN } };
	char line[1024];

	for (;;) {
		(void)coap_io_process(context, COAP_IO_NO_WAIT);
		fflush(stdout);
		if (poll(fds, 2, -1) < 0)
			return;
		if (!fds[0].revents)
			continue;
		if (!fgets(line, sizeof(line), stdin))
			return;
		send_line(session, line);
	}
}

int main(int argc, char *argv[])
{
	coap_context_t *context;
	coap_resource_t *all;
	coap_session_t *session;

	if (argc < 4)
		return 2;
	setvbuf(stdin, NULL, _IONBF, 0); /* poll() must see what is left */
	for (int i = 4; i < argc; i++) {
		if (strcmp(argv[i], "cid") == 0)
			cid = true;
		else if (strcmp(argv[i], "1.2") == 0)
			old_version = true;
		else
			ciphers = argv[i];
	}
	coap_startup();
	coap_set_log_level(COAP_LOG_CRIT);
	coap_shim_client_setup = set_up;
	context = coap_new_context(NULL);
	all = coap_resource_unknown_init2(NULL, 0);
	coap_register_request_handler(all, COAP_REQUEST_GET, on_request);
	coap_add_resource(context, all);
	coap_register_response_handler(context, on_response);
	coap_register_event_handler(context, on_event);
	session = connect_to(context, argv[1], argv[2], argv[3]);
	if (!session)
		return 1;
	run(context, session);
	coap_session_release(session);
	coap_free_context(context);
	coap_cleanup();
	return 0;
}
