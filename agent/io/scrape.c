/* SPDX-License-Identifier: Apache-2.0 */
#include "io/scrape.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/list.h"
#include "base/usec.h"

#define CLIENTS_MAX 8
#define REQUEST_MAX 4096
#define PATIENCE    (5 * USEC_PER_SEC)

/* Connections taken in a second, at most: also a bound where no descriptor is left to take one with. */
#define ACCEPTS_MAX 50

struct scrape {
	sd_event *event;
	sd_event_source *listener;
	const struct scrape_source *source;
	void *userdata;
	char *path;
	int fd;
	struct list clients;
	unsigned int n_clients;
};

struct client {
	struct list link;
	struct scrape *scrape;
	sd_event_source *io, *timer;
	int fd;
	char request[REQUEST_MAX + 1];
	size_t len;
	struct buffer answer;
	size_t sent;
};

static void client_free(struct client *client)
{
	struct scrape *scrape = client->scrape;

	sd_event_source_disable_unref(client->io);
	sd_event_source_disable_unref(client->timer);
	if (client->fd >= 0)
		close(client->fd);
	buffer_deinit(&client->answer);
	list_remove(&client->link);
	free(client);
	scrape->n_clients--;
	(void)sd_event_source_set_enabled(scrape->listener, SD_EVENT_ON);
}

static int answer(struct client *client, const char *status, const struct buffer *body, bool head)
{
	const char *type = body ? client->scrape->source->type : "text/plain";
	int r = buffer_printf(&client->answer,
		"HTTP/1.0 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", status, type,
		body ? body->len : 0);

	if (r >= 0 && body && !head)
		r = buffer_append(&client->answer, body->data, body->len);
	return r;
}

static bool is_for_us(const char *target)
{
	size_t len = strcspn(target, " ?\r\n");

	return (len == 1 && *target == '/') || (len == 8 && strncmp(target, "/metrics", 8) == 0);
}

static int make_answer(struct client *client)
{
	const struct scrape *scrape = client->scrape;
	_cleanup_(buffer_deinit) struct buffer body = { 0 };
	bool head = strncmp(client->request, "HEAD ", 5) == 0;
	int r;

	if (!head && strncmp(client->request, "GET ", 4) != 0)
		return answer(client, "405 Method Not Allowed\r\nAllow: GET, HEAD", NULL, false);
	if (!is_for_us(client->request + (head ? 5 : 4)))
		return answer(client, "404 Not Found", NULL, false);
	r = scrape->source->text(scrape->userdata, &body);
	if (r < 0)
		return answer(client, "503 Service Unavailable", NULL, false);
	return answer(client, "200 OK", &body, head);
}

static int client_write(struct client *client)
{
	ssize_t n = send(client->fd, client->answer.data + client->sent, client->answer.len - client->sent,
		MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	client->sent += (size_t)n;
	if (client->sent == client->answer.len)
		return 1;
	return sd_event_source_set_io_events(client->io, EPOLLOUT);
}

/* 1: it has its answer, or gives up. */
static int client_read(struct client *client)
{
	ssize_t n = recv(client->fd, client->request + client->len, REQUEST_MAX - client->len, MSG_DONTWAIT);
	int r = 0;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	client->len += (size_t)n;
	client->request[client->len] = '\0';
	if (strstr(client->request, "\r\n\r\n") || strstr(client->request, "\n\n"))
		r = make_answer(client);
	else if (client->len == REQUEST_MAX)
		r = answer(client, "431 Request Header Fields Too Large", NULL, false);
	else
		return n == 0;
	return r < 0 ? r : client_write(client);
}

static int on_client(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct client *client = userdata;
	int r = client->answer.len > 0 ? client_write(client) : client_read(client);

	if (r != 0)
		client_free(client);
	return 0;
}

static int on_timeout(sd_event_source *source, uint64_t usec, void *userdata)
{
	client_free(userdata);
	return 0;
}

static int add_sources(struct client *client)
{
	int r = sd_event_add_io(client->scrape->event, &client->io, client->fd, EPOLLIN, on_client, client);

	if (r >= 0)
		r = sd_event_add_time_relative(client->scrape->event, &client->timer, CLOCK_MONOTONIC, PATIENCE, 0,
			on_timeout, client);
	return r;
}

static int on_connection(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct scrape *scrape = userdata;
	struct client *client;
	int connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (connection < 0)
		return 0;
	client = calloc(1, sizeof(*client));
	if (!client) {
		close(connection);
		return 0;
	}
	client->scrape = scrape;
	client->fd = connection;
	list_append(&scrape->clients, &client->link);
	scrape->n_clients++;
	if (scrape->n_clients == CLIENTS_MAX)
		(void)sd_event_source_set_enabled(source, SD_EVENT_OFF);
	if (add_sources(client) < 0)
		client_free(client);
	return 0;
}

/* What an earlier process left is in the way, unless somebody still listens there. */
static int remove_leftover(const struct sockaddr_un *address)
{
	_cleanup_(closep) int fd = -1;
	struct stat st;

	if (lstat(address->sun_path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 || errno == EAGAIN)
		return -EADDRINUSE;
	return unlink(address->sun_path) < 0 ? -errno : 0;
}

static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_(closep) int fd = -1;
	int r;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	r = remove_leftover(&address);
	if (r < 0)
		return r;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	if (chmod(path, 0666) < 0 || listen(fd, CLIENTS_MAX) < 0) {
		r = -errno;
		(void)unlink(path);
		return r;
	}
	return steal_fd(&fd);
}

int scrape_new(sd_event *event, const char *path, const struct scrape_source *source, void *userdata,
	       struct scrape **ret)
{
	_cleanup_(scrape_freep) struct scrape *scrape = calloc(1, sizeof(*scrape));
	int r;

	if (!scrape)
		return -ENOMEM;
	list_init(&scrape->clients);
	scrape->event = sd_event_ref(event);
	scrape->source = source;
	scrape->userdata = userdata;
	scrape->fd = listen_at(path);
	if (scrape->fd < 0)
		return scrape->fd;
	scrape->path = strdup(path);
	if (!scrape->path)
		return -ENOMEM;
	r = sd_event_add_io(event, &scrape->listener, scrape->fd, EPOLLIN, on_connection, scrape);
	if (r >= 0)
		r = sd_event_source_set_ratelimit(scrape->listener, USEC_PER_SEC, ACCEPTS_MAX);
	if (r < 0)
		return r;
	*ret = steal_pointer(&scrape);
	return 0;
}

struct scrape *scrape_free(struct scrape *scrape)
{
	struct client *client, *safe;

	if (!scrape)
		return NULL;
	list_for_each_safe(client, safe, &scrape->clients, link)
		client_free(client);
	sd_event_source_disable_unref(scrape->listener);
	if (scrape->fd >= 0)
		close(scrape->fd);
	if (scrape->path)
		(void)unlink(scrape->path);
	free(scrape->path);
	sd_event_unref(scrape->event);
	free(scrape);
	return NULL;
}
