/* SPDX-License-Identifier: Apache-2.0 */
#include "diagnose.h"

#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "build.h"
#include "bundle.h"
#include "connection.h"
#include "diagnose-files.h"
#include "json.h"
#include "manage.h"
#include "objects.h"
#include "plugins.h"
#include "servers.h"
#include "status.h"
#include "times.h"
#include "update.h"

#define NAME_MAX_BYTES 128

static const char about[] =
	"A bundle of 'lwm2mctl diagnose', for whoever is to help with lwm2m-agent.\n"
	"\n"
	"  status.*, servers.txt    the registrations\n"
	"  objects.txt              what this machine offers, without values\n"
	"  plugins.txt, update.txt  plugins and updates\n"
	"  versions.txt             agent, packages, kernel, system\n"
	"  unit.txt, journal.txt    the service, and the last lines of its log\n"
	"  config/                  the configuration; a value that is not known to be\n"
	"                           harmless is '(left out)', comments are gone\n"
	"  files.txt                names, owners and sizes of its files\n"
	"\n"
	"There are no keys in it and no identities. Names of hosts and servers are: look\n"
	"through it before you publish it.\n";

static const struct {
	const char *file;
	int (*run)(struct ctl *ctl, size_t argc, char **argv);
	bool json;
} verbs[] = {
	{ "status.txt", status_show },
	{ "status.json", status_show, true },
	{ "servers.txt", servers_show },
	{ "objects.txt", objects_show },
	{ "plugins.txt", plugins_run },
	{ "update.txt", update_show },
};

/* Each as its verb shows it; what fails is said in the file. */
static void add_verbs(const struct ctl *ctl, struct bundle *bundle)
{
	for (size_t i = 0; i < ELEMENTSOF(verbs); i++) {
		_cleanup_(fclosep) FILE *file = bundle_add(bundle, verbs[i].file);
		struct ctl own = *ctl;
		int r;

		if (!file)
			continue;
		own.out = own.err = file;
		own.json = verbs[i].json;
		screen_init_plain(&own.screen);
		r = verbs[i].run(&own, 0, NULL);
		if (r < 0)
			fprintf(file, "%s\n", strerror(-r));
	}
}

static void add_versions(struct ctl *ctl, struct bundle *bundle)
{
	static const char *const packages[] = { "dpkg-query", "--show", "--showformat",
		"${db:Status-Abbrev} ${Package} ${Version} ${Architecture}\\n", "lwm2m-*", "systemd", "dbus*",
		"polkitd", NULL };
	_cleanup_(fclosep) FILE *file = bundle_add(bundle, "versions.txt");
	struct ctl own = *ctl;
	struct utsname name;

	if (!file)
		return;
	own.out = own.err = file;
	own.json = false;
	(void)manage_version(&own, 0, NULL);
	if (uname(&name) == 0)
		fprintf(file, "%s %s %s\n", name.sysname, name.release, name.machine);
	diagnose_copy_text("/etc/os-release", file);
	bundle_add_command(file, packages);
}

static void add_unit(struct bundle *bundle)
{
	static const char *const status[] = { "systemctl", "status", "--no-pager", "--full", "--lines=0",
		"lwm2m-agent.service", NULL };
	static const char *const show[] = { "systemctl", "show",
		"--property=LoadState,ActiveState,SubState,Result,NRestarts,ExecMainStatus,ExecMainStartTimestamp,"
		"ConditionResult,StatusText,FragmentPath,DropInPaths,User,MemoryCurrent,TasksCurrent,WatchdogUSec",
		"lwm2m-agent.service", NULL };
	static const char *const journal[] = { "journalctl", "--unit=lwm2m-agent.service", "--no-pager",
		"--lines=2000", "--output=short-iso", NULL };
	_cleanup_(fclosep) FILE *unit = bundle_add(bundle, "unit.txt"),
				*log = bundle_add(bundle, "journal.txt");

	if (unit) {
		bundle_add_command(unit, status);
		bundle_add_command(unit, show);
	}
	if (log)
		bundle_add_command(log, journal);
}

static void default_name(char name[NAME_MAX_BYTES])
{
	usec_t now = times_now();
	time_t seconds = (time_t)(now / USEC_PER_SEC);
	char time[32] = "", host[64] = "";
	struct tm tm;

	if (gethostname(host, sizeof(host) - 1) < 0 || !*host || strchr(host, '/'))
		strcpy(host, "host");
	if (localtime_r(&seconds, &tm))
		strftime(time, sizeof(time), "%Y%m%d-%H%M%S", &tm);
	snprintf(name, NAME_MAX_BYTES, "lwm2m-diagnose-%s-%s", host, time);
}

static void fill(struct ctl *ctl, struct bundle *bundle)
{
	FILE *file = bundle_add(bundle, "about.txt");

	ctl->quiet = true; /* each file says by itself that there is no agent */
	(void)connection_open(ctl);
	ctl->quiet = false;
	if (file) {
		fputs(about, file);
		fclose(file);
	}
	add_verbs(ctl, bundle);
	add_versions(ctl, bundle);
	add_unit(bundle);
	diagnose_add_files(bundle);
}

static int make(struct ctl *ctl, const char *name, const char *archive)
{
	struct bundle bundle;
	int r = bundle_init(&bundle, name);

	if (r >= 0) {
		fill(ctl, &bundle);
		r = bundle_pack(&bundle, archive);
	}
	bundle_deinit(&bundle);
	return r;
}

int diagnose_run(struct ctl *ctl, size_t argc, char **argv)
{
	char name[NAME_MAX_BYTES], archive[NAME_MAX_BYTES + 8];
	const char *file = argc > 0 ? argv[0] : archive;
	int r;

	default_name(name);
	snprintf(archive, sizeof(archive), "%s.tar.gz", name);
	r = bundle_check_name(file);
	if (r == -EINVAL)
		return ctl_fail(
			ctl, OUTCOME_USAGE, "%s: the name has to end with .tar.gz, .tar.zst or .tar", file);
	if (r >= 0)
		r = make(ctl, name, file);
	if (r == -EEXIST)
		return ctl_fail(ctl, OUTCOME_FAILED, "%s is there already, and is not written over", file);
	if (r == -EPROTO)
		return ctl_fail(ctl, OUTCOME_FAILED, "Cannot pack %s: tar failed", file);
	if (r < 0)
		return ctl_fail(ctl, OUTCOME_FAILED, "Cannot write %s: %s", file, strerror(-r));
	if (ctl->json)
		return json_print(ctl, json_pack("{s:s}", "file", file));
	return ctl_done(ctl,
		"%s\n"
		"It has no keys in it, but names of hosts and servers: look through it before\n"
		"you publish it.%s",
		file, geteuid() != 0 ? " As root it would have more of the log and configuration." : "");
}
