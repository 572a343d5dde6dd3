/* SPDX-License-Identifier: Apache-2.0 */
#include "transcript.h"

#define TRANSCRIPT_LINKS_WITH_501 \
	"</>;rt=\"oma.lwm2m\";ct=\"60 110 112 11542\",</3>;ver=1.1,</3/0>,</500>;ver=2.0,</500/0>,</501>,</501/0>,</502>"

/* Registered or not, and with rights that no server has. */
static void reads(void **state)
{
	static const struct step steps[] = {
		{ 0, "operate read /500/0/1", "answer {/500/0/1=5}" },
		{ 0, "operate read /3", "answer {/3/0/0=maker}" },
		{ 0, "operate read /501", "answer {}" },
		{ 0, "operate read /500/0/7", "answer ENODATA" },
		{ 0, "set /500/0/4/3 9" },
		{ 0, "operate read /500/0/4/3", "answer {/500/0/4/3=9}" },
		{ 0, "operate read /500/0/4/4", "refused ENOENT" },
		{ 0, "operate read /500/1", "refused ENOENT" },
		{ 0, "operate read /77", "refused ENOENT" },
		{ 0, "operate read /", "refused EPERM" },
		{ 0, "operate read /500/0/3", "refused EPERM" },
		{ 0, "fail EIO" },
		{ 0, "operate read /500/0/1", "answer EIO" },
	};

	(void)state;
	play(steps);
}

/* What the engine's own reads bring may have keys in it. */
static void keeps_secrets(void **state)
{
	static const struct step steps[] = {
		{ 0, "set /0/0/0 coap://s" },
		{ 0, "operate read /0", "answer {/0/0/0=coap://s}" },
		{ 0, "operate execute /500/0/4/0", "refused EPERM" },
		{ 0, "set /0/0/5 secret" },
		{ 0, "operate read /0/0", "answer {/0/0/0=coap://s}" },
		{ 0, "operate read /0/0/5", "answer ENODATA" },
		{ 0, "operate write /0/0/0 coap://t", "refused EPERM" },
		{ 0, "operate execute /0/0/0", "refused EPERM" },
	};

	(void)state;
	play(steps);
}

/* Servers hear of it, and it is kept, as if one of them had written. */
static void writes(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED_FOREVER,
		{ 0, "GET /500/0/1 observe=0 token=01", "watch 500 on\n2.05 observe=0 format=0 5" },
		{ 1 * SEC, "operate write /500/0/1 6", "answer\nnotify 2.05 token=01 observe=1 format=0 6" },
		{ 2 * SEC, "operate write /500/0/4/3 9", "refused ENOENT" },
		{ 2 * SEC, "operate add /500/0/4/3 9", "answer" },
		{ 2 * SEC, "operate read /500/0/4", "answer {/500/0/4/0=10 /500/0/4/2=30 /500/0/4/3=9}" },
		{ 2 * SEC, "operate write /500/0/4 9", "refused EBADMSG" },
		{ 2 * SEC, "operate write /500/0/2 9", "refused EPERM" },
		{ 2 * SEC, "operate write /500/0/1 x", "refused EINVAL" },
		{ 2 * SEC, "operate write /500/0/5 abc", "block 0+3\nanswer" },
		{ 3 * SEC, "add /501/0",
			"request POST /rd/5a format=40 " TRANSCRIPT_LINKS_WITH_501 },
		{ 3 * SEC, "answer 2.04", "updated 0" },
		{ 4 * SEC, "operate write /501/0/1 7", "persist 501 {/501/0/1=7}\nanswer" },
	};

	(void)state;
	play(steps);
}

static void executes(void **state)
{
	static const struct step steps[] = {
		{ 0, "operate execute /500/0/3", "execute /500/0/3\nanswer" },
		{ 0, "operate execute /500/0/3 5", "execute /500/0/3 5\nanswer" },
		{ 0, "operate execute /500/0/3 x", "refused EINVAL" },
		{ 0, "operate execute /500/0/1", "refused EPERM" },
		{ 0, "operate execute /500", "refused EPERM" },
	};

	(void)state;
	play(steps);
}

