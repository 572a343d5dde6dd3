/* SPDX-License-Identifier: Apache-2.0 */
#include "manager.h"

#include <math.h>
#include <syslog.h>
#include <systemd/sd-bus.h>

#include "../common/service.h"

#define SERVICE    "org.freedesktop.ModemManager1"
#define ROOT       "/org/freedesktop/ModemManager1"
#define MODEM      SERVICE ".Modem"
#define BEARER     SERVICE ".Bearer"

#define STATE_ENABLED    6
#define SOURCE_LAC_CI    1
#define CONNECT_TIMEOUT  UINT64_C(120000000)
#define SIGNAL_UNKNOWN   { NAN, NAN, NAN, NAN, NAN }

static const struct lw_host *host;
static struct manager_options options;
static sd_bus *bus;
static struct modem modem;
static bool present, set_up, complained;
static manager_done pending; /* hears of the end of call */
static sd_bus_slot *call;

/* A property, how it is read, and where to. */
struct property {
	const char *interface, *name;
	int (*read)(sd_bus_message *m, void *ret, size_t size);
	size_t offset, size;
};

static int read_properties(sd_bus_message *m, const char *interface, const struct property *properties, void *base);

static int read_text(sd_bus_message *m, void *ret, size_t size)
{
	const char *text;
	int r = sd_bus_message_read(m, "v", "s", &text);

	if (r >= 0)
		snprintf(ret, size, "%s", text);
	return r;
}

static int read_u32(sd_bus_message *m, void *ret, size_t size)
{
	return sd_bus_message_read(m, "v", "u", ret);
}

static int read_i32(sd_bus_message *m, void *ret, size_t size)
{
	return sd_bus_message_read(m, "v", "i", ret);
}

static int read_u64(sd_bus_message *m, void *ret, size_t size)
{
	return sd_bus_message_read(m, "v", "t", ret);
}

static int read_flag(sd_bus_message *m, void *ret, size_t size)
{
	int flag = false, r = sd_bus_message_read(m, "v", "b", &flag);

	*(bool *)ret = flag;
	return r;
}

/* ModemManager has its largest negative number where a value is not known. */
static int read_level(sd_bus_message *m, void *ret, size_t size)
{
	double level = NAN;
	int r = sd_bus_message_read(m, "v", "d", &level);

	*(double *)ret = level > -1000 && level < 1000 ? level : NAN;
	return r;
}

static int read_dictionary(sd_bus_message *m, const struct property *properties, void *base)
{
	int r = sd_bus_message_enter_container(m, 'v', "a{sv}");

	if (r >= 0)
		r = read_properties(m, NULL, properties, base);
	return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int read_signal(sd_bus_message *m, void *ret, size_t size)
{
	static const struct property levels[] = {
		{ NULL, "rssi", read_level, offsetof(struct signal, rssi) },
		{ NULL, "rsrp", read_level, offsetof(struct signal, rsrp) },
		{ NULL, "rsrq", read_level, offsetof(struct signal, rsrq) },
		{ NULL, "snr", read_level, offsetof(struct signal, snr) },
		{ NULL, "rscp", read_level, offsetof(struct signal, rscp) },
		{ 0 },
	};

	*(struct signal *)ret = (struct signal)SIGNAL_UNKNOWN;
	return read_dictionary(m, levels, ret);
}

/* a{uv}: of all sources of a position, the cell. */
static int read_cell(sd_bus_message *m, void *ret, size_t size)
{
	uint32_t source;
	int r = sd_bus_message_enter_container(m, 'v', "a{uv}");

	if (r >= 0)
		r = sd_bus_message_enter_container(m, 'a', "{uv}");
	while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "uv")) > 0) {
		r = sd_bus_message_read(m, "u", &source);
		if (r >= 0)
			r = source == SOURCE_LAC_CI ? read_text(m, ret, size) : sd_bus_message_skip(m, "v");
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
	}
	if (r >= 0)
		r = sd_bus_message_exit_container(m);
	return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int read_addresses(sd_bus_message *m, struct bearer *bearer, size_t family)
{
	const struct property addresses[] = {
		{ NULL, "address", read_text, (size_t)(bearer->address[family] - (char *)bearer), 46 },
		{ NULL, "gateway", read_text, (size_t)(bearer->gateway[family] - (char *)bearer), 46 },
		{ NULL, "dns1", read_text, (size_t)(bearer->dns[family] - (char *)bearer), 46 },
		{ 0 },
	};

	bearer->address[family][0] = bearer->gateway[family][0] = bearer->dns[family][0] = 0;
	return read_dictionary(m, addresses, bearer);
}

static int read_ip4(sd_bus_message *m, void *ret, size_t size)
{
	return read_addresses(m, ret, 0);
}

