/* SPDX-License-Identifier: Apache-2.0 */
#include "transcript.h"

#define OBSERVED \
	TRANSCRIPT_REGISTERED_FOREVER, \
	{ 0, "GET /500/0/2 observe=0 token=01", "watch 500 on\n2.05 observe=0 format=0 21.5" }

static void rule_1_changes_are_told_after_pmin(void **state)
{
	static const struct step steps[] = {
		OBSERVED,
		/* the answer to Observe starts the time */
		{ 3 * SEC, "set /500/0/2 1" },
		{ 7 * SEC, "set /500/0/2 2" },
		{ 10 * SEC, NULL, "notify 2.05 token=01 observe=1 format=0 2" },
		{ 12 * SEC, "set /500/0/2 3" },
		{ 20 * SEC, NULL, "notify 2.05 token=01 observe=2 format=0 3" },
		/* pmin is over: at once */
		{ 35 * SEC, "set /500/0/2 4", "notify 2.05 token=01 observe=3 format=0 4" },
		{ 36 * SEC, "set /500/0/2 5" },
		{ 45 * SEC, NULL, "notify 2.05 token=01 observe=4 format=0 5" },
		{ 1000 * HOUR },
	};

	(void)state;
	play(steps, .pmin_s = 10);
}

/* 1/x/26, unless con of the observation says otherwise. */
static void rule_7_the_account_says_how_to_confirm(void **state)
{
	static const struct step steps[] = {
		{ 0, "con" },
		OBSERVED,
		{ 1 * SEC, "set /500/0/2 1", "notify CON 2.05 token=01 observe=1 format=0 1" },
		{ 2 * SEC, "set /500/0/2 2", "notify CON 2.05 token=01 observe=2 format=0 2" },
	};

	(void)state;
	play(steps);
}

static void rule_1_without_pmin_at_once(void **state)
{
	static const struct step steps[] = {
		OBSERVED,
		{ 3 * SEC, "set /500/0/2 1", "notify 2.05 token=01 observe=1 format=0 1" },
		{ 3 * SEC, "set /500/0/2 2", "notify 2.05 token=01 observe=2 format=0 2" },
		/* another resource is none of its business */
		{ 3 * SEC, "set /500/0/1 9" },
		/* told twice, or written again: the server knows */
		{ 3 * SEC, "set /500/0/2 2" },
		{ 4 * SEC, "set /500/0/2 3", "notify 2.05 token=01 observe=3 format=0 3" },
	};

	(void)state;
	play(steps);
}

static void rule_2_pmax_without_a_change(void **state)
{
	static const struct step steps[] = {
		OBSERVED,
		{ 60 * SEC, NULL, "notify 2.05 token=01 observe=1 format=0 21.5" },
		{ 120 * SEC, NULL, "notify 2.05 token=01 observe=2 format=0 21.5" },
		/* both times start again at every notification */
		{ 125 * SEC, "set /500/0/2 1" },
		{ 130 * SEC, NULL, "notify 2.05 token=01 observe=3 format=0 1" },
		{ 190 * SEC, NULL, "notify 2.05 token=01 observe=4 format=0 1" },
	};

	(void)state;
	play(steps, .pmin_s = 10, .pmax_s = 60);
}

static void rule_2_pmax_below_pmin_is_none(void **state)
{
	static const struct step steps[] = {
		OBSERVED,
		{ 1 * SEC, "set /500/0/2 1" },
		{ 60 * SEC, NULL, "notify 2.05 token=01 observe=1 format=0 1" },
		{ 10000 * SEC },
		{ 10000 * SEC, "PUT /500/0/2?pmin=10&pmax=0", "2.04" },
		{ 20000 * SEC },
		{ 20000 * SEC, "PUT /500/0/2?pmin=10&pmax=10",
			"2.04\nnotify 2.05 token=01 observe=2 format=0 1" },
		{ 20010 * SEC, NULL, "notify 2.05 token=01 observe=3 format=0 1" },
	};

	(void)state;
	play(steps, .pmin_s = 60, .pmax_s = 59);
}

