/* SPDX-License-Identifier: Apache-2.0 */
/* supplicant.c - wpa_supplicant's interfaces, over its D-Bus interface */
#include <syslog.h>

#include "../common/service.h"
#include "wifi.h"

#define ROOT       "/fi/w1/wpa_supplicant1"

/* Ids of information elements in a beacon: IEEE 802.11, 9.4.2. */
#define HT_CAPABILITIES  45
#define VHT_CAPABILITIES 191

static const struct lw_host *host;
static sd_bus *bus;
static struct station stations[STATIONS];

typedef int (*take_property)(struct station *station, const char *name, sd_bus_message *message);

static int read_text(sd_bus_message *message, const char *type, char *ret, size_t size)
{
	const char *text;
	int r = sd_bus_message_read(message, "v", type, &text);

	if (r >= 0)
		snprintf(ret, size, "%s", text);
	return r;
}

static int read_bytes(sd_bus_message *message, const uint8_t **ret, size_t *ret_len)
{
	const void *data = NULL;
	int r = sd_bus_message_enter_container(message, 'v', "ay");

	if (r >= 0)
		r = sd_bus_message_read_array(message, 'y', &data, ret_len);
	*ret = data;
	return r < 0 ? r : sd_bus_message_exit_container(message);
}

static void take_elements(struct bss *bss, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i + 2 <= len && i + 2 + data[i + 1] <= len; i += 2 + (size_t)data[i + 1]) {
		bss->ht = bss->ht || data[i] == HT_CAPABILITIES;
		bss->vht = bss->vht || data[i] == VHT_CAPABILITIES;
	}
}

static int take_bss(struct station *station, const char *name, sd_bus_message *message)
{
	struct bss *bss = &station->bss;
	const uint8_t *data;
	size_t len;
	int r;

	if (strcmp(name, "Frequency") == 0)
		return sd_bus_message_read(message, "v", "q", &bss->frequency);
	if (strcmp(name, "SSID") != 0 && strcmp(name, "BSSID") != 0 && strcmp(name, "IEs") != 0)
		return sd_bus_message_skip(message, "v");
	r = read_bytes(message, &data, &len);
	if (r < 0)
		return r;
	if (name[0] == 'I') {
		take_elements(bss, data, len);
	} else if (name[0] == 'S' && len < sizeof(bss->ssid)) {
		memcpy(bss->ssid, data, len);
		bss->ssid[len] = 0;
	} else if (name[0] == 'B' && len == 6) {
		for (size_t i = 0; i < 6; i++)
			snprintf(bss->bssid + 2 * i, 3, "%02X", data[i]);
	}
	return 0;
}

static int take_interface(struct station *station, const char *name, sd_bus_message *message)
{
	if (strcmp(name, "Ifname") == 0)
		return read_text(message, "s", station->name, sizeof(station->name));
	if (strcmp(name, "State") == 0)
		return read_text(message, "s", station->state, sizeof(station->state));
	if (strcmp(name, "CurrentAuthMode") == 0)
		return read_text(message, "s", station->auth, sizeof(station->auth));
	if (strcmp(name, "CurrentNetwork") == 0)
		return read_text(message, "o", station->network, sizeof(station->network));
	if (strcmp(name, "CurrentBSS") == 0)
		return read_text(message, "o", station->bss_path, sizeof(station->bss_path));
	return sd_bus_message_skip(message, "v");
}

/* a{sv} */
static int read_properties(sd_bus_message *message, struct station *station, take_property take)
{
	const char *name;
	int r = sd_bus_message_enter_container(message, 'a', "{sv}");

	while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
		r = sd_bus_message_read(message, "s", &name);
		if (r >= 0)
			r = take(station, name, message);
		if (r >= 0)
			r = sd_bus_message_exit_container(message);
	}
	return r;
}

static void show(struct station *station)
{
	station->refresh = sd_bus_slot_unref(station->refresh);
	wifi_show(station);
	if (station->stale)
		supplicant_refresh(station);
}

static int on_bss(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct station *station = userdata;

	station->bss = (struct bss){ 0 };
	if (!sd_bus_message_is_method_error(message, NULL) && read_properties(message, station, take_bss) < 0)
		station->bss = (struct bss){ 0 };
	show(station);
	return 0;
}

static int get_all(struct station *station, const char *path, const char *interface, sd_bus_message_handler_t handler)
{
	station->refresh = sd_bus_slot_unref(station->refresh);
	return sd_bus_call_method_async(
		bus, &station->refresh, SUPPLICANT, path, SERVICE_PROPERTIES, "GetAll", handler, station, "s", interface);
}

static int on_interface(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct station *station = userdata;

	strcpy(station->bss_path, "/");
	strcpy(station->network, "/");
	if (sd_bus_message_is_method_error(message, NULL) || read_properties(message, station, take_interface) < 0) {
		station->refresh = sd_bus_slot_unref(station->refresh);
		return 0;
	}
	if (strcmp(station->bss_path, "/") != 0 &&
		get_all(station, station->bss_path, SUPPLICANT ".BSS", on_bss) >= 0)
		return 0;
	station->bss = (struct bss){ 0 };
	show(station);
	return 0;
}

