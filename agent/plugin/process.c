/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "plugin/protocol.h"

/* From SIGKILL to the end of a process. */
#define KILL_TIMEOUT (1 * USEC_PER_SEC)

/* What the service manager told the agent: the host must neither answer for the agent nor find its credentials. */
static bool is_private(const char *variable)
{
	static const char *const names[] = {
		"NOTIFY_SOCKET=",
		"WATCHDOG_PID=",
		"WATCHDOG_USEC=",
		"LISTEN_PID=",
		"LISTEN_FDS=",
		"LISTEN_FDNAMES=",
		"CREDENTIALS_DIRECTORY=",
		"STATE_DIRECTORY=",
		"MAINPID=",
		PROCESS_HIDDEN "=",
		"MANAGERPID=",
	};

	for (size_t i = 0; i < ELEMENTSOF(names); i++)
		if (strncmp(variable, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

/* Borrows the strings; extra may be NULL. */
static char **make_environment(char *extra)
{
	size_t n = 0, kept = 0;
	char **environment;

	while (environ && environ[n])
		n++;
	environment = calloc(n + 2, sizeof(char *));
	for (size_t i = 0; environment && i < n; i++)
		if (!is_private(environ[i]))
			environment[kept++] = environ[i];
	if (environment)
		environment[kept] = extra;
	return environment;
}

/* dup2() onto itself would leave close-on-exec on: the host's end is never PROTOCOL_FD already. */
static int make_socketpair(int ret[2])
{
	int high;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ret) < 0)
		return -errno;
	high = fcntl(ret[1], F_DUPFD_CLOEXEC, PROTOCOL_FD + 1);
	close(ret[1]);
	ret[1] = high;
	if (high >= 0)
		return 0;
	close(ret[0]);
	return -errno;
}

static int spawn(const char *path, const char *name, int fd, char **environment, pid_t *ret)
{
	char *arguments[] = { (char *)(uintptr_t)path, (char *)(uintptr_t)name, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int r;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	r = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, fd, PROTOCOL_FD);
	if (r == 0) {
		posix_spawnattr_setflags(&attributes,
			POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
		posix_spawnattr_setpgroup(&attributes, 0);
		posix_spawnattr_setsigmask(&attributes, &none);
		posix_spawnattr_setsigdefault(&attributes, &all);
		r = posix_spawn(ret, path, &actions, &attributes, arguments, environment);
	}
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

#ifdef __has_feature
#define SANITIZES __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define SANITIZES 1
#else
#define SANITIZES 0
#endif

static rlim_t memory_max(uint32_t memory_mb)
{
	return (rlim_t)(memory_mb > 0 ? memory_mb : PROCESS_MEMORY_MB) << 20;
}

/* Data, not address space: what a library maps of a file costs the machine nothing. */
static void limit_memory(pid_t pid, uint32_t memory_mb)
{
	const struct rlimit limit = { memory_max(memory_mb), memory_max(memory_mb) };

	if (!SANITIZES)
		prlimit(pid, RLIMIT_DATA, &limit, NULL);
}

bool process_was_full(pid_t pid, uint32_t memory_mb)
{
	struct rusage usage = { 0 };
	siginfo_t si;

	/* The C library's waitid() has no place for what the kernel says of the usage. */
	if (syscall(SYS_waitid, P_PID, pid, &si, WEXITED | WNOWAIT | WNOHANG, &usage) < 0)
		return false;
	return !SANITIZES && (rlim_t)usage.ru_maxrss * 1024 >= memory_max(memory_mb) / 10 * 9;
}

int process_spawn(const char *path, const char *name, uint32_t memory_mb, const char *hidden, pid_t *ret_pid,
		  int *ret_fd)
{
	_cleanup_(freep) char **environment = NULL;
	_cleanup_(freep) char *variable = NULL;
	int fds[2], r;

	if (hidden && asprintf(&variable, PROCESS_HIDDEN "=%s", hidden) < 0) {
		variable = NULL;
		return -ENOMEM;
	}
	environment = make_environment(variable);
	if (!environment)
		return -ENOMEM;
	r = make_socketpair(fds);
	if (r < 0)
		return r;
	r = spawn(path, name, fds[1], environment, ret_pid);
	close(fds[1]);
	if (r < 0) {
		close(fds[0]);
		return r;
	}
	limit_memory(*ret_pid, memory_mb);
	*ret_fd = fds[0];
	return 0;
}

void process_kill(pid_t pid)
{
	if (kill(-pid, SIGKILL) < 0)
		kill(pid, SIGKILL);
}

/* Readable when the process has ended. -errno, also of a kernel that does not have them. */
static int open_pidfd(pid_t pid)
{
	long fd = syscall(SYS_pidfd_open, pid, 0);

	return fd < 0 ? -errno : (int)fd;
}

static void wait_until(int pidfd, usec_t until)
{
	struct pollfd end = { .fd = pidfd, .events = POLLIN };
	usec_t now;

	while (pidfd >= 0 && (now = usec_now()) < until)
		if (poll(&end, 1, (int)((until - now) / USEC_PER_MSEC) + 1) != -1 || errno != EINTR)
			return;
}

void process_end(pid_t pid, usec_t until)
{
	int pidfd = open_pidfd(pid);

	wait_until(pidfd, until);
	process_kill(pid);
	/* One that the kernel does not let go of, in a driver say, is left to whoever reaps after us. */
	wait_until(pidfd, usec_add(usec_now(), KILL_TIMEOUT));
	waitpid(pid, NULL, pidfd >= 0 ? WNOHANG : 0);
	if (pidfd >= 0)
		close(pidfd);
}
