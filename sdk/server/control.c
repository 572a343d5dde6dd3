/* SPDX-License-Identifier: Apache-2.0 */
#include "control.h"

#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/base64.h"
#include "base/log.h"
#include "daemon.h"

#define CONNECTIONS_MAX 128
#define INPUT_MAX       (BASE64_TEXT_MAX(COMMAND_DATA_MAX) + 1024 * 1024)
#define OUTPUT_MAX      (128 * 1024 * 1024) /* a whole body of EXCHANGE_BODY_MAX as JSON */
#define WORDS_MAX       4096

struct control {
	struct daemon *daemon;
	struct sockaddr_un address;
	int fd;
	sd_event_source *source;
	struct list connections;
	size_t count;
};

struct connection {
	struct list link;
	struct control *control;
	int fd;
	sd_event_source *source;
	struct buffer input, output;
	size_t sent;
	struct command *command;
	bool finished; /* nothing comes any more: closes when the output is out */
};

static void connection_free(struct connection *connection)
{
	command_stop(connection->command);
	list_remove(&connection->link);
	connection->control->count--;
	sd_event_source_disable_unref(connection->source);
	closep(&connection->fd);
	buffer_deinit(&connection->input);
	buffer_deinit(&connection->output);
	free(connection);
}

/* -EAGAIN: there is more to write. */
static int flush(struct connection *connection)
{
	while (connection->sent < connection->output.len) {
		ssize_t n = send(connection->fd, connection->output.data + connection->sent,
			connection->output.len - connection->sent, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		connection->sent += (size_t)n;
	}
	buffer_clear(&connection->output);
	connection->sent = 0;
	return 0;
}

static int append_output(const char *text, size_t len, void *userdata)
{
	struct connection *connection = userdata;

	return buffer_append(&connection->output, text, len) < 0 ? -1 : 0;
}

/* Written when the loop turns: a command may be in the middle of its work. */
static void on_answer(void *userdata, const json_t *answer)
{
	struct connection *connection = userdata;

	if (connection->finished)
		return;
	if (json_dump_callback(answer, append_output, connection, JSON_COMPACT) < 0 ||
		buffer_append_byte(&connection->output, '\n') < 0) {
		log_warning("A ctl command is dropped: it does not read its answers");
		connection->command = command_stop(connection->command);
		connection->finished = true;
		connection->output.len = connection->sent;
	}
	(void)sd_event_source_set_io_events(connection->source, EPOLLIN | EPOLLOUT);
}

static void on_end(void *userdata, int code)
{
	struct connection *connection = userdata;
	json_t *end = json_pack("{s:s, s:i}", "kind", "end", "exit", code);

	connection->command = NULL;
	if (end)
		on_answer(connection, end);
	json_decref(end);
	connection->finished = true;
	(void)sd_event_source_set_io_events(connection->source, EPOLLIN | EPOLLOUT);
}

static const struct command_sink sink = { on_answer, on_end };

static int start_words(struct connection *connection, const json_t *words, struct bytes data)
{
	_cleanup_(freep) const char **texts = NULL;
	size_t n = json_array_size(words);

	if (n == 0 || n > WORDS_MAX)
		return -EINVAL;
	texts = calloc(n, sizeof(*texts));
	if (!texts)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		texts[i] = json_string_value(json_array_get(words, i));
		if (!texts[i])
			return -EINVAL;
	}
	return command_start(
		connection->control->daemon, n, texts, data, &sink, connection, &connection->command);
}

static int start_command(struct connection *connection, struct bytes line)
{
	json_t *request = json_loadb((const char *)line.data, line.len, 0, NULL);
	const char *text = json_string_value(json_object_get(request, "data"));
	_cleanup_(freep) uint8_t *data = NULL;
	size_t len = text ? strlen(text) : 0, data_len = 0;
	int r = 0;

	if (text) {
		data = malloc(BASE64_BYTES_MAX(len) + 1);
		r = data ? base64_decode(bytes_of(text), data, &data_len) : -ENOMEM;
	}
	if (r >= 0)
		r = start_words(connection, json_object_get(request, "words"), BYTES(data, data_len));
	json_decref(request);
	return r;
}

