/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One run of an executable. It gets its input, the two ends of its output and nothing else of ours: no descriptor, no
 * environment but what is made here. Its time and its output are limited; what it left running in its process group is
 * ended with it, and all of that when the plugin's process is.
 */
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/queue.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "script.h"

#define JOBS_MAX       256
#define ARGUMENTS_MAX  (RESOURCES_MAX + 4)
#define COMPLAINTS_MAX 10 /* lines at stderr */

struct job {
	TAILQ_ENTRY(job) link;
	const struct description *description;
	char **arguments;
	struct text input, output, complaint;
	size_t written;
	unsigned int complaints;
	job_done_t done;
	void *userdata;
	bool running;
	pid_t pid;
	int fds[3];
	sd_event_source *io[3], *child, *timer;
	int error; /* that we ended it for */
};

static const struct lw_host *host;
static TAILQ_HEAD(, job) jobs = TAILQ_HEAD_INITIALIZER(jobs);
static unsigned int n_jobs, n_running, running_max;

static void run_next(void);

static void close_end(struct job *job, int end)
{
	job->io[end] = sd_event_source_disable_unref(job->io[end]);
	if (job->fds[end] >= 0)
		close(job->fds[end]);
	job->fds[end] = -1;
}

static void job_free(struct job *job)
{
	TAILQ_REMOVE(&jobs, job, link);
	n_jobs--;
	n_running -= job->running;
	for (int end = 0; end < 3; end++)
		close_end(job, end);
	sd_event_source_disable_unref(job->child);
	sd_event_source_disable_unref(job->timer);
	for (size_t i = 0; job->arguments && job->arguments[i]; i++)
		free(job->arguments[i]);
	free(job->arguments);
	text_deinit(&job->input);
	text_deinit(&job->output);
	text_deinit(&job->complaint);
	free(job);
}

static void kill_all(const struct job *job)
{
	if (kill(-job->pid, SIGKILL) < 0)
		kill(job->pid, SIGKILL);
}

static void job_end(struct job *job, int error)
{
	char none[] = "", *output = job->output.data ? job->output.data : none;

	if (job->running && job->complaint.len > 0)
		lw_log(host, LOG_WARNING, "%s: %s", job->description->run, job->complaint.data);
	job->done(job->userdata, error, output);
	job_free(job);
	run_next();
}

/* What README.md says of exit codes. */
static int error_of(const siginfo_t *end)
{
	static const int errors[] = { 0, -EIO, -EINVAL, -ENOENT, -EPERM, -EBUSY, -ENOTSUP };

	if (end->si_code != CLD_EXITED || (size_t)end->si_status >= sizeof(errors) / sizeof(errors[0]))
		return -EIO;
	return errors[end->si_status];
}

/* Ends it; its SIGCHLD is what goes on. */
static void give_up(struct job *job, int error, const char *why)
{
	if (job->error == 0)
		lw_log(host, LOG_WARNING, "%s %s: %s, and was ended", job->description->run,
			job->arguments[1], why);
	job->error = error;
	kill_all(job);
}

static void take_output(struct job *job, const char *data, size_t len)
{
	if (job->output.len + len > (size_t)job->description->output_kb * 1024)
		give_up(job, -EMSGSIZE, "its output is longer than output_kb");
	else if (memchr(data, 0, len))
		give_up(job, -EIO, "its output has a NUL");
	else if (text_append(&job->output, data, len) < 0)
		give_up(job, -ENOMEM, "there is no memory");
}

/* One line of the log for each of its lines. */
static void take_complaint(struct job *job, const char *data, size_t len)
{
	for (size_t i = 0; i < len && job->complaints < COMPLAINTS_MAX; i++) {
		if (data[i] != '\n' && job->complaint.len < 200) {
			text_append(&job->complaint, data[i] < ' ' && data[i] >= 0 ? "?" : &data[i], 1);
			continue;
		}
		if (data[i] != '\n')
			continue;
		if (job->complaint.len > 0)
			lw_log(host, LOG_WARNING, "%s: %s", job->description->run, job->complaint.data);
		job->complaint.len = 0;
		job->complaints++;
	}
}

