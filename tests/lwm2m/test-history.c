/* SPDX-License-Identifier: Apache-2.0 */
/* Notifications that are stored (1/x/6): rules 1, 7, 8 and 13, on the virtual clock. */
#include "base/base64.h"
#include "lwm2m/codec.h"
#include "lwm2m/history.h"
#include "transcript.h"

#define NOW "1700000000"

#define UPDATE_ALL(lifetime, queue) "request POST /rd/5a?lt=" lifetime "&b=U" queue " format=40 " TRANSCRIPT_LINKS

#define OBSERVED(accept, answer) \
	TRANSCRIPT_REGISTERED_FOREVER, { 0, "clock " NOW }, \
	{ 0, "GET /500/0/2 observe=0 token=01" accept, "watch 500 on\n2.05 observe=0 format=" answer }

#define OBSERVED_SENML OBSERVED(" accept=112", "112 {/500/0/2=21.5}")

/* The server does not answer an Update any more … */
#define OFFLINE(at) { at, "update", "request POST /rd/5a" }, { at, "unanswered", "close\nconnect" }

/* … and is back. */
#define ONLINE(at, expect) \
	{ at, "connected", UPDATE_ALL("0", "") }, { at, "answer 2.04", "updated 0" expect }

static void rule_8_stored_ones_are_told_with_their_times(void **state)
{
	static const struct step steps[] = {
		OBSERVED_SENML,
		{ 1 * SEC, "set /500/0/2 1", "notify 2.05 token=01 observe=1 format=112 {/500/0/2=1}" },
		OFFLINE(10 * SEC),
		{ 20 * SEC, "set /500/0/2 2" },
		{ 30 * SEC + 250 * USEC_PER_MSEC, "set /500/0/2 3" },
		/* told twice, or written again: one value of one time */
		{ 35 * SEC, "set /500/0/2 3" },
		{ 40 * SEC, "set /500/0/2 4" },
		{ 999 * SEC },
		ONLINE(1000 * SEC,
			"\nnotify CON 2.05 token=01 observe=2 format=112 "
			"{/500/0/2@1700000020=2 /500/0/2@1700000030.25=3 /500/0/2@1700000040=4}"),
		{ 1001 * SEC, "confirmed" },
		/* and then as ever */
		{ 1010 * SEC, "set /500/0/2 5", "notify 2.05 token=01 observe=3 format=112 {/500/0/2=5}" },
		{ 2000 * SEC },
	};

	(void)state;
	play(steps);
}

/* RFC 8428, 4.5.3: what is less than 2^28 counts from now. */
static void rule_8_without_a_clock_times_are_relative(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED_FOREVER,
		{ 0, "clock 1000" },
		{ 0, "GET /500/0/2 observe=0 token=01 accept=112",
			"watch 500 on\n2.05 observe=0 format=112 {/500/0/2=21.5}" },
		OFFLINE(10 * SEC),
		{ 20 * SEC, "set /500/0/2 2" },
		{ 30 * SEC + 500 * USEC_PER_MSEC, "set /500/0/2 3" },
		ONLINE(100 * SEC,
			"\nnotify CON 2.05 token=01 observe=1 format=112 {/500/0/2@-80=2 /500/0/2@-69.5=3}"),
		{ 101 * SEC, "unconfirmed", "request POST /rd/5a" },
		/* once it is set it is right for what was before, too */
		{ 102 * SEC, "clock 1700000102" },
		{ 103 * SEC, "answer 2.04",
			"updated 0\nnotify CON 2.05 token=01 observe=2 format=112 "
			"{/500/0/2@1700000020=2 /500/0/2@1700000030.5=3}" },
		{ 104 * SEC, "confirmed" },
	};

	(void)state;
	play(steps);
}

static void rule_1_pmin_pmax_and_conditions_hold_meanwhile(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED_FOREVER,
		{ 0, "clock " NOW },
		{ 0, "PUT /500/0/2?pmin=10&pmax=60&st=5", "2.04" },
		{ 0, "GET /500/0/2 observe=0 token=01 accept=112",
			"watch 500 on\n2.05 observe=0 format=112 {/500/0/2=21.5}" },
		OFFLINE(1 * SEC),
		/* the last of those within pmin, at its end */
		{ 2 * SEC, "set /500/0/2 30" },
		{ 3 * SEC, "set /500/0/2 31" },
		/* less than st from 31, which was stored last */
		{ 20 * SEC, "set /500/0/2 27" },
		{ 25 * SEC, "set /500/0/2 26" },
		/* pmax after the last one at 25, and again */
		ONLINE(150 * SEC,
			"\nnotify CON 2.05 token=01 observe=1 format=112 {/500/0/2@1700000010=31 "
			"/500/0/2@1700000025=26 /500/0/2@1700000085=26 /500/0/2@1700000145=26}"),
		{ 151 * SEC, "confirmed" },
		{ 205 * SEC, NULL, "notify 2.05 token=01 observe=2 format=112 {/500/0/2=26}" },
	};

	(void)state;
	play(steps);
}