static void rule_2_defaults_are_those_of_now(void **state)
{
	static const struct step steps[] = {
		OBSERVED,
		{ 1 * SEC, "pmax 60" },
		{ 60 * SEC, NULL, "notify 2.05 token=01 observe=1 format=0 21.5" },
		{ 61 * SEC, "pmin 10" },
		{ 62 * SEC, "set /500/0/2 1" },
		{ 65 * SEC, "pmin 5", "notify 2.05 token=01 observe=2 format=0 1" },
		{ 65 * SEC, "pmax 0" },
		{ 1000 * SEC },
	};

	(void)state;
	play(steps);
}

static void rule_4_attributes_come_before_defaults(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED_FOREVER,
		{ 0, "PUT /500?pmin=20", "2.04" },
		{ 0, "PUT /500/0?pmax=100", "2.04" },
		{ 0, "GET /500/0/2 observe=0 token=01", "watch 500 on\n2.05 observe=0 format=0 21.5" },
		{ 1 * SEC, "set /500/0/2 1" },
		{ 20 * SEC, NULL, "notify 2.05 token=01 observe=1 format=0 1" },
		{ 120 * SEC, NULL, "notify 2.05 token=01 observe=2 format=0 1" },
		/* what is nearer wins, from now on */
		{ 121 * SEC, "PUT /500/0/2?pmin=5", "2.04" },
		{ 121 * SEC, "set /500/0/2 2" },
		{ 125 * SEC, NULL, "notify 2.05 token=01 observe=3 format=0 2" },
		{ 126 * SEC, "PUT /500/0/2?pmin", "2.04" },
		{ 126 * SEC, "set /500/0/2 3" },
		{ 145 * SEC, NULL, "notify 2.05 token=01 observe=4 format=0 3" },
		{ 146 * SEC, "PUT /500?pmin", "2.04" },
		{ 146 * SEC, "set /500/0/2 4", "notify 2.05 token=01 observe=5 format=0 4" },
	};

	(void)state;
	play(steps, .pmin_s = 1, .pmax_s = 7);
}

static void rule_7_one_in_24_hours_is_confirmable(void **state)
{
	static const struct step steps[] = {
		OBSERVED,
		{ 23 * HOUR, "set /500/0/2 1", "notify 2.05 token=01 observe=1 format=0 1" },
		{ 24 * HOUR, "set /500/0/2 2", "notify CON 2.05 token=01 observe=2 format=0 2" },
		{ 24 * HOUR, "confirmed" },
		{ 25 * HOUR, "set /500/0/2 3", "notify 2.05 token=01 observe=3 format=0 3" },
		{ 48 * HOUR, "set /500/0/2 4", "notify CON 2.05 token=01 observe=4 format=0 4" },
		/* nobody there? an Update shows; the observation stays */
		{ 48 * HOUR + 93 * SEC, "unconfirmed", "request POST /rd/5a" },
		{ 48 * HOUR + 94 * SEC, "answer 2.04", "updated 0" },
		{ 49 * HOUR, "set /500/0/2 5", "notify 2.05 token=01 observe=5 format=0 5" },
		{ 100 * HOUR, "set /500/0/2 6", "notify CON 2.05 token=01 observe=6 format=0 6" },
		{ 100 * HOUR, "refused", "watch 500 off" },
		{ 101 * HOUR, "set /500/0/2 7" },
	};

	(void)state;
	play(steps);
}

static void rule_6_reset_cancels_that_one_only(void **state)
{
	static const struct step steps[] = {
		OBSERVED,
		{ 0, "GET /500/0/1 observe=0 token=02", "2.05 observe=0 format=0 5" },
		{ 0, "GET /500/0/2 observe=0 token=03", "2.05 observe=0 format=0 21.5" },
		{ 1 * SEC, "set /500/0/1 6", "notify 2.05 token=02 observe=1 format=0 6" },
		{ 1 * SEC, "set /500/0/1 7", "notify 2.05 token=02 observe=2 format=0 7" },
		{ 1 * SEC, "refused" },
		{ 1 * SEC, "refused" },
		{ 2 * SEC, "set /500/0/1 8" },
		{ 2 * SEC, "set /500/0/2 1",
			"notify 2.05 token=03 observe=1 format=0 1\n"
			"notify 2.05 token=01 observe=1 format=0 1" },
	};

	(void)state;
	play(steps);
}

