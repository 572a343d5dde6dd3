/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/confine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/landlock.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

/* More than an agent has: a file for each key. */
#define HIDDEN_MAX 256

/* Of the kernel's headers only newer ones have all of these. */
#define FS_REFER     (UINT64_C(1) << 13) /* version 2 */
#define FS_TRUNCATE  (UINT64_C(1) << 14) /* version 3 */
#define SCOPE_SIGNAL (UINT64_C(1) << 1)  /* version 6 */

#define FILE_RIGHTS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE)
#define DIRECTORY_RIGHTS                                                                              \
	(FILE_RIGHTS | FS_REFER | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |    \
		LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | \
		LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |                          \
		LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)

struct ruleset_attributes { /* the kernel takes a longer one, if what it does not know is 0 */
	uint64_t fs, net, scoped;
};

struct confine {
	int ruleset;
	uint64_t rights; /* of DIRECTORY_RIGHTS, what this kernel knows */
	char *hidden[HIDDEN_MAX];
	size_t n_hidden;
};

int confine_version(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	return version > 0 ? (int)version : 0;
}

static bool is_hidden(const struct confine *confine, const char *path)
{
	for (size_t i = 0; i < confine->n_hidden; i++)
		if (strcmp(confine->hidden[i], path) == 0)
			return true;
	return false;
}

/* directory without a '/' at its end; "" is the root. */
static bool is_above_hidden(const struct confine *confine, const char *directory)
{
	size_t len = strlen(directory);

	for (size_t i = 0; i < confine->n_hidden; i++)
		if (strncmp(confine->hidden[i], directory, len) == 0 && confine->hidden[i][len] == '/')
			return true;
	return false;
}

/* With all that is below it. What a link points to has a place of its own. */
static int grant(const struct confine *confine, const char *path)
{
	_cleanup_(closep) int fd = open(path, O_PATH | O_CLOEXEC | O_NOFOLLOW);
	struct landlock_path_beneath_attr rule = { .parent_fd = fd };
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || S_ISLNK(st.st_mode))
		return 0;
	rule.allowed_access = confine->rights & (S_ISDIR(st.st_mode) ? DIRECTORY_RIGHTS : FILE_RIGHTS);
	if (syscall(SYS_landlock_add_rule, confine->ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0)
		return 0;
	/* Of a file system inside the kernel, as a namespace's. */
	return errno == EBADFD ? 0 : -errno;
}

static int grant_beside(const struct confine *confine, const char *directory);

static int grant_entry(const struct confine *confine, const char *directory, const char *name)
{
	char path[PATH_MAX];

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
		snprintf(path, sizeof(path), "%s/%s", directory, name) >= (int)sizeof(path) ||
		is_hidden(confine, path))
		return 0;
	return is_above_hidden(confine, path) ? grant_beside(confine, path) : grant(confine, path);
}

/* Goes no deeper than the hidden files lie. */
static int grant_beside(const struct confine *confine, const char *directory)
{
	DIR *entries = opendir(*directory ? directory : "/");
	struct dirent *entry;
	int r = 0;

	while (r == 0 && entries && (entry = readdir(entries)))
		r = grant_entry(confine, directory, entry->d_name);
	if (entries)
		closedir(entries);
	return r;
}

static int create_ruleset(struct confine *confine, int version)
{
	struct ruleset_attributes attributes = { .scoped = version >= 6 ? SCOPE_SIGNAL : 0 };

	confine->rights = DIRECTORY_RIGHTS & ~(version < 2 ? FS_REFER : 0) & ~(version < 3 ? FS_TRUNCATE : 0);
	attributes.fs = confine->rights;
	confine->ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0);
	return confine->ruleset < 0 ? -errno : 0;
}

static int restrict_self(struct confine *confine)
{
	int r = is_above_hidden(confine, "") ? grant_beside(confine, "") : grant(confine, "/");

	if (r < 0)
		return r;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		syscall(SYS_landlock_restrict_self, confine->ruleset, 0) < 0)
		return -errno;
	return 0;
}

/* Links on the way are followed here, once: the kernel sees only where a file lies. */
static int read_paths(struct confine *confine, char *lines)
{
	char *saved = NULL;

	for (char *line = strtok_r(lines, "\n", &saved); line; line = strtok_r(NULL, "\n", &saved)) {
		char *path = realpath(line, NULL);

		if (!path)
			continue;
		if (confine->n_hidden == HIDDEN_MAX) {
			free(path);
			return -E2BIG;
		}
		confine->hidden[confine->n_hidden++] = path;
	}
	return 0;
}

int confine_hide(const char *paths)
{
	_cleanup_(freep) char *lines = strdup(paths);
	struct confine confine = { .ruleset = -1 };
	int version = confine_version();
	int r;

	if (version == 0)
		return 1;
	r = lines ? read_paths(&confine, lines) : -ENOMEM;
	if (r == 0)
		r = create_ruleset(&confine, version);
	if (r == 0)
		r = restrict_self(&confine);
	if (confine.ruleset >= 0)
		close(confine.ruleset);
	for (size_t i = 0; i < confine.n_hidden; i++)
		free(confine.hidden[i]);
	return r;
}
