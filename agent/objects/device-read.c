/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "objects/device-internal.h"
#include "objects/platform.h"

static int64_t machine_time(struct device *device)
{
	return device->actions->time ? device->actions->time(device->userdata) : time(NULL);
}

static void sample_utc_offset(struct device *device, time_t now)
{
	unsigned int minutes;
	struct tm tm;

	*device->machine_offset = '\0';
	/* The zone may be another one since: localtime_r() alone would not notice. */
	tzset();
	if (!localtime_r(&now, &tm))
		return;
	minutes = (unsigned int)labs(tm.tm_gmtoff / 60);
	snprintf(device->machine_offset, sizeof(device->machine_offset), "%c%02u:%02u",
		tm.tm_gmtoff < 0 ? '-' : '+', minutes / 60 % 100, minutes % 60);
}

static void sample_timezone(struct device *device)
{
	_cleanup_(freep) char *timezone = NULL;

	*device->timezone = '\0';
	if (platform_timezone(device->root, &timezone) == 0 && strlen(timezone) < sizeof(device->timezone))
		strcpy(device->timezone, timezone);
}

/* Once in a second at most: asking costs more than all the rest of a Read. */
void device_sample(struct device *device)
{
	int64_t now = machine_time(device), total_kb;

	if (now == device->sampled_s)
		return;
	device->sampled_s = now;
	sample_utc_offset(device, now);
	sample_timezone(device);
	if (platform_memory(device->root, &device->memory_free_kb, &total_kb) < 0)
		device->memory_free_kb = -1;
}

/* One value, or an instance of a multiple resource. -ENOENT: not there. */
static int get_text(struct device *device, uint16_t rid, uint16_t riid, struct value *ret)
{
	if (device->texts[rid].type == VALUE_NONE)
		return -ENOENT;
	*ret = device->texts[rid];
	return 0;
}

static int get_power_source(struct device *device, uint16_t rid, uint16_t riid, struct value *ret)
{
	if (riid >= device->power.n_supplies || !power_is_available(&device->power, riid))
		return -ENOENT;
	*ret = VALUE_INTEGER(device->power.supplies[riid].source);
	return 0;
}

static int get_power_reading(struct device *device, uint16_t rid, uint16_t riid, struct value *ret)
{
	int64_t reading;
	int r;

	if (riid >= device->power.n_supplies)
		return -ENOENT;
	if (rid == POWER_VOLTAGE)
		r = power_voltage(&device->power, riid, &reading);
	else
		r = power_current(&device->power, riid, &reading);
	if (r < 0)
		return -ENOENT;
	*ret = VALUE_INTEGER(reading);
	return 0;
}

static int get_battery(struct device *device, uint16_t rid, uint16_t riid, struct value *ret)
{
	int64_t reading;
	int r;

	if (rid == BATTERY_LEVEL)
		r = power_battery_level(&device->power, &reading);
	else
		r = power_battery_status(&device->power, &reading);
	if (r < 0)
		return -ENOENT;
	*ret = VALUE_INTEGER(reading);
	return 0;
}

static int get_memory(struct device *device, uint16_t rid, uint16_t riid, struct value *ret)
{
	if (device->memory_total_kb < 0)
		return -ENOENT;
	if (rid == MEMORY_TOTAL) {
		*ret = VALUE_INTEGER(device->memory_total_kb);
		return 0;
	}
	device_sample(device);
	if (device->memory_free_kb < 0)
		return -ENOENT;
	*ret = VALUE_INTEGER(device->memory_free_kb);
	return 0;
}

/* The errors there are, counted from 0; "no error" is the only one when there is none. */
static int get_error(struct device *device, uint16_t rid, uint16_t riid, struct value *ret)
{
	if (device->errors == 0 && riid == 0) {
		*ret = VALUE_INTEGER(DEVICE_ERROR_NONE);
		return 0;
	}
	for (int error = 0; error < _DEVICE_ERROR_MAX; error++)
		if (device->errors & 1U << error && riid-- == 0) {
			*ret = VALUE_INTEGER(error);
			return 0;
		}
	return -ENOENT;
}

static int get_time(struct device *device, uint16_t rid, uint16_t riid, struct value *ret)
{
	*ret = VALUE_TIME(machine_time(device));
	return 0;
}

static int get_utc_offset(struct device *device, uint16_t rid, uint16_t riid, struct value *ret)
{
	if (*device->utc_offset) {
		*ret = VALUE_STRING(device->utc_offset);
		return 0;
	}
	device_sample(device);
	if (!*device->machine_offset)
		return -ENOENT;
	*ret = VALUE_STRING(device->machine_offset);
	return 0;
}

