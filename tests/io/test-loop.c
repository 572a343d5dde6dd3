/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/loop.h"

struct seen {
	struct loop *loop;
	unsigned int pumps, deadlines, reloads, reads;
	int signo, fd;
	unsigned int exit_after_pumps;
};

static void on_pump(void *userdata)
{
	struct seen *seen = userdata;

	if (++seen->pumps == seen->exit_after_pumps)
		loop_exit(seen->loop, 3);
}

static void on_deadline(void *userdata)
{
	struct seen *seen = userdata;

	seen->deadlines++;
	loop_exit(seen->loop, 0);
}

static void on_stop(void *userdata, int signo)
{
	struct seen *seen = userdata;

	seen->signo = signo;
	loop_exit(seen->loop, 7);
}

static void on_reload(void *userdata)
{
	struct seen *seen = userdata;

	seen->reloads++;
	loop_exit(seen->loop, 0);
}

static void on_readable(void *userdata)
{
	struct seen *seen = userdata;
	char c;

	assert_int_equal(read(seen->fd, &c, 1), 1);
	if (++seen->reads == 3)
		loop_exit(seen->loop, 0);
}

static const struct loop_handlers handlers = { on_pump, on_deadline, on_stop, on_reload };

static void test_exit_code(void **state)
{
	struct seen seen = { .exit_after_pumps = 1 };
	_cleanup_(loop_freep) struct loop *loop = NULL;

	assert_int_equal(loop_new(&handlers, &seen, &loop), 0);
	seen.loop = loop;
	assert_int_equal(loop_run(loop), 3);
	assert_int_equal(seen.pumps, 1);
}

static void test_deadline(void **state)
{
	struct seen seen = { 0 };
	_cleanup_(loop_freep) struct loop *loop = NULL;
	usec_t start = usec_now();

	assert_int_equal(loop_new(&handlers, &seen, &loop), 0);
	seen.loop = loop;
	assert_int_equal(loop_set_deadline(loop, start + 20 * USEC_PER_MSEC), 0);
	assert_int_equal(loop_set_deadline(loop, start + 30 * USEC_PER_MSEC), 0);
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(seen.deadlines, 1);
	assert_true(usec_now() >= start + 30 * USEC_PER_MSEC);
	/* Nothing else woke it. */
	assert_int_equal(seen.pumps, 1);
}

static void test_past_deadline(void **state)
{
	struct seen seen = { 0 };
	_cleanup_(loop_freep) struct loop *loop = NULL;

	assert_int_equal(loop_new(&handlers, &seen, &loop), 0);
	seen.loop = loop;
	assert_int_equal(loop_set_deadline(loop, 0), 0);
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(seen.deadlines, 1);
}

/* The deadline can be set to the same time again once it came, and be taken off. */
static void test_deadline_again(void **state)
{
	struct seen seen = { 0 };
	_cleanup_(loop_freep) struct loop *loop = NULL;

	assert_int_equal(loop_new(&handlers, &seen, &loop), 0);
	seen.loop = loop;
	assert_int_equal(loop_set_deadline(loop, 1), 0);
	assert_int_equal(sd_event_run(loop_event(loop), UINT64_MAX), 1);
	assert_int_equal(loop_set_deadline(loop, 1), 0);
	assert_int_equal(sd_event_run(loop_event(loop), UINT64_MAX), 1);
	assert_int_equal(seen.deadlines, 2);
	assert_int_equal(loop_set_deadline(loop, 1), 0);
	assert_int_equal(loop_set_deadline(loop, USEC_INFINITY), 0);
	assert_int_equal(sd_event_run(loop_event(loop), 20 * USEC_PER_MSEC), 0);
	assert_int_equal(seen.deadlines, 2);
}

static void test_signals(void **state)
{
	struct seen seen = { 0 };
	_cleanup_(loop_freep) struct loop *loop = NULL;

	assert_int_equal(loop_new(&handlers, &seen, &loop), 0);
	seen.loop = loop;
	raise(SIGTERM);
	assert_int_equal(loop_run(loop), 7);
	assert_int_equal(seen.signo, SIGTERM);
	loop = loop_free(loop);

	assert_int_equal(loop_new(&handlers, &seen, &loop), 0);
	seen.loop = loop;
	raise(SIGINT);
	assert_int_equal(loop_run(loop), 7);
	assert_int_equal(seen.signo, SIGINT);
	loop = loop_free(loop);

	assert_int_equal(loop_new(&handlers, &seen, &loop), 0);
	seen.loop = loop;
	raise(SIGHUP);
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(seen.reloads, 1);
}

static void test_no_handlers(void **state)
{
	const struct loop_handlers none = { 0 };
	_cleanup_(loop_freep) struct loop *loop = NULL;

	assert_int_equal(loop_new(&none, NULL, &loop), 0);
	raise(SIGHUP);
	raise(SIGTERM);
	assert_int_equal(loop_set_deadline(loop, 0), 0);
	assert_int_equal(loop_run(loop), 0);
}