static void rule_13_storing_is_the_default_and_can_be_off(void **state)
{
	static const struct step steps[] = {
		OBSERVED_SENML,
		{ 0, "storing 0" },
		OFFLINE(10 * SEC),
		{ 20 * SEC, "set /500/0/2 2" },
		{ 30 * SEC, "set /500/0/2 3" },
		/* the latest, as a change of now */
		ONLINE(100 * SEC, "\nnotify 2.05 token=01 observe=1 format=112 {/500/0/2=3}"),
		OFFLINE(110 * SEC),
		ONLINE(120 * SEC, ""),
		{ 1000 * SEC },
	};

	(void)state;
	play(steps);
}

static void rule_7_hqmax_drops_the_oldest(void **state)
{
	static const struct step steps[] = {
		{ 0, "lifetime 0" }, { 0, "start", "connect" }, { 0, "clock " NOW },
		{ 0, "connected",
			"request POST /rd?ep=dev&lt=0&lwm2m=1.2&b=U format=40 "
			TRANSCRIPT_LINKS_OF("60 110 112 11542 11544") "\nregistering" },
		{ 0, "answer 2.01 /rd/5a", "registered 0" },
		{ 0, "PUT /500/0/2?hqmax=2", "2.04" },
		{ 0, "PUT /500/0/1?hqmax=0", "2.04" },
		{ 0, "GET /500/0/2 observe=0 token=01 accept=112",
			"watch 500 on\n2.05 observe=0 format=112 {/500/0/2=21.5}" },
		{ 0, "GET /500/0/1 observe=0 token=02 accept=112", "2.05 observe=0 format=112 {/500/0/1=5}" },
		OFFLINE(10 * SEC),
		{ 20 * SEC, "set /500/0/2 2" },
		{ 30 * SEC, "set /500/0/2 3" },
		{ 40 * SEC, "set /500/0/2 4" },
		/* hqmax 0: nothing is stored of it, but the server comes to know the latest */
		{ 40 * SEC, "set /500/0/1 7" },
		{ 50 * SEC, "set /500/0/1 8" },
		{ 100 * SEC, "connected", 
			"request POST /rd/5a?lt=0&b=U format=40 " TRANSCRIPT_LINKS_OF("60 110 112 11542 11544") },
		{ 100 * SEC, "answer 2.04",
			"updated 0\nnotify CON 2.05 token=01 observe=1 format=112 "
			"{/500/0/2@1700000030=3 /500/0/2@1700000040=4}\n"
			"notify 2.05 token=02 observe=1 format=112 {/500/0/1=8}" },
		{ 101 * SEC, "confirmed" },
	};

	(void)state;
	play(steps, .version_minor = 2);
}

/* No format but those with times can say when: the server hears the latest (RFC 7641, 4.2 forbids another format). */
static void rule_8_other_formats_tell_the_latest(void **state)
{
	static const struct step text[] = {
		OBSERVED("", "0 21.5"),
		OFFLINE(10 * SEC),
		{ 20 * SEC, "set /500/0/2 2" },
		{ 30 * SEC, "set /500/0/2 3" },
		ONLINE(100 * SEC, "\nnotify 2.05 token=01 observe=1 format=0 3"),
	};
	static const struct step tlv[] = {
		OBSERVED(" accept=11542", "11542 {/500/0/2=21.5}"),
		OFFLINE(10 * SEC),
		{ 20 * SEC, "set /500/0/2 2" },
		{ 30 * SEC, "set /500/0/2 3" },
		ONLINE(100 * SEC, "\nnotify 2.05 token=01 observe=1 format=11542 {/500/0/2=3}"),
	};
	static const struct step json[] = {
		OBSERVED(" accept=110", "110 [{\"bn\":\"/500/0/2\",\"v\":21.5}]"),
		OFFLINE(10 * SEC),
		{ 20 * SEC, "set /500/0/2 2" },
		{ 30 * SEC, "set /500/0/2 3" },
		ONLINE(100 * SEC,
			"\nnotify CON 2.05 token=01 observe=1 format=110 [{\"bn\":\"/500/0/2\",\"t\":1700000020,\"v\":2},"
			"{\"t\":1700000030,\"v\":3}]"),
	};

	(void)state;
	play(text);
	play(tlv);
	play(json);
}

