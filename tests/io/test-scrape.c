/* SPDX-License-Identifier: Apache-2.0 */
#include "io/scrape.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/usec.h"
#include "scratch.h"

#define PATIENCE (20 * USEC_PER_SEC)
#define GET      "GET /metrics HTTP/1.0\r\n\r\n"
#define HEAD_OF(length) \
	"HTTP/1.0 200 OK\r\nContent-Type: text/test\r\nContent-Length: " length "\r\nConnection: close\r\n\r\n"

struct fixture {
	char *directory, path[108];
	sd_event *event;
	struct scrape *scrape;
	size_t size; /* of the text */
	int error;
	unsigned int n_texts;
};

static int on_text(void *userdata, struct buffer *ret)
{
	struct fixture *fixture = userdata;

	fixture->n_texts++;
	for (size_t i = 0; i < fixture->size; i++)
		assert_int_equal(buffer_append_byte(ret, (uint8_t)('a' + i % 26)), 0);
	return fixture->error;
}

static const struct scrape_source source = { .type = "text/test", .text = on_text };

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	if (scratch_setup((void **)&fixture->directory) < 0 || sd_event_new(&fixture->event) < 0)
		return -1;
	snprintf(fixture->path, sizeof(fixture->path), "%s/socket", fixture->directory);
	fixture->size = 5;
	*state = fixture;
	return scrape_new(fixture->event, fixture->path, &source, fixture, &fixture->scrape);
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	scrape_free(fixture->scrape);
	sd_event_unref(fixture->event);
	scratch_teardown((void **)&fixture->directory);
	free(fixture);
	return 0;
}

static int client_new(const struct fixture *fixture)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	strcpy(address.sun_path, fixture->path);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* What comes until the connection ends, which has to be soon. */
static void hear(struct fixture *fixture, int fd, struct buffer *ret)
{
	usec_t deadline = usec_now() + PATIENCE;
	char data[4096];
	ssize_t n;

	while ((n = recv(fd, data, sizeof(data), 0)) != 0) {
		if (n > 0) {
			assert_int_equal(buffer_append(ret, data, (size_t)n), 0);
			continue;
		}
		if (errno == ECONNRESET)
			break;
		assert_int_equal(errno, EAGAIN);
		assert_true(usec_now() < deadline);
		assert_true(sd_event_run(fixture->event, 50 * USEC_PER_MSEC) >= 0);
	}
	assert_int_equal(buffer_append_byte(ret, '\0'), 0);
	close(fd);
}

static void assert_heard(struct fixture *fixture, int fd, const char *expected)
{
	_cleanup_(buffer_deinit) struct buffer buffer = { 0 };

	hear(fixture, fd, &buffer);
	assert_string_equal((const char *)buffer.data, expected);
}

static void turn(struct fixture *fixture)
{
	while (sd_event_run(fixture->event, 0) > 0)
		;
}

static void test_get(void **state)
{
	static const char *const requests[] = {
		GET, "GET / HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n", "GET /metrics?x=1 HTTP/1.0\r\n\r\n",
		"GET /metrics HTTP/1.0\n\n",
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ELEMENTSOF(requests); i++) {
		int fd = client_new(fixture);

		say(fd, requests[i]);
		assert_heard(fixture, fd, HEAD_OF("5") "abcde");
		assert_int_equal(fixture->n_texts, i + 1);
	}
}

static void test_in_pieces(void **state)
{
	struct fixture *fixture = *state;
	int fd = client_new(fixture);

	for (const char *at = GET; *at; at++) {
		char piece[2] = { *at };

		assert_int_equal(fixture->n_texts, 0);
		say(fd, piece);
		turn(fixture);
	}
	assert_heard(fixture, fd, HEAD_OF("5") "abcde");
}

static void test_head(void **state)
{
	struct fixture *fixture = *state;
	int fd = client_new(fixture);

	say(fd, "HEAD /metrics HTTP/1.0\r\n\r\n");
	assert_heard(fixture, fd, HEAD_OF("5"));
}

static void test_refused(void **state)
{
	static const struct {
		const char *request, *status;
	} wrong[] = {
		{ "POST /metrics HTTP/1.0\r\n\r\n", "HTTP/1.0 405 Method Not Allowed\r\nAllow: GET, HEAD\r\n" },
		{ "GET /secrets HTTP/1.0\r\n\r\n", "HTTP/1.0 404 Not Found\r\n" },
		{ "GET /metricsx HTTP/1.0\r\n\r\n", "HTTP/1.0 404 Not Found\r\n" },
		{ "GET ", "" },
		{ "", "" },
		{ "\r\n\r\n", "HTTP/1.0 405 Method Not Allowed\r\n" },
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ELEMENTSOF(wrong); i++) {
		_cleanup_(buffer_deinit) struct buffer buffer = { 0 };
		int fd = client_new(fixture);

		say(fd, wrong[i].request);
		assert_int_equal(shutdown(fd, SHUT_WR), 0);
		hear(fixture, fd, &buffer);
		assert_int_equal(strncmp((const char *)buffer.data, wrong[i].status, strlen(wrong[i].status)), 0);
		assert_true(*wrong[i].status || buffer.len == 1);
	}
	assert_int_equal(fixture->n_texts, 0);
}