static void test_fd(void **state)
{
	struct seen seen = { 0 };
	_cleanup_(loop_freep) struct loop *loop = NULL;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(loop_new(&handlers, &seen, &loop), 0);
	seen.loop = loop;
	seen.fd = fds[0];
	assert_int_equal(loop_add_fd(loop, fds[0], on_readable, &seen), 0);
	assert_int_equal(loop_add_fd(loop, -1, on_readable, &seen), -EBADF);
	assert_int_equal(write(fds[1], "abc", 3), 3);
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(seen.reads, 3);
	/* One pump before each event. */
	assert_int_equal(seen.pumps, 3);
	loop = loop_free(loop);
	close(fds[0]);
	close(fds[1]);
}

/* Stands for the service manager. */
static int open_notify_socket(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(address);
	char name[sizeof(address.sun_path) + 1];
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	/* Autobind: an abstract name that nobody else has. */
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(sa_family_t)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	snprintf(name, sizeof(name), "@%.*s", (int)(len - offsetof(struct sockaddr_un, sun_path) - 1),
		address.sun_path + 1);
	setenv("NOTIFY_SOCKET", name, 1);
	return fd;
}

/* What a service manager would hear. */
static void test_notify(void **state)
{
	_cleanup_(closep) int fd = open_notify_socket();
	char text[256];
	ssize_t n;

	loop_notify_ready("registered with main");
	n = recv(fd, text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	assert_string_equal(text, "READY=1\nSTATUS=registered with main");

	loop_notify_status("100%s");
	n = recv(fd, text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	assert_string_equal(text, "STATUS=100%s");

	loop_notify_reloading();
	n = recv(fd, text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	assert_memory_equal(text, "RELOADING=1\nMONOTONIC_USEC=", 27);

	loop_notify_stopping();
	n = recv(fd, text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	assert_memory_equal(text, "STOPPING=1\n", 11);
	unsetenv("NOTIFY_SOCKET");
}

/* The loop wakes for the watchdog and feeds it; without a watchdog it does not wake. */
static void test_watchdog(void **state)
{
	_cleanup_(closep) int fd = open_notify_socket();
	_cleanup_(loop_freep) struct loop *loop = NULL;
	struct seen seen = { 0 };
	char text[256];
	unsigned int fed = 0;

	setenv("WATCHDOG_USEC", "40000", 1);
	assert_int_equal(loop_new(&handlers, &seen, &loop), 0);
	unsetenv("WATCHDOG_USEC");
	seen.loop = loop;
	assert_int_equal(loop_set_deadline(loop, usec_now() + 200 * USEC_PER_MSEC), 0);
	assert_int_equal(loop_run(loop), 0);
	unsetenv("NOTIFY_SOCKET");
	for (;;) {
		ssize_t n = recv(fd, text, sizeof(text), MSG_DONTWAIT);

		if (n < 0)
			break;
		if (n >= 10 && memcmp(text, "WATCHDOG=1", 10) == 0)
			fed++;
	}
	assert_true(fed >= 3);
}

static void on_hang(void *userdata)
{
	struct seen *seen = userdata;

	if (seen->deadlines++ == 0)
		usleep(300 * 1000);
	loop_exit(seen->loop, 0);
}

/* A handler that does not return for some periods of the watchdog: nothing is fed meanwhile. */
static void test_watchdog_hang(void **state)
{
	static const struct loop_handlers hanging = { .deadline = on_hang };
	_cleanup_(closep) int fd = open_notify_socket();
	_cleanup_(loop_freep) struct loop *loop = NULL;
	struct seen seen = { 0 };
	char text[256];
	unsigned int fed = 0;

	setenv("WATCHDOG_USEC", "40000", 1);
	assert_int_equal(loop_new(&hanging, &seen, &loop), 0);
	unsetenv("WATCHDOG_USEC");
	seen.loop = loop;
	assert_int_equal(loop_set_deadline(loop, 0), 0);
	assert_int_equal(loop_run(loop), 0);
	unsetenv("NOTIFY_SOCKET");
	while (recv(fd, text, sizeof(text), MSG_DONTWAIT) > 0)
		fed++;
	/* When it is set up, and in the turn before the handler. */
	assert_in_range(fed, 1, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exit_code),
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_past_deadline),
		cmocka_unit_test(test_deadline_again),
		cmocka_unit_test(test_signals),
		cmocka_unit_test(test_no_handlers),
		cmocka_unit_test(test_fd),
		cmocka_unit_test(test_notify),
		cmocka_unit_test(test_watchdog),
		cmocka_unit_test(test_watchdog_hang),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
