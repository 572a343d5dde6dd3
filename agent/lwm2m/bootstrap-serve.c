/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a Bootstrap-Server may ask (Core 1.2, 6.1): Discover, Read of objects 1 and 2, Write, Delete and
 * Finish, without a look at access rights. Writes need not bring what exists already, and what they bring
 * that is not known is left out. Objects of the draft are changed there. All others change at once, as far
 * as they can be written at all.
 */
#include "lwm2m/bootstrap.h"
#include "lwm2m/codec.h"

#define SECURITY 0
#define SERVER   1
#define ACCESS   2
#define DEVICE   3

enum { SECURITY_URI = 0, SECURITY_BOOTSTRAP = 1, SECURITY_SHORT_ID = 10, SERVER_SHORT_ID = 0 };

static struct effect *reply_add(struct engine *engine, uint32_t id, uint8_t code)
{
	struct effect *effect = effects_add(engine->effects, EFFECT_REPLY);

	if (!effect)
		return NULL;
	effect->id = effect->message.id = id;
	effect->server = engine->bootstrap.server;
	effect->message.session = engine->bootstrap.server->session;
	effect->message.code = code;
	return effect;
}

static void reply(struct engine *engine, uint32_t id, uint8_t code)
{
	(void)reply_add(engine, id, code);
}

static const struct resource_info *find_resource(const struct engine *engine, const struct path *path)
{
	return draft_has_object(path->ids[0]) ? engine->accounts->find_resource(path) :
						registry_find_resource(engine->registry, path);
}

static enum value_type type_of(const void *data, const struct path *path)
{
	return resource_type(find_resource(data, path));
}

int bootstrap_draft_accounts(struct engine *engine)
{
	_cleanup_(records_deinit) struct records records = { 0 };
	const struct path root = PATH0();
	int r = engine->accounts->read(engine->accounts_userdata, &records);

	return r < 0 ? r : draft_write(&engine->bootstrap.draft, &root, &records);
}

/*
 * What is not known or has no value is left out; -EBADMSG: an instance without an id, or of the wrong
 * shape.
 */
static int keep_known(struct engine *engine, struct records *records)
{
	size_t kept = 0;

	for (size_t i = 0; i < records->count; i++) {
		struct record *record = &records->items[i];
		const struct resource_info *resource = find_resource(engine, &record->path);

		if (record->path.ids[1] == PATH_ID_NONE)
			return -EBADMSG;
		if (!resource || record->value.type == VALUE_NONE)
			continue;
		if ((record->path.depth == PATH_RESOURCE_INSTANCE) != !!(resource->flags & RESOURCE_MULTIPLE))
			return -EBADMSG;
		records->items[kept++] = *record;
	}
	records->count = kept;
	return 0;
}

static int decode(
	struct engine *engine, int format, const struct path *path, struct bytes body, struct records *ret)
{
	const struct codec_types types = { .type_of = type_of, .data = engine };
	int r;

	if (format < 0)
		format = CODEC_TEXT;
	if (!codec_is_offered(format, engine->bootstrap.server->version))
		return -EPROTONOSUPPORT;
	r = codec_decode(format, path, body, &types, ret);
	if (r == -ENOTSUP)
		r = -EBADMSG;
	return r < 0 ? r : keep_known(engine, ret);
}

/* Is this the instance of the Security object that the server itself is reached with? */
static bool is_own_account(const struct engine *engine, const struct path *path)
{
	return path->ids[0] == SECURITY && path->ids[1] == engine->bootstrap.server->security_iid;
}

/* Objects that are not of the draft. The change is one of theirs, by whoever implements them. */
static struct request *change(struct engine *engine, enum operation_type type, const struct path *path)
{
	struct target target = {
		.type = type, .path = *path, .object = registry_find(engine->registry, path->ids[0])
	};

	if (path->depth >= PATH_RESOURCE)
		target.resource = object_find_resource(target.object, path->ids[2]);
	return request_new(engine, REQUEST_BOOTSTRAP, NULL, &target);
}

void bootstrap_request_ended(struct request *request, int error)
{
	uint32_t id = request->id;

	request->id = 0; /* timed out, it ends once more */
	if (error == 0)
		serve_took_effect(request);
	if (id == 0 || request->engine->bootstrap.state < BOOTSTRAP_ASKING)
		return;
	/* It was a Write, for the server: whether the instance was there before is not its concern. */
	reply(request->engine, id, operation_code(OPERATION_WRITE_REPLACE, error));
}

