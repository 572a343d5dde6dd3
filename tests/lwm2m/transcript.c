/* SPDX-License-Identifier: Apache-2.0 */
#include "transcript.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "lwm2m/codec.h"

static const struct {
	const char *name;
	int error;
} errors[] = {
	{ "another", -1 }, /* no error: there is another address to try next */
	{ "EIO", EIO },
	{ "EPERM", EPERM },
	{ "ENOENT", ENOENT },
	{ "EACCES", EACCES },
	{ "EINVAL", EINVAL },
	{ "ENODATA", ENODATA },
	{ "ENOTCONN", ENOTCONN },
	{ "EOPNOTSUPP", EOPNOTSUPP },
	{ "EILSEQ", EILSEQ },
	{ "ETIMEDOUT", ETIMEDOUT },
	{ "ECONNRESET", ECONNRESET },
	{ "ENETRESET", ENETRESET },
	{ "ECONNREFUSED", ECONNREFUSED },
	{ "EBUSY", EBUSY },
	{ "EBADMSG", EBADMSG },
};

static const struct {
	const char *name;
	uint8_t code;
} methods[] = {
	{ "GET", COAP_GET }, { "POST", COAP_POST }, { "PUT", COAP_PUT }, { "DELETE", COAP_DELETE },
	{ "FETCH", COAP_FETCH }, { "PATCH", COAP_PATCH }, { "IPATCH", COAP_IPATCH },
};

static const char *error_name(int error)
{
	for (size_t i = 0; i < ELEMENTSOF(errors); i++)
		if (errors[i].error == -error)
			return errors[i].name;
	return "?";
}

static int error_parse(const char *name)
{
	for (size_t i = 0; name && i < ELEMENTSOF(errors); i++)
		if (strcmp(errors[i].name, name) == 0)
			return -errors[i].error;
	assert_null(name);
	return 0;
}

/* "/500/0/1=5 /500/0/2=21.5" */
static void print_list(struct transcript *transcript, const struct records *records)
{
	buffer_append_text(&transcript->lines, " {");
	for (size_t i = 0; i < records->count; i++) {
		const struct value *value = &records->items[i].value;
		char text[VALUE_TEXT_MAX], where[PATH_TEXT_MAX];

		path_format(&records->items[i].path, where);
		buffer_printf(&transcript->lines, "%s%s", i ? " " : "", where);
		if (records->items[i].time != 0)
			buffer_printf(&transcript->lines, "@%.13g", records->items[i].time);
		buffer_append_byte(&transcript->lines, '=');
		if (value_type_is_bytes(value->type))
			buffer_append(&transcript->lines, value->bytes.data, value->bytes.len);
		else
			buffer_append(&transcript->lines, text, value_format(value, text));
	}
	buffer_append_byte(&transcript->lines, '}');
}

/* The same of a format that is not legible by itself. */
static void print_records(struct transcript *transcript, int format, const char *base, struct bytes payload)
{
	const struct codec_types types = { registry_type_of, &transcript->fake.registry, .times = true };
	_cleanup_(records_deinit) struct records records = { 0 };
	struct path path;

	assert_int_equal(path_parse(bytes_of(base), &path), 0);
	assert_int_equal(codec_decode(format, &path, payload, &types, &records), 0);
	print_list(transcript, &records);
}

static void print_body(struct transcript *transcript, const struct message *message, const char *base)
{
	struct buffer *lines = &transcript->lines;

	if (message->observe >= 0)
		buffer_printf(lines, " observe=%d", message->observe);
	if (message->format >= 0)
		buffer_printf(lines, " format=%d", message->format);
	if (message->format == CODEC_SENML_CBOR || message->format == CODEC_TLV || message->format == CODEC_LWM2M_CBOR) {
		print_records(transcript, message->format, base, message->payload);
	} else if (message->payload.len > 0) {
		buffer_append_byte(lines, ' ');
		buffer_append(lines, message->payload.data, message->payload.len);
	}
}

static void print_code(struct buffer *lines, uint8_t code)
{
	buffer_printf(lines, "%d.%02d", code >> 5, code & 31);
}

