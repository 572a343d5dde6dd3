/* SPDX-License-Identifier: Apache-2.0 */
#include "list.h"

#include <stdlib.h>
#include <syslog.h>

#include "object.h"

static struct sensor *sensors[SENSORS_MAX];
static size_t n_sensors;
static const struct sensor_source *scanning; /* the source whose scan() runs */
static bool said_full;

struct sensor *list_find(uint16_t oid, uint16_t iid)
{
	for (size_t i = 0; i < n_sensors; i++)
		if (sensors[i]->has_iid && sensors[i]->oid == oid && sensors[i]->iid == iid)
			return sensors[i];
	return NULL;
}

static void free_userdata(struct sensor_channel *channel)
{
	if (channel->free && channel->userdata)
		channel->free(channel->userdata);
	channel->userdata = NULL;
}

static int compare_channels(const struct sensor_channel *a, const struct sensor_channel *b)
{
	int r = strverscmp(a->device, b->device);

	r = r != 0 ? r : strverscmp(a->place, b->place);
	r = r != 0 ? r : strverscmp(a->name, b->name);
	return r != 0 ? r : (int)a->quantity - (int)b->quantity;
}

static struct sensor *find_channel(const struct sensor_channel *channel)
{
	for (size_t i = 0; i < n_sensors; i++)
		if (compare_channels(&sensors[i]->channel, channel) == 0)
			return sensors[i];
	return NULL;
}

/* A new place, or when there is none left that of a channel that went away. */
static struct sensor *find_place(void)
{
	if (n_sensors < SENSORS_MAX) {
		struct sensor *sensor = calloc(1, sizeof(*sensor));

		if (sensor)
			sensors[n_sensors++] = sensor;
		return sensor;
	}
	for (size_t i = 0; i < n_sensors; i++)
		if (!sensors[i]->present && !sensors[i]->inst) {
			*sensors[i] = (struct sensor){ 0 };
			return sensors[i];
		}
	return NULL;
}

static void say_full(const struct lw_host *host, const struct sensor_channel *channel)
{
	if (!said_full)
		lw_log(host, LOG_WARNING, "%s %s, %s and what follows is left out: more than %d channels",
			channel->device, channel->place, channel->name, SENSORS_MAX);
	said_full = true;
}

/* Two devices with the same names, as fans without a place have them: the second one's place gets "#2". */
static struct sensor *find_unseen(struct sensor_channel *channel)
{
	const struct sensor_channel first = *channel;
	struct sensor *sensor = find_channel(channel);

	for (unsigned int n = 2; sensor && scanning && sensor->source == scanning && sensor->seen; n++) {
		snprintf(channel->place, sizeof(channel->place), "%.*s#%u", SENSOR_NAME - 12, first.place, n);
		sensor = find_channel(channel);
	}
	return sensor;
}

struct sensor *sensor_add(const struct lw_host *host, const struct sensor_channel *channel)
{
	struct sensor_channel copy = *channel;
	struct sensor *sensor = settings_want(channel) ? find_unseen(&copy) : NULL;

	if (!sensor && settings_want(channel)) {
		sensor = find_place();
		if (!sensor)
			say_full(host, channel);
	}
	if (!sensor) {
		free_userdata(&copy);
		return NULL;
	}
	if (sensor->channel.userdata != copy.userdata)
		free_userdata(&sensor->channel);
	sensor->host = host;
	sensor->channel = copy;
	sensor->source = scanning;
	sensor->options = settings_of(channel);
	sensor->oid = object_of(channel->quantity)->id;
	sensor->present = sensor->seen = true;
	if (sensor->inst)
		object_refresh(sensor);
	return sensor;
}

void sensor_remove(struct sensor *sensor)
{
	sensor->present = false;
	if (sensor->inst)
		lw_remove_instance(sensor->inst);
}

void list_begin_scan(const struct sensor_source *source)
{
	scanning = source;
	for (size_t i = 0; i < n_sensors; i++)
		if (sensors[i]->source == source)
			sensors[i]->seen = false;
}

void list_end_scan(void)
{
	for (size_t i = 0; i < n_sensors; i++)
		if (sensors[i]->source == scanning && sensors[i]->present && !sensors[i]->seen)
			sensor_remove(sensors[i]);
	scanning = NULL;
}

/* The one that the settings ask for, or the lowest that nobody has, had or asks for. */
static bool give_iid(struct sensor *sensor)
{
	uint32_t wanted = sensor->options ? sensor->options->instance : UINT32_MAX;
	uint32_t iid = 0;

	if (sensor->has_iid)
		return true;
	if (wanted != UINT32_MAX && !list_find(sensor->oid, (uint16_t)wanted))
		iid = wanted;
	else
		while (iid < UINT16_MAX && (list_find(sensor->oid, (uint16_t)iid) || settings_reserved(iid)))
			iid++;
	sensor->iid = (uint16_t)iid;
	sensor->has_iid = iid < UINT16_MAX;
	return sensor->has_iid;
}

static int compare_sensors(const void *a, const void *b)
{
	const struct sensor *const *one = a, *const *other = b;

	return compare_channels(&(*one)->channel, &(*other)->channel);
}

void sensors_settle(const struct lw_host *host)
{
	struct sensor *waiting[SENSORS_MAX];
	size_t n = 0;
	int r;

	for (size_t i = 0; i < n_sensors; i++)
		if (sensors[i]->present && !sensors[i]->inst)
			waiting[n++] = sensors[i];
	qsort(waiting, n, sizeof(*waiting), compare_sensors);
	for (size_t i = 0; i < n; i++) {
		/* Reading the one before may have changed it. */
		if (waiting[i]->inst || !waiting[i]->present || !give_iid(waiting[i]))
			continue;
		r = lw_add_instance(host, waiting[i]->oid, waiting[i]->iid, NULL);
		if (r < 0)
			lw_log(host, LOG_WARNING, "%s %s, %s: no instance /%u/%u: %s",
				waiting[i]->channel.device, waiting[i]->channel.place,
				waiting[i]->channel.name, waiting[i]->oid, waiting[i]->iid, strerror(-r));
	}
}

void list_stop(void)
{
	for (size_t i = 0; i < n_sensors; i++) {
		free_userdata(&sensors[i]->channel);
		free(sensors[i]);
	}
	n_sensors = 0;
	said_full = false;
}
