/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/log.h"
#include "io/store-file.h"
#include "io/store-internal.h"

/* -EROFS: the directory can only be read. */
static int lock(struct store *store)
{
	store->lock_fd = openat(store->dir_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (store->lock_fd < 0)
		return errno == EACCES || errno == EPERM || errno == EROFS ? -EROFS : -errno;
	return flock(store->lock_fd, LOCK_EX | LOCK_NB) < 0 ? -errno : 0;
}

static int open_lock(struct store *store)
{
	int r = lock(store);

	if (r == -EWOULDBLOCK) {
		log_error("Another lwm2m-agent uses the state directory %s: stop it, or use --state-dir",
			store->dir);
		return -EBUSY;
	}
	if (r == -EROFS) {
		log_warning("The state directory %s can only be read: what servers set is lost at the next start",
			store->dir);
		return 0;
	}
	return r < 0 ? log_error_errno(r, "Cannot lock %s/lock: %m", store->dir) : 0;
}

int store_open(const char *dir, struct store **ret)
{
	_cleanup_(store_freep) struct store *store = calloc(1, sizeof(*store));
	int r;

	if (!store)
		return -ENOMEM;
	store->dir_fd = store->lock_fd = -1;
	store->dir = strdup(dir);
	if (!store->dir)
		return -ENOMEM;
	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return log_error_errno(errno, "Cannot make the state directory %s: %m", dir);
	store->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (store->dir_fd < 0)
		return log_error_errno(errno, "Cannot open the state directory %s: %m", dir);
	r = open_lock(store);
	if (r < 0)
		return r;
	if (store->lock_fd >= 0)
		store_clear_up(store);
	*ret = steal_pointer(&store);
	return 0;
}

struct store *store_free(struct store *store)
{
	if (!store)
		return NULL;
	closep(&store->lock_fd);
	closep(&store->dir_fd);
	free(store->failing);
	free(store->dir);
	free(store);
	return NULL;
}

static bool is_name(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > STORE_NAME_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)name[i]) && name[i] != '-' && name[i] != '_')
			return false;
	return true;
}

static struct store_file_name file_name(const char *name, const char *suffix)
{
	struct store_file_name file;

	snprintf(file.text, sizeof(file.text), "%s%s", name, suffix);
	return file;
}

static struct store_file_name *find_failing(const struct store *store, const struct store_file_name *file)
{
	for (size_t i = 0; i < store->n_failing; i++)
		if (strcmp(store->failing[i].text, file->text) == 0)
			return &store->failing[i];
	return NULL;
}

static int fail(struct store *store, const struct store_file_name *file, const char *what, int error)
{
	struct store_file_name *failing;

	if (find_failing(store, file))
		return error;
	failing = reallocarray(store->failing, store->n_failing + 1, sizeof(*failing));
	if (failing) {
		store->failing = failing;
		failing[store->n_failing++] = *file;
	}
	return log_error_errno(error, "Cannot %s %s in %s: %m", what, file->text, store->dir);
}

static void succeed(struct store *store, const struct store_file_name *file)
{
	struct store_file_name *failing = find_failing(store, file);

	if (!failing)
		return;
	*failing = store->failing[--store->n_failing];
	log_notice("%s in %s is kept again", file->text, store->dir);
}

int store_get_ready(struct store *store)
{
	int r;

	if (store->lock_fd < 0) {
		r = lock(store);
		if (r < 0) {
			closep(&store->lock_fd);
			store->lock_fd = -1;
			return r;
		}
		log_notice("The state directory %s can be written", store->dir);
		store_clear_up(store);
	}
	return store->resetting ? store_finish_reset(store) : 0;
}

