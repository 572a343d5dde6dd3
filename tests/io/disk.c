/* SPDX-License-Identifier: Apache-2.0 */
#include "disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NODES_MAX   1024
#define NAMES_MAX   32
#define CHANGES_MAX 1024
#define FDS_MAX     256
#define PAGE        512

enum { NOTHING = -1, THE_DIRECTORY = -2 };

struct contents {
	char *data;
	size_t len;
};

/* A file, whatever its name is. */
struct node {
	struct contents now, synced;
	bool broken; /* an fsync() failed: the kernel takes the data for written, so the next one does not help */
};

struct names {
	struct {
		char name[NAME_MAX + 1];
		int node;
	} items[NAMES_MAX];
	size_t count;
};

/* A name that means another file, or none. */
struct change {
	char name[NAME_MAX + 1];
	int node;
	bool follows; /* the second half of a rename: it may be missing, the first half alone may not */
};

static struct {
	char dir[PATH_MAX];
	struct node nodes[NODES_MAX];
	int n_nodes;
	struct names now, synced;
	struct change changes[CHANGES_MAX];
	size_t n_changes;
	int fds[FDS_MAX];
	unsigned int calls, die_at, fail_at, fail_count;
	int error;
	bool watching, dead, failed;
	uint64_t random;
} disk;

int __real_open64(const char *path, int flags, ...);
int __real_openat64(int dir_fd, const char *path, int flags, ...);
int __real_close(int fd);
ssize_t __real_read(int fd, void *data, size_t len);
ssize_t __real_write(int fd, const void *data, size_t len);
int __real_fsync(int fd);
int __real_renameat(int from_fd, const char *from, int to_fd, const char *to);
int __real_unlinkat(int dir_fd, const char *path, int flags);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_openat64(int dir_fd, const char *path, int flags, ...);
int __wrap_close(int fd);
ssize_t __wrap_read(int fd, void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len);
int __wrap_fsync(int fd);
int __wrap_renameat(int from_fd, const char *from, int to_fd, const char *to);
int __wrap_unlinkat(int dir_fd, const char *path, int flags);

void disk_seed(uint64_t seed)
{
	disk.random = seed * 2654435761 + 1;
}

unsigned int disk_random(unsigned int below)
{
	disk.random = disk.random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned int)(disk.random >> 33) % below;
}

static void contents_set(struct contents *contents, const char *data, size_t len)
{
	char *copy = malloc(len + 1);

	if (!copy)
		abort();
	if (len > 0)
		memcpy(copy, data, len);
	free(contents->data);
	*contents = (struct contents){ copy, len };
}

static void contents_append(struct contents *contents, const char *data, size_t len)
{
	char *grown = realloc(contents->data, contents->len + len + 1);

	if (!grown)
		abort();
	memcpy(grown + contents->len, data, len);
	*contents = (struct contents){ grown, contents->len + len };
}

static int *find_name(struct names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->items[i].name, name) == 0)
			return &names->items[i].node;
	return NULL;
}

static int node_of(struct names *names, const char *name)
{
	const int *node = find_name(names, name);

	return node ? *node : NOTHING;
}

static void set_name(struct names *names, const char *name, int node)
{
	int *found = find_name(names, name);

	if (!found) {
		if (names->count == NAMES_MAX)
			abort();
		snprintf(names->items[names->count].name, NAME_MAX + 1, "%s", name);
		found = &names->items[names->count++].node;
	}
	*found = node;
}

static void change_name(const char *name, int node, bool follows)
{
	struct change *change = &disk.changes[disk.n_changes++];

	if (disk.n_changes == CHANGES_MAX)
		abort();
	set_name(&disk.now, name, node);
	snprintf(change->name, sizeof(change->name), "%s", name);
	change->node = node;
	change->follows = follows;
}

void disk_start(const char *dir)
{
	snprintf(disk.dir, sizeof(disk.dir), "%s", dir);
	disk.calls = disk.die_at = disk.fail_at = 0;
	disk.dead = disk.failed = false;
	disk.watching = true;
	for (size_t i = 0; i < FDS_MAX; i++)
		disk.fds[i] = NOTHING;
}

