/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plugin for tests that tries what it should not: object 33050. What is written to 0 it does ("read PATH", "write PATH",
 * "make PATH", "remove PATH", "trace PID", "memory PID", "signal PID", "run PATH", which has cat read it), and 1 says what came
 * of it: "done", or the name of the error.
 */
#include <errno.h>
#include <fcntl.h>
#include <lwm2m/plugin.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

struct nosy {
	char command[512], answer[64];
};

static int attempt_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);
	char byte;
	int r = fd < 0 || ((flags & O_ACCMODE) == O_RDONLY && read(fd, &byte, 1) < 0) ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return r;
}

static int attempt_trace(pid_t pid)
{
	int status;

	if (ptrace(PTRACE_ATTACH, pid, NULL, NULL) < 0)
		return -errno;
	waitpid(pid, &status, __WALL);
	ptrace(PTRACE_DETACH, pid, NULL, NULL);
	return 0;
}

static int attempt_memory(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	return attempt_open(path, O_RDWR);
}

/* What a plugin starts is no freer. */
static int attempt_run(const char *path)
{
	char command[600];

	snprintf(command, sizeof(command), "exec cat '%s' >/dev/null 2>&1", path);
	return system(command) == 0 ? 0 : -EACCES;
}

static int attempt(const char *verb, const char *what)
{
	if (strcmp(verb, "read") == 0)
		return attempt_open(what, O_RDONLY);
	if (strcmp(verb, "write") == 0)
		return attempt_open(what, O_WRONLY | O_APPEND);
	if (strcmp(verb, "make") == 0)
		return attempt_open(what, O_WRONLY | O_CREAT | O_EXCL);
	if (strcmp(verb, "remove") == 0)
		return unlink(what) < 0 ? -errno : 0;
	if (strcmp(verb, "trace") == 0)
		return attempt_trace(atoi(what));
	if (strcmp(verb, "memory") == 0)
		return attempt_memory(atoi(what));
	if (strcmp(verb, "signal") == 0)
		return kill(atoi(what), 0) < 0 ? -errno : 0;
	if (strcmp(verb, "run") == 0)
		return attempt_run(what);
	return -EINVAL;
}

static int written(struct lw_instance *inst)
{
	struct nosy *nosy = inst->data;
	char verb[16] = "", what[500] = "";
	int r;

	if (sscanf(nosy->command, "%15s %499[^\n]", verb, what) != 2)
		return -EINVAL;
	r = attempt(verb, what);
	snprintf(nosy->answer, sizeof(nosy->answer), "%s", r < 0 ? strerrorname_np(-r) : "done");
	return 0;
}

static const struct lw_resource resources[] = {
	LW_RES_STRING(0, LW_RW, struct nosy, command),
	LW_RES_STRING(1, LW_R, struct nosy, answer),
	LW_RES_END,
};

static const struct lw_object object = {
	.id = 33050, .version = "1.0", .resources = resources,
	LW_DATA(struct nosy, ""), .written = written,
};

LW_PLUGIN("test-nosy", &object);