/* The one that is refused need not be the last one that was sent. */
static void rule_6_any_notification_can_be_refused(void **state)
{
	static struct transcript transcript;
	static const struct step twice[] = {
		OBSERVED,
		{ 1 * SEC, "set /500/0/2 1", "notify 2.05 token=01 observe=1 format=0 1" },
	};
	static const struct step after[] = { { 3 * SEC, "set /500/0/2 3" } };
	uint32_t first;

	(void)state;
	transcript_init(&transcript, &(struct transcript_config){ 0 });
	play_on(&transcript, twice);
	first = transcript.notified[0];
	transcript_do(&transcript, 2 * SEC, "set /500/0/2 2");
	engine_response(transcript.engine, 2 * SEC, first, -ECONNRESET, NULL);
	transcript_do(&transcript, 2 * SEC, NULL);
	play_on(&transcript, after);
	transcript_deinit(&transcript);
}

static void observe_1_cancels_and_reads(void **state)
{
	static const struct step steps[] = {
		OBSERVED,
		{ 0, "GET /500/0/2 observe=0 token=02", "2.05 observe=0 format=0 21.5" },
		{ 1 * SEC, "GET /500/0/2 observe=1 token=01", "2.05 format=0 21.5" },
		{ 2 * SEC, "set /500/0/2 1", "notify 2.05 token=02 observe=1 format=0 1" },
		{ 3 * SEC, "GET /500/0/2 observe=1 token=02", "watch 500 off\n2.05 format=0 1" },
		{ 4 * SEC, "set /500/0/2 2" },
		/* of nothing: a Read */
		{ 5 * SEC, "GET /500/0/2 observe=1 token=02", "2.05 format=0 2" },
	};

	(void)state;
	play(steps);
}

static void rule_6_a_new_registration_forgets(void **state)
{
	static const struct step steps[] = {
		OBSERVED,
		{ 1 * SEC, "update", "request POST /rd/5a" },
		{ 1 * SEC, "set /500/0/2 1", "notify 2.05 token=01 observe=1 format=0 1" },
		{ 1 * SEC, "answer 2.04", "updated 0" },
		{ 2 * SEC, "set /500/0/2 2", "notify 2.05 token=01 observe=2 format=0 2" },
		{ 3 * SEC, "update", "request POST /rd/5a" },
		{ 4 * SEC, "answer 4.04",
			"watch 500 off\nlost 4.04\n"
			"request POST /rd?ep=dev&lt=0&lwm2m=1.1&b=U format=40 " TRANSCRIPT_LINKS
			"\nregistering" },
		{ 4 * SEC, "answer 2.01 /rd/5b", "registered 0" },
		{ 5 * SEC, "set /500/0/2 3" },
	};

	(void)state;
	play(steps, .pmax_s = 5);
}

static void rule_6_de_register_forgets(void **state)
{
	static const struct step steps[] = {
		OBSERVED,
		{ 1 * SEC, "disable", "watch 500 off\nrequest DELETE /rd/5a" },
		{ 1 * SEC, "set /500/0/2 1" },
		{ 1 * SEC, "answer 2.02", "deregistered 2.02\nclose" },
		{ 86401 * SEC, NULL, "connect" },
	};

	(void)state;
	play(steps, .pmax_s = 5);
}

static void an_update_over_a_new_session_carries_over(void **state)
{
	static const struct step steps[] = {
		OBSERVED,
		{ 1 * SEC, "update", "request POST /rd/5a" },
		{ 94 * SEC, "unanswered", "close\nconnect" },
		/* nobody is there to be told */
		{ 95 * SEC, "set /500/0/2 1" },
		{ 95 * SEC, "set /500/0/2 2" },
		{ 200 * SEC },
		{ 200 * SEC, "connected", "request POST /rd/5a?lt=0&b=U format=40 " TRANSCRIPT_LINKS },
		{ 200 * SEC, "answer 2.04", "updated 0\nnotify 2.05 token=01 observe=1 format=0 2" },
		{ 201 * SEC, "set /500/0/2 3", "notify 2.05 token=01 observe=2 format=0 3" },
	};

	(void)state;
	play(steps);
}

