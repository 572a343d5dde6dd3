/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clients on the bus that have something here for as long as they are connected: what they watch, objects
 * that they serve, and calls that wait for polkit. sd_bus_track would ask the bus whether a name is there and
 * wait for the answer; here that answer comes when it comes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api-internal.h"

#define BUS        "org.freedesktop.DBus"
#define BUS_PATH   "/org/freedesktop/DBus"
#define CALLERS_MAX 64

static struct caller *caller_free(struct caller *caller)
{
	access_forget(caller);
	watch_forget(caller);
	provide_forget(caller);
	list_remove(&caller->link);
	caller->api->n_callers--;
	sd_bus_slot_unref(caller->match);
	sd_bus_slot_unref(caller->check);
	free(caller->name);
	free(caller);
	return NULL;
}

void caller_release(struct caller *caller)
{
	if (list_is_empty(&caller->watches) && list_is_empty(&caller->provisions) &&
		list_is_empty(&caller->accesses))
		caller_free(caller);
}

void callers_free(struct api *api)
{
	struct caller *caller, *safe;

	list_for_each_safe(caller, safe, &api->callers, link)
		caller_free(caller);
}

/* A unique name that loses its owner never has one again. */
static int on_owner_changed(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	caller_free(userdata);
	return 0;
}

static int on_checked(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	int there = true;

	if (!sd_bus_message_is_method_error(m, NULL) && sd_bus_message_read(m, "b", &there) >= 0 && !there)
		caller_free(userdata);
	return 1;
}

/* Was it still there when we began to listen? */
static int on_matched(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct caller *caller = userdata;

	(void)sd_bus_call_method_async(caller->api->bus, &caller->check, BUS, BUS_PATH, BUS, "NameHasOwner",
		on_checked, caller, "s", caller->name);
	return 1;
}

static int follow(struct caller *caller)
{
	char match[256];

	snprintf(match, sizeof(match),
		"type='signal',sender='" BUS "',path='" BUS_PATH "',interface='" BUS
		"',member='NameOwnerChanged',arg0='%s'",
		caller->name);
	return sd_bus_add_match_async(
		caller->api->bus, &caller->match, match, on_owner_changed, on_matched, caller);
}

int caller_get(struct api *api, const char *name, struct caller **ret)
{
	struct caller *caller;
	int r;

	list_for_each(caller, &api->callers, link)
		if (strcmp(caller->name, name) == 0) {
			*ret = caller;
			return 0;
		}
	if (api->n_callers >= CALLERS_MAX)
		return -ENOSPC;
	caller = calloc(1, sizeof(*caller));
	if (!caller)
		return -ENOMEM;
	caller->api = api;
	list_init(&caller->watches);
	list_init(&caller->provisions);
	list_init(&caller->accesses);
	list_append(&api->callers, &caller->link);
	api->n_callers++;
	caller->name = strdup(name);
	r = caller->name ? follow(caller) : -ENOMEM;
	if (r < 0) {
		caller_free(caller);
		return r;
	}
	*ret = caller;
	return 0;
}
