/* SPDX-License-Identifier: Apache-2.0 */
#include "io/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>

enum { RUNNING, DONE, ABANDONED };

/* Belongs to both sides while RUNNING; whoever comes second to leave that state frees it. */
struct resolve {
	_Atomic int state;
	int fd; /* the thread's, to say that it is done */
	int error;
	struct addresses addresses;
	char port[6];
	char host[];
};

static int error_of(int gai_error)
{
	switch (gai_error) {
	case EAI_NONAME:
	case EAI_NODATA:
	case EAI_ADDRFAMILY:
		return -ENOENT;
	case EAI_AGAIN:
		return -EAGAIN;
	case EAI_MEMORY:
		return -ENOMEM;
	default:
		return -EIO;
	}
}

static int look_up(struct resolve *resolve, int flags)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM, .ai_flags = flags | AI_NUMERICSERV };
	struct addresses *addresses = &resolve->addresses;
	struct addrinfo *found, *info;
	int r;

	r = getaddrinfo(resolve->host, resolve->port, &hints, &found);
	if (r != 0)
		return error_of(r);
	for (info = found; info && addresses->count < RESOLVE_MAX; info = info->ai_next)
		if (info->ai_addrlen <= sizeof(union address))
			memcpy(&addresses->list[addresses->count++], info->ai_addr, info->ai_addrlen);
	freeaddrinfo(found);
	return addresses->count > 0 ? 0 : -ENOENT;
}

/* Once the state is DONE the job may be freed at any moment. */
static void *run(void *userdata)
{
	struct resolve *resolve = userdata;
	int fd = resolve->fd, expected = RUNNING;

	resolve->error = look_up(resolve, AI_ADDRCONFIG);
	if (!atomic_compare_exchange_strong(&resolve->state, &expected, DONE))
		free(resolve);
	(void)eventfd_write(fd, 1);
	close(fd);
	return NULL;
}

static int start(struct resolve *resolve)
{
	sigset_t all, before;
	pthread_t thread;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&thread, NULL, run, resolve);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r != 0)
		return -r;
	pthread_detach(thread);
	return 0;
}

int resolve_new(const char *host, uint16_t port, int event_fd, struct resolve **ret)
{
	struct resolve *resolve = calloc(1, sizeof(*resolve) + strlen(host) + 1);
	int r;

	if (!resolve)
		return -ENOMEM;
	strcpy(resolve->host, host);
	snprintf(resolve->port, sizeof(resolve->port), "%u", port);
	if (look_up(resolve, AI_NUMERICHOST) == 0) {
		resolve->state = DONE;
		*ret = resolve;
		return 0;
	}
	resolve->fd = fcntl(event_fd, F_DUPFD_CLOEXEC, 3);
	if (resolve->fd < 0) {
		r = -errno;
		free(resolve);
		return r;
	}
	r = start(resolve);
	if (r < 0) {
		close(resolve->fd);
		free(resolve);
		return r;
	}
	*ret = resolve;
	return 0;
}

struct resolve *resolve_free(struct resolve *resolve)
{
	int expected = RUNNING;

	if (resolve && !atomic_compare_exchange_strong(&resolve->state, &expected, ABANDONED))
		free(resolve);
	return NULL;
}

bool resolve_is_done(const struct resolve *resolve)
{
	return resolve->state == DONE;
}

int resolve_result(const struct resolve *resolve, struct addresses *ret)
{
	if (!resolve_is_done(resolve))
		return -EINPROGRESS;
	if (resolve->error < 0)
		return resolve->error;
	*ret = resolve->addresses;
	return 0;
}
