/* SPDX-License-Identifier: Apache-2.0 */
/* Send: to one server or all that are registered; answered when each of them has acknowledged, or not. */
#include <stdlib.h>

#include "api/api-internal.h"

#define SENDINGS_MAX 8
#define PATHS_MAX    64
#define SENML_CBOR   112

struct sending {
	struct list link;
	struct api *api;
	sd_bus_message *m;
	uint32_t id;
	unsigned int pending;
	int error;    /* of the first server that does not have it, */
	char why[96]; /* in words */
	uint16_t short_id;
};

static struct sending *sending_free(struct sending *sending)
{
	list_remove(&sending->link);
	sending->api->n_sendings--;
	sd_bus_message_unref(sending->m);
	free(sending);
	return NULL;
}

void send_cancel(struct api *api)
{
	struct sending *sending, *safe;

	list_for_each_safe(sending, safe, &api->sendings, link)
		sending_free(sending);
}

static int refuse(sd_bus_message *m, int error, uint16_t short_id, const char *why)
{
	if (error == -ENODATA)
		return fault_replyf(m, API_ERROR "NotFound", "There is no value to send at these paths");
	if (error == -EPERM)
		return fault_replyf(m, API_ERROR "NotAllowed",
			"Server %u wants no Send: its resource 1/x/23 is true", short_id);
	if (error == -EOPNOTSUPP)
		return fault_replyf(m, API_ERROR "NotSupported",
			"Server %u has LwM2M 1.0, which has no Send", short_id);
	if (error == -ENOTCONN)
		return fault_replyf(m, API_ERROR "NotRegistered",
			"The agent is not registered with server %u", short_id);
	if (error == -ETIMEDOUT)
		return fault_replyf(m, API_ERROR "TimedOut", "Server %u does not answer", short_id);
	if (*why)
		return fault_replyf(m, API_ERROR "Failed", "Server %u: %s", short_id, why);
	return fault_reply(m, error, "Cannot send");
}

static void finish(struct sending *sending)
{
	if (sending->error < 0)
		(void)refuse(sending->m, sending->error, sending->short_id, sending->why);
	else
		(void)sd_bus_reply_method_return(sending->m, "");
	sending_free(sending);
}

void send_event(struct api *api, const struct effect *effect, const char *why)
{
	struct sending *sending;

	list_for_each(sending, &api->sendings, link) {
		if (effect->id == 0 || sending->id != effect->id)
			continue;
		if (why && sending->error == 0) {
			sending->error = effect->error < 0 ? effect->error : -EREMOTEIO;
			sending->short_id = effect->server->short_id;
			snprintf(sending->why, sizeof(sending->why), "%s", why);
		}
		if (--sending->pending == 0)
			finish(sending);
		return;
	}
}

/* 0, or what was answered. */
static int read_paths(sd_bus_message *m, struct path paths[PATHS_MAX], size_t *ret_n)
{
	const char *text;
	size_t n = 0;
	int r = sd_bus_message_enter_container(m, 'a', "s");

	while (r >= 0 && (r = sd_bus_message_read_basic(m, 's', &text)) > 0) {
		if (n == PATHS_MAX)
			return fault_replyf(m, API_ERROR "QuotaExceeded", "More than %d paths", PATHS_MAX);
		if (path_parse(bytes_of(text), &paths[n]) < 0 || paths[n].depth < PATH_OBJECT)
			return fault_replyf(
				m, API_ERROR "BadPath", "'%s' is no path, like /3303/0/5700", text);
		n++;
	}
	if (r < 0)
		return r;
	if (n == 0)
		return fault_replyf(m, API_ERROR "BadPath", "There is no path to send");
	*ret_n = n;
	return 0;
}

static int send_to(struct sending *sending, const struct server *server, const struct engine_send *send)
{
	int r = engine_send(sending->api->parts.engine, usec_now(), server, send);

	if (r == 0)
		sending->pending++;
	return r;
}

/* To all: those that want none, or are not there, are left out, unless that is all of them. */
static int send_to_all(struct sending *sending, const struct engine_send *send)
{
	const struct server *server;
	int result = -ENOTCONN;

	list_for_each(server, &sending->api->parts.servers->list, link) {
		int r;

		if (server->bootstrap)
			continue;
		r = send_to(sending, server, send);
		if (r < 0 && (result == -ENOTCONN || sending->short_id == 0)) {
			result = r;
			sending->short_id = server->short_id;
		}
	}
	return sending->pending > 0 ? 0 : result;
}

static int begin(struct sending *sending, uint16_t short_id, const struct path *paths, size_t n_paths)
{
	struct api *api = sending->api;
	struct timespec wall;
	struct engine_send send = { .paths = paths, .n_paths = n_paths, .format = SENML_CBOR,
		.confirmable = true, .id = sending->id };
	const struct server *server;

	clock_gettime(CLOCK_REALTIME, &wall);
	send.time = (double)wall.tv_sec + (double)(wall.tv_nsec / 1000000) / 1e3;
	if (short_id == 0)
		return send_to_all(sending, &send);
	sending->short_id = short_id;
	server = servers_find_short_id(api->parts.servers, short_id);
	return server ? send_to(sending, server, &send) : -ENOENT;
}

int send_values(struct api *api, sd_bus_message *m)
{
	struct path paths[PATHS_MAX];
	struct sending *sending;
	uint16_t short_id;
	size_t n_paths = 0;
	int r = sd_bus_message_read(m, "q", &short_id);

	if (r >= 0)
		r = read_paths(m, paths, &n_paths);
	if (r != 0)
		return r;
	if (api->n_sendings >= SENDINGS_MAX)
		return -EBUSY;
	sending = calloc(1, sizeof(*sending));
	if (!sending)
		return -ENOMEM;
	sending->api = api;
	sending->m = sd_bus_message_ref(m);
	sending->id = ++api->last_sending ? api->last_sending : ++api->last_sending;
	list_append(&api->sendings, &sending->link);
	api->n_sendings++;
	r = begin(sending, short_id, paths, n_paths);
	if (r < 0) {
		uint16_t refused_by = sending->short_id;

		sending_free(sending);
		if (r == -ENOENT)
			return fault_replyf(m, API_ERROR "NotFound", "There is no server %u", refused_by);
		return refuse(m, r, refused_by, "");
	}
	return 1;
}
