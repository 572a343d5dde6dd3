/* SPDX-License-Identifier: Apache-2.0 */
/* Who may call: root and the agent's own user. */
#include <stdlib.h>
#include <unistd.h>

#include "api/api-internal.h"

/* Callers whose right is being looked up. */
#define ACCESSES_MAX 64

struct access {
	struct list link;
	struct api *api;
	sd_bus_message *m;
	sd_bus_slot *slot;
	enum access_action action;
	int (*handler)(struct api *api, sd_bus_message *m);
};

static struct access *access_free(struct access *access)
{
	list_remove(&access->link);
	access->api->n_accesses--;
	sd_bus_slot_unref(access->slot);
	sd_bus_message_unref(access->m);
	free(access);
	return NULL;
}

void access_cancel(struct api *api)
{
	struct access *access, *safe;

	list_for_each_safe(access, safe, &api->accesses, link)
		access_free(access);
}

static void refuse(struct access *access)
{
	(void)sd_bus_reply_method_errorf(access->m, SD_BUS_ERROR_ACCESS_DENIED,
		"Only root and members of the group lwm2m-agent may do this");
}

static void grant(struct access *access)
{
	int r = access->handler(access->api, access->m);

	if (r < 0)
		(void)fault_reply(access->m, r, NULL);
}

static int on_user(sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	struct access *access = userdata;
	uint32_t uid;

	if (!sd_bus_message_is_method_error(reply, NULL) && sd_bus_message_read(reply, "u", &uid) >= 0 &&
		(uid == 0 || uid == geteuid()))
		grant(access);
	else
		refuse(access);
	access_free(access);
	return 1;
}

static int look_up(struct access *access)
{
	return sd_bus_call_method_async(access->api->bus, &access->slot, "org.freedesktop.DBus",
		"/org/freedesktop/DBus", "org.freedesktop.DBus", "GetConnectionUnixUser", on_user, access, "s",
		sd_bus_message_get_sender(access->m));
}

int access_check(struct api *api, sd_bus_message *m, enum access_action action,
	int (*handler)(struct api *api, sd_bus_message *m))
{
	struct access *access;
	int r;

	if (api->n_accesses >= ACCESSES_MAX)
		return fault_reply(m, -EBUSY, NULL);
	access = calloc(1, sizeof(*access));
	if (!access)
		return -ENOMEM;
	access->api = api;
	access->m = sd_bus_message_ref(m);
	access->action = action;
	access->handler = handler;
	list_append(&api->accesses, &access->link);
	api->n_accesses++;
	r = look_up(access);
	if (r < 0)
		access_free(access);
	return r < 0 ? r : 1;
}
