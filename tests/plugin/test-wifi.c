/* SPDX-License-Identifier: Apache-2.0 */
/* plugins/wifi with a wpa_supplicant and a NetworkManager that say what the test wants. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include <cmocka.h>

#include "../io/private-bus.h"
#include "../io/scratch.h"
#include "fixture.h"
#include "network.h"

#define SUPPLICANT "fi.w1.wpa_supplicant1"
#define ROOT       "/fi/w1/wpa_supplicant1"
#define INTERFACE  ROOT "/Interfaces/0"
#define HOME       INTERFACE "/Networks/0"
#define NEW        INTERFACE "/Networks/1"
#define OFF        INTERFACE "/Networks/2" /* not enabled */
#define WRITTEN    INTERFACE "/Networks/3" /* by a server, before */
#define MANAGER    "org.freedesktop.NetworkManager"

static struct fixture fixture;
static pid_t daemon_pid = -1;
static sd_bus *supplicant, *manager;

static struct {
	const char *state, *network, *ssid;
	uint8_t last; /* of the BSSID */
	uint16_t frequency;
	char new_ssid[33], new_psk[65], new_mgmt[16], removed[64];
	size_t psk_len;
	bool new_is_good;
	unsigned int selections, disconnects, reconnects;
	int managed;
	bool home_is_ours;
	unsigned int nm_disconnects, nm_saves;
	uint32_t nm_state;
	char nm_saved[64], nm_deleted[64], activated[64];
	char enabled[256]; /* the last letters of networks that were */
	bool saves; /* its configuration file may be written */
	unsigned int saved, marks;
	int32_t level, noise;
} air;

static int get_text(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply,
	void *userdata, sd_bus_error *error)
{
	return sd_bus_message_append(reply, "s",
		strcmp(property, "State") == 0	? air.state :
		strcmp(property, "Ifname") == 0 ? "wlan3" :
						  "WPA2-PSK");
}

static int get_path(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply,
	void *userdata, sd_bus_error *error)
{
	bool connected = strcmp(air.state, "completed") == 0;

	return sd_bus_message_append(
		reply, "o", strcmp(property, "CurrentNetwork") == 0 ? air.network : connected ? INTERFACE "/BSSs/0" : "/");
}

static int get_bss(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply,
	void *userdata, sd_bus_error *error)
{
	static const uint8_t elements[] = { 0, 1, 'x', 45, 2, 0, 0, 191, 1, 0, 7, 200 }; /* the last one is cut off */
	const uint8_t bssid[6] = { 2, 0, 0, 0, 0xab, air.last };

	if (strcmp(property, "Frequency") == 0)
		return sd_bus_message_append(reply, "q", air.frequency);
	if (strcmp(property, "SSID") == 0)
		return sd_bus_message_append_array(reply, 'y', air.ssid, strlen(air.ssid));
	return strcmp(property, "IEs") == 0 ? sd_bus_message_append_array(reply, 'y', elements, sizeof(elements)) :
					      sd_bus_message_append_array(reply, 'y', bssid, 6);
}

static int get_interfaces(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	return sd_bus_message_append(reply, "ao", 1, INTERFACE);
}

static int get_networks(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	return sd_bus_message_append(reply, "ao", 3, HOME, OFF, WRITTEN);
}

static int get_enabled(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply,
	void *userdata, sd_bus_error *error)
{
	return sd_bus_message_append(reply, "b", strcmp(path, OFF) != 0);
}

static int set_enabled(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *value,
	void *userdata, sd_bus_error *error)
{
	int enabled = 0;

	assert_true(sd_bus_message_read(value, "b", &enabled) >= 0);
	assert_true(enabled);
	strcat(air.enabled, path + strlen(path) - 1);
	return 0;
}

static int get_network(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply,
	void *userdata, sd_bus_error *error)
{
	return sd_bus_message_append(reply, "a{sv}", 2, "ssid", "s", "\"home\"", "id_str", "s",
		strcmp(path, WRITTEN) == 0 ? "\"lwm2m-agent\"" : "\"lwm2m\"");
}

static void say_changed(void)
{
	assert_true(sd_bus_emit_properties_changed(supplicant, INTERFACE, SUPPLICANT ".Interface", "State", NULL) >= 0);
}

