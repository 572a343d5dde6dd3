/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine, driven by the bytes: each step is one of the calls its owner makes, with contents from the input, and then
 * some time passes. Every request is answered once, no deadline stays in the past, and nothing is left in the end.
 */
#include "fuzz.h"
#include "lwm2m/engine.h"
#include "lwm2m/fake-object.h"

enum { SERVERS = 2, STEPS_MAX = 400, REQUESTS_MAX = 512 };

struct world {
	struct bytes input;
	struct fake_objects fake;
	struct buffer log;
	struct servers servers;
	struct server *accounts[SERVERS];
	struct engine *engine;
	usec_t now;
	uint32_t last_request;            /* the id of the last request of a server */
	uint8_t replies[REQUESTS_MAX];    /* to each of them */
	uint32_t sent, notified;          /* ids of the last effects of their kind */
};

static uint8_t take_byte(struct world *world)
{
	uint8_t byte = 0;

	if (world->input.len == 0)
		return 0;
	byte = *world->input.data;
	world->input = BYTES(world->input.data + 1, world->input.len - 1);
	return byte;
}

/* A byte that says how long they are, and so many. */
static struct bytes take_bytes(struct world *world)
{
	size_t len = take_byte(world);
	struct bytes taken;

	if (len > world->input.len)
		len = world->input.len;
	taken = BYTES(world->input.data, len);
	world->input = BYTES(world->input.data + len, world->input.len - len);
	return taken;
}

static void take_effect(struct world *world, const struct effect *effect)
{
	switch (effect->type) {
	case EFFECT_REPLY:
		CHECK(effect->id > 0 && effect->id <= world->last_request);
		CHECK(++world->replies[effect->id] == 1);
		CHECK(effect->message.code == 0 || effect->message.code >> 5 >= 2);
		break;
	case EFFECT_REQUEST:
		CHECK(effect->id != 0);
		world->sent = effect->id;
		break;
	case EFFECT_NOTIFY:
		CHECK(effect->id != 0);
		world->notified = effect->id;
		break;
	default:
		break;
	}
}

/* What the owner does after each call. */
static void settle(struct world *world)
{
	const struct effect *effect;
	unsigned int ticks = 0;

	while (engine_next(world->engine, &effect) > 0)
		take_effect(world, effect);
	while (engine_deadline(world->engine) <= world->now) {
		CHECK(++ticks < 1000);
		engine_tick(world->engine, world->now);
		while (engine_next(world->engine, &effect) > 0)
			take_effect(world, effect);
	}
}

static void request(struct world *world)
{
	static const int32_t formats[] = { -1, 0, 40, 42, 60, 110, 112, 320, 322, 11542, 11543, 11544, 7, -1, -1, -1 };
	uint8_t choice = take_byte(world), options = take_byte(world);
	struct message message = {
		.session = (uint16_t)(choice & 1),
		.code = (uint8_t)(1 + (choice >> 1) % 7),
		.confirmable = choice & 16,
		.accept = formats[options & 15],
		.format = formats[options >> 4],
		.observe = choice & 32 ? choice >> 6 & 1 : -1,
	};

	if (world->last_request + 1 >= REQUESTS_MAX)
		return;
	message.path = take_bytes(world);
	message.query = take_bytes(world);
	message.token = take_bytes(world);
	message.payload = take_bytes(world);
	if (message.path.len == 0)
		message.path = BYTES_LITERAL("/");
	if (choice & 128) {
		uint8_t block = take_byte(world);

		message.offset = (uint64_t)(block >> 1) * 16;
		message.more = block & 1;
	}
	message.id = ++world->last_request;
	engine_request(world->engine, world->now, &message);
}

static void answer(struct world *world)
{
	uint8_t code = take_byte(world);
	struct message message = { .code = code, .accept = -1, .format = -1, .observe = -1, .path = take_bytes(world) };

	if (code == 0)
		engine_response(world->engine, world->now, world->sent, -ETIMEDOUT, NULL);
	else if (code == 1)
		engine_response(world->engine, world->now, world->sent, -ECONNRESET, NULL);
	else
		engine_response(world->engine, world->now, world->sent, 0, &message);
}

