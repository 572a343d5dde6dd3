/* SPDX-License-Identifier: Apache-2.0 */
/* plugins/location with a gpsd and a ModemManager that say what the test wants. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-bus.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "../io/private-bus.h"
#include "../io/scratch.h"
#include "fixture.h"

#define TPV "{\"class\":\"TPV\",\"mode\":3,\"time\":\"2026-11-25T13:20:01.500Z\",\"lat\":52.2297,\"lon\":-21.0122,"
#define FIX TPV "\"altHAE\":147.4,\"altMSL\":113.4,\"eph\":4.5,\"speed\":10.0,\"track\":270.4,\"climb\":-1.0}\n"

static struct fixture fixture;

/* The receiver's side of a connection to gpsd. */
static int listener = -1, peer = -1;
static char port[8];

/* ModemManager's. */
static pid_t daemon_pid = -1;
static sd_bus *manager;
static uint32_t setup_sources;
static double modem_latitude;
static char modem_time[16];

static int setup(void **state)
{
	fixture_init(&fixture);
	setup_sources = 0;
	modem_latitude = 12.5;
	return scratch_setup(state);
}

static void hang_up(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int teardown(void **state)
{
	fixture_deinit(&fixture);
	hang_up(&peer);
	hang_up(&listener);
	manager = sd_bus_flush_close_unref(manager);
	private_bus_stop_system(&daemon_pid);
	return scratch_teardown(state);
}

static const char *module(void)
{
	const char *path = getenv("LWM2M_LOCATION_PLUGIN");

	assert_non_null(path);
	return path;
}

static void listen_at(uint16_t number)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(number) };
	socklen_t len = sizeof(address);
	int on = 1;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_int_equal(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &len), 0);
	snprintf(port, sizeof(port), "%u", ntohs(address.sin_port));
}

static void begin(const char *source, const char *max_age)
{
	const struct plugin_setting settings[] = {
		{ "location", "source", source },
		{ "location", "gpsd_port", port },
		{ "location", "max_age", max_age },
		{ NULL, NULL, NULL },
	};

	fixture_add(&fixture, "location", module(), PLUGIN_ISOLATION_PROCESS, settings);
	supervisor_start(fixture.supervisor);
}

static bool is_connected(void)
{
	if (peer < 0)
		peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	return peer >= 0;
}

static void wait_connected(void)
{
	char request[64];
	ssize_t n;

	fixture_wait(&fixture, is_connected());
	n = recv(peer, request, sizeof(request) - 1, 0);
	assert_true(n > 0);
	request[n] = 0;
	assert_non_null(strstr(request, "?WATCH={\"enable\":true"));
}

static void begin_gpsd(const char *max_age)
{
	listen_at(0);
	begin("gpsd", max_age);
	fixture_wait_state(&fixture, PLUGIN_RUNNING);
	wait_connected();
}

