/* SPDX-License-Identifier: Apache-2.0 */
#include "transcript.h"

#define REGISTERED(lifetime)                                                                              \
	{ 0, "lifetime " lifetime }, { 0, "start", "connect" },                                           \
	{ 0, "connected",                                                                                 \
		"request POST /rd?ep=dev&lt=" lifetime "&lwm2m=1.1&b=U&Q format=40 " TRANSCRIPT_LINKS     \
		"\nregistering" }, \
	{ 0, "answer 2.01 /rd/5a", "registered " lifetime }

/* MAX_TRANSMIT_WAIT after the last message in either direction. */
static void asleep_93_s_after_the_last_message(void **state)
{
	static const struct step steps[] = {
		REGISTERED("1000"),
		{ 93 * SEC, NULL, "asleep" },
		/* the server may be wrong about that: it is answered, and the time begins anew */
		{ 100 * SEC, "GET /500/0/2", "2.05 format=0 21.5" },
		{ 150 * SEC, "GET /500/0/2", "2.05 format=0 21.5" },
		{ 243 * SEC, NULL, "asleep" },
		{ 907 * SEC, NULL, "request POST /rd/5a" },
		{ 910 * SEC, "answer 2.04", "updated 907" },
		{ 1003 * SEC, NULL, "asleep" },
		{ 1817 * SEC, NULL, "request POST /rd/5a" },
	};

	(void)state;
	play(steps, .queue = true);
}

static void nobody_sleeps_without_queue_mode(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED_FOREVER,
		{ 10000 * SEC },
	};

	(void)state;
	play(steps);
}

/* Transport 1.1, 6.5: an Update says that we are awake; the notification follows its answer, with what is new then. */
static void an_update_precedes_a_notification(void **state)
{
	static const struct step steps[] = {
		REGISTERED("0"),
		{ 0, "GET /500/0/2 observe=0 token=01", "watch 500 on\n2.05 observe=0 format=0 21.5" },
		{ 0, "GET /500/0/1 observe=0 token=02", "2.05 observe=0 format=0 5" },
		/* awake: at once */
		{ 10 * SEC, "set /500/0/2 1", "notify 2.05 token=01 observe=1 format=0 1" },
		{ 30 * SEC, NULL, "asleep" },
		{ 40 * SEC, "set /500/0/2 2", "request POST /rd/5a" },
		{ 41 * SEC, "set /500/0/2 3" },
		{ 41 * SEC, "set /500/0/1 9" },
		{ 42 * SEC, "answer 2.04",
			"updated 0\nnotify 2.05 token=02 observe=1 format=0 9\n"
			"notify 2.05 token=01 observe=2 format=0 3" },
		/* the window is open */
		{ 50 * SEC, "set /500/0/2 4", "notify 2.05 token=01 observe=3 format=0 4" },
		{ 70 * SEC, NULL, "asleep" },
	};

	(void)state;
	play(steps, .queue = true, .awake_s = 20);
}

/* It needs no Update: the server hears that we are awake from the Send itself, and may ask until its answer is old. */
static void a_send_opens_the_window(void **state)
{
	static const struct step steps[] = {
		REGISTERED("0"),
		{ 0, "mute 0" },
		{ 20 * SEC, NULL, "asleep" },
		{ 40 * SEC, "send /500/0/2",
			"request POST /dp format=110 [{\"bn\":\"/\",\"n\":\"500/0/2\",\"t\":1000,\"v\":21.5}]" },
		{ 45 * SEC, "GET /500/0/2", "2.05 format=0 21.5" },
		{ 50 * SEC, "answer 2.04", "sent 1" },
		{ 70 * SEC, NULL, "asleep" },
	};

	(void)state;
	play(steps, .queue = true, .awake_s = 20);
}