static int receive(struct connection *connection)
{
	uint8_t *room;
	ssize_t n;
	int r = buffer_reserve(&connection->input, 65536, &room);

	if (r < 0)
		return r;
	n = recv(connection->fd, room, 65536, MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (n == 0)
		return -ECONNRESET;
	if (connection->command || connection->finished)
		return 0; /* one command a connection: what comes later is left unread */
	connection->input.len += (size_t)n;
	if (!memchr(room, '\n', (size_t)n))
		return 0;
	r = start_command(connection, buffer_bytes(&connection->input));
	buffer_deinit(&connection->input);
	return r;
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct connection *connection = userdata;
	int r = 0;

	if (revents & EPOLLIN)
		r = receive(connection);
	else if (revents & (EPOLLHUP | EPOLLERR))
		r = -ECONNRESET;
	if (r >= 0)
		r = flush(connection);
	if (r == 0)
		(void)sd_event_source_set_io_events(source, EPOLLIN);
	if ((r < 0 && r != -EAGAIN) || (r == 0 && connection->finished))
		connection_free(connection);
	return 0;
}

static int connection_new(struct control *control, int fd)
{
	struct connection *connection = calloc(1, sizeof(*connection));
	int r;

	if (!connection)
		return -ENOMEM;
	connection->control = control;
	connection->fd = fd;
	connection->input.limit = INPUT_MAX;
	connection->output.limit = OUTPUT_MAX;
	r = sd_event_add_io(control->daemon->event, &connection->source, fd, EPOLLIN, on_io, connection);
	if (r < 0) {
		free(connection);
		return r;
	}
	list_append(&control->connections, &connection->link);
	control->count++;
	return 0;
}

static int on_connect(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct control *control = userdata;
	_cleanup_(closep) int accepted = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (accepted < 0)
		return 0;
	if (control->count >= CONNECTIONS_MAX)
		log_warning("A ctl command is refused: %d are there already", CONNECTIONS_MAX);
	else if (connection_new(control, accepted) >= 0)
		(void)steal_fd(&accepted);
	return 0;
}

/* The directory's lock is ours: a socket that is there is left from one who is gone. */
static int open_socket(struct control *control)
{
	const char *path = control->address.sun_path;
	mode_t mask;
	int r;

	control->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (control->fd < 0)
		return -errno;
	(void)unlink(path);
	mask = umask(0177);
	r = bind(control->fd, (const struct sockaddr *)&control->address, sizeof(control->address));
	r = r < 0 ? -errno : 0;
	umask(mask);
	if (r == 0 && listen(control->fd, 16) < 0)
		r = -errno;
	return r;
}

int control_new(struct daemon *daemon, const char *dir, struct control **ret)
{
	_cleanup_(control_freep) struct control *control = calloc(1, sizeof(*control));
	int r;

	if (!control)
		return -ENOMEM;
	control->daemon = daemon;
	control->fd = -1;
	list_init(&control->connections);
	control->address.sun_family = AF_UNIX;
	r = snprintf(control->address.sun_path, sizeof(control->address.sun_path), "%s/" CONTROL_SOCKET, dir);
	if ((size_t)r >= sizeof(control->address.sun_path)) {
		control->address.sun_path[0] = '\0';
		log_error("The name of the data directory %s is too long for a socket in it", dir);
		return -ENAMETOOLONG;
	}
	r = open_socket(control);
	if (r >= 0)
		r = sd_event_add_io(
			daemon->event, &control->source, control->fd, EPOLLIN, on_connect, control);
	if (r < 0)
		return log_error_errno(r, "Cannot make the control socket %s: %m", control->address.sun_path);
	*ret = steal_pointer(&control);
	return 0;
}

struct control *control_free(struct control *control)
{
	struct connection *connection, *safe;

	if (!control)
		return NULL;
	list_for_each_safe(connection, safe, &control->connections, link)
		connection_free(connection);
	sd_event_source_disable_unref(control->source);
	if (control->fd >= 0 && control->address.sun_path[0])
		(void)unlink(control->address.sun_path);
	closep(&control->fd);
	free(control);
	return NULL;
}
