/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/log.h"
#include "io/store-internal.h"

/* There while a Factory Reset is under way. */
#define RESET "reset"

int store_sync(struct store *store)
{
	store->unsure = fsync(store->dir_fd) < 0;
	return store->unsure ? -errno : 0;
}

static bool has_suffix(const char *file, const char *suffix)
{
	size_t len = strlen(file), suffix_len = strlen(suffix);

	return len > suffix_len && strcmp(file + len - suffix_len, suffix) == 0;
}

static bool is_ours(const char *file)
{
	return has_suffix(file, SUFFIX) || has_suffix(file, SUFFIX_NEW) || has_suffix(file, SUFFIX_CORRUPT);
}

static bool is_leftover(const char *file)
{
	return has_suffix(file, SUFFIX_NEW);
}

static void closedirp(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static DIR *open_listing(const struct store *store)
{
	int fd = openat(store->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir && fd >= 0)
		close(fd);
	return dir;
}

/* Retries are silent. */
static int fail(const struct store *store, const char *what, const char *file, int error)
{
	if (store->reset_said)
		return error;
	return log_error_errno(error, "Cannot %s %s in %s: %m", what, file, store->dir);
}

static int remove_files(struct store *store, bool (*matches)(const char *file))
{
	_cleanup_(closedirp) DIR *dir = open_listing(store);
	const struct dirent *entry;
	int r = 0;

	if (!dir)
		return fail(store, "list", "what is", -errno);
	while ((entry = readdir(dir)))
		if (matches(entry->d_name) && unlinkat(store->dir_fd, entry->d_name, 0) < 0)
			r = fail(store, "remove", entry->d_name, -errno);
	return r;
}

/* From here on a reset that is cut off is finished by the next start; without room for the note it is done without. */
static void begin_reset(struct store *store)
{
	int fd = openat(store->dir_fd, RESET, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd >= 0)
		close(fd);
	(void)store_sync(store);
	store->resetting = fd >= 0;
	store->reset_said = false;
}

/* While the note may be there, nothing that is new may be: the next start would take it for old. */
int store_finish_reset(struct store *store)
{
	int removed = remove_files(store, is_ours);
	int r = store_sync(store);

	if (r == 0 && unlinkat(store->dir_fd, RESET, 0) < 0 && errno != ENOENT)
		r = -errno;
	if (r == 0)
		r = store_sync(store);
	if (r < 0)
		(void)fail(store, "finish", "the factory reset", r);
	store->resetting = store->reset_said = store->resetting && r < 0;
	return r < 0 ? r : removed;
}

/* What is read now is what a power cut leaves. */
void store_clear_up(struct store *store)
{
	store->resetting = faccessat(store->dir_fd, RESET, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	if (store->resetting) {
		log_notice("Finishing the factory reset that was cut off");
		(void)store_finish_reset(store);
		return;
	}
	(void)remove_files(store, is_leftover);
	(void)store_sync(store);
}

int store_wipe(struct store *store)
{
	int r = store->lock_fd < 0 ? store_get_ready(store) : 0;

	if (r < 0)
		return fail(store, "remove", "what is", r);
	begin_reset(store);
	return store_finish_reset(store);
}
