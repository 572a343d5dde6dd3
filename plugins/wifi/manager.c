/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manager.c - stations that NetworkManager manages: what a server wrote goes through it
 *
 * wpa_supplicant has what NetworkManager tells it, and would be told something else at once. So a network becomes a
 * connection of NetworkManager's in memory, which is saved when it is active, and deleted when it does not become so.
 */
#include <syslog.h>

#include "../common/service.h"
#include "wifi.h"

#define MANAGER    "org.freedesktop.NetworkManager"
#define ROOT       "/org/freedesktop/NetworkManager"
#define DEVICE     MANAGER ".Device"
#define ACTIVE     MANAGER ".Connection.Active"
#define CONNECTION MANAGER ".Settings.Connection"

#define STATE_ACTIVATED   2
#define STATE_DEACTIVATED 4
#define PRIORITY          10 /* of autoconnection; others have 0 */

/* Calls, and lets go of the call before. */
static int ask(struct station *station, sd_bus_message_handler_t handler, const char *path, const char *interface,
	const char *method, const char *types, ...)
{
	struct managed *managed = &station->managed;
	va_list arguments;
	int r;

	managed->call = sd_bus_slot_unref(managed->call);
	va_start(arguments, types);
	r = sd_bus_call_method_asyncv(supplicant_bus(), &managed->call, MANAGER, path, interface, method, handler, station,
		types, arguments);
	va_end(arguments);
	return r;
}

/* Nobody waits for the answer. */
static void tell(const char *path, const char *method)
{
	(void)sd_bus_call_method_async(supplicant_bus(), NULL, MANAGER, path, CONNECTION, method, NULL, NULL, NULL);
}

static const char *words_of(sd_bus_message *message)
{
	const sd_bus_error *error = sd_bus_message_get_error(message);

	return error && error->message ? error->message : error ? error->name : "an answer that makes no sense";
}

static void answer(struct station *station, bool is_managed)
{
	if (!is_managed)
		station->managed.device[0] = 0;
	station->managed.answer(station);
}

static int on_managed(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct station *station = userdata;
	int is_managed = 0;

	if (!sd_bus_message_is_method_error(message, NULL))
		(void)sd_bus_message_read(message, "v", "b", &is_managed);
	answer(station, is_managed);
	return 0;
}

static int on_device(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct station *station = userdata;
	struct managed *managed = &station->managed;
	const char *path;

	if (sd_bus_message_is_method_error(message, NULL) || sd_bus_message_read(message, "o", &path) < 0) {
		answer(station, false);
		return 0;
	}
	snprintf(managed->device, sizeof(managed->device), "%s", path);
	if (ask(station, on_managed, managed->device, SERVICE_PROPERTIES, "Get", "ss", DEVICE, "Managed") < 0)
		answer(station, false);
	return 0;
}

/* Without starting it. */
int manager_ask(struct station *station, void (*handler)(struct station *station))
{
	struct managed *managed = &station->managed;
	sd_bus_message *message = NULL;
	int r = sd_bus_message_new_method_call(supplicant_bus(), &message, MANAGER, ROOT, MANAGER, "GetDeviceByIpIface");

	managed->answer = handler;
	managed->device[0] = 0;
	if (r >= 0)
		r = sd_bus_message_set_auto_start(message, false);
	if (r >= 0)
		r = sd_bus_message_append(message, "s", station->name);
	managed->call = sd_bus_slot_unref(managed->call);
	if (r >= 0)
		r = sd_bus_call_async(supplicant_bus(), &managed->call, message, on_device, station, 0);
	sd_bus_message_unref(message);
	return r;
}

/* Of the connection that is tried: by a signal, or as an answer, whichever comes first. */
static void take_state(struct station *station, uint32_t state)
{
	if (state != STATE_ACTIVATED && state != STATE_DEACTIVATED)
		return;
	station->managed.match = sd_bus_slot_unref(station->managed.match);
	station->managed.call = sd_bus_slot_unref(station->managed.call);
	if (state == STATE_ACTIVATED)
		change_connected(station);
	else
		change_failed(station, "NetworkManager gives it up");
}

static int on_state(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	uint32_t state = 0;

	if (sd_bus_message_read(message, "u", &state) >= 0)
		take_state(userdata, state);
	return 0;
}

static int on_state_now(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	uint32_t state = STATE_DEACTIVATED; /* when it is gone already */

	if (!sd_bus_message_is_method_error(message, NULL))
		(void)sd_bus_message_read(message, "v", "u", &state);
	take_state(userdata, state);
	return 0;
}

static int on_added(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct station *station = userdata;
	struct managed *managed = &station->managed;
	const char *connection, *active;

	if (sd_bus_message_is_method_error(message, NULL) || sd_bus_message_read(message, "oo", &connection, &active) < 0) {
		change_failed(station, words_of(message));
		return 0;
	}
	snprintf(managed->added, sizeof(managed->added), "%s", connection);
	managed->match = sd_bus_slot_unref(managed->match);
	if (sd_bus_match_signal_async(supplicant_bus(), &managed->match, MANAGER, active, ACTIVE, "StateChanged", on_state,
		    NULL, station) < 0 ||
		ask(station, on_state_now, active, SERVICE_PROPERTIES, "Get", "ss", ACTIVE, "State") < 0)
		change_failed(station, "NetworkManager cannot be asked");
	return 0;
}

