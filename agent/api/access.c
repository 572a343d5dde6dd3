/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may call. The bus says which user a caller is: root and the agent's own may do all. For the others
 * polkit decides, and without polkit nobody does. No answer is waited for, so that neither bus nor polkit can
 * hold the agent up; what is not known is refused.
 */
#include <stdlib.h>
#include <unistd.h>

#include "api/api-internal.h"

/*
 * Callers whose user is being looked up, and those of them that wait for polkit, or for a person. Root is
 * none of the latter.
 */
#define ACCESSES_MAX 256
#define WAITING_MAX  16

/* A person may have to type a password. */
#define POLKIT_TIMEOUT (300 * USEC_PER_SEC)

#define POLKIT_INTERACTIVE 1U /* CheckAuthorizationFlags */

static const struct {
	const char *action, *what;
} actions[_ACCESS_ACTION_MAX] = {
	[ACCESS_READ] = { "org.lwm2m.agent1.read", "read values of this device" },
	[ACCESS_WRITE] = { "org.lwm2m.agent1.write", "change values of this device" },
	[ACCESS_EXECUTE] = { "org.lwm2m.agent1.execute", "execute resources of this device" },
	[ACCESS_MANAGE] = { "org.lwm2m.agent1.manage", "steer how this device is managed" },
	[ACCESS_PROVIDE] = { "org.lwm2m.agent1.provide", "add objects to this device" },
};

struct access {
	struct list link;
	struct api *api;
	sd_bus_message *m;
	sd_bus_slot *slot;
	enum access_action action;
	uint32_t uid;
	struct caller *caller;  /* waits for polkit; NULL: not yet */
	struct list of_caller;  /* in caller->accesses */
	int (*handler)(struct api *api, sd_bus_message *m);
};

static struct access *access_free(struct access *access)
{
	struct caller *caller = access->caller;

	list_remove(&access->link);
	list_remove(&access->of_caller);
	access->api->n_accesses--;
	access->api->n_waiting -= caller != NULL;
	sd_bus_slot_unref(access->slot);
	sd_bus_message_unref(access->m);
	free(access);
	if (caller)
		caller_release(caller);
	return NULL;
}

/* Nobody waits any more. */
void access_forget(struct caller *caller)
{
	struct access *access;

	while ((access = list_first_entry(&caller->accesses, struct access, of_caller))) {
		access->caller = NULL;
		caller->api->n_waiting--;
		access_free(access);
	}
}

void access_cancel(struct api *api)
{
	struct access *access, *safe;

	list_for_each_safe(access, safe, &api->accesses, link)
		access_free(access);
}

static void refuse(struct access *access, const char *name)
{
	(void)fault_replyf(access->m, name, "This user may not %s (polkit action %s)",
		actions[access->action].what, actions[access->action].action);
	access_free(access);
}

static void grant(struct access *access)
{
	int r;

	access->api->uid = access->uid;
	r = access->handler(access->api, access->m);

	if (r < 0)
		(void)fault_reply(access->m, r, NULL);
	access_free(access);
}

static int on_polkit(sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	const char *refusal = SD_BUS_ERROR_ACCESS_DENIED;
	struct access *access = userdata;
	int granted = false, challenge = false;

	if (!sd_bus_message_is_method_error(reply, NULL) &&
		sd_bus_message_enter_container(reply, 'r', "bba{ss}") > 0)
		(void)sd_bus_message_read(reply, "bb", &granted, &challenge);
	if (challenge)
		refusal = SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED;
	if (granted)
		grant(access);
	else
		refuse(access, refusal);
	return 1;
}

static int ask_polkit(struct access *access)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
	bool interactive = sd_bus_message_get_allow_interactive_authorization(access->m) > 0;
	int r = sd_bus_message_new_method_call(access->api->bus, &m, "org.freedesktop.PolicyKit1",
		"/org/freedesktop/PolicyKit1/Authority", "org.freedesktop.PolicyKit1.Authority",
		"CheckAuthorization");

	if (r >= 0)
		r = sd_bus_message_append(m, "(sa{sv})sa{ss}us", "system-bus-name", 1, "name", "s",
			sd_bus_message_get_sender(access->m), actions[access->action].action, 0,
			interactive ? POLKIT_INTERACTIVE : 0, "");
	access->slot = sd_bus_slot_unref(access->slot);
	if (r >= 0)
		r = caller_get(access->api, sd_bus_message_get_sender(access->m), &access->caller);
	if (r < 0)
		return r;
	access->api->n_waiting++;
	list_append(&access->caller->accesses, &access->of_caller);
	return sd_bus_call_async(access->api->bus, &access->slot, m, on_polkit, access, POLKIT_TIMEOUT);
}

/* Hosts of plugins are the agent's own user, and no administrators: on the system bus that user has to ask as everybody. */
static bool is_trusted(const struct access *access)
{
	return access->uid == 0 ||
	       (access->uid == geteuid() && strcmp(access->api->parts.address, "session") == 0);
}

static int on_user(sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	struct access *access = userdata;

	if (sd_bus_message_is_method_error(reply, NULL) || sd_bus_message_read(reply, "u", &access->uid) < 0)
		refuse(access, SD_BUS_ERROR_ACCESS_DENIED);
	else if (is_trusted(access))
		grant(access);
	else if (access->api->n_waiting >= WAITING_MAX) {
		(void)fault_reply(access->m, -EBUSY, NULL);
		access_free(access);
	} else if (ask_polkit(access) < 0)
		refuse(access, SD_BUS_ERROR_ACCESS_DENIED);
	return 1;
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
	list_init(&access->of_caller);
	list_append(&api->accesses, &access->link);
	api->n_accesses++;
	r = sd_bus_call_method_async(api->bus, &access->slot, "org.freedesktop.DBus", "/org/freedesktop/DBus",
		"org.freedesktop.DBus", "GetConnectionUnixUser", on_user, access, "s",
		sd_bus_message_get_sender(m));
	if (r < 0)
		access_free(access);
	return r < 0 ? r : 1;
}