/* After Disable the observations are over, and with them what was stored (OMA#572). */
static void rule_8_disable_ends_it(void **state)
{
	static const struct step steps[] = {
		OBSERVED_SENML,
		{ 0, "sync 1" },
		OFFLINE(10 * SEC),
		{ 20 * SEC, "set /500/0/2 2" },
		{ 25 * SEC, "disable", "watch 500 off\nclose" },
		{ 30 * SEC, "set /500/0/2 3" },
		{ 25 * SEC + 24 * HOUR, NULL, "connect" },
		{ 25 * SEC + 24 * HOUR, "connected",
			"request POST /rd?ep=dev&lt=0&lwm2m=1.1&b=U format=40 " TRANSCRIPT_LINKS "\nregistering" },
		{ 25 * SEC + 24 * HOUR, "answer 2.01 /rd/6", "registered 0" },
		{ 30 * HOUR, "set /500/0/2 4" },
	};
	static struct transcript transcript;

	(void)state;
	transcript_init(&transcript, &(struct transcript_config){ 0 });
	play_on(&transcript, steps);
	assert_int_equal(transcript.history.len, 0);
	assert_int_equal(transcript.n_history, 2);
	transcript_deinit(&transcript);
}

/* The server has forgotten us: what it observed, and when, is of no interest to it any more. */
static void rule_6_a_new_registration_ends_it(void **state)
{
	static const struct step steps[] = {
		OBSERVED_SENML,
		OFFLINE(10 * SEC),
		{ 20 * SEC, "set /500/0/2 2" },
		{ 30 * SEC, "connected", UPDATE_ALL("0", "") },
		{ 30 * SEC, "answer 4.04",
			"watch 500 off\nlost 4.04\nrequest POST /rd?ep=dev&lt=0&lwm2m=1.1&b=U format=40 "
			TRANSCRIPT_LINKS "\nregistering" },
		{ 30 * SEC, "answer 2.01 /rd/6", "registered 0" },
		{ 40 * SEC, "GET /500/0/2 observe=0 token=01 accept=112",
			"watch 500 on\n2.05 observe=0 format=112 {/500/0/2=2}" },
		{ 50 * SEC, "set /500/0/2 3", "notify 2.05 token=01 observe=1 format=112 {/500/0/2=3}" },
	};

	(void)state;
	play(steps);
}

/* One at a time, oldest first; none is forgotten that was not acknowledged, and what is new meanwhile comes after it. */
static void what_is_not_acknowledged_is_told_again(void **state)
{
	static const struct step steps[] = {
		OBSERVED_SENML,
		{ 0, "GET /500/0/1 observe=0 token=02 accept=112", "2.05 observe=0 format=112 {/500/0/1=5}" },
		OFFLINE(10 * SEC),
		{ 20 * SEC, "set /500/0/1 7" },
		{ 30 * SEC, "set /500/0/2 2" },
		ONLINE(100 * SEC, "\nnotify CON 2.05 token=02 observe=1 format=112 {/500/0/1@1700000020=7}"),
		{ 110 * SEC, "set /500/0/1 8" },
		{ 120 * SEC, "unconfirmed", "request POST /rd/5a" },
		{ 121 * SEC, "set /500/0/1 9" },
		{ 122 * SEC, "answer 2.04",
			"updated 0\nnotify CON 2.05 token=02 observe=2 format=112 {/500/0/1@1700000020=7 "
			"/500/0/1@1700000110=8 /500/0/1@1700000121=9}" },
		{ 123 * SEC, "confirmed", "notify CON 2.05 token=01 observe=1 format=112 {/500/0/2@1700000030=2}" },
		{ 124 * SEC, "confirmed" },
		{ 130 * SEC, "set /500/0/1 1", "notify 2.05 token=02 observe=3 format=112 {/500/0/1=1}" },
		/* nobody says what became of it: it counts as lost */
		OFFLINE(140 * SEC),
		{ 150 * SEC, "set /500/0/2 4" },
		ONLINE(160 * SEC, "\nnotify CON 2.05 token=01 observe=2 format=112 {/500/0/2@1700000150=4}"),
		{ (160 + 247) * SEC, NULL, "request POST /rd/5a" },
		{ 410 * SEC, "answer 2.04",
			"updated 0\nnotify CON 2.05 token=01 observe=3 format=112 {/500/0/2@1700000150=4}" },
		{ 411 * SEC, "confirmed" },
	};

	(void)state;
	play(steps);
}

