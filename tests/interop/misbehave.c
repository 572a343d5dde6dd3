/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plugin that does what test_plugins.py asks for: /33010/0/0 crashes, 1 exits, 2 hangs; 3 is what 4 was set to, and 666 is
 * more than it survives. "start = crash", "hang" or "refuse" in [misbehave] does it at once.
 */
#include <lwm2m/plugin.h>
#include <stdlib.h>
#include <unistd.h>

struct victim {
	int32_t shown, written;
};

static int crash(struct lw_instance *inst, uint16_t rid, lw_request request, const char *args)
{
	abort();
}

static int leave(struct lw_instance *inst, uint16_t rid, lw_request request, const char *args)
{
	_exit(7);
}

static int hang(struct lw_instance *inst, uint16_t rid, lw_request request, const char *args)
{
	for (;;)
		pause();
	return 0;
}

static int written(struct lw_instance *inst)
{
	struct victim *victim = inst->data;

	if (victim->written == 666)
		abort();
	victim->shown = victim->written;
	return 0;
}

static const struct lw_resource resources[] = {
	LW_RES_EXECUTE(0, crash),
	LW_RES_EXECUTE(1, leave),
	LW_RES_EXECUTE(2, hang),
	LW_RES_INTEGER(3, LW_R, struct victim, shown),
	LW_RES_INTEGER(4, LW_RW, struct victim, written),
	LW_RES_END,
};

static const struct lw_object victim = {
	.id = 33010, .version = "1.0", .resources = resources, LW_DATA(struct victim, 0), .written = written,
};

static int start(const struct lw_host *host)
{
	const char *how = lw_config(host, "misbehave", "start");

	if (how && strcmp(how, "crash") == 0)
		abort();
	if (how && strcmp(how, "hang") == 0)
		hang(NULL, 0, 0, NULL);
	return how && strcmp(how, "refuse") == 0 ? -EBUSY : 0;
}

LW_PLUGIN_START("misbehave", start, NULL, &victim);
