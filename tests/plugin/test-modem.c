/* SPDX-License-Identifier: Apache-2.0 */
/* plugins/modem with a ModemManager that says what the test wants. */
#include <math.h>
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

#define SERVICE    "org.freedesktop.ModemManager1"
#define ROOT       "/org/freedesktop/ModemManager1"
#define MODEM      SERVICE ".Modem"
#define BEARER     SERVICE ".Bearer"
#define THE_MODEM  ROOT "/Modem/0"
#define THE_BEARER ROOT "/Bearer/0"

#define GSM  (1U << 1)
#define UMTS (1U << 5)
#define LTE  (1U << 14)
#define NR5G (1U << 15)
#define NBIOT (1U << 17)

static struct fixture fixture;
static pid_t daemon_pid = -1;
static sd_bus *manager;

static struct {
	int32_t state;
	uint32_t technologies, sources, signal_s;
	const char *imei, *cell, *operator_code;
	double rssi, rsrp, rsrq, snr, rscp; /* NAN: left out */
	int connected;
	char apn[101], user[65], password[65], dialled[4][101];
	const char *refused;
	uint32_t auth, ip_type;
	unsigned int n_dialled, hang_ups;
} radio;

static int get_text(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply,
	void *userdata, sd_bus_error *error)
{
	return sd_bus_message_append(reply, "s",
		strcmp(property, "Device") == 0			? "/sys/devices/usb1" :
		strcmp(property, "OperatorCode") == 0		? radio.operator_code :
		strcmp(property, "Interface") == 0		? "wwan0" :
								  radio.imei);
}

static int get_number(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply,
	void *userdata, sd_bus_error *error)
{
	return sd_bus_message_append(reply, "u",
		strcmp(property, "AccessTechnologies") == 0 ? radio.technologies :
		strcmp(property, "Capabilities") == 0	    ? 3U :
							      radio.sources);
}

static int get_state(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply,
	void *userdata, sd_bus_error *error)
{
	return sd_bus_message_append(reply, "i", radio.state);
}

static int get_bearers(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply,
	void *userdata, sd_bus_error *error)
{
	return radio.apn[0] ? sd_bus_message_append(reply, "ao", 1, THE_BEARER) : sd_bus_message_append(reply, "ao", 0);
}

static int get_location(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	return sd_bus_message_append(reply, "a{uv}", 2, 4U, "as", 1, "$GPGGA", 1U, "s", radio.cell);
}

static int append_level(sd_bus_message *reply, const char *name, double level)
{
	return isnan(level) ? 0 : sd_bus_message_append(reply, "{sv}", name, "d", level);
}

static int get_signal(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply,
	void *userdata, sd_bus_error *error)
{
	sd_bus_message_open_container(reply, 'a', "{sv}");
	append_level(reply, "rssi", radio.rssi);
	append_level(reply, "rsrp", radio.rsrp);
	append_level(reply, "rsrq", radio.rsrq);
	append_level(reply, "snr", radio.snr);
	append_level(reply, "rscp", radio.rscp);
	return sd_bus_message_close_container(reply);
}

static int get_connected(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	return sd_bus_message_append(reply, "b", radio.connected);
}

static int get_config(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply,
	void *userdata, sd_bus_error *error)
{
	if (strcmp(property, "Ip4Config") == 0)
		return sd_bus_message_append(reply, "a{sv}", 4, "method", "u", 2U, "address", "s", "192.0.2.7", "gateway",
			"s", "192.0.2.1", "dns1", "s", "192.0.2.53");
	if (strcmp(property, "Ip6Config") == 0)
		return sd_bus_message_append(reply, "a{sv}", 1, "address", "s", "2001:db8::7");
	if (strcmp(property, "Stats") == 0)
		return sd_bus_message_append(reply, "a{sv}", 2, "total-rx-bytes", "t", UINT64_C(5000000000),
			"total-tx-bytes", "t", UINT64_C(70));
	if (!radio.user[0])
		return sd_bus_message_append(reply, "a{sv}", 1, "apn", "s", radio.apn);
	return sd_bus_message_append(reply, "a{sv}", 4, "apn", "s", radio.apn, "user", "s", radio.user, "password", "s",
		radio.password, "allowed-auth", "u", radio.auth);
}

