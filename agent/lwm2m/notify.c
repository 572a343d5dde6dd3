/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/hash.h"
#include "lwm2m/codec.h"
#include "lwm2m/composite.h"
#include "lwm2m/engine-internal.h"

/* RFC 7641, 4.5: at least one notification in 24 hours is confirmable. */
#define CONFIRM_INTERVAL (24 * 3600 * USEC_PER_SEC)

/*
 * What is attached to one path holds below it. A composite observation has the shortest periods of its paths; what came
 * with it takes the place of all that is attached (Core 1.2, 5.1.2).
 */
static struct attributes attached_to(const struct engine *engine, const struct observation *observation)
{
	static const unsigned int periods = 1U << ATTRIBUTE_PMIN | 1U << ATTRIBUTE_PMAX |
					    1U << ATTRIBUTE_EPMIN | 1U << ATTRIBUTE_EPMAX |
					    1U << ATTRIBUTE_CON;
	struct attributes result = { 0 };

	if (observation->n_paths == 0)
		return attributes_effective(&engine->attributes, observation->session, &observation->path);
	for (size_t i = 0; i < observation->n_paths && !observation->own; i++) {
		struct attributes one = attributes_effective(
			&engine->attributes, observation->session, &observation->paths[i]);

		for (unsigned int a = 0; a < _ATTRIBUTE_MAX; a++)
			if (one.set & periods & 1U << a &&
				(!attributes_has(&result, a) || a == ATTRIBUTE_CON ||
					one.values[a] < result.values[a])) {
				result.set |= 1U << a;
				result.values[a] = one.values[a];
			}
	}
	return result;
}

/* The account's defaults, what is attached to the path, what came with the Observe: the later wins. */
static struct attributes effective(const struct engine *engine, const struct observation *observation)
{
	const struct server *server = engine->peers[observation->session].server;
	struct attributes attached = attached_to(engine, observation);
	struct attributes result = {
		.set = 1U << ATTRIBUTE_PMIN | 1U << ATTRIBUTE_PMAX,
		.values = { [ATTRIBUTE_PMIN] = server->pmin_s, [ATTRIBUTE_PMAX] = server->pmax_s },
	};

	attributes_override(&result, &attached);
	if (observation->own)
		attributes_override(&result, observation->own);
	return result;
}

void notify_apply_attributes(struct engine *engine, struct observation *observation)
{
	struct attributes attributes = effective(engine, observation);

	backlog_set_storing(engine, observation, &attributes);
	observation_set_periods(&engine->observations, observation, &attributes);
}

void notify_apply_attributes_below(struct engine *engine, const struct peer *peer, const struct path *path)
{
	for (size_t i = 0; i < engine->observations.count; i++) {
		struct observation *observation = engine->observations.items[i];

		if (observation->session == peer->server->session &&
			(observation->n_paths > 0 || path_contains(path, &observation->path)))
			notify_apply_attributes(engine, observation);
	}
}

void notify_apply_attributes_all(struct engine *engine)
{
	for (size_t i = 0; i < engine->observations.count; i++)
		notify_apply_attributes(engine, engine->observations.items[i]);
}

static bool is_watched_here(const struct engine *engine, uint16_t oid)
{
	for (size_t i = 0; i < engine->n_watched; i++)
		if (engine->watched[i] == oid)
			return true;
	return false;
}

void notify_watch(struct engine *engine, struct object *object)
{
	uint16_t oid = object->info->id;
	bool watched = observations_cover(&engine->observations, oid) || is_watched_here(engine, oid);

	if (object->watched == watched)
		return;
	object->watched = watched;
	if (object->ops->watch)
		object->ops->watch(object, watched);
}

void notify_watch_all(struct engine *engine)
{
	for (size_t i = 0; i < engine->registry->n_objects; i++)
		notify_watch(engine, engine->registry->objects[i]);
}

void notify_forget(struct engine *engine, struct observation *observation)
{
	struct object *object = registry_find(engine->registry, observation->path.ids[0]);
	bool composite = observation->n_paths > 0;

	if (observation->reading)
		requests_forget(engine, observation);
	peer_state_changed(engine, &engine->peers[observation->session]);
	backlog_forget(engine, observation);
	observation_remove(&engine->observations, observation);
	if (composite)
		notify_watch_all(engine);
	else if (object)
		notify_watch(engine, object);
}

void notify_forget_peer(struct engine *engine, const struct peer *peer)
{
	for (size_t i = engine->observations.count; i > 0; i--)
		if (engine->observations.items[i - 1]->session == peer->server->session)
			notify_forget(engine, engine->observations.items[i - 1]);
}

