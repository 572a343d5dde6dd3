/* SPDX-License-Identifier: Apache-2.0 */
#include "objects/device.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "lwm2m/registry.h"
#include "objects/platform.h"
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
struct change {
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
	struct change change;
	int64_t sampled_s;                 /* when the machine was asked for the next three */
	int64_t memory_free_kb;            /* negative: not known */
	char machine_offset[UTC_OFFSET_MAX], timezone[TIMEZONE_MAX]; /* "": not known */
	uint16_t ids[_DEVICE_ERROR_MAX];   /* of resource instances, for probe */
};

static const struct resource_info resources[] = {
	{ MANUFACTURER, VALUE_STRING, RESOURCE_R, 0 },
	{ MODEL_NUMBER, VALUE_STRING, RESOURCE_R, 0 },
	{ SERIAL_NUMBER, VALUE_STRING, RESOURCE_R, 0 },
	{ FIRMWARE_VERSION, VALUE_STRING, RESOURCE_R, 0 },
	{ REBOOT, VALUE_NONE, RESOURCE_E, RESOURCE_MANDATORY },
	{ FACTORY_RESET, VALUE_NONE, RESOURCE_E, 0 },
	{ POWER_SOURCES, VALUE_INTEGER, RESOURCE_R, RESOURCE_MULTIPLE },
	{ POWER_VOLTAGE, VALUE_INTEGER, RESOURCE_R, RESOURCE_MULTIPLE },
	{ POWER_CURRENT, VALUE_INTEGER, RESOURCE_R, RESOURCE_MULTIPLE },
	{ BATTERY_LEVEL, VALUE_INTEGER, RESOURCE_R, 0 },
	{ MEMORY_FREE, VALUE_INTEGER, RESOURCE_R, 0 },
	{ ERROR_CODE, VALUE_INTEGER, RESOURCE_R, RESOURCE_MULTIPLE | RESOURCE_MANDATORY },
	{ RESET_ERROR_CODE, VALUE_NONE, RESOURCE_E, 0 },
	{ CURRENT_TIME, VALUE_TIME, RESOURCE_RW, 0 },
	{ UTC_OFFSET, VALUE_STRING, RESOURCE_RW, 0 },
	{ TIMEZONE, VALUE_STRING, RESOURCE_RW, 0 },
	{ SUPPORTED_BINDING, VALUE_STRING, RESOURCE_R, RESOURCE_MANDATORY },
	{ DEVICE_TYPE, VALUE_STRING, RESOURCE_R, 0 },
	{ HARDWARE_VERSION, VALUE_STRING, RESOURCE_R, 0 },
	{ SOFTWARE_VERSION, VALUE_STRING, RESOURCE_R, 0 },
	{ BATTERY_STATUS, VALUE_INTEGER, RESOURCE_R, 0 },
	{ MEMORY_TOTAL, VALUE_INTEGER, RESOURCE_R, 0 },
};

static const struct object_info info = {
	.id = 3,
	.flags = OBJECT_PERSIST,
	.version = "1.1",
	.resources = resources,
	.n_resources = ELEMENTSOF(resources),
};

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
static void sample(struct device *device)
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
	sample(device);
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
	sample(device);
	if (!*device->machine_offset)
		return -ENOENT;
	*ret = VALUE_STRING(device->machine_offset);
	return 0;
}

static int get_timezone(struct device *device, uint16_t rid, uint16_t riid, struct value *ret)
{
	sample(device);
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

static void device_read(struct object *object, struct operation *operation)
{
	struct device *device = container_of(object, struct device, object);
	int r = 0;

	if (operation->path.depth >= PATH_RESOURCE)
		r = read_one(device, operation);
	else
		for (size_t i = 0; i < ELEMENTSOF(resources) && r == 0; i++)
			r = read_resource(device, operation, &resources[i]);
	operation_done(operation, r);
}

static bool skip_digits(const char **at, unsigned int below)
{
	const char *digits = *at;

	if (!isdigit((unsigned char)digits[0]) || !isdigit((unsigned char)digits[1]))
		return false;
	*at += 2;
	return (unsigned int)((digits[0] - '0') * 10 + digits[1] - '0') < below;
}

/*
 * ISO 8601: "Z", "+01", "+0100", "+01:00", each with or without "UTC" before it. An empty text stands for the machine's
 * own offset.
 */
static bool is_utc_offset(const char *text)
{
	if (!*text)
		return true;
	if (strncmp(text, "UTC", 3) == 0)
		text += 3;
	if (strcmp(text, "Z") == 0)
		return true;
	if (*text != '+' && *text != '-')
		return false;
	text++;
	if (!skip_digits(&text, 24))
		return false;
	if (!*text)
		return true;
	if (*text == ':')
		text++;
	return skip_digits(&text, 60) && !*text;
}

/* Whether the machine has it, it knows itself. */
static bool is_timezone(const char *text)
{
	if (!*text)
		return false;
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && !strchr("/_+-", *text))
			return false;
	return true;
}

