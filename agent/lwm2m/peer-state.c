/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a restart brings back of a server: lines of text, each a word and what it is about.
 *
 *	server coap://192.0.2.1:5683 gateway-7     whose state this is: URI and endpoint
 *	registration 1.1 /rd/5a                    version, location
 *	attributes /3/0 pmin=10&pmax=60
 *	composite 0af3 /3/0/0,/1/0/1 112 112 17    the same of several paths
 *	observation 0af3 /3303/0/5700 112 112 17   token, path, Accept, Content-Format, Observe; and its own attributes
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/hash.h"
#include "lwm2m/composite.h"

/* A server that asks for observation after observation makes two writes a second. */
#define WRITE_INTERVAL USEC_PER_SEC

/*
 * The Observe option has to go on from a greater number (RFC 7641, 3.4). How far it got since the state was written is
 * not known, but see PEER_STATE_SEQUENCE: less than this, and twice this is what still counts as greater.
 */
#define SEQUENCE_STEP 0x400000
#define SEQUENCE_MASK 0xffffff

void engine_server_name(const struct server *server, char ret[ENGINE_NAME_MAX])
{
	snprintf(ret, ENGINE_NAME_MAX, "server-%u", server->short_id);
}

void peer_state_changed(struct engine *engine, struct peer *peer)
{
	for (size_t i = 0; i < engine->n_peers; i++)
		if ((!peer || peer == &engine->peers[i]) && !engine->peers[i].state_final)
			engine->peers[i].state_changed = true;
}

/* ";pmin=10;pmax=60" of a link becomes " pmin=10&pmax=60". */
static int append_query(struct buffer *buffer, const struct attributes *attributes)
{
	size_t start = buffer->len;
	int r = attributes_format(attributes, buffer);

	for (size_t i = start; i < buffer->len; i++)
		if (buffer->data[i] == ';')
			buffer->data[i] = i == start ? ' ' : '&';
	return r;
}

static int append_attributes(struct buffer *buffer, const struct attributes_entry *entry)
{
	char path[PATH_TEXT_MAX];
	int r;

	path_format(&entry->path, path);
	r = buffer_printf(buffer, "attributes %s", path);
	if (r >= 0)
		r = append_query(buffer, &entry->attributes);
	return r < 0 ? r : buffer_append_byte(buffer, '\n');
}

static int append_paths(struct buffer *buffer, const struct path *paths, size_t n_paths)
{
	char text[PATH_TEXT_MAX];
	int r = 0;

	for (size_t i = 0; i < n_paths && r >= 0; i++) {
		path_format(&paths[i], text);
		r = buffer_printf(buffer, "%s%s", i ? "," : "", text);
	}
	return r;
}

static int append_observation(struct buffer *buffer, const struct observation *observation)
{
	bool composite = observation->n_paths > 0;
	int r = buffer_append_text(buffer, composite ? "composite " : "observation ");

	for (size_t i = 0; i < observation->token_len && r >= 0; i++)
		r = buffer_printf(buffer, "%02x", observation->token[i]);
	if (r >= 0)
		r = buffer_append_text(buffer, observation->token_len ? " " : "- ");
	if (r >= 0)
		r = composite ? append_paths(buffer, observation->paths, observation->n_paths) :
				append_paths(buffer, &observation->path, 1);
	if (r >= 0)
		r = buffer_printf(buffer, " %d %d %u", observation->accept, observation->format,
			observation->sequence);
	if (r >= 0 && observation->own)
		r = append_query(buffer, observation->own);
	return r < 0 ? r : buffer_append_byte(buffer, '\n');
}

/* A location is the server's choice: one with control characters is not kept. */
static int append_registration(struct buffer *buffer, const struct registration *registration)
{
	struct bytes location = buffer_bytes(&registration->location);

	for (size_t i = 0; i < location.len; i++)
		if (location.data[i] < ' ')
			return 0;
	return buffer_printf(buffer, "registration %s %.*s\n", version_name(registration->version),
		(int)location.len, (const char *)location.data);
}

/*
 * Without the registration and what is gone with it where that is not whole: an Update would say that all stands, and
 * what came since would be missing. So the next start registers anew.
 */
static int append_state(const struct engine *engine, const struct peer *peer, bool whole,
			struct buffer *buffer)
{
	uint16_t session = peer->server->session;
	int r = buffer_printf(buffer, "server %s %s\n", peer->server->uri, engine->endpoint);

