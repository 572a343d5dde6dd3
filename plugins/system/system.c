/* SPDX-License-Identifier: Apache-2.0 */
/* The plugin, and Temperature (OMA 3303) of every thermal zone and hwmon input that the kernel has. */
#include <glob.h>
#include <lwm2m/settings.h>
#include <math.h>
#include <syslog.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "../common/uevents.h"
#include "system.h"

#define TEMPERATURE 3303
#define SOURCES_MAX 128
#define FILE_MAX   256

struct temperature {
	double value, min, max; /* °C; NAN while there is none */
	char label[64];
};

/* The file that instance 0, 1, … reads; a place in the middle is empty when its zone went away. */
static struct source {
	char path[FILE_MAX];
	struct lw_instance *inst;
} sources[SOURCES_MAX];

static struct options {
	char root[FILE_MAX];
	uint32_t rescan_ms;
	bool disks, figures;
} options = { .disks = true, .figures = true };

static const struct lw_setting settings[] = {
	LW_SETTING_TEXT("root", struct options, root),
	LW_SETTING_NUMBER("rescan_ms", struct options, rescan_ms, 0, 86400000),
	LW_SETTING_BOOLEAN("disks", struct options, disks),
	LW_SETTING_BOOLEAN("figures", struct options, figures),
	LW_SETTING_END,
};

static const char *const sections[] = { "system", NULL };

const char *system_root = "";
static struct uevents uevents = UEVENTS_NONE;
static sd_event_source *rescan_timer;
static uint64_t rescan_usec;

static void rescan(const struct lw_host *host);

/* The first line of a file beside path: its last component is cut off at keep characters, and suffix follows. */
static bool read_line(const char *path, size_t keep, const char *suffix, char *ret, int size)
{
	char name[FILE_MAX + 16];
	FILE *file;
	bool ok;

	snprintf(name, sizeof(name), "%.*s%s", (int)keep, path, suffix);
	file = fopen(name, "re");
	if (!file)
		return false;
	ok = fgets(ret, size, file) != NULL;
	fclose(file);
	if (ok)
		ret[strcspn(ret, "\n")] = 0;
	return ok && ret[0];
}

/* thermal_zone0/type; hwmon0/temp1_label, else hwmon0/name. */
static void find_label(const char *path, char *ret, int size)
{
	size_t directory = (size_t)(strrchr(path, '/') - path);
	const char *input = strstr(path + directory, "_input");

	if (!input)
		read_line(path, directory, "/type", ret, size);
	else if (!read_line(path, (size_t)(input - path), "_label", ret, size))
		read_line(path, directory, "/name", ret, size);
}

static int temperature_init(struct lw_instance *inst)
{
	struct temperature *t = inst->data;

	find_label(sources[inst->iid].path, t->label, sizeof(t->label));
	sources[inst->iid].inst = inst;
	return 0;
}

static void temperature_fini(struct lw_instance *inst)
{
	sources[inst->iid].path[0] = 0;
	sources[inst->iid].inst = NULL;
}

/* A sensor that is asleep says EAGAIN or ENODATA: no value, and nothing to complain of. */
static int temperature_poll(struct lw_instance *inst)
{
	struct temperature *t = inst->data;
	int r;

	t->value = NAN;
	r = lw_sysfs_read(sources[inst->iid].path, 1e-3, &t->value);
	if (r == -ENOENT || r == -ENODEV) {
		rescan(inst->host);
		return 0;
	}
	t->min = fmin(t->min, t->value);
	t->max = fmax(t->max, t->value);
	return r == -EAGAIN || r == -ENODATA ? 0 : r;
}

static int temperature_reset(struct lw_instance *inst, uint16_t rid, lw_request request, const char *args)
{
	struct temperature *t = inst->data;

	t->min = t->max = t->value;
	return 0;
}

static const struct lw_resource resources[] = {
	LW_RES_FLOAT(5700, LW_R, struct temperature, value, .flags = LW_MANDATORY),
	LW_RES_FLOAT(5601, LW_R, struct temperature, min),
	LW_RES_FLOAT(5602, LW_R, struct temperature, max),
	LW_RES_EXECUTE(5605, temperature_reset),
	LW_RES_CONST(5701, "Cel"),
	LW_RES_STRING(5750, LW_RW, struct temperature, label),
	LW_RES_END,
};

