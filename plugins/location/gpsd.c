/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gpsd.c - fixes from gpsd
 *
 * gpsd's own client library connects and reads with calls that block; its protocol is a line of JSON per report.
 */
#include <arpa/inet.h>
#include <jansson.h>
#include <math.h>
#include <netdb.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <syslog.h>
#include <systemd/sd-event.h>
#include <time.h>
#include <unistd.h>

#include "location.h"

#define LINE_MAX_   16384 /* gpsd's longest report is 10240 bytes, its SKY with every satellite */
#define RETRY_FIRST UINT64_C(1000000)
#define RETRY_MOST  UINT64_C(60000000)

static const char watch[] = "?WATCH={\"enable\":true,\"json\":true};\n";

static struct {
	const struct lw_host *host;
	struct addrinfo *address;
	char name[80]; /* for people */
	int fd;
	sd_event_source *io, *retry;
	uint64_t wait;
	bool connected, complained;
	char line[LINE_MAX_];
	size_t len;
	bool overlong; /* the rest of this line is thrown away */
} gpsd = { .fd = -1 };

static void try_again(void);

static double number(const json_t *report, const char *key)
{
	const json_t *value = json_object_get(report, key);

	return json_is_number(value) ? json_number_value(value) : NAN;
}

/* "2026-11-25T13:20:01.000Z" */
static int64_t parse_time(const char *text)
{
	struct tm tm = { 0 };

	return text && strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) ? (int64_t)timegm(&tm) : 0;
}

/* Releases before 3.20 had "alt" only; before 3.19, no "eph" but its two halves. */
static void parse_fix(const json_t *report, struct fix *ret)
{
	*ret = (struct fix){
		.latitude = number(report, "lat"),
		.longitude = number(report, "lon"),
		.altitude = number(report, "altMSL"),
		.radius = number(report, "eph"),
		.speed = number(report, "speed"),
		.track = number(report, "track"),
		.climb = number(report, "climb"),
		.time = parse_time(json_string_value(json_object_get(report, "time"))),
	};
	if (isnan(ret->altitude))
		ret->altitude = number(report, "alt");
	if (isnan(ret->radius))
		ret->radius = fmax(number(report, "epx"), number(report, "epy"));
}

/* 1: ret has the fix; 0: there is none now; -ENOMSG: it says nothing of that. */
static int parse_report(const json_t *report, struct fix *ret)
{
	const char *class = json_string_value(json_object_get(report, "class"));

	if (!class || strcmp(class, "TPV") != 0)
		return -ENOMSG;
	parse_fix(report, ret);
	return number(report, "mode") >= 2 && fabs(ret->latitude) <= 90 && fabs(ret->longitude) <= 180;
}

static void hang_up(void)
{
	gpsd.io = sd_event_source_disable_unref(gpsd.io);
	if (gpsd.fd >= 0)
		close(gpsd.fd);
	gpsd.fd = -1;
	gpsd.len = 0;
	gpsd.overlong = gpsd.connected = false;
}

static void lost(int error)
{
	if (!gpsd.complained)
		lw_log(gpsd.host, LOG_NOTICE,
			"No position: gpsd at %s: %s; trying again, is it running? (systemctl status gpsd)", gpsd.name,
			error == 0 ? "it closed the connection" : strerror(-error));
	gpsd.complained = true;
	hang_up();
	location_unreachable(gpsd.host, LOCATION_GPSD);
	try_again();
}

static void take_line(void)
{
	json_t *report = json_loads(gpsd.line, 0, NULL);
	struct fix fix;
	int r = report ? parse_report(report, &fix) : -ENOMSG;

	json_decref(report);
	if (r >= 0)
		location_set(gpsd.host, LOCATION_GPSD, r > 0 ? &fix : NULL);
}

static void take_byte(char byte)
{
	if (byte != '\n') {
		gpsd.overlong = gpsd.overlong || gpsd.len == sizeof(gpsd.line) - 1;
		if (!gpsd.overlong)
			gpsd.line[gpsd.len++] = byte;
		return;
	}
	gpsd.line[gpsd.len] = 0;
	if (!gpsd.overlong)
		take_line();
	gpsd.len = 0;
	gpsd.overlong = false;
}

/* 1: there will be more; 0: the connection ended; -errno. */
static int take_input(void)
{
	char input[4096];
	ssize_t n;

	while ((n = recv(gpsd.fd, input, sizeof(input), 0)) > 0)
		for (ssize_t i = 0; i < n; i++)
			take_byte(input[i]);
	return n == 0 ? 0 : errno == EAGAIN ? 1 : -errno;
}

static int finish_connecting(void)
{
	socklen_t len = sizeof(int);
	int error = 0;

	if (getsockopt(gpsd.fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		return -errno;
	if (error != 0)
		return -error;
	if (send(gpsd.fd, watch, sizeof(watch) - 1, MSG_NOSIGNAL) != sizeof(watch) - 1)
		return -EIO;
	if (gpsd.complained)
		lw_log(gpsd.host, LOG_INFO, "gpsd at %s answers", gpsd.name);
	gpsd.connected = true;
	gpsd.complained = false;
	gpsd.wait = RETRY_FIRST;
	return sd_event_source_set_io_events(gpsd.io, EPOLLIN);
}

static int on_ready(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	bool connected = gpsd.connected;
	int r = connected ? take_input() : finish_connecting();

	if (r < 0 || (r == 0 && connected))
		lost(r);
	return 0;
}

static int dial(void)
{
	const struct addrinfo *address = gpsd.address;

	gpsd.fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (gpsd.fd < 0)
		return -errno;
	if (connect(gpsd.fd, address->ai_addr, address->ai_addrlen) < 0 && errno != EINPROGRESS)
		return -errno;
	return sd_event_add_io(lw_event(gpsd.host), &gpsd.io, gpsd.fd, EPOLLOUT, on_ready, NULL);
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
	int r = dial();

	if (r < 0)
		lost(r);
	return 0;
}

static void try_again(void)
{
	(void)sd_event_source_set_time_relative(gpsd.retry, gpsd.wait);
	(void)sd_event_source_set_enabled(gpsd.retry, SD_EVENT_ONESHOT);
	gpsd.wait = gpsd.wait * 2 < RETRY_MOST ? gpsd.wait * 2 : RETRY_MOST;
}

int gpsd_start(const struct lw_host *host, const char *address, uint32_t port)
{
	const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM };
	char service[16];

	gpsd.host = host;
	gpsd.wait = RETRY_FIRST;
	snprintf(service, sizeof(service), "%u", port);
	if (getaddrinfo(address, service, &hints, &gpsd.address) != 0) {
		lw_config_error(host, "location", "gpsd_address", "gpsd_address = %s: it has to be an IP address", address);
		return -EINVAL;
	}
	snprintf(gpsd.name, sizeof(gpsd.name), strchr(address, ':') ? "[%s]:%u" : "%s:%u", address, port);
	return sd_event_add_time_relative(lw_event(host), &gpsd.retry, CLOCK_BOOTTIME, 0, 0, on_retry, NULL);
}

void gpsd_stop(void)
{
	hang_up();
	gpsd.retry = sd_event_source_disable_unref(gpsd.retry);
	if (gpsd.address)
		freeaddrinfo(gpsd.address);
	gpsd.address = NULL;
}