void notify_suspend_peer(struct engine *engine, struct peer *peer, bool suspend)
{
	backlog_suspend(peer, suspend);
	for (size_t i = 0; i < engine->observations.count; i++) {
		struct observation *observation = engine->observations.items[i];

		if (observation->session != peer->server->session)
			continue;
		if (suspend)
			observation_suspend(&engine->observations, observation);
		else
			observation_resume(&engine->observations, observation);
	}
}

struct effect *notify_effect_add(struct engine *engine, struct observation *observation, uint8_t code)
{
	struct server *server = engine->peers[observation->session].server;
	struct effect *effect = effects_add(engine->effects, EFFECT_NOTIFY);
	char path[PATH_TEXT_MAX];

	if (!effect)
		return NULL;
	path_format(&observation->path, path);
	(void)buffer_append_text(effects_path(effect), path);
	if (!observation->effect)
		observation->effect = engine_next_id(engine);
	effect->id = observation->effect;
	effect->server = server;
	effect->message.session = observation->session;
	effect->message.code = code;
	effect->message.accept = observation->accept;
	effects_set_token(effect, BYTES(observation->token, observation->token_len));
	return effect;
}

/* RFC 7641, 4.2: an error response is the last notification; what there is to tell before goes before. */
static void notify_end(struct engine *engine, struct observation *observation, uint8_t code)
{
	if (observation->suspended || observation->n_history > 0) {
		observation_halt(&engine->observations, observation);
		return;
	}
	(void)notify_effect_add(engine, observation, code);
	notify_forget(engine, observation);
}

/* A value that no notification can carry any more ends the observation; all else is tried again. */
static void notify_unsent(struct engine *engine, struct observation *observation, int error)
{
	if (error == -ENOTSUP)
		notify_end(engine, observation, COAP_NOT_ACCEPTABLE);
	else if (error == -EMSGSIZE)
		notify_end(engine, observation, COAP_INTERNAL_ERROR);
	else
		observation_postpone(&engine->observations, observation, engine->now);
}

/* The one value of an observation that a condition can be about; NAN: it has none. */
static double single_number(const struct observation *observation, const struct records *records)
{
	const struct value *value;

	if (records->count != 1 || !path_equal(&records->items[0].path, &observation->path))
		return NAN;
	value = &records->items[0].value;
	return value->type == VALUE_BOOLEAN       ? value->boolean :
	       value_type_is_numeric(value->type) ? value_number(value) :
						    NAN;
}

void notify_note_told(struct observation *observation, const struct records *records, struct bytes payload)
{
	observation->told_number = observation->seen_number = single_number(observation, records);
	observation->told = hash_bytes(HASH_INIT, payload);
}

static bool crosses(const struct attributes *attributes, enum attribute which, double from, double to)
{
	double limit = attributes_value(attributes, which, 0);

	return attributes_has(attributes, which) && (from > limit) != (to > limit);
}

static bool falls_below(const struct attributes *attributes, double from, double to)
{
	double limit = attributes_value(attributes, ATTRIBUTE_LT, 0);

	return attributes_has(attributes, ATTRIBUTE_LT) && (from < limit) != (to < limit);
}

/* (gt or lt or st or edge), where any of them is attached (Core 1.2, 5.1.2). */
static bool is_worth_telling(const struct attributes *attributes, const struct observation *observation, double to)
{
	const unsigned int conditions =
		1U << ATTRIBUTE_GT | 1U << ATTRIBUTE_LT | 1U << ATTRIBUTE_ST | 1U << ATTRIBUTE_EDGE;
	double from = observation->told_number;

	if (!(attributes->set & conditions) || isnan(from) || isnan(to))
		return true;
	if (attributes_has(attributes, ATTRIBUTE_EDGE))
		return to != observation->seen_number && to == attributes->values[ATTRIBUTE_EDGE];
	return crosses(attributes, ATTRIBUTE_GT, from, to) || falls_below(attributes, from, to) ||
	       (attributes_has(attributes, ATTRIBUTE_ST) &&
		       fabs(to - from) >= attributes->values[ATTRIBUTE_ST] && to != from);
}

/* The value went to the other side and is back: the same as was told, and news. */
static bool is_edge(const struct attributes *attributes, const struct observation *observation, double to)
{
	return attributes_has(attributes, ATTRIBUTE_EDGE) && to != observation->seen_number;
}

static bool is_confirmable(const struct engine *engine, const struct observation *observation,
			   const struct attributes *attributes)
{
	const struct server *server = engine->peers[observation->session].server;

	return attributes_value(attributes, ATTRIBUTE_CON, server->notification_mode) == 1 ||
	       engine->now >= usec_add(observation->confirmed, CONFIRM_INTERVAL);
}

