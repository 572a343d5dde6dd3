/* SPDX-License-Identifier: Apache-2.0 */
/*
 * provision.h - objects that a program on the bus serves, or that were leased
 *
 * To the registry a program is what a plugin's host is: it speaks the same interface (plugin/protocol.h),
 * has the same quotas, and is not believed more. When it leaves the bus its objects leave the registry, and
 * servers hear of it. Who has no connection that lasts, like a shell, leases an object, in which there is
 * only something to be read. The API owns the provisions.
 */
#pragma once

#include "api/api-internal.h"
#include "plugin/remote.h"

struct provision {
	struct list link;      /* in api->provisions */
	struct list of_caller; /* in caller->provisions */
	struct api *api;
	struct caller *caller; /* NULL: it has a lease */
	char *name, *path;
	char *provider;        /* as people see it */
	struct plugin_config config;
	struct remote *remote;
	uint32_t uid;          /* whose lease it is */
	sd_event_source *end;  /* of the lease */
};

/* What RegisterObject() has before the description. */
struct wanted {
	const char *name, *path;
	uint16_t first_instance;
	uint32_t lease_s; /* 0: as long as the caller is there */
};

/*
 * caller: NULL for one with a lease, which is the user's who calls now. -ENOSPC: there are too many;
 * -ENOMEM.
 */
int provision_new(
	struct api *api, struct caller *caller, const struct wanted *wanted, struct provision **ret);
struct provision *provision_free(struct provision *provision);

struct provision *provision_find(const struct caller *caller, const char *name);
struct provision *provision_find_path(const struct caller *caller, const char *path);

/* Of the user who calls now. */
struct provision *provision_find_lease(const struct api *api, const char *name);

bool provision_serves(const struct provision *provision, uint16_t oid);