	if (r >= 0 && peer->known && whole)
		r = append_registration(buffer, &peer->registration);
	for (size_t i = 0; i < engine->attributes.count && r >= 0; i++)
		if (engine->attributes.entries[i].session == session)
			r = append_attributes(buffer, &engine->attributes.entries[i]);
	for (size_t i = 0; i < engine->observations.count && r >= 0 && whole; i++)
		if (engine->observations.items[i]->session == session)
			r = append_observation(buffer, engine->observations.items[i]);
	return r;
}

static void write_state(struct engine *engine, struct peer *peer, bool whole)
{
	struct effect *effect = effects_add(engine->effects, EFFECT_PERSIST);
	char name[ENGINE_NAME_MAX];
	uint64_t written;

	if (!effect) {
		peer->state_changed = true;
		return;
	}
	effect->server = peer->server;
	engine_server_name(peer->server, name);
	if (buffer_append_text(effects_path(effect), name) < 0 ||
		append_state(engine, peer, whole, effects_payload(effect)) < 0) {
		effects_cancel(engine->effects, effect);
		peer->state_changed = true;
		return;
	}
	written = hash_bytes(HASH_INIT, buffer_bytes(effects_payload(effect)));
	if (written == peer->state_written)
		effects_cancel(engine->effects, effect);
	peer->state_written = written;
}

void peer_state_write(struct engine *engine, struct peer *peer)
{
	peer->state_changed = false;
	peer->state_not_before = usec_add(engine->now, WRITE_INTERVAL);
	write_state(engine, peer, true);
}

void peer_state_keep(struct engine *engine, struct peer *peer)
{
	peer_state_changed(engine, peer);
	if (!peer->state_changed)
		return;
	if (peer->state_not_before <= engine->now)
		peer_state_write(engine, peer);
	else
		write_state(engine, peer, false);
}

void peer_state_tick(struct engine *engine, struct peer *peer)
{
	if (peer_state_deadline(peer) <= engine->now)
		peer_state_write(engine, peer);
}

/* Takes what is before the separator, and the separator, off text; all of it where there is none. */
static struct bytes take(struct bytes *text, char separator)
{
	const uint8_t *end = text->len > 0 ? memchr(text->data, separator, text->len) : NULL;
	struct bytes taken = BYTES(text->data, end ? (size_t)(end - text->data) : text->len);
	size_t used = taken.len + (end ? 1 : 0);

	*text = BYTES(text->data + used, text->len - used);
	return taken;
}

static int take_path(struct bytes *line, struct path *ret)
{
	return path_parse(take(line, ' '), ret) < 0 ? -EBADMSG : 0;
}

static int take_number(struct bytes *line, long min, long max, long *ret)
{
	struct bytes word = take(line, ' ');
	char text[16], *end;

	if (word.len == 0 || word.len >= sizeof(text))
		return -EBADMSG;
	memcpy(text, word.data, word.len);
	text[word.len] = '\0';
	*ret = strtol(text, &end, 10);
	return *end || *ret < min || *ret > max ? -EBADMSG : 0;
}