static int open_file(const struct store *store, const char *file)
{
	int fd = openat(store->dir_fd, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

/* Flash wears by writing: a value that is set again and again costs nothing. */
static bool is_kept(const struct store *store, const struct store_file_name *file, struct bytes contents)
{
	_cleanup_(buffer_deinit) struct buffer old = { 0 };
	_cleanup_(closep) int fd = store->unsure ? -1 : open_file(store, file->text);

	return fd >= 0 && store_file_read(fd, &old) == 0 && bytes_equal(buffer_bytes(&old), contents);
}

static int write_new(const struct store *store, const struct store_file_name *new, struct bytes contents)
{
	_cleanup_(closep) int fd = openat(store->dir_fd, new->text,
		O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

	return fd < 0 ? -errno : store_file_write(fd, contents);
}

static int replace(struct store *store, const char *name, const struct store_file_name *file,
		   struct bytes contents)
{
	struct store_file_name new = file_name(name, SUFFIX_NEW);
	int r = write_new(store, &new, contents);

	if (r == 0 && renameat(store->dir_fd, new.text, store->dir_fd, file->text) < 0)
		r = -errno;
	if (r < 0) {
		(void)unlinkat(store->dir_fd, new.text, 0);
		return r;
	}
	return store_sync(store);
}

int store_write(struct store *store, const char *name, struct bytes contents)
{
	struct store_file_name file;
	int r;

	if (!is_name(name))
		return -EINVAL;
	if (contents.len > STORE_FILE_MAX)
		return -EMSGSIZE;
	r = store_get_ready(store);
	if (r < 0)
		return r;
	file = file_name(name, SUFFIX);
	r = is_kept(store, &file, contents) ? 0 : replace(store, name, &file, contents);
	if (r < 0)
		return fail(store, &file, "keep", r);
	succeed(store, &file);
	return 0;
}

static const char *const faults[] = {
	[STORE_FILE_DAMAGED] = "is damaged",
	[STORE_FILE_VERSION] = "is of another version of lwm2m-agent",
	[STORE_FILE_ODD] = "is not a plain file",
};

static int move_aside(struct store *store, const char *name, const char *file, const char *fault)
{
	struct store_file_name corrupt = file_name(name, SUFFIX_CORRUPT);

	if (renameat(store->dir_fd, file, store->dir_fd, corrupt.text) < 0)
		log_warning_errno(errno, "%s/%s %s and cannot be moved aside (%m): going on without it",
			store->dir, file, fault);
	else
		log_warning("%s/%s %s: going on without it, it is now %s", store->dir, file, fault,
			corrupt.text);
	return -ENOENT;
}

/* What servers wrote is nobody else's business. */
static void close_to_others(const struct store *store, const char *file, int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || !(st.st_mode & 077))
		return;
	if (fchmod(fd, 0600) < 0)
		log_warning_errno(errno, "%s/%s is open to others (mode %04o): %m", store->dir, file,
			st.st_mode & 07777);
	else
		log_warning("%s/%s was open to others (mode %04o); it is not any more", store->dir, file,
			st.st_mode & 07777);
}

int store_read(struct store *store, const char *name, struct buffer *ret)
{
	_cleanup_(closep) int fd = -1;
	struct store_file_name file;
	int r;

	if (!is_name(name))
		return -EINVAL;
	file = file_name(name, SUFFIX);
	fd = open_file(store, file.text);
	if (fd == -ENOENT)
		return fd;
	if (fd >= 0)
		close_to_others(store, file.text, fd);
	r = fd == -ELOOP ? STORE_FILE_ODD : fd < 0 ? fd : store_file_read(fd, ret);
	if (r < 0)
		return log_error_errno(r, "Cannot read %s in %s: %m", file.text, store->dir);
	return r > 0 ? move_aside(store, name, file.text, faults[r]) : 0;
}

int store_remove(struct store *store, const char *name)
{
	struct store_file_name file;
	int r;

	if (!is_name(name))
		return -EINVAL;
	r = store_get_ready(store);
	if (r < 0)
		return r;
	file = file_name(name, SUFFIX);
	if (unlinkat(store->dir_fd, file.text, 0) < 0 && errno != ENOENT)
		return fail(store, &file, "remove", -errno);
	r = store_sync(store);
	if (r < 0)
		return fail(store, &file, "make sure of the removal of", r);
	succeed(store, &file);
	return 0;
}
