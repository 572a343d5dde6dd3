/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lwm2m/observation.h"

#define SEC USEC_PER_SEC

static struct observations observations;

static int setup(void **state)
{
	(void)state;
	observations = (struct observations){ 0 };
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	observations_deinit(&observations);
	return 0;
}

static struct observation *add(usec_t now, uint16_t session, struct path path, uint8_t token)
{
	struct observation *observation;

	assert_int_equal(
		observation_add(&observations, now, session, &path, BYTES(&token, 1), &observation), 0);
	return observation;
}

/* As the engine does it: it was due, was read and told. */
static uint32_t tell(struct observation *observation, usec_t now)
{
	assert_ptr_equal(observations_due(&observations, now), observation);
	observation_begin(&observations, observation);
	assert_null(observations_due(&observations, now));
	return observation_notified(&observations, observation, now);
}

static usec_t deadline(void)
{
	return heap_deadline(&observations.due);
}

static void set_periods(struct observation *observation, uint32_t pmin_s, uint32_t pmax_s)
{
	const struct attributes periods = {
		.set = 1U << ATTRIBUTE_PMIN | 1U << ATTRIBUTE_PMAX,
		.values = { [ATTRIBUTE_PMIN] = pmin_s, [ATTRIBUTE_PMAX] = pmax_s },
	};

	observation_set_periods(&observations, observation, &periods);
}

static void rule_1_pmin_holds_changes_back(void **state)
{
	struct observation *observation = add(100 * SEC, 0, PATH3(3, 0, 1), 1);

	(void)state;
	set_periods(observation, 10, 0);
	assert_int_equal(deadline(), USEC_INFINITY);
	observations_mark(&observations, &PATH3(3, 0, 1));
	assert_int_equal(deadline(), 110 * SEC);
	observations_mark(&observations, &PATH3(3, 0, 1));
	assert_int_equal(deadline(), 110 * SEC);
	assert_null(observations_due(&observations, 110 * SEC - 1));
	assert_int_equal(tell(observation, 110 * SEC), 1);
	assert_int_equal(deadline(), USEC_INFINITY);
	observations_mark(&observations, &PATH3(3, 0, 1));
	assert_int_equal(deadline(), 120 * SEC);
}

static void rule_2_pmax_tells_in_any_case(void **state)
{
	struct observation *observation = add(100 * SEC, 0, PATH3(3, 0, 1), 1);

	(void)state;
	set_periods(observation, 10, 60);
	assert_int_equal(deadline(), 160 * SEC);
	assert_int_equal(tell(observation, 160 * SEC), 1);
	assert_int_equal(deadline(), 220 * SEC);
	set_periods(observation, 10, 9);
	assert_int_equal(deadline(), USEC_INFINITY);
	set_periods(observation, 10, 10);
	assert_int_equal(deadline(), 170 * SEC);
	set_periods(observation, 0, 0);
	assert_int_equal(deadline(), USEC_INFINITY);
	set_periods(observation, UINT32_MAX, UINT32_MAX);
	assert_int_equal(deadline(), 160 * SEC + UINT32_MAX * SEC);
}

static void a_change_while_reading_is_kept(void **state)
{
	struct observation *observation = add(0, 0, PATH3(3, 0, 1), 1);

	(void)state;
	observations_mark(&observations, &PATH3(3, 0, 1));
	observation_begin(&observations, observation);
	observations_mark(&observations, &PATH3(3, 0, 1));
	assert_int_equal(deadline(), USEC_INFINITY);
	observation_notified(&observations, observation, 5 * SEC);
	assert_int_equal(deadline(), 5 * SEC);
	observation_begin(&observations, observation);
	observations_mark(&observations, &PATH3(3, 0, 1));
	observation_idle(&observations, observation);
	assert_int_equal(deadline(), 5 * SEC);
	observation_begin(&observations, observation);
	observation_idle(&observations, observation);
	assert_int_equal(deadline(), USEC_INFINITY);
}

