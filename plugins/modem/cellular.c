/* SPDX-License-Identifier: Apache-2.0 */
/* Cellular Connectivity (OMA 10): which connection is up. */
#include "objects.h"

struct cellular {
	LW_ARRAY(struct lw_objlnk, 1) active;
};

static struct lw_instance *instance;

static int cellular_init(struct lw_instance *inst)
{
	instance = inst;
	return 0;
}

static void cellular_fini(struct lw_instance *inst)
{
	instance = NULL;
}

void cellular_show(const struct modem *modem)
{
	const struct bearer *bearer = modem ? modem_bearer(modem) : NULL;
	struct cellular *cellular;

	if (!instance)
		return;
	cellular = instance->data;
	cellular->active.count = bearer && bearer->connected;
	cellular->active.values[0] = (struct lw_objlnk){ apn_object.id, 0 };
}

static const struct lw_resource resources[] = {
	LW_RES_ARRAY_OBJLNK(11, LW_R, struct cellular, active),
	LW_RES_END,
};

const struct lw_object cellular_object = {
	.id = 10,
	.version = "1.1",
	.resources = resources,
	LW_DATA(struct cellular, .active = { 0 }),
	.init = cellular_init,
	.fini = cellular_fini,
};
