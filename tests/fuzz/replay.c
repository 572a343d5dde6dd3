/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target over the files of a directory, and over each of their beginnings. */
#include <dirent.h>
#include <errno.h>

#include "base/cleanup.h"
#include "fuzz.h"

/* Longer files are run whole only: the beginnings would be too many. */
#define BEGINNINGS_MAX 4096

static void closedirp(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}

/* In memory of just that size, so that a sanitizer sees a read past the end. */
static void run(const uint8_t *data, size_t len)
{
	_cleanup_(freep) uint8_t *copy = malloc(len);

	CHECK(copy || len == 0);
	if (len > 0)
		memcpy(copy, data, len);
	LLVMFuzzerTestOneInput(copy, len);
}

static int run_file(const char *directory, const char *name)
{
	_cleanup_(freep) char *path = NULL;
	_cleanup_(fclosep) FILE *file = NULL;
	static uint8_t data[1 << 20];
	size_t len;

	if (asprintf(&path, "%s/%s", directory, name) < 0)
		return -ENOMEM;
	file = fopen(path, "re");
	if (!file)
		return -errno;
	len = fread(data, 1, sizeof(data), file);
	if (ferror(file))
		return -EIO;
	for (size_t n = len <= BEGINNINGS_MAX ? 0 : len; n <= len; n++)
		run(data, n);
	return 0;
}

int main(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : ".";
	_cleanup_(closedirp) DIR *directory = opendir(path);
	unsigned int count = 0;
	struct dirent *entry;

	if (!directory) {
		fprintf(stderr, "Cannot open corpus %s: %s\n", path, strerror(errno));
		return 1;
	}
	while ((entry = readdir(directory))) {
		int r = entry->d_name[0] == '.' ? 0 : run_file(path, entry->d_name);

		if (r < 0) {
			fprintf(stderr, "Cannot read %s/%s: %s\n", path, entry->d_name, strerror(-r));
			return 1;
		}
		count += entry->d_name[0] != '.';
	}
	printf("%u files of %s\n", count, path);
	return count > 0 ? 0 : 1;
}
