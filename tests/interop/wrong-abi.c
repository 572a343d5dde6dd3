/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin of a time to come. */
#include <lwm2m/plugin.h>

#undef LW_PLUGIN_ABI
#define LW_PLUGIN_ABI 99

static const struct lw_resource resources[] = { LW_RES_CONST(0, ""), LW_RES_END };
static const struct lw_object object = { .id = 33010, .version = "1.0", .resources = resources };

LW_PLUGIN("wrong-abi", &object);
