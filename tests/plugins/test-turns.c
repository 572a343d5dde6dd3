/* SPDX-License-Identifier: Apache-2.0 */
/* Object 4 while a file is there, as a modem has it while it is in use. */
#include <lwm2m/plugin.h>
#include <systemd/sd-event.h>
#include <stdlib.h>
#include <unistd.h>

#define TURN_USEC 20000

struct bearer {
	int8_t bearer;
};

static struct lw_instance *instance;
static sd_event_source *timer;

static int bearer_init(struct lw_instance *inst)
{
	((struct bearer *)inst->data)->bearer = (int8_t)atoi(lw_config(inst->host, "turns", "bearer"));
	instance = inst;
	return 0;
}

static void bearer_fini(struct lw_instance *inst)
{
	instance = NULL;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	const struct lw_host *host = userdata;
	bool here = access(lw_config(host, "turns", "file"), F_OK) == 0;

	if (here && !instance)
		lw_add_instance(host, 4, 0, NULL);
	else if (!here && instance)
		lw_remove_instance(instance);
	sd_event_source_set_time_relative(source, TURN_USEC);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int start(const struct lw_host *host)
{
	return sd_event_add_time_relative(
		lw_event(host), &timer, CLOCK_BOOTTIME, TURN_USEC, 0, on_timer, (void *)(uintptr_t)host);
}

static void stop(const struct lw_host *host)
{
	timer = sd_event_source_disable_unref(timer);
}

static const struct lw_resource resources[] = {
	LW_RES_INTEGER(0, LW_R, struct bearer, bearer),
	LW_RES_END,
};

static const struct lw_object object = { .id = 4, .version = "1.3", .flags = LW_INSTANCES, .resources = resources,
	LW_DATA(struct bearer, 0), .init = bearer_init, .fini = bearer_fini };

LW_PLUGIN_START("test-turns", start, stop, &object);
