/* SPDX-License-Identifier: Apache-2.0 */
/*
 * abi.h - from a plugin's tables to ours
 *
 * abi_open() loads a module, refuses one that is not made for this ABI or whose tables make no sense, and copies the
 * tables into structs of the sizes that we know: members that an older plugin does not have are 0, those that only a newer
 * one has are left out. Resources are sorted by id. What the tables point at (texts, defaults, callbacks) stays the
 * module's; a module stays loaded until abi_close().
 */
#pragma once

#include <lwm2m/plugin.h>

#include "base/cleanup.h"
#include "lwm2m/object.h"

#define ABI_OBJECTS_MAX   256
#define ABI_RESOURCES_MAX 4096
#define ABI_DATA_MAX      (16U << 20)

struct abi_object {
	struct object_info info;
	struct lw_object object;
	struct lw_resource *resources; /* by ascending id, info.n_resources of them */
	struct resource_info *infos;   /* the same, for info */
};

struct abi_plugin {
	void *handle; /* of dlopen(); NULL: not ours to close */
	struct lw_plugin plugin;
	struct abi_object *objects;
	size_t n_objects;
};

/*
 * Loads the module at path; host is lent to its describe(), where it has one. On failure *ret_reason is one line for
 * people, to be freed: what is wrong and what to do.
 * -ENOENT: no such file, -ENOEXEC: not a plugin of this ABI, -EINVAL: its tables are wrong. -ENOMEM without a reason.
 */
int abi_open(const char *path, const struct lw_host *host, struct abi_plugin **ret, char **ret_reason);

/* The same, from a module's declaration; for tests. */
int abi_read(const struct lw_plugin *plugin, const struct lw_host *host, struct abi_plugin **ret,
	char **ret_reason);

struct abi_plugin *abi_close(struct abi_plugin *plugin);
DEFINE_CLEANUP(struct abi_plugin *, abi_close)

/* Is it of the form "1.0", which a registration carries? NULL is not. */
bool abi_is_version(const char *version);

/* NULL: the object has no such resource. */
const struct lw_resource *abi_find_resource(const struct abi_object *object, uint16_t rid);

/* Is its value a field or a constant, so that it may be compared and mirrored? */
static inline bool abi_is_bound(const struct lw_resource *resource)
{
	return !resource->read && (resource->size > 0 || resource->constant);
}
