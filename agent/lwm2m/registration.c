/* SPDX-License-Identifier: Apache-2.0 */
#include "lwm2m/registration.h"

#include "lwm2m/jitter.h"
#include "lwm2m/registration-message.h"

/*
 * RFC 7252, 4.8.2: an Update that starts this long before the lifetime ends has all its retransmissions in
 * time.
 */
#define MAX_TRANSMIT_WAIT_S 93

/* After a session that ended by itself clients of one server come back within this time, not all at once. */
#define RECONNECT_SPREAD_S 5

/* The objects go by it, too: a later release has later versions of them. */
static void speak(struct registration *registration, enum lwm2m_version version)
{
	registration->version = registration->server->spoken = version;
}

void registration_init(
	struct registration *registration, struct server *server, struct registration_client *client)
{
	*registration = (struct registration){
		.server = server,
		.client = client,
		.deadline = USEC_INFINITY,
	};
	speak(registration, server->version);
}

void registration_deinit(struct registration *registration)
{
	buffer_deinit(&registration->location);
}

static struct effect *add(struct registration *registration, struct effects *effects, enum effect_type type)
{
	struct effect *effect = effects_add(effects, type);

	if (effect) {
		effect->server = registration->server;
		effect->message.session = registration->server->session;
	}
	return effect;
}

static void tell(struct registration *registration, struct effects *effects, enum event_type event, int error,
		 uint8_t code, uint64_t value)
{
	struct effect *effect = add(registration, effects, EFFECT_EVENT);

	if (!effect)
		return;
	effect->event = event;
	effect->error = error;
	effect->message.code = code;
	effect->value = value;
}

static void set_state(struct registration *registration, enum registration_state state, usec_t deadline)
{
	registration->state = state;
	registration->retrying = registration->asleep = false;
	registration->deadline = deadline;
	registration->request = 0;
}

static void forget_session(struct registration *registration, struct effects *effects)
{
	(void)add(registration, effects, EFFECT_CLOSE);
}

/*
 * The wait doubles within a sequence of retry_count attempts, and sequences are sequence_delay_s apart. After
 * the last one there is no other server to turn to: on with the longest wait of a sequence.
 */
static usec_t back_off(struct registration *registration)
{
	const struct server *server = registration->server;
	uint64_t count = server->retry_count ? server->retry_count : 1;
	uint64_t attempt = registration->failures + UINT64_C(1), doublings = count - 1;
	usec_t pause = usec_from_s(server->sequence_delay_s), interval;

	if (attempt < count * server->sequence_count) {
		doublings = registration->failures % count;
		if (doublings == count - 1)
			return jitter_spread(&registration->client->random, pause);
	}
	interval = usec_from_s((uint64_t)server->retry_timer_s << (doublings < 16 ? doublings : 16));
	return jitter_spread(&registration->client->random, usec_min(interval, pause));
}

/*
 * Can the registration go on over a new session? Not over DTLS until LwM2M 1.2: there a new session takes a new
 * registration (Transport 1.2.1, 6.4.2).
 */
static bool may_resume(const struct registration *registration, usec_t now)
{
	return registration->location.len > 0 && now < registration->known_until &&
	       (registration->server->mode == SECURITY_NOSEC || registration->version >= LWM2M_1_2);
}

static void forget_registration(struct registration *registration)
{
	registration->resume = registration->update_wanted = false;
	buffer_clear(&registration->location);
}

/* With resume, the registration is taken to stand meanwhile. */
static void wait_until(struct registration *registration, usec_t deadline, bool resume)
{
	set_state(registration, REGISTRATION_WAITING, deadline);
	if (!resume)
		forget_registration(registration);
	registration->resume = registration->unheard = resume;
}

/* Refused, or all sequences without success: the next one in the order has its turn. */
static bool counts_as_failed(const struct registration *registration, uint8_t code)
{
	const struct server *server = registration->server;

	return !server->failure_block &&
	       (code != 0 ||
		       registration->failures >= (uint64_t)server->retry_count * server->sequence_count);
}

static void retry_later(struct registration *registration, usec_t now, int error, uint8_t code,
	enum event_type event, struct effects *effects)
{
	usec_t wait = back_off(registration);
	bool resume = code == 0 && may_resume(registration, usec_add(now, wait));

	registration->failures++;
	registration->passed = registration->passed || counts_as_failed(registration, code);
	forget_session(registration, effects);
	registration->list_wanted = false;
	wait_until(registration, usec_add(now, wait), resume);
	registration->retrying = true;
	tell(registration, effects, resume ? EVENT_UNREACHABLE : event, error, code, wait / USEC_PER_SEC);
}