static void test_no_memory(void **state)
{
	_cleanup_(buffer_deinit) struct buffer buffer = { 0 };
	struct fixture *fixture = *state;
	int fd = client_new(fixture);

	fixture->error = -ENOMEM;
	say(fd, GET);
	hear(fixture, fd, &buffer);
	assert_int_equal(strncmp((const char *)buffer.data, "HTTP/1.0 503 ", 13), 0);
}

static void test_endless_request(void **state)
{
	_cleanup_(buffer_deinit) struct buffer buffer = { 0 };
	struct fixture *fixture = *state;
	int fd = client_new(fixture);
	char header[1000] = "";

	memset(header, 'x', sizeof(header) - 1);
	say(fd, "GET /metrics HTTP/1.0\r\nX: ");
	for (unsigned int i = 0; i < 5 && send(fd, header, strlen(header), MSG_NOSIGNAL) > 0; i++)
		turn(fixture);
	hear(fixture, fd, &buffer);
	assert_int_equal(strncmp((const char *)buffer.data, "HTTP/1.0 431 ", 13), 0);
	assert_int_equal(fixture->n_texts, 0);
}

/* More than the socket takes at once, for somebody who reads. */
static void test_large(void **state)
{
	_cleanup_(buffer_deinit) struct buffer buffer = { 0 };
	struct fixture *fixture = *state;
	int fd = client_new(fixture);

	fixture->size = 3000000;
	say(fd, GET);
	turn(fixture);
	hear(fixture, fd, &buffer);
	assert_int_equal(buffer.len - 1, strlen(HEAD_OF("3000000")) + 3000000);
}

/* Eight who say nothing, or do not read: a ninth waits until they are dropped. */
static void test_slow(void **state)
{
	struct fixture *fixture = *state;
	int slow[8], fd;

	fixture->size = 1000000;
	for (size_t i = 0; i < ELEMENTSOF(slow); i++) {
		slow[i] = client_new(fixture);
		if (i % 2)
			say(slow[i], GET);
		turn(fixture);
	}
	fd = client_new(fixture);
	say(fd, GET);
	turn(fixture);
	assert_int_equal(fixture->n_texts, 4);
	fixture->size = 5;
	assert_heard(fixture, fd, HEAD_OF("5") "abcde");
	assert_int_equal(fixture->n_texts, 5);
	for (size_t i = 0; i < ELEMENTSOF(slow); i++)
		close(slow[i]);
}

static void test_freed_with_clients(void **state)
{
	struct fixture *fixture = *state;
	int fd = client_new(fixture);

	turn(fixture);
	fixture->scrape = scrape_free(fixture->scrape);
	assert_heard(fixture, fd, "");
	assert_int_equal(access(fixture->path, F_OK), -1);
}

static void test_path(void **state)
{
	struct fixture *fixture = *state;
	char longer[120] = "/";
	struct scrape *second;
	struct stat st;
	int fd;

	assert_int_equal(stat(fixture->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0666);
	assert_int_equal(scrape_new(fixture->event, fixture->path, &source, fixture, &second), -EADDRINUSE);
	/* That was one that hung up. */
	turn(fixture);
	fd = client_new(fixture);
	say(fd, GET);
	assert_heard(fixture, fd, HEAD_OF("5") "abcde");
	memset(longer + 1, 'x', sizeof(longer) - 2);
	assert_int_equal(scrape_new(fixture->event, longer, &source, fixture, &second), -ENAMETOOLONG);
	assert_int_equal(scrape_new(fixture->event, scratch_path(fixture->directory, "no/socket"), &source, fixture, &second),
		-ENOENT);
	assert_int_equal(scrape_new(fixture->event, scratch_write(fixture->directory, "file", "x"), &source, fixture, &second),
		-EEXIST);
	assert_int_equal(access(scratch_path(fixture->directory, "file"), F_OK), 0);
}

static void test_leftover(void **state)
{
	struct fixture *fixture = *state;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	fixture->scrape = scrape_free(fixture->scrape);
	strcpy(address.sun_path, fixture->path);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	assert_int_equal(scrape_new(fixture->event, fixture->path, &source, fixture, &fixture->scrape), 0);
	fd = client_new(fixture);
	say(fd, GET);
	assert_heard(fixture, fd, HEAD_OF("5") "abcde");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_get), TEST(test_in_pieces), TEST(test_head), TEST(test_refused), TEST(test_no_memory),
		TEST(test_endless_request), TEST(test_large), TEST(test_slow), TEST(test_freed_with_clients),
		TEST(test_path), TEST(test_leftover),
	};

	return cmocka_run_group_tests_name("io/scrape", tests, NULL, NULL);
}