static void say(const char *text)
{
	assert_int_equal(send(peer, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static bool has(uint16_t rid)
{
	return fixture_read(&fixture, PATH3(6, 0, rid)) == 0;
}

static void expect(uint16_t rid, double number)
{
	fixture_expect(&fixture, PATH3(6, 0, rid), VALUE_FLOAT(number));
}

static bool is(uint16_t rid, double number)
{
	return has(rid) && fixture.records.items[0].value.number == number;
}

static void test_fix(void **state)
{
	static const uint8_t velocity[] = { 0x13, 0x0e, 0, 36, 4 };

	begin_gpsd("60");
	assert_false(has(0));
	say("{\"class\":\"VERSION\",\"release\":\"3.22\"}\n" FIX);
	fixture_wait(&fixture, has(0));
	expect(0, 52.2297);
	expect(1, -21.0122);
	expect(2, 113.4);
	expect(3, 4.5);
	expect(6, 10);
	fixture_expect(&fixture, PATH3(6, 0, 5), VALUE_TIME(1795612801));
	fixture_expect(&fixture, PATH3(6, 0, 4), VALUE_OPAQUE(velocity, sizeof(velocity)));
}

/* Without a third dimension: no altitude, no vertical velocity; the radius from its two halves, as old releases have it. */
static void test_flat_fix(void **state)
{
	static const uint8_t velocity[] = { 0x00, 90, 0, 36 };

	begin_gpsd("60");
	say("{\"class\":\"TPV\",\"mode\":2,\"lat\":1.5,\"lon\":2.5,\"epx\":3.0,\"epy\":7.0,\"speed\":10,\"track\":90}\n");
	fixture_wait(&fixture, has(0));
	assert_false(has(2));
	assert_false(has(5));
	expect(3, 7);
	fixture_expect(&fixture, PATH3(6, 0, 4), VALUE_OPAQUE(velocity, sizeof(velocity)));
}

static void test_fix_lost(void **state)
{
	begin_gpsd("60");
	say(FIX);
	fixture_wait(&fixture, has(0));
	say("{\"class\":\"TPV\",\"mode\":1}\n");
	fixture_wait(&fixture, !has(0) && !has(1) && !has(2) && !has(3) && !has(4) && !has(5) && !has(6));
}

/* What a receiver said that says nothing more is old after max_age. */
static void test_silence(void **state)
{
	begin_gpsd("1");
	say(FIX);
	fixture_wait(&fixture, has(0));
	fixture_wait(&fixture, !has(0));
	say(FIX);
	fixture_wait(&fixture, has(0));
}

static void test_nonsense(void **state)
{
	char *overlong = malloc(40001);

	begin_gpsd("60");
	memset(overlong, 'x', 40000);
	overlong[40000] = 0;
	say(overlong);
	say("\n\n[]\n{}\n{\"class\":7}\n{\"class\":\"TPV\"\nnull\n{\"class\":\"SKY\",\"lat\":3}\n");
	say("{\"class\":\"TPV\",\"mode\":3,\"lat\":\"x\",\"lon\":1}\n{\"class\":\"TPV\",\"mode\":3,\"lat\":91,\"lon\":1}\n");
	say("{\"class\":\"TPV\",\"mode\":3,\"time\":\"soon\",\"lat\":3,\"lon\":1,\"speed\":-1,\"track\":1}\n");
	fixture_wait(&fixture, has(0));
	expect(0, 3);
	assert_false(has(4));
	assert_false(has(5));
	free(overlong);
}

static void test_gpsd_restarts(void **state)
{
	uint16_t number;

	begin_gpsd("60");
	number = (uint16_t)atoi(port);
	say(FIX);
	fixture_wait(&fixture, has(0));
	hang_up(&peer);
	hang_up(&listener);
	fixture_wait(&fixture, !has(0));
	listen_at(number);
	wait_connected();
	say(FIX);
	fixture_wait(&fixture, has(0));
}

static void refuse(const char *source, const char *wrong_port, const char *max_age)
{
	snprintf(port, sizeof(port), "%s", wrong_port);
	begin(source, max_age);
	fixture_wait_state(&fixture, PLUGIN_FAILED);
	fixture_deinit(&fixture);
	fixture_init(&fixture);
}

static void test_settings(void **state)
{
	refuse("galileo", "2947", "60");
	refuse("gpsd", "0", "60");
	refuse("gpsd", "70000", "60");
	refuse("gpsd", "x", "60");
	refuse("gpsd", "2947", "0");
	refuse("gpsd", "2947", "1x");
	refuse("gpsd", "2947", "86401");
}

static int get_location(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	if (modem_latitude > 90)
		return sd_bus_message_append(reply, "a{uv}", 1, 1, "s", "262,02,0,0,0");
	return sd_bus_message_append(reply, "a{uv}", 2, 1, "s", "262,02,0,0,0", 2, "a{sv}", 3, "utc-time", "s", modem_time,
		"latitude", "d", modem_latitude, "longitude", "d", 8.5);
}

static int get_sources(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	return sd_bus_message_append(reply, "u", strcmp(property, "Capabilities") == 0 ? 7 : 1);
}

static int on_setup(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	int with_signals;

	assert_true(sd_bus_message_read(message, "ub", &setup_sources, &with_signals) >= 0);
	assert_true(with_signals);
	return sd_bus_reply_method_return(message, NULL);
}

static const sd_bus_vtable location_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("Setup", "ub", NULL, on_setup, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_PROPERTY("Capabilities", "u", get_sources, 0, 0),
	SD_BUS_PROPERTY("Enabled", "u", get_sources, 0, 0),
	SD_BUS_PROPERTY("Location", "a{uv}", get_location, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_VTABLE_END,
};

#define MODEM "/org/freedesktop/ModemManager1/Modem/0"

static void start_manager(const char *directory)
{
	manager = private_bus_serve(directory, fixture.event, "org.freedesktop.ModemManager1");
	assert_true(sd_bus_add_object_manager(manager, NULL, "/org/freedesktop/ModemManager1") >= 0);
	assert_true(sd_bus_add_object_vtable(
			    manager, NULL, MODEM, "org.freedesktop.ModemManager1.Modem.Location", location_vtable, NULL) >= 0);
}

static void move_modem(double latitude)
{
	modem_latitude = latitude;
	assert_true(sd_bus_emit_properties_changed(
			    manager, MODEM, "org.freedesktop.ModemManager1.Modem.Location", "Location", NULL) >= 0);
}

static void test_modem(void **state)
{
	time_t now = time(NULL);

	strftime(modem_time, sizeof(modem_time), "%H%M%S", gmtime(&now));
	private_bus_start_system(*state, &daemon_pid);
	start_manager(*state);
	begin("modemmanager", "60");
	/* What ran already goes on. */
	fixture_wait(&fixture, setup_sources == 3);
	move_modem(12.5);
	fixture_wait(&fixture, has(0));
	expect(0, 12.5);
	expect(1, 8.5);
	assert_false(has(2));
	fixture_expect(&fixture, PATH3(6, 0, 5), VALUE_TIME(now));
	move_modem(99);
	fixture_wait(&fixture, !has(0));
}

/* Of yesterday when it would be in the future. */
static void test_modem_before_midnight(void **state)
{
	time_t now = time(NULL), later = now + 7200;

	strftime(modem_time, sizeof(modem_time), "%H%M%S.00", gmtime(&later));
	private_bus_start_system(*state, &daemon_pid);
	start_manager(*state);
	begin("modemmanager", "60");
	fixture_wait(&fixture, setup_sources == 3);
	move_modem(12.5);
	fixture_wait(&fixture, has(5));
	assert_true(fixture.records.items[0].value.integer <= time(NULL) + 3600);
	assert_true(fixture.records.items[0].value.integer > now - 24 * 3600);
}

/* ModemManager comes after us, and goes before. */
static void test_modem_manager_restarts(void **state)
{
	strcpy(modem_time, "120000");
	private_bus_start_system(*state, &daemon_pid);
	begin("modemmanager", "60");
	fixture_wait_state(&fixture, PLUGIN_RUNNING);
	for (unsigned int i = 0; i < 2; i++) {
		setup_sources = 0;
		start_manager(*state);
		fixture_wait(&fixture, setup_sources == 3);
		move_modem(12.5);
		fixture_wait(&fixture, has(0));
		manager = sd_bus_flush_close_unref(manager);
		fixture_wait(&fixture, !has(0));
	}
}

/* The modem's receiver is left alone while gpsd is there, and gpsd counts again when it is back. */
static void test_modem_as_fallback(void **state)
{
	uint16_t number;

	strcpy(modem_time, "120000");
	private_bus_start_system(*state, &daemon_pid);
	start_manager(*state);
	listen_at(0);
	number = (uint16_t)atoi(port);
	begin("auto", "60");
	wait_connected();
	say(FIX);
	fixture_wait(&fixture, has(0));
	expect(0, 52.2297);
	assert_int_equal(setup_sources, 0);
	hang_up(&peer);
	hang_up(&listener);
	fixture_wait(&fixture, setup_sources == 3);
	move_modem(12.5);
	fixture_wait(&fixture, is(0, 12.5));
	listen_at(number);
	wait_connected();
	say(FIX);
	fixture_wait(&fixture, is(0, 52.2297));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_fix, setup, teardown),
		cmocka_unit_test_setup_teardown(test_flat_fix, setup, teardown),
		cmocka_unit_test_setup_teardown(test_fix_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(test_silence, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nonsense, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gpsd_restarts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_settings, setup, teardown),
		cmocka_unit_test_setup_teardown(test_modem, setup, teardown),
		cmocka_unit_test_setup_teardown(test_modem_before_midnight, setup, teardown),
		cmocka_unit_test_setup_teardown(test_modem_manager_restarts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_modem_as_fallback, setup, teardown),
	};

	return cmocka_run_group_tests_name("plugin/location", tests, NULL, NULL);
}