static void a_session_lost_while_reading(void **state)
{
	static const struct step steps[] = {
		OBSERVED,
		{ 1 * SEC, "hold" },
		{ 1 * SEC, "set /500/0/2 1" },
		{ 1 * SEC, "update", "request POST /rd/5a" },
		{ 2 * SEC, "unanswered", "close\nconnect" },
		/* the answer is nobody's, but the change is not lost */
		{ 3 * SEC, "done" },
		{ 4 * SEC, "connected", "request POST /rd/5a?lt=0&b=U format=40 " TRANSCRIPT_LINKS },
		{ 5 * SEC, "answer 2.04", "updated 0" },
		{ 6 * SEC, "done", "notify 2.05 token=01 observe=1 format=0 1" },
		{ 1000 * SEC },
	};

	(void)state;
	play(steps);
}

static void what_is_gone_ends_with_4_04(void **state)
{
	static const struct step steps[] = {
		OBSERVED,
		{ 0, "GET /500/0 observe=0 token=02 accept=110",
			"2.05 observe=0 format=110 [{\"bn\":\"/500/0/\",\"n\":\"0\",\"vs\":\"abc\"},"
			"{\"n\":\"1\",\"v\":5},{\"n\":\"2\",\"v\":21.5},{\"n\":\"4/0\",\"v\":10},"
			"{\"n\":\"4/2\",\"v\":30}]" },
		{ 0, "GET /3/0/0 observe=0 token=03", "watch 3 on\n2.05 observe=0 format=0 maker" },
		{ 0, "GET /501 observe=0 token=04", "watch 501 on\n2.05 observe=0 format=112 {}" },
		{ 1 * SEC, "remove /500/0",
			"watch 500 off\n" TRANSCRIPT_UPDATE_LINKS("</500>;ver=2.0,</501>,</502>") "\n"
			"notify 4.04 token=02\nnotify 4.04 token=01" },
		{ 1 * SEC, "answer 2.04", "updated 0" },
		{ 2 * SEC, "remove /501",
			TRANSCRIPT_UPDATE_LINKS("</500>;ver=2.0,</502>") "\nnotify 4.04 token=04" },
		{ 2 * SEC, "answer 2.04", "updated 0" },
		{ 3 * SEC, "add /500/0",
			TRANSCRIPT_UPDATE_LINKS("</500>;ver=2.0,</500/0>,</502>") },
		{ 3 * SEC, "set /500/0/2 4" },
		{ 3 * SEC, "set /3/0/0 other", "notify 2.05 token=03 observe=1 format=0 other" },
	};

	(void)state;
	play(steps);
}

static void an_object_that_goes_while_it_is_read(void **state)
{
	static const struct step steps[] = {
		OBSERVED,
		{ 1 * SEC, "hold" },
		{ 1 * SEC, "set /500/0/2 1" },
		{ 1 * SEC, "GET /500/0/1" },
		{ 2 * SEC, "remove /500",
			TRANSCRIPT_UPDATE_LINKS("</501>,</502>") },
		/* whatever it says now */
		{ 3 * SEC, "done ECONNRESET" },
		{ 3 * SEC, "done", "5.03" },
		{ 4 * SEC, NULL, "notify 4.04 token=01" },
		{ 100 * SEC },
	};

	(void)state;
	play(steps);
}

static void changes_while_reading_are_told(void **state)
{
	static const struct step steps[] = {
		OBSERVED,
		{ 1 * SEC, "hold" },
		{ 1 * SEC, "set /500/0/2 1" },
		{ 2 * SEC, "set /500/0/2 2" },
		{ 3 * SEC, "done", "notify 2.05 token=01 observe=1 format=0 2" },
		/* one change came in between: read once more, but what it was is told already */
		{ 4 * SEC, "done" },
		{ 5 * SEC, "set /500/0/2 3" },
		{ 6 * SEC, "done", "notify 2.05 token=01 observe=2 format=0 3" },
		{ 100 * SEC },
	};

	(void)state;
	play(steps);
}

static void what_can_not_be_read_is_tried_again(void **state)
{
	static const struct step steps[] = {
		OBSERVED,
		{ 1 * SEC, "fail EIO" },
		{ 1 * SEC, "set /500/0/2 1" },
		{ 2 * SEC, NULL, "notify 2.05 token=01 observe=1 format=0 1" },
		{ 3 * SEC, "PUT /500/0/2?pmin=10", "2.04" },
		{ 3 * SEC, "fail ETIMEDOUT" },
		{ 20 * SEC, "set /500/0/2 2" },
		/* a change meanwhile makes it no earlier */
		{ 25 * SEC, "set /500/0/2 3" },
		{ 30 * SEC, NULL, "notify 2.05 token=01 observe=2 format=0 3" },
		{ 1000 * SEC },
	};

	(void)state;
	play(steps);
}

