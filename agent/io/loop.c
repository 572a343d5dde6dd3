/* SPDX-License-Identifier: Apache-2.0 */
#include "io/loop.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/list.h"

/* sd-event's own default lets timers be 250 ms late. */
#define DEADLINE_ACCURACY USEC_PER_MSEC

struct loop_fd {
	struct list link;
	sd_event_source *source;
	void (*handler)(void *userdata);
	void *userdata;
};

struct loop {
	sd_event *event;
	sd_event_source *timer, *clock, *sigterm, *sigint, *sighup;
	const struct loop_handlers *handlers;
	void *userdata;
	usec_t deadline;
	struct list fds;
	bool finished;
	int code;
};

static int on_stop(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
	struct loop *loop = userdata;

	if (loop->handlers->stop)
		loop->handlers->stop(loop->userdata, (int)info->ssi_signo);
	else
		loop_exit(loop, 0);
	return 0;
}

static int on_reload(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
	struct loop *loop = userdata;

	if (loop->handlers->reload)
		loop->handlers->reload(loop->userdata);
	return 0;
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct loop *loop = userdata;

	loop->deadline = USEC_INFINITY;
	if (loop->handlers->deadline)
		loop->handlers->deadline(loop->userdata);
	return 0;
}

/* A timer that never ends, but is cancelled when somebody sets the clock. */
static int arm_clock(int fd)
{
	const struct itimerspec never = {
		.it_value.tv_sec = (time_t)((UINT64_C(1) << (8 * sizeof(time_t) - 1)) - 1),
	};

	return timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL) < 0 ? -errno : 0;
}

static int on_clock(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct loop *loop = userdata;
	uint64_t expirations;

	/* Fails: that is how it says it. */
	(void)!read(fd, &expirations, sizeof(expirations));
	if (loop->handlers->clock_set)
		loop->handlers->clock_set(loop->userdata);
	return arm_clock(fd);
}

static int add_clock(struct loop *loop)
{
	int fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK), r;

	if (fd < 0)
		return -errno;
	r = sd_event_add_io(loop->event, &loop->clock, fd, EPOLLIN, on_clock, loop);
	if (r < 0) {
		close(fd);
		return r;
	}
	(void)sd_event_source_set_io_fd_own(loop->clock, true);
	return arm_clock(fd);
}

static int on_readable(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct loop_fd *loop_fd = userdata;

	loop_fd->handler(loop_fd->userdata);
	return 0;
}

static int add_signal(struct loop *loop, int signo, sd_event_signal_handler_t handler, sd_event_source **ret)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, signo);
	if (sigprocmask(SIG_BLOCK, &mask, NULL) < 0)
		return -errno;
	return sd_event_add_signal(loop->event, ret, signo, handler, loop);
}

static int add_sources(struct loop *loop)
{
	int r;

	r = add_signal(loop, SIGTERM, on_stop, &loop->sigterm);
	if (r >= 0)
		r = add_signal(loop, SIGINT, on_stop, &loop->sigint);
	if (r >= 0)
		r = add_signal(loop, SIGHUP, on_reload, &loop->sighup);
	if (r >= 0)
		r = sd_event_add_time(loop->event, &loop->timer, CLOCK_BOOTTIME, USEC_INFINITY,
			DEADLINE_ACCURACY, on_deadline, loop);
	if (r >= 0)
		r = sd_event_source_set_enabled(loop->timer, SD_EVENT_OFF);
	if (r >= 0)
		r = add_clock(loop);
	if (r >= 0)
		r = sd_event_set_watchdog(loop->event, true);
	return r;
}

int loop_new(const struct loop_handlers *handlers, void *userdata, struct loop **ret)
{
	_cleanup_(loop_freep) struct loop *loop = calloc(1, sizeof(*loop));
	int r;

	if (!loop)
		return -ENOMEM;
	loop->handlers = handlers;
	loop->userdata = userdata;
	loop->deadline = USEC_INFINITY;
	list_init(&loop->fds);
	r = sd_event_new(&loop->event);
	if (r >= 0)
		r = add_sources(loop);
	if (r < 0)
		return r;
	*ret = steal_pointer(&loop);
	return 0;
}

struct loop *loop_free(struct loop *loop)
{
	struct loop_fd *loop_fd, *safe;

	if (!loop)
		return NULL;
	list_for_each_safe(loop_fd, safe, &loop->fds, link) {
		sd_event_source_disable_unref(loop_fd->source);
		free(loop_fd);
	}
	sd_event_source_disable_unref(loop->timer);
	sd_event_source_disable_unref(loop->clock);
	sd_event_source_disable_unref(loop->sigterm);
	sd_event_source_disable_unref(loop->sigint);
	sd_event_source_disable_unref(loop->sighup);
	sd_event_unref(loop->event);
	free(loop);
	return NULL;
}

sd_event *loop_event(struct loop *loop)
{
	return loop->event;
}

int loop_add_fd(struct loop *loop, int fd, void (*handler)(void *userdata), void *userdata)
{
	_cleanup_(freep) struct loop_fd *loop_fd = calloc(1, sizeof(*loop_fd));
	int r;

	if (!loop_fd)
		return -ENOMEM;
	loop_fd->handler = handler;
	loop_fd->userdata = userdata;
	r = sd_event_add_io(loop->event, &loop_fd->source, fd, EPOLLIN, on_readable, loop_fd);
	if (r < 0)
		return r;
	list_append(&loop->fds, &loop_fd->link);
	(void)steal_pointer(&loop_fd);
	return 0;
}

int loop_set_deadline(struct loop *loop, usec_t deadline)
{
	int r;

	if (deadline == loop->deadline)
		return 0;
	if (deadline == USEC_INFINITY) {
		r = sd_event_source_set_enabled(loop->timer, SD_EVENT_OFF);
	} else {
		r = sd_event_source_set_time(loop->timer, deadline);
		if (r >= 0)
			r = sd_event_source_set_enabled(loop->timer, SD_EVENT_ONESHOT);
	}
	if (r >= 0)
		loop->deadline = deadline;
	return r < 0 ? r : 0;
}

int loop_run(struct loop *loop)
{
	while (!loop->finished) {
		int r;

		if (loop->handlers->pump)
			loop->handlers->pump(loop->userdata);
		if (loop->finished)
			break;
		r = sd_event_run(loop->event, UINT64_MAX);
		if (r < 0 && r != -EINTR)
			return r;
	}
	return loop->code;
}

void loop_exit(struct loop *loop, int code)
{
	loop->finished = true;
	loop->code = code;
}

void loop_notify_ready(const char *status)
{
	(void)sd_notifyf(false, "READY=1\nSTATUS=%s", status);
}

void loop_notify_status(const char *status)
{
	(void)sd_notifyf(false, "STATUS=%s", status);
}

/* Type=notify-reload tells one reload from another by this time. */
void loop_notify_reloading(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	(void)sd_notifyf(false, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64 "\nSTATUS=Reading the configuration",
		(uint64_t)t.tv_sec * USEC_PER_SEC + (uint64_t)t.tv_nsec / 1000);
}

void loop_notify_stopping(void)
{
	(void)sd_notify(false, "STOPPING=1\nSTATUS=Stopping");
}
