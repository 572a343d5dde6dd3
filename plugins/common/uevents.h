/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uevents.h - the kernel's word of devices that come and go, for the plugins of this folder
 *
 * A message begins as "add@/devices/virtual/thermal/thermal_zone0": only one that a pattern of fnmatch(3) is about calls the
 * handler, once for all that came together. Messages that got lost may have been ours, and call it, too.
 */
#pragma once

#include <lwm2m/plugin.h>
#include <systemd/sd-event.h>

struct uevents {
	int fd;
	sd_event_source *source;
	const struct lw_host *host;
	const char *const *patterns; /* ends with NULL */
	void (*handler)(const struct lw_host *host);
};

#define UEVENTS_NONE { .fd = -1 }

/* -errno: there is no such word here; uevents_stop() is due all the same. */
int uevents_start(struct uevents *uevents, const struct lw_host *host, const char *const *patterns,
	void (*handler)(const struct lw_host *host));
void uevents_stop(struct uevents *uevents);