static void print_request(struct transcript *transcript, const struct effect *effect)
{
	const struct message *message = &effect->message;
	struct buffer *lines = &transcript->lines;

	buffer_printf(lines, "request%s %s ", message->confirmable ? "" : " NON",
		message->code == COAP_POST   ? "POST" :
		message->code == COAP_DELETE ? "DELETE" :
		message->code == COAP_GET    ? "GET" :
					       "?");
	buffer_append(lines, message->path.data, message->path.len);
	if (message->query.len > 0) {
		buffer_append_byte(lines, '?');
		buffer_append(lines, message->query.data, message->query.len);
	}
	print_body(transcript, message, "/");
}

static void print_reply(struct transcript *transcript, const struct effect *effect)
{
	const struct message *message = &effect->message;
	struct buffer *lines = &transcript->lines;

	assert_int_equal(effect->id, message->id);
	if (effect->id != transcript->request)
		buffer_printf(lines, "#%u ", effect->id);
	if (message->code == 0) {
		buffer_append_text(lines, "silence");
		return;
	}
	print_code(lines, message->code);
	if (message->path.len > 0)
		buffer_printf(lines, " %.*s", (int)message->path.len, message->path.data);
	/* TLV is relative to what was asked for; the others name it */
	print_body(transcript, message, message->format == CODEC_TLV ? transcript->path : "/");
}

static void print_notify(struct transcript *transcript, const struct effect *effect)
{
	const struct message *message = &effect->message;
	struct buffer *lines = &transcript->lines;
	char base[PATH_TEXT_MAX];

	buffer_append_text(lines, message->confirmable ? "notify CON " : "notify ");
	print_code(lines, message->code);
	buffer_append_text(lines, " token=");
	for (size_t i = 0; i < message->token.len; i++)
		buffer_printf(lines, "%02x", message->token.data[i]);
	snprintf(base, sizeof(base), "%.*s", (int)message->path.len, message->path.data);
	print_body(transcript, message, base);
}

static void print_event(struct transcript *transcript, const struct effect *effect)
{
	static const char *const names[] = {
		[EVENT_REGISTERING] = "registering",
		[EVENT_REGISTERED] = "registered",
		[EVENT_UPDATED] = "updated",
		[EVENT_DEREGISTERED] = "deregistered",
		[EVENT_FAILED] = "failed",
		[EVENT_UNREACHABLE] = "unreachable",
		[EVENT_ASLEEP] = "asleep",
		[EVENT_LOST] = "lost",
		[EVENT_OPERATION_TIMEOUT] = "slow",
		[EVENT_SENT] = "sent",
		[EVENT_HISTORY_FULL] = "full",
		[EVENT_BOOTSTRAPPING] = "bootstrapping",
		[EVENT_BOOTSTRAPPED] = "bootstrapped",
		[EVENT_BOOTSTRAP_FAILED] = "bootstrap failed",
		[EVENT_ACCOUNT_PURGED] = "purged",
		[EVENT_QUOTA] = "quota",
	};
	struct buffer *lines = &transcript->lines;

	buffer_append_text(lines, names[effect->event]);
	if (effect->event == EVENT_REGISTERED || effect->event == EVENT_UPDATED || effect->event == EVENT_SENT)
		buffer_printf(lines, " %llu", (unsigned long long)effect->value);
	if (effect->error < 0)
		buffer_printf(lines, " %s", error_name(effect->error));
	if (effect->message.code) {
		buffer_append_byte(lines, ' ');
		print_code(lines, effect->message.code);
	}
	if (effect->message.path.len > 0)
		buffer_printf(lines, " %.*s", (int)effect->message.path.len, effect->message.path.data);
}

static void print_persist(struct transcript *transcript, const struct effect *effect)
{
	const struct message *message = &effect->message;
	char base[PATH_TEXT_MAX];
	struct bytes oid;

	buffer_clear(&transcript->persisted);
	buffer_append(&transcript->persisted, message->payload.data, message->payload.len);
	if (bytes_equal(message->path, BYTES_LITERAL(ENGINE_ACCOUNTS_NAME))) {
		buffer_append_text(&transcript->lines, "persist accounts");
		return;
	}
	oid = BYTES(message->path.data + strlen("object-"), message->path.len - strlen("object-"));

	buffer_printf(&transcript->lines, "persist %.*s", (int)oid.len, oid.data);
	snprintf(base, sizeof(base), "/%.*s", (int)oid.len, oid.data);
	print_records(transcript, CODEC_SENML_CBOR, base, message->payload);
}

/* Neither is what it was not told yet: see transcript->history. */
static void keep_history(struct transcript *transcript, struct bytes contents)
{
	buffer_clear(&transcript->history);
	buffer_append(&transcript->history, contents.data, contents.len);
	transcript->n_history++;
}

