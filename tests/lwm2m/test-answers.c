/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every code that a server may answer with, those of no class that there is included: what it was asked decides what
 * is good news, all else is a refusal with this code, and none makes us ask again at once and for ever.
 */
#include "transcript.h"

/* What came of one answer. */
struct outcome {
	unsigned int requests, closes, events, others;
	enum event_type event; /* the first */
	int error;
	uint8_t code, method;
	char path[64]; /* of the last request */
};

static struct outcome drain(struct transcript *transcript)
{
	struct outcome outcome = { 0 };
	const struct effect *effect;

	while (engine_next(transcript->engine, &effect) > 0) {
		const struct message *message = &effect->message;

		if (effect->type == EFFECT_REQUEST) {
			outcome.requests++;
			outcome.method = message->code;
			snprintf(outcome.path, sizeof(outcome.path), "%.*s", (int)message->path.len,
				(const char *)message->path.data);
			transcript->sent[0] = effect->id;
		} else if (effect->type == EFFECT_CLOSE) {
			outcome.closes++;
		} else if (effect->type == EFFECT_EVENT && outcome.events++ == 0) {
			outcome.event = effect->event;
			outcome.error = effect->error;
			outcome.code = message->code;
		} else if (effect->type != EFFECT_EVENT && effect->type != EFFECT_PERSIST) {
			outcome.others++;
		}
	}
	return outcome;
}

/* Steps, each at the same time, and then the answer: all the rest of it is the outcome. */
static struct outcome play_answer(struct transcript *transcript, const char *const *steps, uint8_t code)
{
	char answer[32];

	transcript_init(transcript, &(struct transcript_config){ 0 });
	for (; *steps; steps++)
		transcript_do(transcript, 1 * SEC, *steps);
	snprintf(answer, sizeof(answer), "answer %u.%02u", code >> 5, code & 31);
	transcript_feed(transcript, answer);
	return drain(transcript);
}

/* Nothing more is sent for half a minute: the shortest of first waits. */
static void assert_patient(struct transcript *transcript)
{
	for (unsigned int i = 0; engine_deadline(transcript->engine) < 31 * SEC; i++) {
		usec_t deadline = engine_deadline(transcript->engine);
		struct outcome outcome;

		assert_true(i < 10);
		engine_tick(transcript->engine, deadline > SEC ? deadline : SEC);
		outcome = drain(transcript);
		assert_int_equal(outcome.requests + outcome.others, 0);
	}
}

static const char *const registering[] = { "start", "connected", NULL };
static const char *const updating[] = { "start", "connected", "answer 2.01 /rd/5a", "update", NULL };
static const char *const leaving[] = { "start", "connected", "answer 2.01 /rd/5a", "deregister", NULL };
static const char *const sending[] = { "mute 0", "start", "connected", "answer 2.01 /rd/5a", "send /3/0/0", NULL };

/* 2.01 needs a location; 4.12 is about the version, and is a refusal like others once there is no lower one. */
static void a_register(void **state)
{
	static struct transcript transcript;

	(void)state;
	for (unsigned int code = 0; code < 256; code++) {
		struct outcome outcome = play_answer(&transcript, registering, (uint8_t)code);

		if (code == COAP_PRECONDITION_FAILED) {
			assert_int_equal(outcome.requests, 1);
			assert_string_equal(outcome.path, "/rd");
			transcript_feed(&transcript, "answer 4.12");
			outcome = drain(&transcript);
		}
		assert_int_equal(outcome.requests, 0);
		assert_int_equal(outcome.closes, 1);
		assert_int_equal(outcome.others, 0);
		assert_int_equal(outcome.event, EVENT_FAILED);
		assert_int_equal(outcome.code, code);
		assert_patient(&transcript);
		transcript_deinit(&transcript);
	}
}

/* The server does not have us as we believed: a Register with all, at once, and then as above. */
static void an_update(void **state)
{
	static struct transcript transcript;

	(void)state;
	for (unsigned int code = 0; code < 256; code++) {
		struct outcome outcome = play_answer(&transcript, updating, (uint8_t)code);

		assert_int_equal(outcome.closes, 0);
		assert_int_equal(outcome.others, 0);
		assert_int_equal(outcome.event, code == COAP_CHANGED ? EVENT_UPDATED : EVENT_LOST);
		assert_int_equal(outcome.requests, code == COAP_CHANGED ? 0 : 1);
		if (code != COAP_CHANGED) {
			assert_int_equal(outcome.code, code);
			assert_int_equal(outcome.method, COAP_POST);
			assert_string_equal(outcome.path, "/rd");
			transcript_feed(&transcript, "answer 6.31");
			outcome = drain(&transcript);
			assert_int_equal(outcome.event, EVENT_FAILED);
			assert_int_equal(outcome.requests, 0);
		}
		assert_patient(&transcript);
		transcript_deinit(&transcript);
	}
}

/* Whatever the server says to it, we are gone. */
static void a_de_register(void **state)
{
	static struct transcript transcript;

	(void)state;
	for (unsigned int code = 0; code < 256; code++) {
		struct outcome outcome = play_answer(&transcript, leaving, (uint8_t)code);

		assert_int_equal(outcome.event, EVENT_DEREGISTERED);
		assert_int_equal(outcome.requests, 0);
		assert_int_equal(outcome.closes, 1);
		assert_true(engine_is_idle(transcript.engine));
		transcript_deinit(&transcript);
	}
}

/* It is not sent again: who asked for it hears what the server said. */
static void a_send(void **state)
{
	static struct transcript transcript;

	(void)state;
	for (unsigned int code = 0; code < 256; code++) {
		struct outcome outcome = play_answer(&transcript, sending, (uint8_t)code);

		assert_int_equal(outcome.event, EVENT_SENT);
		assert_int_equal(outcome.code, code == COAP_CHANGED ? 0 : code);
		assert_int_equal(outcome.error, 0);
		assert_int_equal(outcome.requests + outcome.closes + outcome.others, 0);
		transcript_deinit(&transcript);
	}
}

/* An acknowledgement that says more than that is one all the same; what is no answer at all changes nothing. */
static void a_notification(void **state)
{
	static const struct step observed[] = {
		TRANSCRIPT_REGISTERED_FOREVER,
		{ 0, "con" },
		{ 0, "set /500/0/1 1" },
		{ 0, "GET /500/0/1 observe=0 token=01", "watch 500 on\n2.05 observe=0 format=0 1" },
		{ 1 * SEC, "set /500/0/1 2", "notify CON 2.05 token=01 observe=1 format=0 2" },
	};
	static const struct step goes_on[] = {
		{ 2 * SEC, "set /500/0/1 3", "notify CON 2.05 token=01 observe=2 format=0 3" },
	};
	static struct transcript transcript;

	(void)state;
	for (unsigned int code = 0; code < 256; code++) {
		const struct message response = { .code = (uint8_t)code, .accept = -1, .format = -1, .observe = -1 };

		transcript_init(&transcript, &(struct transcript_config){ 0 });
		play_on(&transcript, observed);
		engine_response(transcript.engine, 1 * SEC, transcript.notified[0] + 77, 0, &response);
		engine_response(transcript.engine, 1 * SEC, transcript.notified[0], 0, &response);
		play_on(&transcript, goes_on);
		transcript_deinit(&transcript);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_register),
	cmocka_unit_test(an_update),
	cmocka_unit_test(a_de_register),
	cmocka_unit_test(a_send),
	cmocka_unit_test(a_notification),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
