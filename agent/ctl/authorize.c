/* SPDX-License-Identifier: Apache-2.0 */
#include "authorize.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>

#include "base/cleanup.h"

extern char **environ;

bool authorize_is_possible(const struct ctl *ctl)
{
	return strcmp(ctl->bus_address, "system") == 0 && isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

/* It closes its end of the pipe once polkit knows it, or when it fails. */
static void wait_ready(int fd)
{
	char byte;

	while (read(fd, &byte, 1) < 0 && errno == EINTR)
		;
}

pid_t authorize_start(void)
{
	_cleanup_(closep) int ours = -1, theirs = -1;
	char number[16];
	const char *const argv[] = { "pkttyagent", "--notify-fd", number, "--fallback", NULL };
	pid_t pid;
	int ends[2], r;

	if (pipe(ends) < 0)
		return -errno;
	ours = ends[0];
	theirs = ends[1];
	(void)fcntl(ours, F_SETFD, FD_CLOEXEC);
	snprintf(number, sizeof(number), "%d", theirs);
	r = posix_spawnp(&pid, argv[0], NULL, NULL, (char *const *)argv, environ);
	if (r != 0)
		return -r;
	close(steal_fd(&theirs));
	wait_ready(ours);
	return pid;
}

void authorize_stop(pid_t agent)
{
	(void)kill(agent, SIGTERM);
	(void)kill(agent, SIGCONT); /* stopped where it read from the terminal in the background */
	while (waitpid(agent, NULL, 0) < 0 && errno == EINTR)
		;
}
