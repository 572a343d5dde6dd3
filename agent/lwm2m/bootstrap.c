/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When the Bootstrap-Server is asked, and what becomes of it (Core 1.2, 5.2). What it asks of us is
 * bootstrap-serve.c.
 *
 * It is a transaction: what is written goes into a draft, the accounts in use stay and their servers are
 * served, and Bootstrap-Finish makes the draft one file that is kept before it is answered. Whatever ends
 * sooner leaves nothing.
 */
#include "lwm2m/bootstrap.h"

#include <stdio.h>

#include "lwm2m/accounts-state.h"
#include "lwm2m/codec.h"
#include "lwm2m/jitter.h"

/* Core 1.2, 5.2.4: EXCHANGE_LIFETIME without a word of the server ends it. */
#define SILENCE (247 * USEC_PER_SEC)

/*
 * A Bootstrap-Finish whose answer was lost comes again within ACK_TIMEOUT * ACK_RANDOM_FACTOR (RFC 7252,
 * 4.8).
 */
#define LINGER (3 * USEC_PER_SEC)

#define RETRY_FIRST (30 * USEC_PER_SEC)
#define RETRY_LAST  (86400 * USEC_PER_SEC)

void bootstrap_init(struct engine *engine)
{
	struct bootstrap *bootstrap = &engine->bootstrap;

	bootstrap->deadline = bootstrap->purge_at = USEC_INFINITY;
	body_init(&bootstrap->body, BOOTSTRAP_BODY_MAX);
	bootstrap->server = engine->accounts ? servers_find_bootstrap(engine->servers) : NULL;
	if (bootstrap->server)
		bootstrap->server->session = (uint16_t)engine->n_peers;
}

void bootstrap_deinit(struct engine *engine)
{
	draft_deinit(&engine->bootstrap.draft);
	body_deinit(&engine->bootstrap.body);
}

static struct effect *add(struct engine *engine, enum effect_type type)
{
	struct effect *effect = effects_add(engine->effects, type);

	if (effect) {
		effect->server = engine->bootstrap.server;
		effect->message.session = engine->bootstrap.server->session;
	}
	return effect;
}

static void tell(
	struct engine *engine, enum event_type event, int error, uint8_t code, const char *why, usec_t wait)
{
	struct effect *effect = add(engine, EFFECT_EVENT);

	if (!effect)
		return;
	effect->event = event;
	effect->error = error;
	effect->message.code = code;
	effect->value = wait / USEC_PER_SEC;
	if (why)
		(void)buffer_append_text(effects_path(effect), why);
}

static void set_state(struct engine *engine, enum bootstrap_state state, usec_t deadline)
{
	engine->bootstrap.state = state;
	engine->bootstrap.deadline = deadline;
	engine->bootstrap.request = 0;
}

/* The session and the draft are of no use any more. */
static void forget(struct engine *engine)
{
	(void)add(engine, EFFECT_CLOSE);
	draft_deinit(&engine->bootstrap.draft);
	body_reset(&engine->bootstrap.body);
}

void bootstrap_fail(struct engine *engine, int error, uint8_t code, const char *why)
{
	struct bootstrap *bootstrap = &engine->bootstrap;
	usec_t wait = RETRY_FIRST << (bootstrap->failures < 12 ? bootstrap->failures : 12);

	wait = jitter_spread(&engine->client.random, usec_min(wait, RETRY_LAST));
	bootstrap->failures++;
	forget(engine);
	set_state(engine, BOOTSTRAP_WAITING, usec_add(engine->now, wait));
	tell(engine, EVENT_BOOTSTRAP_FAILED, error, code, why, wait);
}

static void connect(struct engine *engine)
{
	int r = -ENOMEM;

	draft_deinit(&engine->bootstrap.draft);
	if (add(engine, EFFECT_CONNECT))
		r = bootstrap_draft_accounts(engine);
	if (r < 0)
		bootstrap_fail(engine, r, 0, NULL);
	else
		set_state(engine, BOOTSTRAP_CONNECTING, USEC_INFINITY);
}