static void postpone_waits_for_pmin_or_a_second(void **state)
{
	struct observation *observation = add(0, 0, PATH3(3, 0, 1), 1);

	(void)state;
	observations_mark(&observations, &PATH3(3, 0, 1));
	observation_begin(&observations, observation);
	observation_postpone(&observations, observation, 7 * SEC);
	assert_int_equal(deadline(), 8 * SEC);
	observations_mark(&observations, &PATH3(3, 0, 1));
	assert_int_equal(deadline(), 8 * SEC);
	observation_begin(&observations, observation);
	set_periods(observation, 30, 0);
	observation_postpone(&observations, observation, 40 * SEC);
	assert_int_equal(deadline(), 70 * SEC);
}

static void suspended_ones_sleep_through_changes(void **state)
{
	struct observation *observation = add(0, 0, PATH3(3, 0, 1), 1);

	(void)state;
	set_periods(observation, 0, 60);
	observation_suspend(&observations, observation);
	assert_int_equal(deadline(), USEC_INFINITY);
	observations_mark(&observations, &PATH3(3, 0, 1));
	set_periods(observation, 0, 5);
	observation_postpone(&observations, observation, 10 * SEC);
	assert_int_equal(deadline(), USEC_INFINITY);
	observation_resume(&observations, observation);
	assert_int_equal(deadline(), 11 * SEC);
}

static void marks_above_and_below(void **state)
{
	static const struct {
		struct path changed;
		const char *due; /* numbers of the observations below */
	} cases[] = {
		{ { { 3 }, 1 }, "01234" },
		{ { { 3, 0 }, 2 }, "0123" },
		{ { { 3, 0, 1 }, 3 }, "012" },
		{ { { 3, 0, 1, 0 }, 4 }, "012" },
		{ { { 3, 0, 1, 1 }, 4 }, "01" },
		{ { { 3, 0, 2 }, 3 }, "013" },
		{ { { 3, 0, 9 }, 3 }, "01" },
		{ { { 3, 1 }, 2 }, "04" },
		{ { { 30 }, 1 }, "5" },
		{ { { 4 }, 1 }, "" },
	};
	struct observation *all[] = {
		add(0, 0, PATH1(3), 0), add(0, 0, PATH2(3, 0), 1), add(0, 0, PATH4(3, 0, 1, 0), 2),
		add(0, 0, PATH3(3, 0, 2), 3), add(0, 0, PATH2(3, 1), 4), add(0, 0, PATH2(30, 0), 5),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char due[8] = "";

		observations_mark(&observations, &cases[i].changed);
		for (size_t j = 0; j < 6; j++)
			if (all[j]->changed)
				due[strlen(due)] = (char)('0' + j);
		assert_string_equal(due, cases[i].due);
		for (size_t j = 0; j < 6; j++) {
			observation_begin(&observations, all[j]);
			observation_idle(&observations, all[j]);
		}
	}
}

static void several_of_one_path(void **state)
{
	struct observation *first = add(0, 0, PATH3(3, 0, 1), 1), *second = add(0, 1, PATH3(3, 0, 1), 1),
			   *third = add(0, 0, PATH3(3, 0, 1), 2);

	(void)state;
	observations_mark(&observations, &PATH3(3, 0, 1));
	assert_true(first->changed && second->changed && third->changed);
	observation_remove(&observations, second);
	assert_int_equal(observations.count, 2);
	assert_int_equal(observations.due.count, 2);
	assert_null(observation_find(&observations, 1, BYTES_LITERAL("\1")));
	assert_ptr_equal(observation_find(&observations, 0, BYTES_LITERAL("\1")), first);
	assert_ptr_equal(observation_find(&observations, 0, BYTES_LITERAL("\2")), third);
	third->effect = 7;
	assert_ptr_equal(observation_find_effect(&observations, 7), third);
	assert_null(observation_find_effect(&observations, 8));
}

