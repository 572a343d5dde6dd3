/* SPDX-License-Identifier: Apache-2.0 */
#include "transcript.h"

/* When a wait of s seconds that began at from is over: half as long to half as long again. */
#define SPREAD(from, s) .at = (from) + (s) * SEC / 2, .until = (from) + (s) * SEC / 2 + (s) * SEC

#define REGISTER(lifetime, parameters) REGISTER_FORMATS(lifetime, parameters, "60 110 112 11542")
#define REGISTER_FORMATS(lifetime, parameters, formats)                \
	"request POST /rd?ep=dev&lt=" lifetime "&" parameters " format=40 " \
	TRANSCRIPT_LINKS_OF(formats) "\nregistering"
#define REGISTER_1_0(parameters) REGISTER_FORMATS("300", "lwm2m=1.0&" parameters, "60 110 112 11542 11543")
#define REGISTER_1_2(parameters) REGISTER_FORMATS("300", "lwm2m=1.2&" parameters, "60 110 112 11542 11544")

static void registers_updates_and_deregisters(void **state)
{
	static const struct step steps[] = {
		{ 0, "start", "connect" },
		{ 1 * SEC, "connected", TRANSCRIPT_REGISTER },
		{ 2 * SEC, "answer 2.01 /rd/5a", "registered 300" },
		{ 209 * SEC, NULL, "request POST /rd/5a" },
		{ 210 * SEC, "answer 2.04", "updated 207" },
		{ 417 * SEC, NULL, "request POST /rd/5a" },
		{ 418 * SEC, "answer 2.04", "updated 207" },
		{ 420 * SEC, "deregister", "request DELETE /rd/5a" },
		{ 421 * SEC, "answer 2.02", "deregistered 2.02\nclose" },
		{ 10000 * SEC },
	};

	(void)state;
	play(steps);
}

static void starts_again_after_a_stop(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 1 * SEC, "stop", "close" },
		{ 2 * SEC, "start", "connect" },
		{ 2 * SEC, "start" },
		{ 2 * SEC, "connected", TRANSCRIPT_REGISTER },
	};

	(void)state;
	play(steps);
}

static void rule_18_steps_down_on_4_12(void **state)
{
	static const struct step steps[] = {
		{ 0, "start", "connect" },
		{ 0, "connected", REGISTER_1_2("b=U&Q") },
		{ 0, "answer 4.12", REGISTER("300", "lwm2m=1.1&b=U&Q") },
		{ 0, "answer 4.12", REGISTER_1_0("b=UQ") },
		{ 0, "answer 4.12", "close\nfailed 4.12" },
		{ SPREAD(0, 60), .expect = "connect" },
		{ 30 * SEC, "connected", REGISTER_1_0("b=UQ") },
		{ 30 * SEC, "answer 2.01 /rd/5a", "registered 300" },
	};

	(void)state;
	play(steps, .version_minor = 2, .queue = true);
}

static void rule_18_other_refusals_keep_the_version(void **state)
{
	static const struct step steps[] = {
		{ 0, "start", "connect" },
		{ 0, "connected", TRANSCRIPT_REGISTER },
		{ 0, "answer 4.00", "close\nfailed 4.00" },
		{ SPREAD(0, 60), .expect = "connect" },
		{ 30 * SEC, "connected", TRANSCRIPT_REGISTER },
		{ 30 * SEC, "answer 4.03", "close\nfailed 4.03" },
		{ SPREAD(30 * SEC, 120), .expect = "connect" },
		{ 90 * SEC, "connected", TRANSCRIPT_REGISTER },
		{ 90 * SEC, "answer 5.03", "close\nfailed 5.03" },
	};

	(void)state;
	play(steps);
}

static void created_without_a_location_is_no_registration(void **state)
{
	static const struct step steps[] = {
		{ 0, "start", "connect" },
		{ 0, "connected", TRANSCRIPT_REGISTER },
		{ 0, "answer 2.01", "close\nfailed 2.01" },
	};

	(void)state;
	play(steps);
}

static void register_unanswered(void **state)
{
	static const struct step steps[] = {
		{ 0, "start", "connect" },
		{ 0, "connected", TRANSCRIPT_REGISTER },
		{ 93 * SEC, "unanswered", "close\nfailed ETIMEDOUT" },
		{ SPREAD(93 * SEC, 60), .expect = "connect" },
		{ 123 * SEC, "connected", TRANSCRIPT_REGISTER },
		{ 124 * SEC, "reset", "close\nfailed ECONNRESET" },
	};

	(void)state;
	play(steps);
}

