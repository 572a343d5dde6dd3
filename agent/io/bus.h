/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bus.h - D-Bus: what the agent asks of other services
 *
 * The connection is made when it is first needed, and again after it was lost. Calls do not wait: a service that refuses
 * is logged when its answer comes. event outlives the bus.
 */
#pragma once

#include <systemd/sd-event.h>

#include "base/cleanup.h"

struct bus;

/* address: "system", "session", "none", or a D-Bus address; copied. -EINVAL: none of them, -ENOMEM. */
int bus_new(sd_event *event, const char *address, struct bus **ret);
struct bus *bus_free(struct bus *bus);
DEFINE_CLEANUP(struct bus *, bus_free)

/* Asks systemd-logind to restart the machine. -ENOTSUP: "none"; -errno when the bus is not there, logged. */
int bus_reboot(struct bus *bus);
