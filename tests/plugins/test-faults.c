/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plugin that misbehaves as its settings say: [fault] what = abort, exit, hang, fail or flood; at = load, start, init,
 * poll, read, write or execute. Without settings it behaves.
 */
#include <dirent.h>
#include <lwm2m/plugin.h>
#include <math.h>
#include <stdlib.h>
#include <syslog.h>
#include <systemd/sd-event.h>
#include <unistd.h>

struct data {
	int32_t value, stable;
	char text[32];
};

static const char *what, *at;
static bool wide_awake;
static sd_event_source *flood;

static int misbehave(const char *place)
{
	if (!what || !at || strcmp(at, place) != 0)
		return 0;
	if (strcmp(what, "abort") == 0)
		abort();
	if (strcmp(what, "exit") == 0)
		exit(3);
	while (strcmp(what, "hang") == 0)
		pause();
	return -EIO;
}

/* At load there are no settings yet. */
__attribute__((constructor)) static void load(void)
{
	what = getenv("LWM2M_TEST_FAULT");
	at = "load";
	misbehave("load");
}

static int poll_value(struct lw_instance *inst)
{
	struct data *d = inst->data;

	d->value++;
	return wide_awake ? misbehave("poll") : 0;
}

static int on_flood(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct lw_instance *inst = userdata;
	struct data *d = inst->data;

	d->value++;
	lw_changed(inst, 10);
	lw_log(inst->host, LOG_WARNING, "again");
	sd_event_source_set_time(source, 0);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int init(struct lw_instance *inst)
{
	if (what && strcmp(what, "flood") == 0)
		sd_event_add_time(lw_event(inst->host), &flood, CLOCK_BOOTTIME, 0, 1, on_flood, inst);
	return misbehave("init");
}

static void fini(struct lw_instance *inst)
{
	flood = sd_event_source_disable_unref(flood);
}

static int count_fds(void)
{
	DIR *directory = opendir("/proc/self/fd");
	int n = 0;

	while (directory && readdir(directory))
		n++;
	if (directory)
		closedir(directory);
	return n - 3; /* ".", ".." and the directory itself */
}

static int read_value(struct lw_instance *inst, uint16_t rid, lw_request request)
{
	int r = misbehave("read");

	if (rid == 11)
		return lw_answer(inst, request, lw_integer(count_fds()));
	if (rid == 12)
		return lw_answer(inst, request, lw_string(getenv("NOTIFY_SOCKET") ? getenv("NOTIFY_SOCKET") : "none"));
	if (rid == 13)
		return LW_LATER;
	return r < 0 ? r : lw_answer(inst, request, lw_integer(1));
}

static int written(struct lw_instance *inst)
{
	return misbehave("write");
}

static int execute(struct lw_instance *inst, uint16_t rid, lw_request request, const char *args)
{
	return misbehave("execute");
}

static const struct lw_resource resources[] = {
	LW_RES_INTEGER(0, LW_R, struct data, value),
	LW_RES_INTEGER(1, LW_R, struct data, stable),
	LW_RES_STRING(2, LW_RW, struct data, text),
	LW_RES_EXECUTE(3, execute),
	LW_RES_CALLBACK(10, LW_R, LW_INTEGER, .read = read_value),
	LW_RES_CALLBACK(11, LW_R, LW_INTEGER, .read = read_value),
	LW_RES_CALLBACK(12, LW_R, LW_STRING, .read = read_value),
	LW_RES_CALLBACK(13, LW_R, LW_STRING, .read = read_value),
	LW_RES_END,
};

static const struct lw_object object = {
	.id = 33002,
	.version = "1.0",
	.resources = resources,
	LW_DATA(struct data, .stable = 7),
	.poll_ms = 20,
	.poll = poll_value,
	.written = written,
	.init = init,
	.fini = fini,
};

static int start(const struct lw_host *host)
{
	what = lw_config(host, "fault", "what");
	at = lw_config(host, "fault", "at");
	wide_awake = true;
	return misbehave("start");
}

LW_PLUGIN_START("test-faults", start, NULL, &object);