static void say(const char *path, const char *interface, const char *property)
{
	assert_true(sd_bus_emit_properties_changed(manager, path, interface, property, NULL) >= 0);
}

static void say_bearer(void)
{
	say(THE_MODEM, MODEM, "Bearers");
	say(THE_BEARER, BEARER, "Properties");
	say(THE_BEARER, BEARER, "Connected");
}

static void take_setting(sd_bus_message *message, const char *name)
{
	const char *text;

	if (strcmp(name, "allowed-auth") == 0) {
		assert_true(sd_bus_message_read(message, "v", "u", &radio.auth) >= 0);
	} else if (strcmp(name, "ip-type") == 0) {
		assert_true(sd_bus_message_read(message, "v", "u", &radio.ip_type) >= 0);
	} else {
		assert_true(sd_bus_message_read(message, "v", "s", &text) >= 0);
		snprintf(strcmp(name, "apn") == 0	? radio.apn :
				strcmp(name, "user") == 0 ? radio.user :
							    radio.password,
			65, "%s", text);
	}
}

static int on_connect(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	const char *name;

	radio.user[0] = radio.password[0] = 0;
	sd_bus_message_enter_container(message, 'a', "{sv}");
	while (sd_bus_message_enter_container(message, 'e', "sv") > 0) {
		sd_bus_message_read(message, "s", &name);
		take_setting(message, name);
		sd_bus_message_exit_container(message);
	}
	snprintf(radio.dialled[radio.n_dialled++ % 4], sizeof(radio.dialled[0]), "%s", radio.apn);
	if (radio.refused && strcmp(radio.refused, radio.apn) == 0)
		return sd_bus_reply_method_errorf(message, SERVICE ".Error.Connection", "Requested service option not subscribed");
	radio.connected = true;
	say_bearer();
	return sd_bus_reply_method_return(message, "o", THE_BEARER);
}

static int on_disconnect(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	radio.hang_ups++;
	radio.connected = false;
	say_bearer();
	return sd_bus_reply_method_return(message, NULL);
}

static int on_signal_setup(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	assert_true(sd_bus_message_read(message, "u", &radio.signal_s) >= 0);
	return sd_bus_reply_method_return(message, NULL);
}

static int on_location_setup(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	assert_true(sd_bus_message_read(message, "u", &radio.sources) >= 0);
	return sd_bus_reply_method_return(message, NULL);
}

#define CHANGES SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE

static const sd_bus_vtable modem_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("State", "i", get_state, 0, CHANGES),
	SD_BUS_PROPERTY("AccessTechnologies", "u", get_number, 0, CHANGES),
	SD_BUS_PROPERTY("EquipmentIdentifier", "s", get_text, 0, CHANGES),
	SD_BUS_PROPERTY("Device", "s", get_text, 0, CHANGES),
	SD_BUS_PROPERTY("Bearers", "ao", get_bearers, 0, CHANGES),
	SD_BUS_VTABLE_END,
};

static const sd_bus_vtable network_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("OperatorCode", "s", get_text, 0, CHANGES),
	SD_BUS_VTABLE_END,
};

