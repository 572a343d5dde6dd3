/* SPDX-License-Identifier: Apache-2.0 */
#include "psk.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>

#include "base/log.h"
#include "base/utf8.h"

#define FILE_NAME "psk"
#define FILE_NEW  "psk.new"
#define FILE_LOCK "psk.lock"
#define HEADER    "# lwm2m-server keys, format 1: endpoint, identity, key in hexadecimal; tabs between\n"

static void entry_deinit(struct psk_entry *entry)
{
	explicit_bzero(entry->key, sizeof(entry->key));
	free(entry->endpoint);
	free(entry->identity);
}

/* The last one takes its place. */
static void drop(struct psk *psk, struct psk_entry *entry)
{
	struct psk_entry *last = &psk->entries[--psk->count];

	entry_deinit(entry);
	if (entry != last)
		*entry = *last;
	explicit_bzero(last, sizeof(*last));
}

static void clear(struct psk *psk)
{
	for (size_t i = 0; i < psk->count; i++)
		entry_deinit(&psk->entries[i]);
	psk->count = 0;
}

struct psk *psk_free(struct psk *psk)
{
	if (!psk)
		return NULL;
	clear(psk);
	free(psk->entries);
	free(psk->dir);
	free(psk);
	return NULL;
}

static const char *path_of(const struct psk *psk, const char *file, char ret[4096])
{
	snprintf(ret, 4096, "%s/%s", psk->dir, file);
	return ret;
}

static bool is_name(const char *text, size_t max)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return false;
	return len > 0 && len <= max && text[0] != '#' && utf8_valid(bytes_of(text));
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' :
	       c >= 'a' && c <= 'f' ? c - 'a' + 10 :
	       c >= 'A' && c <= 'F' ? c - 'A' + 10 :
				      -1;
}

static int parse_key(const char *text, struct psk_entry *entry)
{
	size_t len = strlen(text);

	if (len % 2 != 0 || len / 2 < PSK_KEY_MIN || len / 2 > PSK_KEY_MAX)
		return -EINVAL;
	for (size_t i = 0; i < len / 2; i++) {
		int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return -EINVAL;
		entry->key[i] = (uint8_t)(high << 4 | low);
	}
	entry->key_len = len / 2;
	return 0;
}

static int append(struct psk *psk, const char *endpoint, const char *identity, const struct psk_entry *key)
{
	struct psk_entry entry = *key;

	if (psk->count == PSK_ENTRIES_MAX)
		return -ENOSPC;
	if (psk->count == psk->allocated) {
		size_t allocated = psk->allocated ? 2 * psk->allocated : 8;
		struct psk_entry *entries = calloc(allocated, sizeof(*entries));

		if (!entries)
			return -ENOMEM;
		if (psk->count > 0) {
			memcpy(entries, psk->entries, psk->count * sizeof(*entries));
			explicit_bzero(psk->entries, psk->count * sizeof(*entries));
		}
		free(psk->entries);
		psk->entries = entries;
		psk->allocated = allocated;
	}
	entry.endpoint = strdup(endpoint);
	entry.identity = strdup(identity);
	if (!entry.endpoint || !entry.identity) {
		entry_deinit(&entry);
		return -ENOMEM;
	}
	psk->entries[psk->count++] = entry;
	explicit_bzero(&entry, sizeof(entry));
	return 0;
}

static struct psk_entry *find(const struct psk *psk, struct bytes text, bool identity)
{
	for (size_t i = 0; i < psk->count; i++) {
		struct psk_entry *entry = &psk->entries[i];

		if (bytes_equal(bytes_of(identity ? entry->identity : entry->endpoint), text))
			return entry;
	}
	return NULL;
}