/* Objects that answer late, or never, or go; who asks is told once. */
static void answers_late(void **state)
{
	static const struct step steps[] = {
		{ 0, "hold" },
		{ 0, "operate read /500/0/1" },
		{ 1 * SEC, "done", "answer {/500/0/1=5}" },
		{ 2 * SEC, "operate read /500/0/1" },
		{ 12 * SEC, NULL, "slow /500/0/1\nanswer ETIMEDOUT" },
		{ 13 * SEC, "done" },
		{ 14 * SEC, "operate read /500/0/1" },
		{ 15 * SEC, "remove /500" },
		{ 16 * SEC, "done", "answer ECONNRESET" },
		{ 1000 * SEC },
	};

	(void)state;
	play(steps);
}

static void is_bounded(void **state)
{
	static const struct step steps[] = {
		{ 0, "hold" },
		{ 0, "operate read /500/0/1" },
		{ 0, "operate read /500/0/1", "refused EBUSY" },
		{ 0, "operate read /3/0/0" },
		{ 0, "operate read /0", "refused EBUSY" },
		{ 1 * SEC, "done", "answer {/500/0/1=5}" },
		{ 1 * SEC, "done", "answer {/3/0/0=maker}" },
	};

	(void)state;
	play(steps, .limits.operations = 2);
}

/* Whatever is waited for. */
static void registers_at_once(void **state)
{
	static const struct step steps[] = {
		{ 0, "register", "connect" },
		{ 0, "connected", TRANSCRIPT_REGISTER },
		{ 0, "register" },
		{ 0, "answer 4.03", "close\nfailed 4.03" },
		{ 10 * SEC, "register", "close\nconnect" },
		{ 10 * SEC, "connected", TRANSCRIPT_REGISTER },
		{ 10 * SEC, "answer 2.01 /rd/5a", "registered 300" },
		{ 20 * SEC, "register", "request POST /rd/5a" },
		{ 20 * SEC, "answer 2.04", "updated 207" },
	};

	(void)state;
	play(steps);
}

static void stays_away(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 10 * SEC, "leave", "request DELETE /rd/5a" },
		{ 10 * SEC, "register", "refused EBUSY" },
		{ 10 * SEC, "answer 2.02", "deregistered 2.02\nclose" },
		{ 100000 * SEC, "leave" },
		{ 200000 * SEC, "register", "connect" },
	};

	(void)state;
	play(steps);
}

/* Beside what servers observe. */
static void watches(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED_FOREVER,
		{ 0, "watch 500 9", "watch 500 on" },
		{ 0, "GET /500/0/1 observe=0 token=01", "2.05 observe=0 format=0 5" },
		{ 0, "watch" },
		{ 0, "watch 500" },
		{ 0, "GET /500/0/1 observe=1 token=01", "2.05 format=0 5" },
		{ 0, "watch", "watch 500 off" },
		{ 1 * SEC, "watch 502 501", "watch 501 on\nwatch 502 on" },
		{ 1 * SEC, "watch 501", "watch 502 off" },
	};

	(void)state;
	play(steps);
}

/* What was read and not fetched goes with the engine. */
static void ends_with_an_answer_left(void **state)
{
	static struct transcript transcript;
	const struct transcript_config config = { 0 };

	(void)state;
	transcript_init(&transcript, &config);
	transcript_feed(&transcript, "operate read /3");
	transcript_feed(&transcript, "operate read /500");
	transcript_deinit(&transcript);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),
		cmocka_unit_test(keeps_secrets),
		cmocka_unit_test(writes),
		cmocka_unit_test(executes),
		cmocka_unit_test(answers_late),
		cmocka_unit_test(is_bounded),
		cmocka_unit_test(registers_at_once),
		cmocka_unit_test(stays_away),
		cmocka_unit_test(watches),
		cmocka_unit_test(ends_with_an_answer_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
