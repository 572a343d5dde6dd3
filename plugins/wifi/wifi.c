/* SPDX-License-Identifier: Apache-2.0 */
/* WLAN Connectivity (OMA 12): the wireless interfaces that wpa_supplicant has. */
#include <ctype.h>
#include <lwm2m/settings.h>
#include <stdlib.h>
#include <syslog.h>

#include "../common/route.h"
#include "wifi.h"

struct options {
	uint32_t connect_s;
};

static const struct lw_setting settings[] = {
	LW_SETTING_NUMBER("connect_s", struct options, connect_s, 1, 600),
	LW_SETTING_END,
};

static struct station *adding; /* whose instance is being made */
static struct station *owners[UINT8_MAX + STATIONS]; /* by instance id */

static int32_t channel_of(uint16_t frequency)
{
	if (frequency == 2484)
		return 14;
	if (frequency < 2484)
		return (frequency - 2407) / 5;
	return frequency < 5950 ? (frequency - 5000) / 5 : (frequency - 5950) / 5;
}

static int32_t standard_of(const struct bss *bss)
{
	bool low = bss->frequency < 3000;

	return bss->vht && !low ? 6 : bss->ht ? (low ? 5 : 4) : low ? 2 : 0;
}

/* wpa_supplicant's name of what is in use: "WPA2-PSK", "SAE", "EAP-TLS", "NONE". */
int32_t wifi_auth(const struct station *station)
{
	const char *auth = station->auth;

	return strstr(auth, "PSK") || strcmp(auth, "SAE") == 0 ? 1 : strstr(auth, "EAP") ? 2 : 0;
}

static void show_bss(struct wlan *wlan, const struct station *station)
{
	const struct bss *bss = &station->bss;

	wlan->has_bssid = bss->bssid[0];
	wlan->has_channel = wlan->has_standard = bss->frequency >= 2412;
	strcpy(wlan->bssid, bss->bssid);
	if (wlan->has_channel) {
		wlan->channel = channel_of(bss->frequency);
		wlan->standard = standard_of(bss);
		wlan->radio = bss->frequency < 3000 ? 1 : bss->frequency < 7200 ? 2 : 6;
	}
}

static void show(struct wlan *wlan, struct station *station)
{
	bool completed = strcmp(station->state, "completed") == 0;
	bool idle = station->change.progress == CHANGE_NONE;

	enable_look(station);
	strcpy(wlan->name, station->name);
	show_bss(wlan, station);
	if (idle && completed) {
		strcpy(wlan->ssid, station->bss.ssid);
		wlan->auth = wifi_auth(station);
	}
	if (idle)
		wlan->enabled = station->enable == ENABLED;
	wlan->status = !wlan->enabled || strcmp(station->state, "interface_disabled") == 0 ? 0 : completed ? 1 : 2;
	if (wlan->status == 0)
		wlan->radio = 0;
}

/* "wlan1" is instance 1 whenever it comes, if that is free. */
static int choose_id(const char *name)
{
	size_t len = strlen(name), start = len;
	int id;

	while (start > 0 && isdigit((unsigned char)name[start - 1]))
		start--;
	id = start < len && len - start <= 3 ? atoi(name + start) : 0;
	if (id > UINT8_MAX)
		id = 0;
	while (owners[id])
		id++;
	return id;
}

void wifi_show(struct station *station)
{
	if (!station->inst && station->name[0]) {
		enable_begin(station);
		adding = station;
		(void)lw_add_instance(station->host, 12, (uint16_t)choose_id(station->name), NULL);
		adding = NULL;
	}
	if (!station->inst)
		return;
	change_look(station);
	show(station->inst->data, station);
	connectivity_show(station->host);
}

void wifi_gone(struct station *station)
{
	if (station->inst)
		lw_remove_instance(station->inst);
}

static struct station *station_of(const struct lw_instance *inst)
{
	for (size_t i = 0; i < sizeof(owners) / sizeof(owners[0]); i++)
		if (owners[i] && owners[i]->inst == inst)
			return owners[i];
	return NULL;
}

static int wlan_init(struct lw_instance *inst)
{
	if (!adding)
		return -ENODEV;
	adding->inst = inst;
	owners[choose_id(adding->name)] = adding;
	show(inst->data, adding);
	return 0;
}