/* All addresses of a host are one attempt: the wait comes after the last one. */
static void the_next_address_is_tried_at_once(void **state)
{
	static const struct step steps[] = {
		{ 0, "start", "connect" },
		{ 0, "connected another", TRANSCRIPT_REGISTER },
		{ 93 * SEC, "unanswered", "close\nconnect" },
		{ 93 * SEC, "connected another", TRANSCRIPT_REGISTER },
		{ 94 * SEC, "connected ECONNREFUSED", "close\nconnect" },
		{ 94 * SEC, "connected", TRANSCRIPT_REGISTER },
		{ 187 * SEC, "unanswered", "close\nfailed ETIMEDOUT" },
		{ SPREAD(187 * SEC, 60), .expect = "connect" },
		/* a refusal is an answer */
		{ 217 * SEC, "connected another", TRANSCRIPT_REGISTER },
		{ 217 * SEC, "answer 4.03", "close\nfailed 4.03" },
		{ SPREAD(217 * SEC, 120), .expect = "connect" },
		{ 277 * SEC, "connected another", TRANSCRIPT_REGISTER },
		{ 277 * SEC, "answer 2.01 /rd/5a", "registered 300" },
		/* an Update that is not answered: the same address once more, as a rule; then the others */
		{ 280 * SEC, "update", "request POST /rd/5a" },
		{ 373 * SEC, "unanswered", "close\nconnect" },
		{ 373 * SEC, "connected another", "request POST /rd/5a?lt=300&b=U format=40 " TRANSCRIPT_LINKS },
		{ 466 * SEC, "unanswered", "close\nconnect" },
		{ 466 * SEC, "connected", "request POST /rd/5a?lt=300&b=U format=40 " TRANSCRIPT_LINKS },
		{ 467 * SEC, "answer 2.04", "updated 207" },
	};

	(void)state;
	play(steps);
}

static void session_lost(void **state)
{
	static const struct step steps[] = {
		{ 0, "start", "connect" },
		{ 0, "connected ECONNREFUSED", "close\nfailed ECONNREFUSED" },
		{ SPREAD(0, 60), .expect = "connect" },
		{ 30 * SEC, "connected", TRANSCRIPT_REGISTER },
		/* while registering: a failure as any other */
		{ 31 * SEC, "connected ECONNRESET", "close\nfailed ECONNRESET" },
		{ SPREAD(31 * SEC, 120), .expect = "connect" },
		{ 91 * SEC, "connected", TRANSCRIPT_REGISTER },
		{ 91 * SEC, "answer 2.01 /rd/5a", "registered 300" },
		/* while registered: within seconds, at a time of its own */
		{ 100 * SEC, "connected ECONNRESET", "lost ECONNRESET" },
		{ .at = 100 * SEC, .until = 105 * SEC, .expect = "connect" },
		{ 100 * SEC, "connected", TRANSCRIPT_REGISTER },
		{ 100 * SEC, "answer 2.01 /rd/5b", "registered 300" },
		/* while updating */
		{ 101 * SEC, "update", "request POST /rd/5b" },
		{ 102 * SEC, "connected ECONNRESET", "lost ECONNRESET" },
		{ 102 * SEC, "answer 2.04" },
		{ .at = 102 * SEC, .until = 107 * SEC, .expect = "connect" },
		{ 102 * SEC, "connected", TRANSCRIPT_REGISTER },
		{ 102 * SEC, "answer 2.01 /rd/5c", "registered 300" },
		/* while de-registering: it is over */
		{ 103 * SEC, "deregister", "request DELETE /rd/5c" },
		{ 104 * SEC, "connected ECONNRESET", "close" },
		{ 10000 * SEC },
		/* when nobody waits for it */
		{ 10000 * SEC, "connected ECONNRESET" },
		{ 10000 * SEC, "connected" },
	};

	(void)state;
	play(steps, .psk = true);
}