/* What is kept of servers is no line of the transcript: see transcript->kept. */
/* "answer {…}", "answer" or "answer ERROR"; later ones of what was begun before have their number before them. */
static void print_answer(struct transcript *transcript, const struct effect *effect)
{
	buffer_append_text(&transcript->lines, "answer");
	if (effect->error < 0)
		buffer_printf(&transcript->lines, " %s", error_name(effect->error));
	else if (effect->records)
		print_list(transcript, effect->records);
}

static bool keep_server(struct transcript *transcript, const struct effect *effect)
{
	const struct message *message = &effect->message;
	unsigned int short_id;
	char name[32];

	if (effect->type != EFFECT_PERSIST)
		return false;
	snprintf(name, sizeof(name), "%.*s", (int)message->path.len, message->path.data);
	if (strncmp(name, "history-", strlen("history-")) == 0) {
		keep_history(transcript, message->payload);
		return true;
	}
	if (sscanf(name, "server-%u", &short_id) != 1)
		return false;
	for (unsigned int i = 0; i < ELEMENTSOF(transcript->kept); i++) {
		struct server *server = servers_find_short_id(&transcript->servers, (uint16_t)short_id);

		if (!server || server->session != i)
			continue;
		buffer_clear(&transcript->kept[i]);
		buffer_append(&transcript->kept[i], message->payload.data, message->payload.len);
		transcript->n_kept++;
	}
	return true;
}

static void print_effect(struct transcript *transcript, const struct effect *effect)
{
	struct buffer *lines = &transcript->lines;

	if (keep_server(transcript, effect))
		return;

	if (effect->server && effect->server->session > 0)
		buffer_printf(lines, "@%u ", effect->server->session);
	if (effect->type == EFFECT_REQUEST)
		transcript->sent[effect->message.session] = effect->id;
	if (effect->type == EFFECT_NOTIFY)
		transcript->notified[effect->message.session] = effect->id;
	switch (effect->type) {
	case EFFECT_CONNECT:
		buffer_append_text(lines, "connect");
		break;
	case EFFECT_CLOSE:
		buffer_append_text(lines, "close");
		break;
	case EFFECT_REBIND:
		buffer_append_text(lines, "rebind");
		break;
	case EFFECT_REQUEST:
		print_request(transcript, effect);
		break;
	case EFFECT_REPLY:
		print_reply(transcript, effect);
		break;
	case EFFECT_NOTIFY:
		print_notify(transcript, effect);
		break;
	case EFFECT_PERSIST:
		print_persist(transcript, effect);
		break;
	case EFFECT_EVENT:
		print_event(transcript, effect);
		break;
	case EFFECT_ANSWER:
		print_answer(transcript, effect);
		break;
	}
	buffer_append_byte(lines, '\n');
}

static void drain(struct transcript *transcript)
{
	const struct effect *effect;

	while (engine_next(transcript->engine, &effect) > 0)
		print_effect(transcript, effect);
}

/* What the owner of an engine does after each call. */
static void settle(struct transcript *transcript)
{
	drain(transcript);
	for (unsigned int i = 0; engine_deadline(transcript->engine) <= transcript->now; i++) {
		assert_true(i < 100);
		engine_tick(transcript->engine, transcript->now);
		drain(transcript);
	}
}

/* Ticks at each deadline before at; nothing may come of it. */
static void pass_time(struct transcript *transcript, usec_t at)
{
	usec_t deadline;

	while (transcript->now < at && (deadline = engine_deadline(transcript->engine)) < at) {
		transcript->now = deadline > transcript->now ? deadline : transcript->now;
		settle(transcript);
		if (transcript->lines.len > 0)
			fail_msg("at %.3f s, before its step: %.*s", (double)transcript->now / 1e6,
				(int)transcript->lines.len, transcript->lines.data);
	}
	transcript->now = at;
}

static const char *next_word(char **rest)
{
	char *word = strsep(rest, " ");

	return word && *word ? word : NULL;
}

static int32_t number_after(const char *word, const char *name)
{
	return strncmp(word, name, strlen(name)) == 0 ? atoi(word + strlen(name)) : -1;
}