static const struct lw_object temperature = {
	.id = TEMPERATURE,
	.version = "1.1",
	.flags = LW_INSTANCES,
	.resources = resources,
	LW_DATA(struct temperature, NAN, NAN, NAN),
	.poll_ms = 1000,
	.poll = temperature_poll,
	.init = temperature_init,
	.fini = temperature_fini,
};

/* The kernel may show a thermal zone once more as hwmon; once is enough. */
static bool is_shadow(const char *path)
{
	char link[FILE_MAX + 8], target[FILE_MAX];
	ssize_t len;

	snprintf(link, sizeof(link), "%.*s/device", (int)(strrchr(path, '/') - path), path);
	len = readlink(link, target, sizeof(target) - 1);
	if (len < 0)
		return false;
	target[len] = 0;
	return strstr(target, "thermal_zone") != NULL;
}

static struct source *find_source(const char *path)
{
	for (size_t i = 0; i < SOURCES_MAX; i++)
		if (strcmp(sources[i].path, path) == 0)
			return &sources[i];
	return NULL;
}

static void add_source(const struct lw_host *host, const char *path)
{
	struct source *source = find_source("");

	if (strlen(path) >= FILE_MAX || find_source(path) || is_shadow(path))
		return;
	if (!source) {
		lw_log(host, LOG_WARNING, "%s is left out: more than %d temperatures", path, SOURCES_MAX);
		return;
	}
	strcpy(source->path, path);
	if (lw_add_instance(host, TEMPERATURE, (uint16_t)(source - sources), NULL) < 0)
		source->path[0] = 0;
}

static int compare_paths(const void *a, const void *b)
{
	return strverscmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_sources(const struct lw_host *host, const char *pattern)
{
	char full[FILE_MAX];
	glob_t found;

	snprintf(full, sizeof(full), "%s%s", system_root, pattern);
	if (glob(full, GLOB_NOSORT, NULL, &found) != 0)
		return;
	qsort(found.gl_pathv, found.gl_pathc, sizeof(char *), compare_paths);
	for (size_t i = 0; i < found.gl_pathc; i++)
		add_source(host, found.gl_pathv[i]);
	globfree(&found);
}

static void rescan(const struct lw_host *host)
{
	for (size_t i = 0; i < SOURCES_MAX; i++)
		if (sources[i].inst && access(sources[i].path, F_OK) < 0)
			lw_remove_instance(sources[i].inst);
	add_sources(host, "/sys/class/thermal/thermal_zone*/temp");
	add_sources(host, "/sys/class/hwmon/hwmon*/temp*_input");
}

/* Only what comes and goes among ours makes us look. */
static const char *const uevent_patterns[] = {
	"add@*/thermal_zone*", "remove@*/thermal_zone*", "*@*/hwmon*", NULL
};

static int on_rescan_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	rescan(userdata);
	sd_event_source_set_time_relative(source, rescan_usec);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* "rescan_ms": for buses whose drivers send no uevents, and for tests. */
static int start_timer(const struct lw_host *host)
{
	rescan_usec = (uint64_t)options.rescan_ms * 1000;
	if (rescan_usec == 0)
		return 0;
	return sd_event_add_time_relative(lw_event(host), &rescan_timer, CLOCK_BOOTTIME, rescan_usec, 0,
		on_rescan_timer, (void *)(uintptr_t)host);
}

void figure_track(struct figure *figure)
{
	figure->min = fmin(figure->min, figure->value);
	figure->max = fmax(figure->max, figure->value);
}

int figure_reset(struct lw_instance *inst, uint16_t rid, lw_request request, const char *args)
{
	struct figure *f = inst->data;

	f->min = f->max = f->value;
	return 0;
}

static int start(const struct lw_host *host)
{
	int r = lw_read_section(host, "system", settings, &options);

	if (r == 0)
		r = lw_check_sections(host, sections);
	if (r < 0)
		return r;
	system_root = options.root;
	rescan(host);
	r = *system_root ? 0 : uevents_start(&uevents, host, uevent_patterns, rescan);
	if (r < 0)
		lw_log(host, LOG_NOTICE, "No word from the kernel when sensors come or go: %s", strerror(-r));
	r = options.disks ? disks_start(host) : 0;
	if (r == 0 && options.figures)
		r = figures_start(host);
	return r < 0 ? r : start_timer(host);
}

static void stop(const struct lw_host *host)
{
	rescan_timer = sd_event_source_disable_unref(rescan_timer);
	uevents_stop(&uevents);
	disks_stop();
}

LW_PLUGIN_START("system", start, stop, &temperature, &disks_object, &figures_object);
