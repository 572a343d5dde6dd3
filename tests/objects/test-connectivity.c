/* SPDX-License-Identifier: Apache-2.0 */
#include "objects/connectivity.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "lwm2m/registry.h"

#define SERVER 101
#define SEC    USEC_PER_SEC

struct fixture {
	struct registry registry;
	struct connectivity *connectivity;
	struct ask ask;
	struct uplink uplink;
	struct uplink_load load;
	int load_error;
	usec_t now;
	unsigned int changes[7]; /* told, by resource */
};

static usec_t on_now(void *userdata)
{
	return ((struct fixture *)userdata)->now;
}

static void on_uplink(void *userdata, struct uplink *ret)
{
	*ret = ((struct fixture *)userdata)->uplink;
}

static int on_load(void *userdata, uint32_t interface, struct uplink_load *ret)
{
	struct fixture *fixture = userdata;

	assert_int_equal(interface, fixture->uplink.interface);
	if (fixture->load_error == 0)
		*ret = fixture->load;
	return fixture->load_error;
}

static const struct connectivity_source source = { on_now, on_uplink, on_load };

static void on_change(void *userdata, enum registry_change change, const struct path *path)
{
	struct fixture *fixture = userdata;

	if (change != REGISTRY_VALUE)
		return;
	assert_int_equal(path->ids[0], 4);
	assert_true(path->depth == PATH_RESOURCE && path->ids[2] < ELEMENTSOF(fixture->changes));
	fixture->changes[path->ids[2]]++;
}

static void set(struct uplink_addresses *addresses, const char *a, const char *b, const char *c)
{
	const char *list[] = { a, b, c };

	memset(addresses, 0, sizeof(*addresses));
	for (size_t i = 0; i < ELEMENTSOF(list); i++)
		if (list[i])
			strcpy(addresses->list[addresses->count++], list[i]);
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	fixture->now = 100 * SEC;
	fixture->uplink.interface = 2;
	fixture->uplink.kind = UPLINK_ETHERNET;
	fixture->uplink.available = 1U << UPLINK_ETHERNET | 1U << UPLINK_WLAN;
	set(&fixture->uplink.addresses, "192.0.2.1", "2001:db8::1", NULL);
	set(&fixture->uplink.routers, "192.0.2.254", NULL, NULL);
	fixture->load.speed_mbit = 100;
	assert_int_equal(connectivity_new(&source, fixture, &fixture->connectivity), 0);
	fixture->registry.listener = on_change;
	fixture->registry.userdata = fixture;
	assert_int_equal(registry_add(&fixture->registry, connectivity_object(fixture->connectivity)), 0);
	ask_init(&fixture->ask, connectivity_object(fixture->connectivity), SERVER);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	ask_deinit(&fixture->ask);
	registry_deinit(&fixture->registry);
	connectivity_free(fixture->connectivity);
	free(fixture);
	return 0;
}

static void assert_text(struct fixture *fixture, uint16_t rid, uint16_t riid, const char *text)
{
	if (text)
		assert_string_equal(ask_text(&fixture->ask, PATH4(4, 0, rid, riid)), text);
	else
		assert_int_equal(ask_read(&fixture->ask, PATH4(4, 0, rid, riid)), -ENODATA);
}

static int64_t utilization(struct fixture *fixture)
{
	return ask_integer(&fixture->ask, PATH3(4, 0, 6));
}

static void shows_the_uplink(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(ask_integer(&fixture->ask, PATH3(4, 0, 0)), 41);
	assert_int_equal(ask_integer(&fixture->ask, PATH4(4, 0, 1, 0)), 41);
	assert_int_equal(ask_integer(&fixture->ask, PATH4(4, 0, 1, 1)), 21);
	assert_text(fixture, 4, 0, "192.0.2.1");
	assert_text(fixture, 4, 1, "2001:db8::1");
	assert_text(fixture, 4, 2, NULL);
	assert_text(fixture, 5, 0, "192.0.2.254");
	assert_int_equal(ask_probe(&fixture->ask, 0, 0), 0);
	assert_int_equal(ask_probe(&fixture->ask, 0, 1), 2);
	assert_int_equal(ask_probe(&fixture->ask, 0, 4), 2);
	assert_int_equal(ask_probe(&fixture->ask, 0, 5), 1);
	assert_int_equal(ask_read(&fixture->ask, PATH2(4, 0)), 0);
	assert_int_equal(fixture->ask.records.count, 1 + 2 + 2 + 1 + 1);
}

/* No number is made up. */
static void what_is_not_known_is_absent(void **state)
{
	struct fixture *fixture = *state;

	fixture->uplink = (struct uplink){ 0 };
	fixture->load_error = -ENODEV;
	connectivity_refresh(fixture->connectivity);
	for (uint16_t rid = 0; rid <= 12; rid++) {
		assert_int_equal(ask_read(&fixture->ask, PATH3(4, 0, rid)), -ENODATA);
		assert_int_equal(ask_probe(&fixture->ask, 0, rid), -ENOENT);
	}
	assert_int_equal(ask_read(&fixture->ask, PATH2(4, 0)), 0);
	assert_int_equal(fixture->ask.records.count, 0);
}

