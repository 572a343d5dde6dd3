/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/store.h"
#include "scratch.h"

/* Counts down with each system call that changes something; the one that gets to 0 fails, and all after it. */
static int calls_left = INT32_MAX;

static bool fails(void)
{
	return calls_left <= 0 || --calls_left == 0;
}

ssize_t __real_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_renameat(int from_fd, const char *from, int to_fd, const char *to);
int __wrap_renameat(int from_fd, const char *from, int to_fd, const char *to);

/* A write that fails may have written some; one that does not, too. */
ssize_t __wrap_write(int fd, const void *data, size_t len)
{
	bool failing = calls_left != INT32_MAX && fails();

	if (calls_left == INT32_MAX || len < 2)
		return failing ? (errno = ENOSPC, -1) : __real_write(fd, data, len);
	if (failing) {
		(void)!__real_write(fd, data, len / 2);
		errno = ENOSPC;
		return -1;
	}
	return __real_write(fd, data, len / 2);
}

int __wrap_fsync(int fd)
{
	if (calls_left != INT32_MAX && fails())
		return errno = EIO, -1;
	return __real_fsync(fd);
}

int __wrap_renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	if (calls_left != INT32_MAX && fails())
		return errno = EIO, -1;
	return __real_renameat(from_fd, from, to_fd, to);
}

static struct store *open_store(const char *directory)
{
	struct store *store = NULL;

	assert_int_equal(store_open(scratch_path(directory, "state"), &store), 0);
	return store;
}

static void assert_contents(struct store *store, const char *name, const char *expected)
{
	_cleanup_(buffer_deinit) struct buffer buffer = { 0 };

	assert_int_equal(store_read(store, name, &buffer), 0);
	assert_int_equal(buffer.len, strlen(expected));
	assert_memory_equal(buffer.data, expected, buffer.len);
}

static int read_error(struct store *store, const char *name)
{
	_cleanup_(buffer_deinit) struct buffer buffer = { 0 };
	int r = store_read(store, name, &buffer);

	assert_int_equal(buffer.len, 0);
	return r;
}

static bool exists(const char *directory, const char *name)
{
	return access(scratch_path(directory, name), F_OK) == 0;
}

static mode_t mode_of(const char *file)
{
	struct stat st;

	assert_int_equal(stat(file, &st), 0);
	return st.st_mode & 07777;
}

static void test_write_and_read(void **state)
{
	_cleanup_(store_freep) struct store *store = open_store(*state);

	assert_int_equal(mode_of(scratch_path(*state, "state")), 0700);
	assert_int_equal(read_error(store, "1"), -ENOENT);
	assert_int_equal(store_write(store, "1", bytes_of("first")), 0);
	assert_int_equal(mode_of(scratch_path(*state, "state/1.state")), 0600);
	assert_contents(store, "1", "first");
	assert_int_equal(store_write(store, "1", bytes_of("the second one")), 0);
	assert_contents(store, "1", "the second one");
	assert_int_equal(store_write(store, "1", bytes_of("")), 0);
	assert_contents(store, "1", "");
	assert_false(exists(*state, "state/1.state.new"));
	assert_int_equal(store_remove(store, "1"), 0);
	assert_int_equal(read_error(store, "1"), -ENOENT);
	assert_int_equal(store_remove(store, "1"), 0);
}

static void test_survives_reopening(void **state)
{
	struct store *store = open_store(*state);

	assert_int_equal(store_write(store, "registration-main", bytes_of("kept")), 0);
	store_free(store);
	store = open_store(*state);
	assert_contents(store, "registration-main", "kept");
	store_free(store);
}

static void test_names(void **state)
{
	static const char *const names[] = { "", "../x", "a/b", ".", "a.state", "a b",
		"0123456789012345678901234567890123456789012345678901234567890123x" };
	_cleanup_(store_freep) struct store *store = open_store(*state);

	for (size_t i = 0; i < ELEMENTSOF(names); i++) {
		assert_int_equal(store_write(store, names[i], bytes_of("x")), -EINVAL);
		assert_int_equal(read_error(store, names[i]), -EINVAL);
		assert_int_equal(store_remove(store, names[i]), -EINVAL);
	}
}

