/* SPDX-License-Identifier: Apache-2.0 */
#include "dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/log.h"

int dir_make(const char *dir)
{
	_cleanup_(freep) char *path = strdup(dir);

	if (!path)
		return -ENOMEM;
	for (char *at = *path ? path + 1 : path; *at; at++) {
		if (*at != '/')
			continue;
		*at = '\0';
		(void)mkdir(path, 0755);
		*at = '/';
	}
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return log_error_errno(errno, "Cannot make the data directory %s: %m", dir);
	return 0;
}

int dir_lock(const char *dir)
{
	_cleanup_(closep) int fd = -1;
	char path[4096];

	snprintf(path, sizeof(path), "%s/lock", dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return log_error_errno(errno, "Cannot make %s: %m", path);
	if (flock(fd, LOCK_EX | LOCK_NB) >= 0)
		return steal_fd(&fd);
	log_error("Another lwm2m-server uses the data directory %s: stop it, or use --data-dir", dir);
	return -EBUSY;
}
