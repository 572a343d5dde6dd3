/* SPDX-License-Identifier: Apache-2.0 */
#include "objects/device.h"

#include <errno.h>

#include "lwm2m/registry.h"
#include "objects/device-internal.h"
#include "objects/platform.h"

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

void device_may_reboot(struct device *device, int error)
{
	if (device->reboot)
		operation_done(steal_pointer(&device->reboot), error);
}

static int reboot(struct device *device, struct operation *operation)
{
	int r;

	if (device->reboot)
		return -EBUSY;
	if (!device->actions->reboot)
		return -ENOTSUP;
	r = device->actions->reboot(device->userdata);
	if (r == DEVICE_LATER)
		device->reboot = operation;
	return r;
}

static int factory_reset(struct device *device)
{
	if (!device->actions->factory_reset)
		return -ENOTSUP;
	device->actions->factory_reset(device->userdata);
	return 0;
}

static void device_execute(struct object *object, struct operation *operation)
{
	struct device *device = container_of(object, struct device, object);
	int r = 0;

	switch (operation->path.ids[2]) {
	case REBOOT:
		r = reboot(device, operation);
		break;
	case FACTORY_RESET:
		r = factory_reset(device);
		break;
	case RESET_ERROR_CODE:
		r = reset_errors(device);
		break;
	}
	if (r != DEVICE_LATER)
		operation_done(operation, r);
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