static void test_second_agent(void **state)
{
	_cleanup_(store_freep) struct store *store = open_store(*state);
	struct store *second = NULL;

	assert_int_equal(store_open(scratch_path(*state, "state"), &second), -EBUSY);
	assert_null(second);
	store = store_free(store);
	assert_int_equal(store_open(scratch_path(*state, "state"), &second), 0);
	store_free(second);
}

static void test_unusable_directory(void **state)
{
	struct store *store = NULL;

	assert_int_equal(store_open(scratch_path(*state, "missing/state"), &store), -ENOENT);
	scratch_write(*state, "file", "");
	assert_int_equal(store_open(scratch_path(*state, "file"), &store), -ENOTDIR);
	assert_null(store);
}

/* Whatever is in the file: whole contents, or moved aside. */
static void test_damage(void **state)
{
	_cleanup_(store_freep) struct store *store = open_store(*state);
	char whole[256];
	FILE *stream;
	size_t len;

	assert_int_equal(store_write(store, "3", bytes_of("some contents")), 0);
	stream = fopen(scratch_path(*state, "state/3.state"), "re");
	len = fread(whole, 1, sizeof(whole), stream);
	fclose(stream);
	for (size_t i = 0; i < len; i++) {
		char damaged[256];

		scratch_write_bytes(*state, "state/3.state", whole, i);
		assert_int_equal(read_error(store, "3"), -ENOENT);
		assert_false(exists(*state, "state/3.state"));
		assert_true(exists(*state, "state/3.state.corrupt"));

		memcpy(damaged, whole, len);
		damaged[i] ^= 1;
		scratch_write_bytes(*state, "state/3.state", damaged, len);
		assert_int_equal(read_error(store, "3"), -ENOENT);
		assert_false(exists(*state, "state/3.state"));
	}
	whole[len] = 'x';
	scratch_write_bytes(*state, "state/3.state", whole, len + 1);
	assert_int_equal(read_error(store, "3"), -ENOENT);
	scratch_write_bytes(*state, "state/3.state", whole, len);
	assert_contents(store, "3", "some contents");
}

