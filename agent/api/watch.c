/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Watch and Unwatch: signals for one caller about what is at or below a path. The registry says that something may be another,
 * at once and often; a watch then reads its path, ten times a second at most, and tells what differs from the last time, which
 * it keeps as hashes. Everything a caller can make us keep is bounded.
 */
#include <stdlib.h>
#include <string.h>

#include "api/api-internal.h"
#include "base/hash.h"

#define WATCHES_MAX   64   /* of a caller */
#define VALUES_MAX    2048 /* of all of these together */
#define READS_MAX     8    /* under way at once */
#define READ_INTERVAL (100 * USEC_PER_MSEC)
#define RETRY_AFTER   (1 * USEC_PER_SEC)

struct value_seen {
	struct path path;
	bool there;
	uint64_t hash;
};

struct watch {
	struct list link; /* in caller->watches */
	struct caller *caller;
	struct path path;
	sd_bus_message *m; /* Watch(), until the first read has ended */
	uint32_t id;       /* of the read under way, 0: none */
	bool changed;
	usec_t not_before;
	struct value_seen *values;
	size_t n_values, allocated;
};

static struct watch *watch_free(struct watch *watch)
{
	struct api *api = watch->caller->api;

	list_remove(&watch->link);
	watch->caller->n_watches--;
	watch->caller->n_values -= watch->n_values;
	api->n_watch_reads -= watch->id != 0;
	api->watched_changed = true;
	sd_bus_message_unref(watch->m);
	free(watch->values);
	free(watch);
	return NULL;
}

void watch_forget(struct caller *caller)
{
	struct watch *watch, *safe;

	list_for_each_safe(watch, safe, &caller->watches, link)
		watch_free(watch);
}

static struct watch *find(const struct caller *caller, const struct path *path)
{
	struct watch *watch;

	list_for_each(watch, &caller->watches, link)
		if (path_equal(&watch->path, path))
			return watch;
	return NULL;
}

void watch_mark(struct api *api, const struct path *path)
{
	struct caller *caller;
	struct watch *watch;

	list_for_each(caller, &api->callers, link)
		list_for_each(watch, &caller->watches, link)
			if (path_contains(path, &watch->path) || path_contains(&watch->path, path))
				watch->changed = api->watch_due = true;
}

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

static int take_values(struct watch *watch, const struct records *records, bool told)
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

/* There is no value, which is something to know; anything else is no news. */
static bool is_nothing(int error)
{
	return error == -ENOENT || error == -ENODATA;
}

/* The answer to Watch(); after it the watch is there, or is not. */
static void answer_first(struct watch *watch, const struct effect *effect)
{
	sd_bus_message *m = steal_pointer(&watch->m);
	struct caller *caller = watch->caller;
	int r = effect->error == 0 ? take_values(watch, effect->records, false) : 0;

	if (r < 0) {
		(void)fault_reply(m, r, NULL);
		watch_free(watch);
		caller_release(caller);
	} else {
		(void)sd_bus_reply_method_return(m, "");
		if (effect->error < 0 && !is_nothing(effect->error))
			watch->changed = caller->api->watch_due = true;
	}
	sd_bus_message_unref(m);
}

static struct watch *find_read(struct api *api, uint32_t id)
{
	struct caller *caller;
	struct watch *watch;

	list_for_each(caller, &api->callers, link)
		list_for_each(watch, &caller->watches, link)
			if (watch->id == id)
				return watch;
	return NULL;
}

void watch_answered(struct api *api, const struct effect *effect)
{
	struct watch *watch = find_read(api, effect->id);

	if (!watch)
		return;
	watch->id = 0;
	api->n_watch_reads--;
	api->watch_due = true;
	if (watch->m)
		answer_first(watch, effect);
	else if (effect->error == 0)
		(void)take_values(watch, effect->records, true);
	else if (is_nothing(effect->error))
		(void)take_values(watch, NULL, true);
	else {
		watch->changed = true;
		watch->not_before = usec_add(usec_now(), RETRY_AFTER);
	}
}

static int read_now(struct watch *watch, usec_t now)
{
	const struct engine_operation operation = { .type = OPERATION_READ, .path = watch->path };
	struct api *api = watch->caller->api;
	int r = engine_operate(api->parts.engine, now, &operation, &watch->id);

	watch->not_before = usec_add(now, r == -EBUSY ? RETRY_AFTER : READ_INTERVAL);
	watch->changed = r == -EBUSY;
	api->n_watch_reads += r >= 0;
	return r;
}