/* Two hexadecimal digits a byte. */
static size_t parse_hex(const char *text, uint8_t *ret)
{
	size_t len = 0;

	for (unsigned int byte; sscanf(text + 2 * len, "%2x", &byte) == 1; len++)
		ret[len] = (uint8_t)byte;
	return len;
}

static void parse_option(const char *word, struct message *message, uint8_t token[COAP_TOKEN_MAX])
{
	if (strncmp(word, "observe=", 8) == 0)
		message->observe = number_after(word, "observe=");
	else if (strncmp(word, "accept=", 7) == 0)
		message->accept = number_after(word, "accept=");
	else if (strncmp(word, "format=", 7) == 0)
		message->format = number_after(word, "format=");
	else if (strncmp(word, "offset=", 7) == 0)
		message->offset = (uint64_t)number_after(word, "offset=");
	else if (strncmp(word, "token=", 6) == 0)
		message->token = BYTES(token, parse_hex(word + 6, token));
	else if (strcmp(word, "more") == 0)
		message->more = true;
	else
		fail_msg("unknown option %s", word);
}

/* The rest after the path: options, then a text in quotes or x: and hexadecimal digits. */
static void play_request(struct transcript *transcript, uint16_t session, uint8_t code, char *rest)
{
	struct message message = {
		.session = session, .code = code, .accept = -1, .format = -1, .observe = -1
	};
	const char *target = next_word(&rest), *query = strchrnul(target, '?'), *word;
	uint8_t token[COAP_TOKEN_MAX], payload[512];

	message.id = ++transcript->request;
	snprintf(transcript->path, sizeof(transcript->path), "%.*s", (int)(query - target), target);
	message.confirmable = true;
	message.path = BYTES(target, (size_t)(query - target));
	if (*query)
		message.query = bytes_of(query + 1);
	while (rest && *rest != '"' && strncmp(rest, "x:", 2) != 0 && (word = next_word(&rest)))
		parse_option(word, &message, token);
	if (rest && *rest == '"')
		message.payload = BYTES(rest + 1, strlen(rest) - 2);
	else if (rest)
		message.payload = BYTES(payload, parse_hex(rest + 2, payload));
	engine_request(transcript->engine, transcript->now, &message);
}

static void play_answer(struct transcript *transcript, uint16_t session, char *rest)
{
	const char *code = next_word(&rest);
	struct message response = { .session = session, .accept = -1, .format = -1, .observe = -1 };

	response.code = COAP_CODE(code[0] - '0', atoi(code + 2));
	if (rest && strncmp(rest, "format=", 7) == 0) {
		response.format = number_after(next_word(&rest), "format=");
		response.payload = bytes_of(rest);
	} else if (rest) {
		response.path = bytes_of(rest);
	}
	engine_response(transcript->engine, transcript->now, transcript->sent[session], 0, &response);
}

static void play_set(struct transcript *transcript, char *rest)
{
	struct path path;

	assert_int_equal(path_parse(bytes_of(next_word(&rest)), &path), 0);
	fake_objects_set(&transcript->fake, &path, rest);
}

static void play_come_or_go(struct transcript *transcript, bool come, const char *text)
{
	struct object *object;
	struct path path;

	assert_int_equal(path_parse(bytes_of(text), &path), 0);
	object = fake_objects_get(&transcript->fake, path.ids[0]);
	if (path.depth == PATH_INSTANCE && come)
		assert_int_equal(object_add_instance(object, path.ids[1]), 0);
	else if (path.depth == PATH_INSTANCE)
		object_remove_instance(object, path.ids[1]);
	else if (come)
		assert_int_equal(registry_add(&transcript->fake.registry, object), 0);
	else
		registry_remove(&transcript->fake.registry, object);
}

/* The values have the time 1000. What the engine answers at once is a line. */
static void play_send(struct transcript *transcript, const struct server *server, bool confirmable, char *rest)
{
	struct path paths[8];
	struct engine_send send = { .paths = paths, .time = 1000, .format = CODEC_SENML_JSON,
		.confirmable = confirmable };
	const char *word;
	int r;

	while (rest && (word = next_word(&rest)))
		assert_int_equal(path_parse(bytes_of(word), &paths[send.n_paths++]), 0);
	r = engine_send(transcript->engine, transcript->now, server, &send);
	if (r < 0)
		buffer_printf(&transcript->lines, "not sent %s\n", error_name(r));
}