static void connect_to(const char *network, const char *ssid, uint8_t last)
{
	air.state = "completed";
	air.network = network;
	air.ssid = ssid;
	air.last = last;
	say_changed();
}

static void take_argument(sd_bus_message *message, const char *key)
{
	const char *text, *type;
	const void *data;
	size_t len;
	char kind;

	assert_true(sd_bus_message_peek_type(message, &kind, &type) > 0);
	if (strcmp(key, "id_str") == 0 || strcmp(key, "priority") == 0) {
		assert_true(sd_bus_message_skip(message, "v") >= 0);
		air.marks++;
		return;
	}
	if (strcmp(type, "s") == 0) {
		assert_true(sd_bus_message_read(message, "v", "s", &text) >= 0);
		snprintf(strcmp(key, "psk") == 0 ? air.new_psk : air.new_mgmt, sizeof(air.new_mgmt), "%s", text);
		return;
	}
	assert_true(sd_bus_message_enter_container(message, 'v', "ay") >= 0);
	assert_true(sd_bus_message_read_array(message, 'y', &data, &len) >= 0);
	assert_true(len <= 32);
	memcpy(strcmp(key, "psk") == 0 ? air.new_psk : air.new_ssid, data, len);
	air.psk_len = strcmp(key, "psk") == 0 ? len : air.psk_len;
	sd_bus_message_exit_container(message);
}

static int on_add(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	const char *key;

	sd_bus_message_enter_container(message, 'a', "{sv}");
	while (sd_bus_message_enter_container(message, 'e', "sv") > 0) {
		sd_bus_message_read(message, "s", &key);
		take_argument(message, key);
		sd_bus_message_exit_container(message);
	}
	return sd_bus_reply_method_return(message, "o", NEW);
}

static int on_select(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	const char *path;

	assert_true(sd_bus_message_read(message, "o", &path) >= 0);
	air.selections++;
	if (strcmp(path, HOME) == 0)
		connect_to(HOME, "home", 1);
	else if (air.new_is_good)
		connect_to(NEW, "office", 2);
	else
		air.state = "4way_handshake", air.network = NEW, say_changed();
	return sd_bus_reply_method_return(message, NULL);
}

static int on_remove(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	const char *path;

	assert_true(sd_bus_message_read(message, "o", &path) >= 0);
	snprintf(air.removed, sizeof(air.removed), "%s", path);
	return sd_bus_reply_method_return(message, NULL);
}

static int on_save(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	if (!air.saves)
		return sd_bus_reply_method_errorf(message, SUPPLICANT ".UnknownError", "Not allowed");
	air.saved++;
	return sd_bus_reply_method_return(message, NULL);
}

static int on_disconnect(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	if (strcmp(air.network, "/") == 0)
		return sd_bus_reply_method_errorf(message, SUPPLICANT ".NotConnected", "This interface is not connected");
	air.disconnects++;
	air.state = "disconnected";
	air.network = "/";
	say_changed();
	return sd_bus_reply_method_return(message, NULL);
}

static int on_reconnect(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	air.reconnects++;
	connect_to(HOME, "home", 1);
	return sd_bus_reply_method_return(message, NULL);
}

static int on_signal_poll(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	if (air.level == 0)
		return sd_bus_reply_method_errorf(message, SD_BUS_ERROR_FAILED, "Failed to read signal");
	return sd_bus_reply_method_return(message, "v", "a{sv}", 3, "linkspeed", "i", 54, "rssi", "i", air.level, "noise",
		"i", air.noise);
}

static const sd_bus_vtable root_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Interfaces", "ao", get_interfaces, 0, 0),
	SD_BUS_VTABLE_END,
};