static int hex_digit(uint8_t c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int take_token(struct bytes *line, uint8_t token[COAP_TOKEN_MAX], size_t *ret_len)
{
	struct bytes word = take(line, ' ');

	*ret_len = 0;
	if (bytes_equal(word, BYTES_LITERAL("-")))
		return 0;
	if (word.len % 2 != 0 || word.len > 2 * COAP_TOKEN_MAX)
		return -EBADMSG;
	for (; *ret_len < word.len / 2; ++*ret_len) {
		int high = hex_digit(word.data[2 * *ret_len]), low = hex_digit(word.data[2 * *ret_len + 1]);

		if (high < 0 || low < 0)
			return -EBADMSG;
		token[*ret_len] = (uint8_t)(high << 4 | low);
	}
	return 0;
}

static int read_server(struct engine *engine, usec_t now, struct peer *peer, struct bytes line)
{
	struct bytes uri = take(&line, ' ');

	if (bytes_equal(uri, bytes_of(peer->server->uri)) && bytes_equal(line, bytes_of(engine->endpoint)))
		return 0;
	return -ESTALE;
}

static int read_registration(struct engine *engine, usec_t now, struct peer *peer, struct bytes line)
{
	enum lwm2m_version version;
	int r = version_parse(take(&line, ' '), &version);

	if (r < 0 || line.len < 2 || line.data[0] != '/')
		return -EBADMSG;
	return registration_resume(&peer->registration, version, line);
}

static int read_attributes(struct engine *engine, usec_t now, struct peer *peer, struct bytes line)
{
	struct attributes attributes = { 0 };
	struct path path;

	if (take_path(&line, &path) < 0 || attributes_parse(line, &attributes) < 0)
		return -EBADMSG;
	return attributes_put(&engine->attributes, peer->server->session, &path, &attributes);
}

/* What is not there any more is found out when the value is read. */
static int read_watch(struct engine *engine, usec_t now, struct peer *peer, struct bytes line,
		      const struct path *path, struct bytes token, struct observation **ret)
{
	struct attributes own = { 0 };
	struct observation *observation;
	long accept, format, sequence;
	int r;

	if (take_number(&line, -1, UINT16_MAX, &accept) < 0 ||
		take_number(&line, 0, UINT16_MAX, &format) < 0 ||
		take_number(&line, 0, SEQUENCE_MASK, &sequence) < 0 ||
		(line.len > 0 && attributes_parse(line, &own) < 0))
		return -EBADMSG;
	r = observation_add(&engine->observations, now, peer->server->session, path, token, &observation);
	if (r < 0)
		return r;
	observation->accept = (int32_t)accept;
	observation->format = (int32_t)format;
	observation->sequence = ((uint32_t)sequence + SEQUENCE_STEP) & SEQUENCE_MASK;
	observation->changed = true;
	observation_suspend(&engine->observations, observation);
	*ret = observation;
	return observation_set_own(observation, &own);
}

static int read_observation(struct engine *engine, usec_t now, struct peer *peer, struct bytes line)
{
	struct observation *observation;
	uint8_t token[COAP_TOKEN_MAX];
	size_t token_len;
	struct path path;

	if (take_token(&line, token, &token_len) < 0 || take_path(&line, &path) < 0 ||
		path.depth == PATH_ROOT)
		return -EBADMSG;
	return read_watch(engine, now, peer, line, &path, BYTES(token, token_len), &observation);
}

static int read_composite(struct engine *engine, usec_t now, struct peer *peer, struct bytes line)
{
	struct path paths[COMPOSITE_PATHS_MAX];
	struct observation *observation;
	uint8_t token[COAP_TOKEN_MAX];
	size_t token_len, n_paths = 0;
	const struct path root = PATH0();
	struct bytes words;
	int r;

	if (take_token(&line, token, &token_len) < 0)
		return -EBADMSG;
	words = take(&line, ' ');
	do {
		if (n_paths == COMPOSITE_PATHS_MAX || path_parse(take(&words, ','), &paths[n_paths++]) < 0)
			return -EBADMSG;
	} while (words.len > 0);
	r = read_watch(engine, now, peer, line, &root, BYTES(token, token_len), &observation);
	return r < 0 ? r : observation_set_paths(&engine->observations, observation, paths, n_paths);
}

static const struct {
	const char *word;
	int (*read)(struct engine *engine, usec_t now, struct peer *peer, struct bytes line);
} lines[] = {
	{ "server", read_server },
	{ "registration", read_registration },
	{ "attributes", read_attributes },
	{ "observation", read_observation },
	{ "composite", read_composite },
};

static int read_line(struct engine *engine, usec_t now, struct peer *peer, struct bytes line, bool first)
{
	struct bytes word = take(&line, ' ');

	for (size_t i = 0; i < ELEMENTSOF(lines); i++)
		if (bytes_equal(word, bytes_of(lines[i].word)))
			return first == (i == 0) ? lines[i].read(engine, now, peer, line) : -EBADMSG;
	return -EBADMSG;
}

static void forget(struct engine *engine, struct peer *peer)
{
	(void)registration_resume(&peer->registration, peer->server->version, BYTES(NULL, 0));
	attributes_forget_session(&engine->attributes, peer->server->session);
	notify_forget_peer(engine, peer);
}

int engine_resume(struct engine *engine, usec_t now, const struct server *server, struct bytes state)
{
	struct peer *peer = peer_find_server(engine, server);
	bool first = true;
	int r = 0;

	if (!peer)
		return -ENOENT;
	if (peer->registration.state != REGISTRATION_IDLE)
		return -EBUSY;
	peer->suspended = true;
	while (state.len > 0 && r == 0) {
		r = read_line(engine, now, peer, take(&state, '\n'), first);
		first = false;
	}
	if (r < 0) {
		forget(engine, peer);
		return r;
	}
	peer->known = peer->registration.location.len > 0;
	notify_apply_attributes_all(engine);
	for (size_t i = 0; i < engine->registry->n_objects; i++)
		notify_watch(engine, engine->registry->objects[i]);
	return 0;
}