static int take_line(struct psk *psk, char *line)
{
	char *identity, *key, *end;
	struct psk_entry entry = { 0 };
	int r;

	line[strcspn(line, "\r\n")] = '\0';
	if (line[0] == '\0' || line[0] == '#')
		return 0;
	identity = strchr(line, '\t');
	key = identity ? strchr(identity + 1, '\t') : NULL;
	if (!key)
		return -EBADMSG;
	*identity++ = *key++ = '\0';
	end = key + strcspn(key, "\t ");
	*end = '\0';
	if (!is_name(line, PSK_ENDPOINT_MAX) || !is_name(identity, PSK_IDENTITY_MAX) ||
		parse_key(key, &entry) < 0 || find(psk, bytes_of(line), false) ||
		find(psk, bytes_of(identity), true))
		return -EBADMSG;
	r = append(psk, line, identity, &entry);
	explicit_bzero(&entry, sizeof(entry));
	return r;
}

static int take_lines(struct psk *psk, FILE *file, const char *path)
{
	_cleanup_(freep) char *line = NULL;
	size_t size = 0;
	int r = 0;

	for (unsigned int number = 1; r >= 0 && getline(&line, &size, file) >= 0; number++) {
		r = take_line(psk, line);
		explicit_bzero(line, size);
		if (r == -EBADMSG)
			log_error("%s:%u: not ENDPOINT, IDENTITY and KEY with tabs between, or one of them a "
				  "second time",
				path, number);
	}
	return r;
}

static int load(struct psk *psk)
{
	_cleanup_(fclosep) FILE *file = NULL;
	struct psk fresh = { .dir = psk->dir };
	char path[4096], buffer[4096];
	int r = 0;

	file = fopen(path_of(psk, FILE_NAME, path), "re");
	if (!file && errno != ENOENT)
		return log_error_errno(errno, "Cannot read %s: %m", path);
	if (file) {
		if (fstat(fileno(file), &fresh.seen) < 0)
			return log_error_errno(errno, "Cannot read %s: %m", path);
		if (fresh.seen.st_mode & 077)
			log_warning("%s is open to others than its owner: chmod 600 it", path);
		setvbuf(file, buffer, _IOFBF, sizeof(buffer)); /* one of ours, to wipe */
		r = take_lines(&fresh, file, path);
	}
	explicit_bzero(buffer, sizeof(buffer));
	if (r < 0) {
		clear(&fresh);
		free(fresh.entries);
		return r;
	}
	clear(psk);
	free(psk->entries);
	*psk = fresh;
	return 0;
}

