/* SPDX-License-Identifier: Apache-2.0 */
/* In a network namespace with wires of its own, and with a /sys that shows it. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/network.h"

static bool sys_is_ours;

__attribute__((format(printf, 1, 2)))
static void run(const char *format, ...)
{
	char command[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(command, sizeof(command), format, arguments);
	va_end(arguments);
	assert_int_equal(system(command), 0);
}

static void add_wire(const char *name)
{
	run("ip link add %s type veth peer name x%s", name, name);
	run("ip link set x%s up", name);
	/* No address of the link by itself. */
	run("ip link set %s addrgenmode none", name);
	run("ip link set %s up", name);
}

static int setup(void **state)
{
	add_wire("a0");
	add_wire("b0");
	run("ip address add 192.0.2.2/24 dev a0");
	run("ip address add 198.51.100.2/24 dev b0");
	return 0;
}

static int teardown(void **state)
{
	run("ip link del a0");
	run("ip link del b0");
	return 0;
}

static void on_changed(void *userdata)
{
}

/* As the agent finds it that starts now. */
static struct uplink read_uplink(const char *server)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	const struct sockaddr *address = NULL;
	struct network *network;
	struct uplink uplink;
	sd_event *event = NULL;

	if (server && inet_pton(AF_INET, server, &in.sin_addr) == 1)
		address = (const struct sockaddr *)&in;
	else if (server && inet_pton(AF_INET6, server, &in6.sin6_addr) == 1)
		address = (const struct sockaddr *)&in6;
	assert_true(sd_event_new(&event) >= 0);
	assert_int_equal(network_new(event, on_changed, NULL, &network), 0);
	network_read_uplink(network, address, &uplink);
	network_free(network);
	sd_event_unref(event);
	return uplink;
}

static void assert_addresses(const struct uplink_addresses *addresses, const char *expected)
{
	char text[512] = "";

	for (size_t i = 0; i < addresses->count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "",
			addresses->list[i]);
	assert_string_equal(text, expected);
}

static void assert_uplink(const char *server, const char *interface, const char *addresses, const char *routers)
{
	struct uplink uplink = read_uplink(server);

	assert_int_equal(uplink.interface, interface ? if_nametoindex(interface) : 0);
	assert_addresses(&uplink.addresses, addresses);
	assert_addresses(&uplink.routers, routers);
}

static void nothing_without_a_route(void **state)
{
	assert_uplink(NULL, NULL, "", "");
	assert_int_equal(read_uplink(NULL).kind, UPLINK_UNKNOWN);
	/* Yet there are wires with an address. */
	assert_int_equal(read_uplink(NULL).available, 1U << UPLINK_ETHERNET);
}

static void the_default_route_counts(void **state)
{
	run("ip route add default via 192.0.2.1");
	assert_uplink(NULL, "a0", "192.0.2.2", "192.0.2.1");
	assert_int_equal(read_uplink(NULL).kind, UPLINK_ETHERNET);
	/* A server on this machine says nothing about the network. */
	assert_uplink("127.0.0.1", "a0", "192.0.2.2", "192.0.2.1");
	assert_uplink("203.0.113.1", "a0", "192.0.2.2", "192.0.2.1");
	/* The preferred one of two. */
	run("ip route add default via 198.51.100.1 metric 10");
	assert_uplink(NULL, "a0", "192.0.2.2", "192.0.2.1");
	run("ip route del default via 192.0.2.1");
	assert_uplink(NULL, "b0", "198.51.100.2", "198.51.100.1");
}

static void the_route_to_the_server_counts_more(void **state)
{
	run("ip route add default via 192.0.2.1");
	run("ip route add 203.0.113.0/24 via 198.51.100.1");
	assert_uplink("203.0.113.1", "b0", "198.51.100.2", "198.51.100.1");
	assert_uplink("198.51.100.9", "b0", "198.51.100.2", "");
	assert_uplink("233.252.0.1", "a0", "192.0.2.2", "192.0.2.1");
}

static void both_families_show(void **state)
{
	run("ip address add 2001:db8::2/64 dev a0 nodad");
	run("ip address add fe80::2/64 dev a0 nodad");
	run("ip route add default via 192.0.2.1");
	run("ip -6 route add default via fe80::1 dev a0");
	assert_uplink("2001:db8:1::1", "a0", "192.0.2.2 2001:db8::2", "fe80::1 192.0.2.1");
	assert_uplink(NULL, "a0", "192.0.2.2 2001:db8::2", "192.0.2.1 fe80::1");
}