static int get_timezone(struct device *device, uint16_t rid, uint16_t riid, struct value *ret)
{
	device_sample(device);
	if (!*device->timezone)
		return -ENOENT;
	*ret = VALUE_STRING(device->timezone);
	return 0;
}

static int (*const getters[_RESOURCE_MAX])(struct device *, uint16_t rid, uint16_t riid, struct value *) = {
	[MANUFACTURER] = get_text,
	[MODEL_NUMBER] = get_text,
	[SERIAL_NUMBER] = get_text,
	[FIRMWARE_VERSION] = get_text,
	[POWER_SOURCES] = get_power_source,
	[POWER_VOLTAGE] = get_power_reading,
	[POWER_CURRENT] = get_power_reading,
	[BATTERY_LEVEL] = get_battery,
	[MEMORY_FREE] = get_memory,
	[ERROR_CODE] = get_error,
	[CURRENT_TIME] = get_time,
	[UTC_OFFSET] = get_utc_offset,
	[TIMEZONE] = get_timezone,
	[SUPPORTED_BINDING] = get_text,
	[DEVICE_TYPE] = get_text,
	[HARDWARE_VERSION] = get_text,
	[SOFTWARE_VERSION] = get_text,
	[BATTERY_STATUS] = get_battery,
	[MEMORY_TOTAL] = get_memory,
};

static int read_single(struct device *device, struct operation *operation, uint16_t rid)
{
	struct value value;
	int r = getters[rid](device, rid, 0, &value);

	if (r < 0)
		return 0;
	/* These two change, the other texts never do. */
	if (rid == UTC_OFFSET || rid == TIMEZONE)
		return records_add_copy(&operation->records, PATH3(3, 0, rid), value);
	return records_add(&operation->records, PATH3(3, 0, rid), value);
}

/* How many resource instances there may be; not all have to be there. */
static uint16_t instances_max(const struct device *device, uint16_t rid)
{
	if (rid != ERROR_CODE)
		return (uint16_t)device->power.n_supplies;
	return device->errors ? _DEVICE_ERROR_MAX : 1;
}

static int read_multiple(struct device *device, struct operation *operation, uint16_t rid)
{
	int r = 0;

	for (uint16_t riid = 0; riid < instances_max(device, rid) && r == 0; riid++) {
		struct value value;

		if (operation->path.depth == PATH_RESOURCE_INSTANCE && operation->path.ids[3] != riid)
			continue;
		if (getters[rid](device, rid, riid, &value) == 0)
			r = records_add(&operation->records, PATH4(3, 0, rid, riid), value);
	}
	return r;
}

/* The agent itself, which keeps what it reads here, gets what servers wrote. */
static bool is_wanted(const struct device *device, const struct operation *operation, uint16_t rid)
{
	if (!getters[rid])
		return false;
	return operation->server != 0 || (rid == UTC_OFFSET && *device->utc_offset);
}

static int read_resource(struct device *device, struct operation *operation,
			 const struct resource_info *resource)
{
	if (!is_wanted(device, operation, resource->id))
		return 0;
	if (resource->flags & RESOURCE_MULTIPLE)
		return read_multiple(device, operation, resource->id);
	return read_single(device, operation, resource->id);
}

static int read_one(struct device *device, struct operation *operation)
{
	const struct resource_info *resource = object_find_resource(&device->object, operation->path.ids[2]);
	int r = resource ? read_resource(device, operation, resource) : 0;

	return r == 0 && operation->records.count == 0 ? -ENODATA : r;
}

void device_read(struct object *object, struct operation *operation)
{
	struct device *device = container_of(object, struct device, object);
	int r = 0;

	if (operation->path.depth >= PATH_RESOURCE)
		r = read_one(device, operation);
	else
		for (size_t i = 0; i < object->info->n_resources && r == 0; i++)
			r = read_resource(device, operation, &object->info->resources[i]);
	operation_done(operation, r);
}

int device_probe(const struct object *object, uint16_t iid, const struct resource_info *resource,
		 const uint16_t **ret_ids)
{
	struct device *device = container_of(object, struct device, object);
	struct value value;
	int n = 0;

	if (resource->operations & RESOURCE_E)
		return 0;
	if (!(resource->flags & RESOURCE_MULTIPLE))
		return getters[resource->id](device, resource->id, 0, &value);
	for (uint16_t riid = 0; riid < instances_max(device, resource->id); riid++)
		if (getters[resource->id](device, resource->id, riid, &value) == 0)
			device->ids[n++] = riid;
	if (n == 0)
		return -ENOENT;
	*ret_ids = device->ids;
	return n;
}
