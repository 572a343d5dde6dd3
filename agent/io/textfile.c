/* SPDX-License-Identifier: Apache-2.0 */
#include "io/textfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

struct textfile {
	sd_event_source *timer;
	usec_t interval;
	int (*text)(void *userdata, struct buffer *ret);
	void *userdata;
	char *path, *temporary;
	bool failing; /* and the log has it */
};

static int write_all(int fd, struct bytes bytes)
{
	while (bytes.len > 0) {
		ssize_t n = write(fd, bytes.data, bytes.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes = BYTES(bytes.data + n, bytes.len - (size_t)n);
	}
	return 0;
}

/* Where others may write to the directory, a link of theirs is not followed. */
static int write_temporary(const char *path, struct bytes bytes)
{
	_cleanup_(closep) int fd = -1;

	if (unlink(path) < 0 && errno != ENOENT)
		return -errno;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0 || fchmod(fd, 0644) < 0)
		return -errno;
	return write_all(fd, bytes);
}

static int replace(const struct textfile *textfile)
{
	_cleanup_(buffer_deinit) struct buffer text = { 0 };
	int r = textfile->text(textfile->userdata, &text);

	if (r >= 0)
		r = write_temporary(textfile->temporary, buffer_bytes(&text));
	if (r >= 0 && rename(textfile->temporary, textfile->path) < 0)
		r = -errno;
	if (r < 0)
		(void)unlink(textfile->temporary);
	return r < 0 ? r : 0;
}

static void renew(struct textfile *textfile)
{
	int r = replace(textfile);

	if (r < 0 && !textfile->failing)
		log_warning("Cannot write %s: %s; trying again every %llu s", textfile->path, strerror(-r),
			(unsigned long long)(textfile->interval / USEC_PER_SEC));
	textfile->failing = r < 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct textfile *textfile = userdata;

	renew(textfile);
	(void)sd_event_source_set_time_relative(source, textfile->interval);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

int textfile_new(sd_event *event, const char *path, usec_t interval,
		 int (*text)(void *userdata, struct buffer *ret), void *userdata, struct textfile **ret)
{
	_cleanup_(textfile_freep) struct textfile *textfile = calloc(1, sizeof(*textfile));
	int r;

	if (!textfile)
		return -ENOMEM;
	textfile->interval = interval;
	textfile->text = text;
	textfile->userdata = userdata;
	textfile->path = strdup(path);
	if (!textfile->path)
		return -ENOMEM;
	if (asprintf(&textfile->temporary, "%s.new", path) < 0) {
		textfile->temporary = NULL;
		return -ENOMEM;
	}
	/* Somewhere in the last tenth, with whatever else wakes the processor. */
	r = sd_event_add_time_relative(event, &textfile->timer, CLOCK_BOOTTIME, interval, interval / 10, on_timer,
		textfile);
	if (r < 0)
		return r;
	renew(textfile);
	*ret = steal_pointer(&textfile);
	return 0;
}

struct textfile *textfile_free(struct textfile *textfile)
{
	if (!textfile)
		return NULL;
	if (textfile->timer && !textfile->failing)
		(void)unlink(textfile->path);
	sd_event_source_disable_unref(textfile->timer);
	free(textfile->path);
	free(textfile->temporary);
	free(textfile);
	return NULL;
}
