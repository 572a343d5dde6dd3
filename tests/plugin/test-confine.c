/* SPDX-License-Identifier: Apache-2.0 */
/* What a process can still reach once it has hidden something from itself. Each look is one of a child's. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../io/scratch.h"
#include "plugin/confine.h"

#define FAILED 99 /* the child could not confine itself */

static char hidden[1024];

static void hide(const char *directory, const char *name)
{
	size_t len = strlen(hidden);

	snprintf(hidden + len, sizeof(hidden) - len, "%s\n", scratch_path(directory, name));
}

/* False: there is nothing to test on this kernel. */
static bool prepare(const char *directory)
{
	if (confine_version() == 0) {
		print_message("# skipped: this kernel has no Landlock\n");
		assert_int_equal(confine_hide(directory), 1);
		return false;
	}
	*hidden = '\0';
	scratch_write(directory, "state/server-1.state", "secret\n");
	scratch_write(directory, "etc/agent.conf", "open\n");
	scratch_write(directory, "etc/main.psk", "secret\n");
	scratch_write(directory, "etc/scripts/run", "open\n");
	hide(directory, "state");
	hide(directory, "etc/main.psk");
	hide(directory, "etc/not there");
	return true;
}

/* The errno of look(path) in a child that is confined; 0: it worked. */
static int confined(int (*look)(const char *path), const char *path)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		int r = confine_hide(hidden);

		_exit(r != 0 ? FAILED : look(path) < 0 ? errno : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_not_equal(WEXITSTATUS(status), FAILED);
	return WEXITSTATUS(status);
}

static int look_read(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC);
}

static int look_write(const char *path)
{
	return open(path, O_WRONLY | O_CLOEXEC);
}

static int look_make(const char *path)
{
	return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
}

/* Out of its place, where it could be read. */
static int look_move(const char *path)
{
	char target[1100];

	snprintf(target, sizeof(target), "%s/../../etc/scripts/moved", path);
	return rename(path, target);
}

static int look_link(const char *path)
{
	char target[1100];

	snprintf(target, sizeof(target), "%s.2", path);
	return link(path, target);
}

static int look_signal(const char *path)
{
	return kill(getppid(), 0);
}

static int look_signal_self(const char *path)
{
	return kill(getpid(), 0);
}

static void test_hidden(void **state)
{
	if (!prepare(*state))
		return;
	assert_int_equal(confined(look_read, scratch_path(*state, "state/server-1.state")), EACCES);
	assert_int_equal(confined(look_write, scratch_path(*state, "state/server-1.state")), EACCES);
	assert_int_equal(confined(look_make, scratch_path(*state, "state/new")), EACCES);
	assert_int_equal(confined(unlink, scratch_path(*state, "state/server-1.state")), EACCES);
	assert_int_equal(confined(look_read, scratch_path(*state, "etc/main.psk")), EACCES);
	/* By no other way either. */
	assert_int_equal(symlink("main.psk", scratch_path(*state, "etc/link")), 0);
	assert_int_equal(confined(look_read, scratch_path(*state, "etc/link")), EACCES);
	assert_int_not_equal(confined(look_move, scratch_path(*state, "etc/main.psk")), 0);
	assert_int_not_equal(confined(look_link, scratch_path(*state, "etc/main.psk")), 0);
}

static void test_open(void **state)
{
	char path[512];

	if (!prepare(*state))
		return;
	assert_int_equal(confined(look_read, scratch_path(*state, "etc/agent.conf")), 0);
	assert_int_equal(confined(look_write, scratch_path(*state, "etc/agent.conf")), 0);
	assert_int_equal(confined(look_read, scratch_path(*state, "etc/scripts/run")), 0);
	assert_int_equal(confined(look_make, scratch_path(*state, "etc/scripts/new")), 0);
	snprintf(path, sizeof(path), "%s", scratch_path(*state, "etc/scripts/new"));
	assert_int_equal(confined(unlink, path), 0);
	assert_int_equal(confined(look_read, "/proc/self/status"), 0);
	assert_int_equal(confined(look_write, "/dev/null"), 0);
	assert_int_equal(confined(look_read, "/usr/bin/env"), 0);
}

/* A name that a link leads to is the file behind it. */
static void test_link(void **state)
{
	if (!prepare(*state))
		return;
	assert_int_equal(symlink("state", scratch_path(*state, "alias")), 0);
	*hidden = '\0';
	hide(*state, "alias");
	assert_int_equal(confined(look_read, scratch_path(*state, "state/server-1.state")), EACCES);
	assert_int_equal(confined(look_read, scratch_path(*state, "etc/main.psk")), 0);
}

static void test_nothing(void **state)
{
	if (!prepare(*state))
		return;
	*hidden = '\0';
	assert_int_equal(confined(look_read, scratch_path(*state, "state/server-1.state")), 0);
	assert_int_equal(confined(look_make, scratch_path(*state, "new")), 0);
}

static void test_signals(void **state)
{
	if (!prepare(*state))
		return;
	if (confine_version() < 6) {
		print_message("# skipped: this kernel's Landlock lets signals through\n");
		return;
	}
	assert_int_equal(confined(look_signal, ""), EPERM);
	assert_int_equal(confined(look_signal_self, ""), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_hidden), TEST(test_open), TEST(test_link), TEST(test_nothing), TEST(test_signals),
	};

	return cmocka_run_group_tests_name("plugin/confine", tests, NULL, NULL);
}
