/* SPDX-License-Identifier: Apache-2.0 */
/*
 * enable.c - stations that a server disabled
 *
 * wpa_supplicant disconnects them and does not connect them again by itself. One that was looking for its network is
 * disconnected when it has found it; a wpa_supplicant that comes anew is told again. The radio stays as it is: to switch it
 * off by rfkill would take all other interfaces of the same radio along, and stay so over a restart of the machine, when
 * nobody may be there to switch it on again.
 */
#include <net/if.h>
#include <syslog.h>

#include "../common/route.h"
#include "wifi.h"

/* Names of those that are disabled; "": a free place. */
static char disabled[STATIONS][IF_NAMESIZE];

static char *find(const char *name)
{
	for (size_t i = 0; i < STATIONS; i++)
		if (strcmp(disabled[i], name) == 0)
			return disabled[i];
	return NULL;
}

static void remember(const char *name, bool is_disabled)
{
	char *place = find(name);

	if (is_disabled && !place)
		place = find("");
	if (place)
		snprintf(place, IF_NAMESIZE, "%s", is_disabled ? name : "");
}

static void forget(struct station *station)
{
	remember(station->name, false);
	station->enable = ENABLED;
}

static int on_disconnected(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct station *station = userdata;

	station->disconnect = sd_bus_slot_unref(station->disconnect);
	station->disconnecting = false;
	/* Where there is nothing to disconnect, it is an error. */
	if (station->enable == DISABLE_WANTED && !sd_bus_message_is_method_error(message, NULL)) {
		station->enable = DISABLE_TOLD;
		supplicant_refresh(station);
	}
	return 0;
}

static int on_connected(sd_bus_message *message, void *userdata, sd_bus_error *unused)
{
	struct station *station = userdata;
	const sd_bus_error *error = sd_bus_message_get_error(message);

	station->disconnect = sd_bus_slot_unref(station->disconnect);
	if (error)
		lw_log(station->host, LOG_WARNING, "%s does not connect: %s", station->name,
			error->message ? error->message : error->name);
	return 0;
}

static void disconnect(struct station *station)
{
	/* What it does is told before its answer comes: once is enough. */
	if (station->disconnect || station->disconnecting)
		return;
	if (station->managed.device[0])
		station->disconnecting = manager_enable(station, false, on_disconnected) >= 0;
	else
		(void)sd_bus_call_method_async(supplicant_bus(), &station->disconnect, SUPPLICANT, station->path,
			SUPPLICANT_INTERFACE, "Disconnect", on_disconnected, station, NULL);
}

void enable_drop(struct station *station)
{
	station->disconnect = sd_bus_slot_unref(station->disconnect);
	station->disconnecting = false;
}

void enable_set(struct station *station, bool enabled)
{
	remember(station->name, !enabled);
	enable_drop(station);
	station->enable = enabled ? ENABLED : DISABLE_WANTED;
	if (!enabled)
		disconnect(station);
	else if (station->managed.device[0])
		(void)manager_enable(station, true, on_connected);
	else
		(void)sd_bus_call_method_async(supplicant_bus(), &station->disconnect, SUPPLICANT, station->path,
			SUPPLICANT_INTERFACE, "Reconnect", on_connected, station, NULL);
}

void enable_begin(struct station *station)
{
	station->enable = find(station->name) ? DISABLE_WANTED : ENABLED;
}

void enable_look(struct station *station)
{
	bool completed = strcmp(station->state, "completed") == 0;

	if (station->enable == DISABLE_WANTED)
		disconnect(station);
	else if (station->enable == DISABLE_TOLD && !completed)
		station->enable = DISABLED;
	else if (station->enable == DISABLED && completed)
		forget(station);
}


bool enable_is_needed(const struct station *station)
{
	char name[ROUTE_INTERFACE_MAX];

	return route_find(name) && strcmp(name, station->name) == 0 && !route_has_other(name);
}