/* Object ids that somebody watches, for the engine to have them kept fresh. */
static void tell_engine(struct api *api)
{
	_cleanup_(freep) uint16_t *oids = NULL;
	const struct caller *caller;
	const struct watch *watch;
	size_t n = 0, count = 0;

	list_for_each(caller, &api->callers, link)
		count += caller->n_watches;
	oids = calloc(count + 1, sizeof(*oids));
	if (!oids)
		return;
	list_for_each(caller, &api->callers, link)
		list_for_each(watch, &caller->watches, link) {
			size_t i = 0;

			while (i < n && oids[i] != watch->path.ids[0])
				i++;
			if (i == n)
				oids[n++] = watch->path.ids[0];
		}
	if (engine_watch(api->parts.engine, usec_now(), oids, n) == 0)
		api->watched_changed = false;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	((struct api *)userdata)->watch_due = true;
	return 0;
}

static void set_timer(struct api *api, usec_t at)
{
	api->watch_timer = sd_event_source_disable_unref(api->watch_timer);
	if (at != USEC_INFINITY)
		(void)sd_event_add_time(api->parts.event, &api->watch_timer, CLOCK_BOOTTIME, at,
			10 * USEC_PER_MSEC, on_timer, api);
}

/* What the engine has ended meanwhile, without a read, is taken in as if it had been one. */
static void read_or_end(struct watch *watch, usec_t now)
{
	int r = read_now(watch, now);

	if (r < 0 && r != -EBUSY)
		(void)take_values(watch, NULL, true);
}

bool watch_run(struct api *api)
{
	usec_t now, next = USEC_INFINITY;
	bool asked = api->watched_changed;
	struct caller *caller;
	struct watch *watch;

	if (api->watched_changed)
		tell_engine(api);
	if (!api->watch_due)
		return asked;
	api->watch_due = false;
	now = usec_now();
	list_for_each(caller, &api->callers, link)
		list_for_each(watch, &caller->watches, link) {
			if (watch->changed && watch->id == 0 && watch->not_before <= now &&
				api->n_watch_reads < READS_MAX) {
				read_or_end(watch, now);
				asked = true;
			}
			if (watch->changed && watch->id == 0)
				next = usec_min(next, watch->not_before);
		}
	/* The end of a read makes room for another one. */
	set_timer(api, api->n_watch_reads >= READS_MAX ? USEC_INFINITY : next);
	return asked;
}

void watch_stop(struct api *api)
{
	set_timer(api, USEC_INFINITY);
}

static int add_watch(struct caller *caller, sd_bus_message *m, const struct path *path)
{
	struct watch *watch;
	int r;

	if (caller->n_watches >= WATCHES_MAX)
		return -ENOSPC;
	if (caller->api->n_watch_reads >= READS_MAX)
		return -EBUSY;
	watch = calloc(1, sizeof(*watch));
	if (!watch)
		return -ENOMEM;
	watch->caller = caller;
	watch->path = *path;
	list_append(&caller->watches, &watch->link);
	caller->n_watches++;
	caller->api->watched_changed = true;
	r = read_now(watch, usec_now());
	if (r < 0)
		watch_free(watch);
	else
		watch->m = sd_bus_message_ref(m);
	return r;
}

int watch_add(struct api *api, sd_bus_message *m)
{
	struct caller *caller;
	const char *text;
	struct path path;
	int r = call_read_path(m, &text, &path);

	if (r != 0)
		return r;
	r = caller_get(api, sd_bus_message_get_sender(m), &caller);
	if (r < 0)
		return r;
	if (find(caller, &path))
		return sd_bus_reply_method_return(m, "");
	r = add_watch(caller, m, &path);
	caller_release(caller);
	return r == -ENOENT || r == -EPERM ? fault_reply_operation(m, r, OPERATION_READ, &path) : r;
}

int watch_remove(struct api *api, sd_bus_message *m)
{
	struct caller *caller;
	struct watch *watch;
	const char *text;
	struct path path;
	int r = call_read_path(m, &text, &path);

	if (r != 0)
		return r;
	r = caller_get(api, sd_bus_message_get_sender(m), &caller);
	if (r < 0)
		return r;
	watch = find(caller, &path);
	if (watch)
		watch_free(watch);
	caller_release(caller);
	if (!watch)
		return fault_replyf(m, API_ERROR "NotFound", "%s is not watched by this caller", text);
	return sd_bus_reply_method_return(m, "");
}
