/* SPDX-License-Identifier: Apache-2.0 */
/* Location (OMA 6) from gpsd, or from a modem's receiver by way of ModemManager. */
#include <lwm2m/settings.h>
#include <math.h>
#include <syslog.h>
#include <systemd/sd-event.h>

#include "location.h"

#define SECOND UINT64_C(1000000)

enum source { SOURCE_AUTO, SOURCE_GPSD, SOURCE_MODEM };

struct options {
	char address[64];
	uint32_t source, port, max_age; /* seconds */
};

static const char *const source_names[] = { "auto", "gpsd", "modemmanager", NULL };
static const struct lw_setting settings[] = {
	LW_SETTING_WORD("source", struct options, source, source_names),
	LW_SETTING_TEXT("gpsd_address", struct options, address),
	LW_SETTING_NUMBER("gpsd_port", struct options, port, 1, 65535),
	LW_SETTING_NUMBER("max_age", struct options, max_age, 1, 86400),
	LW_SETTING_END,
};

struct location {
	double latitude, longitude, altitude, radius, speed;
	LW_BYTES(5) velocity;
	int64_t time;
	bool has_velocity, has_time;
};

static struct lw_instance *instance;

/* What each source said last, while it counts. */
static struct {
	struct fix fix;
	bool has_fix;
	sd_event_source *expiry;
} sources[LOCATION_SOURCES];

static uint64_t max_age;
static bool modem_is_fallback; /* asked as soon as gpsd is out of reach */

/*
 * 3GPP TS 23.032, 8: horizontal velocity, and vertical velocity where it is known. Four bits of type, three of which the
 * last says that we go down, nine of bearing in degrees, sixteen of km/h; then eight of km/h.
 */
static uint32_t encode_velocity(const struct fix *fix, uint8_t ret[5])
{
	unsigned int bearing = (unsigned int)lround(fix->track) % 360;
	unsigned int speed = (unsigned int)fmin(lround(fix->speed * 3.6), UINT16_MAX);
	bool vertical = !isnan(fix->climb);

	ret[0] = (uint8_t)((vertical ? 0x10 : 0) | (vertical && fix->climb < 0 ? 2 : 0) | bearing >> 8);
	ret[1] = (uint8_t)bearing;
	ret[2] = (uint8_t)(speed >> 8);
	ret[3] = (uint8_t)speed;
	ret[4] = vertical ? (uint8_t)fmin(lround(fabs(fix->climb) * 3.6), UINT8_MAX) : 0;
	return vertical ? 5 : 4;
}

static void show(const struct fix *fix)
{
	struct location *location = instance->data;

	location->latitude = fix->latitude;
	location->longitude = fix->longitude;
	location->altitude = fix->altitude;
	location->radius = fix->radius;
	location->speed = fix->speed;
	location->time = fix->time;
	location->has_time = fix->time > 0;
	location->has_velocity = fix->speed >= 0 && fix->track >= 0;
	if (location->has_velocity)
		location->velocity.len = encode_velocity(fix, location->velocity.data);
}

/* The first source that has a fix counts. */
static void choose(void)
{
	static const struct fix none = FIX_NONE;
	const struct fix *fix = &none;

	for (size_t i = LOCATION_SOURCES; i > 0; i--)
		if (sources[i - 1].has_fix)
			fix = &sources[i - 1].fix;
	if (instance)
		show(fix);
}

static void forget(enum location_source source)
{
	sources[source].has_fix = false;
	if (sources[source].expiry)
		sd_event_source_set_enabled(sources[source].expiry, SD_EVENT_OFF);
	choose();
}

static int on_expiry(sd_event_source *source, uint64_t usec, void *userdata)
{
	forget((enum location_source)(uintptr_t)userdata);
	return 0;
}

/* A source that falls silent without a word has no fix any more. */
static int restart_expiry(const struct lw_host *host, enum location_source source)
{
	sd_event_source *expiry = sources[source].expiry;
	int r;

	if (!expiry)
		return sd_event_add_time_relative(lw_event(host), &sources[source].expiry, CLOCK_BOOTTIME, max_age,
			SECOND, on_expiry, (void *)(uintptr_t)source);
	r = sd_event_source_set_time_relative(expiry, max_age);
	return r < 0 ? r : sd_event_source_set_enabled(expiry, SD_EVENT_ONESHOT);
}

void location_set(const struct lw_host *host, enum location_source source, const struct fix *fix)
{
	if (!fix || restart_expiry(host, source) < 0) {
		forget(source);
		return;
	}
	sources[source].fix = *fix;
	sources[source].has_fix = true;
	choose();
}

void location_unreachable(const struct lw_host *host, enum location_source source)
{
	forget(source);
	if (modem_is_fallback && modem_start(host) >= 0)
		modem_is_fallback = false;
}

static int location_init(struct lw_instance *inst)
{
	instance = inst;
	choose();
	return 0;
}

static void location_fini(struct lw_instance *inst)
{
	instance = NULL;
}

static const struct lw_resource resources[] = {
	LW_RES_FLOAT(0, LW_R, struct location, latitude, .flags = LW_MANDATORY),
	LW_RES_FLOAT(1, LW_R, struct location, longitude, .flags = LW_MANDATORY),
	LW_RES_FLOAT(2, LW_R, struct location, altitude),
	LW_RES_FLOAT(3, LW_R, struct location, radius),
	LW_RES_OPAQUE(4, LW_R, struct location, velocity, LW_PRESENT(struct location, has_velocity)),
	LW_RES_TIME(5, LW_R, struct location, time, .flags = LW_MANDATORY, LW_PRESENT(struct location, has_time)),
	LW_RES_FLOAT(6, LW_R, struct location, speed),
	LW_RES_END,
};

static const struct lw_object location = {
	.id = 6,
	.version = "1.0",
	.resources = resources,
	LW_DATA(struct location, NAN, NAN, NAN, NAN, NAN),
	.init = location_init,
	.fini = location_fini,
};

static int start(const struct lw_host *host)
{
	static const char *const sections[] = { "location", NULL };
	struct options options = { .address = "127.0.0.1", .port = 2947, .max_age = 10 };
	int r = lw_read_section(host, "location", settings, &options);

	if (lw_check_sections(host, sections) < 0 || r < 0)
		return -EINVAL;
	max_age = options.max_age * SECOND;
	modem_is_fallback = options.source == SOURCE_AUTO;
	return options.source == SOURCE_MODEM ? modem_start(host) : gpsd_start(host, options.address, options.port);
}

static void stop(const struct lw_host *host)
{
	gpsd_stop();
	modem_stop();
	for (size_t i = 0; i < LOCATION_SOURCES; i++)
		sources[i].expiry = sd_event_source_disable_unref(sources[i].expiry);
}

LW_PLUGIN_START("location", start, stop, &location);
