/* SPDX-License-Identifier: Apache-2.0 */
/*
 * device.h - object 3, Device: this machine
 *
 * What does not change is read once, when the object is made; power supplies and time at each read; free memory and the
 * machine's UTC offset once in a second at most, and only when asked for. A value the machine does not have is absent,
 * never made up. Current Time sets the machine's clock, where the process may, and is never kept; UTC Offset and Timezone
 * as a server wrote them are kept and reported, without changing the machine's own settings, until the server writes them
 * empty.
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

/*
 * Called before the operation is answered and from within the engine: the first two take a note, and act once the answer
 * is out. One that is NULL answers 5.01.
 */
struct device_actions {
	void (*reboot)(void *userdata);
	void (*factory_reset)(void *userdata);
	/* Sets the machine's clock, seconds since 1970. -EPERM: not allowed to, answered with 5.01; other -errno. */
	int (*set_time)(void *userdata, int64_t seconds);
	/* Says what it is. NULL: time(). */
	int64_t (*time)(void *userdata);
};

struct device;

/* actions and userdata are borrowed. -ENOMEM. */
int device_new(const struct device_config *config, const struct device_actions *actions, void *userdata,
	       struct device **ret);
struct device *device_free(struct device *device);
DEFINE_CLEANUP(struct device *, device_free)

struct object *device_object(struct device *device);

/* Error Code gets this value too, until a server resets it (3/0/12). Each is there once. */
void device_add_error(struct device *device, enum device_error error);
