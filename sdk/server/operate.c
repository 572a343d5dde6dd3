/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs that are one request to a client. */
#include <stdio.h>

#include "command.h"
#include "daemon.h"
#include "lwm2m/codec.h"
#include "model.h"
#include "payload.h"

uint64_t operate_timeout(const struct command *command)
{
	return usec_from_s(command->call.timeout_s ? command->call.timeout_s : VERB_TIMEOUT_S);
}

struct packet operate_request(
	const struct command *command, const struct client *client, uint8_t code, char path[PACKET_TEXT_MAX])
{
	struct packet request = packet_of(code);
	char text[PATH_TEXT_MAX];

	path_format(&command->call.path, text);
	snprintf(path, PACKET_TEXT_MAX, "%.*s%s", (int)client->links.root.len,
		client->links.root.len ? (const char *)client->links.root.data : "", text);
	request.path = bytes_of(path);
	return request;
}

int operate_accept(const struct command *command, const struct client *client)
{
	static const int best[] = { CODEC_SENML_CBOR, CODEC_SENML_JSON, CODEC_TLV };

	if (command->call.format >= 0)
		return command->call.format;
	for (size_t i = 0; i < ELEMENTSOF(best); i++)
		if (links_has_format(&client->links, best[i]))
			return best[i];
	return -1;
}

void operate_fail_code(struct command *command, uint8_t code)
{
	const char *endpoint = command->call.endpoint, *verb = command->call.verb->name;
	char path[PATH_TEXT_MAX], text[40];

	path_format(&command->call.path, path);
	packet_code_text(code, text);
	switch (code) {
	case PACKET_CODE(4, 0):
		command_fail(command, code,
			"%s: %s cannot do this with %s: a value or argument is wrong for it", text, endpoint,
			path);
		break;
	case PACKET_CODE(4, 1):
	case PACKET_CODE(4, 3):
		command_fail(
			command, code, "%s: %s does not let this server %s %s", text, endpoint, verb, path);
		break;
	case PACKET_CODE(4, 4):
		command_fail(command, code, "%s: %s has no %s", text, endpoint, path);
		break;
	case PACKET_CODE(4, 5):
		command_fail(command, code, "%s: %s of %s does not allow %s", text, path, endpoint, verb);
		break;
	case PACKET_CODE(4, 6):
		command_fail(command, code, "%s: %s does not tell %s in this format; try another --format",
			text, endpoint, path);
		break;
	case PACKET_CODE(4, 13):
		command_fail(command, code, "%s: that is too much for %s of %s", text, path, endpoint);
		break;
	case PACKET_CODE(4, 15):
		command_fail(command, code, "%s: %s does not take %s in this format; try another --format",
			text, endpoint, path);
		break;
	case PACKET_CODE(5, 3):
		command_fail(command, code, "%s: %s cannot answer for %s right now", text, endpoint, path);
		break;
	default:
		command_fail(command, code, "%s: %s did not %s %s", text, endpoint, verb, path);
		break;
	}
}

bool operate_tell_values(struct command *command, const char *kind, const struct packet *response)
{
	const char *endpoint = command->call.endpoint;
	struct client *client = command_client(command);
	json_t *values, *answer;
	int r;

	if (!client)
		return false;
	r = payload_to_json(&command->call.path, response->format, response->payload, command->call.type,
		&client->units, &values);
	if (r < 0) {
		command_fail(command, 0, "The answer of %s cannot be read (%s, %zu bytes): %s", endpoint,
			payload_format_name(response->format), response->payload.len, payload_error(r));
		return false;
	}
	answer = json_pack("{s:s, s:s, s:s, s:o}", "kind", kind, "endpoint", endpoint, "format",
		payload_format_name(response->format), "values", values);
	if (answer)
		(void)json_object_set_new(answer, "received", json_real(inform_wall_clock()));
	command_answer(command, answer);
	return command->sink != NULL;
}

static void tell_links(struct command *command, const struct packet *response)
{
	json_t *links;
	int r = payload_links_to_json(response->payload, &links);

	if (r < 0) {
		command_fail(command, 0, "The answer of %s cannot be read: %s", command->call.endpoint,
			payload_error(r));
		return;
	}
	command_answer(command, json_pack("{s:s, s:s, s:o}", "kind", "links", "endpoint",
					command->call.endpoint, "links", links));
}

