/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an observation costs: many are established, each on a resource of its own; private memory is compared.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "phases.h"

#define TEXT_SIZE   (1 << 20)
#define BLOCKS_MAX  4096
#define QUIET_MS    300
#define NOTIFIED_MS 3000
#define TRIES       20 /* of 50 ms */

struct resource {
	char path[20]; /* three ids of up to five digits */
};

struct observing {
	struct bench *bench;
	struct resource *resources;
	size_t n, max;
	long created, established, refused;
	unsigned int replies, notifications; /* heard */
};

/* A whole representation, however many blocks it takes. */
struct fetch {
	const char *path;
	char *text;
	size_t len;
	uint32_t number, szx;
	bool more;
};

static void build_fetch(void *userdata, uint32_t number, struct coap_draft *draft)
{
	const struct fetch *fetch = userdata;

	coap_add_path(draft, COAP_URI_PATH, fetch->path);
	coap_add_uint(draft, COAP_ACCEPT, COAP_FORMAT_LINK);
	if (fetch->number > 0)
		coap_add_uint(draft, COAP_BLOCK2, fetch->number << 4 | fetch->szx);
}

static void take_fetch(void *userdata, uint32_t number, const struct coap_message *response, uint64_t rtt_ns)
{
	struct fetch *fetch = userdata;

	fetch->more = response->block2 >= 0 && (response->block2 & COAP_BLOCK_MORE);
	fetch->szx = response->block2 >= 0 ? (uint32_t)response->block2 & 7 : 6;
	if (response->code != COAP_CONTENT || response->payload_len >= TEXT_SIZE - fetch->len)
		return;
	if (response->payload_len > 0)
		memcpy(fetch->text + fetch->len, response->payload, response->payload_len);
	fetch->len += response->payload_len;
	fetch->text[fetch->len] = '\0';
}

/* Adds the resources ("</object/instance/resource>") that a link list names. */
static void collect(struct observing *observing, const char *links)
{
	unsigned int object, instance, resource;
	struct resource *found;

	for (const char *at = links; (at = strchr(at, '<')) && observing->n < observing->max; at++) {
		char end;

		if (sscanf(at, "</%5u/%5u/%5u%c", &object, &instance, &resource, &end) != 4 || end != '>')
			continue;
		found = &observing->resources[observing->n++];
		snprintf(found->path, sizeof(found->path), "/%u/%u/%u", object, instance, resource);
	}
}

static void discover(struct observing *observing, const char *path)
{
	_cleanup_(freep) char *text = calloc(1, TEXT_SIZE);
	struct fetch fetch = { .path = path, .text = text };
	const struct requests requests = { COAP_GET, build_fetch, take_fetch, &fetch };

	if (!text)
		err(EXIT_FAILURE, "Cannot discover %s", path);
	do {
		fetch.more = false;
		bench_run(observing->bench, &requests, 1, 1);
		fetch.number++;
	} while (fetch.more && fetch.number < BLOCKS_MAX);
	collect(observing, text);
}

struct creation {
	const struct options *options;
	char path[COAP_PATH_MAX]; /* of what was made; "" when it was refused */
};

static void build_create(void *userdata, uint32_t number, struct coap_draft *draft)
{
	const struct creation *creation = userdata;
	char path[16];

	snprintf(path, sizeof(path), "/%d", creation->options->create);
	coap_add_path(draft, COAP_URI_PATH, path);
	coap_add_uint(draft, COAP_CONTENT_FORMAT, COAP_FORMAT_TLV);
	coap_add_payload(draft, creation->options->create_payload, creation->options->create_payload_len);
}

static void take_create(void *userdata, uint32_t number, const struct coap_message *response, uint64_t rtt_ns)
{
	struct creation *creation = userdata;

	if (response->code == COAP_CREATED)
		snprintf(creation->path, sizeof(creation->path), "%s", response->path);
}

/* As many fresh instances as have enough resources. */
static void create_instances(struct observing *observing)
{
	while (observing->n < observing->max && observing->created < (long)observing->max) {
		struct creation creation = { .options = &observing->bench->options };
		const struct requests requests = { COAP_POST, build_create, take_create, &creation };

		bench_run(observing->bench, &requests, 1, 1);
		if (!*creation.path)
			return;
		observing->created++;
		discover(observing, creation.path);
	}
}