static const sd_bus_vtable location_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Location", "a{uv}", get_location, 0, CHANGES),
	SD_BUS_PROPERTY("Capabilities", "u", get_number, 0, CHANGES),
	SD_BUS_PROPERTY("Enabled", "u", get_number, 0, CHANGES),
	SD_BUS_METHOD("Setup", "ub", NULL, on_location_setup, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

static const sd_bus_vtable signal_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Gsm", "a{sv}", get_signal, 0, CHANGES),
	SD_BUS_PROPERTY("Umts", "a{sv}", get_signal, 0, CHANGES),
	SD_BUS_PROPERTY("Lte", "a{sv}", get_signal, 0, CHANGES),
	SD_BUS_PROPERTY("Nr5g", "a{sv}", get_signal, 0, CHANGES),
	SD_BUS_METHOD("Setup", "u", NULL, on_signal_setup, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

static const sd_bus_vtable simple_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("Connect", "a{sv}", "o", on_connect, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Disconnect", "o", NULL, on_disconnect, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

static const sd_bus_vtable bearer_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Connected", "b", get_connected, 0, CHANGES),
	SD_BUS_PROPERTY("Interface", "s", get_text, 0, CHANGES),
	SD_BUS_PROPERTY("Ip4Config", "a{sv}", get_config, 0, CHANGES),
	SD_BUS_PROPERTY("Ip6Config", "a{sv}", get_config, 0, CHANGES),
	SD_BUS_PROPERTY("Stats", "a{sv}", get_config, 0, CHANGES),
	SD_BUS_PROPERTY("Properties", "a{sv}", get_config, 0, CHANGES),
	SD_BUS_VTABLE_END,
};

/* A ModemManager with one modem and, where there is an APN, a bearer. */
static void start_manager(const char *directory)
{
	static const struct {
		const char *path, *interface;
		const sd_bus_vtable *vtable;
	} all[] = {
		{ THE_MODEM, MODEM, modem_vtable }, { THE_MODEM, MODEM ".Modem3gpp", network_vtable },
		{ THE_MODEM, MODEM ".Location", location_vtable }, { THE_MODEM, MODEM ".Signal", signal_vtable },
		{ THE_MODEM, MODEM ".Simple", simple_vtable }, { THE_BEARER, BEARER, bearer_vtable },
	};

	manager = private_bus_serve(directory, fixture.event, SERVICE);
	assert_true(sd_bus_add_object_manager(manager, NULL, ROOT) >= 0);
	for (size_t i = 0; i < ELEMENTSOF(all); i++)
		assert_true(sd_bus_add_object_vtable(
				    manager, NULL, all[i].path, all[i].interface, all[i].vtable, NULL) >= 0);
}

static void stop_manager(void)
{
	manager = sd_bus_flush_close_unref(manager);
}

static int setup(void **state)
{
	fixture_init(&fixture);
	memset(&radio, 0, sizeof(radio));
	radio.state = 8;
	radio.technologies = LTE;
	radio.imei = "490154203237518";
	radio.cell = "262,02,0,01C2D3E4,001A2B";
	radio.operator_code = "26202";
	radio.rssi = -60;
	radio.rsrp = -87.4;
	radio.rsrq = -10.6;
	radio.snr = 12;
	radio.rscp = NAN;
	return scratch_setup(state);
}

static int teardown(void **state)
{
	fixture_deinit(&fixture);
	stop_manager();
	private_bus_stop_system(&daemon_pid);
	return scratch_teardown(state);
}

static void load(const char *connectivity, const char *wanted)
{
	const struct plugin_setting settings[] = { { "modem", "connectivity", connectivity },
		{ "modem", "modem", wanted }, { "modem", "signal_s", "7" }, { NULL, NULL, NULL } };
	const char *module = getenv("LWM2M_MODEM_PLUGIN");

	assert_non_null(module);
	fixture_add(&fixture, "modem", module, PLUGIN_ISOLATION_PROCESS, settings);
	supervisor_start(fixture.supervisor);
}

static bool is(struct path path, struct value value)
{
	return fixture_read(&fixture, path) == 0 && fixture.records.count == 1 &&
	       value_equal(&fixture.records.items[0].value, &value);
}

static bool has_instance(uint16_t oid)
{
	const struct object *object = registry_find(&fixture.registry, oid);

	return object && object->n_instances == 1;
}

static void begin(const char *directory, const char *connectivity)
{
	private_bus_start_system(directory, &daemon_pid);
	start_manager(directory);
	load(connectivity, "");
	fixture_wait_state(&fixture, PLUGIN_RUNNING);
	fixture_wait(&fixture, has_instance(11));
}

static void begin_connected(const char *directory)
{
	strcpy(radio.apn, "internet");
	radio.connected = true;
	begin(directory, "always");
	fixture_wait(&fixture, is(PATH3(11, 0, 3), VALUE_BOOLEAN(true)));
}

static void test_radio(void **state)
{
	begin_connected(*state);
	fixture_wait(&fixture, is(PATH3(4, 0, 0), VALUE_INTEGER(6)));
	fixture_expect(&fixture, PATH4(4, 0, 1, 0), VALUE_INTEGER(6));
	fixture_expect(&fixture, PATH3(4, 0, 2), VALUE_INTEGER(-87));
	fixture_expect(&fixture, PATH3(4, 0, 3), VALUE_INTEGER(-11));
	fixture_expect(&fixture, PATH3(4, 0, 11), VALUE_INTEGER(12));
	fixture_expect(&fixture, PATH3(4, 0, 8), VALUE_INTEGER(0x01C2D3E4));
	fixture_expect(&fixture, PATH3(4, 0, 9), VALUE_INTEGER(2));
	fixture_expect(&fixture, PATH3(4, 0, 10), VALUE_INTEGER(262));
	fixture_expect(&fixture, PATH3(4, 0, 12), VALUE_INTEGER(0x1A2B));
	fixture_expect(&fixture, PATH4(4, 0, 4, 1), VALUE_STRING("2001:db8::7"));
	fixture_expect(&fixture, PATH4(4, 0, 5, 0), VALUE_STRING("192.0.2.1"));
	fixture_expect(&fixture, PATH4(4, 0, 7, 0), VALUE_STRING("internet"));
	fixture_wait(&fixture, radio.signal_s == 7 && radio.sources == 1);
}

/* What object 4 calls each technology, and which of the levels is its strength. */
static void test_technologies(void **state)
{
	static const struct {
		uint32_t technologies;
		int64_t bearer, strength;
	} rows[] = {
		{ GSM, 0, -70 }, { UMTS, 2, -81 }, { LTE, 6, -92 }, { NR5G, 9, -92 }, { NBIOT, 7, -92 },
		{ LTE | UMTS | GSM, 6, -92 }, { LTE | NR5G, 9, -92 },
	};

	begin_connected(*state);
	radio.rssi = -70;
	radio.rscp = -81;
	for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
		radio.rsrp = rows[i].technologies == GSM ? NAN : -92;
		radio.technologies = rows[i].technologies;
		say(THE_MODEM, MODEM ".Signal", "Gsm");
		say(THE_MODEM, MODEM ".Signal", "Umts");
		say(THE_MODEM, MODEM ".Signal", "Lte");
		say(THE_MODEM, MODEM ".Signal", "Nr5g");
		say(THE_MODEM, MODEM, "AccessTechnologies");
		fixture_wait(&fixture, is(PATH3(4, 0, 0), VALUE_INTEGER(rows[i].bearer)));
		fixture_wait(&fixture, is(PATH3(4, 0, 2), VALUE_INTEGER(rows[i].strength)));
	}
	radio.technologies = 0;
	say(THE_MODEM, MODEM, "AccessTechnologies");
	fixture_wait(&fixture, fixture_read(&fixture, PATH3(4, 0, 0)) == -ENODATA);
	assert_int_equal(fixture_read(&fixture, PATH3(4, 0, 2)), -ENODATA);
}

/* What is not known is not there. */
static void test_cells(void **state)
{
	begin_connected(*state);
	radio.cell = "262,07,1F2E,0000ABCD,000000";
	say(THE_MODEM, MODEM ".Location", "Location");
	fixture_wait(&fixture, is(PATH3(4, 0, 12), VALUE_INTEGER(0x1F2E)));
	fixture_expect(&fixture, PATH3(4, 0, 8), VALUE_INTEGER(0xABCD));
	fixture_expect(&fixture, PATH3(4, 0, 9), VALUE_INTEGER(7));
	radio.cell = "";
	say(THE_MODEM, MODEM ".Location", "Location");
	fixture_wait(&fixture, fixture_read(&fixture, PATH3(4, 0, 8)) == -ENODATA);
	assert_int_equal(fixture_read(&fixture, PATH3(4, 0, 12)), -ENODATA);
	fixture_expect(&fixture, PATH3(4, 0, 9), VALUE_INTEGER(2));
	radio.rsrp = radio.rsrq = radio.snr = radio.rssi = -INFINITY;
	say(THE_MODEM, MODEM ".Signal", "Lte");
	fixture_wait(&fixture, fixture_read(&fixture, PATH3(4, 0, 2)) == -ENODATA);
	assert_int_equal(fixture_read(&fixture, PATH3(4, 0, 3)), -ENODATA);
}

static void test_profile(void **state)
{
	strcpy(radio.user, "me");
	radio.auth = 4;
	begin_connected(*state);
	fixture_expect(&fixture, PATH3(11, 0, 1), VALUE_STRING("internet"));
	fixture_expect(&fixture, PATH3(11, 0, 4), VALUE_INTEGER(1));
	fixture_expect(&fixture, PATH3(11, 0, 5), VALUE_STRING("me"));
	fixture_expect(&fixture, PATH3(11, 0, 13), VALUE_INTEGER(70));
	fixture_expect(&fixture, PATH3(11, 0, 14), VALUE_INTEGER(5000000000));
	fixture_expect(&fixture, PATH4(11, 0, 15, 0), VALUE_STRING("192.0.2.7"));
	fixture_expect(&fixture, PATH4(11, 0, 18, 0), VALUE_STRING("192.0.2.1"));
	fixture_expect(&fixture, PATH4(11, 0, 19, 0), VALUE_STRING("192.0.2.53"));
	assert_int_equal(fixture_read(&fixture, PATH4(10, 0, 11, 0)), 0);
	assert_int_equal(fixture_read(&fixture, PATH3(11, 0, 6)), -EPERM);
	/* The next one has no user. */
	radio.user[0] = 0;
	say_bearer();
	fixture_wait(&fixture, is(PATH3(11, 0, 5), VALUE_STRING("")));
	fixture_wait(&fixture, is(PATH3(11, 0, 4), VALUE_INTEGER(3)));
}

static void test_apn(void **state)
{
	begin_connected(*state);
	assert_int_equal(fixture_write_value(&fixture, PATH3(11, 0, 1), VALUE_STRING("iot.lab")), 0);
	assert_int_equal(radio.hang_ups, 0); /* the answer goes first */
	fixture_wait(&fixture, radio.connected && strcmp(radio.apn, "iot.lab") == 0);
	assert_int_equal(radio.hang_ups, 1);
	fixture_wait(&fixture, fixture_write_value(&fixture, PATH3(11, 0, 3), VALUE_BOOLEAN(true)) == 0);
	fixture_expect(&fixture, PATH3(11, 0, 1), VALUE_STRING("iot.lab"));
}

/* A refused one is taken back: the modem connects as before, and the resources say so. */
static void test_refused_apn(void **state)
{
	const struct record records[] = {
		{ .path = PATH3(11, 0, 1), .value = VALUE_STRING("bad.apn") },
		{ .path = PATH3(11, 0, 4), .value = VALUE_INTEGER(0) },
		{ .path = PATH3(11, 0, 5), .value = VALUE_STRING("you") },
		{ .path = PATH3(11, 0, 6), .value = VALUE_STRING("secret") },
	};

	strcpy(radio.user, "me");
	strcpy(radio.password, "mine");
	radio.auth = 4;
	begin_connected(*state);
	radio.refused = "bad.apn";
	assert_int_equal(fixture_write(&fixture, OPERATION_WRITE_UPDATE, PATH2(11, 0), records, 4), 0);
	fixture_wait(&fixture, radio.n_dialled == 2);
	assert_string_equal(radio.dialled[0], "bad.apn");
	assert_string_equal(radio.dialled[1], "internet");
	assert_string_equal(radio.user, "me");
	assert_string_equal(radio.password, "mine");
	assert_int_equal(radio.auth, 4);
	fixture_wait(&fixture, is(PATH3(11, 0, 1), VALUE_STRING("internet")));
	fixture_expect(&fixture, PATH3(11, 0, 5), VALUE_STRING("me"));
	fixture_wait(&fixture, is(PATH3(11, 0, 3), VALUE_BOOLEAN(true)));
}

static void test_disable(void **state)
{
	begin_connected(*state);
	assert_int_equal(fixture_write_value(&fixture, PATH3(11, 0, 3), VALUE_BOOLEAN(false)), 0);
	fixture_wait(&fixture, radio.hang_ups == 1);
	fixture_wait(&fixture, fixture_read(&fixture, PATH4(10, 0, 11, 0)) == -ENOENT);
	assert_int_equal(radio.n_dialled, 0);
}

static void test_nonsense(void **state)
{
	begin_connected(*state);
	assert_int_equal(fixture_write_value(&fixture, PATH3(11, 0, 1), VALUE_STRING("a b")), -EINVAL);
	assert_int_equal(fixture_write_value(&fixture, PATH3(11, 0, 4), VALUE_INTEGER(9)), -EINVAL);
	assert_int_equal(fixture_write_value(&fixture, PATH3(11, 0, 24), VALUE_INTEGER(-1)), -EINVAL);
	fixture_expect(&fixture, PATH3(11, 0, 1), VALUE_STRING("internet"));
	assert_int_equal(radio.hang_ups, 0);
}

/* ModemManager goes in the middle of a change, and comes back with the modem. */
static void test_manager_restarts(void **state)
{
	begin_connected(*state);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(fixture_write_value(&fixture, PATH3(11, 0, 1), VALUE_STRING("iot.lab")), 0);
		stop_manager();
		fixture_wait(&fixture, !has_instance(11) && !has_instance(4));
		fixture_wait(&fixture, fixture_read(&fixture, PATH4(10, 0, 11, 0)) == -ENOENT);
		start_manager(*state);
		fixture_wait(&fixture, has_instance(11) && is(PATH3(11, 0, 1), VALUE_STRING("internet")));
		fixture_wait(&fixture, is(PATH3(4, 0, 2), VALUE_INTEGER(-87)));
	}
	assert_int_equal(radio.n_dialled, 0);
}