static void a_slow_object_is_asked_again(void **state)
{
	static const struct step steps[] = {
		OBSERVED,
		{ 1 * SEC, "hold" },
		{ 1 * SEC, "set /500/0/2 1" },
		{ 11 * SEC, NULL, "slow /500/0/2" },
		/* 12 s: asked again; the late answer to the first question is dropped */
		{ 13 * SEC, "done" },
		{ 14 * SEC, "done", "notify 2.05 token=01 observe=1 format=0 1" },
		{ 1000 * SEC },
	};

	(void)state;
	play(steps);
}

static void no_value_is_no_notification(void **state)
{
	static const struct step steps[] = {
		OBSERVED,
		{ 1 * SEC, "set /500/0/2" },
		{ 1000 * SEC },
		{ 1000 * SEC, "set /500/0/2 1", "notify 2.05 token=01 observe=1 format=0 1" },
		{ 1000 * SEC, "lie" },
		{ 1000 * SEC, "set /500/0/2 2" },
		{ 1000 * SEC, "set /500/0/2 3", "notify 2.05 token=01 observe=2 format=0 3" },
		/* a multiple resource without instances has a value: none */
		{ 1001 * SEC, "GET /500/0/4 observe=0 token=02",
			"2.05 observe=0 format=112 {/500/0/4/0=10 /500/0/4/2=30}" },
		{ 1001 * SEC, "set /500/0/4", "notify 2.05 token=02 observe=1 format=112 {}" },
	};

	(void)state;
	play(steps);
}

static void a_cancelled_observation_leaves_no_trace(void **state)
{
	static const struct step steps[] = {
		OBSERVED,
		{ 1 * SEC, "hold" },
		{ 1 * SEC, "set /500/0/2 1" },
		/* whose value is read twice now, and told once */
		{ 2 * SEC, "GET /500/0/2 observe=1 token=01", "watch 500 off" },
		{ 3 * SEC, "done" },
		{ 3 * SEC, "done", "2.05 format=0 1" },
		/* observed again under the same token while a notification is read */
		{ 4 * SEC, "GET /500/0/2 observe=0 token=01" },
		{ 4 * SEC, "done", "watch 500 on\n2.05 observe=0 format=0 1" },
		{ 5 * SEC, "set /500/0/2 2" },
		{ 5 * SEC, "GET /500/0/2 observe=0 token=01" },
		{ 6 * SEC, "set /500/0/2 3" },
		{ 7 * SEC, "done", "notify 2.05 token=01 observe=1 format=0 3" },
		{ 8 * SEC, "done", "2.05 observe=2 format=0 3" },
		{ 9 * SEC, "done" },
		{ 1000 * SEC },
	};

	(void)state;
	play(steps);
}

static void observing_again_goes_on_counting(void **state)
{
	static const struct step steps[] = {
		OBSERVED,
		{ 1 * SEC, "set /500/0/2 1", "notify 2.05 token=01 observe=1 format=0 1" },
		{ 2 * SEC, "GET /500/0/2 observe=0 token=01 accept=112",
			"2.05 observe=2 format=112 {/500/0/2=1}" },
		{ 3 * SEC, "set /500/0/2 2", "notify 2.05 token=01 observe=3 format=112 {/500/0/2=2}" },
		/* the same token for another path */
		{ 4 * SEC, "GET /3/0/0 observe=0 token=01",
			"watch 500 off\nwatch 3 on\n2.05 observe=0 format=0 maker" },
		{ 5 * SEC, "set /500/0/2 3" },
		{ 5 * SEC, "set /3/0/0 other", "notify 2.05 token=01 observe=1 format=0 other" },
	};

	(void)state;
	play(steps);
}