/* read PATH, write PATH VALUE (of the resource's type), add PATH VALUE, execute PATH ARGUMENTS */
static void play_operate(struct transcript *transcript, char *rest)
{
	const char *verb = next_word(&rest);
	struct engine_operation operation = { .type = OPERATION_READ };
	struct value value;
	uint32_t id;
	int r;

	assert_int_equal(path_parse(bytes_of(next_word(&rest)), &operation.path), 0);
	if (strcmp(verb, "execute") == 0) {
		operation.type = OPERATION_EXECUTE;
		operation.arguments = bytes_of(rest ? rest : "");
	} else if (strcmp(verb, "read") != 0) {
		operation.type = *verb == 'a' ? OPERATION_WRITE_UPDATE : OPERATION_WRITE_REPLACE;
		operation.value = &value;
		value = VALUE_OPAQUE(rest, strlen(rest));
		(void)value_parse(bytes_of(rest),
			registry_type_of(&transcript->fake.registry, &operation.path), &value);
	}
	r = engine_operate(transcript->engine, transcript->now, &operation, &id);
	if (r < 0)
		buffer_printf(&transcript->lines, "refused %s\n", error_name(r));
}

static void play_register(struct transcript *transcript, const struct server *server)
{
	int r = engine_register(transcript->engine, transcript->now, server);

	if (r < 0)
		buffer_printf(&transcript->lines, "refused %s\n", error_name(r));
}

/* The objects that this machine watches from now on: watch 500 501 */
static void play_watch(struct transcript *transcript, char *rest)
{
	uint16_t oids[8];
	const char *word;
	size_t n = 0;

	while (rest && (word = next_word(&rest)))
		oids[n++] = (uint16_t)atoi(word);
	assert_int_equal(engine_watch(transcript->engine, transcript->now, oids, n), 0);
}

static bool play_engine(struct transcript *transcript, uint16_t session, const char *verb, char *rest)
{
	struct server *server = transcript_server(transcript, session);
	struct engine *engine = transcript->engine;
	usec_t now = transcript->now;

	if (strcmp(verb, "bootstrap") == 0)
		assert_int_equal(engine_bootstrap(engine, now), 0);
	else if (strcmp(verb, "send") == 0 || strcmp(verb, "sendnon") == 0)
		play_send(transcript, server, strcmp(verb, "send") == 0, rest);
	else if (strcmp(verb, "operate") == 0)
		play_operate(transcript, rest);
	else if (strcmp(verb, "start") == 0)
		engine_start(engine, now);
	else if (strcmp(verb, "stop") == 0)
		engine_stop(engine, now, false);
	else if (strcmp(verb, "deregister") == 0)
		engine_stop(engine, now, true);
	else if (strcmp(verb, "update") == 0)
		engine_update(engine, now, server);
	else if (strcmp(verb, "register") == 0)
		play_register(transcript, server);
	else if (strcmp(verb, "leave") == 0)
		engine_deregister(engine, now, server);
	else if (strcmp(verb, "watch") == 0)
		play_watch(transcript, rest);
	else if (strcmp(verb, "clock") == 0)
		engine_set_wall_clock(engine, now, (int64_t)atoi(rest) * (int64_t)SEC - (int64_t)now);
	else if (strcmp(verb, "move") == 0)
		engine_network_changed(engine, now);
	else if (strcmp(verb, "disable") == 0)
		engine_disable(engine, now, server);
	else if (strcmp(verb, "connected") == 0)
		engine_connected(engine, now, session, error_parse(next_word(&rest)));
	else if (strcmp(verb, "answer") == 0)
		play_answer(transcript, session, rest);
	else if (strcmp(verb, "unanswered") == 0)
		engine_response(engine, now, transcript->sent[session], -ETIMEDOUT, NULL);
	else if (strcmp(verb, "reset") == 0)
		engine_response(engine, now, transcript->sent[session], -ECONNRESET, NULL);
	else if (strcmp(verb, "confirmed") == 0)
		engine_response(engine, now, transcript->notified[session], 0, NULL);
	else if (strcmp(verb, "unconfirmed") == 0)
		engine_response(engine, now, transcript->notified[session], -ETIMEDOUT, NULL);
	else if (strcmp(verb, "refused") == 0)
		engine_response(engine, now, transcript->notified[session], -ECONNRESET, NULL);
	else
		return false;
	return true;
}