static void rule_12_margin_of_short_lifetimes_is_half(void **state)
{
	static const struct step steps[] = {
		{ 0, "start", "connect" },
		{ 0, "connected", REGISTER("60", "lwm2m=1.1&b=U") },
		{ 0, "answer 2.01 /rd/5a", "registered 60" },
		{ 30 * SEC, NULL, "request POST /rd/5a" },
		{ 30 * SEC, "answer 2.04", "updated 30" },
		{ 30 * SEC, "lifetime 100" },
		{ 30 * SEC, "update", "request POST /rd/5a?lt=100" },
		{ 30 * SEC, "answer 2.04", "updated 50" },
		/* 186 s: still half of it; one more: 93 s before the end */
		{ 31 * SEC, "lifetime 186" },
		{ 31 * SEC, "update", "request POST /rd/5a?lt=186" },
		{ 31 * SEC, "answer 2.04", "updated 93" },
		{ 32 * SEC, "lifetime 187" },
		{ 32 * SEC, "update", "request POST /rd/5a?lt=187" },
		{ 32 * SEC, "answer 2.04", "updated 94" },
		{ 126 * SEC, NULL, "request POST /rd/5a" },
	};

	(void)state;
	play(steps, .lifetime_s = 60);
}

static void rule_12_lifetime_0_never_ends(void **state)
{
	static const struct step steps[] = {
		{ 0, "lifetime 0" },
		{ 0, "start", "connect" },
		{ 0, "connected", REGISTER("0", "lwm2m=1.1&b=U") },
		{ 0, "answer 2.01 /rd/5a", "registered 0" },
		{ 100000 * HOUR },
		{ 100000 * HOUR, "update", "request POST /rd/5a" },
		{ 100000 * HOUR, "answer 2.04", "updated 0" },
		{ 200000 * HOUR },
	};

	(void)state;
	play(steps);
}

static void rule_11_update_tells_what_changed(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		/* 1/x/8 without a change */
		{ 1 * SEC, "update", "request POST /rd/5a" },
		{ 1 * SEC, "answer 2.04", "updated 207" },
		{ 2 * SEC, "lifetime 400" },
		{ 2 * SEC, "update", "request POST /rd/5a?lt=400" },
		{ 2 * SEC, "answer 2.04", "updated 307" },
		{ 3 * SEC, "binding T" },
		{ 3 * SEC, "update", "request POST /rd/5a?b=T" },
		{ 3 * SEC, "answer 2.04", "updated 307" },
		/* the list is whole or not there */
		{ 4 * SEC, "add /500/3",
			TRANSCRIPT_UPDATE_LINKS("</500>;ver=2.0,</500/0>,</500/3>,</501>,</502>") },
		{ 4 * SEC, "answer 2.04", "updated 307" },
		{ 5 * SEC, "update", "request POST /rd/5a" },
		{ 5 * SEC, "answer 2.04", "updated 307" },
		{ 6 * SEC, "lifetime 300" },
		{ 6 * SEC, "binding U" },
		{ 6 * SEC, "remove /500/3", "request POST /rd/5a?lt=300&b=U format=40 " TRANSCRIPT_LINKS },
	};

	(void)state;
	play(steps);
}

static void rule_11_same_values_again_are_no_update(void **state)
{
	static struct transcript transcript;
	static const struct step before[] = { TRANSCRIPT_REGISTERED };
	static const struct step after[] = {
		{ 100 * SEC, "set /500/0/1 7" },
		{ 207 * SEC, NULL, "request POST /rd/5a" },
	};
	struct object *object;

	(void)state;
	transcript_init(&transcript, &(struct transcript_config){ 0 });
	play_on(&transcript, before);
	/* an instance that comes and goes at once leaves the list as it was */
	object = fake_objects_get(&transcript.fake, 500);
	assert_int_equal(object_add_instance(object, 9), 0);
	object_remove_instance(object, 9);
	play_on(&transcript, after);
	transcript_deinit(&transcript);
}

static void rule_15_queue_mode_of_1_0_is_part_of_the_binding(void **state)
{
	static const struct step steps[] = {
		{ 0, "start", "connect" },
		{ 0, "connected", REGISTER("300", "lwm2m=1.1&b=U") },
		{ 0, "answer 4.12", REGISTER_1_0("b=U") },
		{ 0, "answer 2.01 /rd/5a", "registered 300" },
		{ 1 * SEC, "queue" },
		{ 1 * SEC, "update", "request POST /rd/5a?b=UQ" },
	};

	(void)state;
	play(steps);
}

/* Where it is a parameter of its own, it goes with the binding. */
static void rule_15_queue_mode_since_1_1_is_told_with_the_binding(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 1 * SEC, "queue" },
		{ 1 * SEC, "update", "request POST /rd/5a?b=U&Q" },
		{ 1 * SEC, "answer 2.04", "updated 207" },
		{ 2 * SEC, "update", "request POST /rd/5a" },
	};

	(void)state;
	play(steps);
}