static void observes_every_level(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED_FOREVER,
		{ 0, "set /500/0/0" },
		{ 0, "set /500/0/1" },
		{ 0, "set /500/0/2" },
		{ 0, "GET /500 observe=0 token=01",
			"watch 500 on\n2.05 observe=0 format=112 {/500/0/4/0=10 /500/0/4/2=30}" },
		{ 0, "GET /500/0 observe=0 token=02",
			"2.05 observe=0 format=112 {/500/0/4/0=10 /500/0/4/2=30}" },
		{ 0, "GET /500/0/4 observe=0 token=03",
			"2.05 observe=0 format=112 {/500/0/4/0=10 /500/0/4/2=30}" },
		{ 0, "GET /500/0/4/0 observe=0 token=04", "2.05 observe=0 format=0 10" },
		{ 0, "GET /500/0/4/2 observe=0 token=05", "2.05 observe=0 format=0 30" },
		{ 1 * SEC, "set /500/0/4/0 1",
			"notify 2.05 token=01 observe=1 format=112 {/500/0/4/0=1 /500/0/4/2=30}\n"
			"notify 2.05 token=04 observe=1 format=0 1\n"
			"notify 2.05 token=03 observe=1 format=112 {/500/0/4/0=1 /500/0/4/2=30}\n"
			"notify 2.05 token=02 observe=1 format=112 {/500/0/4/0=1 /500/0/4/2=30}" },
		/* a server's own write is a change too */
		{ 2 * SEC, "PUT /500/0/4/2 format=0 \"2\"",
			"2.04\nnotify 2.05 token=05 observe=1 format=0 2\n"
			"notify 2.05 token=02 observe=2 format=112 {/500/0/4/0=1 /500/0/4/2=2}\n"
			"notify 2.05 token=03 observe=2 format=112 {/500/0/4/0=1 /500/0/4/2=2}\n"
			"notify 2.05 token=01 observe=2 format=112 {/500/0/4/0=1 /500/0/4/2=2}" },
	};

	(void)state;
	play(steps);
}

static void refused_observations(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED_FOREVER,
		{ 0, "GET /500/0/7 observe=0 token=01", "4.04" },
		{ 0, "GET /500/0/3 observe=0 token=01", "4.05" },
		{ 0, "GET /0 observe=0 token=01", "4.01" },
		{ 0, "GET /500/0 observe=0 token=01 accept=0", "4.06" },
		{ 0, "GET /500 observe=0 token=01 accept=40",
			"2.05 format=40 </500>;ver=2.0,</500/0>,</500/0/0>,</500/0/1>,</500/0/2>,</500/0/3>,"
			"</500/0/4>;dim=2,</500/0/5>" },
		/* rule 5: attributes of the observation itself come with LwM2M 1.2 */
		{ 0, "GET /500/0/2?pmin=5 observe=0 token=01", "4.00" },
		{ 0, "set /500/0/2 1" },
	};

	(void)state;
	play(steps, .pmax_s = 5);
}

static void observations_are_bounded(void **state)
{
	static const struct step steps[] = {
		OBSERVED,
		{ 0, "GET /500/0/1 observe=0 token=02", "2.05 observe=0 format=0 5" },
		{ 0, "GET /500/0/0 observe=0 token=03", "5.03\nquota /500/0/0" },
		{ 0, "GET /500/0/1 observe=0 token=02", "2.05 observe=1 format=0 5" },
		{ 0, "PUT /500?pmin=1", "2.04" },
		{ 0, "PUT /500/0?pmin=1", "2.04" },
		{ 0, "PUT /500/0/0?pmin=1", "quota /500/0/0\n5.03" },
		{ 0, "GET /500/0/1 observe=1 token=02", "2.05 format=0 5" },
		{ 0, "GET /500/0/0 observe=0 token=03", "2.05 observe=0 format=0 abc" },
	};

	(void)state;
	play(steps, .limits.observations = 2);
}

static void without_a_free_operation_it_waits(void **state)
{
	static const struct step steps[] = {
		OBSERVED,
		{ 1 * SEC, "hold" },
		{ 1 * SEC, "GET /500/0/1" },
		{ 1 * SEC, "set /500/0/2 1" },
		{ 3 * SEC, "done", "2.05 format=0 5" },
		{ 4 * SEC, "done", "notify 2.05 token=01 observe=1 format=0 1" },
	};

	(void)state;
	play(steps, .limits.operations = 2);
}

static void a_value_too_large_ends_it(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED_FOREVER,
		{ 0, "GET /500/0/0 observe=0 token=01", "watch 500 on\n2.05 observe=0 format=0 abc" },
		{ 1 * SEC, "set /500/0/0 a text of more than sixteen bytes",
			"watch 500 off\nnotify 5.00 token=01" },
		{ 1000 * SEC },
	};

	(void)state;
	play(steps, .limits.payload = 16);
}

