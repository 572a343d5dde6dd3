/* SPDX-License-Identifier: Apache-2.0 */
/*
 * device.h - object 3, Device: this machine
 *
 * What does not change is read once, when the object is made; power supplies and time at each read; free memory, the time
 * zone and the UTC offset once in a second at most, and only when asked for. A value the machine does not have is absent,
 * never made up.
 *
 * Current Time and Timezone are the machine's own: a Write sets them, by whoever may, and ends when that is done; nothing is
 * kept of them. All of a Write is done or nothing: a zone that was set goes back when the clock cannot be. One such Write at
 * a time, -EBUSY for another. UTC Offset follows from the zone on Linux, so one that a server writes changes nothing here:
 * it is kept and reported in place of the machine's until a server writes it empty, or writes the zone.
 */
#pragma once

#include "base/cleanup.h"
#include "lwm2m/object.h"

/* Values of Error Code, 3/0/11. */
enum device_error {
	DEVICE_ERROR_NONE,
	DEVICE_ERROR_LOW_BATTERY,
	DEVICE_ERROR_POWER_OFF,
	DEVICE_ERROR_GPS,
	DEVICE_ERROR_LOW_SIGNAL,
	DEVICE_ERROR_OUT_OF_MEMORY,
	DEVICE_ERROR_SMS,
	DEVICE_ERROR_CONNECTIVITY,
	DEVICE_ERROR_PERIPHERAL,
	_DEVICE_ERROR_MAX,
};

/* NULL: read from the machine. All are copied. */
struct device_config {
	const char *root; /* before each path that is read: "/tmp/x" reads /tmp/x/proc/meminfo */
	const char *manufacturer, *model_number, *serial_number, *device_type, *hardware_version;
	const char *software_version; /* the agent's */
};

/* What reboot(), set_time() and set_timezone() return, beside 0 and -errno, when it is told later how that ended. */
#define DEVICE_LATER 1

/*
 * Called before the operation is answered and from within the engine: the first two only see whether it may be, take a note,
 * and act once the answer is out. One that is NULL answers 5.01.
 */
struct device_actions {
	int (*reboot)(void *userdata); /* device_may_reboot() */
	void (*factory_reset)(void *userdata);
	/* Says what the machine's clock says, seconds since 1970. NULL: time(). */
	int64_t (*time)(void *userdata);
	/* Set the machine's clock, and its time zone by its IANA name. One at a time. device_set() */
	int (*set_time)(void *userdata, int64_t seconds);
	int (*set_timezone)(void *userdata, const char *timezone);
};

struct device;

/* actions and userdata are borrowed. -ENOMEM. */
int device_new(const struct device_config *config, const struct device_actions *actions, void *userdata,
	       struct device **ret);
struct device *device_free(struct device *device);
DEFINE_CLEANUP(struct device *, device_free)

struct object *device_object(struct device *device);

/* How what returned DEVICE_LATER has ended: 0, or -errno. */
void device_may_reboot(struct device *device, int error);
void device_set(struct device *device, int error);

/* Error Code gets this value too, until a server resets it (3/0/12). Each is there once. */
void device_add_error(struct device *device, enum device_error error);
