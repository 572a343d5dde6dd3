/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "transcript.h"

/* 500/0/2 is 21.5, 500/0/1 is 5. */
#define OBSERVED(attributes)                                     \
	TRANSCRIPT_REGISTERED_FOREVER,                           \
	{ 0, "PUT /500/0/2?" attributes, "2.04" },               \
	{ 0, "GET /500/0/2 observe=0 token=01", "watch 500 on\n2.05 observe=0 format=0 21.5" }
#define NOTIFY(n, value) "notify 2.05 token=01 observe=" #n " format=0 " #value

static void rule_3_gt_is_told_both_ways(void **state)
{
	static const struct step steps[] = {
		OBSERVED("gt=30"),
		{ 1 * SEC, "set /500/0/2 25" },
		{ 2 * SEC, "set /500/0/2 30" },
		{ 3 * SEC, "set /500/0/2 30.5", NOTIFY(1, 30.5) },
		{ 4 * SEC, "set /500/0/2 40" },
		{ 5 * SEC, "set /500/0/2 31" },
		{ 6 * SEC, "set /500/0/2 30", NOTIFY(2, 30) },
		{ 7 * SEC, "set /500/0/2 10" },
	};

	(void)state;
	play(steps);
}

static void rule_3_lt_is_told_both_ways(void **state)
{
	static const struct step steps[] = {
		OBSERVED("lt=20"),
		{ 1 * SEC, "set /500/0/2 20" },
		{ 2 * SEC, "set /500/0/2 19", NOTIFY(1, 19) },
		{ 3 * SEC, "set /500/0/2 5" },
		{ 4 * SEC, "set /500/0/2 20", NOTIFY(2, 20) },
		{ 5 * SEC, "set /500/0/2 50" },
	};

	(void)state;
	play(steps);
}

/* Not against the last value, but against the last one told. */
static void rule_3_st_counts_from_the_value_told(void **state)
{
	static const struct step steps[] = {
		OBSERVED("st=1"),
		{ 1 * SEC, "set /500/0/2 22" },
		{ 2 * SEC, "set /500/0/2 22.4" },
		{ 3 * SEC, "set /500/0/2 22.5", NOTIFY(1, 22.5) },
		{ 4 * SEC, "set /500/0/2 21.75" },
		{ 5 * SEC, "set /500/0/2 21.5", NOTIFY(2, 21.5) },
	};

	(void)state;
	play(steps);
}

/* (gt OR lt OR st) AND pmin, OR pmax. */
static void rule_3_conditions_and_periods(void **state)
{
	static const struct step steps[] = {
		OBSERVED("gt=30&lt=10&st=5&pmin=10&pmax=60"),
		{ 1 * SEC, "set /500/0/2 31" },
		{ 10 * SEC, NULL, NOTIFY(1, 31) },
		/* crossed, and back before pmin was over: nothing is told */
		{ 11 * SEC, "set /500/0/2 29" },
		{ 12 * SEC, "set /500/0/2 32" },
		{ 25 * SEC, "set /500/0/2 33" },
		/* pmax tells in any case, from the last notification on */
		{ 70 * SEC, NULL, NOTIFY(2, 33) },
		{ 71 * SEC, "set /500/0/2 28" },
		{ 80 * SEC, NULL, NOTIFY(3, 28) },
		{ 81 * SEC, "set /500/0/2 9" },
		{ 90 * SEC, NULL, NOTIFY(4, 9) },
	};

	(void)state;
	play(steps);
}

static void conditions_are_inherited_by_nothing_else(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED_FOREVER,
		{ 0, "PUT /500/0/2?gt=30", "2.04" },
		{ 0, "GET /500/0 observe=0 token=01 accept=112",
			"watch 500 on\n2.05 observe=0 format=112 {/500/0/0=abc /500/0/1=5 /500/0/2=21.5 "
			"/500/0/4/0=10 /500/0/4/2=30}" },
		/* several values: any change of any of them */
		{ 1 * SEC, "set /500/0/2 22",
			"notify 2.05 token=01 observe=1 format=112 {/500/0/0=abc /500/0/1=5 /500/0/2=22 "
			"/500/0/4/0=10 /500/0/4/2=30}" },
	};

	(void)state;
	play(steps);
}

