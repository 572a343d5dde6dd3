/* SPDX-License-Identifier: Apache-2.0 */
#include "diagnose-files.h"

#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "build.h"
#include "redact.h"
#include "times.h"

#define PATH_BYTES 4096

/* The agent's --config; ENVIRONMENT of lwm2mctl(1). */
static const char *config_file(void)
{
	const char *file = getenv("LWM2M_CONFIG");

	return file && *file ? file : BUILD_SYSCONFDIR "/lwm2m-agent/agent.conf";
}

void diagnose_copy_text(const char *path, FILE *to)
{
	_cleanup_(fclosep) FILE *from = fopen(path, "re");
	char line[1024];

	if (!from)
		fprintf(to, "(%s cannot be read: %s)\n", path, strerror(errno));
	while (from && fgets(line, sizeof(line), from))
		fputs(line, to);
}

/* A file of the configuration as config/NAME. */
static void add_configuration(struct bundle *bundle, const char *path, const char *name)
{
	_cleanup_(fclosep) FILE *from = fopen(path, "re"), *to = NULL;
	int error = errno;

	to = bundle_add(bundle, name);
	if (!to)
		return;
	fprintf(to, "; %s\n", path);
	if (from)
		redact_file(from, to);
	else
		fprintf(to, "(cannot be read: %s)\n", strerror(error));
}

static int is_conf(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 5 && strcmp(entry->d_name + len - 5, ".conf") == 0;
}

static void add_configurations(struct bundle *bundle, const char *folder, const char *below)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, is_conf, alphasort);

	for (int i = 0; i < n; i++) {
		char path[PATH_BYTES], name[512];

		snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		snprintf(name, sizeof(name), "%s/%s", below, entries[i]->d_name);
		add_configuration(bundle, path, name);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

static bool list_entry_of(const char *folder, const char *name, FILE *to)
{
	char path[PATH_BYTES], time[TIMES_MAX];
	const struct passwd *user;
	const struct group *group;
	const char *changed;
	struct stat st;

	snprintf(path, sizeof(path), "%s%s%s", folder, *name ? "/" : "", name);
	if (lstat(path, &st) < 0) {
		fprintf(to, "%s: %s\n", path, strerror(errno));
		return false;
	}
	user = getpwuid(st.st_uid);
	group = getgrgid(st.st_gid);
	changed = times_rfc3339((usec_t)st.st_mtim.tv_sec * USEC_PER_SEC, time);
	fprintf(to, "%06o %s:%s %8lld %s %s\n", st.st_mode, user ? user->pw_name : "?",
		group ? group->gr_name : "?", (long long)st.st_size, changed ? changed : "-", path);
	return true;
}

static int is_entry(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

/* The folder and what is in it, not deeper. */
static void list_folder(const char *folder, FILE *to)
{
	struct dirent **entries;
	int n;

	if (!list_entry_of(folder, "", to))
		return;
	n = scandir(folder, &entries, is_entry, alphasort);
	if (n < 0)
		fprintf(to, "(%s cannot be read: %s)\n", folder, strerror(errno));
	for (int i = 0; i < n; i++) {
		(void)list_entry_of(folder, entries[i]->d_name, to);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

void diagnose_add_files(struct bundle *bundle)
{
	_cleanup_(fclosep) FILE *list = NULL;
	const char *config = config_file(), *slash = strrchr(config, '/');
	char folder[PATH_BYTES - 256], below[PATH_BYTES];

	add_configuration(bundle, config, "config/agent.conf");
	snprintf(below, sizeof(below), "%s.d", config);
	add_configurations(bundle, below, "config/agent.conf.d");
	snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - config) : 1, slash ? config : ".");
	snprintf(below, sizeof(below), "%s/plugins.d", folder);
	add_configurations(bundle, below, "config/plugins.d");

	list = bundle_add(bundle, "files.txt");
	if (!list)
		return;
	list_folder(folder, list);
	snprintf(below, sizeof(below), "%s/plugins.d", folder);
	list_folder(below, list);
	list_folder(BUILD_STATEDIR "/lwm2m-agent", list);
	list_folder(BUILD_PLUGINDIR, list);
}