static void changes_while_a_request_is_out_are_told_after_it(void **state)
{
	static const struct step steps[] = {
		{ 0, "start", "connect" },
		{ 0, "connected", TRANSCRIPT_REGISTER },
		{ 0, "lifetime 400" },
		{ 0, "update" },
		{ 0, "answer 2.01 /rd/5a", "registered 300\nrequest POST /rd/5a?lt=400" },
		{ 1 * SEC, "lifetime 500" },
		{ 1 * SEC, "update" },
		{ 1 * SEC, "update" },
		{ 2 * SEC, "answer 2.04", "updated 307\nrequest POST /rd/5a?lt=500" },
		{ 3 * SEC, "answer 2.04", "updated 407" },
		{ 4 * SEC },
	};

	(void)state;
	play(steps);
}

static void rule_6_update_4_04_registers_again(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 207 * SEC, NULL, "request POST /rd/5a" },
		{ 208 * SEC, "answer 4.04", "lost 4.04\n" TRANSCRIPT_REGISTER },
		{ 208 * SEC, "answer 2.01 /rd/5b", "registered 300" },
		{ 209 * SEC, "update", "request POST /rd/5b" },
	};

	(void)state;
	play(steps);
}

static void rule_48_update_unanswered_opens_a_new_session(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 10 * SEC, "lifetime 400" },
		{ 10 * SEC, "update", "request POST /rd/5a?lt=400" },
		{ 103 * SEC, "unanswered", "close\nconnect" },
		/* nobody knows whether that one arrived: all of it again */
		{ 103 * SEC, "connected", "request POST /rd/5a?lt=400&b=U format=40 " TRANSCRIPT_LINKS },
		{ 103 * SEC, "answer 2.04", "updated 307" },
		{ 104 * SEC, "update", "request POST /rd/5a" },
		{ 105 * SEC, "unanswered", "close\nconnect" },
		/* the server may have been away for a while: it keeps us until the lifetime is over */
		{ 106 * SEC, "connected ECONNREFUSED", "close\nunreachable ECONNREFUSED" },
		{ SPREAD(106 * SEC, 60), .expect = "connect" },
		{ 136 * SEC, "connected", "request POST /rd/5a?lt=400&b=U format=40 " TRANSCRIPT_LINKS },
		{ 229 * SEC, "unanswered", "close\nunreachable ETIMEDOUT" },
		{ SPREAD(229 * SEC, 120), .expect = "connect" },
		/* which it would be at the next try */
		{ 289 * SEC, "connected EIO", "close\nlost EIO" },
		{ SPREAD(289 * SEC, 240), .expect = "connect" },
		{ 409 * SEC, "connected", REGISTER("400", "lwm2m=1.1&b=U") },
	};

	(void)state;
	play(steps);
}

static void rule_16_new_dtls_session_registers_before_1_2(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 10 * SEC, "update", "request POST /rd/5a" },
		{ 103 * SEC, "unanswered", "close\nconnect" },
		{ 103 * SEC, "connected", TRANSCRIPT_REGISTER },
	};

	(void)state;
	play(steps, .psk = true);
}

static void rule_16_new_dtls_session_updates_since_1_2(void **state)
{
	static const struct step steps[] = {
		{ 0, "start", "connect" },
		{ 0, "connected", REGISTER_1_2("b=U") },
		{ 0, "answer 2.01 /rd/5a", "registered 300" },
		{ 10 * SEC, "update", "request POST /rd/5a" },
		{ 103 * SEC, "unanswered", "close\nconnect" },
		{ 103 * SEC, "connected", "request POST /rd/5a?lt=300&b=U format=40 "
			TRANSCRIPT_LINKS_OF("60 110 112 11542 11544") },
		{ 196 * SEC, "unanswered", "close\nunreachable ETIMEDOUT" },
	};

	(void)state;
	play(steps, .psk = true, .version_minor = 2);
}

