/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plugin for tests whose poll() and written() end later: object 33030, and object 33031 that is quick. What is written
 * is refused where it is "refuse", and never answered where it is "never". /33030/X/3 says how many callbacks overlapped.
 */
#include <lwm2m/plugin.h>
#include <stdlib.h>
#include <systemd/sd-event.h>

#define LATER_USEC 60000

struct slow {
	int32_t value, overlaps, wrote;
	char text[16], seen[16], other[16];
	bool busy, polling;
	sd_event_source *timer;
};

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct lw_instance *inst = userdata;
	struct slow *s = inst->data;

	s->busy = false;
	if (s->polling)
		s->value++;
	else
		strcpy(s->seen, s->text);
	lw_finish(inst, s->polling || strcmp(s->text, "refuse") != 0 ? 0 : -ERANGE);
	return 0;
}

static int later(struct lw_instance *inst, bool polling)
{
	struct slow *s = inst->data;

	s->overlaps += s->busy;
	s->busy = true;
	s->polling = polling;
	s->timer = sd_event_source_disable_unref(s->timer);
	if (sd_event_add_time_relative(
		    lw_event(inst->host), &s->timer, CLOCK_BOOTTIME, LATER_USEC, 1, on_timer, inst) < 0)
		return -EIO;
	return LW_LATER;
}

static int slow_poll(struct lw_instance *inst)
{
	return later(inst, true);
}

static int slow_written(struct lw_instance *inst)
{
	struct slow *s = inst->data;

	s->wrote += lw_wrote(inst, 1) ? 1 : lw_wrote(inst, 0) ? 100 : 0;
	/* Finished before it has said that it would be later. */
	if (strcmp(s->text, "at once") == 0 || strcmp(s->text, "not at once") == 0) {
		lw_finish(inst, *s->text == 'n' ? -EACCES : 0);
		return LW_LATER;
	}
	return later(inst, false);
}

static void slow_fini(struct lw_instance *inst)
{
	struct slow *s = inst->data;

	sd_event_source_disable_unref(s->timer);
}

static int slow_touch(struct lw_instance *inst, uint16_t rid, lw_request request, const char *args)
{
	lw_changed(inst, 1);
	return 0;
}

static const struct lw_resource slow_resources[] = {
	LW_RES_INTEGER(0, LW_R, struct slow, value),
	LW_RES_STRING(1, LW_RW, struct slow, text),
	LW_RES_STRING(2, LW_R, struct slow, seen),
	LW_RES_INTEGER(3, LW_R, struct slow, overlaps),
	LW_RES_EXECUTE(4, slow_touch),
	LW_RES_INTEGER(5, LW_R, struct slow, wrote),
	LW_RES_STRING(6, LW_RW, struct slow, other),
	LW_RES_END,
};

static const struct lw_object slow = {
	.id = 33030,
	.version = "1.0",
	.flags = LW_CREATE,
	.resources = slow_resources,
	LW_DATA(struct slow, .text = "first"),
	.poll_ms = 500,
	.poll = slow_poll,
	.written = slow_written,
	.fini = slow_fini,
};


static int quick_read(struct lw_instance *inst, uint16_t rid, lw_request request)
{
	return lw_answer(inst, request, lw_integer(7));
}

static const struct lw_resource quick_resources[] = {
	LW_RES_CALLBACK(0, LW_R, LW_INTEGER, .read = quick_read),
	LW_RES_END,
};

static const struct lw_object quick = { .id = 33031, .version = "1.0", .resources = quick_resources };

static int start(const struct lw_host *host)
{
	int r = lw_add_instance(host, 33030, 0, NULL);

	return r < 0 ? r : lw_add_instance(host, 33030, 1, NULL);
}

LW_PLUGIN_START("test-late", start, NULL, &slow, &quick);
