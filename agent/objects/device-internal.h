/* SPDX-License-Identifier: Apache-2.0 */
/*
 * device-internal.h - what the files of object 3 share: device.c makes it and executes, device-read.c reads the machine,
 * device-write.c sets its clock and time zone
 */
#pragma once

#include "objects/device.h"
#include "objects/power.h"

enum {
	MANUFACTURER = 0,
	MODEL_NUMBER = 1,
	SERIAL_NUMBER = 2,
	FIRMWARE_VERSION = 3,
	REBOOT = 4,
	FACTORY_RESET = 5,
	POWER_SOURCES = 6,
	POWER_VOLTAGE = 7,
	POWER_CURRENT = 8,
	BATTERY_LEVEL = 9,
	MEMORY_FREE = 10,
	ERROR_CODE = 11,
	RESET_ERROR_CODE = 12,
	CURRENT_TIME = 13,
	UTC_OFFSET = 14,
	TIMEZONE = 15,
	SUPPORTED_BINDING = 16,
	DEVICE_TYPE = 17,
	HARDWARE_VERSION = 18,
	SOFTWARE_VERSION = 19,
	BATTERY_STATUS = 20,
	MEMORY_TOTAL = 21,
	_RESOURCE_MAX,
};

#define UTC_OFFSET_MAX 10 /* "UTC+hh:mm" */
#define TIMEZONE_MAX   64

_Static_assert((int)_DEVICE_ERROR_MAX >= POWER_SUPPLIES_MAX, "struct device.ids has room for either");

/* A Write on its way to the machine. */
struct device_change {
	struct operation *operation; /* NULL: there is none */
	enum { SET_TIMEZONE, SET_TIME, UNDO_TIMEZONE } step;
	int error; /* why it is undone */
	bool has_time;
	int64_t time;
	char utc_offset[UTC_OFFSET_MAX]; /* that is reported once it is done */
	char timezone[TIMEZONE_MAX], before[TIMEZONE_MAX]; /* "": it stays as it is */
};

struct device {
	struct object object;
	const struct device_actions *actions;
	void *userdata;
	char *root;
	struct value texts[_RESOURCE_MAX]; /* allocated, of resources that never change; VALUE_NONE: not there */
	struct power power;
	int64_t memory_total_kb;           /* negative: not known */
	unsigned int errors;               /* a bit for each enum device_error */
	char utc_offset[UTC_OFFSET_MAX];   /* that a server wrote; "": the machine's */
	struct device_change change;
	struct operation *reboot;          /* that waits for device_may_reboot(); NULL: none does */
	int64_t sampled_s;                 /* when the machine was asked for the next three */
	int64_t memory_free_kb;            /* negative: not known */
	char machine_offset[UTC_OFFSET_MAX], timezone[TIMEZONE_MAX]; /* "": not known */
	uint16_t ids[_DEVICE_ERROR_MAX];   /* of resource instances, for probe */
};

/* Asks the machine anew for what is asked for once in a second at most. */
void device_sample(struct device *device);

/* Those of struct object_ops. */
void device_read(struct object *object, struct operation *operation);
void device_write(struct object *object, struct operation *operation);
int device_probe(const struct object *object, uint16_t iid, const struct resource_info *resource,
		 const uint16_t **ret_ids);