static void wlan_fini(struct lw_instance *inst)
{
	for (size_t i = 0; i < sizeof(owners) / sizeof(owners[0]); i++)
		if (owners[i] && owners[i]->inst == inst) {
			change_drop(owners[i]);
			owners[i]->inst = NULL;
			owners[i] = NULL;
			return;
		}
}

static void count(const char *name, const char *what, int64_t *ret)
{
	char path[128];
	double number = 0;

	snprintf(path, sizeof(path), "/sys/class/net/%s/statistics/%s", name, what);
	if (lw_sysfs_read(path, 1, &number) >= 0)
		*ret = (int64_t)number;
}

static int wlan_poll(struct lw_instance *inst)
{
	struct wlan *wlan = inst->data;

	if (strchr(wlan->name, '/'))
		return -EINVAL;
	count(wlan->name, "tx_bytes", &wlan->tx_bytes);
	count(wlan->name, "rx_bytes", &wlan->rx_bytes);
	count(wlan->name, "tx_packets", &wlan->tx_packets);
	count(wlan->name, "rx_packets", &wlan->rx_packets);
	count(wlan->name, "tx_errors", &wlan->tx_errors);
	count(wlan->name, "rx_errors", &wlan->rx_errors);
	count(wlan->name, "multicast", &wlan->multicast);
	count(wlan->name, "tx_dropped", &wlan->tx_dropped);
	count(wlan->name, "rx_dropped", &wlan->rx_dropped);
	return 0;
}

static int wlan_written(struct lw_instance *inst)
{
	struct station *station = station_of(inst);

	return station ? change_written(station, inst) : -ENODEV;
}

static const struct lw_resource resources[] = {
	LW_RES_STRING(0, LW_R, struct wlan, name),
	LW_RES_BOOLEAN(1, LW_RW, struct wlan, enabled),
	LW_RES_INTEGER(2, LW_R, struct wlan, radio),
	LW_RES_INTEGER(3, LW_R, struct wlan, status),
	LW_RES_STRING(4, LW_R, struct wlan, bssid, LW_PRESENT(struct wlan, has_bssid)),
	LW_RES_STRING(5, LW_RW, struct wlan, ssid),
	LW_RES_INTEGER(8, LW_R, struct wlan, mode),
	LW_RES_INTEGER(9, LW_R, struct wlan, channel, LW_PRESENT(struct wlan, has_channel)),
	LW_RES_INTEGER(14, LW_R, struct wlan, standard, LW_PRESENT(struct wlan, has_standard)),
	LW_RES_INTEGER(15, LW_RW, struct wlan, auth),
	LW_RES_STRING(17, LW_W, struct wlan, key),
	LW_RES_STRING(18, LW_W, struct wlan, phrase),
	LW_RES_INTEGER(33, LW_R, struct wlan, tx_bytes),
	LW_RES_INTEGER(34, LW_R, struct wlan, rx_bytes),
	LW_RES_INTEGER(35, LW_R, struct wlan, tx_packets),
	LW_RES_INTEGER(36, LW_R, struct wlan, rx_packets),
	LW_RES_INTEGER(37, LW_R, struct wlan, tx_errors),
	LW_RES_INTEGER(38, LW_R, struct wlan, rx_errors),
	LW_RES_INTEGER(42, LW_R, struct wlan, multicast),
	LW_RES_INTEGER(45, LW_R, struct wlan, tx_dropped),
	LW_RES_INTEGER(46, LW_R, struct wlan, rx_dropped),
	LW_RES_END,
};

const struct lw_object wlan_object = {
	.id = 12,
	.version = "1.1",
	.flags = LW_INSTANCES,
	.resources = resources,
	LW_DATA(struct wlan, .enabled = true, .mode = 1),
	.poll = wlan_poll,
	.written = wlan_written,
	.init = wlan_init,
	.fini = wlan_fini,
};

static int start(const struct lw_host *host)
{
	static const char *const sections[] = { "wifi", NULL };
	struct options options = { .connect_s = 30 };
	int r = lw_read_section(host, "wifi", settings, &options);

	if (lw_check_sections(host, sections) < 0 || r < 0)
		return -EINVAL;
	change_init(options.connect_s);
	r = route_start(host, connectivity_show);
	if (r < 0)
		lw_log(host, LOG_WARNING, "Object 4 does not follow the default route: %s", strerror(-r));
	return supplicant_start(host);
}

static void stop(const struct lw_host *host)
{
	supplicant_stop();
	route_stop();
}

LW_PLUGIN_START("wifi", start, stop, &wlan_object, &connectivity_object);
