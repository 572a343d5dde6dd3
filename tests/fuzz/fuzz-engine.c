/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine, driven by the bytes: each step is one of the calls its owner makes, with contents from the input, and then
 * some time passes. The first byte says whether the servers share the objects under access control. Every request is
 * answered once and never by 5.00 for what a server sent; no deadline stays in the past; what a server may not read it
 * is not told; a restart takes over what was kept or refuses it; and nothing is left in the end.
 */
#include "fuzz.h"
#include "links.h"
#include "lwm2m/acl.h"
#include "lwm2m/codec.h"
#include "lwm2m/engine.h"
#include "lwm2m/fake-object.h"
#include "objects/access-control.h"

enum { SERVERS = 2, STEPS_MAX = 400, REQUESTS_MAX = 512, KEPT_MAX = 4 };

/* A state file. */
struct kept {
	char name[ENGINE_NAME_MAX];
	struct buffer contents;
};

struct world {
	struct bytes input;
	bool shared;
	struct fake_objects fake;
	struct access_control *access_control;
	struct buffer log;
	struct servers servers;
	struct server *accounts[SERVERS];
	struct engine *engine;
	usec_t now;
	bool failed; /* an object was told to fail in its own way */
	uint32_t last_request;               /* the id of the last request of a server */
	uint8_t asked[REQUESTS_MAX];         /* of each: the session that waits for an answer, plus one */
	struct path asked_path;              /* of the last one, while its call lasts */
	bool asking;
	uint32_t sent, notified;             /* ids of the last effects of their kind */
	struct kept kept[KEPT_MAX];
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

static const char *const paths[] = {
	"/", "/3", "/3/0/0", "/500", "/500/0", "/500/0/0", "/500/0/1", "/500/0/2", "/500/0/3", "/500/0/4", "/500/0/4/0",
	"/500/0/4/2", "/500/0/5", "/500/0/6", "/501", "/501/0", "/501/0/1", "/501/1/0", "/502", "/502/0", "/502/0/1",
	"/2", "/2/0", "/2/1", "/2/1/2", "/2/1/2/2", "/2/1/3", "/0/0/0", "/9", "/500/1/4/1",
};

/* One of the above, or any bytes. */
static struct bytes take_path(struct world *world)
{
	uint8_t which = take_byte(world);
	struct bytes path;

