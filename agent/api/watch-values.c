/* SPDX-License-Identifier: Apache-2.0 */
/* What a watch has read, compared with what its caller knows; the difference goes to the caller alone. */
#include <stdlib.h>
#include <string.h>

#include "api/watch-internal.h"
#include "base/hash.h"

#define VALUES_MAX 2048 /* of all watches of a caller together */

static uint64_t hash_of(const struct value *value)
{
	uint8_t type = (uint8_t)value->type;
	uint64_t hash = hash_bytes(HASH_INIT, BYTES(&type, 1));

	if (value_type_is_bytes(value->type))
		return hash_bytes(hash, value->bytes);
	if (value->type == VALUE_BOOLEAN)
		return hash + value->boolean;
	if (value->type == VALUE_OBJLNK)
		return hash_bytes(hash, BYTES(&value->link, sizeof(value->link)));
	return hash_bytes(hash, BYTES(&value->integer, sizeof(value->integer)));
}

static struct value_seen *find_value(const struct watch *watch, const struct path *path)
{
	for (size_t i = 0; i < watch->n_values; i++)
		if (path_equal(&watch->values[i].path, path))
			return &watch->values[i];
	return NULL;
}

static int add_value(struct watch *watch, const struct path *path, struct value_seen **ret)
{
	if (watch->caller->n_values >= VALUES_MAX)
		return -ENOSPC;
	if (watch->n_values == watch->allocated) {
		size_t allocated = watch->allocated ? watch->allocated * 2 : 4;
		struct value_seen *values = reallocarray(watch->values, allocated, sizeof(*values));

		if (!values)
			return -ENOMEM;
		watch->values = values;
		watch->allocated = allocated;
	}
	*ret = &watch->values[watch->n_values++];
	**ret = (struct value_seen){ .path = *path };
	watch->caller->n_values++;
	return 0;
}

/* To the caller alone. */
static int new_signal(const struct watch *watch, const char *member, sd_bus_message **ret)
{
	struct caller *caller = watch->caller;
	int r;

	if (!bus_link_is_up(caller->api))
		return -ENOTCONN;
	r = sd_bus_message_new_signal(caller->api->bus, ret, API_PATH, API_NAME, member);

	return r < 0 ? r : sd_bus_message_set_destination(*ret, caller->name);
}

static void tell_value(const struct watch *watch, const struct record *record)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
	int r = new_signal(watch, "ValueChanged", &m);

	if (r >= 0)
		r = variant_append(m, record);
	if (r >= 0)
		(void)sd_bus_send(NULL, m, NULL);
}

static void tell_removed(const struct watch *watch, const struct path *path)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
	char text[PATH_TEXT_MAX];
	int r = new_signal(watch, "Removed", &m);

	path_format(path, text);
	if (r >= 0)
		r = sd_bus_message_append(m, "s", text);
	if (r >= 0)
		(void)sd_bus_send(NULL, m, NULL);
}

/* told: only what differs is new to the caller; the first time nothing is told. */
static int take_value(struct watch *watch, const struct record *record, bool told)
{
	struct value_seen *value = find_value(watch, &record->path);
	uint64_t hash = hash_of(&record->value);
	bool same = value && value->hash == hash;
	int r;

	if (!value) {
		r = add_value(watch, &record->path, &value);
		if (r < 0)
			return r;
	}
	value->hash = hash;
	value->there = true;
	if (told && !same)
		tell_value(watch, record);
	return 0;
}

static void sweep(struct watch *watch)
{
	size_t kept = 0;

	for (size_t i = 0; i < watch->n_values; i++) {
		if (watch->values[i].there)
			watch->values[kept++] = watch->values[i];
		else
			tell_removed(watch, &watch->values[i].path);
	}
	watch->caller->n_values -= watch->n_values - kept;
	watch->n_values = kept;
}

int watch_take(struct watch *watch, const struct records *records, bool told)
{
	int result = 0;

	for (size_t i = 0; i < watch->n_values; i++)
		watch->values[i].there = false;
	for (size_t i = 0; records && i < records->count; i++) {
		int r = take_value(watch, &records->items[i], told);

		result = r < 0 ? r : result;
	}
	sweep(watch);
	return result;
}
