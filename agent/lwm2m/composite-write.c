/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Write-Composite is all or nothing (Core 1.2, 6.3.9): every record is checked before any is written, then
 * what the instances hold is read, then one instance after the other is written. When one refuses, those
 * before it get back what they held. Values that cannot be read cannot be given back, and an object that does
 * not answer its write in time may still do it.
 */
#include "base/cleanup.h"
#include "lwm2m/codec.h"
#include "lwm2m/composite.h"

static int parse(const struct composite *composite, uint8_t code, const struct path *path, struct target *ret)
{
	struct message message = { .code = code, .accept = -1, .format = CODEC_SENML_CBOR, .observe = -1 };
	char text[PATH_TEXT_MAX];

	message.path = BYTES(text, path_format(path, text));
	return operation_parse(&message, composite->engine->registry, composite->peer->server->short_id, ret);
}

/* 0, or the code to answer with. Null takes a resource instance away, and nothing else. */
static int check_record(const struct composite *composite, const struct record *record)
{
	struct path path = path_prefix(record->path, PATH_RESOURCE);
	struct target target;
	int code;

	if (record->value.type == VALUE_NONE)
		return record->path.depth < PATH_RESOURCE_INSTANCE ?
			       COAP_BAD_REQUEST :
			       parse(composite, COAP_DELETE, &record->path, &target);
	code = parse(composite, COAP_PUT, &path, &target);
	if (code != 0)
		return code;
	if ((record->path.depth == PATH_RESOURCE_INSTANCE) != !!(target.resource->flags & RESOURCE_MULTIPLE))
		return COAP_BAD_REQUEST;
	return record->value.type == target.resource->type ? 0 : COAP_BAD_REQUEST;
}

static struct composite_part *part_for(struct composite *composite, const struct record *record)
{
	struct path instance = path_prefix(record->path, PATH_INSTANCE);

	if (record->value.type == VALUE_NONE)
		return composite_add_part(composite, OPERATION_DELETE, &record->path);
	for (size_t i = 0; i < composite->n_parts; i++)
		if (composite->parts[i].type == OPERATION_WRITE_UPDATE &&
			path_equal(&composite->parts[i].path, &instance))
			return &composite->parts[i];
	return composite_add_part(composite, OPERATION_WRITE_UPDATE, &instance);
}

static int split(struct composite *composite, const struct records *records)
{
	int code = 0;

	for (size_t i = 0; i < records->count && code == 0; i++)
		code = check_record(composite, &records->items[i]);
	for (size_t i = 0; i < records->count && code == 0; i++) {
		struct composite_part *part = part_for(composite, &records->items[i]);

		if (!part)
			return COAP_UNAVAILABLE;
		if (composite->n_parts > COMPOSITE_PATHS_MAX)
			return COAP_TOO_LARGE;
		if (part->type != OPERATION_DELETE &&
			records_add_copy(&part->records, records->items[i].path, records->items[i].value) < 0)
			return COAP_UNAVAILABLE;
	}
	return code;
}

static void finish_undo(struct composite *composite)
{
	if (!composite->unanswered)
		serve_reply(composite->engine, composite->peer, composite->id,
			operation_code(OPERATION_WRITE_UPDATE, composite->error));
	composite_free(composite);
}

static bool is_undone(const struct composite *composite, size_t first, const struct path *path)
{
	for (size_t i = first; i < composite->n_parts; i++)
		if (path_equal(&composite->parts[i].path, path))
			return true;
	return false;
}

/* The resource becomes what it was: all of its instances, or its value where it had one that could be read. */
static int undo_resource(struct composite *composite, size_t written, size_t first, const struct path *path)
{
	struct object *object = registry_find(composite->engine->registry, path->ids[0]);
	const struct resource_info *resource = object ? object_find_resource(object, path->ids[2]) : NULL;
	struct composite_part *part;
	const struct records *before;
	int r = 0;

	if (!resource || !(resource->operations & RESOURCE_R) || is_undone(composite, first, path))
		return 0;
	part = composite_add_part(composite, OPERATION_WRITE_REPLACE, path);
	if (!part)
		return -ENOMEM;
	before = &composite->parts[written].before;
	for (size_t i = 0; i < before->count && r >= 0; i++)
		if (path_contains(path, &before->items[i].path))
			r = records_add(&part->records, before->items[i].path, before->items[i].value);
	if (part->records.count == 0 && !(resource->flags & RESOURCE_MULTIPLE))
		composite->n_parts--;
	return r;
}