static void test_modem_is_pulled_out(void **state)
{
	begin_connected(*state);
	assert_true(sd_bus_emit_interfaces_removed(manager, THE_MODEM, MODEM, NULL) >= 0);
	/* The bus has it still: it is asked for anew and found, as another one that takes its place is. */
	fixture_wait(&fixture, has_instance(11) && is(PATH3(11, 0, 1), VALUE_STRING("internet")));
	stop_manager();
	fixture_wait(&fixture, !has_instance(11));
}

/* Of several modems the one that is wanted. */
static void test_other_modem(void **state)
{
	private_bus_start_system(*state, &daemon_pid);
	start_manager(*state);
	load("always", "352099001761481");
	fixture_wait_state(&fixture, PLUGIN_RUNNING);
	radio.imei = "352099001761481";
	assert_true(sd_bus_emit_object_added(manager, THE_MODEM) >= 0);
	fixture_wait(&fixture, has_instance(11));
}

/* Object 4 is there while the default route is through the modem. */
static void test_default_route(void **state)
{
	network_enter();
	network_ip("link add wwan0 type veth peer name other0");
	network_ip("link set wwan0 up");
	strcpy(radio.apn, "internet");
	radio.connected = true;
	begin(*state, "auto");
	fixture_wait(&fixture, is(PATH3(11, 0, 3), VALUE_BOOLEAN(true)));
	assert_false(has_instance(4));
	network_ip("route add default dev wwan0");
	fixture_wait(&fixture, has_instance(4));
	fixture_expect(&fixture, PATH3(4, 0, 2), VALUE_INTEGER(-87));
	network_ip("route del default dev wwan0");
	fixture_wait(&fixture, !has_instance(4));
	network_ip("-6 route add default dev wwan0");
	fixture_wait(&fixture, has_instance(4));
	radio.connected = false;
	say_bearer();
	fixture_wait(&fixture, !has_instance(4));
}

static void test_settings(void **state)
{
	load("sometimes", "");
	fixture_wait_state(&fixture, PLUGIN_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_radio, setup, teardown),
		cmocka_unit_test_setup_teardown(test_technologies, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cells, setup, teardown),
		cmocka_unit_test_setup_teardown(test_profile, setup, teardown),
		cmocka_unit_test_setup_teardown(test_apn, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused_apn, setup, teardown),
		cmocka_unit_test_setup_teardown(test_disable, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nonsense, setup, teardown),
		cmocka_unit_test_setup_teardown(test_manager_restarts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_modem_is_pulled_out, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_modem, setup, teardown),
		cmocka_unit_test_setup_teardown(test_default_route, setup, teardown),
		cmocka_unit_test_setup_teardown(test_settings, setup, teardown),
	};

	return cmocka_run_group_tests_name("plugin/modem", tests, NULL, NULL);
}