static void connect(struct registration *registration, usec_t now, struct effects *effects)
{
	if (!add(registration, effects, EFFECT_CONNECT)) {
		retry_later(registration, now, -ENOMEM, 0, EVENT_FAILED, effects);
		return;
	}
	set_state(registration, REGISTRATION_CONNECTING, USEC_INFINITY);
}

static int send(struct registration *registration, struct effects *effects, enum registration_state state,
		int (*fill)(struct registration *registration, struct effect *effect))
{
	struct registration_client *client = registration->client;
	struct effect *effect = add(registration, effects, EFFECT_REQUEST);
	int r;

	if (!effect)
		return -ENOMEM;
	effect->message.code = COAP_POST;
	effect->message.confirmable = true;
	r = fill(registration, effect);
	if (r < 0) {
		effects_cancel(effects, effect);
		return r;
	}
	if (++client->next_request == 0)
		client->next_request = 1;
	effect->id = client->next_request;
	set_state(registration, state, USEC_INFINITY);
	registration->request = client->next_request;
	return 0;
}

static void send_register(struct registration *registration, usec_t now, struct effects *effects)
{
	int r = send(registration, effects, REGISTRATION_REGISTERING, registration_message_register);

	if (r < 0) {
		retry_later(registration, now, r, 0, EVENT_FAILED, effects);
		return;
	}
	registration_message_note_told(registration);
	forget_registration(registration);
	tell(registration, effects, EVENT_REGISTERING, 0, 0, 0);
}

static void send_update(struct registration *registration, usec_t now, struct effects *effects)
{
	int r = send(registration, effects, REGISTRATION_UPDATING, registration_message_update);

	if (r < 0) {
		retry_later(registration, now, r, 0, EVENT_LOST, effects);
		return;
	}
	registration_message_note_told(registration);
	registration->resume = registration->update_wanted = false;
}

int registration_resume(struct registration *registration, enum lwm2m_version version, struct bytes location)
{
	int r;

	if (registration->state != REGISTRATION_IDLE)
		return 0;
	buffer_clear(&registration->location);
	r = buffer_append(&registration->location, location.data, location.len);
	if (r < 0)
		return r;
	speak(registration, version);
	registration->known_until = USEC_INFINITY;
	return 0;
}

void registration_start(struct registration *registration, usec_t now, struct effects *effects)
{
	if (registration->state != REGISTRATION_IDLE)
		return;
	registration->failures = 0;
	registration->in_line = registration->passed = registration->list_wanted = false;
	registration->resume = registration->unheard = may_resume(registration, now);
	if (registration->resume) {
		connect(registration, now, effects);
		return;
	}
	forget_registration(registration);
	speak(registration, registration->server->version);
	if (registration->server->initial_delay_s > 0)
		wait_until(registration, usec_add(now, usec_from_s(registration->server->initial_delay_s)),
			false);
	else
		connect(registration, now, effects);
}

/* The end of what registration_stop() and registration_disable() began. */
static void stopped(struct registration *registration, usec_t now, struct effects *effects)
{
	usec_t resume_at = registration->disabled ?
				   usec_add(now, usec_from_s(registration->server->disable_timeout_s)) :
				   USEC_INFINITY;

	forget_session(registration, effects);
	wait_until(registration, resume_at, false);
	if (!registration->disabled)
		registration->state = REGISTRATION_IDLE;
	registration->disabled = registration->leaving = false;
	registration->failures = 0;
}

/*
 * A Register that is on its way may arrive, or has: its answer says whether there is something to de-register. The
 * owner's patience may end sooner, by registration_leave().
 */
static void let_go(struct registration *registration, usec_t now, struct effects *effects)
{
	bool known = registration->state == REGISTRATION_REGISTERED ||
		     registration->state == REGISTRATION_UPDATING;

	registration->leaving = registration->state == REGISTRATION_REGISTERING;
	if (registration->leaving)
		return;
	if (!known || send(registration, effects, REGISTRATION_DEREGISTERING, registration_message_deregister) < 0)
		stopped(registration, now, effects);
}

/*
 * Each server hears of us again at its own time: a server that restarts ends all its sessions at once. It is no
 * restart when the session could not follow us to another address.
 */
static void session_ended(struct registration *registration, usec_t now, int error, struct effects *effects)
{
	usec_t wait = jitter_next(&registration->client->random) % (RECONNECT_SPREAD_S * USEC_PER_SEC);

	if (error == -ENETRESET)
		wait = 0;
	wait_until(registration, usec_add(now, wait), may_resume(registration, usec_add(now, wait)));
	registration->retrying = true;
	tell(registration, effects, registration->resume ? EVENT_UNREACHABLE : EVENT_LOST, error, 0,
		wait / USEC_PER_SEC);
}

