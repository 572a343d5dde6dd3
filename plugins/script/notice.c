/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "OBJECT" or "OBJECT/INSTANCE" in a datagram: what lwm2m-script-changed says. It makes us read again, no more, so a
 * sender needs the permission to write to the socket and nothing else, and whatever else is in it is passed over.
 */
#include <ctype.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "script.h"

static struct sockaddr_un address = { .sun_family = AF_UNIX };
static int fd = -1;
static sd_event_source *source;
static void (*tell)(uint16_t oid, uint16_t iid);

static bool parse_id(const char **text, uint16_t *ret)
{
	char *end;
	unsigned long id;

	if (!isdigit((unsigned char)**text))
		return false;
	id = strtoul(*text, &end, 10);
	*text = end;
	*ret = (uint16_t)id;
	return id < LW_NO_ID;
}

static void take(const char *text)
{
	uint16_t oid, iid = LW_NO_ID;

	if (!parse_id(&text, &oid))
		return;
	if (*text == '/') {
		text++;
		if (!parse_id(&text, &iid))
			return;
	}
	if (!*text)
		tell(oid, iid);
}

static int on_datagram(sd_event_source *unused, int from, uint32_t revents, void *userdata)
{
	char text[32];
	ssize_t n;

	/* A turn of the loop each: who sends without end does not keep it for itself. */
	n = recv(from, text, sizeof(text) - 1, MSG_DONTWAIT | MSG_TRUNC);
	if (n > 0 && (size_t)n < sizeof(text)) {
		text[n] = 0;
		take(text);
	}
	return 0;
}

int notice_open(const struct lw_host *host, const char *path, void (*changed)(uint16_t oid, uint16_t iid))
{
	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	tell = changed;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	unlink(path);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || chmod(path, 0660) < 0)
		return -errno;
	return sd_event_add_io(lw_event(host), &source, fd, EPOLLIN, on_datagram, NULL);
}

void notice_close(void)
{
	if (source)
		unlink(address.sun_path);
	source = sd_event_source_disable_unref(source);
	if (fd >= 0)
		close(fd);
	fd = -1;
}
