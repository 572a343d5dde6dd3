/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the agent is told. Changes are noted as they come and sent together, so that a plugin that changes its values all
 * the time costs the agent some messages a second. Before a reply they are sent at once.
 */
#include <math.h>
#include <stdlib.h>

#include "plugin/host-internal.h"
#include "plugin/instance.h"

/* An agent that does not take what it was sent is left in peace for a while. */
#define QUEUE_WAIT (50 * USEC_PER_MSEC)

static int on_news_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct host *host = userdata;
	uint64_t queued = 0;

	sd_bus_get_n_queued_write(host->bus, &queued);
	if (queued == 0) {
		host_news_send(host);
		return 0;
	}
	sd_event_source_set_time(source, usec_add(usec, QUEUE_WAIT));
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static void arm_timer(struct host *host)
{
	usec_t at = usec_add(host->news_at, PROTOCOL_NEWS_INTERVAL);

	if (!host->news_timer) {
		sd_event_add_time(host->event, &host->news_timer, CLOCK_BOOTTIME, at, 1, on_news_timer, host);
		return;
	}
	sd_event_source_set_time(host->news_timer, at);
	sd_event_source_set_enabled(host->news_timer, SD_EVENT_ONESHOT);
}

static size_t news_index(const struct host *host, const struct path *path)
{
	size_t low = 0, high = host->n_news;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (path_compare(&host->news[middle], path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int insert(struct host *host, size_t i, const struct path *path)
{
	if (host->n_news == host->allocated) {
		size_t allocated = host->allocated ? host->allocated * 2 : 16;
		struct path *news = reallocarray(host->news, allocated, sizeof(*news));

		if (!news)
			return -ENOMEM;
		host->news = news;
		host->allocated = allocated;
	}
	memmove(&host->news[i + 1], &host->news[i], (host->n_news - i) * sizeof(*host->news));
	host->news[i] = *path;
	host->n_news++;
	return 0;
}

void host_news_note(void *userdata, enum registry_change change, const struct path *path)
{
	struct host *host = userdata;
	size_t i = news_index(host, path);

	if (path->depth < PATH_INSTANCE || path->depth > PATH_RESOURCE)
		return;
	if (i < host->n_news && path_equal(&host->news[i], path))
		return;
	/* Without memory the agent would go on with what is no more: better a new process. */
	if (insert(host, i, path) < 0)
		abort();
	if (host->n_news == 1)
		arm_timer(host);
}

static int append_value(sd_bus_message *m, uint16_t riid, const struct value *value)
{
	int r = sd_bus_message_open_container(m, 'r', "q" PROTOCOL_VALUE);

	if (r >= 0)
		r = sd_bus_message_append_basic(m, 'q', &riid);
	if (r >= 0)
		r = protocol_append_value(m, value);
	return r < 0 ? r : sd_bus_message_close_container(m);
}

/* A Float that is NAN has no record, but its resource instance is there. */
static int append_array(sd_bus_message *m, const uint16_t *ids, int n, const struct records *records)
{
	const struct value none = VALUE_FLOAT(NAN);
	size_t k = 0;
	int r = 0;

	for (int i = 0; i < n && r >= 0; i++) {
		bool has = k < records->count && records->items[k].path.ids[3] == ids[i];

		r = append_value(m, ids[i], has ? &records->items[k].value : &none);
		k += has;
	}
	return r;
}

static int append_values(sd_bus_message *m, const struct object *object, const struct path *path, int n,
	const uint16_t *ids)
{
	_cleanup_(records_deinit) struct records records = { 0 };
	const struct lw_resource *resource = abi_find_resource(local_type(object), path->ids[2]);
	int r;

	if (n < 0 || !abi_is_bound(resource))
		return 0;
	r = local_peek(object, path->ids[1], path->ids[2], &records);
	if (r < 0 && r != -ENODATA && r != -ENOENT)
		return r;
	if (resource->flags & LW_MULTIPLE)
		return append_array(m, ids, n, &records);
	return records.count == 0 ? 0 : append_value(m, LW_NO_ID, &records.items[0].value);
}

static int append_change(sd_bus_message *m, const struct object *object, const struct path *path)
{
	const struct resource_info *info = object_find_resource(object, path->ids[2]);
	const uint16_t *ids = NULL;
	int n = object->ops->probe(object, path->ids[1], info, &ids);
	int r = sd_bus_message_open_container(m, 'r', "qba(q" PROTOCOL_VALUE ")");

	if (r >= 0)
		r = sd_bus_message_append(m, "qb", path->ids[2], n >= 0);
	if (r >= 0)
		r = sd_bus_message_open_container(m, 'a', "(q" PROTOCOL_VALUE ")");
	if (r >= 0)
		r = append_values(m, object, path, n, ids);
	if (r >= 0)
		r = sd_bus_message_close_container(m);
	return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_all(sd_bus_message *m, const struct object *object, const struct path *instance)
{
	int r = 0;

	for (size_t i = 0; i < object->info->n_resources && r >= 0; i++) {
		struct path path = path_child(*instance, object->info->resources[i].id);

		r = append_change(m, object, &path);
	}
	return r;
}

/* news[i] and those that follow of the same instance, at most PROTOCOL_CHANGES_MAX; returns how many those are. */
static size_t instance_run(const struct host *host, size_t i)
{
	struct path instance = path_prefix(host->news[i], PATH_INSTANCE);
	size_t n = 1;

	while (i + n < host->n_news && n < PROTOCOL_CHANGES_MAX &&
		path_contains(&instance, &host->news[i + n]))
		n++;
	return n;
}

static int append_changes(sd_bus_message *m, const struct object *object, const struct path *news, size_t n)
{
	int r = 0;

	if (news[0].depth == PATH_INSTANCE)
		return append_all(m, object, &news[0]);
	for (size_t i = 0; i < n && r >= 0; i++)
		r = append_change(m, object, &news[i]);
	return r;
}

static int append_instance(sd_bus_message *m, const struct host *host, const struct path *news, size_t n)
{
	const struct object *object = registry_find(&host->registry, news[0].ids[0]);
	bool present = object && object_has_instance(object, news[0].ids[1]);
	int r = sd_bus_message_open_container(m, 'r', "qqba" PROTOCOL_CHANGE);

	if (r >= 0)
		r = sd_bus_message_append(m, "qqb", news[0].ids[0], news[0].ids[1], present);
	if (r >= 0)
		r = sd_bus_message_open_container(m, 'a', PROTOCOL_CHANGE);
	if (r >= 0 && present)
		r = append_changes(m, object, news, n);
	if (r >= 0)
		r = sd_bus_message_close_container(m);
	return r < 0 ? r : sd_bus_message_close_container(m);
}

/* One message from news[i] on; returns how many went into it. */
static int send_some(struct host *host, size_t i)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
	size_t first = i;
	int r = sd_bus_message_new_signal(host->bus, &m, PROTOCOL_PATH, PROTOCOL_INTERFACE, PROTOCOL_CHANGED);

	if (r >= 0)
		r = sd_bus_message_open_container(m, 'a', PROTOCOL_NEWS);
	while (r >= 0 && i < host->n_news && i - first < PROTOCOL_CHANGES_MAX) {
		size_t n = instance_run(host, i);

		r = append_instance(m, host, &host->news[i], n);
		i += n;
	}
	if (r >= 0)
		r = sd_bus_message_close_container(m);
	if (r >= 0)
		r = sd_bus_send(host->bus, m, NULL);
	return r < 0 ? r : (int)(i - first);
}

int host_news_send(struct host *host)
{
	int n = 0;

	if (host->n_news == 0)
		return 0;
	for (size_t i = 0; i < host->n_news && n >= 0; i += (size_t)n)
		n = send_some(host, i);
	host->n_news = 0;
	sd_event_now(host->event, CLOCK_BOOTTIME, &host->news_at);
	if (host->news_timer)
		sd_event_source_set_enabled(host->news_timer, SD_EVENT_OFF);
	return n < 0 ? n : 0;
}

static int append_resources(sd_bus_message *m, const struct abi_object *type)
{
	int r = sd_bus_message_open_container(m, 'a', PROTOCOL_RESOURCE);

	for (size_t i = 0; i < type->info.n_resources && r >= 0; i++) {
		const struct resource_info *info = &type->infos[i];

		r = sd_bus_message_append(m, PROTOCOL_RESOURCE, info->id, info->type, info->operations,
			info->flags, type->resources[i].read != NULL);
	}
	return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_table(sd_bus_message *m, const struct abi_object *type)
{
	uint32_t poll_ms =
		type->object.poll ? (uint32_t)(instance_poll_interval(&type->object) / USEC_PER_MSEC) : 0;
	int r = sd_bus_message_open_container(m, 'r', "qqsua" PROTOCOL_RESOURCE);

	if (r >= 0)
		r = sd_bus_message_append(
			m, "qqsu", type->info.id, type->info.flags, type->info.version, poll_ms);
	if (r >= 0)
		r = append_resources(m, type);
	return r < 0 ? r : sd_bus_message_close_container(m);
}

static int send_tables(struct host *host, const struct abi_plugin *plugin)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
	int r = sd_bus_message_new_signal(host->bus, &m, PROTOCOL_PATH, PROTOCOL_HOST_INTERFACE, PROTOCOL_TABLES);

	if (r >= 0)
		r = sd_bus_message_open_container(m, 'a', PROTOCOL_TABLE);
	for (size_t i = 0; i < plugin->n_objects && r >= 0; i++)
		r = append_table(m, &plugin->objects[i]);
	if (r >= 0)
		r = sd_bus_message_close_container(m);
	return r < 0 ? r : sd_bus_send(host->bus, m, NULL);
}

int host_news_tables(struct host *host)
{
	int r = send_tables(host, local_plugin(host->local));

	if (r < 0)
		return r;
	for (size_t i = 0; i < host->registry.n_objects; i++) {
		const struct object *object = host->registry.objects[i];

		for (size_t k = 0; k < object->n_instances; k++)
			host_news_note(
				host, REGISTRY_INSTANCE, &PATH2(object->info->id, object->instances[k]));
	}
	return host_news_send(host);
}