static void tell_done(struct command *command, const struct packet *response)
{
	char path[PATH_TEXT_MAX], text[40];
	json_t *answer;

	path_format(&command->call.path, path);
	answer = json_pack("{s:s, s:s, s:s, s:s, s:s}", "kind", "done", "endpoint", command->call.endpoint,
		"verb", command->call.verb->name, "path", path, "code",
		packet_code_text(response->code, text));
	if (answer && response->path.len > 0)
		(void)json_object_set_new(answer, "location", values_text(response->path));
	command_answer(command, answer);
}

static void on_done(void *userdata, int error, const struct packet *response)
{
	struct command *command = userdata;

	command->exchange = NULL;
	if (error < 0) {
		command_fail_exchange(command, error);
		return;
	}
	if (response->code >> 5 != 2) {
		operate_fail_code(command, response->code);
		return;
	}
	if (command->call.verb->id == VERB_READ)
		(void)operate_tell_values(command, "values", response);
	else if (command->call.verb->id == VERB_DISCOVER)
		tell_links(command, response);
	else
		tell_done(command, response);
	command_end(command, 0);
}

static void start(struct command *command, const struct client *client, const struct packet *request)
{
	int r = exchange_start(&command->daemon->exchanges, client->session, request,
		operate_timeout(command), on_done, command, &command->exchange);

	if (r < 0)
		command_fail_exchange(command, r);
}

/* Write and Create: what is wrong with the words is a mistake in usage. */
static bool add_payload(
	struct command *command, const struct client *client, struct packet *request, struct buffer *payload)
{
	char error[VERB_ERROR_MAX];
	json_t *answer;
	int r = payload_encode(
		&command->call, &client->links, command->data, payload, &request->format, error);

	request->payload = buffer_bytes(payload);
	if (r >= 0)
		return true;
	answer = json_pack("{s:s, s:s}", "kind", "error", "error", error);
	command_answer(command, answer);
	command_end(command, 2);
	return false;
}

/* "pmin=10 pmax=60" as a query. */
static bool add_attributes(struct command *command, struct packet *request, struct buffer *query)
{
	query->limit = PACKET_TEXT_MAX;
	for (size_t i = 0; i < command->call.n_words; i++)
		if ((i > 0 && buffer_append_byte(query, '&') < 0) ||
			buffer_append_text(query, command->call.words[i]) < 0) {
			command_fail(command, 0, "Too many attributes for one request");
			return false;
		}
	request->query = buffer_bytes(query);
	return true;
}

void operate(struct command *command)
{
	static const uint8_t codes[] = {
		[VERB_READ] = PACKET_GET,
		[VERB_WRITE] = PACKET_PUT,
		[VERB_EXEC] = PACKET_POST,
		[VERB_DISCOVER] = PACKET_GET,
		[VERB_CREATE] = PACKET_POST,
		[VERB_DELETE] = PACKET_DELETE,
		[VERB_ATTR] = PACKET_PUT,
	};
	_cleanup_(buffer_deinit) struct buffer text = { 0 };
	const struct client *client = command_reachable(command);
	const struct verb_call *call = &command->call;
	struct packet request;
	char path[PACKET_TEXT_MAX];

	if (!client)
		return;
	request = operate_request(command, client, codes[call->verb->id], path);
	if (call->verb->id == VERB_READ)
		request.accept = operate_accept(command, client);
	else if (call->verb->id == VERB_DISCOVER)
		request.accept = CODEC_LINK;
	else if (call->verb->id == VERB_EXEC && call->n_words > 0)
		request.payload = bytes_of(call->words[0]);
	else if (call->verb->id == VERB_ATTR && !add_attributes(command, &request, &text))
		return;
	if (call->verb->id == VERB_EXEC && call->n_words > 0)
		request.format = CODEC_TEXT;
	if (call->verb->id == VERB_WRITE && call->update)
		request.code = PACKET_POST;
	if ((call->verb->id == VERB_WRITE || call->verb->id == VERB_CREATE) &&
		!add_payload(command, client, &request, &text))
		return;
	if (call->verb->id == VERB_CREATE && call->path.depth == PATH_INSTANCE) /* the id is in the payload */
		request.path.len = (size_t)((const uint8_t *)strrchr(path, '/') - request.path.data);
	start(command, client, &request);
}