static void notification_answered(struct world *world)
{
	static const int errors[] = { 0, -ETIMEDOUT, -ECONNRESET };

	engine_response(world->engine, world->now, world->notified, errors[take_byte(world) % 3], NULL);
}

static void connected(struct world *world)
{
	uint8_t choice = take_byte(world);

	engine_connected(world->engine, world->now, choice & 1, choice & 2 ? -ECONNRESET : 0);
}

static void objects(struct world *world)
{
	uint8_t choice = take_byte(world);
	struct object *object = fake_objects_get(&world->fake, (uint16_t)(500 + (choice >> 4) % 3));
	struct path path = PATH3(500, 0, (uint16_t)(choice >> 4) % 3);

	switch (choice & 7) {
	case 0:
		world->fake.hold = true;
		break;
	case 1:
		world->fake.hold = false;
		break;
	case 2:
		world->fake.fail = choice & 128 ? -EIO : 0;
		break;
	case 3:
		if (world->fake.n_held > 0)
			fake_objects_answer(&world->fake, choice & 128 ? -EINVAL : 0);
		break;
	case 4:
		fake_objects_set(&world->fake, &path, choice & 128 ? NULL : "42");
		break;
	case 5:
		(void)object_add_instance(object, choice >> 6);
		break;
	case 6:
		object_remove_instance(object, choice >> 6);
		break;
	default:
		registry_persist(&world->fake.registry, 501);
	}
}

static void own_calls(struct world *world)
{
	uint8_t choice = take_byte(world);
	struct server *server = world->accounts[choice & 1];

	switch (choice >> 1 & 7) {
	case 0:
		engine_start(world->engine, world->now);
		break;
	case 1:
		engine_stop(world->engine, world->now, choice & 128);
		break;
	case 2:
		engine_update(world->engine, world->now, server);
		break;
	case 3:
		engine_disable(world->engine, world->now, server);
		break;
	case 4:
		server->lifetime_s = (uint32_t)take_byte(world) * 10;
		break;
	case 5:
		(void)engine_restore(world->engine, 501, take_bytes(world));
		break;
	default:
		(void)engine_resume(world->engine, world->now, server, take_bytes(world));
	}
}

static void (*const steps[])(struct world *world) = {
	request, request, request, answer, connected, objects, own_calls, notification_answered,
};

static void init(struct world *world)
{
	const struct engine_config config = {
		.endpoint = "dev", .seed = 1,
		.limits = { .observations = 8, .operations = 6, .payload = 4096, .operation_timeout_s = 10 },
	};

	fake_objects_init(&world->fake, &world->log);
	servers_init(&world->servers);
	for (int i = 0; i < SERVERS; i++) {
		CHECK(server_new(&world->servers, i == 0 ? "a" : "b", &world->accounts[i]) == 0);
		world->accounts[i]->short_id = (uint16_t)(i + 1);
		world->accounts[i]->version = i == 0 ? LWM2M_1_2 : LWM2M_1_0;
		world->accounts[i]->uri = strdup("coap://192.0.2.1");
		CHECK(world->accounts[i]->uri);
	}
	CHECK(engine_new(&config, &world->fake.registry, &world->servers, &world->engine) == 0);
}

static void deinit(struct world *world)
{
	engine_stop(world->engine, world->now, false);
	settle(world);
	CHECK(engine_is_idle(world->engine));
	world->fake.hold = false;
	while (world->fake.n_held > 0)
		fake_objects_answer(&world->fake, 0);
	settle(world);
	engine_free(world->engine);
	servers_deinit(&world->servers);
	fake_objects_deinit(&world->fake);
	buffer_deinit(&world->log);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct world world;

	world = (struct world){ .input = BYTES(data, len) };
	init(&world);
	for (unsigned int i = 0; i < STEPS_MAX && world.input.len > 0; i++) {
		uint8_t step = take_byte(&world);

		steps[step & 7](&world);
		buffer_clear(&world.log);
		settle(&world);
		world.now += (usec_t)(step >> 3) * (step & 128 ? 10 * USEC_PER_SEC : 100 * USEC_PER_MSEC);
		settle(&world);
	}
	deinit(&world);
	return 0;
}
