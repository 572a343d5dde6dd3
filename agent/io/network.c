/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "io/network-internal.h"

/* An address rarely comes without its route: both are told as one. */
#define SETTLE_TIME	(250 * USEC_PER_MSEC)
#define SETTLE_TIME_MAX (8 * USEC_PER_SEC)
#define QUIET_TIME	(10 * USEC_PER_SEC) /* after that long without a change the next one is told soon again */
#define ACCURACY	(10 * USEC_PER_MSEC)

#define MESSAGE_MAX 32768

/* A router may have a million routes: of those only the default ones wake us. Answers to our own questions pass. */
static int attach_filter(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_type)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWROUTE), 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELROUTE), 0, 4),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_flags)),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, htons(NLM_F_MULTI), 2, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, NLMSG_HDRLEN + offsetof(struct rtmsg, rtm_dst_len)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog program = { .len = sizeof(code) / sizeof(*code), .filter = code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ? -errno : 0;
}

static int open_socket(void)
{
	const struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE,
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	int r;

	if (fd < 0)
		return -errno;
	r = attach_filter(fd);
	if (r == 0 && bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		r = -errno;
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

static int on_settled(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct network *network = userdata;

	network->pending = false;
	network->told = usec;
	network->changed(network->userdata);
	return 0;
}

static void note_change(struct network *network)
{
	usec_t now;

	if (network->silent || network->pending)
		return;
	if (sd_event_now(sd_event_source_get_event(network->source), CLOCK_BOOTTIME, &now) < 0)
		return;
	if (now > usec_add(network->told, QUIET_TIME))
		network->settle_time = SETTLE_TIME;
	else
		network->settle_time = usec_min(2 * network->settle_time, SETTLE_TIME_MAX);
	if (sd_event_source_set_time(network->timer, usec_add(now, network->settle_time)) >= 0 &&
		sd_event_source_set_enabled(network->timer, SD_EVENT_ONESHOT) >= 0)
		network->pending = true;
}

static size_t find(const struct network *network, const struct entry *entry)
{
	size_t i;

	for (i = 0; i < network->n_entries; i++)
		if (memcmp(&network->entries[i], entry, sizeof(*entry)) == 0)
			break;
	return i;
}

static void come(struct network *network, const struct entry *entry)
{
	if (find(network, entry) < network->n_entries)
		return;
	if (network->n_entries < ENTRIES_MAX) {
		memcpy(&network->entries[network->n_entries++], entry, sizeof(*entry));
		network->n_addresses += !entry->route;
	}
	note_change(network);
}

/* What a route takes the place of is not said to go. */
static void drop_replaced(struct network *network, const struct entry *by)
{
	for (size_t i = network->n_entries; i > 0; i--) {
		const struct entry *entry = &network->entries[i - 1];

		if (entry->route && entry->family == by->family && entry->metric == by->metric &&
			memcmp(entry, by, sizeof(*by)) != 0)
			memmove(&network->entries[i - 1], &network->entries[--network->n_entries],
				sizeof(*entry));
	}
}

/* Without any address there is nobody to tell; the next one that comes is the change. */
static void go(struct network *network, const struct entry *entry)
{
	size_t i = find(network, entry);

	if (i == network->n_entries)
		return;
	network->n_addresses -= !entry->route;
	memmove(&network->entries[i], &network->entries[--network->n_entries], sizeof(*entry));
	if (network->n_addresses > 0)
		note_change(network);
}

static void take_address(struct entry *entry, const struct rtattr *attribute)
{
	size_t len = RTA_PAYLOAD(attribute);

	memset(entry->address, 0, sizeof(entry->address));
	memcpy(entry->address, RTA_DATA(attribute),
		len < sizeof(entry->address) ? len : sizeof(entry->address));
}

static uint32_t number_of(const struct rtattr *attribute)
{
	uint32_t number = 0;

	if (RTA_PAYLOAD(attribute) >= sizeof(number))
		memcpy(&number, RTA_DATA(attribute), sizeof(number));
	return number;
}

/* Not yet: one that may turn out to be somebody else's (RFC 4862, 5.4). */
static bool parse_address(const struct nlmsghdr *message, struct entry *entry)
{
	const struct ifaddrmsg *about = NLMSG_DATA(message);
	const struct rtattr *attribute = IFA_RTA(about);
	int len = (int)IFA_PAYLOAD(message);
	uint32_t flags = about->ifa_flags;
	bool local = false;

	if (about->ifa_scope >= RT_SCOPE_LINK)
		return false;
	entry->family = about->ifa_family;
	entry->interface = about->ifa_index;
	for (; RTA_OK(attribute, len); attribute = RTA_NEXT(attribute, len))
		if (attribute->rta_type == IFA_LOCAL || (attribute->rta_type == IFA_ADDRESS && !local)) {
			take_address(entry, attribute);
			local = attribute->rta_type == IFA_LOCAL;
		} else if (attribute->rta_type == IFA_FLAGS) {
			flags = number_of(attribute);
		}
	return message->nlmsg_type == RTM_DELADDR || !(flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED));
}

static bool parse_route(const struct nlmsghdr *message, struct entry *entry)
{
	const struct rtmsg *about = NLMSG_DATA(message);
	const struct rtattr *attribute = RTM_RTA(about);
	int len = (int)RTM_PAYLOAD(message);

	if (about->rtm_dst_len != 0 || about->rtm_type != RTN_UNICAST || about->rtm_table != RT_TABLE_MAIN)
		return false;
	entry->route = true;
	entry->family = about->rtm_family;
	for (; RTA_OK(attribute, len); attribute = RTA_NEXT(attribute, len))
		if (attribute->rta_type == RTA_GATEWAY)
			take_address(entry, attribute);
		else if (attribute->rta_type == RTA_OIF)
			entry->interface = number_of(attribute);
		else if (attribute->rta_type == RTA_PRIORITY)
			entry->metric = number_of(attribute);
	return true;
}

static void handle(struct network *network, const struct nlmsghdr *message)
{
	struct entry entry;

	memset(&entry, 0, sizeof(entry)); /* compared by its bytes */
	switch (message->nlmsg_type) {
	case RTM_NEWADDR:
		if (message->nlmsg_len >= NLMSG_LENGTH(sizeof(struct ifaddrmsg)) &&
			parse_address(message, &entry))
			come(network, &entry);
		break;
	case RTM_DELADDR:
		if (message->nlmsg_len >= NLMSG_LENGTH(sizeof(struct ifaddrmsg)) &&
			parse_address(message, &entry))
			go(network, &entry);
		break;
	case RTM_NEWROUTE:
		if (message->nlmsg_len < NLMSG_LENGTH(sizeof(struct rtmsg)) || !parse_route(message, &entry))
			break;
		if (message->nlmsg_flags & NLM_F_REPLACE)
			drop_replaced(network, &entry);
		come(network, &entry);
		break;
	case RTM_DELROUTE:
		if (message->nlmsg_len >= NLMSG_LENGTH(sizeof(struct rtmsg)) && parse_route(message, &entry))
			go(network, &entry);
		break;
	}
}

/* Listens to the kernel only. 1: a dump came to its end. -EAGAIN: nothing is there. -ENOBUFS: some was lost. */
static int receive(struct network *network)
{
	_Alignas(struct nlmsghdr) char buffer[MESSAGE_MAX];
	struct sockaddr_nl from = { 0 };
	socklen_t from_len = sizeof(from);
	ssize_t n = recvfrom(network->fd, buffer, sizeof(buffer), 0, (struct sockaddr *)&from, &from_len);
	const struct nlmsghdr *message = (const struct nlmsghdr *)buffer;
	size_t len = n < 0 ? 0 : (size_t)n;
	bool end = false;

	if (n < 0)
		return -errno;
	if (from.nl_pid != 0)
		return 0;
	for (; NLMSG_OK(message, len); message = NLMSG_NEXT(message, len)) {
		end = end || message->nlmsg_type == NLMSG_DONE || message->nlmsg_type == NLMSG_ERROR;
		handle(network, message);
	}
	return end;
}

/* The kernel answers without delay. */
static int ask(struct network *network, uint16_t type)
{
	struct {
		struct nlmsghdr header;
		struct rtgenmsg about;
	} question = {
		.header = { .nlmsg_len = NLMSG_LENGTH(sizeof(struct rtgenmsg)), .nlmsg_type = type,
			    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.about = { .rtgen_family = AF_UNSPEC },
	};
	int r;

	if (send(network->fd, &question, question.header.nlmsg_len, 0) < 0)
		return -errno;
	do
		r = receive(network);
	while (r == 0 || r == -EINTR);
	return r == -EAGAIN || r > 0 ? 0 : r;
}

static int take_stock(struct network *network)
{
	int r;

	network->n_entries = network->n_addresses = 0;
	network->silent = true;
	r = ask(network, RTM_GETADDR);
	if (r == 0)
		r = ask(network, RTM_GETROUTE);
	network->silent = false;
	return r;
}

static int on_readable(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct network *network = userdata;
	int r;

	do
		r = receive(network);
	while (r >= 0);
	if (r == -ENOBUFS) {
		(void)take_stock(network);
		note_change(network);
	}
	return 0;
}

int network_new(sd_event *event, void (*changed)(void *userdata), void *userdata, struct network **ret)
{
	_cleanup_(network_freep) struct network *network = calloc(1, sizeof(*network));
	int r;

	if (!network)
		return -ENOMEM;
	network->changed = changed;
	network->userdata = userdata;
	network->settle_time = SETTLE_TIME;
	network->fd = open_socket();
	if (network->fd < 0)
		return network->fd;
	r = take_stock(network);
	if (r >= 0)
		r = sd_event_add_io(event, &network->source, network->fd, EPOLLIN, on_readable, network);
	if (r >= 0)
		r = sd_event_add_time(event, &network->timer, CLOCK_BOOTTIME, USEC_INFINITY, ACCURACY,
			on_settled, network);
	if (r >= 0)
		r = sd_event_source_set_enabled(network->timer, SD_EVENT_OFF);
	if (r < 0)
		return r;
	*ret = steal_pointer(&network);
	return 0;
}

struct network *network_free(struct network *network)
{
	if (!network)
		return NULL;
	sd_event_source_disable_unref(network->source);
	sd_event_source_disable_unref(network->timer);
	if (network->fd >= 0)
		close(network->fd);
	free(network);
	return NULL;
}