/* All addresses of a host together are one attempt. */
static bool try_next_address(struct registration *registration, usec_t now, struct effects *effects)
{
	if (!registration->another)
		return false;
	registration->another = false;
	forget_session(registration, effects);
	connect(registration, now, effects);
	return true;
}

static void register_failed(
	struct registration *registration, usec_t now, int error, uint8_t code, struct effects *effects)
{
	if (registration->leaving)
		stopped(registration, now, effects);
	else if (code != 0 || !try_next_address(registration, now, effects))
		retry_later(registration, now, error, code, EVENT_FAILED, effects);
}

void registration_connected(struct registration *registration, usec_t now, int error, struct effects *effects)
{
	if (error >= 0)
		registration->another = error > 0;
	switch (registration->state) {
	case REGISTRATION_CONNECTING:
		if (error < 0)
			retry_later(registration, now, error, 0,
				registration->resume ? EVENT_LOST : EVENT_FAILED, effects);
		else if (registration->resume)
			send_update(registration, now, effects);
		else
			send_register(registration, now, effects);
		break;
	case REGISTRATION_REGISTERING:
		if (error < 0)
			register_failed(registration, now, error, 0, effects);
		break;
	case REGISTRATION_REGISTERED:
	case REGISTRATION_UPDATING:
		if (error < 0)
			session_ended(registration, now, error, effects);
		break;
	case REGISTRATION_DEREGISTERING:
		if (error < 0)
			stopped(registration, now, effects);
		break;
	default:
		break;
	}
}

/* Lifetime 0 never ends. */
static usec_t update_interval(const struct registration *registration)
{
	uint32_t lifetime_s = registration->told_lifetime_s;
	usec_t half = usec_from_s(lifetime_s) / 2;

	if (lifetime_s == 0)
		return USEC_INFINITY;
	return lifetime_s > 2 * MAX_TRANSMIT_WAIT_S ? usec_from_s(lifetime_s - MAX_TRANSMIT_WAIT_S) : half;
}

static void registered(
	struct registration *registration, usec_t now, enum event_type event, struct effects *effects)
{
	usec_t interval = update_interval(registration);
	uint64_t seconds = interval == USEC_INFINITY ? 0 : interval / USEC_PER_SEC;

	set_state(registration, REGISTRATION_REGISTERED, usec_add(now, interval));
	registration->failures = 0;
	registration->passed = true;
	registration->unheard = registration->list_wanted = false;
	registration->known_until = registration->told_lifetime_s == 0 ?
					    USEC_INFINITY :
					    usec_add(now, usec_from_s(registration->told_lifetime_s));
	tell(registration, effects, event, 0, 0,
		event == EVENT_REGISTERED ? registration->told_lifetime_s : seconds);
	if (registration->leaving)
		let_go(registration, now, effects);
	else if (registration->update_wanted)
		send_update(registration, now, effects);
}

/* A Profile ID that the server has no list for (Core 1.2.2, 6.2.1). Once it has the list, that is no reason any more. */
static bool wants_list(const struct registration *registration, const struct message *response)
{
	return registration->by_profile && response->code == COAP_CONFLICT;
}

/* 2.01 without a Location-Path is of no use: nothing could be updated. */
static void register_answered(struct registration *registration, usec_t now, const struct message *response,
			      struct effects *effects)
{
	bool created = response->code == COAP_CREATED && response->path.len > 1;

	buffer_clear(&registration->location);
	if (created && buffer_append(&registration->location, response->path.data, response->path.len) == 0) {
		registered(registration, now, EVENT_REGISTERED, effects);
	} else if (!registration->leaving && wants_list(registration, response)) {
		registration->list_wanted = true;
		send_register(registration, now, effects);
	} else if (!registration->leaving && response->code == COAP_PRECONDITION_FAILED &&
		   registration->version > LWM2M_1_0) {
		speak(registration, registration->version - 1);
		send_register(registration, now, effects);
	} else {
		register_failed(registration, now, created ? -ENOMEM : 0, response->code, effects);
	}
}

/* Whatever the server says other than 2.04, it does not have us as we believed. */
static void update_answered(struct registration *registration, usec_t now, const struct message *response,
			    struct effects *effects)
{
	if (response->code == COAP_CHANGED) {
		registered(registration, now, EVENT_UPDATED, effects);
		return;
	}
	if (wants_list(registration, response)) {
		registration->list_wanted = true;
		send_update(registration, now, effects);
		return;
	}
	tell(registration, effects, EVENT_LOST, 0, response->code, 0);
	send_register(registration, now, effects);
}

