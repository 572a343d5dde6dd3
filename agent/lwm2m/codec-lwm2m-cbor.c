/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LwM2M CBOR (OMA LwM2M Core 1.2, 7.4): maps within maps whose keys are ids, from the object down to the
 * values. A key may also be an array of ids, which stands for several levels at once; such keys are read and
 * not written.
 */
#include <stdlib.h>

#include "base/cleanup.h"
#include "lwm2m/cbor-reader.h"
#include "lwm2m/cbor-writer.h"
#include "lwm2m/codec-internal.h"

/* The most levels there are, of keys as of maps. */
#define LEVELS_MAX PATH_RESOURCE_INSTANCE

/* As many as the most records may need: objects, instances and multiple resources. */
#define CONTAINERS_MAX (3 * CODEC_RECORDS_MAX)

/* What goes before a record's text or bytes: a map's head and a key on each level, and the value's beginning. */
#define HEAD_MAX (LEVELS_MAX * 2 * CBOR_HEAD_MAX + CBOR_VALUE_MAX)

static int compare_records(const void *a, const void *b)
{
	return path_compare(&((const struct record *)a)->path, &((const struct record *)b)->path);
}

static bool ordered(const struct record *items, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (path_compare(&items[i - 1].path, &items[i].path) >= 0)
			return false;
	return true;
}

/* Of records in order: a map has no place for a second value, one beside others below it, or a time. */
static bool expressible(const struct record *items, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (items[i].time != 0 || items[i].value.type == VALUE_NONE ||
			(i > 0 && path_contains(&items[i - 1].path, &items[i].path)))
			return false;
	return true;
}

/* Which map a record goes on with after another one: they are in the same ones up to this level. */
static unsigned int common_depth(const struct path *a, const struct path *b)
{
	unsigned int depth = 0;

	while (depth < a->depth && depth < b->depth && a->ids[depth] == b->ids[depth])
		depth++;
	return depth;
}

static bool in_same_map(const struct path *a, const struct path *b, unsigned int level)
{
	for (unsigned int i = level; i > 0; i--)
		if (a->ids[i - 1] != b->ids[i - 1])
			return false;
	return true;
}

/* How many keys the map on this level has that the first record opens. */
static size_t count_keys(const struct record *items, size_t count, unsigned int level)
{
	size_t keys = 1;

	for (size_t i = 1; i < count && in_same_map(&items[0].path, &items[i].path, level); i++)
		keys += items[i - 1].path.ids[level] != items[i].path.ids[level];
	return keys;
}

/* The first of these records, whose ids up to depth common are those of the one before. */
static int append_record(
	struct buffer *buffer, const struct record *items, size_t count, unsigned int common, bool first)
{
	const struct path *path = &items[0].path;
	uint8_t head[HEAD_MAX];
	size_t len = 0;
	int r;

	for (unsigned int level = common; level < path->depth; level++) {
		if (level > common || first)
			len += cbor_put_head(CBOR_MAJOR_MAP, count_keys(items, count, level), head + len);
		len += cbor_put_head(CBOR_MAJOR_UNSIGNED, path->ids[level], head + len);
	}
	len += cbor_put_value(&items[0].value, head + len);
	r = buffer_append(buffer, head, len);
	return r < 0 ? r : cbor_append_content(buffer, &items[0].value);
}

static int append_records(struct buffer *buffer, const struct record *items, size_t count)
{
	int r = 0;

	if (!expressible(items, count))
		return -ENOTSUP;
	for (size_t i = 0; i < count && r >= 0; i++) {
		unsigned int common = i > 0 ? common_depth(&items[i - 1].path, &items[i].path) : 0;

		r = append_record(buffer, items + i, count - i, common, i == 0);
	}
	return r;
}

int codec_lwm2m_cbor_encode(const struct path *base, const struct records *records, struct buffer *ret)
{
	_cleanup_(freep) struct record *sorted = NULL;

	if (records->count == 0)
		return buffer_append_byte(ret, CBOR_MAJOR_MAP);
	if (ordered(records->items, records->count))
		return append_records(ret, records->items, records->count);
	sorted = reallocarray(NULL, records->count, sizeof(*sorted));
	if (!sorted)
		return -ENOMEM;
	memcpy(sorted, records->items, records->count * sizeof(*sorted));
	qsort(sorted, records->count, sizeof(*sorted), compare_records);
	return append_records(ret, sorted, records->count);
}

