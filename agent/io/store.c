/* SPDX-License-Identifier: Apache-2.0 */
#include "io/store.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/log.h"

#define NAME_MAX_LEN   64
#define HEADER_MAX     64
#define CONTENTS_MAX   (1024 * 1024)
#define SUFFIX         ".state"
#define SUFFIX_NEW     ".state.new"
#define SUFFIX_CORRUPT ".state.corrupt"
#define HEADER_FORMAT  "lwm2m-agent state 1 %zu %08" PRIx32 "\n"

struct store {
	char *dir;
	int dir_fd, lock_fd;
};

static int open_lock(struct store *store)
{
	store->lock_fd = openat(store->dir_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (store->lock_fd < 0)
		return log_error_errno(errno, "Cannot make %s/lock: %m", store->dir);
	if (flock(store->lock_fd, LOCK_EX | LOCK_NB) >= 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return log_error_errno(errno, "Cannot lock %s/lock: %m", store->dir);
	log_error("Another lwm2m-agent uses the state directory %s: stop it, or use --state-dir", store->dir);
	return -EBUSY;
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
	*ret = steal_pointer(&store);
	return 0;
}

struct store *store_free(struct store *store)
{
	if (!store)
		return NULL;
	closep(&store->lock_fd);
	closep(&store->dir_fd);
	free(store->dir);
	free(store);
	return NULL;
}

/* CRC-32 of IEEE 802.3, bit by bit: these files are small and seldom written. */
static uint32_t checksum(struct bytes bytes)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < bytes.len; i++) {
		crc ^= bytes.data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ UINT32_C(0xedb88320) : crc >> 1;
	}
	return ~crc;
}

static bool is_name(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > NAME_MAX_LEN)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)name[i]) && name[i] != '-' && name[i] != '_')
			return false;
	return true;
}

struct file_name {
	char text[NAME_MAX_LEN + sizeof(SUFFIX_CORRUPT)];
};

static struct file_name file_name(const char *name, const char *suffix)
{
	struct file_name file;

	snprintf(file.text, sizeof(file.text), "%s%s", name, suffix);
	return file;
}