/* Security and Server are none of a server's business, Access Control is not worth it. */
static void discover_objects(struct observing *observing)
{
	int last = 2;
	char path[16];

	for (const char *at = observing->bench->server.objects; (at = strstr(at, "</")); at++) {
		int id = atoi(at + 2);

		if (id <= 2 || id == last)
			continue;
		last = id;
		snprintf(path, sizeof(path), "/%d", id);
		discover(observing, path);
	}
}

static void build_read(void *userdata, uint32_t number, struct coap_draft *draft)
{
	const struct observing *observing = userdata;

	coap_add_path(draft, COAP_URI_PATH, observing->resources[number].path);
}

/* Buffers that grow for reading are not the observations'. */
static void read_once(struct observing *observing)
{
	const struct requests requests = { .method = COAP_GET, .build = build_read, .userdata = observing };

	if (observing->n > 0)
		bench_run(observing->bench, &requests, (long)observing->n, 1);
}

static void on_response(void *userdata, const struct coap_message *response)
{
	struct observing *observing = userdata;

	if (response->token_len != 4 || response->token[0] != 'O')
		return;
	observing->replies++;
	observing->notifications += response->code == COAP_CONTENT && response->observe >= 0;
}

/* register is 0, cancel is 1 (RFC 7641). */
static void observe(struct observing *observing, size_t index, uint32_t cancel)
{
	const uint8_t token[4] = { 'O', (uint8_t)(index >> 16), (uint8_t)(index >> 8), (uint8_t)index };
	struct server *server = &observing->bench->server;
	unsigned int replies = observing->replies;
	struct coap_draft draft;

	server_begin(server, &draft, COAP_GET, token, sizeof(token));
	coap_add_uint(&draft, COAP_OBSERVE, cancel);
	coap_add_path(&draft, COAP_URI_PATH, observing->resources[index].path);
	server_send(server, &server->client, &draft);
	for (int i = 0; i < TRIES && observing->replies == replies; i++)
		server_receive(server, 50);
}

static void establish(struct observing *observing)
{
	for (size_t i = 0; i < observing->n; i++) {
		unsigned int accepted = observing->notifications;

		observe(observing, i, 0);
		if (observing->notifications == accepted)
			observing->refused++;
		else
			observing->established++;
	}
}

static void report_memory(const struct observing *observing, const struct memory *before,
			  const struct memory *after)
{
	struct report *report = &observing->bench->report;
	double growth = after->private_dirty - before->private_dirty;
	char note[64];

	snprintf(note, sizeof(note), "%ld instances created, %ld refused", observing->created,
		observing->refused);
	report_add(report, "observe", "established", (double)observing->established, "", note);
	if (!before->shares || observing->established == 0)
		return;
	report_add(report, "observe", "memory", growth * 1024 / (double)observing->established, "B/obs",
		"growth of private dirty memory");
	report_add(report, "observe", "memory_total", growth, "KiB", NULL);
}

static void watch_notifications(struct observing *observing)
{
	struct bench *bench = observing->bench;
	struct activity before = client_activity(&bench->client), after;
	double s = NOTIFIED_MS / 1000.0;

	observing->notifications = 0;
	server_settle(&bench->server, NOTIFIED_MS);
	after = client_activity(&bench->client);
	report_add(&bench->report, "observe", "idle_cpu", (after.cpu_ns - before.cpu_ns) / 1e3 / s, "us/s",
		"with the observations in place");
	report_add(&bench->report, "observe", "notifications", observing->notifications / s, "/s", NULL);
}

void phase_observe(struct bench *bench)
{
	size_t max = (size_t)bench->options.observe;
	_cleanup_(freep) struct resource *resources = calloc(max, sizeof(*resources));
	struct observing observing = { .bench = bench, .resources = resources, .max = max };
	struct memory before, after;

	if (!resources)
		err(EXIT_FAILURE, "Cannot keep %zu paths", max);
	if (bench->options.create >= 0)
		create_instances(&observing);
	else
		discover_objects(&observing);
	read_once(&observing);
	bench->server.on_response = on_response;
	bench->server.userdata = &observing;
	server_settle(&bench->server, QUIET_MS);
	before = client_memory(&bench->client);
	establish(&observing);
	server_settle(&bench->server, QUIET_MS);
	after = client_memory(&bench->client);
	report_memory(&observing, &before, &after);
	watch_notifications(&observing);
	for (size_t i = 0; i < observing.n; i++) /* later phases want a quiet client */
		observe(&observing, i, 1);
	bench->server.on_response = NULL;
}
