/* SPDX-License-Identifier: Apache-2.0 */
/*
 * networks.c - the networks that wpa_supplicant has beside the one that is tried
 *
 * Selecting one disables the others. They are looked at before, and enabled again when it is over, so that a station whose
 * network is gone goes back to one of them. The one that a server wrote before has our mark and is removed.
 */
#include <syslog.h>

#include "../common/service.h"
#include "wifi.h"

#define NETWORK SUPPLICANT ".Network"

/* a{sv}, of the variant that is next: does id_str, in quotes, have our mark? */
static int read_mark(sd_bus_message *message, bool *ret)
{
	const char *name, *text;
	int r = sd_bus_message_enter_container(message, 'v', "a{sv}");

	if (r >= 0)
		r = sd_bus_message_enter_container(message, 'a', "{sv}");
	while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
		r = sd_bus_message_read(message, "s", &name);
		if (r >= 0 && strcmp(name, "id_str") == 0) {
			r = sd_bus_message_read(message, "v", "s", &text);
			*ret = r >= 0 && strcmp(text, "\"" NETWORK_MARK "\"") == 0;
		} else if (r >= 0) {
			r = sd_bus_message_skip(message, "v");
		}
		if (r >= 0)
			r = sd_bus_message_exit_container(message);
	}
	if (r >= 0)
		r = sd_bus_message_exit_container(message);
	return r < 0 ? r : sd_bus_message_exit_container(message);
}

static int on_network(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct network *network = userdata;
	const char *name;
	int enabled = 0;
	int r = sd_bus_message_is_method_error(message, NULL) ? -ENOENT :
								sd_bus_message_enter_container(message, 'a', "{sv}");

	network->call = sd_bus_slot_unref(network->call);
	while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
		r = sd_bus_message_read(message, "s", &name);
		if (r >= 0 && strcmp(name, "Enabled") == 0)
			r = sd_bus_message_read(message, "v", "b", &enabled);
		else if (r >= 0 && strcmp(name, "Properties") == 0)
			r = read_mark(message, &network->is_ours);
		else if (r >= 0)
			r = sd_bus_message_skip(message, "v");
		if (r >= 0)
			r = sd_bus_message_exit_container(message);
	}
	network->was_enabled = enabled;
	return 0;
}

static void add(struct networks *networks, const char *path)
{
	struct network *network = &networks->list[networks->n];

	if (networks->n == NETWORKS_MAX || strlen(path) >= sizeof(network->path))
		return;
	*network = (struct network){ .was_enabled = false };
	strcpy(network->path, path);
	if (sd_bus_call_method_async(supplicant_bus(), &network->call, SUPPLICANT, path, SERVICE_PROPERTIES, "GetAll",
		    on_network, network, "s", NETWORK) >= 0)
		networks->n++;
}

/* wpa_supplicant answers in order: what is asked for next is answered when all of these are. */
static int on_list(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct station *station = userdata;
	struct networks *networks = &station->networks;
	const char *path;
	int r = sd_bus_message_is_method_error(message, NULL) ? -ENOENT :
								sd_bus_message_enter_container(message, 'v', "ao");

	networks->call = sd_bus_slot_unref(networks->call);
	if (r >= 0)
		r = sd_bus_message_enter_container(message, 'a', "o");
	while (r >= 0 && (r = sd_bus_message_read(message, "o", &path)) > 0)
		add(networks, path);
	networks->looked(station);
	return 0;
}

int networks_look(struct station *station, void (*looked)(struct station *station))
{
	struct networks *networks = &station->networks;

	networks_forget(station);
	networks->looked = looked;
	return sd_bus_call_method_async(supplicant_bus(), &networks->call, SUPPLICANT, station->path, SERVICE_PROPERTIES,
		"Get", on_list, station, "ss", SUPPLICANT_INTERFACE, "Networks");
}

void networks_enable(struct station *station, bool with_ours)
{
	for (size_t i = 0; i < station->networks.n; i++) {
		struct network *network = &station->networks.list[i];

		if (network->is_ours && !with_ours)
			(void)sd_bus_call_method_async(supplicant_bus(), NULL, SUPPLICANT, station->path,
				SUPPLICANT_INTERFACE, "RemoveNetwork", NULL, NULL, "o", network->path);
		else if (network->was_enabled)
			(void)sd_bus_call_method_async(supplicant_bus(), NULL, SUPPLICANT, network->path,
				SERVICE_PROPERTIES, "Set", NULL, NULL, "ssv", NETWORK, "Enabled", "b", 1);
	}
	networks_forget(station);
}

static int on_saved(sd_bus_message *message, void *userdata, sd_bus_error *unused)
{
	struct station *station = userdata;
	const sd_bus_error *error = sd_bus_message_get_error(message);

	station->networks.call = sd_bus_slot_unref(station->networks.call);
	if (error)
		lw_log(station->host, LOG_WARNING,
			"%s has its network until wpa_supplicant ends, which does not save it: %s; its configuration file "
			"needs update_config=1",
			station->name, error->message ? error->message : error->name);
	return 0;
}

void networks_save(struct station *station)
{
	struct networks *networks = &station->networks;

	networks->call = sd_bus_slot_unref(networks->call);
	(void)sd_bus_call_method_async(supplicant_bus(), &networks->call, SUPPLICANT, station->path, SUPPLICANT_INTERFACE,
		"SaveConfig", on_saved, station, NULL);
}

void networks_forget(struct station *station)
{
	struct networks *networks = &station->networks;

	networks->call = sd_bus_slot_unref(networks->call);
	for (size_t i = 0; i < networks->n; i++)
		networks->list[i].call = sd_bus_slot_unref(networks->list[i].call);
	networks->n = 0;
}
