/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/cleanup.h"

extern char **environ;

static const struct {
	const char *suffix, *option; /* of tar */
} kinds[] = {
	{ ".tar.gz", "--gzip" },
	{ ".tgz", "--gzip" },
	{ ".tar.zst", "--zstd" },
	{ ".tar", "--no-auto-compress" },
};

int bundle_init(struct bundle *bundle, const char *name)
{
	_cleanup_(freep) char *inner = NULL;
	const char *tmp = getenv("TMPDIR");

	*bundle = (struct bundle){ .name = strdup(name) };
	if (!bundle->name || asprintf(&bundle->folder, "%s/lwm2mctl.XXXXXX", tmp && *tmp ? tmp : "/tmp") < 0)
		return -ENOMEM;
	if (!mkdtemp(bundle->folder)) {
		free(bundle->folder);
		bundle->folder = NULL;
		return -errno;
	}
	if (asprintf(&inner, "%s/%s", bundle->folder, name) < 0)
		return -ENOMEM;
	return mkdir(inner, 0700) < 0 ? -errno : 0;
}

static int on_entry(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
	(void)remove(path);
	return 0;
}

void bundle_deinit(struct bundle *bundle)
{
	if (bundle->folder)
		(void)nftw(bundle->folder, on_entry, 8, FTW_DEPTH | FTW_PHYS);
	free(bundle->folder);
	free(bundle->name);
}

FILE *bundle_add(struct bundle *bundle, const char *file)
{
	_cleanup_(freep) char *path = NULL;
	const char *slash = strrchr(file, '/');

	if (slash) {
		if (asprintf(&path, "%s/%s/%.*s", bundle->folder, bundle->name, (int)(slash - file), file) <
			0)
			return NULL;
		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			return NULL;
		free(steal_pointer(&path));
	}
	if (asprintf(&path, "%s/%s/%s", bundle->folder, bundle->name, file) < 0)
		return NULL;
	return fopen(path, "wxe");
}

/* The exit status, or -errno. */
static int run(const char *const argv[], int out, int err)
{
	posix_spawn_file_actions_t actions;
	int r = posix_spawn_file_actions_init(&actions), status;
	pid_t pid;

	if (r != 0)
		return -r;
	r = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
	if (r == 0)
		r = posix_spawnp(&pid, argv[0], &actions, NULL, (char *const *)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (r != 0)
		return -r;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -EPROTO;
}

void bundle_add_command(FILE *file, const char *const argv[])
{
	int r;

	fputc('$', file);
	for (size_t i = 0; argv[i]; i++)
		fprintf(file, " %s", argv[i]);
	fputc('\n', file);
	fflush(file);
	r = run(argv, fileno(file), fileno(file));
	(void)fseek(file, 0, SEEK_END);
	if (r < 0)
		fprintf(file, "(cannot be run: %s)\n", strerror(-r));
	else if (r > 0)
		fprintf(file, "(exit status %d)\n", r);
	fputc('\n', file);
}

static const char *option_of(const char *archive)
{
	size_t len = strlen(archive);

	for (size_t i = 0; i < ELEMENTSOF(kinds); i++) {
		size_t n = strlen(kinds[i].suffix);

		if (len > n && strcmp(archive + len - n, kinds[i].suffix) == 0)
			return kinds[i].option;
	}
	return NULL;
}

int bundle_check_name(const char *archive)
{
	struct stat st;

	if (!option_of(archive))
		return -EINVAL;
	return lstat(archive, &st) == 0 ? -EEXIST : 0;
}

int bundle_pack(const struct bundle *bundle, const char *archive)
{
	const char *const argv[] = { "tar", "--create", option_of(archive), "--file=-", "--owner=root:0",
		"--group=root:0", "--sort=name", "--directory", bundle->folder, bundle->name, NULL };
	_cleanup_(closep) int fd = open(archive, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r;

	if (fd < 0)
		return -errno;
	r = run(argv, fd, STDERR_FILENO);
	if (r == 0 && fsync(fd) < 0 && errno != EINVAL)
		r = -errno;
	if (r != 0)
		(void)unlink(archive);
	return r > 0 ? -EPROTO : r;
}