static bool play_server(struct transcript *transcript, uint16_t session, const char *verb, char *rest)
{
	struct server *server = transcript_server(transcript, session);

	if (strcmp(verb, "lifetime") == 0)
		server->lifetime_s = (uint32_t)atoi(rest);
	else if (strcmp(verb, "queue") == 0)
		server->queue = true;
	else if (strcmp(verb, "storing") == 0)
		server->notification_storing = atoi(rest);
	else if (strcmp(verb, "size") == 0)
		server->history_size = (uint32_t)atoi(rest);
	else if (strcmp(verb, "sync") == 0)
		server->history_sync_s = (uint32_t)atoi(rest);
	else if (strcmp(verb, "mute") == 0)
		server->mute_send = atoi(rest);
	else if (strcmp(verb, "binding") == 0)
		stpcpy(server->binding, rest);
	else if (strcmp(verb, "pmin") == 0)
		server->pmin_s = (uint32_t)atoi(rest);
	else if (strcmp(verb, "pmax") == 0)
		server->pmax_s = (uint32_t)atoi(rest);
	else if (strcmp(verb, "priority") == 0)
		server->priority = (uint32_t)atoi(rest);
	else if (strcmp(verb, "delay") == 0)
		server->initial_delay_s = (uint32_t)atoi(rest);
	else if (strcmp(verb, "block") == 0)
		server->failure_block = true;
	else if (strcmp(verb, "profile") == 0)
		server->profile_id = true;
	else if (strcmp(verb, "hash") == 0)
		server->profile_hash = (uint32_t)atoi(rest);
	else if (strcmp(verb, "con") == 0)
		server->notification_mode = SERVER_NOTIFY_CON;
	else
		return false;
	registry_changed(&transcript->fake.registry, &PATH2(1, server->server_iid));
	return true;
}

static void not_kept(struct transcript *transcript, const char *name)
{
	const struct effect effect = { .type = EFFECT_PERSIST, .message.path = bytes_of(name) };

	engine_not_kept(transcript->engine, transcript->now, &effect);
}

static bool play_objects(struct transcript *transcript, const char *verb, char *rest)
{
	if (strcmp(verb, "set") == 0)
		play_set(transcript, rest);
	else if (strcmp(verb, "add") == 0 || strcmp(verb, "remove") == 0)
		play_come_or_go(transcript, *verb == 'a', rest);
	else if (strcmp(verb, "hold") == 0)
		transcript->fake.hold = true;
	else if (strcmp(verb, "lie") == 0)
		transcript->fake.fail = 1;
	else if (strcmp(verb, "notkept") == 0)
		not_kept(transcript, rest);
	else if (strcmp(verb, "keepagain") == 0)
		engine_keep_again(transcript->engine, transcript->now);
	else if (strcmp(verb, "keep") == 0)
		registry_persist(&transcript->fake.registry, (uint16_t)atoi(rest + 1));
	else if (strcmp(verb, "fail") == 0)
		transcript->fake.fail = error_parse(rest);
	else if (strcmp(verb, "done") == 0)
		fake_objects_answer(&transcript->fake, error_parse(next_word(&rest)));
	else
		return false;
	return true;
}

static void play_verb(struct transcript *transcript, const char *does)
{
	_cleanup_(freep) char *copy = strdup(does);
	char *rest = copy;
	uint16_t session = 0;
	const char *verb = next_word(&rest);

	if (*verb == '@') {
		session = (uint16_t)atoi(verb + 1);
		verb = next_word(&rest);
	}
	for (size_t i = 0; i < ELEMENTSOF(methods); i++)
		if (strcmp(verb, methods[i].name) == 0) {
			play_request(transcript, session, methods[i].code, rest);
			return;
		}
	if (!play_engine(transcript, session, verb, rest) && !play_server(transcript, session, verb, rest) &&
	    !play_objects(transcript, verb, rest))
		fail_msg("unknown verb %s", verb);
}

void transcript_do(struct transcript *transcript, usec_t at, const char *does)
{
	transcript->now = at;
	if (does)
		play_verb(transcript, does);
	settle(transcript);
	buffer_clear(&transcript->lines);
}

void transcript_feed(struct transcript *transcript, const char *does)
{
	play_verb(transcript, does);
}

