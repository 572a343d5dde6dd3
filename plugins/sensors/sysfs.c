/* SPDX-License-Identifier: Apache-2.0 */
#include "sysfs.h"

#include <dirent.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <unistd.h>

#include "sensor.h"

static const char *path_of(const char *folder, const char *name, char ret[SYSFS_PATH])
{
	int n = snprintf(ret, SYSFS_PATH, "%s/%s", folder, name);

	return n < SYSFS_PATH ? ret : "";
}

bool sysfs_line(const char *folder, const char *name, char *ret, size_t size)
{
	char path[SYSFS_PATH];
	FILE *file = fopen(path_of(folder, name, path), "re");
	bool ok;

	ret[0] = 0;
	if (!file)
		return false;
	ok = fgets(ret, (int)size, file) != NULL;
	fclose(file);
	ret[ok ? strcspn(ret, "\n") : 0] = 0;
	return ret[0];
}

bool sysfs_link(const char *folder, const char *name, char *ret, size_t size)
{
	char path[SYSFS_PATH], target[SYSFS_PATH];
	const char *last;
	ssize_t len = readlink(path_of(folder, name, path), target, sizeof(target) - 1);

	ret[0] = 0;
	if (len < 0)
		return false;
	target[len] = 0;
	last = strrchr(target, '/');
	snprintf(ret, size, "%s", last ? last + 1 : target);
	return true;
}

int sysfs_number(const char *folder, const char *name, double *ret)
{
	char path[SYSFS_PATH];

	return lw_sysfs_read(path_of(folder, name, path), 1, ret);
}

bool sysfs_has(const char *folder, const char *name)
{
	char path[SYSFS_PATH];

	return access(path_of(folder, name, path), F_OK) == 0;
}

static int compare_names(const void *a, const void *b)
{
	return strverscmp(*(const char *const *)a, *(const char *const *)b);
}

size_t sysfs_list(const char *folder, const char *pattern, char *ret[SYSFS_FILES])
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	size_t n = 0;

	if (!dir)
		return 0;
	while (n < SYSFS_FILES && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && fnmatch(pattern, entry->d_name, FNM_EXTMATCH) == 0 &&
			(ret[n] = strdup(entry->d_name)))
			n++;
	closedir(dir);
	qsort(ret, n, sizeof(*ret), compare_names);
	return n;
}