static void rule_13_back_off_doubles_up_to_retry_count(void **state)
{
	static const struct step steps[] = {
		{ 0, "start", "connect" },
		{ 0, "connected EIO", "close\nfailed EIO" },
		{ SPREAD(0, 60), .expect = "connect" },
		{ 30 * SEC, "connected EIO", "close\nfailed EIO" },
		{ SPREAD(30 * SEC, 120), .expect = "connect" },
		{ 90 * SEC, "connected EIO", "close\nfailed EIO" },
		{ SPREAD(90 * SEC, 240), .expect = "connect" },
		{ 210 * SEC, "connected EIO", "close\nfailed EIO" },
		{ SPREAD(210 * SEC, 240), .expect = "connect" },
		{ 330 * SEC, "connected EIO", "close\nfailed EIO" },
		{ SPREAD(330 * SEC, 240), .expect = "connect" },
		/* success starts it anew */
		{ 450 * SEC, "connected", TRANSCRIPT_REGISTER },
		{ 450 * SEC, "answer 2.01 /rd/5a", "registered 300" },
		{ 451 * SEC, "update", "request POST /rd/5a" },
		{ 452 * SEC, "answer 4.00", "lost 4.00\n" TRANSCRIPT_REGISTER },
		{ 452 * SEC, "answer 5.00", "close\nfailed 5.00" },
		{ SPREAD(452 * SEC, 60), .expect = "connect" },
	};

	(void)state;
	play(steps, .retry_count = 3);
}

/* 1/x/19 and 1/x/20: sequences of attempts with a long pause between them. */
static void rule_13_sequences(void **state)
{
	static const struct step steps[] = {
		{ 0, "start", "connect" },
		{ 0, "connected EIO", "close\nfailed EIO" },
		{ SPREAD(0, 60), .expect = "connect" },
		{ 30 * SEC, "connected EIO", "close\nfailed EIO" },
		{ SPREAD(30 * SEC, 86400), .expect = "connect" },
		{ 43230 * SEC, "connected EIO", "close\nfailed EIO" },
		{ SPREAD(43230 * SEC, 60), .expect = "connect" },
		{ 43260 * SEC, "connected EIO", "close\nfailed EIO" },
		/* all sequences are over: there is no other server to turn to */
		{ SPREAD(43260 * SEC, 120), .expect = "connect" },
		{ 43320 * SEC, "connected EIO", "close\nfailed EIO" },
		{ SPREAD(43320 * SEC, 120), .expect = "connect" },
	};

	(void)state;
	play(steps, .retry_count = 2, .sequence_count = 2);
}

/* Two clients with different seeds do not come back at the same time. */
static void jitter_differs_between_servers(void **state)
{
	static struct transcript transcript;
	static const struct step steps[] = {
		{ 0, "start", "connect\n@1 connect" },
		{ 0, "connected EIO", "close\nfailed EIO" },
		{ 0, "@1 connected EIO", "@1 close\n@1 failed EIO" },
	};
	usec_t first, second;

	(void)state;
	transcript_init(&transcript, &(struct transcript_config){ .servers = 2 });
	play_on(&transcript, steps);
	first = engine_registration(transcript.engine, transcript_server(&transcript, 0))->deadline;
	second = engine_registration(transcript.engine, transcript_server(&transcript, 1))->deadline;
	assert_true(first != second);
	assert_in_range(first, 30 * SEC, 90 * SEC);
	assert_in_range(second, 30 * SEC, 90 * SEC);
	transcript_deinit(&transcript);
}

static void stops_in_every_state(void **state)
{
	static const struct step steps[] = {
		{ 0, "deregister" },
		{ 0, "start", "connect" },
		{ 1 * SEC, "deregister", "close" },
		{ 2 * SEC, "start", "connect" },
		{ 2 * SEC, "connected", TRANSCRIPT_REGISTER },
		/* the Register is on its way: whether the server has us is known with its answer */
		{ 2 * SEC, "deregister" },
		{ 2 * SEC, "deregister" },
		{ 2 * SEC, "answer 2.01 /rd/5a", "registered 300\nrequest DELETE /rd/5a" },
		{ 2 * SEC, "answer 2.02", "deregistered 2.02\nclose" },
		{ 3 * SEC, "start", "connect" },
		{ 3 * SEC, "connected EIO", "close\nfailed EIO" },
		{ 4 * SEC, "deregister", "close" },
		{ 5 * SEC, "start", "connect" },
		{ 5 * SEC, "connected", TRANSCRIPT_REGISTER },
		{ 5 * SEC, "answer 2.01 /rd/5a", "registered 300" },
		{ 6 * SEC, "update", "request POST /rd/5a" },
		{ 6 * SEC, "deregister", "request DELETE /rd/5a" },
		{ 6 * SEC, "deregister" },
		{ 99 * SEC, "unanswered", "deregistered ETIMEDOUT\nclose" },
		{ 100000 * SEC },
	};

	(void)state;
	play(steps);
}

