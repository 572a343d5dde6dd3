/* SPDX-License-Identifier: Apache-2.0 */
#include <net/if.h> /* before the kernel's own */

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "io/network-internal.h"

#define ANSWER_MAX 16384
#define SYS_CLASS  "/sys/class/net"

union question {
	struct nlmsghdr header;
	uint8_t bytes[128];
};

union answer {
	struct nlmsghdr header;
	uint8_t bytes[ANSWER_MAX];
};

static void add_attribute(union question *question, uint16_t type, const void *data, size_t len)
{
	struct rtattr *attribute =
		(struct rtattr *)(question->bytes + NLMSG_ALIGN(question->header.nlmsg_len));

	attribute->rta_type = type;
	attribute->rta_len = (unsigned short)RTA_LENGTH(len);
	memcpy(RTA_DATA(attribute), data, len);
	question->header.nlmsg_len = NLMSG_ALIGN(question->header.nlmsg_len) + RTA_ALIGN(attribute->rta_len);
}

static void closefd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* One answer of one message, on a socket that hears of nothing else; the kernel gives it without delay. */
static int ask(const union question *question, uint16_t expected, size_t header, union answer *ret)
{
	_cleanup_(closefd) int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	ssize_t n;

	if (fd < 0 || connect(fd, (const struct sockaddr *)&kernel, sizeof(kernel)) < 0 ||
		send(fd, question, question->header.nlmsg_len, 0) < 0)
		return -errno;
	n = recv(fd, ret, sizeof(*ret), 0);
	if (n < 0)
		return -errno;
	if (!NLMSG_OK(&ret->header, (size_t)n) || ret->header.nlmsg_type != expected ||
		ret->header.nlmsg_len < NLMSG_LENGTH(header))
		return -ENOENT;
	return 0;
}

static bool is_server(const struct sockaddr *address)
{
	return address && (address->sa_family == AF_INET || address->sa_family == AF_INET6);
}

/* What the kernel would do with a packet for address: the interface and, where there is one, the router. */
static int find_route(const struct sockaddr *address, struct entry *ret)
{
	bool v6 = address->sa_family == AF_INET6;
	union question question = { .header = { .nlmsg_len = NLMSG_LENGTH(sizeof(struct rtmsg)),
					    .nlmsg_type = RTM_GETROUTE, .nlmsg_flags = NLM_F_REQUEST } };
	struct rtmsg *about = NLMSG_DATA(&question.header);
	const struct rtattr *attribute;
	union answer answer;
	int r, len;

	about->rtm_family = (unsigned char)address->sa_family;
	about->rtm_dst_len = v6 ? 128 : 32;
	if (v6)
		add_attribute(&question, RTA_DST, &((const struct sockaddr_in6 *)address)->sin6_addr, 16);
	else
		add_attribute(&question, RTA_DST, &((const struct sockaddr_in *)address)->sin_addr, 4);
	r = ask(&question, RTM_NEWROUTE, sizeof(*about), &answer);
	if (r < 0)
		return r;
	*ret = (struct entry){ .route = true, .family = (uint8_t)address->sa_family };
	len = (int)RTM_PAYLOAD(&answer.header);
	for (attribute = RTM_RTA(NLMSG_DATA(&answer.header)); RTA_OK(attribute, len);
		attribute = RTA_NEXT(attribute, len))
		if (attribute->rta_type == RTA_OIF && RTA_PAYLOAD(attribute) >= 4)
			memcpy(&ret->interface, RTA_DATA(attribute), 4);
		else if (attribute->rta_type == RTA_GATEWAY && RTA_PAYLOAD(attribute) == (v6 ? 16 : 4))
			memcpy(ret->address, RTA_DATA(attribute), v6 ? 16 : 4);
	return ret->interface > 0 ? 0 : -ENOENT;
}

static int find_link(uint32_t interface, union answer *ret)
{
	union question question = { .header = { .nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
					    .nlmsg_type = RTM_GETLINK, .nlmsg_flags = NLM_F_REQUEST } };
	struct ifinfomsg *about = NLMSG_DATA(&question.header);

	about->ifi_index = (int)interface;
	return ask(&question, RTM_NEWLINK, sizeof(*about), ret);
}

static bool has_file(const char *interface, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), SYS_CLASS "/%s/%s", interface, name);
	return access(path, F_OK) == 0;
}

/* "wwan", "bluetooth", "wlan", …; most have none. */
static void read_device_type(const char *interface, char *ret, size_t size)
{
	char path[128], line[64];
	FILE *file;

	*ret = '\0';
	snprintf(path, sizeof(path), SYS_CLASS "/%s/uevent", interface);
	file = fopen(path, "re");
	if (!file)
		return;
	while (fgets(line, sizeof(line), file))
		if (strncmp(line, "DEVTYPE=", 8) == 0)
			snprintf(ret, size, "%.*s", (int)strcspn(line + 8, "\n"), line + 8);
	fclose(file);
}

static enum uplink_kind kind_of(uint32_t interface)
{
	char name[IF_NAMESIZE], type[16];
	union answer answer;

	if (!if_indextoname(interface, name) || find_link(interface, &answer) < 0)
		return UPLINK_UNKNOWN;
	read_device_type(name, type, sizeof(type));
	switch (((const struct ifinfomsg *)NLMSG_DATA(&answer.header))->ifi_type) {
	case ARPHRD_ETHER:
		if (has_file(name, "phy80211") || has_file(name, "wireless") || strcmp(type, "wlan") == 0)
			return UPLINK_WLAN;
		if (strcmp(type, "bluetooth") == 0)
			return UPLINK_BLUETOOTH;
		return strcmp(type, "wwan") == 0 ? UPLINK_UNKNOWN : UPLINK_ETHERNET;
	case ARPHRD_IEEE802154:
		return UPLINK_IEEE802154;
	case ARPHRD_6LOWPAN:
		return strcmp(type, "bluetooth") == 0 ? UPLINK_BLUETOOTH : UPLINK_IEEE802154;
	default:
		return UPLINK_UNKNOWN;
	}
}

