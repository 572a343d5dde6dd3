/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/base64.h"
#include "base/cleanup.h"
#include "command.h"
#include "control.h"
#include "print.h"
#include "verbs.h"

#define NAME "lwm2m-server: "

enum { EXIT_DONE, EXIT_FAILED, EXIT_USAGE, EXIT_NO_SERVER };

static int connect_to(const char *dir)
{
	_cleanup_(closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int n = snprintf(address.sun_path, sizeof(address.sun_path), "%s/" CONTROL_SOCKET, dir);

	if (fd < 0 || (size_t)n >= sizeof(address.sun_path))
		return fd < 0 ? -errno : -ENAMETOOLONG;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return steal_fd(&fd);
}

static int read_file(const char *name, struct buffer *ret)
{
	_cleanup_(fclosep) FILE *file = fopen(name, "re");
	uint8_t *room;
	size_t n;

	if (!file)
		return -errno;
	ret->limit = COMMAND_DATA_MAX;
	do {
		if (buffer_reserve(ret, 1, &room) < 0)
			return -EFBIG;
		n = ret->allocated - ret->len < COMMAND_DATA_MAX - ret->len ? ret->allocated - ret->len :
									      COMMAND_DATA_MAX - ret->len;
		n = fread(room, 1, n, file);
		ret->len += n;
	} while (n > 0);
	return ferror(file) ? -EIO : 0;
}

/* Adds the contents of --file to a write. */
static int add_data(json_t *request, const struct verb_call *call)
{
	_cleanup_(buffer_deinit) struct buffer data = { 0 };
	_cleanup_(freep) char *text = NULL;
	int r = read_file(call->file, &data);

	if (r < 0) {
		fprintf(stderr, NAME "Cannot read %s: %s\n", call->file,
			r == -EFBIG ? "larger than 16 MiB" : strerror(-r));
		return r;
	}
	text = malloc(BASE64_TEXT_MAX(data.len) + 1);
	if (!text)
		return -ENOMEM;
	return json_object_set_new(
		request, "data", json_stringn(text, base64_encode(buffer_bytes(&data), false, text)));
}

static json_t *words_to_json(int argc, char *argv[])
{
	json_t *words = json_array();

	for (int i = 0; i < argc; i++)
		if (json_array_append_new(words, json_string(argv[i])) < 0) {
			fprintf(stderr, NAME "\"%s\" is not UTF-8\n", argv[i]);
			json_decref(words);
			return NULL;
		}
	return words;
}

static int send_request(int fd, json_t *request)
{
	_cleanup_(freep) char *line = json_dumps(request, JSON_COMPACT);
	size_t len = line ? strlen(line) : 0, sent = 0;

	if (!line)
		return -ENOMEM;
	line[len++] = '\n'; /* in place of the NUL */
	while (sent < len) {
		ssize_t n = send(fd, line + sent, len - sent, MSG_NOSIGNAL);

		if (n < 0 && errno != EINTR)
			return -errno;
		sent += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* read --file: the one value as it is. */
static int save_value(const json_t *answer, const char *name)
{
	const json_t *values = json_object_get(answer, "values"), *item = json_array_get(values, 0);
	const char *type = json_string_value(json_object_get(item, "type"));
	const char *value = json_string_value(json_object_get(item, "value"));
	_cleanup_(fclosep) FILE *file = NULL;
	_cleanup_(freep) uint8_t *bytes = NULL;
	size_t len;

	if (json_array_size(values) != 1 || !type || !value) {
		fprintf(stderr, NAME "--file takes the one value of a resource that is opaque or text\n");
		return -EINVAL;
	}
	len = json_string_length(json_object_get(item, "value"));
	if (strcmp(type, "opaque") == 0) {
		bytes = malloc(BASE64_BYTES_MAX(len) + 1);
		if (!bytes || base64_decode(BYTES(value, len), bytes, &len) < 0)
			return -EINVAL;
		value = (const char *)bytes;
	}
	file = fopen(name, "we");
	if (!file || fwrite(value, 1, len, file) != len || fflush(file) != 0) {
		fprintf(stderr, NAME "Cannot write %s: %s\n", name, strerror(errno));
		return -EIO;
	}
	printf("%zu bytes written to %s\n", len, name);
	return 0;
}

static int print_answers(int fd, const struct verb_call *call)
{
	_cleanup_(fclosep) FILE *in = fdopen(fd, "r");
	_cleanup_(freep) char *line = NULL;
	size_t size = 0;
	int code = -1, failed = EXIT_DONE;
	ssize_t n;

	while (in && code < 0 && (n = getline(&line, &size, in)) > 0) {
		json_t *answer = json_loadb(line, (size_t)n, 0, NULL);
		const char *kind = json_string_value(json_object_get(answer, "kind"));

		if (kind && strcmp(kind, "end") == 0)
			code = (int)json_integer_value(json_object_get(answer, "exit"));
		else if (kind && strcmp(kind, "values") == 0 && call->verb->id == VERB_READ && call->file)
			failed = save_value(answer, call->file) < 0 ? EXIT_FAILED : EXIT_DONE;
		else if (kind)
			print_answer(stdout, stderr, NAME, answer, call->json);
		json_decref(answer);
	}
	if (code < 0)
		fprintf(stderr, NAME "The server has ended\n");
	return code < 0 ? EXIT_NO_SERVER : code ? code : failed;
}

static int talk(const char *dir, json_t *request, const struct verb_call *call)
{
	int fd = connect_to(dir), r;

	if (fd < 0) {
		fprintf(stderr,
			NAME
			"No server runs with the data directory %s (%s): start one, or name its --data-dir\n",
			dir, strerror(-fd));
		return EXIT_NO_SERVER;
	}
	r = send_request(fd, request);
	if (r < 0) {
		fprintf(stderr, NAME "Cannot talk to the server: %s\n", strerror(-r));
		close(fd);
		return EXIT_NO_SERVER;
	}
	return print_answers(fd, call);
}

static int help(const char *verb)
{
	const struct verb *known = verb ? verb_find(verb) : NULL;

	if (known) {
		printf("lwm2m-server ctl ");
		verb_print_help(stdout, known);
		return EXIT_DONE;
	}
	puts("lwm2m-server [--data-dir DIR] ctl VERB ...\n");
	verb_print_list(stdout);
	return EXIT_DONE;
}

int ctl_run(const char *dir, int argc, char *argv[])
{
	char error[VERB_ERROR_MAX];
	struct verb_call call;
	json_t *request, *words;
	int r;

	if (argc == 0 || strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "help") == 0) {
		(void)help(argc > 1 ? argv[1] : NULL);
		return argc == 0 ? EXIT_USAGE : EXIT_DONE;
	}
	words = words_to_json(argc, argv);
	request = words ? json_pack("{s:o}", "words", words) : NULL;
	if (!request)
		return EXIT_USAGE;
	r = verb_parse((size_t)argc, argv, &call, error);
	if (r == VERB_HELP) {
		r = help(call.verb->name);
	} else if (r < 0) {
		fprintf(stderr, NAME "%s\n", error);
		r = EXIT_USAGE;
	} else if (call.verb->id == VERB_WRITE && call.file && add_data(request, &call) < 0) {
		r = EXIT_FAILED;
	} else {
		r = talk(dir, request, &call);
	}
	json_decref(request);
	return r;
}