void disk_stop(void)
{
	for (int i = 0; i < disk.n_nodes; i++) {
		free(disk.nodes[i].now.data);
		free(disk.nodes[i].synced.data);
		disk.nodes[i] = (struct node){ 0 };
	}
	disk.n_nodes = 0;
	disk.n_changes = disk.now.count = disk.synced.count = 0;
	disk.watching = false;
}

unsigned int disk_calls(void)
{
	return disk.calls;
}

void disk_die_at(unsigned int at)
{
	disk.die_at = at;
}

bool disk_is_dead(void)
{
	return disk.dead;
}

void disk_revive(void)
{
	disk.dead = false;
	disk.die_at = 0;
}

void disk_fail_at(unsigned int at, unsigned int count, int error)
{
	disk.fail_at = at;
	disk.fail_count = count;
	disk.error = error;
}

bool disk_has_failed(void)
{
	return disk.failed;
}

/* Counts a call; false: it has to fail, errno says how. */
static bool goes_on(void)
{
	unsigned int call = ++disk.calls;

	if (disk.die_at && call >= disk.die_at)
		disk.dead = true;
	if (disk.dead) {
		errno = EIO;
		return false;
	}
	if (disk.fail_at && call >= disk.fail_at && call - disk.fail_at < disk.fail_count) {
		disk.failed = true;
		errno = disk.error;
		return false;
	}
	return true;
}

static int what_is(int fd)
{
	return disk.watching && fd >= 0 && fd < FDS_MAX ? disk.fds[fd] : NOTHING;
}

static int remember(int fd, int what)
{
	if (fd >= FDS_MAX)
		abort();
	if (fd >= 0)
		disk.fds[fd] = what;
	return fd;
}

int __wrap_open64(const char *path, int flags, ...)
{
	va_list arguments;
	int mode;

	va_start(arguments, flags);
	mode = flags & O_CREAT ? va_arg(arguments, int) : 0;
	va_end(arguments);
	if (!disk.watching || strcmp(path, disk.dir) != 0)
		return __real_open64(path, flags, mode);
	return goes_on() ? remember(__real_open64(path, flags), THE_DIRECTORY) : -1;
}

static int open_node(const char *path, int flags)
{
	int node = node_of(&disk.now, path);

	if (node == NOTHING && flags & O_CREAT) {
		node = disk.n_nodes++;
		if (node == NODES_MAX)
			abort();
		change_name(path, node, false);
	}
	if (node != NOTHING && flags & O_TRUNC) {
		disk.nodes[node].now.len = 0;
		disk.nodes[node].broken = false;
	}
	return node;
}

int __wrap_openat64(int dir_fd, const char *path, int flags, ...)
{
	va_list arguments;
	int fd, mode;

	va_start(arguments, flags);
	mode = flags & O_CREAT ? va_arg(arguments, int) : 0;
	va_end(arguments);
	if (what_is(dir_fd) != THE_DIRECTORY)
		return __real_openat64(dir_fd, path, flags, mode);
	if (!goes_on())
		return -1;
	fd = __real_openat64(dir_fd, path, flags, mode);
	if (fd < 0)
		return fd;
	return remember(fd, strcmp(path, ".") == 0 ? NOTHING : open_node(path, flags));
}

int __wrap_close(int fd)
{
	if (what_is(fd) != NOTHING)
		disk.fds[fd] = NOTHING;
	return __real_close(fd);
}

ssize_t __wrap_read(int fd, void *data, size_t len)
{
	if (what_is(fd) < 0)
		return __real_read(fd, data, len);
	/* Less than was asked for, as read() may. */
	return goes_on() ? __real_read(fd, data, len > 100 ? len - 100 : len) : -1;
}

/* One that fails may have written some; one that does not, too. */
ssize_t __wrap_write(int fd, const void *data, size_t len)
{
	int node = what_is(fd);
	bool dead = disk.dead;
	bool good;

	if (node < 0)
		return __real_write(fd, data, len);
	good = goes_on();
	if (dead)
		return -1;
	if (!good || len > 1000) {
		int error = errno;

		len = disk_random((unsigned int)len + 1);
		errno = error;
	}
	contents_append(&disk.nodes[node].now, data, len);
	if (len > 0 && __real_write(fd, data, len) != (ssize_t)len)
		abort();
	if (good && len == 0) {
		errno = EINTR;
		return -1;
	}
	return good ? (ssize_t)len : -1;
}