/* What is there in place of a file, or is not of this release, is moved aside, too. */
static void test_odd(void **state)
{
	_cleanup_(store_freep) struct store *store = open_store(*state);
	struct stat st;

	scratch_write(*state, "state/1.state", "lwm2m-agent state 27 3 12345678 gz\nabc");
	assert_int_equal(read_error(store, "1"), -ENOENT);
	assert_true(exists(*state, "state/1.state.corrupt"));
	scratch_write(*state, "precious", "not ours");
	assert_int_equal(symlink("../precious", scratch_path(*state, "state/2.state")), 0);
	assert_int_equal(read_error(store, "2"), -ENOENT);
	assert_int_equal(lstat(scratch_path(*state, "state/2.state.corrupt"), &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	scratch_write(*state, "state/3.state/inside", "");
	assert_int_equal(read_error(store, "3"), -ENOENT);
	assert_true(exists(*state, "state/3.state.corrupt/inside"));
	assert_int_equal(mkfifo(scratch_path(*state, "state/4.state"), 0600), 0);
	assert_int_equal(read_error(store, "4"), -ENOENT);
	for (int i = 1; i <= 4; i++) {
		const char name[] = { (char)('0' + i), '\0' };

		assert_int_equal(store_write(store, name, bytes_of("new")), 0);
		assert_contents(store, name, "new");
	}
}

static void test_open_to_others(void **state)
{
	_cleanup_(store_freep) struct store *store = open_store(*state);

	assert_int_equal(store_write(store, "1", bytes_of("x")), 0);
	assert_int_equal(chmod(scratch_path(*state, "state/1.state"), 0644), 0);
	assert_contents(store, "1", "x");
	assert_int_equal(mode_of(scratch_path(*state, "state/1.state")), 0600);
}

/* The same once more is no write, also after a restart. */
static void test_same_again(void **state)
{
	struct store *store = open_store(*state);
	struct stat before, after;

	assert_int_equal(store_write(store, "1", bytes_of("x")), 0);
	assert_int_equal(stat(scratch_path(*state, "state/1.state"), &before), 0);
	assert_int_equal(store_write(store, "1", bytes_of("x")), 0);
	store_free(store);
	store = open_store(*state);
	assert_int_equal(store_write(store, "1", bytes_of("x")), 0);
	assert_int_equal(stat(scratch_path(*state, "state/1.state"), &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
	store_free(store);
}

static void test_too_large(void **state)
{
	_cleanup_(store_freep) struct store *store = open_store(*state);
	_cleanup_(freep) char *large = calloc(1, 2 * 1024 * 1024);

	assert_int_equal(store_write(store, "x", BYTES(large, 2 * 1024 * 1024)), -EMSGSIZE);
	scratch_write_bytes(*state, "state/x.state", large, 2 * 1024 * 1024);
	assert_int_equal(read_error(store, "x"), -ENOENT);
	assert_true(exists(*state, "state/x.state.corrupt"));
}

/* Each step of a write fails in turn, and so does everything after it, as in a crash. */
static void test_faults(void **state)
{
	int n = 0;
	int r;

	do {
		struct store *store = open_store(*state);
		_cleanup_(buffer_deinit) struct buffer buffer = { 0 };

		assert_int_equal(store_write(store, "1", bytes_of("old contents")), 0);
		calls_left = ++n;
		r = store_write(store, "1", bytes_of("the new contents"));
		calls_left = INT32_MAX;
		store_free(store);

		store = open_store(*state);
		assert_int_equal(store_read(store, "1", &buffer), 0);
		if (r == 0)
			assert_true(bytes_equal(buffer_bytes(&buffer), bytes_of("the new contents")));
		else
			assert_true(bytes_equal(buffer_bytes(&buffer), bytes_of("old contents")) ||
				    bytes_equal(buffer_bytes(&buffer), bytes_of("the new contents")));
		store_free(store);
	} while (r < 0);
	/* At the least: a header and contents in pieces, two fsync() and a rename. */
	assert_true(n > 10);
}

/* What a crash leaves of a write does not hinder the next one. */
static void test_leftover(void **state)
{
	_cleanup_(store_freep) struct store *store = open_store(*state);

	scratch_write(*state, "state/1.state.new", "something longer than what comes next, or so one would think");
	assert_int_equal(store_write(store, "1", bytes_of("x")), 0);
	assert_contents(store, "1", "x");
}

static void test_wipe(void **state)
{
	_cleanup_(store_freep) struct store *store = open_store(*state);

	assert_int_equal(store_write(store, "1", bytes_of("x")), 0);
	assert_int_equal(store_write(store, "3", bytes_of("x")), 0);
	scratch_write(*state, "state/5.state.corrupt", "");
	scratch_write(*state, "state/6.state.new", "");
	scratch_write(*state, "state/precious.txt", "");
	scratch_write(*state, "state/.state", "");
	assert_int_equal(store_wipe(store), 0);
	assert_false(exists(*state, "state/1.state"));
	assert_false(exists(*state, "state/3.state"));
	assert_false(exists(*state, "state/5.state.corrupt"));
	assert_false(exists(*state, "state/6.state.new"));
	assert_true(exists(*state, "state/precious.txt"));
	assert_true(exists(*state, "state/.state"));
	assert_true(exists(*state, "state/lock"));
	assert_int_equal(store_write(store, "1", bytes_of("again")), 0);
	assert_contents(store, "1", "again");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_write_and_read, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(test_survives_reopening, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(test_names, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(test_second_agent, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(test_unusable_directory, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(test_damage, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(test_odd, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(test_open_to_others, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(test_same_again, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(test_too_large, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(test_faults, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(test_leftover, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(test_wipe, scratch_setup, scratch_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