	if (which < 224)
		return bytes_of(paths[which % ELEMENTSOF(paths)]);
	path = take_bytes(world);
	return path.len > 0 ? path : BYTES_LITERAL("/");
}

static bool may_read(const struct world *world, uint16_t session, const struct path *path)
{
	const struct acl *acl = world->fake.registry.acl;

	return !acl || acl_rights(acl, (uint16_t)(session + 1), path->ids[0], path->ids[1]) & ACL_R;
}

/* What we say in link format, a server of ours understands. */
static void check_links(struct bytes payload)
{
	struct links links;

	CHECK(links_parse(payload, &links) == 0);
	CHECK(links.count > 0);
	links_deinit(&links);
}

/* What is told at once is told by the rights of now. */
static void check_told(const struct world *world, uint16_t session, const struct message *message)
{
	const struct codec_types types = { registry_type_of, &world->fake.registry };
	struct records records = { 0 };
	const struct path root = PATH0();
	const struct codec *codec = message->format >= 0 ? codec_find(message->format) : NULL;

	if (message->format == CODEC_LINK)
		check_links(message->payload);
	if (!codec || codec->single || message->format == CODEC_TLV || message->format == CODEC_LWM2M_JSON)
		return;
	if (codec_decode(message->format, &root, message->payload, &types, &records) == 0)
		for (size_t i = 0; i < records.count; i++)
			CHECK(may_read(world, session, &records.items[i].path));
	records_deinit(&records);
}

static void take_reply(struct world *world, const struct effect *effect)
{
	const struct message *message = &effect->message;
	uint8_t code = message->code;

	CHECK(effect->id > 0 && effect->id <= world->last_request);
	CHECK(world->asked[effect->id] == effect->server->session + 1);
	world->asked[effect->id] = 0;
	CHECK(code == 0 || (code >> 5 >= 2 && code >> 5 <= 5));
	CHECK(code < COAP_INTERNAL_ERROR || code == COAP_UNAVAILABLE || world->failed);
	if (!world->asking || effect->id != world->last_request || code != COAP_CONTENT)
		return;
	if (world->asked_path.depth >= PATH_INSTANCE)
		CHECK(may_read(world, effect->server->session, &world->asked_path));
	check_told(world, effect->server->session, message);
}

/* Nobody waits there any more. */
static void forget_session(struct world *world, uint16_t session)
{
	for (uint32_t i = 1; i <= world->last_request; i++)
		if (world->asked[i] == session + 1)
			world->asked[i] = 0;
}

static void keep(struct world *world, const struct message *message)
{
	for (int i = 0; i < KEPT_MAX; i++) {
		struct kept *kept = &world->kept[i];

		CHECK(message->path.len < sizeof(kept->name));
		if (kept->name[0] && !bytes_equal(bytes_of(kept->name), message->path))
			continue;
		memcpy(kept->name, message->path.data, message->path.len);
		kept->name[message->path.len] = '\0';
		buffer_clear(&kept->contents);
		CHECK(buffer_append(&kept->contents, message->payload.data, message->payload.len) == 0);
		return;
	}
	CHECK(!"as many state files as there are");
}

static void take_effect(struct world *world, const struct effect *effect)
{
	switch (effect->type) {
	case EFFECT_REPLY:
		take_reply(world, effect);
		break;
	case EFFECT_REQUEST:
		CHECK(effect->id != 0);
		world->sent = effect->id;
		break;
	case EFFECT_NOTIFY:
		CHECK(effect->id != 0);
		world->notified = effect->id;
		break;
	case EFFECT_CLOSE:
		forget_session(world, effect->server->session);
		break;
	case EFFECT_PERSIST:
		keep(world, &effect->message);
		break;
	default:
		break;
	}
}

static void take_effects(struct world *world)
{
	const struct effect *effect;

	while (engine_next(world->engine, &effect) > 0)
		take_effect(world, effect);
}

/* What the owner does after each call. */
static void settle(struct world *world)
{
	unsigned int ticks = 0;

	take_effects(world);
	world->asking = false;
	while (engine_deadline(world->engine) <= world->now) {
		CHECK(++ticks < 1000);
		engine_tick(world->engine, world->now);
		take_effects(world);
	}
}

static void ask(struct world *world, struct message *message)
{
	if (world->last_request + 1 >= REQUESTS_MAX)
		return;
	message->id = ++world->last_request;
	world->asked[message->id] = (uint8_t)(message->session + 1);
	world->asked_path = PATH0();
	if (message->code == COAP_GET)
		(void)path_parse(message->path, &world->asked_path);
	world->asking = true;
	engine_request(world->engine, world->now, message);
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

	message.path = take_path(world);
	message.query = take_bytes(world);
	message.token = take_bytes(world);
	message.payload = take_bytes(world);
	if (choice & 128) {
		uint8_t block = take_byte(world);

		message.offset = (uint64_t)(block >> 1) * 16;
		message.more = block & 1;
	}
	ask(world, &message);
}

static void append_record(struct world *world, struct buffer *payload, bool write)
{
	static const char *const values[] = {
		",\"v\":7", ",\"v\":-1.5", ",\"vs\":\"x\"", ",\"vb\":true", ",\"vd\":\"AAEC\"", ",\"v\":null", "", ",\"vlo\":\"3:0\"",
	};
	uint8_t value = write ? take_byte(world) : 6;
	struct bytes path = take_path(world);

	buffer_printf(payload, "%s{\"n\":\"%.*s\"%s}", payload->len > 1 ? "," : "", (int)path.len,
		(const char *)path.data, values[value % ELEMENTSOF(values)]);
}

/* A composite operation that has a chance: SenML JSON about a few paths. */
static void composite(struct world *world)
{
	uint8_t choice = take_byte(world);
	struct message message = {
		.session = (uint16_t)(choice & 1),
		.code = choice & 2 ? COAP_IPATCH : COAP_FETCH,
		.confirmable = true,
		.accept = choice & 4 ? CODEC_SENML_CBOR : -1,
		.format = choice & 8 ? CODEC_SENML_ETCH_JSON : CODEC_SENML_JSON,
		.observe = choice & 16 ? choice >> 5 & 1 : -1,
		.path = BYTES_LITERAL("/"),
		.token = BYTES(&choice, 1),
	};
	struct buffer payload = { 0 };
	uint8_t n = 1 + take_byte(world) % 8;

	buffer_append_byte(&payload, '[');
	while (n-- > 0)
		append_record(world, &payload, choice & 2);
	buffer_append_byte(&payload, ']');
	message.payload = buffer_bytes(&payload);
	if (choice & 64)
		message.query = BYTES_LITERAL("pmin=1&pmax=60");
	ask(world, &message);
	buffer_deinit(&payload);
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

/* Connected and registered, as far as the engine goes along. */
static void good_server(struct world *world)
{
	struct message created = { .code = COAP_CREATED, .accept = -1, .format = -1, .observe = -1,
		.path = BYTES_LITERAL("/rd/1") };
	struct message changed = { .code = COAP_CHANGED, .accept = -1, .format = -1, .observe = -1 };
	uint8_t choice = take_byte(world);

	engine_connected(world->engine, world->now, choice & 1, 0);
	take_effects(world);
	engine_response(world->engine, world->now, world->sent, 0, choice & 2 ? &changed : &created);
}

static void notification_answered(struct world *world)
{
	static const int errors[] = { 0, -ETIMEDOUT, -ECONNRESET };

	engine_response(world->engine, world->now, world->notified, errors[take_byte(world) % 3], NULL);
}

static void connected(struct world *world)
{
	uint8_t choice = take_byte(world);

	if (choice & 2)
		forget_session(world, choice & 1);
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
		world->failed |= choice & 128;
		break;
	case 3:
		world->failed |= world->fake.fail < 0;
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

static void send(struct world *world)
{
	uint8_t choice = take_byte(world);
	struct path list[4];
	struct engine_send send = {
		.paths = list, .time = choice >> 5, .format = choice & 2 ? CODEC_SENML_CBOR : CODEC_SENML_JSON,
		.confirmable = choice & 4,
	};

	while (send.n_paths < ELEMENTSOF(list) && send.n_paths < (size_t)(choice >> 3 & 7))
		if (path_parse(take_path(world), &list[send.n_paths]) == 0)
			send.n_paths++;
		else
			choice -= 8;
	(void)engine_send(world->engine, world->now, world->accounts[choice & 1], &send);
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
	case 6:
		engine_network_changed(world->engine, world->now);
		break;
	default:
		(void)engine_resume(world->engine, world->now, server, take_bytes(world));
	}
}

/* Rights change; what is under way keeps those it began with. */
static void rights(struct world *world)
{
	uint8_t choice = take_byte(world);
	struct acl *acl = world->fake.registry.acl;
	struct acl_entry *entry = acl ? acl_find(acl, (uint16_t)(500 + choice % 3), choice & 8 ? ACL_ANY_INSTANCE : 0) : NULL;

	if (entry)
		(void)acl_entry_set(entry, (uint16_t)(choice >> 4 & 3), take_byte(world) & ACL_ALL);
}

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
		world->accounts[i]->version = i == 0 ? LWM2M_1_2 : LWM2M_1_1;
		world->accounts[i]->uri = strdup("coap://192.0.2.1");
		world->accounts[i]->queue = world->shared && i == 1;
		world->accounts[i]->mute_send = false;
		CHECK(world->accounts[i]->uri);
	}
	if (world->shared) {
		CHECK(access_control_new(&world->servers, &world->access_control) == 0);
		CHECK(registry_add(&world->fake.registry, access_control_get(world->access_control)) == 0);
		world->fake.registry.acl = access_control_acl(world->access_control);
	}
	CHECK(engine_new(&config, &world->fake.registry, &world->servers, &world->engine) == 0);
}