static void one_session_and_token_once(void **state)
{
	struct observation *observation = add(0, 0, PATH3(3, 0, 1), 1);

	(void)state;
	observations.limit = 1;
	observations_mark(&observations, &PATH1(3));
	assert_int_equal(tell(observation, 0), 1);
	/* RFC 7641, 3.4: the sequence goes on */
	observation = add(5 * SEC, 0, PATH3(3, 0, 1), 1);
	assert_int_equal(observations.count, 1);
	assert_int_equal(observation->sequence, 2);
	observation = add(5 * SEC, 0, PATH3(4, 0, 1), 1);
	assert_int_equal(observations.count, 1);
	assert_true(observations_cover(&observations, 4));
	assert_false(observations_cover(&observations, 3));
}

static void is_bounded(void **state)
{
	struct observation *observation;

	(void)state;
	observations.limit = 2;
	add(0, 0, PATH1(3), 1);
	add(0, 0, PATH1(3), 2);
	assert_int_equal(
		observation_add(&observations, 0, 0, &PATH1(3), BYTES_LITERAL("\3"), &observation), -ENOSPC);
	assert_int_equal(
		observation_add(&observations, 0, 0, &PATH1(3), BYTES_LITERAL("123456789"), &observation),
		-EINVAL);
}

static void sequence_has_24_bits(void **state)
{
	struct observation *observation = add(0, 0, PATH1(3), 1);

	(void)state;
	observation->sequence = 0xffffff;
	observations_mark(&observations, &PATH1(3));
	assert_int_equal(tell(observation, 0), 0);
}

static void earliest_first(void **state)
{
	struct observation *late = add(0, 0, PATH1(3), 1), *early = add(0, 0, PATH1(4), 2);

	(void)state;
	set_periods(late, 20, 0);
	set_periods(early, 10, 0);
	observations_mark(&observations, &PATH1(3));
	observations_mark(&observations, &PATH1(4));
	assert_int_equal(deadline(), 10 * SEC);
	assert_ptr_equal(observations_due(&observations, 30 * SEC), early);
	tell(early, 19 * SEC);
	tell(late, 30 * SEC);
}

/* Any order of adding, marking and removing keeps table and heap in step. */
static void at_random(void **state)
{
	static struct observation *all[1000];
	unsigned int seed = 1;

	(void)state;
	for (unsigned int i = 0; i < 20000; i++) {
		unsigned int slot = (unsigned int)rand_r(&seed) % 1000;
		struct path path =
			PATH3((uint16_t)(slot % 10), (uint16_t)(slot / 10 % 10), (uint16_t)(slot / 100));

		if (all[slot] && i % 2) {
			observation_remove(&observations, all[slot]);
			all[slot] = NULL;
		} else if (!all[slot]) {
			uint16_t token = (uint16_t)slot;

			assert_int_equal(
				observation_add(&observations, i, 0, &path, BYTES(&token, 2), &all[slot]), 0);
			set_periods(all[slot], slot % 7, slot % 100);
		} else {
			observations_mark(&observations, &path);
			assert_true(all[slot]->changed);
		}
	}
	for (size_t i = 1; i < observations.count; i++)
		assert_true(
			path_compare(&observations.items[i - 1]->path, &observations.items[i]->path) <= 0);
	for (size_t i = 0; i < observations.due.count; i++)
		assert_true(deadline() <= observations.due.nodes[i]->key);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static const struct CMUnitTest tests[] = {
	test(rule_1_pmin_holds_changes_back),
	test(rule_2_pmax_tells_in_any_case),
	test(a_change_while_reading_is_kept),
	test(postpone_waits_for_pmin_or_a_second),
	test(suspended_ones_sleep_through_changes),
	test(marks_above_and_below),
	test(several_of_one_path),
	test(one_session_and_token_once),
	test(is_bounded),
	test(sequence_has_24_bits),
	test(earliest_first),
	test(at_random),
};

int main(void)
{
	return cmocka_run_group_tests_name("lwm2m/observation", tests, NULL, NULL);
}
