/* SPDX-License-Identifier: Apache-2.0 */
/*
 * change.c - what a server wrote, to wpa_supplicant or NetworkManager, and back
 *
 * A server that changes the network may be heard through the very connection that goes down. So the answer leaves
 * first, and when the new network does not connect in time, the one before is selected again.
 */
#include <ctype.h>
#include <syslog.h>

#include "wifi.h"

#define ANSWER_FIRST UINT64_C(2000000)
#define SECOND       UINT64_C(1000000)
#define PRIORITY     100

static uint64_t connect_time;

void change_init(uint32_t connect_s)
{
	connect_time = connect_s * SECOND;
}

static void forget_secrets(struct change *change)
{
	explicit_bzero(change->phrase, sizeof(change->phrase));
	explicit_bzero(change->key, sizeof(change->key));
	change->has_key = false;
}

static void rest(struct change *change)
{
	change->timer = sd_event_source_disable_unref(change->timer);
	forget_secrets(change);
	change->enable = change->network = false;
	change->progress = CHANGE_NONE;
}

void change_drop(struct station *station)
{
	station->change.call = sd_bus_slot_unref(station->change.call);
	networks_forget(station);
	manager_drop(station);
	rest(&station->change);
}

void change_over(struct station *station)
{
	rest(&station->change);
	supplicant_refresh(station);
}

/* Nobody waits for the answer, and a failure shows in the station's state. */
static void tell(struct station *station, const char *method, const char *path)
{
	(void)sd_bus_call_method_async(supplicant_bus(), NULL, SUPPLICANT, station->path, SUPPLICANT_INTERFACE, method,
		NULL, NULL, path ? "o" : NULL, path);
}

static int on_returned(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct station *station = userdata;
	const sd_bus_error *e = sd_bus_message_get_error(message);

	if (e)
		lw_log(station->host, LOG_ERR, "%s does not go back to network '%s' either: %s", station->name,
			station->change.before_ssid, e->message ? e->message : e->name);
	networks_enable(station, true);
	change_over(station);
	return 0;
}

void change_failed(struct station *station, const char *why)
{
	struct change *change = &station->change;
	struct wlan *wlan = station->inst->data;
	bool had_network = change->before[0] == '/' && change->before[1];

	lw_log(station->host, LOG_WARNING, "%s does not connect to network '%s': %s; back to '%s'", station->name,
		wlan->ssid, why, had_network ? change->before_ssid : "none");
	strcpy(wlan->ssid, change->before_ssid);
	wlan->auth = change->before_auth;
	change->timer = sd_event_source_disable_unref(change->timer);
	change->progress = CHANGE_RETURNING;
	forget_secrets(change);
	if (station->managed.device[0]) {
		manager_go_back(station);
		return;
	}
	if (change->added[0])
		tell(station, "RemoveNetwork", change->added);
	if (!had_network || supplicant_call(station, "SelectNetwork", change->before, on_returned) < 0) {
		networks_enable(station, true);
		change_over(station);
	}
}

static int on_late(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct station *station = userdata;
	char why[80];

	snprintf(why, sizeof(why), "not within %u s, its state is '%s'", (unsigned int)(connect_time / SECOND),
		station->state);
	change_failed(station, why);
	return 0;
}

static int begin_trial(struct station *station)
{
	struct change *change = &station->change;

	change->progress = CHANGE_TRYING;
	change->timer = sd_event_source_disable_unref(change->timer);
	return sd_event_add_time_relative(
		lw_event(station->host), &change->timer, CLOCK_BOOTTIME, connect_time, 0, on_late, station);
}

static int on_selected(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	const sd_bus_error *e = sd_bus_message_get_error(message);

	if (e)
		change_failed(userdata, e->message ? e->message : e->name);
	return 0;
}

static int on_network(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct station *station = userdata;
	struct change *change = &station->change;
	const sd_bus_error *e = sd_bus_message_get_error(message);
	const char *path = "";

	forget_secrets(change);
	if (e || sd_bus_message_read(message, "o", &path) < 0 || strlen(path) >= sizeof(change->added)) {
		change_failed(station, e && e->message ? e->message : "wpa_supplicant does not take it");
		return 0;
	}
	strcpy(change->added, path);
	if (begin_trial(station) < 0 || supplicant_call(station, "SelectNetwork", change->added, on_selected) < 0)
		change_failed(station, "wpa_supplicant cannot be asked");
	return 0;
}

/*
 * Preferred to the others, which stay as what there is when it is out of reach. As bytes the name and a key need no quotes; a
 * phrase is a text.
 */
static int append_network(sd_bus_message *message, const struct wlan *wlan, const struct change *change)
{
	int r = sd_bus_message_open_container(message, 'a', "{sv}");

	if (r >= 0)
		r = supplicant_append_bytes(message, "ssid", wlan->ssid, strlen(wlan->ssid));
	if (r >= 0)
		r = sd_bus_message_append(message, "{sv}{sv}{sv}", "key_mgmt", "s", wlan->auth == 1 ? "WPA-PSK" : "NONE",
			"id_str", "s", NETWORK_MARK, "priority", "i", PRIORITY);
	if (r >= 0 && change->has_key)
		r = supplicant_append_bytes(message, "psk", change->key, sizeof(change->key));
	else if (r >= 0 && wlan->auth == 1)
		r = sd_bus_message_append(message, "{sv}", "psk", "s", change->phrase);
	return r < 0 ? r : sd_bus_message_close_container(message);
}

