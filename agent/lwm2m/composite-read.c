/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/cleanup.h"
#include "lwm2m/codec.h"
#include "lwm2m/composite.h"

/* What is not there or may not be read is left out (Core 1.2, 6.3.8). */
static int add_read(struct composite *composite, const struct path *path)
{
	struct message message = { .code = COAP_GET, .accept = -1, .format = -1, .observe = -1 };
	struct target target;
	char text[PATH_TEXT_MAX];

	message.path = BYTES(text, path_format(path, text));
	if (operation_parse(
		    &message, composite->engine->registry, composite->peer->server->short_id, &target) != 0)
		return 0;
	return composite_add_part(composite, OPERATION_READ, path) ? 0 : -ENOMEM;
}

static int add_all_reads(struct composite *composite)
{
	const struct registry *registry = composite->engine->registry;
	int r = 0;

	for (size_t i = 0; i < registry->n_objects && r >= 0; i++) {
		struct path path = PATH1(registry->objects[i]->info->id);

		r = add_read(composite, &path);
	}
	return r;
}

int composite_add_reads(struct composite *composite, const struct path *paths, size_t n_paths)
{
	int r = 0;

	for (size_t i = 0; i < n_paths && r >= 0; i++)
		r = paths[i].depth == PATH_ROOT ? add_all_reads(composite) : add_read(composite, &paths[i]);
	return r;
}

static bool is_covered(const struct records *records, size_t which)
{
	const struct path *path = &records->items[which].path;

	for (size_t i = 0; i < records->count; i++)
		if (i != which && path_contains(&records->items[i].path, path) &&
			(i < which || !path_equal(&records->items[i].path, path)))
			return true;
	return false;
}

/* Each value is told once: a path below another one that is asked for adds nothing. */
static int take_paths(struct composite *composite, const struct records *records)
{
	composite->paths = reallocarray(NULL, records->count ? records->count : 1, sizeof(*composite->paths));
	if (!composite->paths)
		return COAP_UNAVAILABLE;
	for (size_t i = 0; i < records->count; i++)
		if (!is_covered(records, i))
			composite->paths[composite->n_paths++] = records->items[i].path;
	return 0;
}

static bool is_composite_format(int format, enum lwm2m_version version)
{
	const struct codec *codec = codec_find(format);

	if (!codec || codec->single || codec->format == CODEC_TLV)
		return false;
	return codec_is_offered(format, version);
}

/* The format of the answer; without Accept that of the question where it can carry values. */
static int choose_format(const struct message *message, enum lwm2m_version version)
{
	if (message->accept >= 0)
		return is_composite_format(message->accept, version) ? message->accept : -ENOTSUP;
	if (message->format == CODEC_SENML_ETCH_JSON)
		return CODEC_SENML_JSON;
	return is_composite_format(message->format, version) ? message->format : CODEC_SENML_CBOR;
}

/* Attributes that a composite observation may have (Core 1.2, 5.1.2); before 1.2 none. */
static int take_own(struct composite *composite, const struct message *message)
{
	static const unsigned int allowed = 1U << ATTRIBUTE_PMIN | 1U << ATTRIBUTE_PMAX |
					    1U << ATTRIBUTE_EPMIN | 1U << ATTRIBUTE_EPMAX |
					    1U << ATTRIBUTE_CON;
	unsigned int minor = composite->peer->registration.version;

	if (message->query.len == 0 || message->observe != 0)
		return 0;
	if (minor < LWM2M_1_2 || attributes_parse(message->query, &composite->own) < 0 ||
		composite->own.set & ~allowed ||
		attributes_check(&composite->own, VALUE_NONE, minor) < 0)
		return COAP_BAD_REQUEST;
	return 0;
}

static int observe(struct composite *composite, struct effect *effect)
{
	struct engine *engine = composite->engine;
	struct bytes token = BYTES(composite->token, composite->token_len);
	uint16_t session = composite->peer->server->session;
	struct observation *observation = observation_find(&engine->observations, session, token);
	const struct path root = PATH0();
	int r;

	if (observation && observation->n_paths > 0)
		requests_forget(engine, observation);
	else if (observation)
		notify_forget(engine, observation);
	r = observation_add(&engine->observations, engine->now, session, &root, token, &observation);
	if (r >= 0) {
		r = observation_set_paths(
			&engine->observations, observation, composite->paths, composite->n_paths);
		if (r >= 0)
			r = observation_set_own(observation, &composite->own);
		if (r < 0)
			notify_forget(engine, observation);
	}
	if (r == -ENOSPC)
		engine_quota(engine, composite->peer, QUOTA_OBSERVATIONS, &root);
	if (r < 0)
		return r;
	observation->accept = composite->accept;
	observation->format = composite->format;
	notify_note_told(observation, &(struct records){ 0 }, buffer_bytes(effects_payload(effect)));
	notify_apply_attributes(engine, observation);
	effect->message.observe = (int32_t)observation->sequence;
	peer_state_keep(engine, composite->peer);
	notify_watch_all(engine);
	return 0;
}

