/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-notify - what a notification costs the engine, with few and with many instances that are all observed
 *
 * One object with so many instances, each with one value and an observation of its own. A value changes, and the
 * engine is driven until its notification is out: found, read, compared, encoded, remembered. Prints microseconds of
 * processor time each; nothing is asserted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/cleanup.h"
#include "lwm2m/engine.h"

enum { OBJECT = 3303, VALUE = 5700, ROUNDS = 20000 };

struct bench {
	struct object object; /* first: what the engine asks */
	double *values;
	struct registry registry;
	struct servers servers;
	struct engine *engine;
	usec_t now;
	uint32_t request; /* id of the last one that went out */
	unsigned int replies, notifications, errors;
};

static void bench_read(struct object *object, struct operation *operation)
{
	struct bench *bench = container_of(object, struct bench, object);
	uint16_t iid = operation->path.ids[1];

	operation_done(operation,
		records_add(&operation->records, PATH3(OBJECT, iid, VALUE), VALUE_FLOAT(bench->values[iid])));
}

static int bench_probe(const struct object *object, uint16_t iid, const struct resource_info *resource,
		       const uint16_t **ret_ids)
{
	return 0;
}

static const struct object_ops ops = { .read = bench_read, .probe = bench_probe };
static const struct resource_info resource = { VALUE, VALUE_FLOAT, RESOURCE_R, RESOURCE_MANDATORY };
static const struct object_info info = {
	.id = OBJECT,
	.flags = OBJECT_MULTIPLE,
	.version = "1.1",
	.resources = &resource,
	.n_resources = 1,
};

static void drain(struct bench *bench)
{
	const struct effect *effect;

	while (engine_next(bench->engine, &effect) > 0) {
		if (effect->type == EFFECT_REQUEST)
			bench->request = effect->id;
		bench->replies += effect->type == EFFECT_REPLY;
		bench->notifications += effect->type == EFFECT_NOTIFY;
		bench->errors += effect->message.code >= COAP_BAD_REQUEST;
	}
}

/* What the pump does before it waits. */
static void run(struct bench *bench)
{
	drain(bench);
	while (engine_deadline(bench->engine) <= bench->now) {
		engine_tick(bench->engine, bench->now);
		drain(bench);
	}
}

static void enrol(struct bench *bench)
{
	const struct message created = { .code = COAP_CREATED, .path = BYTES_LITERAL("/rd/1") };

	engine_start(bench->engine, bench->now);
	run(bench);
	engine_connected(bench->engine, bench->now, 0, 0);
	run(bench);
	engine_response(bench->engine, bench->now, bench->request, 0, &created);
	run(bench);
}

static void observe(struct bench *bench, unsigned int i)
{
	char text[PATH_TEXT_MAX];
	struct message message = {
		.id = i + 1, .code = COAP_GET, .accept = -1, .format = -1, .token = BYTES(&i, sizeof(i)),
	};

	message.path = BYTES(text, path_format(&PATH3(OBJECT, (uint16_t)i, VALUE), text));
	engine_request(bench->engine, bench->now, &message);
	run(bench);
}

static void change(struct bench *bench, unsigned int i)
{
	bench->now += USEC_PER_MSEC;
	bench->values[i]++;
	registry_changed(&bench->registry, &PATH3(OBJECT, (uint16_t)i, VALUE));
	run(bench);
}

static int build(struct bench *bench, unsigned int count)
{
	const struct engine_config config = { .endpoint = "bench", .seed = 1, .limits.observations = count };
	struct server *server;
	int r = 0;

	servers_init(&bench->servers);
	bench->object.info = &info;
	bench->object.ops = &ops;
	bench->values = calloc(count, sizeof(*bench->values));
	if (!bench->values)
		return -ENOMEM;
	for (unsigned int i = 0; i < count && r == 0; i++)
		r = object_add_instance(&bench->object, (uint16_t)i);
	if (r == 0)
		r = registry_add(&bench->registry, &bench->object);
	if (r == 0)
		r = server_new(&bench->servers, "bench", &server);
	if (r < 0)
		return r;
	server->mode = SECURITY_NOSEC;
	server->short_id = 1;
	server->uri = strdup("coap://127.0.0.1");
	server->pmin_s = 0;
	return server->uri ? engine_new(&config, &bench->registry, &bench->servers, &bench->engine) : -ENOMEM;
}

static void take_down(struct bench *bench)
{
	engine_free(bench->engine);
	servers_deinit(&bench->servers);
	registry_deinit(&bench->registry);
	object_deinit(&bench->object);
	free(bench->values);
}

static double cpu_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

/* -EIO: not every change became one notification. */
static int measure(unsigned int count)
{
	struct bench bench = { 0 };
	double start;
	int r = build(&bench, count);

	if (r == 0) {
		enrol(&bench);
		for (unsigned int i = 0; i < count; i++)
			observe(&bench, i);
		start = cpu_us();
		for (unsigned int i = 0; i < ROUNDS; i++)
			change(&bench, i * 7919U % count);
		printf("%6u instances observed: a notification %5.2f us\n", count, (cpu_us() - start) / ROUNDS);
		r = bench.replies == count && bench.notifications == ROUNDS && bench.errors == 0 ? 0 : -EIO;
	}
	take_down(&bench);
	return r;
}

int main(void)
{
	static const unsigned int counts[] = { 50, 500, 10000 };

	for (size_t i = 0; i < ELEMENTSOF(counts); i++)
		if (measure(counts[i]) < 0) {
			fprintf(stderr, "The engine did not tell what changed among %u observations\n", counts[i]);
			return EXIT_FAILURE;
		}
	return EXIT_SUCCESS;
}