/*
 * All that waits for it are started at once by what ails them all: each waits a time of its own, at least
 * the hold-off.
 */
static void want(struct engine *engine)
{
	struct bootstrap *bootstrap = &engine->bootstrap;
	usec_t hold_off = usec_from_s(bootstrap->server->hold_off_s);

	if (bootstrap->state != BOOTSTRAP_IDLE)
		return;
	bootstrap->failures = 0;
	if (hold_off == 0)
		connect(engine);
	else
		set_state(engine, BOOTSTRAP_WAITING, usec_add(engine->now, hold_off));
}

/* Does this server's account say that bootstrapping is the way out, once all sequences failed (1/x/16)? */
static bool is_lost(const struct peer *peer)
{
	const struct registration *registration = &peer->registration;
	const struct server *server = peer->server;

	return server->enabled && server->bootstrap_on_failure && registration->retrying &&
	       !registration->resume &&
	       registration->failures >= (uint64_t)server->retry_count * server->sequence_count;
}

static bool is_needed(const struct engine *engine)
{
	bool account = false;

	for (size_t i = 0; i < engine->n_peers; i++) {
		account = account || engine->peers[i].server->enabled;
		if (is_lost(&engine->peers[i]))
			return true;
	}
	return !account;
}

void bootstrap_start(struct engine *engine)
{
	struct bootstrap *bootstrap = &engine->bootstrap;

	if (!bootstrap->server)
		return;
	bootstrap->started = true;
	if (engine->bootstrapped && bootstrap->server->account_timeout_s > 0)
		bootstrap->purge_at =
			usec_add(engine->now, usec_from_s(bootstrap->server->account_timeout_s));
	if (is_needed(engine))
		want(engine);
}

int bootstrap_ask_for(struct engine *engine)
{
	struct bootstrap *bootstrap = &engine->bootstrap;

	if (!bootstrap->server)
		return -ENOENT;
	bootstrap->asked_for = true;
	if (bootstrap->state == BOOTSTRAP_WAITING && bootstrap->failures > 0)
		set_state(engine, BOOTSTRAP_IDLE, USEC_INFINITY);
	want(engine);
	return 0;
}

void bootstrap_stop(struct engine *engine)
{
	struct bootstrap *bootstrap = &engine->bootstrap;

	if (!bootstrap->server)
		return;
	if (bootstrap->state > BOOTSTRAP_WAITING)
		forget(engine);
	bootstrap->started = bootstrap->asked_for = false;
	bootstrap->purge_at = USEC_INFINITY;
	set_state(engine, BOOTSTRAP_IDLE, USEC_INFINITY);
}

static int fill_request(struct engine *engine, struct effect *effect)
{
	const struct bootstrap *bootstrap = &engine->bootstrap;
	struct buffer *query = effects_query(effect);
	int r = buffer_append_text(effects_path(effect), bootstrap->pack ? "/bspack" : "/bs");

	effect->message.code = bootstrap->pack ? COAP_GET : COAP_POST;
	effect->message.confirmable = true;
	if (bootstrap->pack)
		effect->message.accept = CODEC_SENML_CBOR;
	if (r >= 0)
		r = buffer_append_text(query, "ep=");
	if (r >= 0)
		r = buffer_append_text(query, engine->endpoint);
	if (r >= 0 && !bootstrap->pack && !bootstrap->plain && bootstrap->server->version > LWM2M_1_0)
		r = buffer_printf(query, "&pct=%d", CODEC_SENML_CBOR);
	return r;
}

static void ask(struct engine *engine)
{
	struct effect *effect = add(engine, EFFECT_REQUEST);
	int r = effect ? fill_request(engine, effect) : -ENOMEM;

	if (r < 0) {
		if (effect)
			effects_cancel(engine->effects, effect);
		bootstrap_fail(engine, r, 0, NULL);
		return;
	}
	effect->id = engine_next_id(engine);
	set_state(engine, BOOTSTRAP_ASKING, USEC_INFINITY);
	engine->bootstrap.request = effect->id;
	tell(engine, EVENT_BOOTSTRAPPING, 0, 0, NULL, 0);
}