static int write_all(int fd, struct bytes bytes)
{
	while (bytes.len > 0) {
		ssize_t n = write(fd, bytes.data, bytes.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		bytes.data += n;
		bytes.len -= (size_t)n;
	}
	return 0;
}

static int write_file(struct store *store, const char *file, struct bytes contents)
{
	_cleanup_(closep) int fd = -1;
	char header[HEADER_MAX];
	int r;

	fd = openat(store->dir_fd, file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	snprintf(header, sizeof(header), HEADER_FORMAT, contents.len, checksum(contents));
	r = write_all(fd, bytes_of(header));
	if (r == 0)
		r = write_all(fd, contents);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	return r;
}

int store_write(struct store *store, const char *name, struct bytes contents)
{
	struct file_name file, new;
	int r;

	if (!is_name(name))
		return -EINVAL;
	if (contents.len > CONTENTS_MAX)
		return -EMSGSIZE;
	file = file_name(name, SUFFIX);
	new = file_name(name, SUFFIX_NEW);
	r = write_file(store, new.text, contents);
	if (r == 0 && renameat(store->dir_fd, new.text, store->dir_fd, file.text) < 0)
		r = -errno;
	if (r < 0) {
		(void)unlinkat(store->dir_fd, new.text, 0);
		return log_error_errno(r, "Cannot keep %s in %s: %m", file.text, store->dir);
	}
	if (fsync(store->dir_fd) < 0)
		return log_error_errno(errno, "Cannot make sure of %s in %s: %m", file.text, store->dir);
	return 0;
}

/* -EBADMSG: not whole, or not ours. */
static int check_contents(struct bytes file, struct bytes *ret)
{
	struct bytes contents;
	const uint8_t *end;
	char header[HEADER_MAX];
	int n;

	end = file.len ? memchr(file.data, '\n', file.len < HEADER_MAX ? file.len : HEADER_MAX) : NULL;
	if (!end)
		return -EBADMSG;
	contents = BYTES(end + 1, file.len - (size_t)(end + 1 - file.data));
	n = snprintf(header, sizeof(header), HEADER_FORMAT, contents.len, checksum(contents));
	if (!bytes_equal(BYTES(file.data, file.len - contents.len), BYTES(header, n)))
		return -EBADMSG;
	*ret = contents;
	return 0;
}

static int read_file(struct store *store, const char *file, struct buffer *ret)
{
	_cleanup_(closep) int fd =
		openat(store->dir_fd, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0)
		return -errno;
	for (;;) {
		uint8_t *at;
		ssize_t n;
		int r = buffer_reserve(ret, 4096, &at);

		if (r < 0)
			return r;
		n = read(fd, at, 4096);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return 0;
		if (n > 0)
			ret->len += (size_t)n;
	}
}

static int move_aside(struct store *store, const char *name, const char *file)
{
	struct file_name corrupt = file_name(name, SUFFIX_CORRUPT);

	if (renameat(store->dir_fd, file, store->dir_fd, corrupt.text) < 0)
		log_warning_errno(errno,
			"%s/%s is damaged and cannot be moved aside (%m): going on without it", store->dir,
			file);
	else
		log_warning("%s/%s is damaged: going on without it, it is now %s", store->dir, file,
			corrupt.text);
	return -ENOENT;
}

int store_read(struct store *store, const char *name, struct buffer *ret)
{
	_cleanup_(buffer_deinit) struct buffer whole = { .limit = CONTENTS_MAX + HEADER_MAX + 4096 };
	struct file_name file;
	struct bytes contents;
	int r;

	if (!is_name(name))
		return -EINVAL;
	file = file_name(name, SUFFIX);
	r = read_file(store, file.text, &whole);
	if (r == -ENOENT)
		return r;
	if (r < 0 && r != -EMSGSIZE)
		return log_error_errno(r, "Cannot read %s in %s: %m", file.text, store->dir);
	if (r < 0 || check_contents(buffer_bytes(&whole), &contents) < 0)
		return move_aside(store, name, file.text);
	return buffer_append(ret, contents.data, contents.len);
}

int store_remove(struct store *store, const char *name)
{
	struct file_name file;

	if (!is_name(name))
		return -EINVAL;
	file = file_name(name, SUFFIX);
	if (unlinkat(store->dir_fd, file.text, 0) < 0)
		return errno == ENOENT ?
			       0 :
			       log_error_errno(errno, "Cannot remove %s from %s: %m", file.text, store->dir);
	if (fsync(store->dir_fd) < 0)
		return log_error_errno(errno, "Cannot make sure of %s: %m", store->dir);
	return 0;
}

static bool is_ours(const char *file)
{
	static const char *const suffixes[] = { SUFFIX, SUFFIX_NEW, SUFFIX_CORRUPT };
	size_t len = strlen(file);

	for (size_t i = 0; i < ELEMENTSOF(suffixes); i++) {
		size_t suffix_len = strlen(suffixes[i]);

		if (len > suffix_len && strcmp(file + len - suffix_len, suffixes[i]) == 0)
			return true;
	}
	return false;
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

int store_wipe(struct store *store)
{
	_cleanup_(closedirp) DIR *dir = open_listing(store);
	const struct dirent *entry;
	int r = 0;

	if (!dir)
		return log_error_errno(errno, "Cannot list %s: %m", store->dir);
	while ((entry = readdir(dir)))
		if (is_ours(entry->d_name) && unlinkat(store->dir_fd, entry->d_name, 0) < 0)
			r = log_error_errno(errno, "Cannot remove %s from %s: %m", entry->d_name, store->dir);
	if (fsync(store->dir_fd) < 0)
		r = log_error_errno(errno, "Cannot make sure of %s: %m", store->dir);
	return r;
}
