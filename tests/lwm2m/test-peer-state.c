/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "transcript.h"

#define KEPT_HEAD "server coap://192.0.2.1 dev\nregistration 1.1 /rd/5a\n"
#define KEPT                                \
	KEPT_HEAD                           \
	"attributes /500/0 pmin=2&pmax=60\n" \
	"observation 01 /500/0/1 -1 0 0\n"
#define UPDATE_ALL "request POST /rd/5a?lt=300&b=U format=40 " TRANSCRIPT_LINKS

static void assert_kept(const struct transcript *transcript, const char *text)
{
	struct bytes kept = buffer_bytes(&transcript->kept[0]);

	if (!bytes_equal(kept, bytes_of(text)))
		fail_msg("kept is\n%.*sinstead of\n%s", (int)kept.len, (const char *)kept.data, text);
}

static int resume(struct transcript *transcript, struct bytes state)
{
	return engine_resume(transcript->engine, 0, transcript_server(transcript, 0), state);
}

static void what_is_kept(void **state)
{
	static struct transcript transcript;
	static const struct step registered[] = { TRANSCRIPT_REGISTERED }, watched[] = {
		{ 1 * SEC, "PUT /500/0?pmin=2&pmax=60", "2.04" },
		{ 2 * SEC, "GET /500/0/1 observe=0 token=01", "watch 500 on\n2.05 observe=0 format=0 5" },
		{ 4 * SEC },
	}, cancelled[] = {
		{ 5 * SEC, "GET /500/0/1 observe=1 token=01", "watch 500 off\n2.05 format=0 5" },
		{ 5 * SEC, "PUT /500/0?pmin&pmax", "2.04" },
		{ 7 * SEC },
	}, lost[] = {
		{ 8 * SEC, "update", "request POST /rd/5a" },
		{ 8 * SEC, "answer 4.04", "lost 4.04\n" TRANSCRIPT_REGISTER },
		{ 10 * SEC },
	};

	(void)state;
	transcript_init(&transcript, &(struct transcript_config){ 0 });
	play_on(&transcript, registered);
	assert_kept(&transcript, KEPT_HEAD);
	play_on(&transcript, watched);
	assert_kept(&transcript, KEPT);
	play_on(&transcript, cancelled);
	assert_kept(&transcript, KEPT_HEAD);
	play_on(&transcript, lost);
	assert_kept(&transcript, "server coap://192.0.2.1 dev\n");
	transcript_deinit(&transcript);
}

static void goes_on_when_the_server_knows_us(void **state)
{
	static struct transcript transcript;
	static const struct step steps[] = {
		{ 0, "start", "connect" },
		{ 0, "connected", UPDATE_ALL },
		/* nobody is told before that is answered */
		{ 1 * SEC, "set /500/0/1 6" },
		{ 3 * SEC, "answer 2.04",
			"updated 207\nnotify 2.05 token=01 observe=4194305 format=0 6" },
		{ 4 * SEC, "set /500/0/1 7" },
		{ 5 * SEC, .expect = "notify 2.05 token=01 observe=4194306 format=0 7" },
		{ 65 * SEC, .expect = "notify 2.05 token=01 observe=4194307 format=0 7" },
	};

	(void)state;
	transcript_init(&transcript, &(struct transcript_config){ 0 });
	assert_int_equal(resume(&transcript, BYTES_LITERAL(KEPT)), 0);
	play_on(&transcript, steps);
	transcript_deinit(&transcript);
}