static bool is_seen(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	       a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* What cannot be read leaves the keys as they were, and is tried, and said, again when the file changes. */
static void refresh(struct psk *psk)
{
	struct stat now = { 0 };
	char path[4096];

	if (stat(path_of(psk, FILE_NAME, path), &now) < 0 && errno != ENOENT)
		return;
	if (is_seen(&now, &psk->seen))
		return;
	if (load(psk) < 0) {
		log_warning("Going on with the keys of before");
		psk->seen = now;
	}
}

int psk_open(const char *dir, struct psk **ret)
{
	_cleanup_(psk_freep) struct psk *psk = calloc(1, sizeof(*psk));
	int r;

	if (!psk)
		return -ENOMEM;
	psk->dir = strdup(dir);
	if (!psk->dir)
		return -ENOMEM;
	r = load(psk);
	if (r < 0)
		return r;
	*ret = steal_pointer(&psk);
	return 0;
}

const struct psk_entry *psk_find_identity(struct psk *psk, struct bytes identity)
{
	refresh(psk);
	return find(psk, identity, true);
}

const struct psk_entry *psk_find_endpoint(struct psk *psk, struct bytes endpoint)
{
	refresh(psk);
	return find(psk, endpoint, false);
}

static int write_entries(const struct psk *psk, FILE *file)
{
	fputs(HEADER, file);
	for (size_t i = 0; i < psk->count; i++) {
		fprintf(file, "%s\t%s\t", psk->entries[i].endpoint, psk->entries[i].identity);
		for (size_t k = 0; k < psk->entries[i].key_len; k++)
			fprintf(file, "%02x", psk->entries[i].key[k]);
		fputc('\n', file);
	}
	if (fflush(file) != 0 || ferror(file) || fsync(fileno(file)) < 0)
		return errno ? -errno : -EIO;
	return 0;
}

static void sync_dir(const char *dir)
{
	_cleanup_(closep) int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		(void)fsync(fd);
}

static int write_file(struct psk *psk)
{
	_cleanup_(fclosep) FILE *file = NULL;
	char path[4096], new[4096];
	int fd, r;

	(void)path_of(psk, FILE_NAME, path);
	fd = open(path_of(psk, FILE_NEW, new), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!file)
		return log_error_errno(errno, "Cannot write %s: %m", new);
	r = fchmod(fd, 0600) < 0 ? -errno : write_entries(psk, file);
	if (r == 0 && rename(new, path) < 0)
		r = -errno;
	if (r < 0) {
		(void)unlink(new);
		return log_error_errno(r, "Cannot keep the keys in %s: %m", path);
	}
	sync_dir(psk->dir);
	return fstat(fd, &psk->seen) < 0 ? -errno : 0;
}

/* What could not be kept does not hold: the next look-up reads the file again. */
static int save(struct psk *psk)
{
	int r = write_file(psk);

	if (r < 0)
		psk->seen.st_ino = (ino_t)-1;
	return r;
}

/* Holds the lock until the descriptor is closed; looks at the file again under it. */
static int lock(struct psk *psk)
{
	_cleanup_(closep) int fd = -1;
	char path[4096];
	int r;

	fd = open(path_of(psk, FILE_LOCK, path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || flock(fd, LOCK_EX) < 0)
		return log_error_errno(errno, "Cannot lock %s: %m", path);
	r = load(psk);
	return r < 0 ? r : steal_fd(&fd);
}

static int check(const char *endpoint, const char *identity, const char *key, struct psk_entry *ret)
{
	if (!is_name(endpoint, PSK_ENDPOINT_MAX))
		log_error(
			"\"%s\" cannot be an endpoint: 1 to %d bytes without control characters, no # first",
			endpoint, PSK_ENDPOINT_MAX);
	else if (!is_name(identity, PSK_IDENTITY_MAX))
		log_error(
			"\"%s\" cannot be an identity: 1 to %d bytes without control characters, no # first",
			identity, PSK_IDENTITY_MAX);
	else if (parse_key(key, ret) < 0)
		log_error("The key has to be %d to %d hexadecimal digits, an even number of them",
			2 * PSK_KEY_MIN, 2 * PSK_KEY_MAX);
	else
		return 0;
	return -EINVAL;
}

int psk_add(struct psk *psk, const char *endpoint, const char *identity, const char *key)
{
	_cleanup_(closep) int fd = -1;
	struct psk_entry entry = { 0 }, *old, *other;
	int r = check(endpoint, identity, key, &entry);

	if (r < 0)
		return r;
	fd = lock(psk);
	if (fd < 0)
		return fd;
	old = find(psk, bytes_of(endpoint), false);
	other = find(psk, bytes_of(identity), true);
	if (other && other != old) {
		log_error("The identity \"%s\" is the endpoint %s's already", identity, other->endpoint);
		return -EEXIST;
	}
	if (old)
		drop(psk, old);
	r = append(psk, endpoint, identity, &entry);
	explicit_bzero(&entry, sizeof(entry));
	if (r >= 0)
		r = save(psk);
	return r < 0 ? r : old != NULL;
}

int psk_remove(struct psk *psk, const char *endpoint)
{
	_cleanup_(closep) int fd = lock(psk);
	struct psk_entry *entry;

	if (fd < 0)
		return fd;
	entry = find(psk, bytes_of(endpoint), false);
	if (!entry)
		return -ENOENT;
	drop(psk, entry);
	return save(psk);
}