static int read_ip6(sd_bus_message *m, void *ret, size_t size)
{
	return read_addresses(m, ret, 1);
}

static int read_statistics(sd_bus_message *m, void *ret, size_t size)
{
	static const struct property counters[] = {
		{ NULL, "total-rx-bytes", read_u64, offsetof(struct bearer, rx_bytes) },
		{ NULL, "total-tx-bytes", read_u64, offsetof(struct bearer, tx_bytes) },
		{ 0 },
	};

	return read_dictionary(m, counters, ret);
}

static int read_profile(sd_bus_message *m, void *ret, size_t size)
{
	static const struct property profile[] = {
		{ NULL, "apn", read_text, offsetof(struct bearer, apn), sizeof(((struct bearer *)0)->apn) },
		{ NULL, "user", read_text, offsetof(struct bearer, user), sizeof(((struct bearer *)0)->user) },
		{ NULL, "password", read_text, offsetof(struct bearer, password),
			sizeof(((struct bearer *)0)->password) },
		{ NULL, "ip-type", read_u32, offsetof(struct bearer, ip_type) },
		{ NULL, "allowed-auth", read_u32, offsetof(struct bearer, auth) },
		{ 0 },
	};

	struct bearer *bearer = ret;

	/* What is not mentioned is not set. */
	bearer->user[0] = bearer->password[0] = 0;
	bearer->ip_type = bearer->auth = 0;
	return read_dictionary(m, profile, ret);
}

static const struct property bearer_properties[] = {
	{ BEARER, "Connected", read_flag, offsetof(struct bearer, connected) },
	{ BEARER, "Interface", read_text, offsetof(struct bearer, interface), sizeof(((struct bearer *)0)->interface) },
	{ BEARER, "Ip4Config", read_ip4 },
	{ BEARER, "Ip6Config", read_ip6 },
	{ BEARER, "Stats", read_statistics },
	{ BEARER, "Properties", read_profile },
	{ 0 },
};

/* The properties of a modem's bearers come by themselves when they change; of a new one they are asked for. */
static int on_bearer(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	size_t index = (size_t)(uintptr_t)userdata;

	if (sd_bus_message_is_method_error(m, NULL) || !present || index >= modem.n_bearers)
		return 0;
	(void)read_properties(m, BEARER, bearer_properties, &modem.bearers[index]);
	options.changed(host);
	return 0;
}

static int read_bearers(sd_bus_message *m, void *ret, size_t size)
{
	struct modem *into = ret;
	const char *path;
	int r = sd_bus_message_enter_container(m, 'v', "ao");

	if (r >= 0)
		r = sd_bus_message_enter_container(m, 'a', "o");
	memset(into->bearers, 0, sizeof(into->bearers));
	into->n_bearers = 0;
	while (r >= 0 && (r = sd_bus_message_read(m, "o", &path)) > 0)
		if (into->n_bearers < MANAGER_BEARERS_MAX)
			snprintf(into->bearers[into->n_bearers++].path, MANAGER_PATH_MAX, "%s", path);
	if (r >= 0)
		r = sd_bus_message_exit_container(m);
	return r < 0 ? r : sd_bus_message_exit_container(m);
}

static void ask_bearers(void)
{
	for (size_t i = 0; i < modem.n_bearers; i++)
		(void)sd_bus_call_method_async(bus, NULL, SERVICE, modem.bearers[i].path, SERVICE_PROPERTIES, "GetAll",
			on_bearer, (void *)(uintptr_t)i, "s", BEARER);
}

#define MEMBER(type, member) offsetof(struct type, member), sizeof(((struct type *)0)->member)

static const struct property modem_properties[] = {
	{ MODEM, "State", read_i32, MEMBER(modem, state) },
	{ MODEM, "AccessTechnologies", read_u32, MEMBER(modem, technologies) },
	{ MODEM, "EquipmentIdentifier", read_text, MEMBER(modem, imei) },
	{ MODEM, "Device", read_text, MEMBER(modem, device) },
	{ MODEM, "Bearers", read_bearers },
	{ MODEM ".Modem3gpp", "OperatorCode", read_text, MEMBER(modem, operator_code) },
	{ MODEM ".Location", "Location", read_cell, MEMBER(modem, cell) },
	{ MODEM ".Location", "Capabilities", read_u32, MEMBER(modem, sources) },
	{ MODEM ".Location", "Enabled", read_u32, MEMBER(modem, enabled_sources) },
	{ MODEM ".Signal", "Gsm", read_signal, MEMBER(modem, gsm) },
	{ MODEM ".Signal", "Umts", read_signal, MEMBER(modem, umts) },
	{ MODEM ".Signal", "Lte", read_signal, MEMBER(modem, lte) },
	{ MODEM ".Signal", "Nr5g", read_signal, MEMBER(modem, nr5g) },
	{ 0 },
};

