/* SPDX-License-Identifier: Apache-2.0 */
#include "uevents.h"

#include <fnmatch.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

static bool is_ours(const struct uevents *uevents, const char *message)
{
	for (const char *const *pattern = uevents->patterns; *pattern; pattern++)
		if (fnmatch(*pattern, message, 0) == 0)
			return true;
	return false;
}

static int on_uevent(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	const struct uevents *uevents = userdata;
	char message[2048];
	bool ours = false;
	ssize_t n;

	while ((n = recv(fd, message, sizeof(message) - 1, 0)) > 0) {
		message[n] = 0;
		ours = ours || is_ours(uevents, message);
	}
	if (ours || (n < 0 && errno == ENOBUFS))
		uevents->handler(uevents->host);
	return 0;
}

int uevents_start(struct uevents *uevents, const struct lw_host *host, const char *const *patterns,
	void (*handler)(const struct lw_host *host))
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK, .nl_groups = 1 };

	uevents->host = host;
	uevents->patterns = patterns;
	uevents->handler = handler;
	uevents->fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
	if (uevents->fd < 0 || bind(uevents->fd, (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return -errno;
	return sd_event_add_io(lw_event(host), &uevents->source, uevents->fd, EPOLLIN, on_uevent, uevents);
}

void uevents_stop(struct uevents *uevents)
{
	uevents->source = sd_event_source_disable_unref(uevents->source);
	if (uevents->fd >= 0)
		close(uevents->fd);
	uevents->fd = -1;
}