/* Names that were changed are no other change any more. */
static void sync_names(void)
{
	disk.synced = disk.now;
	disk.n_changes = 0;
}

int __wrap_fsync(int fd)
{
	int what = what_is(fd);

	if (what == NOTHING)
		return __real_fsync(fd);
	if (!goes_on()) {
		if (what >= 0)
			disk.nodes[what].broken = true;
		return -1;
	}
	if (what == THE_DIRECTORY)
		sync_names();
	else if (!disk.nodes[what].broken)
		contents_set(&disk.nodes[what].synced, disk.nodes[what].now.data, disk.nodes[what].now.len);
	return 0;
}

int __wrap_renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	if (what_is(from_fd) != THE_DIRECTORY)
		return __real_renameat(from_fd, from, to_fd, to);
	if (!goes_on() || __real_renameat(from_fd, from, to_fd, to) < 0)
		return -1;
	change_name(to, node_of(&disk.now, from), false);
	change_name(from, NOTHING, true);
	return 0;
}

int __wrap_unlinkat(int dir_fd, const char *path, int flags)
{
	if (what_is(dir_fd) != THE_DIRECTORY)
		return __real_unlinkat(dir_fd, path, flags);
	if (!goes_on() || __real_unlinkat(dir_fd, path, flags) < 0)
		return -1;
	change_name(path, NOTHING, false);
	return 0;
}

/* Data that was not synced: not there, all there, its first part, with holes of zeros, nothing but zeros. */
static void lose_data(struct node *node)
{
	struct contents left = { 0 };
	bool differs = node->now.len != node->synced.len ||
		       (node->now.len > 0 && memcmp(node->now.data, node->synced.data, node->now.len) != 0);

	contents_set(&left, node->now.data, node->now.len);
	switch (differs ? disk_random(5) : 1) {
	case 0:
		contents_set(&left, node->synced.data, node->synced.len);
		break;
	case 1:
		break;
	case 2:
		left.len = disk_random((unsigned int)left.len + 1);
		break;
	case 3:
		for (size_t at = 0; at < left.len; at += PAGE)
			if (disk_random(2))
				memset(left.data + at, 0, left.len - at < PAGE ? left.len - at : PAGE);
		break;
	default:
		memset(left.data, 0, left.len);
	}
	contents_set(&node->now, left.data, left.len);
	contents_set(&node->synced, left.data, left.len);
	free(left.data);
}

static void lose_names(void)
{
	bool took = false;

	for (size_t i = 0; i < disk.n_changes; i++) {
		const struct change *change = &disk.changes[i];

		took = change->follows ? took && disk_random(4) > 0 : disk_random(2) > 0;
		if (took)
			set_name(&disk.synced, change->name, change->node);
	}
	disk.now = disk.synced;
	disk.n_changes = 0;
}

static void empty_directory(int dir_fd)
{
	DIR *dir = opendir(disk.dir);
	const struct dirent *entry;

	if (!dir)
		abort();
	while ((entry = readdir(dir)))
		if (*entry->d_name != '.')
			__real_unlinkat(dir_fd, entry->d_name, 0);
	closedir(dir);
}

static void write_node(int dir_fd, const char *name, const struct contents *contents)
{
	int fd = __real_openat64(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 || __real_write(fd, contents->data, contents->len) != (ssize_t)contents->len)
		abort();
	__real_close(fd);
}

void disk_lose(void)
{
	int dir_fd = __real_open64(disk.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (int i = 0; i < disk.n_nodes; i++)
		lose_data(&disk.nodes[i]);
	lose_names();
	empty_directory(dir_fd);
	for (size_t i = 0; i < disk.now.count; i++)
		if (disk.now.items[i].node != NOTHING)
			write_node(dir_fd, disk.now.items[i].name, &disk.nodes[disk.now.items[i].node].now);
	__real_close(dir_fd);
}