/* Only what a server could write: the rest of an instance is the object's own. */
static void keep_writable(const struct object *object, struct records *records)
{
	size_t kept = 0;

	for (size_t i = 0; i < records->count; i++)
		if (object_find_resource(object, records->items[i].path.ids[2])->operations & RESOURCE_W)
			records->items[kept++] = records->items[i];
	records->count = kept;
}

/* 0: the reply follows; or the code to answer with. */
static int write_object(struct engine *engine, uint32_t id, const struct path *path, struct records *records)
{
	struct object *object = registry_find(engine->registry, path->ids[0]);
	struct path instance = path_prefix(records->items[0].path, PATH_INSTANCE);
	bool exists = object_has_instance(object, instance.ids[1]);
	struct request *request;
	int r = 0;

	for (size_t i = 1; i < records->count; i++)
		if (records->items[i].path.ids[1] != instance.ids[1])
			return COAP_BAD_REQUEST; /* one instance at a time */
	keep_writable(object, records);
	if (records->count == 0 || !(exists ? (bool)object->ops->write : (bool)object->ops->create))
		return COAP_METHOD_NOT_ALLOWED;
	if (path->depth >= PATH_INSTANCE && exists)
		instance = path_prefix(*path, path->depth);
	request = change(engine, exists ? OPERATION_WRITE_REPLACE : OPERATION_CREATE, &instance);
	if (!request)
		return COAP_UNAVAILABLE;
	for (size_t i = 0; i < records->count && r >= 0; i++)
		r = records_add_copy(
			&request->operation.records, records->items[i].path, records->items[i].value);
	if (r < 0) {
		request_free(request);
		return COAP_UNAVAILABLE;
	}
	request->id = id;
	request_start(request);
	return 0;
}

static int write_body(
	struct engine *engine, const struct message *message, const struct path *path, struct bytes body)
{
	_cleanup_(records_deinit) struct records records = { 0 };
	int r;

	if (path->depth == PATH_ROOT)
		return COAP_METHOD_NOT_ALLOWED;
	if (!draft_has_object(path->ids[0]) && !registry_find(engine->registry, path->ids[0]))
		return COAP_NOT_FOUND;
	r = decode(engine, message->format, path, body, &records);
	if (r < 0)
		return operation_code(OPERATION_WRITE_REPLACE, r);
	if (!draft_has_object(path->ids[0]))
		return records.count > 0 ? write_object(engine, message->id, path, &records) :
					   COAP_BAD_REQUEST;
	r = draft_write(&engine->bootstrap.draft, path, &records);
	if (r < 0) {
		bootstrap_fail(engine, r, 0, "more than a bootstrap may bring");
		return COAP_TOO_LARGE;
	}
	return COAP_CHANGED;
}

static void serve_write(struct engine *engine, const struct message *message, const struct path *path)
{
	struct body *body = &engine->bootstrap.body;
	int code = 0;

	if (message->offset > 0 || message->more)
		code = body_add(body, engine->now, message);
	if (code == 0) {
		bool blocks = message->offset > 0;

		code = write_body(
			engine, message, path, blocks ? buffer_bytes(&body->data) : message->payload);
		if (blocks)
			body_reset(body);
	}
	if (code != 0)
		reply(engine, message->id, (uint8_t)code);
}

/* What servers once made in objects that are not of the draft; those of the machine and of plugins stay. */
static void delete_objects(struct engine *engine, const struct path *path)
{
	struct registry *registry = engine->registry;

	for (size_t i = 0; i < registry->n_objects; i++) {
		struct object *object = registry->objects[i];
		uint16_t oid = object->info->id;

		if (draft_has_object(oid) || oid == DEVICE || !(object->info->flags & OBJECT_CREATE) ||
			!object->ops->delete)
			continue;
		for (size_t n = object->n_instances; n > 0; n--) {
			struct path instance = PATH2(oid, object->instances[n - 1]);
			struct request *request;

			if (!path_contains(path, &instance))
				continue;
			request = change(engine, OPERATION_DELETE, &instance);
			if (request)
				request_start(request);
		}
	}
}

/* The server's own account stays, whatever it says (Core 1.2, 6.1.6). */
static void delete_draft(struct engine *engine, const struct path *path)
{
	static const uint16_t objects[] = { SECURITY, SERVER, ACCESS, 21 };
	struct draft *draft = &engine->bootstrap.draft;

	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
		uint16_t iid = 0;

		for (; draft_next_instance(draft, objects[i], iid, &iid) == 0; iid++) {
			struct path instance = PATH2(objects[i], iid);

			if (path_contains(path, &instance) && !is_own_account(engine, &instance))
				draft_remove(draft, &instance);
		}
	}
}