/* A RST ends the observation, and what it has not been told is for nobody. */
static void refused_is_over(void **state)
{
	static const struct step steps[] = {
		OBSERVED_SENML,
		{ 0, "GET /500/0/1 observe=0 token=02 accept=112", "2.05 observe=0 format=112 {/500/0/1=5}" },
		OFFLINE(10 * SEC),
		{ 20 * SEC, "set /500/0/2 2" },
		{ 30 * SEC, "set /500/0/1 7" },
		ONLINE(100 * SEC, "\nnotify CON 2.05 token=01 observe=1 format=112 {/500/0/2@1700000020=2}"),
		{ 101 * SEC, "refused", "notify CON 2.05 token=02 observe=1 format=112 {/500/0/1@1700000030=7}" },
		{ 102 * SEC, "GET /500/0/1 observe=1 token=02", "watch 500 off\n2.05 format=0 7" },
		{ 103 * SEC, "confirmed" },
		{ 1000 * SEC },
	};

	(void)state;
	play(steps);
}

/* con: the first one is told as ever; one that is lost is stored, with what came after it. */
static void rule_7_confirmed_ones_are_not_lost_either(void **state)
{
	static const struct step steps[] = {
		{ 0, "con" },
		OBSERVED_SENML,
		{ 1 * SEC, "set /500/0/2 1", "notify CON 2.05 token=01 observe=1 format=112 {/500/0/2=1}" },
		{ 2 * SEC, "confirmed" },
		{ 3 * SEC, "set /500/0/2 2", "notify CON 2.05 token=01 observe=2 format=112 {/500/0/2=2}" },
		{ 4 * SEC, "set /500/0/2 3" },
		{ 5 * SEC, "confirmed",
			"notify CON 2.05 token=01 observe=3 format=112 {/500/0/2@1700000004=3}" },
		{ 6 * SEC, "set /500/0/2 4" },
		{ 90 * SEC, "unconfirmed", "request POST /rd/5a" },
		{ 180 * SEC, "unanswered", "close\nconnect" },
		{ 190 * SEC, "set /500/0/2 5" },
		ONLINE(200 * SEC,
			"\nnotify CON 2.05 token=01 observe=4 format=112 {/500/0/2@1700000004=3 "
			"/500/0/2@1700000006=4 /500/0/2@1700000190=5}"),
		{ 201 * SEC, "confirmed" },
	};

	(void)state;
	play(steps);
}

/* Queue mode: what comes up in our sleep is stored until the Update is answered, and as long as it is not. */
static void what_comes_up_asleep_has_its_time(void **state)
{
	static const struct step steps[] = {
		{ 0, "lifetime 0" }, { 0, "start", "connect" }, { 0, "clock " NOW },
		{ 0, "connected",
			"request POST /rd?ep=dev&lt=0&lwm2m=1.1&b=U&Q format=40 " TRANSCRIPT_LINKS "\nregistering" },
		{ 0, "answer 2.01 /rd/5a", "registered 0" },
		{ 0, "GET /500/0/2 observe=0 token=01 accept=112",
			"watch 500 on\n2.05 observe=0 format=112 {/500/0/2=21.5}" },
		{ 20 * SEC, NULL, "asleep" },
		{ 30 * SEC, "set /500/0/2 1", "request POST /rd/5a" },
		{ 40 * SEC, "set /500/0/2 2" },
		{ 123 * SEC, "unanswered", "close\nconnect" },
		{ 130 * SEC, "set /500/0/2 3" },
		{ 200 * SEC, "connected", UPDATE_ALL("0", "&Q") },
		{ 200 * SEC, "answer 2.04",
			"updated 0\nnotify CON 2.05 token=01 observe=1 format=112 {/500/0/2@1700000030=1 "
			"/500/0/2@1700000040=2 /500/0/2@1700000130=3}" },
		{ 201 * SEC, "confirmed" },
		{ 220 * SEC, NULL, "asleep" },
	};

	(void)state;
	play(steps, .queue = true, .awake_s = 20);
}