static void answer(struct composite *composite)
{
	struct effect *effect =
		serve_reply_add(composite->engine, composite->peer, composite->id, COAP_CONTENT);
	_cleanup_(records_deinit) struct records records = { 0 };
	const struct path root = PATH0();
	int r;

	if (!effect)
		return;
	effects_payload(effect)->limit = composite->engine->limits.payload;
	r = composite_collect(composite, &records);
	if (r >= 0)
		r = codec_encode(composite->format, &root, &records, effects_payload(effect));
	if (r >= 0 && composite->observe)
		r = observe(composite, effect);
	effect->message.format = composite->format;
	if (r >= 0)
		return;
	buffer_clear(effects_payload(effect));
	effect->message.observe = effect->message.format = -1;
	effect->message.code = r == -ENOTSUP ? COAP_NOT_ACCEPTABLE :
			       r == -ENOSPC  ? COAP_UNAVAILABLE :
					       COAP_INTERNAL_ERROR;
}

static void finish_read(struct composite *composite)
{
	answer(composite);
	composite_free(composite);
}

static int read_paths(struct composite *composite, const struct message *message, struct bytes body)
{
	_cleanup_(records_deinit) struct records records = { 0 };
	int format = message->format < 0 ? CODEC_SENML_CBOR : message->format;
	const struct codec *codec = codec_find(format);
	int r = -EPROTONOSUPPORT;

	if (codec && composite->peer->registration.version >= codec->since)
		r = codec_decode_paths(format, body, COMPOSITE_PATHS_MAX, &records);
	if (r == -E2BIG)
		engine_quota(composite->engine, composite->peer, QUOTA_PATHS, NULL);
	if (r < 0)
		return operation_code(OPERATION_READ, r);
	return records.count == 0 ? COAP_BAD_REQUEST : take_paths(composite, &records);
}

int composite_read(struct composite *composite, const struct message *message, struct bytes body)
{
	struct engine *engine = composite->engine;
	struct observation *old = NULL;
	int code = read_paths(composite, message, body);

	if (code == 0)
		code = take_own(composite, message);
	if (code != 0)
		return code;
	composite->format = choose_format(message, composite->peer->registration.version);
	if (composite->format < 0)
		return COAP_NOT_ACCEPTABLE;
	if (message->observe == 1)
		old = observation_find(
			&engine->observations, composite->peer->server->session, message->token);
	if (old) {
		notify_forget(engine, old);
		peer_state_keep(engine, composite->peer);
	}
	composite->observe = message->observe == 0 && message->token.len <= COAP_TOKEN_MAX;
	if (composite->observe && message->token.len > 0) {
		memcpy(composite->token, message->token.data, message->token.len);
		composite->token_len = (uint8_t)message->token.len;
	}
	composite->finish = finish_read;
	return composite_add_reads(composite, composite->paths, composite->n_paths) < 0 ? COAP_UNAVAILABLE :
											  0;
}

/* Was there no room to read all of it? What an object did not tell in time is left out. */
static bool failed_for_now(const struct composite *composite)
{
	for (size_t i = 0; i < composite->n_parts; i++)
		if (composite->parts[i].error == -EBUSY || composite->parts[i].error == -ENOMEM)
			return true;
	return false;
}

static void finish_notify(struct composite *composite)
{
	struct observation *observation = composite->observation;
	struct engine *engine = composite->engine;
	_cleanup_(records_deinit) struct records records = { 0 };

	composite->observation = NULL;
	if ((failed_for_now(composite) && !observation_is_overdue(observation, engine->now)) ||
		composite_collect(composite, &records) < 0)
		observation_postpone(&engine->observations, observation, engine->now);
	else
		notify_send(engine, observation, &records);
	composite_free(composite);
}

void composite_notify(struct engine *engine, struct peer *peer, struct observation *observation)
{
	struct composite *composite = composite_new(engine, peer);

	if (!composite || composite_add_reads(composite, observation->paths, observation->n_paths) < 0) {
		if (composite)
			composite_free(composite);
		observation_postpone(&engine->observations, observation, engine->now);
		return;
	}
	composite->observation = observation;
	composite->finish = finish_notify;
	observation_begin(&engine->observations, observation);
	composite_run(composite);
}