static void play_step(struct transcript *transcript, const struct step *step)
{
	usec_t at = step->at + transcript->shift;

	if (step->until > 0) {
		usec_t deadline = engine_deadline(transcript->engine);

		if (deadline < at || deadline > step->until + transcript->shift)
			fail_msg("due at %.3f s instead of from %.3f to %.3f s", (double)deadline / 1e6,
				(double)at / 1e6, (double)(step->until + transcript->shift) / 1e6);
		transcript->shift += deadline - at;
		at = deadline;
	}
	pass_time(transcript, at);
	if (step->does)
		play_verb(transcript, step->does);
	settle(transcript);
}

void transcript_steps(struct transcript *transcript, const struct step *steps, size_t n_steps)
{
	for (size_t i = 0; i < n_steps; i++) {
		struct buffer *lines = &transcript->lines;
		const char *wanted = steps[i].expect ? steps[i].expect : "";

		buffer_clear(lines);
		play_step(transcript, &steps[i]);
		if (lines->len > 0)
			lines->len--; /* the last newline */
		if (!bytes_equal(buffer_bytes(lines), bytes_of(wanted)))
			fail_msg("step %zu, at %.3f s, \"%s\" gave\n%.*s\ninstead of\n%s", i,
				(double)steps[i].at / 1e6, steps[i].does ? steps[i].does : "",
				(int)lines->len, lines->data, wanted);
		buffer_clear(lines);
	}
}

static void add_server(
	struct transcript *transcript, const struct transcript_config *config, unsigned int index)
{
	struct server *server;
	char name[16];

	snprintf(name, sizeof(name), "s%u", index);
	assert_int_equal(server_new(&transcript->servers, name, &server), 0);
	server->short_id = (uint16_t)(index + 1);
	server->uri = strdup("coap://192.0.2.1");
	server->lifetime_s = config->lifetime_s ? config->lifetime_s : 300;
	server->pmin_s = config->pmin_s;
	server->pmax_s = config->pmax_s;
	if (config->psk)
		server->mode = SECURITY_PSK;
	if (config->version_minor)
		server->version = config->version_minor == 2 ? LWM2M_1_2 : LWM2M_1_1;
	server->queue = config->queue;
	if (config->awake_s)
		server->awake_s = config->awake_s;
	if (config->retry_count)
		server->retry_count = config->retry_count;
	if (config->sequence_count)
		server->sequence_count = config->sequence_count;
}

static void add_bootstrap_server(struct transcript *transcript, const struct transcript_config *config)
{
	struct server *server;

	assert_int_equal(server_new(&transcript->servers, "bootstrap", &server), 0);
	server->bootstrap = true;
	server->uri = strdup("coap://192.0.2.2");
	server->hold_off_s = config->hold_off_s;
	server->account_timeout_s = config->account_timeout_s;
	if (config->version_minor)
		server->version = config->version_minor == 2 ? LWM2M_1_2 : LWM2M_1_1;
}

void transcript_init(struct transcript *transcript, const struct transcript_config *config)
{
	struct engine_config engine = { .endpoint = "dev", .seed = 1, .limits = config->limits,
		.accounts = config->accounts, .accounts_userdata = transcript,
		.bootstrapped = config->bootstrapped };

	*transcript = (struct transcript){ 0 };
	servers_init(&transcript->servers);
	for (unsigned int i = 0; i < (config->servers || config->no_server ? config->servers : 1); i++)
		add_server(transcript, config, i);
	if (config->accounts)
		add_bootstrap_server(transcript, config);
	fake_objects_init(&transcript->fake, &transcript->lines);
	assert_int_equal(
		engine_new(&engine, &transcript->fake.registry, &transcript->servers, &transcript->engine),
		0);
}

void transcript_deinit(struct transcript *transcript)
{
	engine_free(transcript->engine);
	fake_objects_deinit(&transcript->fake);
	servers_deinit(&transcript->servers);
	buffer_deinit(&transcript->lines);
	buffer_deinit(&transcript->persisted);
	buffer_deinit(&transcript->history);
	for (size_t i = 0; i < ELEMENTSOF(transcript->kept); i++)
		buffer_deinit(&transcript->kept[i]);
}

struct server *transcript_server(struct transcript *transcript, unsigned int index)
{
	struct server *server;

	list_for_each(server, &transcript->servers.list, link)
		if (index-- == 0)
			return server;
	fail_msg("there is no such server");
	return NULL;
}

void transcript_play(const struct transcript_config *config, const struct step *steps, size_t n_steps)
{
	struct transcript transcript;

	transcript_init(&transcript, config);
	transcript_steps(&transcript, steps, n_steps);
	transcript_deinit(&transcript);
}