/* The limit is the server's, and the oldest of all goes, whoever's it is; said once while it is away. */
static void the_quota_drops_the_oldest_and_says_so_once(void **state)
{
	/* an entry of one small integer: what it takes is counted to the byte */
	enum { ENTRY = sizeof(struct history_entry) + 1 + 1 + 1 + 1 + 8 + 1 + 1 };
	char size[32];
	const struct step steps[] = {
		OBSERVED(" accept=112", "112 {/500/0/2=21.5}"),
		{ 0, "GET /500/0/1 observe=0 token=02 accept=112", "2.05 observe=0 format=112 {/500/0/1=5}" },
		{ 0, size },
		OFFLINE(10 * SEC),
		{ 20 * SEC, "set /500/0/1 1" },
		{ 21 * SEC, "set /500/0/1 2" },
		{ 22 * SEC, "set /500/0/1 3" },
		{ 23 * SEC, "set /500/0/1 4", "full /500/0/1" },
		{ 24 * SEC, "set /500/0/1 6" },
		ONLINE(100 * SEC,
			"\nnotify CON 2.05 token=02 observe=1 format=112 {/500/0/1@1700000022=3 "
			"/500/0/1@1700000023=4 /500/0/1@1700000024=6}"),
		{ 100 * SEC, "confirmed" },
		OFFLINE(110 * SEC),
		{ 120 * SEC, "set /500/0/1 1" },
		{ 121 * SEC, "set /500/0/2 9" },
		{ 122 * SEC, "set /500/0/1 2" },
		{ 123 * SEC, "set /500/0/1 3", "full /500/0/1" },
		ONLINE(200 * SEC,
			"\nnotify CON 2.05 token=01 observe=1 format=112 {/500/0/2@1700000121=9}"),
		{ 201 * SEC, "confirmed",
			"notify CON 2.05 token=02 observe=2 format=112 {/500/0/1@1700000122=2 /500/0/1@1700000123=3}" },
		{ 202 * SEC, "confirmed" },
	};
	struct step exact[ELEMENTSOF(steps)];

	(void)state;
	memcpy(exact, steps, sizeof(steps));
	snprintf(size, sizeof(size), "size %d", 3 * ENTRY + 4);
	play(exact);
}

/* More than a payload may hold goes in several. */
static void many_go_in_several(void **state)
{
	static struct transcript transcript;
	static const struct step begin[] = { OBSERVED_SENML, OFFLINE(10 * SEC) };
	static const struct step back[] = { { 1000 * SEC, "connected", UPDATE_ALL("0", "") } };
	char set[32];
	unsigned int batches = 0, told = 0, before;

	(void)state;
	transcript_init(&transcript, &(struct transcript_config){ 0 });
	play_on(&transcript, begin);
	for (unsigned int i = 0; i < 300; i++) {
		snprintf(set, sizeof(set), "set /500/0/2 %u", i + 100);
		transcript_do(&transcript, (20 + i) * SEC, set);
	}
	play_on(&transcript, back);
	for (const char *does = "answer 2.04"; told < 300; does = "confirmed", batches++) {
		const struct effect *effect;
		struct records records = { 0 };
		const struct codec_types types = { .times = true };

		before = told;
		transcript_feed(&transcript, does);
		while (engine_next(transcript.engine, &effect) > 0) {
			if (effect->type != EFFECT_NOTIFY)
				continue;
			transcript.notified[0] = effect->id;
			assert_true(effect->message.confirmable);
			assert_in_range(effect->message.payload.len, 1, HISTORY_PAYLOAD);
			assert_int_equal(codec_decode(CODEC_SENML_CBOR, &PATH3(500, 0, 2),
						 effect->message.payload, &types, &records),
				0);
			for (size_t j = 0; j < records.count; j++, told++) {
				assert_true(records.items[j].time == 1700000020.0 + told);
				assert_true(value_number(&records.items[j].value) == 100 + told);
			}
		}
		assert_true(told > before);
		records_deinit(&records);
	}
	assert_in_range(batches, 5, 15);
	transcript_deinit(&transcript);
}

static void a_composite_has_a_history(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED_FOREVER,
		{ 0, "clock " NOW },
		{ 0, "FETCH / observe=0 token=01 format=110 accept=112 "
			"\"[{\"n\":\"/500/0/2\"},{\"n\":\"/500/0/1\"}]\"",
			"watch 500 on\n2.05 observe=0 format=112 {/500/0/2=21.5 /500/0/1=5}" },
		OFFLINE(10 * SEC),
		{ 20 * SEC, "set /500/0/2 2" },
		{ 30 * SEC, "set /500/0/1 3" },
		ONLINE(100 * SEC,
			"\nnotify CON 2.05 token=01 observe=1 format=112 {/500/0/2@1700000020=2 /500/0/1@1700000020=5 "
			"/500/0/2@1700000030=2 /500/0/1@1700000030=3}"),
		{ 101 * SEC, "confirmed" },
		{ 110 * SEC, "set /500/0/1 4",
			"notify 2.05 token=01 observe=2 format=112 {/500/0/2=2 /500/0/1=4}" },
	};

	(void)state;
	play(steps);
}

