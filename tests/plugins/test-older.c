/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin for tests as the first header of ABI 1 might have had it: its structs end where the ABI's least do. Object 33034. */
#include <lwm2m/plugin.h>

struct old_resource {
	uint16_t id;
	uint8_t ops, type;
	uint32_t flags, offset, size, capacity, values, element, present;
	const char *constant;
};

struct old_object {
	uint16_t id, flags;
	const char *version;
	const struct old_resource *resources;
	const void *defaults;
	uint32_t data_size;
};

struct old_plugin {
	uint32_t abi, plugin_size, object_size, resource_size;
	const char *name;
	const struct old_object *const *objects;
};

_Static_assert(sizeof(struct old_resource) == offsetof(struct lw_resource, read), "members keep their places");
_Static_assert(offsetof(struct old_object, data_size) == offsetof(struct lw_object, data_size), "members keep their places");
_Static_assert(sizeof(struct old_plugin) == offsetof(struct lw_plugin, start), "members keep their places");

struct data {
	int32_t number;
};

static const struct old_resource resources[] = {
	{ .id = 1, .ops = LW_RW, .type = LW_INTEGER, .offset = 0, .size = sizeof(int32_t) },
	{ .id = 2, .ops = LW_R, .type = LW_STRING, .constant = "older" },
	{ .id = UINT16_MAX },
};

static const struct old_object object = {
	33034, 0, "1.0", resources, &(const struct data){ 7 }, sizeof(struct data),
};

__attribute__((visibility("default"))) extern const struct old_plugin test_older __asm__("lw_plugin");
const struct old_plugin test_older = {
	LW_PLUGIN_ABI, sizeof(struct old_plugin), sizeof(struct old_object), sizeof(struct old_resource), "test-older",
	(const struct old_object *const[]){ &object, NULL },
};