/*
 * An Update without answer: the server may have lost its side of the session, or the network our address. A
 * new session shows, at once the first time.
 */
static void update_unanswered(
	struct registration *registration, usec_t now, int error, struct effects *effects)
{
	bool again = registration->unheard;

	registration->unheard = true;
	registration->resume = may_resume(registration, now);
	if (again) {
		if (!try_next_address(registration, now, effects))
			retry_later(registration, now, error, 0, EVENT_LOST, effects);
		return;
	}
	forget_session(registration, effects);
	connect(registration, now, effects);
}

void registration_response(struct registration *registration, usec_t now, int error,
	const struct message *response, struct effects *effects)
{
	registration->request = 0;
	switch (registration->state) {
	case REGISTRATION_REGISTERING:
		if (error < 0)
			register_failed(registration, now, error, 0, effects);
		else
			register_answered(registration, now, response, effects);
		break;
	case REGISTRATION_UPDATING:
		if (error == 0)
			update_answered(registration, now, response, effects);
		else
			update_unanswered(registration, now, error, effects);
		break;
	case REGISTRATION_DEREGISTERING:
		tell(registration, effects, EVENT_DEREGISTERED, error, error == 0 ? response->code : 0, 0);
		stopped(registration, now, effects);
		break;
	default:
		break;
	}
}

void registration_update(struct registration *registration, usec_t now, struct effects *effects)
{
	if (registration->state == REGISTRATION_REGISTERED)
		send_update(registration, now, effects);
	else
		registration->update_wanted = true;
}

void registration_stop(struct registration *registration, usec_t now, struct effects *effects)
{
	registration->disabled = registration->in_line = false;
	if (registration->state != REGISTRATION_IDLE && registration->state != REGISTRATION_DEREGISTERING)
		let_go(registration, now, effects);
}

void registration_disable(struct registration *registration, usec_t now, struct effects *effects)
{
	if (registration->state == REGISTRATION_IDLE || registration->state == REGISTRATION_DEREGISTERING)
		return;
	registration->disabled = true;
	let_go(registration, now, effects);
}

void registration_leave(struct registration *registration, struct effects *effects)
{
	registration->in_line = false;
	if (registration->state == REGISTRATION_IDLE)
		return;
	registration->disabled = false;
	stopped(registration, 0, effects);
}

static void begin_anew(struct registration *registration, usec_t now, bool resume, struct effects *effects)
{
	registration->failures = 0;
	registration->resume = resume && may_resume(registration, now);
	if (!registration->resume)
		forget_registration(registration);
	forget_session(registration, effects);
	connect(registration, now, effects);
}

int registration_now(struct registration *registration, usec_t now, struct effects *effects)
{
	if (registration->leaving || registration->state == REGISTRATION_DEREGISTERING)
		return -EBUSY;
	if (registration->state == REGISTRATION_IDLE)
		registration_start(registration, now, effects);
	if (registration->state == REGISTRATION_WAITING)
		begin_anew(registration, now, registration->resume, effects);
	else if (registration->state == REGISTRATION_REGISTERED)
		registration_update(registration, now, effects);
	return 0;
}

/* Without security a session is an address; with it, the server may know the session from anywhere. */
static void go_on_from_here(struct registration *registration, usec_t now, struct effects *effects)
{
	if (registration->server->mode == SECURITY_NOSEC) {
		registration->unheard = registration->state == REGISTRATION_UPDATING;
		begin_anew(registration, now, true, effects);
		return;
	}
	(void)add(registration, effects, EFFECT_REBIND);
	if (registration->state == REGISTRATION_REGISTERED)
		send_update(registration, now, effects);
}

void registration_network_changed(struct registration *registration, usec_t now, struct effects *effects)
{
	switch (registration->state) {
	case REGISTRATION_REGISTERED:
	case REGISTRATION_UPDATING:
		go_on_from_here(registration, now, effects);
		break;
	case REGISTRATION_CONNECTING:
	case REGISTRATION_REGISTERING:
		if (registration->leaving)
			stopped(registration, now, effects);
		else
			begin_anew(registration, now, registration->resume, effects);
		break;
	case REGISTRATION_WAITING:
		if (registration->retrying)
			begin_anew(registration, now, registration->resume, effects);
		break;
	default:
		break;
	}
}

void registration_tick(struct registration *registration, usec_t now, struct effects *effects)
{
	if (registration->deadline > now)
		return;
	if (registration->state == REGISTRATION_WAITING) {
		registration->resume = registration->resume && may_resume(registration, now);
		connect(registration, now, effects);
	} else if (registration->state == REGISTRATION_REGISTERED)
		send_update(registration, now, effects);
}