struct reader {
	bool creating; /* an instance may have no id yet */
	const struct codec_types *types;
	struct records *records;
	struct buffer containers; /* the path of each map but the outermost */
};

/* A map that is being read, and the path its keys go on from. */
struct level {
	struct cbor_item map;
	struct path path;
};

static int add_id(const struct reader *reader, const struct cbor_item *item, struct path *path)
{
	uint64_t max = reader->creating && path->depth == PATH_OBJECT ? PATH_ID_NONE : PATH_ID_NONE - 1;

	if (item->kind != CBOR_ITEM_UNSIGNED || item->number > max || path->depth == LEVELS_MAX)
		return -EBADMSG;
	*path = path_child(*path, (uint16_t)item->number);
	return 0;
}

/* One id, or an array of some. */
static int read_key(const struct reader *reader, struct bytes *rest, struct path *path)
{
	unsigned int depth = path->depth;
	struct cbor_item key, id;
	int r = cbor_read(rest, &key);

	if (r < 0 || key.kind != CBOR_ITEM_ARRAY)
		return r < 0 ? r : add_id(reader, &key, path);
	while (cbor_more(rest, &key)) {
		r = cbor_read(rest, &id);
		if (r >= 0)
			r = add_id(reader, &id, path);
		if (r < 0)
			return r;
	}
	return path->depth > depth ? 0 : -EBADMSG;
}

static int add_container(struct reader *reader, const struct path *path)
{
	if (reader->containers.len >= CONTAINERS_MAX * sizeof(*path))
		return -E2BIG;
	return buffer_append(&reader->containers, path, sizeof(*path));
}

/* What a key stands for. 1: a map, which has been opened. */
static int read_value(struct reader *reader, struct bytes *rest, const struct path *path, struct level *ret)
{
	struct bytes after = *rest;
	struct cbor_item item;
	struct value value;
	int r = cbor_read(&after, &item);

	if (r >= 0 && item.kind == CBOR_ITEM_MAP) {
		*rest = after;
		*ret = (struct level){ item, *path };
		r = add_container(reader, path);
		return r < 0 ? r : 1;
	}
	if (r >= 0)
		r = cbor_read_value(rest, reader->records, &value);
	return r < 0 ? r : codec_add(reader->records, path, &value, reader->types);
}

/* Each map but the outermost is at least one id deeper than what it is in: ids bound the levels. */
static int read_maps(struct reader *reader, struct bytes *rest, const struct cbor_item *map)
{
	struct level levels[LEVELS_MAX + 1] = { { *map, PATH0() } };
	size_t depth = 1;

	while (depth > 0) {
		struct level *level = &levels[depth - 1];
		struct path path = level->path;
		int r;

		if (!cbor_more(rest, &level->map)) {
			depth--;
			continue;
		}
		r = read_key(reader, rest, &path);
		if (r >= 0)
			r = read_value(reader, rest, &path, level + 1);
		if (r < 0)
			return r;
		depth += (size_t)r;
	}
	return rest->len == 0 ? 0 : -EBADMSG;
}

static int compare_paths(const void *a, const void *b)
{
	return path_compare(a, b);
}

/* The same key twice, however it is spelled, is an error; codec_decode() finds values given twice. */
static int check_containers(const struct buffer *containers)
{
	struct path *paths = (struct path *)(void *)containers->data;
	size_t count = containers->len / sizeof(*paths);
	bool ascending = true;

	for (size_t i = 1; i < count && ascending; i++)
		ascending = path_compare(&paths[i - 1], &paths[i]) < 0;
	if (ascending)
		return 0;
	qsort(paths, count, sizeof(*paths), compare_paths);
	for (size_t i = 1; i < count; i++)
		if (path_equal(&paths[i - 1], &paths[i]))
			return -EBADMSG;
	return 0;
}

int codec_lwm2m_cbor_decode(
	const struct path *base, struct bytes payload, const struct codec_types *types, struct records *ret)
{
	struct reader reader = { base->depth == PATH_OBJECT, types, ret, { 0 } };
	struct cbor_item map;
	int r = cbor_read(&payload, &map);

	if (r < 0 || map.kind != CBOR_ITEM_MAP)
		return -EBADMSG;
	r = read_maps(&reader, &payload, &map);
	if (r >= 0)
		r = check_containers(&reader.containers);
	buffer_deinit(&reader.containers);
	return r;
}
