/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"

#define STOP_MS 5000
#define FILES   1024 /* systemd's default limit */

void client_pin(int cpu)
{
	cpu_set_t set;

	if (cpu < 0)
		return;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) < 0)
		err(EXIT_FAILURE, "Cannot run on processor %d", cpu);
}

/* {port} in an argument becomes the number; the rest is borrowed. */
static char *with_port(char *argument, uint16_t port)
{
	static const char mark[] = "{port}";
	char *at = strstr(argument, mark), *text;

	if (!at || asprintf(&text, "%.*s%u%s", (int)(at - argument), argument, port, at + strlen(mark)) < 0)
		return argument;
	return text;
}

static _Noreturn void become_client(const struct options *options, const struct server *server, int stdin_fd)
{
	const struct rlimit files = { FILES, FILES };
	const char *path = options->client_log ? options->client_log : "/dev/null";
	int log = open(path, O_WRONLY | O_CREAT | O_APPEND, 0644);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(stdin_fd, STDIN_FILENO);
	dup2(log, STDOUT_FILENO);
	dup2(log, STDERR_FILENO);
	setrlimit(RLIMIT_NOFILE, &files);
	client_pin(options->cpu_client);
	if (!options->command)
		null_client_run(server->port);
	for (char **argument = options->command; *argument; argument++)
		*argument = with_port(*argument, server->port);
	execvp(options->command[0], options->command);
	_exit(127);
}

static void await_registration(struct client *client, struct server *server, int timeout_s)
{
	uint64_t deadline = client->started_ns + (uint64_t)timeout_s * UINT64_C(1000000000);
	int status;

	while (!server->registered) {
		server_receive(server, 20);
		if (waitpid(client->pid, &status, WNOHANG) == client->pid)
			errx(EXIT_FAILURE, WIFEXITED(status) && WEXITSTATUS(status) == 127 ?
				"Cannot start the client" : "The client ended before it had registered");
		if (server_now() > deadline)
			errx(EXIT_FAILURE, "The client has not registered within %d s", timeout_s);
	}
}

void client_start(struct client *client, struct server *server, const struct options *options)
{
	int pipe_fds[2];

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		err(EXIT_FAILURE, "Cannot make a pipe");
	server_expect_client(server);
	client->started_ns = server_now();
	client->pid = fork();
	if (client->pid < 0)
		err(EXIT_FAILURE, "Cannot start the client");
	if (client->pid == 0)
		become_client(options, server, pipe_fds[0]);
	close(pipe_fds[0]);
	client->stdin_fd = pipe_fds[1];
	await_registration(client, server, options->timeout_s);
}

/* A client that de-registers waits for the answer; a profiler around it writes its report. */
void client_stop(struct client *client, struct server *server)
{
	uint64_t deadline = server_now() + STOP_MS * UINT64_C(1000000);

	kill(client->pid, SIGTERM);
	while (waitpid(client->pid, NULL, WNOHANG) != client->pid) {
		server_receive(server, 10);
		if (server_now() < deadline)
			continue;
		kill(client->pid, SIGKILL);
		waitpid(client->pid, NULL, 0);
		break;
	}
	close(client->stdin_fd);
	server_settle(server, 50); /* what it sent last is not for the next one */
}

static bool read_text(const char *path, char *text, size_t size)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, text, size - 1);

	text[len < 0 ? 0 : len] = '\0';
	return len > 0;
}

/* The number behind "\nKey:"; 0 when there is no such line. */
static double number_of(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	return at ? strtod(at + strlen(key), NULL) : 0;
}

struct memory client_memory(const struct client *client)
{
	struct memory memory = { 0 };
	char path[64], text[8192];

	snprintf(path, sizeof(path), "/proc/%d/status", (int)client->pid);
	if (!read_text(path, text, sizeof(text)))
		err(EXIT_FAILURE, "Cannot read %s", path);
	memory.rss = number_of(text, "\nVmRSS:");
	memory.peak = number_of(text, "\nVmHWM:");
	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)client->pid);
	memory.shares = read_text(path, text, sizeof(text));
	if (!memory.shares)
		return memory;
	memory.rss = number_of(text, "\nRss:"); /* exact, unlike VmRSS */
	memory.pss = number_of(text, "\nPss:");
	memory.private_dirty = number_of(text, "\nPrivate_Dirty:");
	memory.uss = memory.private_dirty + number_of(text, "\nPrivate_Clean:");
	memory.anonymous = number_of(text, "\nAnonymous:");
	return memory;
}

static void add_thread(const struct client *client, const char *tid, struct activity *activity)
{
	char path[320], text[4096];

	snprintf(path, sizeof(path), "/proc/%d/task/%s/schedstat", (int)client->pid, tid);
	if (read_text(path, text, sizeof(text)))
		activity->cpu_ns += strtod(text, NULL);
	snprintf(path, sizeof(path), "/proc/%d/task/%s/status", (int)client->pid, tid);
	(void)read_text(path, text, sizeof(text));
	activity->voluntary += number_of(text, "\nvoluntary_ctxt_switches:");
	activity->involuntary += number_of(text, "\nnonvoluntary_ctxt_switches:");
}

struct activity client_activity(const struct client *client)
{
	struct activity activity = { 0 };
	struct dirent *entry;
	char path[64];
	DIR *directory;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)client->pid);
	directory = opendir(path);
	if (!directory)
		err(EXIT_FAILURE, "Cannot read %s: has the client ended?", path);
	while ((entry = readdir(directory)))
		if (entry->d_name[0] != '.')
			add_thread(client, entry->d_name, &activity);
	closedir(directory);
	return activity;
}

void client_reset_peak(const struct client *client)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/clear_refs", (int)client->pid);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "5", 1) != 1) /* proc(5): resets VmHWM */
		warn("Cannot reset the client's peak of memory");
	if (fd >= 0)
		close(fd);
}