/* RFC 7641, 3.3.1: a server may ask again with the same token. */
static void observing_again_keeps_it(void **state)
{
	static const struct step steps[] = {
		OBSERVED_SENML,
		OFFLINE(10 * SEC),
		{ 20 * SEC, "set /500/0/2 2" },
		ONLINE(100 * SEC, "\nnotify CON 2.05 token=01 observe=1 format=112 {/500/0/2@1700000020=2}"),
		{ 101 * SEC, "GET /500/0/2 observe=0 token=01 accept=110",
			"2.05 observe=2 format=110 [{\"bn\":\"/500/0/2\",\"v\":2}]" },
		{ 110 * SEC, "unconfirmed", "request POST /rd/5a" },
		{ 111 * SEC, "answer 2.04",
			"updated 0\nnotify CON 2.05 token=01 observe=3 format=110 "
			"[{\"bn\":\"/500/0/2\",\"t\":1700000020,\"v\":2}]" },
		/* but not in a format that has no times */
		{ 112 * SEC, "GET /500/0/2 observe=0 token=01", "2.05 observe=4 format=0 2" },
		{ 113 * SEC, "set /500/0/2 3", "notify 2.05 token=01 observe=5 format=0 3" },
	};

	(void)state;
	play(steps);
}

/* 4.04 ends an observation; the server hears what there was before that. */
static void what_is_gone_is_told_last(void **state)
{
	static const struct step steps[] = {
		OBSERVED_SENML,
		OFFLINE(10 * SEC),
		{ 20 * SEC, "set /500/0/2 2" },
		{ 30 * SEC, "remove /500/0" },
		{ 100 * SEC, "connected",
			"request POST /rd/5a?lt=0&b=U format=40 </>;rt=\"oma.lwm2m\";ct=\"60 110 112 11542\","
			"</3>;ver=1.1,</3/0>,</500>;ver=2.0,</501>,</502>" },
		{ 100 * SEC, "answer 2.04",
			"updated 0\nnotify CON 2.05 token=01 observe=1 format=112 {/500/0/2@1700000020=2}" },
		{ 101 * SEC, "confirmed", "watch 500 off\nnotify 4.04 token=01" },
	};
	static const struct step back[] = {
		OBSERVED_SENML,
		OFFLINE(10 * SEC),
		{ 20 * SEC, "remove /500/0" },
		{ 30 * SEC, "add /500/0" },
		{ 40 * SEC, "set /500/0/2 2" },
		ONLINE(100 * SEC, "\nnotify CON 2.05 token=01 observe=1 format=112 {/500/0/2@1700000040=2}"),
	};

	(void)state;
	play(steps);
	play(back);
}

/* -- on disk */

#define KEPT "server coap://192.0.2.1 dev\nregistration 1.1 /rd/5a\nobservation 01 /500/0/2 112 112 1\n"

static void restart(struct transcript *transcript, struct bytes state, struct bytes history, int expected)
{
	transcript_init(transcript, &(struct transcript_config){ 0 });
	transcript_server(transcript, 0)->history_sync_s = 10;
	assert_int_equal(engine_resume(transcript->engine, 0, transcript_server(transcript, 0), state), 0);
	assert_int_equal(
		engine_resume_history(transcript->engine, 0, transcript_server(transcript, 0), history), expected);
}

#define RESTARTED(expect) \
	{ 0, "set /500/0/2 4" }, { 0, "clock 1700000500" }, { 5 * SEC, "start", "connect" }, \
	{ 5 * SEC, "connected", UPDATE_ALL("300", "") }, \
	{ 6 * SEC, "answer 2.04", "updated 207\nnotify CON 2.05 token=01 observe=4194306 format=112 " expect }

static void kept_at_most_once_in_the_interval(void **state)
{
	static struct transcript transcript;
	static const struct step steps[] = {
		OBSERVED_SENML,
		{ 0, "sync 10" },
		{ 1 * SEC, "set /500/0/2 1", "notify 2.05 token=01 observe=1 format=112 {/500/0/2=1}" },
		OFFLINE(10 * SEC),
		{ 20 * SEC, "set /500/0/2 2" },
		{ 25 * SEC, "set /500/0/2 3" },
		{ 29 * SEC },
	}, later[] = { { 31 * SEC } }, again[] = {
		{ 35 * SEC, "set /500/0/2 4" },
		{ 44 * SEC },
	}, delivered[] = {
		ONLINE(50 * SEC,
			"\nnotify CON 2.05 token=01 observe=2 format=112 {/500/0/2@1700000020=2 /500/0/2@1700000025=3 "
			"/500/0/2@1700000035=4}"),
		{ 51 * SEC, "confirmed" },
	};

	(void)state;
	transcript_init(&transcript, &(struct transcript_config){ 0 });
	play_on(&transcript, steps);
	assert_int_equal(transcript.n_history, 0);
	play_on(&transcript, later);
	assert_int_equal(transcript.n_history, 1);
	play_on(&transcript, again);
	assert_int_equal(transcript.n_history, 1);
	play_on(&transcript, delivered);
	/* what is delivered is removed */
	assert_int_equal(transcript.n_history, 3);
	assert_int_equal(transcript.history.len, 0);
	transcript_deinit(&transcript);
}