static void starts_anew_when_it_does_not(void **state)
{
	static struct transcript transcript;
	static const struct step steps[] = {
		{ 0, "start", "connect" },
		{ 0, "connected", UPDATE_ALL },
		{ 0, "answer 4.04", "watch 500 off\nlost 4.04\n" TRANSCRIPT_REGISTER },
		{ 0, "answer 2.01 /rd/6", "registered 300" },
		{ 1 * SEC, "set /500/0/1 6" },
		{ 200 * SEC },
	};

	(void)state;
	transcript_init(&transcript, &(struct transcript_config){ 0 });
	assert_int_equal(resume(&transcript, BYTES_LITERAL(KEPT)), 0);
	play_on(&transcript, steps);
	assert_kept(&transcript, "server coap://192.0.2.1 dev\nregistration 1.1 /rd/6\nattributes /500/0 pmin=2&pmax=60\n");
	transcript_deinit(&transcript);
}

static void rule_16_a_new_dtls_session_registers(void **state)
{
	static struct transcript transcript;
	static const struct step steps[] = {
		{ 0, "start", "watch 500 off\nconnect" },
		{ 0, "connected", TRANSCRIPT_REGISTER },
		{ 0, "answer 2.01 /rd/6", "registered 300" },
	};

	(void)state;
	transcript_init(&transcript, &(struct transcript_config){ .psk = true });
	assert_int_equal(resume(&transcript, BYTES_LITERAL(KEPT)), 0);
	play_on(&transcript, steps);
	transcript_deinit(&transcript);
}

/* To leave without a word is what a restart does: all is there for the next start. */
static void leaving_keeps_deregistering_does_not(void **state)
{
	static struct transcript transcript;
	static const struct step begin[] = { TRANSCRIPT_REGISTERED,
		{ 2 * SEC, "GET /500/0/1 observe=0 token=-", "watch 500 on\n2.05 observe=0 format=0 5" },
		{ 3 * SEC, "set /500/0/1 6", "notify 2.05 token= observe=1 format=0 6" },
		{ 3 * SEC, "stop", "watch 500 off\nclose" } };
	static const struct step deregister[] = { TRANSCRIPT_REGISTERED,
		{ 1 * SEC, "deregister", "request DELETE /rd/5a" },
		{ 2 * SEC, "answer 2.02", "deregistered 2.02\nclose" }, { 5 * SEC } };

	(void)state;
	transcript_init(&transcript, &(struct transcript_config){ 0 });
	play_on(&transcript, begin);
	assert_kept(&transcript, KEPT_HEAD "observation - /500/0/1 -1 0 1\n");
	transcript_deinit(&transcript);

	transcript_init(&transcript, &(struct transcript_config){ 0 });
	play_on(&transcript, deregister);
	assert_kept(&transcript, "server coap://192.0.2.1 dev\n");
	transcript_deinit(&transcript);
}

static void of_another_server_or_name(void **state)
{
	static const char *const others[] = {
		"server coap://192.0.2.2 dev\nregistration 1.1 /rd/5a\n",
		"server coap://192.0.2.1 device\nregistration 1.1 /rd/5a\n",
	};
	static struct transcript transcript;
	static const struct step steps[] = { TRANSCRIPT_REGISTERED };

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(others); i++) {
		transcript_init(&transcript, &(struct transcript_config){ 0 });
		assert_int_equal(resume(&transcript, bytes_of(others[i])), -ESTALE);
		play_on(&transcript, steps);
		transcript_deinit(&transcript);
	}
}

