/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "lwm2m/bootstrap.h"
#include "lwm2m/codec.h"
#include "lwm2m/engine-internal.h"

/*
 * What servers may write is what a restart has to bring back; all else comes from configuration and the
 * system, or was written by another release that knows more.
 */
static void keep_writable(const struct object *object, struct records *records)
{
	size_t kept = 0;

	for (size_t i = 0; i < records->count; i++) {
		const struct resource_info *resource =
			object_find_resource(object, records->items[i].path.ids[2]);

		if (resource && (resource->operations & RESOURCE_W || object->info->flags & OBJECT_WHOLE) &&
			(records->items[i].path.depth == PATH_RESOURCE_INSTANCE) ==
				!!(resource->flags & RESOURCE_MULTIPLE))
			records->items[kept++] = records->items[i];
	}
	records->count = kept;
}

void engine_object_name(uint16_t oid, char ret[ENGINE_NAME_MAX])
{
	snprintf(ret, ENGINE_NAME_MAX, "object-%u", oid);
}

void persist_finish(struct request *request, int error)
{
	char name[ENGINE_NAME_MAX];
	struct effect *effect;
	int r;

	if (error < 0)
		return;
	effect = effects_add(request->engine->effects, EFFECT_PERSIST);
	if (!effect)
		return;
	keep_writable(request->target.object, &request->operation.records);
	engine_object_name(request->target.path.ids[0], name);
	r = buffer_append_text(effects_path(effect), name);
	if (r >= 0)
		r = codec_encode(CODEC_SENML_CBOR, &request->target.path, &request->operation.records,
			effects_payload(effect));
	if (r < 0)
		effects_cancel(request->engine->effects, effect);
}

static void persist_object(struct engine *engine, struct object *object)
{
	struct target target = { .type = OPERATION_READ, .path = PATH1(object->info->id), .object = object };
	struct request *request = request_new(engine, REQUEST_PERSIST, NULL, &target);

	if (!request) {
		engine->persist_waiting = true;
		return;
	}
	object->persist_pending = false;
	request_start(request);
}

void persist_tick(struct engine *engine)
{
	engine->persist_waiting = false;
	for (size_t i = 0; i < engine->registry->n_objects; i++)
		if (engine->registry->objects[i]->persist_pending)
			persist_object(engine, engine->registry->objects[i]);
}

static bool has_name(const struct effect *effect, const char *name)
{
	return bytes_equal(effect->message.path, bytes_of(name));
}

void persist_not_kept(struct engine *engine, const struct effect *effect)
{
	char name[ENGINE_NAME_MAX];

	for (size_t i = 0; i < engine->registry->n_objects; i++) {
		struct object *object = engine->registry->objects[i];

		engine_object_name(object->info->id, name);
		object->not_kept = object->not_kept || has_name(effect, name);
	}
	for (size_t i = 0; i < engine->n_peers; i++) {
		struct peer *peer = &engine->peers[i];

		engine_server_name(peer->server, name);
		peer->state_not_kept = peer->state_not_kept || has_name(effect, name);
		engine_history_name(peer->server, name);
		peer->history_not_kept = peer->history_not_kept || has_name(effect, name);
	}
	if (has_name(effect, ENGINE_ACCOUNTS_NAME))
		bootstrap_not_kept(engine);
}

static void keep_peer_again(struct engine *engine, struct peer *peer)
{
	if (peer->state_not_kept && !peer->state_final) {
		peer->state_written = 0;
		peer_state_write(engine, peer);
	}
	if (peer->history_not_kept && !peer->state_final) {
		peer->history_changed = peer->history_kept = true;
		backlog_state_write(engine, peer);
	}
	peer->state_not_kept = peer->history_not_kept = false;
}

void persist_again(struct engine *engine)
{
	for (size_t i = 0; i < engine->registry->n_objects; i++) {
		struct object *object = engine->registry->objects[i];

		object->persist_pending = object->persist_pending || object->not_kept;
		object->not_kept = false;
	}
	persist_tick(engine);
	for (size_t i = 0; i < engine->n_peers; i++)
		keep_peer_again(engine, &engine->peers[i]);
}

struct restore {
	struct operation operation;
	int error;
};

static void restore_done(struct operation *operation, int error)
{
	container_of(operation, struct restore, operation)->error = error;
}

static int restore_instance(struct object *object, uint16_t iid, enum operation_type type,
			    const struct records *records)
{
	struct restore restore = {
		.operation = {
			.type = type,
			.path = PATH2(object->info->id, iid),
			.done = restore_done,
		},
		.error = -EINPROGRESS,
	};
	int r = 0;

	for (size_t i = 0; i < records->count && r >= 0; i++)
		if (records->items[i].path.ids[1] == iid)
			r = records_add(
				&restore.operation.records, records->items[i].path, records->items[i].value);
	if (r >= 0 && restore.operation.records.count > 0) {
		if (type == OPERATION_CREATE)
			object->ops->create(object, &restore.operation);
		else
			object->ops->write(object, &restore.operation);
		r = restore.error;
	}
	records_deinit(&restore.operation.records);
	return r;
}

/* Instances that are there only because they were kept. One that cannot be made is left out. */
static int restore_whole(struct object *object, const struct records *records)
{
	int result = 0;

	for (size_t i = 0; i < records->count; i++) {
		uint16_t iid = records->items[i].path.ids[1];
		int r;

		if (i > 0 && records->items[i - 1].path.ids[1] == iid)
			continue;
		r = restore_instance(object, iid, OPERATION_CREATE, records);
		if (r < 0)
			result = r;
	}
	return result;
}

int engine_restore(struct engine *engine, uint16_t oid, struct bytes state)
{
	const struct codec_types types = { registry_type_of, engine->registry };
	struct object *object = registry_find(engine->registry, oid);
	_cleanup_(records_deinit) struct records records = { 0 };
	struct path path = PATH1(oid);
	int r;

	if (!object || !(object->info->flags & OBJECT_PERSIST) || !object->ops->write)
		return -ENOENT;
	r = codec_decode(CODEC_SENML_CBOR, &path, state, &types, &records);
	keep_writable(object, &records);
	if (r >= 0 && object->info->flags & OBJECT_WHOLE)
		return restore_whole(object, &records);
	for (size_t i = 0; i < object->n_instances && r >= 0; i++)
		r = restore_instance(object, object->instances[i], OPERATION_WRITE_UPDATE, &records);
	return r;
}