static void free_all(struct world *world)
{
	engine_free(world->engine);
	servers_deinit(&world->servers);
	fake_objects_deinit(&world->fake);
	access_control_free(world->access_control);
	world->access_control = NULL;
	buffer_deinit(&world->log);
	world->sent = world->notified = 0;
}

static void resume(struct world *world, const struct kept *kept)
{
	struct bytes contents = buffer_bytes(&kept->contents);
	char name[ENGINE_NAME_MAX];

	for (int i = 0; i < SERVERS; i++) {
		engine_server_name(world->accounts[i], name);
		if (strcmp(name, kept->name) == 0)
			(void)engine_resume(world->engine, world->now, world->accounts[i], contents);
	}
	engine_object_name(501, name);
	if (strcmp(name, kept->name) == 0)
		(void)engine_restore(world->engine, 501, contents);
	engine_object_name(ACL_OBJECT, name);
	if (strcmp(name, kept->name) == 0)
		(void)engine_restore(world->engine, ACL_OBJECT, contents);
}

/* The power goes, and comes back to files of which one may have another byte. */
static void restart(struct world *world)
{
	struct kept *wrong = &world->kept[take_byte(world) % KEPT_MAX];
	uint8_t offset = take_byte(world), byte = take_byte(world);

	for (uint16_t i = 0; i < SERVERS; i++)
		forget_session(world, i);
	free_all(world);
	init(world);
	if (wrong->contents.len > 0 && offset > 0)
		wrong->contents.data[offset % wrong->contents.len] = byte;
	for (int i = 0; i < KEPT_MAX; i++)
		if (world->kept[i].name[0])
			resume(world, &world->kept[i]);
	settle(world);
	engine_start(world->engine, world->now);
}