static int read_one(sd_bus_message *m, const char *interface, const char *name,
	const struct property *properties, void *base)
{
	for (; properties->name; properties++)
		if (strcmp(properties->name, name) == 0 &&
			(!interface || strcmp(properties->interface, interface) == 0))
			return properties->read(m, (char *)base + properties->offset, properties->size);
	return sd_bus_message_skip(m, "v");
}

/* a{sv}. What is not asked for, or is of another type than it ought to be, is passed over. */
static int read_properties(sd_bus_message *m, const char *interface, const struct property *properties, void *base)
{
	const char *name;
	int r = sd_bus_message_enter_container(m, 'a', "{sv}");

	while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
		r = sd_bus_message_read(m, "s", &name);
		if (r >= 0)
			r = read_one(m, interface, name, properties, base);
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
	}
	return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int on_setup(sd_bus_message *m, void *userdata, sd_bus_error *unused)
{
	const sd_bus_error *error = sd_bus_message_get_error(m);

	if (error && !complained) {
		lw_log(host, LOG_NOTICE, "ModemManager does not tell the %s of the modem: %s",
			(const char *)userdata, error->message ? error->message : error->name);
		complained = true;
	}
	return 0;
}

/* ModemManager measures when it is told to, and tells where the modem is when it is asked to. */
static void set_up_modem(void)
{
	static char signal[] = "signal", cell[] = "cell";

	if (set_up || modem.state < STATE_ENABLED)
		return;
	set_up = true;
	if (options.signal_s > 0)
		(void)sd_bus_call_method_async(bus, NULL, SERVICE, modem.path, MODEM ".Signal", "Setup", on_setup,
			signal, "u", options.signal_s);
	if (modem.sources & SOURCE_LAC_CI)
		(void)sd_bus_call_method_async(bus, NULL, SERVICE, modem.path, MODEM ".Location", "Setup", on_setup,
			cell, "ub", modem.enabled_sources | SOURCE_LAC_CI, true);
}

static bool is_wanted(const struct modem *candidate)
{
	const char *wanted = options.wanted;

	return !wanted || strcmp(candidate->imei, wanted) == 0 || strcmp(candidate->device, wanted) == 0;
}

static void adopt(const struct modem *candidate)
{
	modem = *candidate;
	present = true;
	set_up = complained = false;
	lw_log(host, LOG_INFO, "Modem %s, IMEI %s", modem.device, modem.imei);
	set_up_modem();
	ask_bearers();
	options.changed(host);
}

/* a{sa{sv}} of one object, which may be a modem. */
static int read_interfaces(sd_bus_message *m, const char *path)
{
	struct modem candidate = {
		.gsm = SIGNAL_UNKNOWN, .umts = SIGNAL_UNKNOWN, .lte = SIGNAL_UNKNOWN, .nr5g = SIGNAL_UNKNOWN
	};
	const char *interface;
	bool is_modem = false;
	int r = sd_bus_message_enter_container(m, 'a', "{sa{sv}}");

	while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sa{sv}")) > 0) {
		r = sd_bus_message_read(m, "s", &interface);
		is_modem = is_modem || (r >= 0 && strcmp(interface, MODEM) == 0);
		if (r >= 0)
			r = read_properties(m, interface, modem_properties, &candidate);
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
	}
	if (r >= 0)
		r = sd_bus_message_exit_container(m);
	snprintf(candidate.path, sizeof(candidate.path), "%s", path);
	if (r >= 0 && is_modem && !present && is_wanted(&candidate))
		adopt(&candidate);
	return r;
}

static int on_added(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	service_read_added(m, read_interfaces);
	return 0;
}

static int on_objects(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	service_read_objects(m, read_interfaces);
	return 0;
}

static int ask_for_modems(void)
{
	return sd_bus_call_method_async(bus, NULL, SERVICE, ROOT, SERVICE_OBJECTS, "GetManagedObjects", on_objects, NULL, NULL);
}

static void finish(const char *error)
{
	manager_done done = pending;

	pending = NULL;
	call = sd_bus_slot_unref(call);
	if (done)
		done(host, error);
}

static void forget(void)
{
	if (!present)
		return;
	lw_log(host, LOG_INFO, "Modem %s is gone", modem.device);
	present = false;
	finish("the modem is gone");
	options.changed(host);
}

/* Another modem may take its place. */
static int on_removed(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	const char *path;

	if (present && sd_bus_message_read(m, "o", &path) >= 0 && strcmp(path, modem.path) == 0) {
		forget();
		(void)ask_for_modems();
	}
	return 0;
}

static void on_owner(bool there)
{
	forget();
	if (there)
		(void)ask_for_modems();
}

static struct bearer *find_bearer(const char *path)
{
	for (size_t i = 0; i < modem.n_bearers; i++)
		if (strcmp(modem.bearers[i].path, path) == 0)
			return &modem.bearers[i];
	return NULL;
}