/* What is not worth a notification is not worth an Update either. */
static void what_is_not_told_does_not_wake(void **state)
{
	static const struct step steps[] = {
		REGISTERED("0"),
		{ 0, "PUT /500/0/2?st=10", "2.04" },
		{ 0, "GET /500/0/2 observe=0 token=01", "watch 500 on\n2.05 observe=0 format=0 21.5" },
		{ 20 * SEC, NULL, "asleep" },
		{ 40 * SEC, "set /500/0/2 22" },
		{ 50 * SEC, "set /500/0/2 40", "request POST /rd/5a" },
		{ 51 * SEC, "answer 2.04", "updated 0\nnotify 2.05 token=01 observe=1 format=0 40" },
		{ 71 * SEC, NULL, "asleep" },
	};

	(void)state;
	play(steps, .queue = true, .awake_s = 20);
}

static void pmax_wakes_too(void **state)
{
	static const struct step steps[] = {
		REGISTERED("0"),
		{ 0, "GET /500/0/2 observe=0 token=01", "watch 500 on\n2.05 observe=0 format=0 21.5" },
		{ 20 * SEC, NULL, "asleep" },
		{ 100 * SEC, NULL, "request POST /rd/5a" },
		{ 101 * SEC, "answer 2.04", "updated 0\nnotify 2.05 token=01 observe=1 format=0 21.5" },
		{ 121 * SEC, NULL, "asleep" },
		{ 201 * SEC, NULL, "request POST /rd/5a" },
	};

	(void)state;
	play(steps, .queue = true, .awake_s = 20, .pmax_s = 100);
}

/* The server is gone when we wake: as after any Update without an answer; nothing is lost. */
static void nobody_hears_that_we_are_awake(void **state)
{
	static const struct step steps[] = {
		REGISTERED("0"),
		{ 0, "GET /500/0/2 observe=0 token=01", "watch 500 on\n2.05 observe=0 format=0 21.5" },
		{ 20 * SEC, NULL, "asleep" },
		{ 40 * SEC, "set /500/0/2 2", "request POST /rd/5a" },
		{ 133 * SEC, "unanswered", "close\nconnect" },
		{ 133 * SEC, "connected", "request POST /rd/5a?lt=0&b=U&Q format=40 " TRANSCRIPT_LINKS },
		{ 134 * SEC, "answer 2.04", "updated 0\nnotify 2.05 token=01 observe=1 format=0 2" },
		{ 154 * SEC, NULL, "asleep" },
	};

	(void)state;
	play(steps, .queue = true, .awake_s = 20);
}

/* The server has forgotten us: observations go with the registration. */
static void forgotten_while_asleep(void **state)
{
	static const struct step steps[] = {
		REGISTERED("0"),
		{ 0, "GET /500/0/2 observe=0 token=01", "watch 500 on\n2.05 observe=0 format=0 21.5" },
		{ 20 * SEC, NULL, "asleep" },
		{ 40 * SEC, "set /500/0/2 2", "request POST /rd/5a" },
		{ 41 * SEC, "answer 4.04",
			"watch 500 off\nlost 4.04\nrequest POST /rd?ep=dev&lt=0&lwm2m=1.1&b=U&Q format=40 "
			TRANSCRIPT_LINKS "\nregistering" },
		{ 41 * SEC, "answer 2.01 /rd/5b", "registered 0" },
		{ 61 * SEC, NULL, "asleep" },
	};

	(void)state;
	play(steps, .queue = true, .awake_s = 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asleep_93_s_after_the_last_message),
		cmocka_unit_test(nobody_sleeps_without_queue_mode),
		cmocka_unit_test(an_update_precedes_a_notification),
		cmocka_unit_test(a_send_opens_the_window),
		cmocka_unit_test(what_is_not_told_does_not_wake),
		cmocka_unit_test(pmax_wakes_too),
		cmocka_unit_test(nobody_hears_that_we_are_awake),
		cmocka_unit_test(forgotten_while_asleep),
	};

	return cmocka_run_group_tests_name("lwm2m/queue", tests, NULL, NULL);
}