static void what_is_wrong_is_refused_as_a_whole(void **state)
{
	static const char *const wrong[] = {
		"registration 1.1 /rd/5a\n", "nonsense\n", KEPT "server coap://192.0.2.1 dev\n",
		KEPT_HEAD "observation 01 /500/0/1 -1 0 0\nregistration 1.3 /rd/5a\n", KEPT "registration 1.1 rd\n",
		KEPT "attributes /500/0 pmin=x\n", KEPT "attributes 500 pmin=1\n", KEPT "attributes /500\n",
		KEPT "observation 0 /500/0/1 -1 0 0\n", KEPT "observation xx /500/0/1 -1 0 0\n",
		KEPT "observation 010203040506070809 /500 -1 0 0\n", KEPT "observation 02 / -1 0 0\n",
		KEPT "observation 02 /500 -2 0 0\n", KEPT "observation 02 /500 -1 65536 0\n",
		KEPT "observation 02 /500 -1 0 16777216\n", KEPT "observation 02 /500 -1 0\n", KEPT "observation 02\n",
		KEPT "\n",
	};
	static struct transcript transcript;
	static const struct step steps[] = { TRANSCRIPT_REGISTERED, { 1 * SEC, "set /500/0/1 6" },
		{ 1 * SEC, "GET /500/0 accept=40", "2.05 format=40 </500/0>,</500/0/0>,</500/0/1>,</500/0/2>,"
			"</500/0/3>,</500/0/4>;dim=2,</500/0/5>" } };

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(wrong); i++) {
		transcript_init(&transcript, &(struct transcript_config){ 0 });
		if (resume(&transcript, bytes_of(wrong[i])) != -EBADMSG)
			fail_msg("taken over: %s", wrong[i]);
		play_on(&transcript, steps);
		transcript_deinit(&transcript);
	}
}

/* Each byte, replaced by each of some: no crash, and what is taken over is kept the same way. */
static void any_byte_may_be_another(void **state)
{
	static const char bytes[] = { '\0', '\n', ' ', '/', '-', '0', '9', 'a', '&', '=', '\xff' };
	static struct transcript transcript;
	char text[] = KEPT;

	(void)state;
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		char was = text[i];

		for (size_t k = 0; k < sizeof(bytes); k++) {
			text[i] = bytes[k];
			transcript_init(&transcript, &(struct transcript_config){ 0 });
			(void)resume(&transcript, BYTES(text, sizeof(text) - 1));
			transcript_do(&transcript, 0, "start");
			transcript_do(&transcript, 0, "connected");
			transcript_deinit(&transcript);
		}
		text[i] = was;
	}
}

static void a_location_with_control_characters_is_not_kept(void **state)
{
	static struct transcript transcript;
	static const struct step steps[] = {
		{ 0, "start", "connect" },
		{ 0, "connected", TRANSCRIPT_REGISTER },
		{ 0, "answer 2.01 /rd/5\nobservation", "registered 300" },
	};

	(void)state;
	transcript_init(&transcript, &(struct transcript_config){ 0 });
	play_on(&transcript, steps);
	assert_kept(&transcript, "server coap://192.0.2.1 dev\n");
	transcript_deinit(&transcript);
}

static void written_twice_a_second_at_most(void **state)
{
	static struct transcript transcript;
	static const struct step registered[] = { TRANSCRIPT_REGISTERED };
	char request[64];

	(void)state;
	transcript_init(&transcript, &(struct transcript_config){ 0 });
	play_on(&transcript, registered);
	assert_int_equal(transcript.n_kept, 1);
	for (unsigned int i = 0; i < 200; i++) {
		snprintf(request, sizeof(request), "GET /500/0/1 observe=0 token=%02x", i);
		transcript_do(&transcript, 100 * USEC_PER_MSEC * i, request);
	}
	assert_in_range(transcript.n_kept, 30, 42);
	transcript_deinit(&transcript);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(what_is_kept),
	cmocka_unit_test(goes_on_when_the_server_knows_us),
	cmocka_unit_test(starts_anew_when_it_does_not),
	cmocka_unit_test(rule_16_a_new_dtls_session_registers),
	cmocka_unit_test(leaving_keeps_deregistering_does_not),
	cmocka_unit_test(of_another_server_or_name),
	cmocka_unit_test(what_is_wrong_is_refused_as_a_whole),
	cmocka_unit_test(any_byte_may_be_another),
	cmocka_unit_test(a_location_with_control_characters_is_not_kept),
	cmocka_unit_test(written_twice_a_second_at_most),
};

int main(void)
{
	return cmocka_run_group_tests_name("lwm2m/peer-state", tests, NULL, NULL);
}