static void take_modem(sd_bus_message *m, const char *interface)
{
	struct bearer before[MANAGER_BEARERS_MAX];
	size_t n = modem.n_bearers;
	bool same;

	memcpy(before, modem.bearers, sizeof(before));
	(void)read_properties(m, interface, modem_properties, &modem);
	same = n == modem.n_bearers;
	for (size_t i = 0; i < modem.n_bearers && same; i++)
		same = strcmp(before[i].path, modem.bearers[i].path) == 0;
	if (same)
		memcpy(modem.bearers, before, sizeof(before));
	else
		ask_bearers();
	set_up = set_up && modem.state >= STATE_ENABLED;
	set_up_modem();
}

static int on_properties(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	const char *path = sd_bus_message_get_path(m), *interface;
	struct bearer *bearer;

	if (!present || !path || sd_bus_message_read(m, "s", &interface) < 0)
		return 0;
	bearer = find_bearer(path);
	if (bearer)
		(void)read_properties(m, interface, bearer_properties, bearer);
	else if (strcmp(path, modem.path) == 0)
		take_modem(m, interface);
	else
		return 0;
	options.changed(host);
	return 0;
}

static int add_matches(void)
{
	int r = sd_bus_add_match_async(bus, NULL,
		"type='signal',sender='" SERVICE "',interface='" SERVICE_PROPERTIES "',member='PropertiesChanged',"
		"path_namespace='" ROOT "'",
		on_properties, NULL, NULL);

	if (r >= 0)
		r = sd_bus_match_signal_async(bus, NULL, SERVICE, ROOT, SERVICE_OBJECTS, "InterfacesAdded", on_added, NULL, NULL);
	if (r >= 0)
		r = sd_bus_match_signal_async(
			bus, NULL, SERVICE, ROOT, SERVICE_OBJECTS, "InterfacesRemoved", on_removed, NULL, NULL);
	return r;
}

int manager_start(const struct lw_host *h, const struct manager_options *o)
{
	int r = service_open(h, SERVICE, on_owner, &bus);

	host = h;
	options = *o;
	if (r >= 0)
		r = add_matches();
	if (r >= 0)
		r = ask_for_modems();
	if (r < 0)
		lw_log(host, LOG_ERR, "The system bus, where ModemManager is, cannot be reached: %s", strerror(-r));
	return r;
}

void manager_stop(void)
{
	pending = NULL;
	present = false;
	call = sd_bus_slot_unref(call);
	bus = sd_bus_flush_close_unref(bus);
}

const struct modem *manager_modem(void)
{
	return present ? &modem : NULL;
}

static int on_called(sd_bus_message *m, void *userdata, sd_bus_error *unused)
{
	const sd_bus_error *error = sd_bus_message_get_error(m);

	finish(!error ? "" : error->message ? error->message : error->name);
	return 0;
}

static int append_text(sd_bus_message *m, const char *name, const char *text)
{
	return text && *text ? sd_bus_message_append(m, "{sv}", name, "s", text) : 0;
}

static int append_profile(sd_bus_message *m, const struct profile *profile)
{
	int r = sd_bus_message_open_container(m, 'a', "{sv}");

	if (r >= 0)
		r = sd_bus_message_append(m, "{sv}", "apn", "s", profile->apn);
	if (r >= 0)
		r = append_text(m, "user", profile->user);
	if (r >= 0)
		r = append_text(m, "password", profile->password);
	if (r >= 0 && profile->ip_type)
		r = sd_bus_message_append(m, "{sv}", "ip-type", "u", profile->ip_type);
	if (r >= 0 && profile->auth)
		r = sd_bus_message_append(m, "{sv}", "allowed-auth", "u", profile->auth);
	return r < 0 ? r : sd_bus_message_close_container(m);
}

int manager_connect(const struct profile *profile, manager_done done)
{
	sd_bus_message *m = NULL;
	int r = !present ? -ENODEV :
		pending  ? -EBUSY :
			   sd_bus_message_new_method_call(
				   bus, &m, SERVICE, modem.path, MODEM ".Simple", "Connect");

	if (r >= 0)
		r = append_profile(m, profile);
	if (r >= 0)
		r = sd_bus_call_async(bus, &call, m, on_called, NULL, CONNECT_TIMEOUT);
	sd_bus_message_unref(m);
	if (r >= 0)
		pending = done;
	return r;
}

int manager_disconnect(manager_done done)
{
	int r = !present ? -ENODEV :
		pending  ? -EBUSY :
			   sd_bus_call_method_async(bus, &call, SERVICE, modem.path, MODEM ".Simple", "Disconnect",
				   on_called, NULL, "o", "/");

	if (r >= 0)
		pending = done;
	return r;
}
