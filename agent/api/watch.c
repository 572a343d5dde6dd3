/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Watch and Unwatch: signals for one caller about what is at or below a path. The registry says that
 * something may be another, at once and often; a watch then reads its path, ten times a second at most, and
 * tells what differs from the last time, which it keeps as hashes. Everything a caller can make us keep is
 * bounded.
 */
#include <stdlib.h>

#include "api/watch-internal.h"

#define WATCHES_MAX   64 /* of a caller */
#define READS_MAX     8  /* under way at once */
#define READ_INTERVAL (100 * USEC_PER_MSEC)
#define RETRY_AFTER   (1 * USEC_PER_SEC)

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
	int r = effect->error == 0 ? watch_take(watch, effect->records, false) : 0;

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
		(void)watch_take(watch, effect->records, true);
	else if (is_nothing(effect->error))
		(void)watch_take(watch, NULL, true);
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

/*
 * Object ids that somebody watches, for the engine to have them kept fresh. Without memory they are not,
 * until the next time.
 */
static void tell_engine(struct api *api)
{
	_cleanup_(freep) uint16_t *oids = NULL;
	const struct caller *caller;
	const struct watch *watch;
	size_t n = 0, count = 0;

	api->watched_changed = false;
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
	(void)engine_watch(api->parts.engine, usec_now(), oids, n);
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
		(void)watch_take(watch, NULL, true);
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

/* Who calls, and about which path. 0, or what the method returns. */
static int read_call(
	struct api *api, sd_bus_message *m, const char **ret_text, struct path *ret, struct caller **ret_caller)
{
	int r = call_read_path(m, ret_text, ret);

	return r != 0 ? r : caller_get(api, sd_bus_message_get_sender(m), ret_caller);
}

int watch_add(struct api *api, sd_bus_message *m)
{
	struct caller *caller;
	const char *text;
	struct path path;
	int r = read_call(api, m, &text, &path, &caller);

	if (r != 0)
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
	int r = read_call(api, m, &text, &path, &caller);

	if (r != 0)
		return r;
	watch = find(caller, &path);
	if (watch)
		watch_free(watch);
	caller_release(caller);
	if (!watch)
		return fault_replyf(m, API_ERROR "NotFound", "%s is not watched by this caller", text);
	return sd_bus_reply_method_return(m, "");
}