void supplicant_refresh(struct station *station)
{
	station->stale = station->refresh;
	if (!station->refresh)
		(void)get_all(station, station->path, SUPPLICANT_INTERFACE, on_interface);
}

sd_bus *supplicant_bus(void)
{
	return bus;
}

int supplicant_append_bytes(sd_bus_message *message, const char *key, const void *data, size_t len)
{
	int r = sd_bus_message_open_container(message, 'e', "sv");

	if (r >= 0)
		r = sd_bus_message_append(message, "s", key);
	if (r >= 0)
		r = sd_bus_message_open_container(message, 'v', "ay");
	if (r >= 0)
		r = sd_bus_message_append_array(message, 'y', data, len);
	if (r >= 0)
		r = sd_bus_message_close_container(message);
	return r < 0 ? r : sd_bus_message_close_container(message);
}

int supplicant_call(struct station *station, const char *method, const char *path, sd_bus_message_handler_t handler)
{
	sd_bus_slot **slot = &station->change.call;

	*slot = sd_bus_slot_unref(*slot);
	return sd_bus_call_method_async(bus, slot, SUPPLICANT, station->path, SUPPLICANT_INTERFACE, method, handler,
		station, path ? "o" : NULL, path);
}

static struct station *find(const char *path)
{
	for (size_t i = 0; i < STATIONS; i++)
		if (strcmp(stations[i].path, path) == 0)
			return &stations[i];
	return NULL;
}

struct station *supplicant_find(const char *name)
{
	for (size_t i = 0; i < STATIONS; i++)
		if (stations[i].path[0] && strcmp(stations[i].name, name) == 0)
			return &stations[i];
	return NULL;
}

static void add(const char *path)
{
	struct station *station = find(path) ? NULL : find("");

	if (!station || strlen(path) >= sizeof(station->path))
		return;
	*station = (struct station){ .host = host };
	strcpy(station->path, path);
	supplicant_refresh(station);
}

static void drop(struct station *station)
{
	station->refresh = sd_bus_slot_unref(station->refresh);
	enable_drop(station);
	change_drop(station);
	wifi_gone(station);
	station->path[0] = 0;
	connectivity_show(host);
}

static void drop_all(void)
{
	for (size_t i = 0; i < STATIONS; i++)
		if (stations[i].path[0])
			drop(&stations[i]);
}

static int on_changed(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	const char *path = sd_bus_message_get_path(message);
	struct station *station = path ? find(path) : NULL;

	if (station)
		supplicant_refresh(station);
	return 0;
}

static int on_added(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	const char *path;

	if (sd_bus_message_read(message, "o", &path) >= 0)
		add(path);
	return 0;
}

static int on_removed(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	const char *path;
	struct station *station;

	if (sd_bus_message_read(message, "o", &path) >= 0 && (station = find(path)))
		drop(station);
	return 0;
}

static int on_interfaces(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	const char *path;
	int r = sd_bus_message_is_method_error(message, NULL) ? -ENOENT :
								sd_bus_message_enter_container(message, 'v', "ao");

	if (r >= 0)
		r = sd_bus_message_enter_container(message, 'a', "o");
	while (r >= 0 && (r = sd_bus_message_read(message, "o", &path)) > 0)
		add(path);
	return 0;
}

static int ask_for_interfaces(void)
{
	return sd_bus_call_method_async(
		bus, NULL, SUPPLICANT, ROOT, SERVICE_PROPERTIES, "Get", on_interfaces, NULL, "ss", SUPPLICANT, "Interfaces");
}

/* wpa_supplicant came, or went. */
static void on_owner(bool there)
{
	drop_all();
	if (there)
		(void)ask_for_interfaces();
}

static int add_matches(void)
{
	int r = sd_bus_add_match_async(bus, NULL,
		"type='signal',sender='" SUPPLICANT "',interface='" SERVICE_PROPERTIES "',member='PropertiesChanged',"
		"path_namespace='" ROOT "/Interfaces',arg0='" SUPPLICANT_INTERFACE "'",
		on_changed, NULL, NULL);

	if (r >= 0)
		r = sd_bus_match_signal_async(
			bus, NULL, SUPPLICANT, ROOT, SUPPLICANT, "InterfaceAdded", on_added, NULL, NULL);
	if (r >= 0)
		r = sd_bus_match_signal_async(
			bus, NULL, SUPPLICANT, ROOT, SUPPLICANT, "InterfaceRemoved", on_removed, NULL, NULL);
	return r;
}

int supplicant_start(const struct lw_host *h)
{
	int r = service_open(h, SUPPLICANT, on_owner, &bus);

	host = h;
	if (r >= 0)
		r = add_matches();
	if (r >= 0)
		r = ask_for_interfaces();
	if (r < 0)
		lw_log(host, LOG_NOTICE, "No wireless interfaces: the system bus: %s", strerror(-r));
	return r;
}

void supplicant_stop(void)
{
	drop_all();
	bus = sd_bus_flush_close_unref(bus);
}