void bootstrap_connected(struct engine *engine, int error)
{
	struct bootstrap *bootstrap = &engine->bootstrap;

	if (bootstrap->state == BOOTSTRAP_IDLE || bootstrap->state == BOOTSTRAP_WAITING)
		return;
	if (error < 0 && bootstrap->state != BOOTSTRAP_ENDING) {
		bootstrap_fail(engine, error, 0, NULL);
	} else if (bootstrap->state == BOOTSTRAP_CONNECTING) {
		bootstrap->pack = bootstrap->server->version >= LWM2M_1_2;
		bootstrap->plain = false;
		ask(engine);
	}
}

/* What came before the answer got lost, came after it: the server goes on in either case. */
static void open_up(struct engine *engine)
{
	set_state(engine, BOOTSTRAP_OPEN, usec_add(engine->now, SILENCE));
}

/*
 * A Bootstrap-Pack is all that there is to do. Whatever is wrong with it, the server is asked for the long
 * way, and what came of it so far is as if it had not been.
 */
static void pack_answered(struct engine *engine, int error, const struct message *response)
{
	struct bootstrap *bootstrap = &engine->bootstrap;
	int r;

	if (error == 0 && response->code == COAP_CONTENT && bootstrap_take_pack(engine, response) == 0 &&
		bootstrap_finish(engine) == 0)
		return;
	bootstrap->pack = false;
	draft_deinit(&bootstrap->draft);
	r = bootstrap_draft_accounts(engine);
	if (r < 0)
		bootstrap_fail(engine, r, 0, NULL);
	else
		ask(engine);
}

/* Bootstrap-Servers of LwM2M 1.0 may refuse a parameter that they do not know. */
static bool may_refuse_parameter(const struct bootstrap *bootstrap, const struct message *response)
{
	return !bootstrap->plain && bootstrap->server->version > LWM2M_1_0 &&
	       (response->code == COAP_BAD_REQUEST || response->code == COAP_BAD_OPTION);
}

void bootstrap_answered(struct engine *engine, int error, const struct message *response)
{
	struct bootstrap *bootstrap = &engine->bootstrap;

	bootstrap->request = 0;
	if (bootstrap->pack) {
		pack_answered(engine, error, response);
		return;
	}
	if (bootstrap->state != BOOTSTRAP_ASKING)
		return;
	if (error < 0) {
		bootstrap_fail(engine, error, 0, NULL);
	} else if (response->code == COAP_CHANGED) {
		open_up(engine);
	} else if (may_refuse_parameter(bootstrap, response)) {
		bootstrap->plain = true;
		ask(engine);
	} else {
		bootstrap_fail(engine, 0, response->code, NULL);
	}
}

/* Kept before anything else goes out: see effects_next(). */
static int keep_accounts(struct engine *engine)
{
	const struct path root = PATH0();
	_cleanup_(records_deinit) struct records records = { 0 };
	struct effect *effect = add(engine, EFFECT_PERSIST);
	int r = effect ? draft_read(&engine->bootstrap.draft, &root, &records) : -ENOMEM;

	if (r >= 0)
		r = buffer_append_text(effects_path(effect), ENGINE_ACCOUNTS_NAME);
	if (r >= 0)
		r = accounts_state_encode(engine->accounts_origin, &records, effects_payload(effect));
	if (r < 0 && effect)
		effects_cancel(engine->effects, effect);
	return r;
}

int bootstrap_finish(struct engine *engine)
{
	struct bootstrap *bootstrap = &engine->bootstrap;
	char why[ENGINE_WHY_MAX] = "";
	int r = engine->accounts->check(engine->accounts_userdata, &bootstrap->draft, why);

	if (r >= 0)
		r = keep_accounts(engine);
	if (r < 0) {
		snprintf(bootstrap->why, sizeof(bootstrap->why), "%s", why);
		return r;
	}
	bootstrap->failures = 0;
	bootstrap->asked_for = false;
	set_state(engine, BOOTSTRAP_ENDING, usec_add(engine->now, bootstrap->pack ? 0 : LINGER));
	return 0;
}