/* A confirmed notification that arrives is nothing for the disk. */
static void what_arrives_is_not_written(void **state)
{
	static struct transcript transcript;
	static const struct step steps[] = {
		{ 0, "con" },
		OBSERVED_SENML,
		{ 0, "sync 10" },
		{ 1 * SEC, "set /500/0/2 1", "notify CON 2.05 token=01 observe=1 format=112 {/500/0/2=1}" },
		{ 2 * SEC, "confirmed" },
		{ 9 * SEC, "set /500/0/2 2", "notify CON 2.05 token=01 observe=2 format=112 {/500/0/2=2}" },
		{ 10 * SEC, "confirmed" },
		{ 100 * SEC },
	};

	(void)state;
	transcript_init(&transcript, &(struct transcript_config){ 0 });
	play_on(&transcript, steps);
	assert_int_equal(transcript.n_history, 0);
	transcript_deinit(&transcript);
}

/* kill -9: what was written is there, with its times; what comes up before the server is back comes after it. */
static void a_restart_goes_on_with_it(void **state)
{
	static struct transcript first, second;
	static const struct step steps[] = {
		OBSERVED_SENML,
		{ 0, "sync 10" },
		{ 1 * SEC, "set /500/0/2 1", "notify 2.05 token=01 observe=1 format=112 {/500/0/2=1}" },
		OFFLINE(10 * SEC),
		{ 20 * SEC, "set /500/0/2 2" },
		{ 25 * SEC, "set /500/0/2 3" },
		{ 31 * SEC },
	}, restarted[] = {
		RESTARTED("{/500/0/2@1700000020=2 /500/0/2@1700000025=3 /500/0/2@1700000500=4}"),
		{ 7 * SEC, "confirmed" },
	};

	(void)state;
	transcript_init(&first, &(struct transcript_config){ 0 });
	play_on(&first, steps);
	restart(&second, BYTES_LITERAL(KEPT), buffer_bytes(&first.history), 0);
	play_on(&second, restarted);
	assert_int_equal(second.n_history, 1);
	assert_int_equal(second.history.len, 0);
	transcript_deinit(&second);
	transcript_deinit(&first);
}

/* To leave without a word is what a restart does: nothing waits for the interval. */
static void leaving_keeps_all_deregistering_nothing(void **state)
{
	static struct transcript transcript;
	static const struct step offline[] = {
		OBSERVED_SENML,
		{ 0, "sync 10" },
		OFFLINE(10 * SEC),
		{ 20 * SEC, "set /500/0/2 2" },
	}, stop[] = { { 21 * SEC, "stop", "watch 500 off\nclose" } }, wait[] = { { 31 * SEC } },
	deregister[] = { { 32 * SEC, "deregister", "watch 500 off\nclose" } };

	(void)state;
	transcript_init(&transcript, &(struct transcript_config){ 0 });
	play_on(&transcript, offline);
	assert_int_equal(transcript.n_history, 0);
	play_on(&transcript, stop);
	assert_int_equal(transcript.n_history, 1);
	assert_true(transcript.history.len > 0);
	transcript_deinit(&transcript);

	transcript_init(&transcript, &(struct transcript_config){ 0 });
	play_on(&transcript, offline);
	play_on(&transcript, wait);
	assert_int_equal(transcript.n_history, 1);
	play_on(&transcript, deregister);
	assert_int_equal(transcript.n_history, 2);
	assert_int_equal(transcript.history.len, 0);
	transcript_deinit(&transcript);
}

/* Without a clock nobody could say later when it was: it is kept as soon as there is one. */
static void kept_once_the_clock_is_set(void **state)
{
	static struct transcript transcript;
	static const struct step steps[] = {
		OBSERVED_SENML,
		{ 0, "clock 1000" },
		{ 0, "sync 10" },
		OFFLINE(10 * SEC),
		{ 20 * SEC, "set /500/0/2 2" },
		{ 1000 * SEC },
	}, set[] = { { 1000 * SEC, "clock 1700001000" }, { 1011 * SEC } };

	(void)state;
	transcript_init(&transcript, &(struct transcript_config){ 0 });
	play_on(&transcript, steps);
	assert_int_equal(transcript.n_history, 0);
	play_on(&transcript, set);
	assert_int_equal(transcript.n_history, 1);
	assert_non_null(strstr((const char *)transcript.history.data, "01 1700000020000000 "));
	transcript_deinit(&transcript);
}

