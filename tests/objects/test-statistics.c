/* SPDX-License-Identifier: Apache-2.0 */
#include "objects/statistics.h"

#include <errno.h>
#include <stdlib.h>

#include "ask.h"
#include "lwm2m/registry.h"

#define SERVER 101
#define SEC    USEC_PER_SEC

struct fixture {
	struct registry registry;
	struct statistics *statistics;
	struct ask ask;
	struct traffic *counted; /* what the transport would add to; NULL: it does not count */
	usec_t now;
	unsigned int changes[9]; /* told, by resource */
};

static usec_t on_now(void *userdata)
{
	return ((struct fixture *)userdata)->now;
}

static void on_count(void *userdata, struct traffic *traffic)
{
	((struct fixture *)userdata)->counted = traffic;
}

static const struct statistics_actions actions = { on_now, on_count };

static void on_change(void *userdata, enum registry_change change, const struct path *path)
{
	struct fixture *fixture = userdata;

	if (change != REGISTRY_VALUE)
		return;
	assert_int_equal(path->ids[0], 7);
	assert_int_equal(path->depth, PATH_RESOURCE);
	assert_true(path->ids[2] < ELEMENTSOF(fixture->changes));
	fixture->changes[path->ids[2]]++;
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	fixture->now = 100 * SEC;
	assert_int_equal(statistics_new(&actions, fixture, &fixture->statistics), 0);
	fixture->registry.listener = on_change;
	fixture->registry.userdata = fixture;
	assert_int_equal(registry_add(&fixture->registry, statistics_object(fixture->statistics)), 0);
	ask_init(&fixture->ask, statistics_object(fixture->statistics), SERVER);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	ask_deinit(&fixture->ask);
	registry_deinit(&fixture->registry);
	statistics_free(fixture->statistics);
	free(fixture);
	return 0;
}

static int64_t get(struct fixture *fixture, uint16_t rid)
{
	return ask_integer(&fixture->ask, PATH3(7, 0, rid));
}

static void assert_counters(struct fixture *fixture, int64_t tx, int64_t rx, int64_t max, int64_t average)
{
	assert_int_equal(get(fixture, 2), tx);
	assert_int_equal(get(fixture, 3), rx);
	assert_int_equal(get(fixture, 4), max);
	assert_int_equal(get(fixture, 5), average);
}

static void execute(struct fixture *fixture, uint16_t rid)
{
	assert_int_equal(ask_execute(&fixture->ask, PATH3(7, 0, rid)), 0);
}

static void send(struct fixture *fixture, uint64_t bytes)
{
	if (fixture->counted)
		traffic_add(fixture->counted, &fixture->counted->sent, bytes);
}

static void receive(struct fixture *fixture, uint64_t bytes)
{
	if (fixture->counted)
		traffic_add(fixture->counted, &fixture->counted->received, bytes);
}

static int set_period(struct fixture *fixture, int64_t seconds)
{
	return ask_write_one(&fixture->ask, PATH3(7, 0, 8), VALUE_INTEGER(seconds));
}

/* As the loop does. */
static void at(struct fixture *fixture, usec_t when)
{
	assert_true(when >= fixture->now);
	fixture->now = when;
	if (statistics_deadline(fixture->statistics) <= when)
		statistics_tick(fixture->statistics, when);
}

/* The loop looks after it at once, or when the time has come. */
static void notice(struct fixture *fixture)
{
	statistics_noticed(fixture->statistics);
	at(fixture, fixture->now);
}

static void watch(struct fixture *fixture)
{
	struct object *object = statistics_object(fixture->statistics);

	object->watched = true;
	object->ops->watch(object, true);
}

static void nothing_is_counted_before_start(void **state)
{
	struct fixture *fixture = *state;

	assert_null(fixture->counted);
	assert_counters(fixture, 0, 0, 0, 0);
	assert_int_equal(ask_read(&fixture->ask, PATH2(7, 0)), 0);
	assert_int_equal(fixture->ask.records.count, 5);
	/* There is no SMS. */
	assert_null(object_find_resource(statistics_object(fixture->statistics), 0));
	assert_null(object_find_resource(statistics_object(fixture->statistics), 1));
}