/* No answer to the Register, or not the right one: there is nothing to de-register. */
static void stops_while_registering(void **state)
{
	static const struct step steps[] = {
		{ 0, "start", "connect" },
		{ 0, "connected", TRANSCRIPT_REGISTER },
		{ 1 * SEC, "deregister" },
		{ 93 * SEC, "unanswered", "close" },
		{ 100 * SEC, "start", "connect" },
		{ 100 * SEC, "connected", TRANSCRIPT_REGISTER },
		{ 100 * SEC, "deregister" },
		/* refused, where it would be tried again at once */
		{ 100 * SEC, "answer 4.12", "close" },
		{ 101 * SEC, "start", "connect" },
		{ 101 * SEC, "connected", TRANSCRIPT_REGISTER },
		{ 101 * SEC, "deregister" },
		{ 101 * SEC, "connected ECONNRESET", "close" },
		{ 102 * SEC, "start", "connect" },
		{ 102 * SEC, "connected", TRANSCRIPT_REGISTER },
		{ 102 * SEC, "deregister" },
		{ 102 * SEC, "move", "close" },
		/* the patience of the owner is over */
		{ 103 * SEC, "start", "connect" },
		{ 103 * SEC, "connected", TRANSCRIPT_REGISTER },
		{ 103 * SEC, "deregister" },
		{ 107 * SEC, "stop", "close" },
		/* nothing of it is left */
		{ 108 * SEC, "start", "connect" },
		{ 108 * SEC, "connected", TRANSCRIPT_REGISTER },
		{ 108 * SEC, "answer 2.01 /rd/5a", "registered 300" },
		{ 200 * SEC },
	};

	(void)state;
	play(steps);
}

static void leaves_in_every_state(void **state)
{
	static const struct step steps[] = {
		{ 0, "stop" },
		{ 0, "start", "connect" },
		{ 1 * SEC, "stop", "close" },
		{ 2 * SEC, "start", "connect" },
		{ 2 * SEC, "connected", TRANSCRIPT_REGISTER },
		{ 2 * SEC, "stop", "close" },
		{ 2 * SEC, "answer 2.01 /rd/5a" },
		{ 3 * SEC, "start", "connect" },
		{ 3 * SEC, "connected EIO", "close\nfailed EIO" },
		{ 4 * SEC, "stop", "close" },
		{ 5 * SEC, "start", "connect" },
		{ 5 * SEC, "connected", TRANSCRIPT_REGISTER },
		{ 5 * SEC, "answer 2.01 /rd/5a", "registered 300" },
		{ 6 * SEC, "update", "request POST /rd/5a" },
		{ 6 * SEC, "stop", "close" },
		{ 7 * SEC, "start", "connect" },
		{ 7 * SEC, "connected", TRANSCRIPT_REGISTER },
		{ 7 * SEC, "answer 2.01 /rd/5a", "registered 300" },
		{ 7 * SEC, "deregister", "request DELETE /rd/5a" },
		{ 7 * SEC, "stop", "close" },
		{ 100000 * SEC },
	};

	(void)state;
	play(steps);
}

static void idle_when_all_servers_are(void **state)
{
	static struct transcript transcript;
	static const struct step registered[] = {
		{ 0, "start", "connect\n@1 connect" },
		{ 0, "connected", TRANSCRIPT_REGISTER },
		{ 0, "answer 2.01 /rd/5a", "registered 300" },
		{ 0, "deregister", "request DELETE /rd/5a\n@1 close" },
	};
	static const struct step gone[] = { { 1 * SEC, "answer 2.02", "deregistered 2.02\nclose" } };

	(void)state;
	transcript_init(&transcript, &(struct transcript_config){ .servers = 2 });
	assert_true(engine_is_idle(transcript.engine));
	play_on(&transcript, registered);
	assert_false(engine_is_idle(transcript.engine));
	play_on(&transcript, gone);
	assert_true(engine_is_idle(transcript.engine));
	transcript_deinit(&transcript);
}

static void rule_14_disable_comes_back_after_1_x_5(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 10 * SEC, "disable", "request DELETE /rd/5a" },
		{ 10 * SEC, "disable" },
		{ 11 * SEC, "answer 2.02", "deregistered 2.02\nclose" },
		{ 86411 * SEC, NULL, "connect" },
		{ 86411 * SEC, "connected", TRANSCRIPT_REGISTER },
		{ 86411 * SEC, "answer 2.01 /rd/5b", "registered 300" },
		/* the pause was for once */
		{ 86412 * SEC, "deregister", "request DELETE /rd/5b" },
		{ 86413 * SEC, "answer 2.02", "deregistered 2.02\nclose" },
		{ 864130 * SEC },
	};

	(void)state;
	play(steps);
}