/* False: there is nothing now, or no more. */
static bool take(struct job *job, int end)
{
	char data[4096];
	ssize_t n = job->fds[end] >= 0 ? read(job->fds[end], data, sizeof(data)) : -1;

	if (n == 0)
		close_end(job, end);
	if (n <= 0)
		return false;
	if (end == STDOUT_FILENO)
		take_output(job, data, (size_t)n);
	else
		take_complaint(job, data, (size_t)n);
	return job->error == 0;
}

static int on_output(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct job *job = userdata;

	take(job, fd == job->fds[STDERR_FILENO] ? STDERR_FILENO : STDOUT_FILENO);
	return 0;
}

/* An executable need not read its input. */
static int on_input(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct job *job = userdata;
	ssize_t n = write(fd, job->input.data + job->written, job->input.len - job->written);

	if (n > 0)
		job->written += (size_t)n;
	if (job->written == job->input.len || (n < 0 && errno != EAGAIN))
		close_end(job, STDIN_FILENO);
	return 0;
}

/* What it wrote may still be on the way; what it left running is not waited for. */
static int on_child(sd_event_source *source, const siginfo_t *end, void *userdata)
{
	struct job *job = userdata;
	int error = job->error;

	kill_all(job);
	for (int i = 0; i < 256 && error == 0 && take(job, STDOUT_FILENO); i++)
		;
	while (job->complaints < COMPLAINTS_MAX && take(job, STDERR_FILENO))
		;
	error = job->error;
	if (error == 0 && end->si_code != CLD_EXITED)
		lw_log(host, LOG_WARNING, "%s %s: it was ended by signal %d", job->description->run,
			job->arguments[1], end->si_status);
	job_end(job, error < 0 ? error : error_of(end));
	return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	give_up(userdata, -ETIMEDOUT, "it took longer than timeout_ms");
	return 0;
}

__attribute__((noreturn)) static void become(const struct job *job, const int ends[3])
{
	char object[32];
	char *environment[] = { (char[]){
					"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" },
		(char[]){ "LC_ALL=C.UTF-8" }, object, NULL };
	sigset_t none;

	snprintf(object, sizeof(object), "LWM2M_OBJECT=%u", job->description->object.id);
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int i = 0; i < 3; i++)
		if (dup2(ends[i], i) < 0)
			_exit(1);
	close_range(3, ~0U, 0);
	if (chdir(job->description->directory) == 0)
		execve(job->description->run, job->arguments, environment);
	dprintf(STDERR_FILENO, "it cannot be run: %s\n", strerror(errno));
	_exit(1);
}

/* fds are our ends, ends those of the child; all above 2, or dup2() would meet them. */
static int open_pipes(struct job *job, int ends[3])
{
	for (int i = 0; i < 3; i++) {
		int both[2];

		if (pipe2(both, O_CLOEXEC) < 0)
			return -errno;
		job->fds[i] = fcntl(both[i != 0 ? 0 : 1], F_DUPFD_CLOEXEC, 3);
		ends[i] = fcntl(both[i != 0 ? 1 : 0], F_DUPFD_CLOEXEC, 3);
		close(both[0]);
		close(both[1]);
		if (job->fds[i] < 0 || ends[i] < 0 || fcntl(job->fds[i], F_SETFL, O_NONBLOCK) < 0)
			return -errno;
	}
	return 0;
}