static int take_text(struct bytes bytes, bool (*check)(const char *), char *ret, size_t size)
{
	char text[TIMEZONE_MAX];

	if (bytes.len >= size || (bytes.len > 0 && memchr(bytes.data, '\0', bytes.len)))
		return -EINVAL;
	snprintf(text, sizeof(text), "%.*s", (int)bytes.len, bytes.len ? (const char *)bytes.data : "");
	if (!check(text))
		return -EINVAL;
	strcpy(ret, text);
	return 0;
}

static int take_step(struct device *device)
{
	const struct device_actions *actions = device->actions;
	const struct change *change = &device->change;
	const char *timezone = change->step == SET_TIMEZONE ? change->timezone : change->before;

	if (change->step == SET_TIME) {
		if (!change->has_time)
			return 0;
		return actions->set_time ? actions->set_time(device->userdata, change->time) : -ENOTSUP;
	}
	if (!*timezone)
		return 0;
	return actions->set_timezone ? actions->set_timezone(device->userdata, timezone) : -ENOTSUP;
}

static void finish(struct device *device)
{
	struct change *change = &device->change;
	struct operation *operation = steal_pointer(&change->operation);
	struct registry *registry = device->object.registry;

	if (change->has_time || *change->timezone)
		device->sampled_s = -1;
	if (change->error == 0) {
		if (registry && (*change->timezone || strcmp(device->utc_offset, change->utc_offset) != 0))
			registry_changed(registry, &PATH3(3, 0, UTC_OFFSET));
		strcpy(device->utc_offset, change->utc_offset);
	}
	operation_done(operation, change->error);
}

/* r is how the last step ended. */
static void go_on(struct device *device, int r)
{
	struct change *change = &device->change;

	while (r != DEVICE_LATER) {
		if (r < 0 && change->error == 0)
			change->error = r;
		if (change->step == SET_TIMEZONE && r == 0) {
			change->step = SET_TIME;
		} else if (change->step == SET_TIME && r < 0) {
			change->step = UNDO_TIMEZONE;
		} else {
			finish(device);
			return;
		}
		r = take_step(device);
	}
}

void device_set(struct device *device, int error)
{
	if (device->change.operation)
		go_on(device, error);
}

static int take_record(struct device *device, const struct record *record, struct change *ret)
{
	int r = 0;

	switch (record->path.ids[2]) {
	case UTC_OFFSET:
		return take_text(record->value.bytes, is_utc_offset, ret->utc_offset, sizeof(ret->utc_offset));
	case TIMEZONE:
		r = take_text(record->value.bytes, is_timezone, ret->timezone, sizeof(ret->timezone));
		sample(device);
		if (r == 0 && strcmp(ret->timezone, device->timezone) == 0)
			*ret->timezone = '\0';
		else if (r == 0)
			strcpy(ret->before, device->timezone);
		return r;
	case CURRENT_TIME:
		ret->has_time = true;
		ret->time = record->value.integer;
		return ret->time < 0 ? -ERANGE : 0;
	default:
		return 0;
	}
}

static bool has_record(const struct operation *operation, uint16_t rid)
{
	for (size_t i = 0; i < operation->records.count; i++)
		if (operation->records.items[i].path.ids[2] == rid)
			return true;
	return false;
}

/* What the agent itself gives back to the object is what it kept: the offset. */
static int take_records(struct device *device, struct operation *operation, struct change *ret)
{
	bool replace = operation->type == OPERATION_WRITE_REPLACE && operation->path.depth == PATH_INSTANCE;
	int r = 0;

	if (!replace && !has_record(operation, TIMEZONE))
		strcpy(ret->utc_offset, device->utc_offset);
	for (size_t i = 0; i < operation->records.count && r == 0; i++)
		if (operation->server != 0 || operation->records.items[i].path.ids[2] == UTC_OFFSET)
			r = take_record(device, &operation->records.items[i], ret);
	return r;
}