#define ENTRY "01 1700000020000000 gaIhaC81MDAvMC8yAgI=\n" /* [{-2: "/500/0/2", 2: 2}] */

static void what_is_kept_is_read_with_care(void **state)
{
	static const char *const refused[] = {
		"", "history 2\n" ENTRY, "history 1", "history 1\n01", "history 1\n01 1 gaIhaC81MDAvMC8yAgI=",
		"history 1\n0 1 gaIhaC81MDAvMC8yAgI=\n", "history 1\nxx 1 gaIhaC81MDAvMC8yAgI=\n",
		"history 1\n01  gaIhaC81MDAvMC8yAgI=\n", "history 1\n01 1x gaIhaC81MDAvMC8yAgI=\n",
		"history 1\n01 99999999999999999999 gaIhaC81MDAvMC8yAgI=\n",
		"history 1\n010203040506070809 1 gaIhaC81MDAvMC8yAgI=\n",
		"history 1\n" ENTRY "01 1 !\n", "history 1\n" ENTRY "01 1 AAAA\n",
		/* of another path: [{-2: "/500/0/1", 2: 2}] */
		"history 1\n01 1 gaIhaC81MDAvMC8xAgI=\n",
	};
	static struct transcript transcript;
	static const struct step plain[] = { RESTARTED("{/500/0/2@1700000500=4}") },
		with[] = { RESTARTED("{/500/0/2@1700000020=2 /500/0/2@1700000500=4}") };

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(refused); i++) {
		restart(&transcript, BYTES_LITERAL(KEPT), bytes_of(refused[i]), -EBADMSG);
		play_on(&transcript, plain);
		transcript_deinit(&transcript);
	}
	restart(&transcript, BYTES_LITERAL(KEPT), BYTES_LITERAL("history 1\n" ENTRY), 0);
	play_on(&transcript, with);
	transcript_deinit(&transcript);
	/* of an observation that is not there */
	restart(&transcript, BYTES_LITERAL(KEPT), BYTES_LITERAL("history 1\n02 1 gaIhaC81MDAvMC8yAgI=\n" ENTRY), 0);
	play_on(&transcript, with);
	transcript_deinit(&transcript);
}

static void not_while_the_account_is_in_use(void **state)
{
	static struct transcript transcript;
	static const struct step steps[] = { { 0, "start", "connect" } };

	(void)state;
	transcript_init(&transcript, &(struct transcript_config){ 0 });
	play_on(&transcript, steps);
	assert_int_equal(engine_resume_history(transcript.engine, 0, transcript_server(&transcript, 0),
				 BYTES_LITERAL("history 1\n" ENTRY)),
		-EBUSY);
	transcript_deinit(&transcript);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rule_8_stored_ones_are_told_with_their_times),
		cmocka_unit_test(rule_8_without_a_clock_times_are_relative),
		cmocka_unit_test(rule_1_pmin_pmax_and_conditions_hold_meanwhile),
		cmocka_unit_test(rule_13_storing_is_the_default_and_can_be_off),
		cmocka_unit_test(rule_7_hqmax_drops_the_oldest),
		cmocka_unit_test(rule_8_other_formats_tell_the_latest),
		cmocka_unit_test(rule_8_disable_ends_it),
		cmocka_unit_test(rule_6_a_new_registration_ends_it),
		cmocka_unit_test(what_is_not_acknowledged_is_told_again),
		cmocka_unit_test(refused_is_over),
		cmocka_unit_test(rule_7_confirmed_ones_are_not_lost_either),
		cmocka_unit_test(what_comes_up_asleep_has_its_time),
		cmocka_unit_test(the_quota_drops_the_oldest_and_says_so_once),
		cmocka_unit_test(many_go_in_several),
		cmocka_unit_test(a_composite_has_a_history),
		cmocka_unit_test(observing_again_keeps_it),
		cmocka_unit_test(what_is_gone_is_told_last),
		cmocka_unit_test(kept_at_most_once_in_the_interval),
		cmocka_unit_test(what_arrives_is_not_written),
		cmocka_unit_test(a_restart_goes_on_with_it),
		cmocka_unit_test(leaving_keeps_all_deregistering_nothing),
		cmocka_unit_test(kept_once_the_clock_is_set),
		cmocka_unit_test(what_is_kept_is_read_with_care),
		cmocka_unit_test(not_while_the_account_is_in_use),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
