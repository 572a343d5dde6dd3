/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wifi.h - wireless interfaces, as wpa_supplicant has them
 *
 * supplicant.c keeps a struct station for each of them and says when one came, changed or went; wifi.c shows it as an
 * instance; connectivity.c shows the one that the default route goes through; change.c brings what a server wrote to wpa_supplicant, and takes it back when it does not connect.
 */
#pragma once

#include <lwm2m/plugin.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#define STATIONS 8

struct station;

/* The access point that a station talks to; frequency 0: none. */
struct bss {
	char ssid[33], bssid[13];
	uint16_t frequency; /* MHz */
	bool ht, vht;       /* 802.11n, 802.11ac */
};

#define NETWORKS_MAX 32
#define NETWORK_MARK "lwm2m-agent" /* id_str of those that servers wrote */

/* One that wpa_supplicant has, as it was before a change. */
struct network {
	char path[128];
	bool was_enabled, is_ours;
	sd_bus_slot *call;
};

struct networks {
	struct network list[NETWORKS_MAX];
	size_t n;
	void (*looked)(struct station *station);
	sd_bus_slot *call;
};

/* A station of NetworkManager's: its device, else "". */
struct managed {
	char device[128];
	char added[128], before[128]; /* connections: the one that is tried, the one that was active; "": none */
	bool before_is_ours;
	void (*answer)(struct station *station);
	sd_bus_slot *call, *match;
};

enum progress { CHANGE_NONE, CHANGE_CHECKING, CHANGE_WAITING, CHANGE_LOOKING, CHANGE_ADDING, CHANGE_TRYING, CHANGE_RETURNING };

/*
 * DISABLE_WANTED: a server disabled it, and it may still connect. DISABLE_TOLD: wpa_supplicant disconnects it. DISABLED: it
 * did. Who connects it after that has enabled it.
 */
enum enable { ENABLED, DISABLE_WANTED, DISABLE_TOLD, DISABLED };

/* What a server wrote, on its way. */
struct change {
	enum progress progress;
	bool enable, network; /* what it is about */
	char phrase[64];
	uint8_t key[32];
	bool has_key;
	char added[128];      /* the network that is tried */
	char before[128];     /* the one that was selected when it was written; "/": none */
	char before_ssid[33]; /* what servers see again when it is taken back */
	int32_t before_auth;
	sd_event_source *timer;
	sd_bus_slot *call;
};

struct station {
	const struct lw_host *host;
	struct lw_instance *inst;
	char path[128]; /* of wpa_supplicant's object; "": not in use */
	char name[16];
	char state[24], auth[24], network[128], bss_path[128];
	struct bss bss;
	sd_bus_slot *refresh;
	enum enable enable;
	sd_bus_slot *disconnect;
	bool disconnecting; /* NetworkManager was asked to, and has not answered */
	bool stale; /* it changed while it was read */
	struct change change;
	struct networks networks;
	struct managed managed;
};

struct wlan {
	char name[16], bssid[13], ssid[33];
	bool enabled, has_bssid;
	int32_t radio, status, mode, channel, standard, auth;
	bool has_channel, has_standard;
	char key[65], phrase[65];
	int64_t tx_bytes, rx_bytes, tx_packets, rx_packets, tx_errors, rx_errors, multicast, tx_dropped, rx_dropped;
};

/* wifi.c: object 12. connectivity.c: object 4. */
extern const struct lw_object wlan_object, connectivity_object;

/* The station, or the default route, is another now. */
void connectivity_show(const struct lw_host *host);

/* wifi.c: show what the station is now; it went. */
void wifi_show(struct station *station);
void wifi_gone(struct station *station);

/* Authentication Mode as object 12 has it. */
int32_t wifi_auth(const struct station *station);

/* supplicant.c: -errno when there is no bus, which was said. */
int supplicant_start(const struct lw_host *host);
void supplicant_stop(void);
sd_bus *supplicant_bus(void);

/* The station of this interface; NULL: wpa_supplicant has none. */
struct station *supplicant_find(const char *name);

/* A call to one of wpa_supplicant's Interface methods, with a path or without any argument. */
int supplicant_call(struct station *station, const char *method, const char *path, sd_bus_message_handler_t handler);
#define SUPPLICANT           "fi.w1.wpa_supplicant1"
#define SUPPLICANT_INTERFACE SUPPLICANT ".Interface"

/* An entry of a{sv} that is bytes. */
int supplicant_append_bytes(sd_bus_message *message, const char *key, const void *data, size_t len);

/* Reads the station anew, and calls wifi_show(). */
void supplicant_refresh(struct station *station);

/* networks.c: looks at all networks; looked() may ask wpa_supplicant for more, which is answered after it. -errno. */
int networks_look(struct station *station, void (*looked)(struct station *station));

/* Those that were enabled are again; those of ours are, or are removed. */
void networks_enable(struct station *station, bool with_ours);
void networks_save(struct station *station);
void networks_forget(struct station *station);

/*
 * manager.c: asks whether NetworkManager manages the station, which managed.device says when handler is called. Tries the
 * network that a server wrote, keeps it, or goes back. -errno.
 */
int manager_ask(struct station *station, void (*handler)(struct station *station));
int manager_try(struct station *station);
void manager_keep(struct station *station);
void manager_go_back(struct station *station);
int manager_enable(struct station *station, bool enable, sd_bus_message_handler_t handler);
void manager_drop(struct station *station);

/* enable.c: a server wants it; the station is there, is another now, or goes. */
void enable_set(struct station *station, bool enabled);
void enable_begin(struct station *station);
void enable_look(struct station *station);
void enable_drop(struct station *station);

/* Is it the only way out of this machine? */
bool enable_is_needed(const struct station *station);

/* change.c: seconds until a network that does not connect is taken back. */
void change_init(uint32_t connect_s);
int change_written(struct station *station, struct lw_instance *inst);
void change_look(struct station *station);

/* What is tried is connected; does not connect, and is taken back; all of it is over. */
void change_connected(struct station *station);
void change_failed(struct station *station, const char *why);
void change_over(struct station *station);
void change_drop(struct station *station);