void bootstrap_not_kept(struct engine *engine)
{
	if (engine->bootstrap.state == BOOTSTRAP_ENDING)
		bootstrap_fail(engine, -ENOSPC, 0, "the new accounts could not be kept");
}

/* The account's time is over (0/x/12): the same transaction, without a server. */
static void purge(struct engine *engine)
{
	struct bootstrap *bootstrap = &engine->bootstrap;
	const struct path account = PATH2(0, bootstrap->server->security_iid);
	int r;

	bootstrap->purge_at = USEC_INFINITY;
	draft_deinit(&bootstrap->draft);
	r = bootstrap_draft_accounts(engine);
	if (r >= 0) {
		draft_remove(&bootstrap->draft, &account);
		r = keep_accounts(engine);
	}
	draft_deinit(&bootstrap->draft);
	if (r >= 0)
		tell(engine, EVENT_ACCOUNT_PURGED, 0, 0, NULL, 0);
}

static void on_deadline(struct engine *engine)
{
	switch (engine->bootstrap.state) {
	case BOOTSTRAP_WAITING:
		connect(engine);
		break;
	case BOOTSTRAP_OPEN:
		bootstrap_fail(engine, -ETIMEDOUT, 0, "no Bootstrap-Finish");
		break;
	case BOOTSTRAP_ENDING:
		forget(engine);
		set_state(engine, BOOTSTRAP_IDLE, USEC_INFINITY);
		engine->bootstrap.started = false; /* who builds all anew starts it again */
		tell(engine, EVENT_BOOTSTRAPPED, 0, 0, NULL, 0);
		break;
	default:
		set_state(engine, engine->bootstrap.state, USEC_INFINITY);
	}
}

void bootstrap_tick(struct engine *engine)
{
	struct bootstrap *bootstrap = &engine->bootstrap;

	if (!bootstrap->server)
		return;
	body_tick(&bootstrap->body, engine->now);
	if (bootstrap->started && bootstrap->state == BOOTSTRAP_IDLE && is_needed(engine))
		want(engine);
	/* Whom it waited for is back: nobody has to bootstrap any more. */
	if (bootstrap->state == BOOTSTRAP_WAITING && !bootstrap->asked_for && !is_needed(engine))
		set_state(engine, BOOTSTRAP_IDLE, USEC_INFINITY);
	if (bootstrap->deadline <= engine->now)
		on_deadline(engine);
	if (bootstrap->purge_at <= engine->now && bootstrap->state == BOOTSTRAP_IDLE)
		purge(engine);
}

usec_t bootstrap_deadline(const struct engine *engine)
{
	const struct bootstrap *bootstrap = &engine->bootstrap;
	usec_t deadline = usec_min(bootstrap->deadline, bootstrap->body.deadline);

	return bootstrap->state == BOOTSTRAP_IDLE ? usec_min(deadline, bootstrap->purge_at) : deadline;
}

/*
 * A session does not follow us to another address here: what was under way begins anew, what waits tries
 * now.
 */
void bootstrap_network_changed(struct engine *engine)
{
	struct bootstrap *bootstrap = &engine->bootstrap;

	switch (bootstrap->state) {
	case BOOTSTRAP_WAITING:
		if (bootstrap->failures == 0)
			break;
		bootstrap->failures = 0;
		connect(engine);
		break;
	case BOOTSTRAP_CONNECTING:
	case BOOTSTRAP_ASKING:
	case BOOTSTRAP_OPEN:
		forget(engine);
		connect(engine);
		break;
	default:
		break;
	}
}

/* Each word of the server gives it the same time again. */
void bootstrap_heard(struct engine *engine)
{
	if (engine->bootstrap.state == BOOTSTRAP_OPEN)
		engine->bootstrap.deadline = usec_add(engine->now, SILENCE);
}