static void disable_in_other_states(void **state)
{
	static const struct step steps[] = {
		/* not started: nothing to come back to */
		{ 0, "disable" },
		{ 100000 * SEC, "start", "connect" },
		{ 100000 * SEC, "disable", "close" },
		{ 186400 * SEC, NULL, "connect" },
		{ 186400 * SEC, "connected EIO", "close\nfailed EIO" },
		{ 186401 * SEC, "disable", "close" },
		{ 272801 * SEC, NULL, "connect" },
		{ 272801 * SEC, "connected", TRANSCRIPT_REGISTER },
		{ 272801 * SEC, "answer 2.01 /rd/5a", "registered 300" },
		/* a stop is the last word, before and after */
		{ 272802 * SEC, "deregister", "request DELETE /rd/5a" },
		{ 272802 * SEC, "disable" },
		{ 272803 * SEC, "answer 2.02", "deregistered 2.02\nclose" },
		{ 372803 * SEC, "start", "connect" },
		{ 372803 * SEC, "connected", TRANSCRIPT_REGISTER },
		{ 372803 * SEC, "answer 2.01 /rd/5a", "registered 300" },
		{ 372804 * SEC, "disable", "request DELETE /rd/5a" },
		{ 372804 * SEC, "deregister" },
		{ 372805 * SEC, "answer 2.02", "deregistered 2.02\nclose" },
		{ 472805 * SEC, "start", "connect" },
		{ 472805 * SEC, "disable", "close" },
		{ 472806 * SEC, "deregister", "close" },
		{ 1000000 * SEC },
	};

	(void)state;
	play(steps);
}

static void rule_47_requests_are_confirmable_with_ids_of_their_own(void **state)
{
	static struct transcript transcript;
	static const struct step steps[] = {
		{ 0, "start", "connect\n@1 connect" },
		{ 0, "connected", TRANSCRIPT_REGISTER },
		{ 0, "@1 connected",
			"@1 request POST /rd?ep=dev&lt=300&lwm2m=1.1&b=U format=40 " TRANSCRIPT_LINKS
			"\n@1 registering" },
		{ 0, "@1 answer 2.01 /rd/1", "@1 registered 300" },
		{ 0, "answer 2.01 /rd/0", "registered 300" },
		{ 1 * SEC, "@1 update", "@1 request POST /rd/1" },
		{ 1 * SEC, "update", "request POST /rd/0" },
		{ 1 * SEC, "@1 answer 2.04", "@1 updated 207" },
		{ 1 * SEC, "answer 2.04", "updated 207" },
	};

	(void)state;
	transcript_init(&transcript, &(struct transcript_config){ .servers = 2 });
	play_on(&transcript, steps);
	assert_true(transcript.sent[0] != transcript.sent[1]);
	transcript_deinit(&transcript);
}

/* Without security the server knows us by our address. */
static void rule_16_network_changes_nosec(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 10 * SEC, "move", "close\nconnect" },
		{ 10 * SEC, "connected", "request POST /rd/5a" },
		/* another one, while that one is not answered: all is said, since it may not have arrived */
		{ 11 * SEC, "move", "close\nconnect" },
		{ 11 * SEC, "connected", "request POST /rd/5a?lt=300&b=U format=40 " TRANSCRIPT_LINKS },
		{ 12 * SEC, "answer 2.04", "updated 207" },
		/* no network at all, and back: at once */
		{ 20 * SEC, "move", "close\nconnect" },
		{ 20 * SEC, "connected ECONNREFUSED", "close\nunreachable ECONNREFUSED" },
		{ 21 * SEC, "move", "close\nconnect" },
		{ 21 * SEC, "connected", "request POST /rd/5a?lt=300&b=U format=40 " TRANSCRIPT_LINKS },
		{ 21 * SEC, "answer 4.04", "lost 4.04\n" TRANSCRIPT_REGISTER },
		{ 22 * SEC, "answer 2.01 /rd/5b", "registered 300" },
		{ 229 * SEC, NULL, "request POST /rd/5b" },
	};

	(void)state;
	play(steps);
}

/* The session stays; one that cannot is told of by the transport. */
static void rule_16_network_changes_dtls(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 10 * SEC, "move", "rebind\nrequest POST /rd/5a" },
		{ 11 * SEC, "move", "rebind" },
		{ 12 * SEC, "answer 2.04", "updated 207" },
		{ 20 * SEC, "move", "rebind\nrequest POST /rd/5a" },
		{ 20 * SEC, "connected ENETRESET", "lost ENETRESET\nconnect" },
		{ 20 * SEC, "connected", TRANSCRIPT_REGISTER },
	};

	(void)state;
	play(steps, .psk = true);
}