static int add_network(struct station *station)
{
	struct change *change = &station->change;
	sd_bus_message *message = NULL;
	int r = sd_bus_message_new_method_call(
		supplicant_bus(), &message, SUPPLICANT, station->path, SUPPLICANT_INTERFACE, "AddNetwork");

	if (r >= 0)
		r = sd_bus_message_sensitive(message);
	if (r >= 0)
		r = append_network(message, station->inst->data, change);
	change->call = sd_bus_slot_unref(change->call);
	if (r >= 0)
		r = sd_bus_call_async(supplicant_bus(), &change->call, message, on_network, station, 0);
	sd_bus_message_unref(message);
	return r;
}

static void on_looked(struct station *station)
{
	station->change.progress = CHANGE_ADDING;
	if (add_network(station) < 0)
		change_failed(station, "wpa_supplicant cannot be asked");
}

static int try_network(struct station *station)
{
	if (!station->managed.device[0]) {
		station->change.progress = CHANGE_LOOKING;
		return networks_look(station, on_looked);
	}
	int r = begin_trial(station);

	return r < 0 ? r : manager_try(station);
}

static int on_answered(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct station *station = userdata;
	const struct wlan *wlan = station->inst->data;
	struct change *change = &station->change;

	change->added[0] = 0;
	if (change->enable)
		enable_set(station, wlan->enabled);
	if (!wlan->enabled || !change->network) {
		lw_log(station->host, LOG_NOTICE, "%s is %s now, a server wants it", station->name,
			wlan->enabled ? "enabled" : "disabled");
		change_over(station);
		return 0;
	}
	if (try_network(station) < 0)
		change_failed(station, "it cannot be asked for");
	return 0;
}

void change_connected(struct station *station)
{
	lw_log(station->host, LOG_NOTICE, "%s is connected to network '%s' now", station->name,
		((struct wlan *)station->inst->data)->ssid);
	/* Of those that servers wrote there is one. */
	if (station->managed.device[0]) {
		manager_keep(station);
	} else {
		networks_enable(station, false);
		networks_save(station);
	}
	change_over(station);
}

void change_look(struct station *station)
{
	const struct change *change = &station->change;

	if (change->progress == CHANGE_TRYING && !station->managed.device[0] && strcmp(station->state, "completed") == 0 &&
		strcmp(station->network, change->added) == 0)
		change_connected(station);
}

/* The end of written(): the change goes on after the answer. */
static void on_asked(struct station *station)
{
	struct change *change = &station->change;
	int r = sd_event_add_time_relative(
		lw_event(station->host), &change->timer, CLOCK_BOOTTIME, ANSWER_FIRST, 0, on_answered, station);

	if (r < 0)
		change_over(station);
	else
		change->progress = CHANGE_WAITING;
	lw_finish(station->inst, r < 0 ? r : 0);
}

static int digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/* 64 hexadecimal digits. */
static bool take_key(const char *text, struct change *change)
{
	if (strlen(text) != 64)
		return false;
	for (size_t i = 0; i < 64; i++)
		if (!isxdigit((unsigned char)text[i]))
			return false;
	for (size_t i = 0; i < 32; i++)
		change->key[i] = (uint8_t)(digit(text[2 * i]) << 4 | digit(text[2 * i + 1]));
	return change->has_key = true;
}

static bool take_phrase(const char *text, struct change *change)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		if (text[i] < 32 || text[i] > 126)
			return false;
	if (len < 8 || len > 63)
		return false;
	strcpy(change->phrase, text);
	return true;
}

/* A network is written as a whole: its name, and a key or a phrase unless it is open. */
static int take_network(struct wlan *wlan, struct change *change)
{
	bool has_secret = wlan->key[0] || wlan->phrase[0];

	forget_secrets(change);
	if (has_secret && wlan->auth == 0)
		wlan->auth = 1;
	if (!wlan->ssid[0] || (wlan->auth != 0 && wlan->auth != 1) || has_secret != (wlan->auth == 1))
		return -EINVAL;
	if (!has_secret)
		return 0;
	return (wlan->key[0] ? take_key(wlan->key, change) : take_phrase(wlan->phrase, change)) ? 0 : -EINVAL;
}

static int take(struct station *station, struct lw_instance *inst)
{
	struct change *change = &station->change;
	struct wlan *wlan = inst->data;
	bool network = lw_wrote(inst, 5) || lw_wrote(inst, 15) || lw_wrote(inst, 17) || lw_wrote(inst, 18);

	if (change->progress != CHANGE_NONE)
		return -EBUSY;
	/* A network for an interface that stays disabled could not be tried. */
	if (network && (!wlan->enabled || take_network(wlan, change) < 0)) {
		forget_secrets(change);
		return -EINVAL;
	}
	if (!wlan->enabled && enable_is_needed(station)) {
		lw_log(station->host, LOG_WARNING,
			"%s is not disabled: it has the only default route, and no server could enable it again", station->name);
		return -EPERM;
	}
	change->network = network;
	change->enable = lw_wrote(inst, 1);
	strcpy(change->before, station->network);
	strcpy(change->before_ssid, station->bss.ssid);
	change->before_auth = wifi_auth(station);
	return network || change->enable;
}

int change_written(struct station *station, struct lw_instance *inst)
{
	struct wlan *wlan = inst->data;
	int r = take(station, inst);

	explicit_bzero(wlan->key, sizeof(wlan->key));
	explicit_bzero(wlan->phrase, sizeof(wlan->phrase));
	if (r <= 0)
		return r;
	r = manager_ask(station, on_asked);
	if (r < 0) {
		rest(&station->change);
		return r;
	}
	station->change.progress = CHANGE_CHECKING;
	return LW_LATER;
}