static void (*const steps[16])(struct world *world) = {
	request, request, request, request, composite, composite, answer, connected,
	objects, objects, own_calls, notification_answered, good_server, rights, send, restart,
};

/* Whoever still waits is answered in time. */
static void check_answered(struct world *world)
{
	for (unsigned int i = 0; i < 60; i++) {
		world->now += USEC_PER_SEC;
		settle(world);
	}
	for (uint32_t i = 1; i <= world->last_request; i++)
		CHECK(world->asked[i] == 0);
}

static void deinit(struct world *world)
{
	check_answered(world);
	engine_stop(world->engine, world->now, false);
	settle(world);
	CHECK(engine_is_idle(world->engine));
	world->fake.hold = false;
	while (world->fake.n_held > 0)
		fake_objects_answer(&world->fake, 0);
	settle(world);
	free_all(world);
	for (int i = 0; i < KEPT_MAX; i++)
		buffer_deinit(&world->kept[i].contents);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct world world;

	world = (struct world){ .input = BYTES(data, len) };
	world.shared = take_byte(&world) & 1;
	init(&world);
	for (unsigned int i = 0; i < STEPS_MAX && world.input.len > 0; i++) {
		uint8_t step = take_byte(&world);

		steps[step & 15](&world);
		buffer_clear(&world.log);
		settle(&world);
		world.now += (usec_t)(step >> 4 & 7) * (step & 128 ? 20 * USEC_PER_SEC : 200 * USEC_PER_MSEC);
		settle(&world);
	}
	deinit(&world);
	return 0;
}