static void start_counts_until_stop(void **state)
{
	struct fixture *fixture = *state;

	execute(fixture, 6);
	send(fixture, 1999);
	receive(fixture, 500);
	receive(fixture, 502);
	assert_counters(fixture, 1, 1, 1999, 1000);
	execute(fixture, 7);
	assert_null(fixture->counted);
	assert_counters(fixture, 1, 1, 1999, 1000);
	assert_true(statistics_deadline(fixture->statistics) == USEC_INFINITY);
	execute(fixture, 6);
	assert_counters(fixture, 0, 0, 0, 0);
	assert_non_null(fixture->counted);
}

static void a_period_ends_by_itself(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(set_period(fixture, 60), 0);
	assert_true(statistics_deadline(fixture->statistics) == USEC_INFINITY);
	execute(fixture, 6);
	assert_true(statistics_deadline(fixture->statistics) == 160 * SEC);
	/* Another period is for the next Start. */
	assert_int_equal(set_period(fixture, 3600), 0);
	send(fixture, 5000);
	at(fixture, 159 * SEC);
	assert_non_null(fixture->counted);
	at(fixture, 160 * SEC);
	assert_null(fixture->counted);
	assert_counters(fixture, 5, 0, 5000, 5000);
	assert_true(statistics_deadline(fixture->statistics) == USEC_INFINITY);
	execute(fixture, 6);
	assert_true(statistics_deadline(fixture->statistics) == 3760 * SEC);
	execute(fixture, 7);
	assert_true(statistics_deadline(fixture->statistics) == USEC_INFINITY);
}

static void wrong_periods_change_nothing(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(set_period(fixture, 7), 0);
	assert_int_equal(set_period(fixture, -1), -ERANGE);
	assert_int_equal(set_period(fixture, INT64_C(1) << 32), -ERANGE);
	assert_int_equal(get(fixture, 8), 7);
	assert_int_equal(ask_write(&fixture->ask, OPERATION_WRITE_UPDATE, PATH2(7, 0), NULL, 0), 0);
	assert_int_equal(get(fixture, 8), 7);
	assert_int_equal(ask_write(&fixture->ask, OPERATION_WRITE_REPLACE, PATH2(7, 0), NULL, 0), 0);
	assert_int_equal(get(fixture, 8), 0);
}

static void observers_hear_once_a_second(void **state)
{
	struct fixture *fixture = *state;

	execute(fixture, 6);
	watch(fixture);
	receive(fixture, 1500);
	notice(fixture);
	assert_int_equal(fixture->changes[2], 0);
	assert_int_equal(fixture->changes[3], 1);
	assert_int_equal(fixture->changes[4], 1);
	assert_true(statistics_deadline(fixture->statistics) == USEC_INFINITY);
	for (unsigned int i = 0; i < 100; i++) {
		receive(fixture, 1500);
		notice(fixture);
	}
	assert_int_equal(fixture->changes[3], 1);
	assert_true(statistics_deadline(fixture->statistics) == 101 * SEC);
	at(fixture, 101 * SEC);
	assert_int_equal(fixture->changes[3], 2);
	assert_int_equal(fixture->changes[4], 1);
	assert_true(statistics_deadline(fixture->statistics) == USEC_INFINITY);
}

/* However large they are: what they add is told with the next change. */
static void notifications_of_its_own_are_no_reason_for_more(void **state)
{
	struct fixture *fixture = *state;

	execute(fixture, 6);
	watch(fixture);
	receive(fixture, 1500);
	notice(fixture);
	for (unsigned int i = 0; i < 10; i++) {
		send(fixture, 5000);
		assert_true(statistics_deadline(fixture->statistics) == USEC_INFINITY);
		at(fixture, fixture->now + 10 * SEC);
	}
	assert_int_equal(fixture->changes[2], 0);
	receive(fixture, 10);
	notice(fixture);
	assert_int_equal(fixture->changes[2], 1);
	assert_int_equal(fixture->changes[3], 1);
}

static void nobody_watching_costs_nothing(void **state)
{
	struct fixture *fixture = *state;

	execute(fixture, 6);
	receive(fixture, 1500);
	notice(fixture);
	assert_int_equal(fixture->changes[3], 0);
	/* Who begins to watch has read what there is. */
	watch(fixture);
	notice(fixture);
	assert_int_equal(fixture->changes[3], 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_counted_before_start),
		TEST(start_counts_until_stop),
		TEST(a_period_ends_by_itself),
		TEST(wrong_periods_change_nothing),
		TEST(observers_hear_once_a_second),
		TEST(notifications_of_its_own_are_no_reason_for_more),
		TEST(nobody_watching_costs_nothing),
	};

	return cmocka_run_group_tests_name("objects/statistics", tests, NULL, NULL);
}