static int add_sources(struct job *job)
{
	sd_event *event = lw_event(host);
	int r = sd_event_add_child(event, &job->child, job->pid, WEXITED, on_child, job);

	if (r >= 0)
		r = sd_event_add_time_relative(event, &job->timer, CLOCK_BOOTTIME,
			(uint64_t)job->description->timeout_ms * 1000, 0, on_timer, job);
	for (int end = STDOUT_FILENO; end <= STDERR_FILENO && r >= 0; end++)
		r = sd_event_add_io(event, &job->io[end], job->fds[end], EPOLLIN, on_output, job);
	if (job->input.len == 0)
		close_end(job, STDIN_FILENO);
	else if (r >= 0)
		r = sd_event_add_io(
			event, &job->io[STDIN_FILENO], job->fds[STDIN_FILENO], EPOLLOUT, on_input, job);
	return r < 0 ? r : 0;
}

static int spawn(struct job *job)
{
	int ends[3] = { -1, -1, -1 }, r = open_pipes(job, ends);

	job->pid = r < 0 ? -1 : fork();
	if (job->pid == 0)
		become(job, ends);
	if (r == 0 && job->pid < 0)
		r = -errno;
	for (int i = 0; i < 3; i++)
		if (ends[i] >= 0)
			close(ends[i]);
	if (r < 0)
		return r;
	setpgid(job->pid, job->pid);
	r = add_sources(job);
	if (r < 0) {
		kill_all(job);
		if (job->child)
			sd_event_source_set_child_process_own(job->child, true);
		else
			waitpid(job->pid, NULL, 0);
	}
	return r;
}

static void run(struct job *job)
{
	int r;

	job->timer = sd_event_source_disable_unref(job->timer);
	job->running = true;
	n_running++;
	r = spawn(job);
	if (r < 0) {
		lw_log(host, LOG_ERR, "%s cannot be run: %s", job->description->run, strerror(-r));
		job_end(job, r);
	}
}

static void run_next(void)
{
	struct job *job;

	if (n_running >= running_max)
		return;
	TAILQ_FOREACH(job, &jobs, link)
	if (!job->running)
		break;
	if (job)
		run(job);
}

static int on_start(sd_event_source *source, uint64_t usec, void *userdata)
{
	if (n_running < running_max)
		run(userdata);
	return 0;
}

void job_init(const struct lw_host *lent, unsigned int processes)
{
	sigset_t child;

	host = lent;
	running_max = processes;
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
}

static int copy_arguments(struct job *job, const char *const *arguments)
{
	size_t n = 0;

	job->arguments = calloc(ARGUMENTS_MAX, sizeof(char *));
	if (!job->arguments)
		return -ENOMEM;
	job->arguments[n++] = strdup(job->description->run);
	for (size_t i = 0; arguments[i] && n < ARGUMENTS_MAX - 1; i++)
		job->arguments[n++] = strdup(arguments[i]);
	for (size_t i = 0; i < n; i++)
		if (!job->arguments[i])
			return -ENOMEM;
	return 0;
}

int job_start(struct job **ret, const struct description *description, const char *const *arguments,
	const struct text *input, job_done_t done, void *userdata)
{
	struct job *job;
	int r;

	if (n_jobs >= JOBS_MAX)
		return -EBUSY;
	job = calloc(1, sizeof(*job));
	if (!job)
		return -ENOMEM;
	*job = (struct job){
		.description = description, .done = done, .userdata = userdata, .fds = { -1, -1, -1 }
	};
	TAILQ_INSERT_TAIL(&jobs, job, link);
	n_jobs++;
	r = copy_arguments(job, arguments);
	if (r == 0 && input && input->len > 0)
		r = text_append(&job->input, input->data, input->len);
	/* In the next turn: done is not called before this has returned. */
	if (r == 0)
		r = sd_event_add_time(lw_event(host), &job->timer, CLOCK_BOOTTIME, 0, 0, on_start, job);
	if (r < 0)
		job_free(job);
	else
		*ret = job;
	return r < 0 ? r : 0;
}

struct job *job_cancel(struct job *job)
{
	if (!job)
		return NULL;
	if (job->running) {
		kill_all(job);
		/* Waits for it, too. */
		sd_event_source_set_child_process_own(job->child, true);
	}
	job_free(job);
	run_next();
	return NULL;
}