/* An address of the link is one where there is no other. */
static void addresses_of_the_link_are_the_last_choice(void **state)
{
	run("ip address flush dev a0");
	run("ip route add default dev a0");
	assert_uplink(NULL, "a0", "", "");
	run("ip address add fe80::2/64 dev a0 nodad");
	assert_uplink(NULL, "a0", "fe80::2", "");
	run("ip address add 169.254.1.1/16 dev a0 scope link");
	assert_int_equal(read_uplink(NULL).addresses.count, 2);
	run("ip address add 192.0.2.3/24 dev a0");
	assert_uplink(NULL, "a0", "192.0.2.3", "");
}

static void too_many_addresses_are_cut(void **state)
{
	run("ip route add default via 192.0.2.1");
	for (unsigned int i = 0; i < 2 * UPLINK_ADDRESSES_MAX; i++)
		run("ip address add 192.0.2.%u/24 dev a0", 100 + i);
	assert_int_equal(read_uplink(NULL).addresses.count, UPLINK_ADDRESSES_MAX);
}

static void counters_are_those_of_the_interface(void **state)
{
	const struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9),
		.sin_addr.s_addr = inet_addr("192.0.2.1") };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct uplink_load before, after;
	char bytes[1000] = { 0 };

	run("ip neighbour add 192.0.2.1 lladdr 02:00:00:00:00:01 dev a0");
	assert_int_equal(network_read_load(if_nametoindex("a0"), &before), 0);
	assert_int_equal(sendto(fd, bytes, sizeof(bytes), 0, (const struct sockaddr *)&to, sizeof(to)), 1000);
	assert_int_equal(network_read_load(if_nametoindex("a0"), &after), 0);
	close(fd);
	assert_int_equal(after.sent - before.sent, 1000 + 8 + 20 + 14);
	assert_int_equal(after.speed_mbit, sys_is_ours ? 10000 : 0);
	assert_true(network_read_load(9999, &after) < 0);
}

/* /sys says what an interface is made of; here a made-up one. */
static void wireless_is_known_by_its_device(void **state)
{
	static const struct {
		const char *how;
		enum uplink_kind kind;
	} cases[] = {
		{ "mkdir /sys/class/net/a0/phy80211", UPLINK_WLAN },
		{ "mkdir /sys/class/net/a0/wireless", UPLINK_WLAN },
		{ "echo DEVTYPE=wlan >/sys/class/net/a0/uevent", UPLINK_WLAN },
		{ "printf 'INTERFACE=a0\\nDEVTYPE=bluetooth\\n' >/sys/class/net/a0/uevent", UPLINK_BLUETOOTH },
		{ "echo DEVTYPE=wwan >/sys/class/net/a0/uevent", UPLINK_UNKNOWN },
		{ "echo INTERFACE=a0 >/sys/class/net/a0/uevent", UPLINK_ETHERNET },
	};

	if (!sys_is_ours)
		skip();
	run("ip route add default via 192.0.2.1");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		unsigned int ours = 1U << UPLINK_ETHERNET | 1U << cases[i].kind;

		assert_int_equal(mount("none", "/sys", "tmpfs", 0, NULL), 0);
		run("mkdir -p /sys/class/net/a0");
		run("%s", cases[i].how);
		assert_int_equal(read_uplink(NULL).kind, cases[i].kind);
		assert_int_equal(read_uplink(NULL).available, ours & ~(1U << UPLINK_UNKNOWN));
		assert_int_equal(umount2("/sys", MNT_DETACH), 0);
	}
}

/* The kernel shows the interfaces of the namespace that mounts it. */
static bool mount_sys(void)
{
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 && mount("none", "/sys", "sysfs", 0, NULL) == 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_without_a_route),
		TEST(the_default_route_counts),
		TEST(the_route_to_the_server_counts_more),
		TEST(both_families_show),
		TEST(addresses_of_the_link_are_the_last_choice),
		TEST(too_many_addresses_are_cut),
		TEST(counters_are_those_of_the_interface),
		TEST(wireless_is_known_by_its_device),
	};
	int more = geteuid() == 0 ? 0 : CLONE_NEWUSER;

	if (unshare(more | CLONE_NEWNET | CLONE_NEWNS) < 0) {
		printf("1..0 # SKIP no network namespace of our own: %s\n", strerror(errno));
		return 0;
	}
	if (system("ip link set lo up && ip link add a0 type veth peer name xa0 && ip link del a0") != 0) {
		printf("1..0 # SKIP no wires (veth) in a network namespace of our own\n");
		return 0;
	}
	sys_is_ours = mount_sys();
	if (!sys_is_ours)
		printf("# no /sys of our own, so speed and kind of a link are not tried: %s\n", strerror(errno));
	return cmocka_run_group_tests_name("io/network-facts", tests, NULL, NULL);
}