static int append_connection(sd_bus_message *message, const struct station *station)
{
	const struct wlan *wlan = station->inst->data;
	const struct change *change = &station->change;
	char id[48], key[65] = "";
	int r;

	snprintf(id, sizeof(id), NETWORK_MARK " %s", station->name);
	for (size_t i = 0; i < sizeof(change->key) && change->has_key; i++)
		snprintf(key + 2 * i, 3, "%02x", change->key[i]);
	r = sd_bus_message_open_container(message, 'a', "{sa{sv}}");
	if (r >= 0)
		r = sd_bus_message_append(message, "{sa{sv}}", "connection", 2, "id", "s", id, "autoconnect-priority", "i",
			PRIORITY);
	if (r >= 0 && wlan->auth == 1)
		r = sd_bus_message_append(message, "{sa{sv}}", "802-11-wireless-security", 2, "key-mgmt", "s", "wpa-psk",
			"psk", "s", change->has_key ? key : change->phrase);
	explicit_bzero(key, sizeof(key));
	if (r >= 0)
		r = sd_bus_message_open_container(message, 'e', "sa{sv}");
	if (r >= 0)
		r = sd_bus_message_append(message, "s", "802-11-wireless");
	if (r >= 0)
		r = sd_bus_message_open_container(message, 'a', "{sv}");
	if (r >= 0)
		r = supplicant_append_bytes(message, "ssid", wlan->ssid, strlen(wlan->ssid));
	for (int i = 0; i < 3 && r >= 0; i++)
		r = sd_bus_message_close_container(message);
	return r;
}

static int add_connection(struct station *station)
{
	struct managed *managed = &station->managed;
	sd_bus_message *message = NULL;
	int r = sd_bus_message_new_method_call(
		supplicant_bus(), &message, MANAGER, ROOT, MANAGER, "AddAndActivateConnection2");

	managed->added[0] = 0;
	if (r >= 0)
		r = sd_bus_message_sensitive(message);
	if (r >= 0)
		r = append_connection(message, station);
	if (r >= 0)
		r = sd_bus_message_append(message, "ooa{sv}", managed->device, "/", 1, "persist", "s", "memory");
	managed->call = sd_bus_slot_unref(managed->call);
	if (r >= 0)
		r = sd_bus_call_async(supplicant_bus(), &managed->call, message, on_added, station, 0);
	sd_bus_message_unref(message);
	return r;
}

/* What is active now: a{sv} with its connection, and whether that is one of ours. */
static int read_before(sd_bus_message *message, struct station *station)
{
	struct managed *managed = &station->managed;
	const char *name, *text;
	char id[48];
	int r = sd_bus_message_enter_container(message, 'a', "{sv}");

	snprintf(id, sizeof(id), NETWORK_MARK " %s", station->name);
	while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
		r = sd_bus_message_read(message, "s", &name);
		if (r >= 0 && strcmp(name, "Connection") == 0) {
			r = sd_bus_message_read(message, "v", "o", &text);
			if (r >= 0)
				snprintf(managed->before, sizeof(managed->before), "%s", text);
		} else if (r >= 0 && strcmp(name, "Id") == 0) {
			r = sd_bus_message_read(message, "v", "s", &text);
			managed->before_is_ours = r >= 0 && strcmp(text, id) == 0;
		} else if (r >= 0) {
			r = sd_bus_message_skip(message, "v");
		}
		if (r >= 0)
			r = sd_bus_message_exit_container(message);
	}
	return r;
}

static int on_before(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct station *station = userdata;

	if (!sd_bus_message_is_method_error(message, NULL))
		(void)read_before(message, station);
	if (add_connection(station) < 0)
		change_failed(station, "NetworkManager cannot be asked");
	return 0;
}

static int on_active(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct station *station = userdata;
	const char *path = "/";
	int r;

	if (!sd_bus_message_is_method_error(message, NULL))
		(void)sd_bus_message_read(message, "v", "o", &path);
	r = strcmp(path, "/") == 0 ? add_connection(station) :
				     ask(station, on_before, path, SERVICE_PROPERTIES, "GetAll", "s", ACTIVE);
	if (r < 0)
		change_failed(station, "NetworkManager cannot be asked");
	return 0;
}

int manager_try(struct station *station)
{
	struct managed *managed = &station->managed;

	managed->before[0] = managed->added[0] = 0;
	managed->before_is_ours = false;
	return ask(station, on_active, managed->device, SERVICE_PROPERTIES, "Get", "ss", DEVICE, "ActiveConnection");
}

void manager_keep(struct station *station)
{
	struct managed *managed = &station->managed;

	tell(managed->added, "Save");
	if (managed->before_is_ours)
		tell(managed->before, "Delete");
}

static int on_returned(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct station *station = userdata;

	if (sd_bus_message_is_method_error(message, NULL))
		lw_log(station->host, LOG_ERR, "%s does not go back to network '%s' either: %s", station->name,
			station->change.before_ssid, words_of(message));
	change_over(station);
	return 0;
}

void manager_go_back(struct station *station)
{
	struct managed *managed = &station->managed;

	managed->match = sd_bus_slot_unref(managed->match);
	if (managed->added[0])
		tell(managed->added, "Delete");
	if (!managed->before[0] || ask(station, on_returned, ROOT, MANAGER, "ActivateConnection", "ooo", managed->before,
					   managed->device, "/") < 0)
		change_over(station);
}

int manager_enable(struct station *station, bool enable, sd_bus_message_handler_t handler)
{
	const char *device = station->managed.device;

	return enable ? ask(station, handler, ROOT, MANAGER, "ActivateConnection", "ooo", "/", device, "/") :
			ask(station, handler, device, DEVICE, "Disconnect", NULL);
}

void manager_drop(struct station *station)
{
	station->managed.call = sd_bus_slot_unref(station->managed.call);
	station->managed.match = sd_bus_slot_unref(station->managed.match);
	station->managed.device[0] = 0;
}
