/* SPDX-License-Identifier: Apache-2.0 */
/* What a host process has of the agent, and what it may have of the machine. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../io/scratch.h"
#include "fixture.h"
#include "plugin/process.h"

#define LEAK 33020

#ifdef __has_feature
#define SANITIZES __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define SANITIZES 1
#else
#define SANITIZES 0
#endif


static void end(pid_t pid, int fd)
{
	int status;

	process_kill(pid);
	close(fd);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
}

static size_t read_proc(pid_t pid, const char *name, char *ret, size_t size)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	n = read(fd, ret, size - 1);
	close(fd);
	assert_true(n >= 0);
	ret[n] = 0;
	return (size_t)n;
}

/* posix_spawn() returns while the kernel is still about to run the program; the environment is the last that it sets up. */
static void spawn(pid_t *pid, int *fd)
{
	usec_t until = usec_now() + 10 * USEC_PER_SEC;
	char some[16];

	assert_int_equal(process_spawn(getenv("LWM2M_PLUGIN_HOST"), "none", 16, NULL, pid, fd), 0);
	while (read_proc(*pid, "environ", some, sizeof(some)) == 0)
		assert_true(usec_now() < until);
}

/* Neither what systemd told the agent nor where its secrets are; all else, for a plugin may need it. */
static void test_environment(void **state)
{
	char variables[65536];
	bool seen = false;
	size_t n;
	pid_t pid;
	int fd;

	setenv("NOTIFY_SOCKET", "/run/systemd/notify", 1);
	setenv("CREDENTIALS_DIRECTORY", "/run/credentials/x", 1);
	setenv("STATE_DIRECTORY", "/var/lib/lwm2m-agent", 1);
	setenv("WATCHDOG_PID", "1", 1);
	setenv("OF_PLUGINS", "yes", 1);
	spawn(&pid, &fd);
	n = read_proc(pid, "environ", variables, sizeof(variables));
	for (const char *at = variables; at < variables + n; at += strlen(at) + 1) {
		assert_null(strstr(at, "/run/"));
		assert_null(strstr(at, "/var/lib"));
		assert_true(strncmp(at, "WATCHDOG_PID", 12) != 0);
		seen = seen || strcmp(at, "OF_PLUGINS=yes") == 0;
	}
	assert_true(seen);
	end(pid, fd);
}

/* Of the agent's descriptors it has none but stderr; a descriptor that a library left open stays here, too. */
static void test_descriptors(void **state)
{
	char path[64];
	int fd, secret = dup(STDIN_FILENO);
	struct dirent *entry;
	pid_t pid;
	DIR *dir;

	fcntl(secret, F_SETFD, FD_CLOEXEC);
	spawn(&pid, &fd);
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, secret);
	if (secret > 3)
		assert_int_equal(access(path, F_OK), -1);
	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		char link[320], target[256];
		ssize_t n;

		snprintf(link, sizeof(link), "%s/%s", path, entry->d_name);
		n = readlink(link, target, sizeof(target) - 1);
		if (n < 0)
			continue;
		target[n] = 0;
		if (strcmp(entry->d_name, "0") == 0)
			assert_string_equal(target, "/dev/null");
		if (strcmp(entry->d_name, "3") == 0)
			assert_memory_equal(target, "socket:", 7);
	}
	closedir(dir);
	close(secret);
	end(pid, fd);
}

static void test_process_group(void **state)
{
	pid_t pid;
	int fd;

	spawn(&pid, &fd);
	assert_int_equal(getpgid(pid), pid);
	end(pid, fd);
}

static void test_missing(void **state)
{
	pid_t pid = 0;
	int fd = -1;

	assert_int_equal(process_spawn("/nonexistent/host", "none", 0, NULL, &pid, &fd), -ENOENT);
	assert_int_equal(fd, -1);
	assert_int_equal(process_spawn("/", "none", 0, NULL, &pid, &fd), -EACCES);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void test_limit(void **state)
{
	struct rlimit limit;
	pid_t pid;
	int fd;

	if (SANITIZES) {
		/* cmocka's skip() is a failure to meson. */
		printf("# skipped: the address sanitizer reserves more memory than a plugin may have\n");
		return;
	}
	spawn(&pid, &fd);
	assert_int_equal(prlimit(pid, RLIMIT_DATA, NULL, &limit), 0);
	assert_int_equal(limit.rlim_cur, 16 << 20);
	assert_int_equal(limit.rlim_max, 16 << 20);
	end(pid, fd);
}

/* A plugin that leaks costs the machine its quota; it says so, and it is back. */
static void test_leak(void **state)
{
	struct fixture fixture;

	if (SANITIZES) {
		/* cmocka's skip() is a failure to meson. */
		printf("# skipped: the address sanitizer reserves more memory than a plugin may have\n");
		return;
	}
	fixture_init(&fixture);
	/* On a busy machine it takes a while to use it all up. */
	fixture.options.silence_max = 10 * USEC_PER_SEC;
	fixture_start(&fixture, "test-leak", PLUGIN_ISOLATION_PROCESS);
	fixture_expect(&fixture, PATH3(LEAK, 0, 0), VALUE_INTEGER(0));
	assert_int_equal(fixture_execute(&fixture, PATH3(LEAK, 0, 1), ""), -ECONNRESET);
	fixture_wait_state(&fixture, PLUGIN_WAITING);
	if (!strstr(fixture_status(&fixture).failure, "was ended by SIGSEGV") ||
		!strstr(fixture_status(&fixture).failure, "with its 64 MiB (memory_mb) used up"))
		fail_msg("%s", fixture_status(&fixture).failure);
	fixture_wait_state(&fixture, PLUGIN_RUNNING);
	fixture_expect(&fixture, PATH3(LEAK, 0, 0), VALUE_INTEGER(0));
	fixture_deinit(&fixture);
}

static void begin_stop(struct fixture *fixture, const char *directory, const char *hang)
{
	const struct plugin_setting settings[] = {
		{ "stop", "mark", scratch_path(directory, "mark") },
		{ hang ? "stop" : NULL, "hang", hang },
		{ NULL, NULL, NULL },
	};

	fixture_init(fixture);
	fixture_add(fixture, "test-stop", "test-stop", PLUGIN_ISOLATION_PROCESS, settings);
	supervisor_start(fixture->supervisor);
	fixture_wait_state(fixture, PLUGIN_RUNNING);
}

/* The agent ends, or takes over another configuration: stop() is called, and nothing is left. */
static void test_good_order(void **state)
{
	struct fixture fixture;

	begin_stop(&fixture, *state, NULL);
	assert_int_equal(access(scratch_path(*state, "mark"), F_OK), -1);
	fixture_deinit(&fixture);
	assert_int_equal(access(scratch_path(*state, "mark"), F_OK), 0);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void test_hangs_in_stop(void **state)
{
	struct fixture fixture;
	usec_t began;
	pid_t pid;

	begin_stop(&fixture, *state, "yes");
	pid = fixture_status(&fixture).pid;
	began = usec_now();
	fixture_deinit(&fixture);
	assert_true(usec_now() - began < 5 * USEC_PER_SEC);
	assert_int_equal(access(scratch_path(*state, "mark"), F_OK), 0);
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_process_group),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_leak),
		cmocka_unit_test_setup_teardown(test_good_order, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(test_hangs_in_stop, scratch_setup, scratch_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
