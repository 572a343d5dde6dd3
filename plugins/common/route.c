/* SPDX-License-Identifier: Apache-2.0 */
#include "route.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/rtnetlink.h>
#include <net/route.h>
#include <sys/socket.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#define GROUPS (RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_IFADDR | RTMGRP_IPV6_ROUTE)

/* A line of a file of routes. */
struct route {
	char interface[ROUTE_INTERFACE_MAX];
	unsigned int flags, metric;
	int family;
	uint8_t router[16];
};

static int fd = -1;
static sd_event_source *source;
static const struct lw_host *host;
static void (*changed)(const struct lw_host *host);

static int on_message(sd_event_source *event_source, int socket_fd, uint32_t revents, void *userdata)
{
	char message[8192];

	while (recv(fd, message, sizeof(message), 0) > 0 || errno == ENOBUFS)
		errno = 0;
	changed(host);
	return 0;
}

int route_start(const struct lw_host *h, void (*handler)(const struct lw_host *host))
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK, .nl_groups = GROUPS };

	host = h;
	changed = handler;
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	if (fd < 0 || bind(fd, (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return -errno;
	return sd_event_add_io(lw_event(host), &source, fd, EPOLLIN, on_message, NULL);
}

void route_stop(void)
{
	source = sd_event_source_disable_unref(source);
	if (fd >= 0)
		close(fd);
	fd = -1;
}

static bool parse_v4(const char *line, struct route *ret)
{
	unsigned int destination, router, mask;

	ret->family = AF_INET;
	if (sscanf(line, "%15s %x %x %x %*d %*d %u %x", ret->interface, &destination, &router, &ret->flags,
		    &ret->metric, &mask) != 6 ||
		destination || mask)
		return false;
	memcpy(ret->router, &router, sizeof(router));
	return true;
}

static bool parse_v6(const char *line, struct route *ret)
{
	char destination[33], router[33];
	unsigned int length, byte;

	ret->family = AF_INET6;
	if (sscanf(line, "%32s %x %*s %*x %32s %x %*x %*x %x %15s", destination, &length, router, &ret->metric,
		    &ret->flags, ret->interface) != 6 ||
		length || strspn(destination, "0") != 32)
		return false;
	for (size_t i = 0; i < 16 && sscanf(router + 2 * i, "%2x", &byte) == 1; i++)
		ret->router[i] = (uint8_t)byte;
	return true;
}

/* Calls each for the default routes, those of IPv4 first. */
static void for_each(void (*each)(const struct route *route, void *userdata), void *userdata)
{
	static const struct {
		const char *path;
		bool (*parse)(const char *line, struct route *ret);
	} tables[] = { { "/proc/net/route", parse_v4 }, { "/proc/net/ipv6_route", parse_v6 } };

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		FILE *file = fopen(tables[i].path, "re");
		char line[256];

		while (file && fgets(line, sizeof(line), file)) {
			struct route route = { .flags = 0 };

			if (tables[i].parse(line, &route) && route.flags & RTF_UP && !(route.flags & RTF_REJECT) &&
				strcmp(route.interface, "lo") != 0)
				each(&route, userdata);
		}
		if (file)
			fclose(file);
	}
}

static void take_best(const struct route *route, void *userdata)
{
	struct route *best = userdata;

	if (!best->interface[0] || route->metric < best->metric)
		*best = *route;
}

bool route_find(char ret[ROUTE_INTERFACE_MAX])
{
	struct route best = { .flags = 0 };

	for_each(take_best, &best);
	strcpy(ret, best.interface);
	return best.interface[0];
}

struct other {
	const char *interface;
	bool found;
};

static void look_for_other(const struct route *route, void *userdata)
{
	struct other *other = userdata;

	other->found = other->found || strcmp(route->interface, other->interface) != 0;
}

bool route_has_other(const char *interface)
{
	struct other other = { interface, false };

	for_each(look_for_other, &other);
	return other.found;
}

struct list {
	const char *interface;
	char (*items)[ROUTE_ADDRESS_MAX];
	uint32_t n, max;
};

static void add(struct list *list, int family, const void *address)
{
	char text[ROUTE_ADDRESS_MAX];

	if (list->n == list->max || !inet_ntop(family, address, text, sizeof(text)))
		return;
	for (uint32_t i = 0; i < list->n; i++)
		if (strcmp(list->items[i], text) == 0)
			return;
	strcpy(list->items[list->n++], text);
}

static void add_router(const struct route *route, void *userdata)
{
	struct list *list = userdata;

	if (route->flags & RTF_GATEWAY && strcmp(route->interface, list->interface) == 0)
		add(list, route->family, route->router);
}

uint32_t route_routers(const char *interface, char ret[][ROUTE_ADDRESS_MAX], uint32_t max)
{
	struct list list = { interface, ret, 0, max };

	for_each(add_router, &list);
	return list.n;
}

uint32_t route_addresses(const char *interface, char ret[][ROUTE_ADDRESS_MAX], uint32_t max)
{
	struct list list = { interface, ret, 0, max };
	struct ifaddrs *all, *at;

	if (getifaddrs(&all) < 0)
		return 0;
	for (at = all; at; at = at->ifa_next) {
		const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)at->ifa_addr;

		if (!at->ifa_addr || strcmp(at->ifa_name, interface) != 0)
			continue;
		if (at->ifa_addr->sa_family == AF_INET)
			add(&list, AF_INET, &((const struct sockaddr_in *)(const void *)at->ifa_addr)->sin_addr);
		else if (at->ifa_addr->sa_family == AF_INET6 && !IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr))
			add(&list, AF_INET6, &v6->sin6_addr);
	}
	freeifaddrs(all);
	return list.n;
}
