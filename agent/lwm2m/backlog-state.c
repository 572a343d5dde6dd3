/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a restart brings back of a server's history, where the account says so (history_sync_s): lines of
 * text.
 *
 *	history 1                         the format
 *	0af3 1795617129000000 gaFhMA==    token of the observation, microseconds since 1970, SenML CBOR in Base64
 *
 * It goes with what peer-state.c keeps: a line of an observation that is not there is left out.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/base64.h"
#include "base/cleanup.h"
#include "lwm2m/engine-internal.h"

#define HEAD "history 1\n"

void engine_history_name(const struct server *server, char ret[ENGINE_NAME_MAX])
{
	snprintf(ret, ENGINE_NAME_MAX, "history-%u", server->short_id);
}

static int append_token(struct buffer *buffer, const struct observation *observation)
{
	int r = observation->token_len == 0 ? buffer_append_byte(buffer, '-') : 0;

	for (size_t i = 0; i < observation->token_len && r >= 0; i++)
		r = buffer_printf(buffer, "%02x", observation->token[i]);
	return r;
}

static int append_entry(
	const struct history_clock *clock, const struct history_entry *entry, struct buffer *buffer)
{
	int r = append_token(buffer, entry->observation);
	uint8_t *text;

	if (r >= 0)
		r = buffer_printf(buffer, " %" PRId64 " ", entry->at + (entry->wall ? 0 : clock->ahead));
	if (r >= 0)
		r = buffer_reserve(buffer, BASE64_TEXT_MAX(entry->len), &text);
	if (r < 0)
		return r;
	buffer->len += base64_encode(BYTES(entry->data, entry->len), false, (char *)text);
	return buffer_append_byte(buffer, '\n');
}

/* As long as the wall clock is not set nobody could say later of when an entry is. */
static int append_state(const struct engine *engine, const struct peer *peer, struct buffer *buffer)
{
	struct history_clock clock = backlog_clock(engine);
	const struct history_entry *entry;
	int r = 0;

	list_for_each(entry, &peer->history.entries, link) {
		if (!entry->wall && !clock.known)
			continue;
		if (buffer->len == 0)
			r = buffer_append_text(buffer, HEAD);
		if (r >= 0)
			r = append_entry(&clock, entry, buffer);
		if (r < 0)
			return r;
	}
	return 0;
}

void backlog_state_write(struct engine *engine, struct peer *peer)
{
	struct effect *effect;
	char name[ENGINE_NAME_MAX];

	if (!peer->history_changed || (history_is_empty(&peer->history) && !peer->history_kept)) {
		peer->history_changed = false;
		return;
	}
	effect = effects_add(engine->effects, EFFECT_PERSIST);
	if (!effect)
		return;
	engine_history_name(peer->server, name);
	if (buffer_append_text(effects_path(effect), name) < 0 ||
		append_state(engine, peer, effects_payload(effect)) < 0) {
		effects_cancel(engine->effects, effect);
		peer->history_not_before = usec_add(engine->now, USEC_PER_SEC);
		return;
	}
	peer->history_changed = false;
	if (effects_payload(effect)->len == 0 && !peer->history_kept)
		effects_cancel(engine->effects, effect);
	else
		peer->history_kept = effects_payload(effect)->len > 0;
}

void backlog_changed(struct engine *engine, struct peer *peer)
{
	bool over = peer->history_kept && history_is_empty(&peer->history);

	if (peer->state_final || (!over && peer->server->history_sync_s == 0))
		return;
	if (!peer->history_changed)
		peer->history_not_before = usec_add(engine->now, usec_from_s(peer->server->history_sync_s));
	peer->history_changed = true;
	if (over)
		backlog_state_write(engine, peer);
}

void backlog_state_tick(struct engine *engine, struct peer *peer)
{
	if (peer->history_changed && peer->history_not_before <= engine->now)
		backlog_state_write(engine, peer);
}

static bool take_word(struct bytes *rest, char end, struct bytes *ret)
{
	const uint8_t *at = rest->len > 0 ? memchr(rest->data, end, rest->len) : NULL;

	if (!at)
		return false;
	*ret = BYTES(rest->data, (size_t)(at - rest->data));
	*rest = BYTES(at + 1, rest->len - ret->len - 1);
	return true;
}

static int parse_token(struct bytes word, uint8_t token[COAP_TOKEN_MAX])
{
	static const char digits[] = "0123456789abcdef";

	if (bytes_equal(word, BYTES_LITERAL("-")))
		return 0;
	if (word.len == 0 || word.len % 2 != 0 || word.len > 2 * COAP_TOKEN_MAX)
		return -EBADMSG;
	for (size_t i = 0; i < word.len; i++) {
		const char *digit = word.data[i] ? strchr(digits, word.data[i]) : NULL;

		if (!digit)
			return -EBADMSG;
		token[i / 2] = (uint8_t)((i % 2 ? token[i / 2] << 4 : 0) | (digit - digits));
	}
	return (int)word.len / 2;
}

static int parse_time(struct bytes word, int64_t *ret)
{
	char text[21], *end;

	if (word.len == 0 || word.len >= sizeof(text))
		return -EBADMSG;
	memcpy(text, word.data, word.len);
	text[word.len] = '\0';
	errno = 0;
	*ret = strtoll(text, &end, 10);
	return errno != 0 || *end ? -EBADMSG : 0;
}

static int read_entry(struct engine *engine, struct peer *peer, struct bytes line)
{
	_cleanup_(freep) uint8_t *data = malloc(BASE64_BYTES_MAX(line.len) + 1);
	uint8_t token[COAP_TOKEN_MAX];
	struct observation *observation;
	struct bytes token_word, time_word;
	int64_t at;
	size_t len;
	int token_len, r;

	if (!data)
		return -ENOMEM;
	if (!take_word(&line, ' ', &token_word) || !take_word(&line, ' ', &time_word))
		return -EBADMSG;
	token_len = parse_token(token_word, token);
	if (token_len < 0 || parse_time(time_word, &at) < 0 || base64_decode(line, data, &len) < 0)
		return -EBADMSG;
	observation = observation_find(
		&engine->observations, peer->server->session, BYTES(token, (size_t)token_len));
	if (!observation || !observation->storing)
		return 0;
	r = history_restore(&peer->history, observation, at, BYTES(data, len));
	return r == -EMSGSIZE ? 0 : r < 0 ? r : 0;
}

static void forget(struct engine *engine, struct peer *peer)
{
	struct history_entry *entry;

	while ((entry = list_first_entry(&peer->history.entries, struct history_entry, link)))
		history_forget(&peer->history, entry->observation);
}

int engine_resume_history(struct engine *engine, usec_t now, const struct server *server, struct bytes state)
{
	struct peer *peer = peer_find_server(engine, server);
	struct bytes line;
	int r = 0;

	if (!peer)
		return -ENOENT;
	if (peer->registration.state != REGISTRATION_IDLE)
		return -EBUSY;
	engine->now = now;
	peer->history.limit = server->history_size;
	peer->history_kept = true;
	if (!take_word(&state, '\n', &line) || !bytes_equal(line, BYTES(HEAD, strlen(HEAD) - 1)))
		r = -EBADMSG;
	while (r == 0 && state.len > 0)
		r = take_word(&state, '\n', &line) ? read_entry(engine, peer, line) : -EBADMSG;
	if (r < 0)
		forget(engine, peer);
	if (history_is_empty(&peer->history))
		backlog_changed(engine, peer);
	return r;
}