static const sd_bus_vtable interface_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("State", "s", get_text, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_PROPERTY("Ifname", "s", get_text, 0, 0),
	SD_BUS_PROPERTY("CurrentAuthMode", "s", get_text, 0, 0),
	SD_BUS_PROPERTY("CurrentNetwork", "o", get_path, 0, 0),
	SD_BUS_PROPERTY("CurrentBSS", "o", get_path, 0, 0),
	SD_BUS_PROPERTY("Networks", "ao", get_networks, 0, 0),
	SD_BUS_METHOD("SaveConfig", NULL, NULL, on_save, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("AddNetwork", "a{sv}", "o", on_add, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("SelectNetwork", "o", NULL, on_select, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("RemoveNetwork", "o", NULL, on_remove, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("SignalPoll", NULL, "v", on_signal_poll, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Disconnect", NULL, NULL, on_disconnect, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Reconnect", NULL, NULL, on_reconnect, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

static const sd_bus_vtable network_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_WRITABLE_PROPERTY("Enabled", "b", get_enabled, set_enabled, 0, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_PROPERTY("Properties", "a{sv}", get_network, 0, 0),
	SD_BUS_VTABLE_END,
};

static const sd_bus_vtable bss_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("SSID", "ay", get_bss, 0, 0),
	SD_BUS_PROPERTY("BSSID", "ay", get_bss, 0, 0),
	SD_BUS_PROPERTY("IEs", "ay", get_bss, 0, 0),
	SD_BUS_PROPERTY("Frequency", "q", get_bss, 0, 0),
	SD_BUS_VTABLE_END,
};

#define NM           "/org/freedesktop/NetworkManager"
#define DEVICE       NM "/Devices/1"
#define HOME_ACTIVE  NM "/ActiveConnection/1"
#define NEW_ACTIVE   NM "/ActiveConnection/2"
#define HOME_SETTING NM "/Settings/1"
#define NEW_SETTING  NM "/Settings/2"

static int on_device(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	return sd_bus_reply_method_return(message, "o", DEVICE);
}

static int get_managed(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply,
	void *userdata, sd_bus_error *error)
{
	return sd_bus_message_append(reply, "b", air.managed);
}

static int get_active(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply,
	void *userdata, sd_bus_error *error)
{
	if (strcmp(property, "State") == 0)
		return sd_bus_message_append(reply, "u", air.nm_state);
	if (strcmp(property, "Id") == 0)
		return sd_bus_message_append(reply, "s", air.home_is_ours ? "lwm2m-agent wlan3" : "Home");
	return sd_bus_message_append(reply, "o", strcmp(property, "Connection") == 0 ? HOME_SETTING : HOME_ACTIVE);
}

/* a{sa{sv}}: of all that is in it, the name and the secret. */
static void take_connection(sd_bus_message *message)
{
	const char *group, *key, *text;
	const void *data;
	size_t len;

	sd_bus_message_enter_container(message, 'a', "{sa{sv}}");
	while (sd_bus_message_enter_container(message, 'e', "sa{sv}") > 0) {
		sd_bus_message_read(message, "s", &group);
		sd_bus_message_enter_container(message, 'a', "{sv}");
		while (sd_bus_message_enter_container(message, 'e', "sv") > 0) {
			sd_bus_message_read(message, "s", &key);
			if (strcmp(key, "psk") == 0) {
				sd_bus_message_read(message, "v", "s", &text);
				snprintf(air.new_psk, sizeof(air.new_psk), "%s", text);
			} else if (strcmp(key, "ssid") == 0) {
				sd_bus_message_enter_container(message, 'v', "ay");
				sd_bus_message_read_array(message, 'y', &data, &len);
				memcpy(air.new_ssid, data, len);
				sd_bus_message_exit_container(message);
			} else {
				sd_bus_message_skip(message, "v");
			}
			sd_bus_message_exit_container(message);
		}
		sd_bus_message_exit_container(message);
		sd_bus_message_exit_container(message);
	}
	sd_bus_message_exit_container(message);
}

static int on_add_and_activate(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	int r;

	take_connection(message);
	r = sd_bus_reply_method_return(message, "ooa{sv}", NEW_SETTING, NEW_ACTIVE, 0);
	if (air.new_is_good)
		connect_to(NEW, "office", 2);
	/* Activated, or deactivated. */
	air.nm_state = air.new_is_good ? 2 : 4;
	assert_true(sd_bus_emit_signal(manager, NEW_ACTIVE, MANAGER ".Connection.Active", "StateChanged", "uu",
			    air.nm_state, 9U) >= 0);
	return r;
}

static int on_activate(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	const char *path;

	assert_true(sd_bus_message_read(message, "o", &path) >= 0);
	snprintf(air.activated, sizeof(air.activated), "%s", path);
	connect_to(HOME, "home", 1);
	return sd_bus_reply_method_return(message, "o", HOME_ACTIVE);
}

static int on_device_disconnect(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	air.nm_disconnects++;
	air.state = "disconnected";
	air.network = "/";
	say_changed();
	return sd_bus_reply_method_return(message, NULL);
}

static int on_save_or_delete(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	bool deletes = strcmp(sd_bus_message_get_member(message), "Delete") == 0;

	air.nm_saves += !deletes;
	snprintf(deletes ? air.nm_deleted : air.nm_saved, sizeof(air.nm_saved), "%s", sd_bus_message_get_path(message));
	return sd_bus_reply_method_return(message, NULL);
}

static const sd_bus_vtable manager_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("GetDeviceByIpIface", "s", "o", on_device, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("AddAndActivateConnection2", "a{sa{sv}}ooa{sv}", "ooa{sv}", on_add_and_activate,
		SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("ActivateConnection", "ooo", "o", on_activate, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

static const sd_bus_vtable device_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Managed", "b", get_managed, 0, 0),
	SD_BUS_PROPERTY("ActiveConnection", "o", get_active, 0, 0),
	SD_BUS_METHOD("Disconnect", NULL, NULL, on_device_disconnect, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

static const sd_bus_vtable active_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("State", "u", get_active, 0, 0),
	SD_BUS_PROPERTY("Id", "s", get_active, 0, 0),
	SD_BUS_PROPERTY("Connection", "o", get_active, 0, 0),
	SD_BUS_SIGNAL("StateChanged", "uu", 0),
	SD_BUS_VTABLE_END,
};

static const sd_bus_vtable setting_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("Save", NULL, NULL, on_save_or_delete, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Delete", NULL, NULL, on_save_or_delete, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

static void serve(sd_bus *bus, const char *path, const char *interface, const sd_bus_vtable *vtable)
{
	assert_true(sd_bus_add_object_vtable(bus, NULL, path, interface, vtable, NULL) >= 0);
}

static void start_supplicant(const char *directory)
{
	supplicant = private_bus_serve(directory, fixture.event, SUPPLICANT);
	serve(supplicant, ROOT, SUPPLICANT, root_vtable);
	serve(supplicant, INTERFACE, SUPPLICANT ".Interface", interface_vtable);
	serve(supplicant, HOME, SUPPLICANT ".Network", network_vtable);
	serve(supplicant, OFF, SUPPLICANT ".Network", network_vtable);
	serve(supplicant, WRITTEN, SUPPLICANT ".Network", network_vtable);
	serve(supplicant, INTERFACE "/BSSs/0", SUPPLICANT ".BSS", bss_vtable);
}

static void start_manager(const char *directory)
{
	manager = private_bus_serve(directory, fixture.event, MANAGER);
	serve(manager, NM, MANAGER, manager_vtable);
	serve(manager, DEVICE, MANAGER ".Device", device_vtable);
	serve(manager, HOME_ACTIVE, MANAGER ".Connection.Active", active_vtable);
	serve(manager, NEW_ACTIVE, MANAGER ".Connection.Active", active_vtable);
	serve(manager, HOME_SETTING, MANAGER ".Settings.Connection", setting_vtable);
	serve(manager, NEW_SETTING, MANAGER ".Settings.Connection", setting_vtable);
}

static int setup(void **state)
{
	fixture_init(&fixture);
	memset(&air, 0, sizeof(air));
	air.state = "completed";
	air.network = HOME;
	air.ssid = "home";
	air.last = 1;
	air.frequency = 2437;
	return scratch_setup(state);
}

static int teardown(void **state)
{
	fixture_deinit(&fixture);
	supplicant = sd_bus_flush_close_unref(supplicant);
	manager = sd_bus_flush_close_unref(manager);
	private_bus_stop_system(&daemon_pid);
	return scratch_teardown(state);
}

static bool is(uint16_t rid, struct value value)
{
	return fixture_read(&fixture, PATH3(12, 3, rid)) == 0 &&
	       value_equal(&fixture.records.items[0].value, &value);
}

static void begin(const char *connect_s)
{
	const struct plugin_setting settings[] = { { "wifi", "connect_s", connect_s }, { NULL, NULL, NULL } };
	const char *module = getenv("LWM2M_WIFI_PLUGIN");

	assert_non_null(module);
	fixture_add(&fixture, "wifi", module, PLUGIN_ISOLATION_PROCESS, settings);
	supervisor_start(fixture.supervisor);
}

static void begin_at_home(const char *directory)
{
	private_bus_start_system(directory, &daemon_pid);
	start_supplicant(directory);
	begin("2");
	fixture_wait_state(&fixture, PLUGIN_RUNNING);
	fixture_wait(&fixture, is(5, VALUE_STRING("home")));
}

static int write_network(const char *ssid, const char *phrase)
{
	const struct record records[] = {
		{ .path = PATH3(12, 3, 5), .value = VALUE_STRING(ssid) },
		{ .path = PATH3(12, 3, 18), .value = VALUE_STRING(phrase) },
	};

	return fixture_write(&fixture, OPERATION_WRITE_UPDATE, PATH2(12, 3), records, 2);
}

static void test_read(void **state)
{
	begin_at_home(*state);
	fixture_expect(&fixture, PATH3(12, 3, 0), VALUE_STRING("wlan3"));
	fixture_expect(&fixture, PATH3(12, 3, 1), VALUE_BOOLEAN(true));
	fixture_expect(&fixture, PATH3(12, 3, 2), VALUE_INTEGER(1));
	fixture_expect(&fixture, PATH3(12, 3, 3), VALUE_INTEGER(1));
	fixture_expect(&fixture, PATH3(12, 3, 4), VALUE_STRING("02000000AB01"));
	fixture_expect(&fixture, PATH3(12, 3, 8), VALUE_INTEGER(1));
	fixture_expect(&fixture, PATH3(12, 3, 9), VALUE_INTEGER(6));
	fixture_expect(&fixture, PATH3(12, 3, 14), VALUE_INTEGER(5));
	fixture_expect(&fixture, PATH3(12, 3, 15), VALUE_INTEGER(1));
}

static void test_change_is_told(void **state)
{
	begin_at_home(*state);
	fixture_watch(&fixture, 12, true);
	fixture_forget(&fixture);
	air.frequency = 5180;
	connect_to(HOME, "home", 7);
	fixture_wait(&fixture, fixture_told(&fixture, REGISTRY_VALUE, PATH3(12, 3, 4)));
	fixture_expect(&fixture, PATH3(12, 3, 4), VALUE_STRING("02000000AB07"));
	fixture_expect(&fixture, PATH3(12, 3, 9), VALUE_INTEGER(36));
	fixture_expect(&fixture, PATH3(12, 3, 14), VALUE_INTEGER(6));
	air.state = "scanning";
	say_changed();
	fixture_wait(&fixture, fixture_told(&fixture, REGISTRY_VALUE, PATH3(12, 3, 3)));
	fixture_expect(&fixture, PATH3(12, 3, 3), VALUE_INTEGER(2));
	assert_int_equal(fixture_read(&fixture, PATH3(12, 3, 4)), -ENODATA);
}

static void test_other_network(void **state)
{
	begin_at_home(*state);
	air.new_is_good = air.saves = true;
	assert_int_equal(write_network("office", "correct horse"), 0);
	assert_int_equal(air.selections, 0); /* the answer goes first */
	fixture_wait(&fixture, is(4, VALUE_STRING("02000000AB02")));
	fixture_expect(&fixture, PATH3(12, 3, 5), VALUE_STRING("office"));
	assert_string_equal(air.new_ssid, "office");
	assert_string_equal(air.new_psk, "correct horse");
	assert_string_equal(air.new_mgmt, "WPA-PSK");
	assert_int_equal(air.selections, 1);
	/* The others are enabled as before, but for the one that a server wrote before; and it is kept. */
	fixture_wait(&fixture, air.saved == 1);
	assert_int_equal(air.marks, 2);
	assert_string_equal(air.removed, WRITTEN);
	assert_string_equal(air.enabled, "0");
}

static void test_wrong_phrase(void **state)
{
	begin_at_home(*state);
	assert_int_equal(write_network("office", "wrong horse"), 0);
	assert_int_equal(write_network("third", "wrong horse"), -EBUSY);
	fixture_wait(&fixture, air.selections == 2);
	fixture_wait(&fixture, is(5, VALUE_STRING("home")) && is(3, VALUE_INTEGER(1)));
	assert_string_equal(air.removed, NEW);
	assert_string_equal(air.network, HOME);
	fixture_wait(&fixture, strcmp(air.enabled, "03") == 0);
	assert_int_equal(air.saved, 0);
	fixture_expect(&fixture, PATH3(12, 3, 15), VALUE_INTEGER(1));
}

static void test_key(void **state)
{
	begin_at_home(*state);
	assert_int_equal(fixture_write_value(&fixture, PATH3(12, 3, 17),
				 VALUE_STRING("00112233445566778899aAbBcCdDeEfF00112233445566778899aabbccddeeff")), 0);
	fixture_wait(&fixture, air.psk_len == 32);
	assert_int_equal((uint8_t)air.new_psk[15], 0xff);
}

static void test_nonsense(void **state)
{
	begin_at_home(*state);
	assert_int_equal(write_network("office", "short"), -EINVAL);
	assert_int_equal(write_network("office", "tab\tin the phrase"), -EINVAL);
	assert_int_equal(write_network("", "correct horse"), -EINVAL);
	assert_int_equal(fixture_write_value(&fixture, PATH3(12, 3, 5), VALUE_STRING("no phrase")), -EINVAL);
	assert_int_equal(fixture_write_value(&fixture, PATH3(12, 3, 15), VALUE_INTEGER(2)), -EINVAL);
	assert_int_equal(fixture_write_value(&fixture, PATH3(12, 3, 17), VALUE_STRING("zz")), -EINVAL);
	fixture_expect(&fixture, PATH3(12, 3, 5), VALUE_STRING("home"));
}

static void test_disable_and_enable(void **state)
{
	begin_at_home(*state);
	assert_int_equal(fixture_write_value(&fixture, PATH3(12, 3, 1), VALUE_BOOLEAN(false)), 0);
	fixture_wait(&fixture, air.disconnects == 1);
	fixture_wait(&fixture, is(3, VALUE_INTEGER(0)));
	fixture_expect(&fixture, PATH3(12, 3, 1), VALUE_BOOLEAN(false));
	assert_int_equal(write_network("office", "correct horse"), -EINVAL);
	assert_int_equal(fixture_write_value(&fixture, PATH3(12, 3, 1), VALUE_BOOLEAN(true)), 0);
	fixture_wait(&fixture, air.reconnects == 1 && is(3, VALUE_INTEGER(1)));
}

/* What looks for its network is not connected yet: it is disconnected when it is, and by each new wpa_supplicant. */
static void test_stays_disabled(void **state)
{
	begin_at_home(*state);
	air.state = "scanning";
	air.network = "/";
	say_changed();
	fixture_wait(&fixture, is(3, VALUE_INTEGER(2)));
	assert_int_equal(fixture_write_value(&fixture, PATH3(12, 3, 1), VALUE_BOOLEAN(false)), 0);
	fixture_wait(&fixture, is(3, VALUE_INTEGER(0)));
	assert_int_equal(air.disconnects, 0);
	connect_to(HOME, "home", 1);
	fixture_wait(&fixture, air.disconnects == 1);
	assert_true(is(1, VALUE_BOOLEAN(false)));
	supplicant = sd_bus_flush_close_unref(supplicant);
	fixture_wait(&fixture, fixture_read(&fixture, PATH3(12, 3, 5)) == -ENOENT);
	air.state = "completed";
	air.network = HOME;
	start_supplicant(*state);
	fixture_wait(&fixture, air.disconnects == 2);
	fixture_wait(&fixture, is(1, VALUE_BOOLEAN(false)));
	/* Somebody else connects it: it is enabled. */
	fixture_wait(&fixture, is(3, VALUE_INTEGER(0)));
	fixture_wait(&fixture, fixture_read(&fixture, PATH3(12, 3, 4)) == -ENODATA);
	connect_to(HOME, "home", 1);
	fixture_wait(&fixture, is(1, VALUE_BOOLEAN(true)) && is(3, VALUE_INTEGER(1)));
	assert_int_equal(air.disconnects, 2);
}

static void begin_managed(const char *directory)
{
	private_bus_start_system(directory, &daemon_pid);
	start_manager(directory);
	start_supplicant(directory);
	begin("5");
	fixture_wait_state(&fixture, PLUGIN_RUNNING);
	fixture_wait(&fixture, is(5, VALUE_STRING("home")));
	air.managed = 1;
}

/* A connection that is active is saved; the one that a server wrote before goes. */
static void test_network_manager(void **state)
{
	begin_managed(*state);
	air.home_is_ours = air.new_is_good = true;
	assert_int_equal(write_network("office", "correct horse"), 0);
	fixture_wait(&fixture, strcmp(air.nm_saved, NEW_SETTING) == 0 && strcmp(air.nm_deleted, HOME_SETTING) == 0);
	fixture_wait(&fixture, is(5, VALUE_STRING("office")));
	assert_string_equal(air.new_ssid, "office");
	assert_string_equal(air.new_psk, "correct horse");
	assert_int_equal(air.selections, 0);
	/* Another one is NetworkManager's own. */
	air.home_is_ours = false;
	air.nm_saved[0] = air.nm_deleted[0] = 0;
	fixture_wait(&fixture, fixture_write_value(&fixture, PATH3(12, 3, 17),
				       VALUE_STRING("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")) == 0);
	fixture_wait(&fixture, strcmp(air.nm_saved, NEW_SETTING) == 0);
	assert_string_equal(air.new_psk, "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
	assert_int_equal(air.nm_saves, 2);
	assert_string_equal(air.nm_deleted, "");
}

static void test_network_manager_gives_up(void **state)
{
	begin_managed(*state);
	air.home_is_ours = true;
	assert_int_equal(write_network("office", "wrong horse"), 0);
	fixture_wait(&fixture, strcmp(air.activated, HOME_SETTING) == 0);
	fixture_wait(&fixture, is(5, VALUE_STRING("home")) && is(3, VALUE_INTEGER(1)));
	assert_string_equal(air.nm_deleted, NEW_SETTING);
	assert_string_equal(air.nm_saved, "");
}

static void test_network_manager_disables(void **state)
{
	begin_managed(*state);
	assert_int_equal(fixture_write_value(&fixture, PATH3(12, 3, 1), VALUE_BOOLEAN(false)), 0);
	fixture_wait(&fixture, air.nm_disconnects == 1 && is(3, VALUE_INTEGER(0)));
	assert_int_equal(air.disconnects, 0);
	fixture_wait(&fixture, fixture_write_value(&fixture, PATH3(12, 3, 1), VALUE_BOOLEAN(true)) == 0);
	fixture_wait(&fixture, strcmp(air.activated, "/") == 0 && is(3, VALUE_INTEGER(1)));
	/* One that it does not manage is wpa_supplicant's. */
	air.managed = 0;
	air.new_is_good = true;
	assert_int_equal(write_network("office", "correct horse"), 0);
	fixture_wait(&fixture, air.selections == 1);
}

static void test_supplicant_restarts(void **state)
{
	private_bus_start_system(*state, &daemon_pid);
	begin("2");
	fixture_wait_state(&fixture, PLUGIN_RUNNING);
	for (int i = 0; i < 2; i++) {
		start_supplicant(*state);
		fixture_wait(&fixture, is(5, VALUE_STRING("home")));
		supplicant = sd_bus_flush_close_unref(supplicant);
		fixture_wait(&fixture, fixture_read(&fixture, PATH3(12, 3, 5)) == -ENOENT);
	}
}

static bool has_connectivity(void)
{
	const struct object *object = registry_find(&fixture.registry, 4);

	return object && object->n_instances == 1;
}

/* wlan3 as the kernel has it; eth0 is a way out, too. */
static void make_interfaces(void)
{
	static bool made;

	network_enter();
	if (!made) {
		network_ip("link add wlan3 type veth peer name other3");
		network_ip("link add eth0 type veth peer name other0");
		network_ip("link set wlan3 up");
		network_ip("link set eth0 up");
	}
	made = true;
	network_ip("address flush dev wlan3");
	network_ip("route flush default");
	network_ip("address add 192.0.2.3/24 dev wlan3");
	network_ip("address add fe80::3/64 dev wlan3");
}

/* Object 4 is there while the default route is through the station, and the station is connected. */
static void test_default_route(void **state)
{
	air.level = -61;
	air.noise = -95;
	make_interfaces();
	begin_at_home(*state);
	assert_false(has_connectivity());
	network_ip("route add default via 192.0.2.1 dev wlan3 metric 600");
	fixture_wait(&fixture, has_connectivity());
	fixture_expect(&fixture, PATH3(4, 0, 0), VALUE_INTEGER(21));
	fixture_expect(&fixture, PATH4(4, 0, 1, 0), VALUE_INTEGER(21));
	fixture_expect(&fixture, PATH3(4, 0, 2), VALUE_INTEGER(-61));
	fixture_expect(&fixture, PATH4(4, 0, 4, 0), VALUE_STRING("192.0.2.3"));
	assert_int_equal(fixture_read(&fixture, PATH4(4, 0, 4, 1)), -ENOENT);
	fixture_expect(&fixture, PATH4(4, 0, 5, 0), VALUE_STRING("192.0.2.1"));
	fixture_expect(&fixture, PATH3(4, 0, 11), VALUE_INTEGER(34));
	network_ip("route add default dev eth0 metric 100");
	fixture_wait(&fixture, !has_connectivity());
	network_ip("route del default dev eth0");
	fixture_wait(&fixture, has_connectivity());
	air.state = "disconnected";
	air.network = "/";
	say_changed();
	fixture_wait(&fixture, !has_connectivity());
	connect_to(HOME, "home", 1);
	fixture_wait(&fixture, has_connectivity());
	supplicant = sd_bus_flush_close_unref(supplicant);
	fixture_wait(&fixture, !has_connectivity());
}

/* The only way out is not given away. */
static void test_last_way_out(void **state)
{
	make_interfaces();
	network_ip("route add default via 192.0.2.1 dev wlan3");
	begin_at_home(*state);
	assert_int_equal(fixture_write_value(&fixture, PATH3(12, 3, 1), VALUE_BOOLEAN(false)), -EPERM);
	fixture_expect(&fixture, PATH3(12, 3, 1), VALUE_BOOLEAN(true));
	network_ip("route add default dev eth0 metric 900");
	assert_int_equal(fixture_write_value(&fixture, PATH3(12, 3, 1), VALUE_BOOLEAN(false)), 0);
	fixture_wait(&fixture, air.disconnects == 1);
}

/* A change of address is told; a signal that is not known is not there. */
static void test_route_changes(void **state)
{
	make_interfaces();
	network_ip("route add default via 192.0.2.1 dev wlan3");
	begin_at_home(*state);
	fixture_wait(&fixture, has_connectivity());
	fixture_expect(&fixture, PATH3(4, 0, 0), VALUE_INTEGER(21));
	assert_int_equal(fixture_read(&fixture, PATH3(4, 0, 2)), -ENODATA);
	assert_int_equal(fixture_read(&fixture, PATH3(4, 0, 11)), -ENODATA);
	fixture_watch(&fixture, 4, true);
	fixture_forget(&fixture);
	network_ip("address add 2001:db8::3/64 dev wlan3 nodad");
	fixture_wait(&fixture, fixture_told(&fixture, REGISTRY_VALUE, PATH3(4, 0, 4)));
	fixture_expect(&fixture, PATH4(4, 0, 4, 1), VALUE_STRING("2001:db8::3"));
	fixture_forget(&fixture);
	air.level = -50;
	fixture_wait(&fixture, fixture_told(&fixture, REGISTRY_VALUE, PATH3(4, 0, 2)));
	fixture_expect(&fixture, PATH3(4, 0, 2), VALUE_INTEGER(-50));
}

static void test_settings(void **state)
{
	begin("0");
	fixture_wait_state(&fixture, PLUGIN_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_read, setup, teardown),
		cmocka_unit_test_setup_teardown(test_change_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_network, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wrong_phrase, setup, teardown),
		cmocka_unit_test_setup_teardown(test_key, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nonsense, setup, teardown),
		cmocka_unit_test_setup_teardown(test_disable_and_enable, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stays_disabled, setup, teardown),
		cmocka_unit_test_setup_teardown(test_network_manager, setup, teardown),
		cmocka_unit_test_setup_teardown(test_network_manager_gives_up, setup, teardown),
		cmocka_unit_test_setup_teardown(test_network_manager_disables, setup, teardown),
		cmocka_unit_test_setup_teardown(test_supplicant_restarts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_default_route, setup, teardown),
		cmocka_unit_test_setup_teardown(test_last_way_out, setup, teardown),
		cmocka_unit_test_setup_teardown(test_route_changes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_settings, setup, teardown),
	};

	return cmocka_run_group_tests_name("plugin/wifi", tests, NULL, NULL);
}
