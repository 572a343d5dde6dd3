/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bus.h - D-Bus: what the agent asks of other services
 *
 * The connection is made when it is first needed, and again after it was lost. Calls do not wait: a service that refuses
 * is logged when its answer comes, with what an administrator can do about it. event outlives the bus.
 */
#pragma once

#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/cleanup.h"

struct bus;

/* address: "system", "session", "none", or a D-Bus address; copied. -EINVAL: none of them, -ENOMEM. */
int bus_new(sd_event *event, const char *address, struct bus **ret);
struct bus *bus_free(struct bus *bus);
DEFINE_CLEANUP(struct bus *, bus_free)

/*
 * How a call ended. 0; -EPERM: it is refused, by polkit or since the clock is synchronized; -EINVAL: not such a time zone;
 * -ENOTSUP: there is no such service; -ETIMEDOUT: it does not answer; -EIO: anything else. All but -ENOTSUP are logged:
 * then there may be another way. Comes later than the function that asked returns, and never once the bus is freed.
 */
typedef void (*bus_answer_t)(void *userdata, int error);

/*
 * Asks systemd-logind whether it would restart the machine; answer says: 0, it would. -ENOTSUP: there is no bus, and no answer
 * follows; -ENOMEM.
 */
int bus_ask_reboot(struct bus *bus, bus_answer_t answer, void *userdata);

/* Has systemd-logind restart the machine. -ENOTSUP: "none"; -errno when the bus is not there. Both are logged. */
int bus_reboot(struct bus *bus);

/*
 * Ask systemd-timedated to set the clock, to seconds since 1970, or the time zone; answer says how that ended. -ENOTSUP: there
 * is no bus; -ERANGE, -ENOMEM. No answer follows then.
 */
int bus_set_time(struct bus *bus, int64_t seconds, bus_answer_t answer, void *userdata);
int bus_set_timezone(struct bus *bus, const char *timezone, bus_answer_t answer, void *userdata);
