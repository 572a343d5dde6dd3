/* SPDX-License-Identifier: Apache-2.0 */
/* The temperature of the first thermal zone, its lowest and its highest, as object 3303. */
#include <lwm2m/plugin.h>
#include <math.h>

struct thermal {
	double value, min, max;
};

static int thermal_poll(struct lw_instance *inst)
{
	struct thermal *t = inst->data;
	int r = lw_sysfs_read("/sys/class/thermal/thermal_zone0/temp", 1e-3, &t->value);

	t->min = fmin(t->min, t->value);
	t->max = fmax(t->max, t->value);
	return r;
}

static const struct lw_resource resources[] = {
	LW_RES_FLOAT(5700, LW_R, struct thermal, value),
	LW_RES_FLOAT(5601, LW_R, struct thermal, min),
	LW_RES_FLOAT(5602, LW_R, struct thermal, max),
	LW_RES_CONST(5701, "Cel"),
	LW_RES_END,
};

static const struct lw_object thermal = {
	.id = 3303, .version = "1.1", .resources = resources,
	LW_DATA(struct thermal, NAN, NAN, NAN),
	.poll_ms = 1000, .poll = thermal_poll,
};

LW_PLUGIN("thermal", &thermal);