static void device_write(struct object *object, struct operation *operation)
{
	struct device *device = container_of(object, struct device, object);
	struct change change = { .operation = operation };
	int r = device->change.operation ? -EBUSY : take_records(device, operation, &change);

	if (r < 0) {
		operation_done(operation, r);
		return;
	}
	device->change = change;
	go_on(device, take_step(device));
}

static void errors_changed(struct device *device)
{
	if (device->object.registry)
		registry_changed(device->object.registry, &PATH3(3, 0, ERROR_CODE));
}

void device_add_error(struct device *device, enum device_error error)
{
	if (error == DEVICE_ERROR_NONE || device->errors & 1U << error)
		return;
	device->errors |= 1U << error;
	errors_changed(device);
}

static int reset_errors(struct device *device)
{
	if (device->errors) {
		device->errors = 0;
		errors_changed(device);
	}
	return 0;
}

static void device_execute(struct object *object, struct operation *operation)
{
	struct device *device = container_of(object, struct device, object);
	void (*action)(void *userdata) = NULL;
	int r = 0;

	switch (operation->path.ids[2]) {
	case REBOOT:
		action = device->actions->reboot;
		break;
	case FACTORY_RESET:
		action = device->actions->factory_reset;
		break;
	case RESET_ERROR_CODE:
		operation_done(operation, reset_errors(device));
		return;
	}
	if (action)
		action(device->userdata);
	else
		r = -ENOTSUP;
	operation_done(operation, r);
}

static int device_probe(const struct object *object, uint16_t iid, const struct resource_info *resource,
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

static const struct object_ops ops = {
	.read = device_read,
	.write = device_write,
	.execute = device_execute,
	.probe = device_probe,
};

/* The configuration's word, else the machine's; neither is fine. */
static int take_fact(struct device *device, uint16_t rid, const char *configured,
		     int (*platform)(const char *root, char **ret))
{
	char *text = NULL;
	int r = -ENOENT;

	if (configured && *configured) {
		text = strdup(configured);
		r = text ? 0 : -ENOMEM;
	} else if (platform) {
		r = platform(device->root, &text);
	}
	if (r == 0)
		device->texts[rid] = VALUE_STRING(text);
	return r == -ENOMEM ? r : 0;
}

static int take_facts(struct device *device, const struct device_config *config)
{
	const struct {
		uint16_t rid;
		const char *configured;
		int (*platform)(const char *root, char **ret);
	} facts[] = {
		{ MANUFACTURER, config->manufacturer, platform_manufacturer },
		{ MODEL_NUMBER, config->model_number, platform_model },
		{ SERIAL_NUMBER, config->serial_number, platform_serial },
		{ FIRMWARE_VERSION, NULL, platform_firmware_version },
		{ SUPPORTED_BINDING, "U", NULL },
		{ DEVICE_TYPE, config->device_type, NULL },
		{ HARDWARE_VERSION, config->hardware_version, platform_hardware_version },
		{ SOFTWARE_VERSION, config->software_version, NULL },
	};
	int64_t free_kb;
	int r = 0;

	for (size_t i = 0; i < ELEMENTSOF(facts) && r == 0; i++)
		r = take_fact(device, facts[i].rid, facts[i].configured, facts[i].platform);
	if (platform_memory(device->root, &free_kb, &device->memory_total_kb) < 0)
		device->memory_total_kb = -1;
	device->sampled_s = -1;
	return r;
}

int device_new(const struct device_config *config, const struct device_actions *actions, void *userdata,
	       struct device **ret)
{
	_cleanup_(device_freep) struct device *device = calloc(1, sizeof(*device));
	int r;

	if (!device)
		return -ENOMEM;
	device->object.info = &info;
	device->object.ops = &ops;
	device->actions = actions;
	device->userdata = userdata;
	device->root = strdup(config->root ? config->root : "");
	if (!device->root)
		return -ENOMEM;
	r = power_init(&device->power, device->root);
	if (r == 0)
		r = take_facts(device, config);
	if (r == 0)
		r = object_add_instance(&device->object, 0);
	if (r < 0)
		return r;
	*ret = steal_pointer(&device);
	return 0;
}

struct device *device_free(struct device *device)
{
	if (!device)
		return NULL;
	object_deinit(&device->object);
	power_deinit(&device->power);
	for (size_t i = 0; i < ELEMENTSOF(device->texts); i++)
		free((void *)device->texts[i].bytes.data);
	free(device->root);
	free(device);
	return NULL;
}

struct object *device_object(struct device *device)
{
	return &device->object;
}
