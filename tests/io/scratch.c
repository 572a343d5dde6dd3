/* SPDX-License-Identifier: Apache-2.0 */
#include "scratch.h"

#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[PATH_MAX];

int scratch_setup(void **state)
{
	const char *tmp = getenv("TMPDIR");
	char *directory;

	if (asprintf(&directory, "%s/lwm2m-test-XXXXXX", tmp ? tmp : "/tmp") < 0)
		return -1;
	*state = mkdtemp(directory);
	return *state ? 0 : -1;
}

static int remove_one(const char *name, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(name);
}

int scratch_teardown(void **state)
{
	int r = nftw(*state, remove_one, 16, FTW_DEPTH | FTW_PHYS);

	free(*state);
	return r;
}

const char *scratch_path(const char *directory, const char *name)
{
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

const char *scratch_write_bytes(const char *directory, const char *name, const void *data, size_t len)
{
	FILE *stream;

	scratch_path(directory, name);
	for (char *slash = path + strlen(directory) + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = '\0';
		mkdir(path, 0755);
	}
	stream = fopen(path, "we");
	if (!stream || fwrite(data, 1, len, stream) != len || fclose(stream) != 0)
		abort();
	return path;
}

const char *scratch_write(const char *directory, const char *name, const char *text)
{
	return scratch_write_bytes(directory, name, text, strlen(text));
}
