/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>

#include "lwm2m/registry.h"
#include "objects/device-internal.h"

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
	const struct device_change *change = &device->change;
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
	struct device_change *change = &device->change;
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
	struct device_change *change = &device->change;

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

static int take_record(struct device *device, const struct record *record, struct device_change *ret)
{
	int r = 0;

	switch (record->path.ids[2]) {
	case UTC_OFFSET:
		return take_text(record->value.bytes, is_utc_offset, ret->utc_offset, sizeof(ret->utc_offset));
	case TIMEZONE:
		r = take_text(record->value.bytes, is_timezone, ret->timezone, sizeof(ret->timezone));
		device_sample(device);
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
static int take_records(struct device *device, struct operation *operation, struct device_change *ret)
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

void device_write(struct object *object, struct operation *operation)
{
	struct device *device = container_of(object, struct device, object);
	struct device_change change = { .operation = operation };
	int r = device->change.operation ? -EBUSY : take_records(device, operation, &change);

	if (r < 0) {
		operation_done(operation, r);
		return;
	}
	device->change = change;
	go_on(device, take_step(device));
}
