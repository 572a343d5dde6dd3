/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/usec.h"
#include "io/network.h"

#define GIVE_UP (20 * USEC_PER_SEC)

struct seen {
	sd_event *event;
	struct network *network;
	unsigned int changes;
};

static void on_changed(void *userdata)
{
	((struct seen *)userdata)->changes++;
}

static void ip(const char *arguments)
{
	char command[256];

	snprintf(command, sizeof(command), "ip %s", arguments);
	assert_int_equal(system(command), 0);
}

/* One address from the start; each test leaves the network as it was. */
static int setup(void **state)
{
	struct seen *seen = calloc(1, sizeof(*seen));

	ip("address add 192.0.2.1/24 dev lo");
	assert_true(sd_event_new(&seen->event) >= 0);
	assert_int_equal(network_new(seen->event, on_changed, seen, &seen->network), 0);
	*state = seen;
	return 0;
}

static int teardown(void **state)
{
	struct seen *seen = *state;

	network_free(seen->network);
	sd_event_unref(seen->event);
	free(seen);
	ip("address flush dev lo scope global");
	return 0;
}

static void wait_changes(struct seen *seen, unsigned int wanted)
{
	usec_t end = usec_now() + GIVE_UP;

	while (seen->changes < wanted && usec_now() < end)
		assert_true(sd_event_run(seen->event, 100 * USEC_PER_MSEC) >= 0);
	assert_int_equal(seen->changes, wanted);
}

/* What the kernel has said is there when ip ends. */
static void take_in(struct seen *seen)
{
	while (sd_event_run(seen->event, 0) > 0)
		;
}

static void an_address_that_comes_is_told_within_a_second(void **state)
{
	struct seen *seen = *state;
	usec_t start = usec_now();

	ip("address add 198.51.100.1/24 dev lo");
	wait_changes(seen, 1);
	assert_true(usec_now() - start < USEC_PER_SEC);
}

static void several_changes_are_told_as_one(void **state)
{
	struct seen *seen = *state;

	ip("address add 198.51.100.1/24 dev lo");
	take_in(seen);
	ip("address add 2001:db8::1/64 dev lo nodad");
	take_in(seen);
	ip("route add default dev lo");
	take_in(seen);
	assert_int_equal(seen->changes, 0);
	wait_changes(seen, 1);
	ip("route del default dev lo");
	wait_changes(seen, 2);
}

/* The one that was replaced is gone, though nobody says so: putting it back is a change again. */
static void a_route_that_is_replaced_is_gone(void **state)
{
	struct seen *seen = *state;

	ip("link add a0 type veth peer name b0");
	ip("link set a0 up");
	ip("address add 198.51.100.2/24 dev a0");
	ip("route add default via 198.51.100.1");
	wait_changes(seen, 1);
	ip("route replace default via 198.51.100.9");
	wait_changes(seen, 2);
	ip("route replace default via 198.51.100.1");
	wait_changes(seen, 3);
	ip("link del a0");
}

/* What is none of our business is told by nothing: only the change after it is. */
static void what_is_no_change_is_not_told(void **state)
{
	struct seen *seen = *state;

	ip("address change 192.0.2.1/24 dev lo valid_lft 1000 preferred_lft 1000");
	take_in(seen);
	ip("address add 169.254.1.1/16 dev lo scope link");
	take_in(seen);
	ip("address del 169.254.1.1/16 dev lo");
	take_in(seen);
	/* the only address: nothing can be sent */
	ip("address del 192.0.2.1/24 dev lo");
	take_in(seen);
	ip("address add 192.0.2.1/24 dev lo");
	wait_changes(seen, 1);
}

static void an_address_that_goes_is_told_while_another_is_left(void **state)
{
	struct seen *seen = *state;

	ip("address add 198.51.100.1/32 dev lo");
	wait_changes(seen, 1);
	ip("address del 198.51.100.1/32 dev lo");
	wait_changes(seen, 2);
}

/* They do not even wake us. */
static void other_routes_are_not_heard_of(void **state)
{
	struct seen *seen = *state;

	ip("route add 203.0.113.0/24 dev lo");
	ip("route del 203.0.113.0/24 dev lo");
	assert_int_equal(sd_event_run(seen->event, 0), 0);
	ip("route add default dev lo");
	assert_true(sd_event_run(seen->event, 0) > 0);
	ip("route del default dev lo");
}

static void a_flood_is_one_change(void **state)
{
	struct seen *seen = *state;
	char arguments[64];

	for (unsigned int i = 0; i < 300; i++) {
		snprintf(arguments, sizeof(arguments), "address add 10.1.%u.%u/32 dev lo", i / 250, i % 250 + 1);
		ip(arguments);
	}
	wait_changes(seen, 1);
}

/* The second time in a short while takes twice as long. */
static void a_network_that_keeps_changing_is_told_less_often(void **state)
{
	struct seen *seen = *state;
	usec_t start;

	ip("address add 198.51.100.1/32 dev lo");
	wait_changes(seen, 1);
	start = usec_now();
	ip("address del 198.51.100.1/32 dev lo");
	wait_changes(seen, 2);
	assert_true(usec_now() - start >= 500 * USEC_PER_MSEC);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_address_that_comes_is_told_within_a_second), TEST(several_changes_are_told_as_one),
		TEST(a_route_that_is_replaced_is_gone),
		TEST(what_is_no_change_is_not_told), TEST(an_address_that_goes_is_told_while_another_is_left),
		TEST(other_routes_are_not_heard_of), TEST(a_flood_is_one_change),
		TEST(a_network_that_keeps_changing_is_told_less_often),
	};

	if (unshare(geteuid() == 0 ? CLONE_NEWNET : CLONE_NEWUSER | CLONE_NEWNET) < 0) {
		printf("1..0 # SKIP no network namespace of our own: %s\n", strerror(errno));
		return 0;
	}
	if (system("ip link set lo up") != 0) {
		printf("1..0 # SKIP 'ip link set lo up' does not work in a network namespace of our own\n");
		return 0;
	}
	return cmocka_run_group_tests_name("io/network", tests, NULL, NULL);
}
