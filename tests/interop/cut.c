/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preloaded into the agent: counts the system calls that change something in the state directory, and ends the process
 * at one of them, as kill -9 would, or has them fail.
 *
 *	CUT_DIR     the directory, as the agent is told it
 *	CUT_AT      the number of the call to end at, from 1; 0: never
 *	CUT_ERROR   with CUT_AT: this call and all after it fail with this errno instead
 *	CUT_COUNT   a file that gets the number of calls when the agent ends by itself
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FDS_MAX 1024
#define EXPORT  __attribute__((visibility("default")))

EXPORT int open64(const char *path, int flags, ...);
EXPORT int openat64(int dir_fd, const char *path, int flags, ...);

static int (*real_open)(const char *path, int flags, ...);
static int (*real_openat)(int dir_fd, const char *path, int flags, ...);
static int (*real_close)(int fd);
static ssize_t (*real_write)(int fd, const void *data, size_t len);
static int (*real_fsync)(int fd);
static int (*real_renameat)(int from_fd, const char *from, int to_fd, const char *to);
static int (*real_unlinkat)(int dir_fd, const char *path, int flags);

static const char *dir;
static bool watched[FDS_MAX]; /* the directory, and files in it */
static unsigned long calls, at;
static int error;

static unsigned long number(const char *name)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 10) : 0;
}

static void __attribute__((constructor)) begin(void)
{
	real_open = dlsym(RTLD_NEXT, "open");
	real_openat = dlsym(RTLD_NEXT, "openat");
	real_close = dlsym(RTLD_NEXT, "close");
	real_write = dlsym(RTLD_NEXT, "write");
	real_fsync = dlsym(RTLD_NEXT, "fsync");
	real_renameat = dlsym(RTLD_NEXT, "renameat");
	real_unlinkat = dlsym(RTLD_NEXT, "unlinkat");
	dir = getenv("CUT_DIR");
	at = number("CUT_AT");
	error = (int)number("CUT_ERROR");
}

static void __attribute__((destructor)) end(void)
{
	const char *path = getenv("CUT_COUNT");
	FILE *stream = path ? fopen(path, "we") : NULL;

	if (!stream)
		return;
	fprintf(stream, "%lu\n", calls);
	fclose(stream);
}

static bool is_watched(int fd)
{
	return fd >= 0 && fd < FDS_MAX && watched[fd];
}

static int watch(int fd)
{
	if (fd >= 0 && fd < FDS_MAX)
		watched[fd] = true;
	return fd;
}

static void die(void)
{
	(void)kill(getpid(), SIGKILL);
	for (;;)
		(void)pause();
}

/* -1: the call has to fail. */
static int count(void)
{
	calls++;
	if (!at || calls < at)
		return 0;
	if (!error)
		die();
	errno = error;
	return -1;
}

int open64(const char *path, int flags, ...)
{
	va_list arguments;
	int mode;

	va_start(arguments, flags);
	mode = flags & O_CREAT ? va_arg(arguments, int) : 0;
	va_end(arguments);
	return dir && strcmp(path, dir) == 0 ? watch(real_open(path, flags, mode)) :
					       real_open(path, flags, mode);
}

int openat64(int dir_fd, const char *path, int flags, ...)
{
	va_list arguments;
	int mode;

	va_start(arguments, flags);
	mode = flags & O_CREAT ? va_arg(arguments, int) : 0;
	va_end(arguments);
	if (!is_watched(dir_fd))
		return real_openat(dir_fd, path, flags, mode);
	if (flags & O_CREAT && count() < 0)
		return -1;
	return watch(real_openat(dir_fd, path, flags, mode));
}

EXPORT int close(int fd)
{
	if (is_watched(fd))
		watched[fd] = false;
	return real_close(fd);
}

/* The last one gets half of its way. */
EXPORT ssize_t write(int fd, const void *data, size_t len)
{
	if (is_watched(fd) && at && !error && calls + 1 == at)
		(void)!real_write(fd, data, len / 2);
	return is_watched(fd) && count() < 0 ? -1 : real_write(fd, data, len);
}

EXPORT int fsync(int fd)
{
	return is_watched(fd) && count() < 0 ? -1 : real_fsync(fd);
}

EXPORT int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	return is_watched(from_fd) && count() < 0 ? -1 : real_renameat(from_fd, from, to_fd, to);
}

EXPORT int unlinkat(int dir_fd, const char *path, int flags)
{
	return is_watched(dir_fd) && count() < 0 ? -1 : real_unlinkat(dir_fd, path, flags);
}