static void rule_3_refusals_change_nothing(void **state)
{
	static const struct step steps[] = {
		OBSERVED("gt=30"),
		{ 0, "PUT /500/0/2?lt=30", "4.00" },
		{ 0, "PUT /500/0/2?lt=20&st=5", "4.00" },
		{ 0, "PUT /500/0/0?gt=30", "4.00" },
		{ 0, "PUT /500/0?gt=30", "4.00" },
		{ 0, "PUT /500?st=1", "4.00" },
		{ 0, "PUT /500/0/2?pmin=1&gt=x", "4.00" },
		{ 0, "PUT /500/0/2?edge=1", "4.00" },
		{ 0, "PUT /500/0/2?con=1", "4.00" }, /* not of 1.1 */
		{ 0, "GET /500/0/2 accept=40", "2.05 format=40 </500/0/2>;gt=30" },
		{ 0, "PUT /500/0/2?lt=20&st=4.5", "2.04" },
		{ 0, "GET /500/0/2 accept=40", "2.05 format=40 </500/0/2>;gt=30;lt=20;st=4.5" },
	};

	(void)state;
	play(steps);
}

static void epmin_and_epmax_bound_how_often_is_looked(void **state)
{
	static const struct step steps[] = {
		OBSERVED("st=1&epmin=10&epmax=60"),
		{ 1 * SEC, "set /500/0/2 25" },
		{ 10 * SEC, NULL, NOTIFY(1, 25) },
		{ 15 * SEC, "set /500/0/2 25.5" },
		{ 22 * SEC, "set /500/0/2 26" }, /* looked at 20 s, next at 30 s */
		{ 30 * SEC, NULL, NOTIFY(2, 26) },
		{ 500 * SEC },
	};

	(void)state;
	play(steps);
}

/* LwM2M 1.2: of one observation, in force while it is. */
static void rule_5_attributes_of_an_observation(void **state)
{
	static const struct step steps[] = {
		{ 0, "lifetime 0" }, { 0, "start", "connect" },
		{ 0, "connected", "request POST /rd?ep=dev&lt=0&lwm2m=1.2&b=U format=40 "
			TRANSCRIPT_LINKS_OF("60 110 112 11542 11544") "\nregistering" },
		{ 0, "answer 2.01 /rd/5a", "registered 0" },
		{ 0, "PUT /500/0/2?gt=30&pmin=5", "2.04" },
		{ 0, "GET /500/0/2?pmin=1&con=1 observe=0 token=01", "watch 500 on\n2.05 observe=0 format=0 21.5" },
		{ 0, "GET /500/0/2?gt=22 observe=0 token=02", "2.05 observe=0 format=0 21.5" },
		{ 0, "GET /500/0/2?nonsense=1 observe=0 token=03", "4.00" },
		{ 0, "GET /500/0?gt=1 observe=0 token=03 accept=112", "4.00" },
		/* they are not in Discover */
		{ 0, "GET /500/0/2 accept=40", "2.05 format=40 </500/0/2>;pmin=5;gt=30" },
		{ 0, "set /500/0/2 31" },
		{ 1 * SEC, NULL, "notify CON 2.05 token=01 observe=1 format=0 31" },
		{ 1 * SEC, "confirmed" },
		{ 5 * SEC, NULL, "notify 2.05 token=02 observe=1 format=0 31" },
	};

	(void)state;
	play(steps, .version_minor = 2);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(rule_3_gt_is_told_both_ways),
	cmocka_unit_test(rule_3_lt_is_told_both_ways),
	cmocka_unit_test(rule_3_st_counts_from_the_value_told),
	cmocka_unit_test(rule_3_conditions_and_periods),
	cmocka_unit_test(conditions_are_inherited_by_nothing_else),
	cmocka_unit_test(rule_3_refusals_change_nothing),
	cmocka_unit_test(epmin_and_epmax_bound_how_often_is_looked),
	cmocka_unit_test(rule_5_attributes_of_an_observation),
};

int main(void)
{
	return cmocka_run_group_tests_name("lwm2m/notify-conditions", tests, NULL, NULL);
}