static int undo_part(struct composite *composite, size_t written, size_t first)
{
	const struct composite_part *part = &composite->parts[written];
	struct path path = path_prefix(part->path, PATH_RESOURCE);
	int r = 0;

	if (part->type == OPERATION_DELETE)
		return undo_resource(composite, written, first, &path);
	for (size_t i = 0; i < composite->parts[written].records.count && r >= 0; i++) {
		path = path_prefix(composite->parts[written].records.items[i].path, PATH_RESOURCE);
		r = undo_resource(composite, written, first, &path);
	}
	return r;
}

/* The parts that undo follow those that were to be written. */
static void undo(struct composite *composite, size_t failed)
{
	size_t first = composite->n_parts;
	int r = 0;

	for (size_t i = failed; i > 0 && r >= 0; i--)
		r = undo_part(composite, i - 1, first);
	composite->undoing = true;
	composite->next = first;
	composite->finish = finish_undo;
	composite_run(composite);
}

static void finish_write(struct composite *composite)
{
	for (size_t i = 0; i < composite->n_parts; i++) {
		if (composite->parts[i].error == 0)
			continue;
		composite->error = composite->parts[i].error;
		undo(composite, i);
		return;
	}
	finish_undo(composite);
}

/*
 * What was read becomes what was before. An instance without readable values has nothing to give back; one
 * that cannot be read now is not written.
 */
static void finish_save(struct composite *composite)
{
	size_t n_writes = composite->n_parts / 2;

	for (size_t i = 0; i < n_writes; i++) {
		struct composite_part *saved = &composite->parts[n_writes + i];

		composite->parts[i].before = saved->records;
		saved->records = (struct records){ 0 };
		if (saved->error < 0 && saved->error != -ENODATA)
			composite->error = saved->error;
	}
	composite->n_parts = n_writes;
	composite->saving = false;
	composite->in_order = true;
	if (composite->error < 0) {
		finish_undo(composite);
		return;
	}
	composite->next = 0;
	composite->finish = finish_write;
	composite_run(composite);
}

/* One part alone needs no undoing: an object writes all of it or nothing. */
static int save(struct composite *composite)
{
	size_t n_writes = composite->n_parts;

	composite->finish = finish_write;
	composite->in_order = true;
	if (n_writes == 1)
		return 0;
	composite->in_order = false;
	composite->saving = true;
	composite->next = n_writes;
	composite->finish = finish_save;
	for (size_t i = 0; i < n_writes; i++) {
		struct path instance = path_prefix(composite->parts[i].path, PATH_INSTANCE);

		if (!composite_add_part(composite, OPERATION_READ, &instance))
			return COAP_UNAVAILABLE;
	}
	return 0;
}

int composite_write(struct composite *composite, const struct message *message, struct bytes body)
{
	const struct codec_types types = { .type_of = registry_type_of, .data = composite->engine->registry };
	_cleanup_(records_deinit) struct records records = { 0 };
	int format = message->format < 0 ? CODEC_SENML_CBOR : message->format;
	const struct codec *codec = codec_find(format);
	const struct path root = PATH0();
	int code, r = -EPROTONOSUPPORT;

	if (message->query.len > 0)
		return COAP_BAD_REQUEST;
	if (codec && !codec->single && format != CODEC_TLV &&
		composite->peer->registration.version >= codec->since &&
		composite->peer->registration.version <= codec->until)
		r = codec_decode(format, &root, body, &types, &records);
	if (r == 0 && records.count == 0)
		r = -EBADMSG;
	if (r < 0)
		return operation_code(OPERATION_WRITE_UPDATE, r);
	code = split(composite, &records);
	return code != 0 ? code : save(composite);
}