static uint8_t serve_delete(struct engine *engine, const struct path *path)
{
	if (path->depth > PATH_INSTANCE || (path->depth == PATH_INSTANCE && is_own_account(engine, path)) ||
		(path->depth >= PATH_OBJECT && path->ids[0] == DEVICE))
		return COAP_BAD_REQUEST;
	delete_draft(engine, path);
	delete_objects(engine, path);
	return COAP_DELETED;
}

/* What cannot be taken ends the try: the server hears why not by 4.06, people by the event. */
static void bootstrap_end(struct engine *engine, uint32_t id)
{
	struct bootstrap *bootstrap = &engine->bootstrap;

	if (bootstrap->state == BOOTSTRAP_ENDING || bootstrap_finish(engine) == 0) {
		reply(engine, id, COAP_CHANGED);
		return;
	}
	reply(engine, id, COAP_NOT_ACCEPTABLE);
	bootstrap_fail(engine, 0, COAP_NOT_ACCEPTABLE, bootstrap->why);
}

static const struct value *find_value(const struct engine *engine, uint16_t oid, uint16_t iid, uint16_t rid)
{
	const struct path path = PATH3(oid, iid, rid);

	return draft_find(&engine->bootstrap.draft, &path);
}

/*
 * Which server an instance of Security or Server is about; none for the Bootstrap-Server's own (Core 1.2,
 * 6.1.4).
 */
static int append_server(const struct engine *engine, uint16_t oid, uint16_t iid, struct buffer *ret)
{
	const struct value *bootstrap =
		oid == SECURITY ? find_value(engine, oid, iid, SECURITY_BOOTSTRAP) : NULL;
	const struct value *id =
		find_value(engine, oid, iid, oid == SECURITY ? SECURITY_SHORT_ID : SERVER_SHORT_ID);
	const struct value *uri = oid == SECURITY ? find_value(engine, oid, iid, SECURITY_URI) : NULL;
	int r = 0;

	if (oid > SERVER || (bootstrap && bootstrap->boolean))
		return 0;
	if (id && id->type == VALUE_INTEGER)
		r = buffer_printf(ret, ";ssid=%d", (int)id->integer);
	if (r >= 0 && uri && uri->type == VALUE_STRING && !memchr(uri->bytes.data, '"', uri->bytes.len))
		r = buffer_printf(ret, ";uri=\"%.*s\"", (int)uri->bytes.len, (const char *)uri->bytes.data);
	return r;
}

static int append_object(uint16_t oid, const char *version, bool has_instances, struct buffer *ret)
{
	if (strcmp(version, "1.0") != 0)
		return buffer_printf(ret, ",</%u>;ver=%s", oid, version);
	return has_instances ? 0 : buffer_printf(ret, ",</%u>", oid);
}

static int append_draft_object(const struct engine *engine, uint16_t oid, struct buffer *ret)
{
	const struct draft *draft = &engine->bootstrap.draft;
	uint16_t iid = 0;
	int r = 0;

	for (; r >= 0 && draft_next_instance(draft, oid, iid, &iid) == 0; iid++) {
		r = buffer_printf(ret, ",</%u/%u>", oid, iid);
		if (r >= 0)
			r = append_server(engine, oid, iid, ret);
	}
	return r;
}

static int append_objects(const struct engine *engine, const struct path *path, struct buffer *ret)
{
	const struct registry *registry = engine->registry;
	int r = 0;

	for (unsigned int oid = SECURITY; oid <= ACCESS && r >= 0; oid++)
		if (path->depth == PATH_ROOT || path->ids[0] == oid)
			r = append_draft_object(engine, (uint16_t)oid, ret);
	for (size_t i = 0; i < registry->n_objects && r >= 0; i++) {
		const struct object *object = registry->objects[i];
		uint16_t oid = object->info->id;

		if (draft_has_object(oid) || (path->depth == PATH_OBJECT && path->ids[0] != oid))
			continue;
		r = append_object(oid, object->info->version, object->n_instances > 0, ret);
		for (size_t n = 0; n < object->n_instances && r >= 0; n++)
			r = buffer_printf(ret, ",</%u/%u>", oid, object->instances[n]);
	}
	return r;
}