/* Who waits after a failure tries now, and with short waits again; who was sent away by the server does not. */
static void network_changes_end_a_back_off(void **state)
{
	static const struct step steps[] = {
		{ 0, "start", "connect" },
		{ 0, "connected ECONNREFUSED", "close\nfailed ECONNREFUSED" },
		{ SPREAD(0, 60), .expect = "connect" },
		{ 30 * SEC, "connected ECONNREFUSED", "close\nfailed ECONNREFUSED" },
		{ 40 * SEC, "move", "close\nconnect" },
		/* what is under way begins anew */
		{ 41 * SEC, "move", "close\nconnect" },
		{ 41 * SEC, "connected", TRANSCRIPT_REGISTER },
		{ 42 * SEC, "move", "close\nconnect" },
		{ 42 * SEC, "connected ECONNREFUSED", "close\nfailed ECONNREFUSED" },
		{ SPREAD(42 * SEC, 60), .expect = "connect" },
		{ 72 * SEC, "connected", TRANSCRIPT_REGISTER },
		{ 72 * SEC, "answer 2.01 /rd/5a", "registered 300" },
		{ 73 * SEC, "disable", "request DELETE /rd/5a" },
		{ 73 * SEC, "move" },
		{ 73 * SEC, "answer 2.02", "deregistered 2.02\nclose" },
		{ 80 * SEC, "move" },
		{ 86473 * SEC, NULL, "connect" },
	};

	(void)state;
	play(steps);
}

static void network_changes_before_the_start_and_after_the_end(void **state)
{
	static const struct step steps[] = {
		{ 0, "move" },
		TRANSCRIPT_REGISTERED,
		{ 1 * SEC, "stop", "close" },
		{ 2 * SEC, "move" },
		{ 10000 * SEC },
	};

	(void)state;
	play(steps);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(registers_updates_and_deregisters),
	cmocka_unit_test(rule_16_network_changes_nosec),
	cmocka_unit_test(rule_16_network_changes_dtls),
	cmocka_unit_test(network_changes_end_a_back_off),
	cmocka_unit_test(network_changes_before_the_start_and_after_the_end),
	cmocka_unit_test(starts_again_after_a_stop),
	cmocka_unit_test(rule_18_steps_down_on_4_12),
	cmocka_unit_test(rule_18_other_refusals_keep_the_version),
	cmocka_unit_test(created_without_a_location_is_no_registration),
	cmocka_unit_test(register_unanswered),
	cmocka_unit_test(the_next_address_is_tried_at_once),
	cmocka_unit_test(session_lost),
	cmocka_unit_test(rule_12_margin_of_short_lifetimes_is_half),
	cmocka_unit_test(rule_12_lifetime_0_never_ends),
	cmocka_unit_test(rule_11_update_tells_what_changed),
	cmocka_unit_test(rule_11_same_values_again_are_no_update),
	cmocka_unit_test(rule_15_queue_mode_of_1_0_is_part_of_the_binding),
	cmocka_unit_test(rule_15_queue_mode_since_1_1_is_told_with_the_binding),
	cmocka_unit_test(changes_while_a_request_is_out_are_told_after_it),
	cmocka_unit_test(rule_6_update_4_04_registers_again),
	cmocka_unit_test(rule_48_update_unanswered_opens_a_new_session),
	cmocka_unit_test(rule_16_new_dtls_session_registers_before_1_2),
	cmocka_unit_test(rule_16_new_dtls_session_updates_since_1_2),
	cmocka_unit_test(rule_13_back_off_doubles_up_to_retry_count),
	cmocka_unit_test(rule_13_sequences),
	cmocka_unit_test(jitter_differs_between_servers),
	cmocka_unit_test(stops_in_every_state),
	cmocka_unit_test(stops_while_registering),
	cmocka_unit_test(leaves_in_every_state),
	cmocka_unit_test(idle_when_all_servers_are),
	cmocka_unit_test(rule_14_disable_comes_back_after_1_x_5),
	cmocka_unit_test(disable_in_other_states),
	cmocka_unit_test(rule_47_requests_are_confirmable_with_ids_of_their_own),
};

int main(void)
{
	return cmocka_run_group_tests_name("lwm2m/registration", tests, NULL, NULL);
}