void notify_sequence_changed(struct engine *engine, const struct observation *observation)
{
	if (observation->sequence % PEER_STATE_SEQUENCE == 0)
		peer_state_changed(engine, &engine->peers[observation->session]);
}

/* The effect becomes the notification. */
static void notify_now(
	struct engine *engine, struct observation *observation, struct effect *effect, bool confirmable)
{
	effect->message.confirmable = confirmable;
	if (confirmable)
		observation->confirmed = engine->now;
	effect->message.format = observation->format;
	effect->message.observe =
		(int32_t)observation_notified(&engine->observations, observation, engine->now);
	notify_sequence_changed(engine, observation);
}

/* The effect with the records in it, which is yet to become the notification. */
static int make_effect(struct engine *engine, struct observation *observation, const struct records *records,
		       struct effect **ret)
{
	struct effect *effect = notify_effect_add(engine, observation, COAP_CONTENT);
	int r;

	if (!effect)
		return -ENOMEM;
	effects_payload(effect)->limit = engine->limits.payload;
	r = codec_encode(observation->format, &observation->path, records, effects_payload(effect));
	if (r < 0)
		effects_cancel(engine->effects, effect);
	*ret = effect;
	return r;
}

/* Nobody is there to be told, or not awake. */
static void notify_later(struct engine *engine, struct observation *observation)
{
	if (observation->suspended && observation->storing) {
		backlog_too_large(engine, observation);
		return;
	}
	observation_defer(&engine->observations, observation);
	if (!observation->suspended)
		queue_wake(engine, &engine->peers[observation->session]);
}

void notify_send(struct engine *engine, struct observation *observation, const struct records *records)
{
	struct attributes attributes = effective(engine, observation);
	double number = single_number(observation, records);
	bool overdue = observation_is_overdue(observation, engine->now), confirmable;
	struct effect *effect;
	int r;

	if (!overdue && !is_worth_telling(&attributes, observation, number)) {
		observation->seen_number = number;
		observation_spare(&engine->observations, observation, engine->now);
		return;
	}
	r = make_effect(engine, observation, records, &effect);
	if (r < 0) {
		notify_unsent(engine, observation, r);
		return;
	}
	confirmable = is_confirmable(engine, observation, &attributes);
	if (!overdue && !is_edge(&attributes, observation, number) &&
		observation_was_told(observation, buffer_bytes(effects_payload(effect)))) {
		effects_cancel(engine->effects, effect);
		observation_spare(&engine->observations, observation, engine->now);
	} else if (backlog_takes(engine, observation, confirmable, effects_payload(effect)->len)) {
		r = backlog_add(engine, observation, records);
		if (r >= 0)
			notify_note_told(observation, records, buffer_bytes(effects_payload(effect)));
		effects_cancel(engine->effects, effect);
		backlog_added(engine, observation, r);
	} else if (observation->suspended || queue_is_asleep(&engine->peers[observation->session])) {
		effects_cancel(engine->effects, effect);
		notify_later(engine, observation);
	} else {
		notify_note_told(observation, records, buffer_bytes(effects_payload(effect)));
		notify_now(engine, observation, effect, confirmable);
	}
}

void notify_finish(struct request *request, int error)
{
	struct engine *engine = request->engine;
	struct observation *observation = request->observation;

	if (!observation)
		return;
	request->observation = NULL;
	if (error == 0 && !request_has_content(request))
		error = -ENODATA;
	if (error == 0)
		notify_send(engine, observation, &request->operation.records);
	else if (error == -ENODATA)
		observation_idle(&engine->observations, observation);
	else if (error == -ENOENT)
		notify_end(engine, observation, COAP_NOT_FOUND);
	else
		observation_postpone(&engine->observations, observation, engine->now);
}

static void notify_read(struct engine *engine, struct peer *peer, struct observation *observation)
{
	struct message message = { .code = COAP_GET, .accept = -1, .format = -1, .observe = -1 };
	struct target target;
	struct request *request;
	char path[PATH_TEXT_MAX];
	int code;

	message.path = BYTES(path, path_format(&observation->path, path));
	code = operation_parse(&message, engine->registry, peer->server->short_id, &target);
	if (code != 0) {
		notify_end(engine, observation, (uint8_t)code);
		return;
	}
	request = request_new(engine, REQUEST_NOTIFY, peer, &target);
	if (!request) {
		observation_postpone(&engine->observations, observation, engine->now);
		return;
	}
	request->observation = observation;
	observation_begin(&engine->observations, observation);
	request_start(request);
}

void notify_tick(struct engine *engine)
{
	struct observation *observation;

	while ((observation = observations_due(&engine->observations, engine->now)))
		if (observation->n_paths > 0)
			composite_notify(engine, &engine->peers[observation->session], observation);
		else
			notify_read(engine, &engine->peers[observation->session], observation);
}
