/* SPDX-License-Identifier: Apache-2.0 */
/* Object 4 as a modem's plugin has it, for tests: takes the place of the agent's own. */
#include <lwm2m/plugin.h>

struct bearer {
	int8_t bearer, signal;
};

static const struct lw_resource resources[] = {
	LW_RES_INTEGER(0, LW_R, struct bearer, bearer),
	LW_RES_INTEGER(2, LW_R, struct bearer, signal),
	LW_RES_END,
};

static const struct lw_object object = { .id = 4, .version = "1.3", .resources = resources,
	LW_DATA(struct bearer, 6, -87) };

LW_PLUGIN("test-bearer", &object);
