/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Send (Core 1.2, 6.4.7): values that the server did not ask for, by POST to /dp. They are read as those of a
 * Read-Composite; what is missing is left out. The composite stays until the server has answered.
 */
#include <stdlib.h>

#include "base/cleanup.h"
#include "lwm2m/codec.h"
#include "lwm2m/composite.h"

static void tell(const struct composite *composite, int error, uint8_t code)
{
	struct effect *effect = effects_add(composite->engine->effects, EFFECT_EVENT);

	if (!effect)
		return;
	effect->event = EVENT_SENT;
	effect->id = composite->send_id;
	effect->server = composite->peer->server;
	effect->error = error;
	effect->message.code = code;
	effect->value = composite->n_records;
}

static int fill(struct composite *composite, struct records *records, struct effect *effect)
{
	const struct path root = PATH0();

	for (size_t i = 0; i < records->count; i++)
		records->items[i].time = composite->time;
	composite->n_records = records->count;
	effect->server = composite->peer->server;
	effect->id = composite->id = engine_next_id(composite->engine);
	effect->message.session = composite->peer->server->session;
	effect->message.code = COAP_POST;
	effect->message.confirmable = composite->confirmable;
	effect->message.format = composite->format;
	effects_payload(effect)->limit = composite->engine->limits.payload;
	if (buffer_append_text(effects_path(effect), "/dp") < 0)
		return -ENOMEM;
	return codec_encode(composite->format, &root, records, effects_payload(effect));
}

static void finish_send(struct composite *composite)
{
	_cleanup_(records_deinit) struct records records = { 0 };
	struct effect *effect;
	int r = composite_collect(composite, &records);

	if (r >= 0 && records.count == 0)
		r = -ENODATA;
	if (r >= 0) {
		effect = effects_add(composite->engine->effects, EFFECT_REQUEST);
		r = effect ? fill(composite, &records, effect) : -ENOMEM;
		if (r < 0 && effect)
			effects_cancel(composite->engine->effects, effect);
	}
	if (r >= 0) {
		composite->sent = true;
		return;
	}
	tell(composite, r, 0);
	composite_free(composite);
}

bool composite_answered(struct engine *engine, uint32_t id, int error, const struct message *response)
{
	struct composite *composite;

	list_for_each(composite, &engine->composites, link) {
		if (!composite->sent || composite->id != id)
			continue;
		if (error == 0)
			queue_heard(engine, composite->peer);
		/* Nobody has to answer what came without confirmation. */
		if (error == -ETIMEDOUT && !composite->confirmable)
			error = 0;
		if (response && response->code == COAP_CHANGED)
			tell(composite, 0, 0);
		else
			tell(composite, error, response ? response->code : 0);
		composite_free(composite);
		return true;
	}
	return false;
}

static int send_paths(struct composite *composite, const struct engine_send *send)
{
	composite->time = send->time;
	composite->format = send->format;
	composite->confirmable = send->confirmable;
	composite->send_id = send->id;
	composite->finish = finish_send;
	return composite_add_reads(composite, send->paths, send->n_paths);
}

int composite_send(struct engine *engine, struct peer *peer, const struct engine_send *send)
{
	const struct registration *registration = &peer->registration;
	struct composite *composite;
	int r;

	if (registration->version < LWM2M_1_1 && registration_stands(registration))
		return -EOPNOTSUPP;
	if (peer->server->mute_send)
		return -EPERM;
	if (!registration_stands(registration))
		return -ENOTCONN;
	if (send->n_paths == 0 || send->n_paths > COMPOSITE_PATHS_MAX ||
		(send->format != CODEC_SENML_CBOR && send->format != CODEC_SENML_JSON))
		return -EINVAL;
	composite = composite_new(engine, peer);
	if (!composite)
		return -EBUSY;
	r = send_paths(composite, send);
	if (r < 0) {
		composite_free(composite);
		return r;
	}
	composite_run(composite);
	return 0;
}

bool composite_send_lost(struct composite *composite)
{
	if (composite->finish != finish_send)
		return false;
	tell(composite, -ECONNRESET, 0);
	return true;
}