static void addresses_keep_their_ids(void **state)
{
	struct fixture *fixture = *state;

	set(&fixture->uplink.addresses, "2001:db8::1", "2001:db8::2", NULL);
	connectivity_refresh(fixture->connectivity);
	assert_text(fixture, 4, 0, "2001:db8::2");
	assert_text(fixture, 4, 1, "2001:db8::1");
	set(&fixture->uplink.addresses, "198.51.100.1", "2001:db8::2", "2001:db8::1");
	connectivity_refresh(fixture->connectivity);
	assert_text(fixture, 4, 0, "2001:db8::2");
	assert_text(fixture, 4, 1, "2001:db8::1");
	assert_text(fixture, 4, 2, "198.51.100.1");
	set(&fixture->uplink.addresses, "198.51.100.1", NULL, NULL);
	connectivity_refresh(fixture->connectivity);
	assert_text(fixture, 4, 0, NULL);
	assert_text(fixture, 4, 1, NULL);
	assert_text(fixture, 4, 2, "198.51.100.1");
	assert_int_equal(fixture->changes[4], 3);
}

/* All at once: the whole room is there for what comes. */
static void a_full_house_may_change(void **state)
{
	struct fixture *fixture = *state;

	for (unsigned int round = 0; round < 2; round++) {
		fixture->uplink.addresses.count = UPLINK_ADDRESSES_MAX;
		for (unsigned int i = 0; i < UPLINK_ADDRESSES_MAX; i++)
			snprintf(fixture->uplink.addresses.list[i], UPLINK_ADDRESS_MAX, "10.0.%u.%u", round, i);
		connectivity_refresh(fixture->connectivity);
		assert_int_equal(ask_probe(&fixture->ask, 0, 4), UPLINK_ADDRESSES_MAX);
		assert_text(fixture, 4, 7, round ? "10.0.1.7" : "10.0.0.7");
	}
}

static void only_changes_are_told(void **state)
{
	struct fixture *fixture = *state;
	static const unsigned int none[7];

	connectivity_refresh(fixture->connectivity);
	set(&fixture->uplink.addresses, "2001:db8::1", "192.0.2.1", NULL);
	connectivity_refresh(fixture->connectivity);
	assert_memory_equal(fixture->changes, none, sizeof(none));
	set(&fixture->uplink.routers, "192.0.2.253", NULL, NULL);
	connectivity_refresh(fixture->connectivity);
	assert_int_equal(fixture->changes[5], 1);
	assert_int_equal(fixture->changes[4], 0);
	fixture->uplink.kind = UPLINK_WLAN;
	fixture->uplink.available = 1U << UPLINK_WLAN;
	connectivity_refresh(fixture->connectivity);
	assert_int_equal(fixture->changes[0], 1);
	assert_int_equal(fixture->changes[1], 1);
	assert_int_equal(ask_integer(&fixture->ask, PATH3(4, 0, 0)), 21);
	assert_int_equal(ask_probe(&fixture->ask, 0, 1), 1);
}

/* 100 Mbit/s are 12.5 MB in a second. */
static void utilization_is_an_average(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(utilization(fixture), 0);
	fixture->now += 20 * SEC;
	fixture->load.received += 125 * 1000 * 1000;
	fixture->load.sent += 25 * 1000 * 1000;
	assert_int_equal(utilization(fixture), 50);
	/* Too soon for another. */
	fixture->now += 9 * SEC;
	fixture->load.received += 1000 * 1000 * 1000;
	assert_int_equal(utilization(fixture), 50);
	fixture->now += 1 * SEC;
	assert_int_equal(utilization(fixture), 100);
	fixture->now += 10 * SEC;
	assert_int_equal(utilization(fixture), 0);
	/* Counters that began anew. */
	fixture->load.received = fixture->load.sent = 0;
	fixture->now += 10 * SEC;
	assert_int_equal(utilization(fixture), 0);
}

static void another_interface_is_measured_anew(void **state)
{
	struct fixture *fixture = *state;

	fixture->uplink.interface = 3;
	fixture->load.sent = UINT64_C(1) << 50;
	connectivity_refresh(fixture->connectivity);
	fixture->now += 10 * SEC;
	assert_int_equal(utilization(fixture), 0);
	/* A link that does not say how fast it is. */
	fixture->now += 10 * SEC;
	fixture->load.speed_mbit = 0;
	assert_int_equal(ask_read(&fixture->ask, PATH3(4, 0, 6)), -ENODATA);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(shows_the_uplink),
		TEST(what_is_not_known_is_absent),
		TEST(addresses_keep_their_ids),
		TEST(a_full_house_may_change),
		TEST(only_changes_are_told),
		TEST(utilization_is_an_average),
		TEST(another_interface_is_measured_anew),
	};

	return cmocka_run_group_tests_name("objects/connectivity", tests, NULL, NULL);
}
