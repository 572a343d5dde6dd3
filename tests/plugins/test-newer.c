/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin for tests as a later header of ABI 1 may have it: its structs go on, with members that we do not know. Object 33034. */
#include <lwm2m/plugin.h>

struct new_resource {
	struct lw_resource known;
	const void *more[3];
};

struct new_object {
	struct lw_object known;
	uint64_t more[2];
};

struct new_plugin {
	struct lw_plugin known;
	uint64_t more;
};

struct data {
	int32_t number;
};

static int add_one(struct lw_instance *inst, uint16_t rid, lw_request request, const char *args)
{
	struct data *d = inst->data;

	d->number++;
	return 0;
}

static const struct new_resource resources[] = {
	{ LW_RES_INTEGER(1, LW_RW, struct data, number), { "a", "b", "c" } },
	{ LW_RES_CONST(2, "newer"), { "a", "b", "c" } },
	{ LW_RES_EXECUTE(3, add_one), { "a", "b", "c" } },
	{ LW_RES_END, { 0 } },
};

static const struct new_object object = {
	{ .id = 33034, .version = "1.0", .resources = &resources[0].known, LW_DATA(struct data, 7) },
	{ UINT64_MAX, UINT64_MAX },
};

__attribute__((visibility("default"))) extern const struct new_plugin test_newer __asm__("lw_plugin");
const struct new_plugin test_newer = {
	{
		.abi = LW_PLUGIN_ABI,
		.plugin_size = sizeof(struct new_plugin),
		.object_size = sizeof(struct new_object),
		.resource_size = sizeof(struct new_resource),
		.name = "test-newer",
		.objects = (const struct lw_object *const[]){ &object.known, NULL },
	},
	UINT64_MAX,
};