static bool is_loopback(uint32_t interface)
{
	union answer answer;

	return find_link(interface, &answer) == 0 &&
	       ((const struct ifinfomsg *)NLMSG_DATA(&answer.header))->ifi_flags & IFF_LOOPBACK;
}

/* The one the kernel prefers; IPv4 where both families prefer as much. */
static const struct entry *default_route(const struct network *network)
{
	const struct entry *best = NULL;

	for (size_t i = 0; i < network->n_entries; i++) {
		const struct entry *entry = &network->entries[i];

		if (entry->route && entry->interface > 0 &&
			(!best || entry->metric < best->metric ||
				(entry->metric == best->metric && entry->family < best->family)))
			best = entry;
	}
	return best;
}

static void add_address(struct uplink_addresses *addresses, int family, const void *address)
{
	char *text = addresses->list[addresses->count];

	if (addresses->count == UPLINK_ADDRESSES_MAX || !inet_ntop(family, address, text, UPLINK_ADDRESS_MAX))
		return;
	for (size_t i = 0; i < addresses->count; i++)
		if (strcmp(addresses->list[i], text) == 0)
			return;
	addresses->count++;
}

static void add_router(struct uplink *uplink, const struct entry *route)
{
	static const uint8_t none[16];

	if (route->interface == uplink->interface && memcmp(route->address, none, sizeof(none)) != 0)
		add_address(&uplink->routers, route->family, route->address);
}

/* Those of the link alone count where there is no other. */
static void add_link_addresses(struct uplink *uplink)
{
	struct ifaddrs *list, *at;

	if (getifaddrs(&list) < 0)
		return;
	for (at = list; at; at = at->ifa_next) {
		if (!at->ifa_addr || if_nametoindex(at->ifa_name) != uplink->interface)
			continue;
		if (at->ifa_addr->sa_family == AF_INET)
			add_address(&uplink->addresses, AF_INET, &((struct sockaddr_in *)at->ifa_addr)->sin_addr);
		else if (at->ifa_addr->sa_family == AF_INET6)
			add_address(&uplink->addresses, AF_INET6,
				&((struct sockaddr_in6 *)at->ifa_addr)->sin6_addr);
	}
	freeifaddrs(list);
}

static void add_kind(struct uplink *uplink, uint32_t interface)
{
	if (interface == uplink->interface)
		uplink->available |= 1U << uplink->kind;
	else
		uplink->available |= 1U << kind_of(interface);
}

static void take_entries(const struct network *network, struct uplink *uplink)
{
	uint32_t last = 0;

	for (size_t i = 0; i < network->n_entries; i++) {
		const struct entry *entry = &network->entries[i];

		if (entry->route) {
			add_router(uplink, entry);
			continue;
		}
		if (entry->interface == uplink->interface)
			add_address(&uplink->addresses, entry->family, entry->address);
		if (entry->interface != last)
			add_kind(uplink, entry->interface);
		last = entry->interface;
	}
}

void network_read_uplink(const struct network *network, const struct sockaddr *server, struct uplink *ret)
{
	struct entry route;
	const struct entry *best = NULL;

	*ret = (struct uplink){ 0 };
	if (is_server(server) && find_route(server, &route) == 0 && !is_loopback(route.interface))
		best = &route;
	if (!best)
		best = default_route(network);
	if (best) {
		ret->interface = best->interface;
		ret->kind = kind_of(best->interface);
		add_router(ret, best);
		add_kind(ret, best->interface);
	}
	take_entries(network, ret);
	if (ret->interface > 0 && ret->addresses.count == 0)
		add_link_addresses(ret);
	ret->available &= ~(1U << UPLINK_UNKNOWN);
}

static uint32_t read_speed(const char *interface)
{
	char path[128];
	int speed = 0;
	FILE *file;

	snprintf(path, sizeof(path), SYS_CLASS "/%s/speed", interface);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fscanf(file, "%d", &speed) != 1 || speed < 0)
		speed = 0;
	fclose(file);
	return (uint32_t)speed;
}

int network_read_load(uint32_t interface, struct uplink_load *ret)
{
	const struct rtattr *attribute;
	struct rtnl_link_stats64 stats;
	char name[IF_NAMESIZE];
	union answer answer;
	int len, r = find_link(interface, &answer);

	if (r < 0)
		return r;
	if (!if_indextoname(interface, name))
		return -errno;
	len = (int)IFLA_PAYLOAD(&answer.header);
	for (attribute = IFLA_RTA(NLMSG_DATA(&answer.header)); RTA_OK(attribute, len);
		attribute = RTA_NEXT(attribute, len)) {
		if (attribute->rta_type != IFLA_STATS64 ||
			RTA_PAYLOAD(attribute) < offsetof(struct rtnl_link_stats64, multicast))
			continue;
		memset(&stats, 0, sizeof(stats));
		memcpy(&stats, RTA_DATA(attribute),
			RTA_PAYLOAD(attribute) < sizeof(stats) ? RTA_PAYLOAD(attribute) : sizeof(stats));
		*ret = (struct uplink_load){ read_speed(name), stats.tx_bytes, stats.rx_bytes };
		return 0;
	}
	return -ENOENT;
}
