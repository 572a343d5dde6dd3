/* SPDX-License-Identifier: Apache-2.0 */
/*
 * location.h - fixes, from whoever has them
 *
 * A source connects by itself, again and again where it has to, and hands over each fix it hears of. location.c decides
 * which source counts, and how long a fix does.
 */
#pragma once

#include <lwm2m/plugin.h>

/* Where the machine is; NAN: not known. */
struct fix {
	double latitude, longitude; /* degrees, WGS 84; south and west are negative */
	double altitude;            /* metres above mean sea level */
	double radius;              /* metres, of a circle that holds the position with a probability of 95 % */
	double speed, climb;        /* metres per second */
	double track;               /* degrees clockwise from north */
	int64_t time;               /* seconds since 1970; 0: not known */
};

#define FIX_NONE { NAN, NAN, NAN, NAN, NAN, NAN, NAN, 0 }

enum location_source { LOCATION_GPSD, LOCATION_MODEM, LOCATION_SOURCES };

/* A source has this fix; NULL: it has none now. */
void location_set(const struct lw_host *host, enum location_source source, const struct fix *fix);

/* A source is out of reach: it has no fix, and others may be asked. */
void location_unreachable(const struct lw_host *host, enum location_source source);

/* gpsd.c: address is that of an IP host. -EINVAL was said; -errno. */
int gpsd_start(const struct lw_host *host, const char *address, uint32_t port);
void gpsd_stop(void);

/* modem.c: -errno when there is no bus, which was said. */
int modem_start(const struct lw_host *host);
void modem_stop(void);