static void servers_observe_for_themselves(void **state)
{
	static const struct step steps[] = {
		{ 0, "start", "connect\n@1 connect" },
		{ 0, "connected", TRANSCRIPT_REGISTER },
		{ 0, "@1 connected",
			"@1 request POST /rd?ep=dev&lt=300&lwm2m=1.1&b=U format=40 " TRANSCRIPT_LINKS
			"\n@1 registering" },
		{ 0, "answer 2.01 /rd/5a", "registered 300" },
		{ 0, "@1 answer 2.01 /rd/1", "@1 registered 300" },
		{ 0, "GET /500/0/2 observe=0 token=01", "watch 500 on\n2.05 observe=0 format=0 21.5" },
		{ 0, "@1 GET /500/0/2 observe=0 token=01", "@1 2.05 observe=0 format=0 21.5" },
		{ 0, "@1 PUT /500/0/2?pmin=10", "@1 2.04" },
		{ 1 * SEC, "set /500/0/2 1", "notify 2.05 token=01 observe=1 format=0 1" },
		{ 10 * SEC, NULL, "@1 notify 2.05 token=01 observe=1 format=0 1" },
		/* the other one's session matters to neither */
		{ 10 * SEC, "@1 update", "@1 request POST /rd/1" },
		{ 10 * SEC, "@1 unanswered", "@1 close\n@1 connect" },
		{ 10 * SEC, "set /500/0/2 9", "notify 2.05 token=01 observe=2 format=0 9" },
		{ 10 * SEC, "@1 connected",
			"@1 request POST /rd/1?lt=300&b=U format=40 " TRANSCRIPT_LINKS },
		{ 10 * SEC, "@1 answer 2.04", "@1 updated 207" },
		{ 11 * SEC, "refused" },
		{ 12 * SEC, "set /500/0/2 2" },
		{ 20 * SEC, NULL, "@1 notify 2.05 token=01 observe=2 format=0 2" },
		{ 21 * SEC, "@1 GET /500/0/2 observe=1 token=01", "watch 500 off\n@1 2.05 format=0 2" },
	};

	(void)state;
	play(steps, .servers = 2);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(rule_1_changes_are_told_after_pmin),
	cmocka_unit_test(rule_1_without_pmin_at_once),
	cmocka_unit_test(rule_2_pmax_without_a_change),
	cmocka_unit_test(rule_7_the_account_says_how_to_confirm),
	cmocka_unit_test(rule_2_pmax_below_pmin_is_none),
	cmocka_unit_test(rule_2_defaults_are_those_of_now),
	cmocka_unit_test(rule_4_attributes_come_before_defaults),
	cmocka_unit_test(rule_7_one_in_24_hours_is_confirmable),
	cmocka_unit_test(rule_6_reset_cancels_that_one_only),
	cmocka_unit_test(rule_6_any_notification_can_be_refused),
	cmocka_unit_test(observe_1_cancels_and_reads),
	cmocka_unit_test(rule_6_a_new_registration_forgets),
	cmocka_unit_test(rule_6_de_register_forgets),
	cmocka_unit_test(an_update_over_a_new_session_carries_over),
	cmocka_unit_test(a_session_lost_while_reading),
	cmocka_unit_test(what_is_gone_ends_with_4_04),
	cmocka_unit_test(an_object_that_goes_while_it_is_read),
	cmocka_unit_test(changes_while_reading_are_told),
	cmocka_unit_test(what_can_not_be_read_is_tried_again),
	cmocka_unit_test(a_slow_object_is_asked_again),
	cmocka_unit_test(no_value_is_no_notification),
	cmocka_unit_test(a_cancelled_observation_leaves_no_trace),
	cmocka_unit_test(observing_again_goes_on_counting),
	cmocka_unit_test(observes_every_level),
	cmocka_unit_test(refused_observations),
	cmocka_unit_test(observations_are_bounded),
	cmocka_unit_test(without_a_free_operation_it_waits),
	cmocka_unit_test(a_value_too_large_ends_it),
	cmocka_unit_test(servers_observe_for_themselves),
};

int main(void)
{
	return cmocka_run_group_tests_name("lwm2m/notify", tests, NULL, NULL);
}