static void serve_discover(struct engine *engine, const struct message *message, const struct path *path)
{
	struct effect *effect;
	int r;

	if (path->depth > PATH_OBJECT) {
		reply(engine, message->id, COAP_BAD_REQUEST);
		return;
	}
	if (path->depth == PATH_OBJECT && !draft_has_object(path->ids[0]) &&
		!registry_find(engine->registry, path->ids[0])) {
		reply(engine, message->id, COAP_NOT_FOUND);
		return;
	}
	effect = reply_add(engine, message->id, COAP_CONTENT);
	if (!effect)
		return;
	effect->message.format = CODEC_LINK;
	if (engine->bootstrap.server->version == LWM2M_1_0)
		r = buffer_append_text(effects_payload(effect), "lwm2m=\"1.0\"");
	else
		r = buffer_printf(effects_payload(effect), "</>;lwm2m=%s",
			version_name(engine->bootstrap.server->version));
	if (r >= 0)
		r = append_objects(engine, path, effects_payload(effect));
	if (r < 0) {
		buffer_clear(effects_payload(effect));
		effect->message.format = -1;
		effect->message.code = COAP_INTERNAL_ERROR;
	}
}

/* Only what tells of servers and rights, never keys (Core 1.2, 6.1.5). */
static void serve_read(struct engine *engine, const struct message *message, const struct path *path)
{
	_cleanup_(records_deinit) struct records records = { 0 };
	struct effect *effect;
	int r;

	if (path->depth == PATH_ROOT || (path->ids[0] != SERVER && path->ids[0] != ACCESS)) {
		reply(engine, message->id, COAP_METHOD_NOT_ALLOWED);
		return;
	}
	if (!codec_is_offered(message->accept, engine->bootstrap.server->version)) {
		reply(engine, message->id, COAP_NOT_ACCEPTABLE);
		return;
	}
	r = draft_read(&engine->bootstrap.draft, path, &records);
	if (r >= 0 && records.count == 0) {
		reply(engine, message->id, COAP_NOT_FOUND);
		return;
	}
	effect = reply_add(engine, message->id, COAP_CONTENT);
	if (!effect)
		return;
	effect->message.format = message->accept;
	if (r >= 0)
		r = codec_encode(message->accept, path, &records, effects_payload(effect));
	if (r < 0) {
		effect->message.format = -1;
		effect->message.code = r == -ENOTSUP ? COAP_NOT_ACCEPTABLE : COAP_INTERNAL_ERROR;
	}
}

void bootstrap_serve(struct engine *engine, const struct message *message)
{
	enum bootstrap_state state = engine->bootstrap.state;
	struct path path;

	/* Before it was asked, and once it failed, it has no say; after Finish it may only say that again. */
	if (state < BOOTSTRAP_ASKING) {
		reply(engine, message->id, 0);
		return;
	}
	bootstrap_heard(engine);
	if (message->code == COAP_POST && bytes_equal(message->path, BYTES_LITERAL("/bs")))
		bootstrap_end(engine, message->id);
	else if (state == BOOTSTRAP_ENDING || path_parse(message->path, &path) < 0)
		reply(engine, message->id, COAP_BAD_REQUEST);
	else if (message->code == COAP_GET && (message->accept < 0 || message->accept == CODEC_LINK))
		serve_discover(engine, message, &path);
	else if (message->code == COAP_GET)
		serve_read(engine, message, &path);
	else if (message->code == COAP_PUT)
		serve_write(engine, message, &path);
	else if (message->code == COAP_DELETE)
		reply(engine, message->id, serve_delete(engine, &path));
	else
		reply(engine, message->id, COAP_METHOD_NOT_ALLOWED);
}

static bool has_object(const struct records *records, uint16_t oid)
{
	for (size_t i = 0; i < records->count; i++)
		if (records->items[i].path.ids[0] == oid)
			return true;
	return false;
}

/*
 * Objects that a pack has are replaced as a whole, all others stay (Core 1.2, 6.1.8). What it has of
 * objects that are not of the draft cannot wait for the end of a transaction: such a pack is not taken.
 */
int bootstrap_take_pack(struct engine *engine, const struct message *response)
{
	_cleanup_(records_deinit) struct records records = { 0 };
	const struct path root = PATH0();
	int r = decode(engine, response->format, &root, response->payload, &records);

	for (size_t i = 0; i < records.count && r >= 0; i++)
		if (!draft_has_object(records.items[i].path.ids[0]) ||
			is_own_account(engine, &records.items[i].path))
			r = -EINVAL;
	for (uint16_t oid = 0; oid <= 21 && r >= 0; oid++) {
		const struct path object = PATH1(oid);

		if (draft_has_object(oid) && has_object(&records, oid))
			delete_draft(engine, &object);
	}
	return r < 0 ? r : draft_write(&engine->bootstrap.draft, &root, &records);
}
