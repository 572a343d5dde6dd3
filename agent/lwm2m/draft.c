/* SPDX-License-Identifier: Apache-2.0 */
#include "lwm2m/draft.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool draft_has_object(uint16_t oid)
{
	return oid <= 2 || oid == 21;
}

static void free_value(struct draft *draft, struct value *value)
{
	if (!value_type_is_bytes(value->type) || !value->bytes.data)
		return;
	draft->size -= value->bytes.len;
	explicit_bzero((void *)value->bytes.data, value->bytes.len);
	free((void *)value->bytes.data);
}

void draft_deinit(struct draft *draft)
{
	for (size_t i = 0; i < draft->count; i++)
		free_value(draft, &draft->records[i].value);
	free(draft->records);
	*draft = (struct draft){ 0 };
}

/* The index of the first record that does not come before path. */
static size_t lower_bound(const struct draft *draft, const struct path *path)
{
	size_t low = 0, high = draft->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (path_compare(&draft->records[middle].path, path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* One after the last record at or below path; first is its lower bound. */
static size_t upper_bound(const struct draft *draft, const struct path *path, size_t first)
{
	while (first < draft->count && path_contains(path, &draft->records[first].path))
		first++;
	return first;
}

const struct value *draft_find(const struct draft *draft, const struct path *path)
{
	size_t i = lower_bound(draft, path);

	return i < draft->count && path_equal(&draft->records[i].path, path) ? &draft->records[i].value :
									       NULL;
}

bool draft_contains(const struct draft *draft, const struct path *path)
{
	size_t first = lower_bound(draft, path);

	return upper_bound(draft, path, first) > first;
}

int draft_next_instance(const struct draft *draft, uint16_t oid, uint16_t iid, uint16_t *ret)
{
	struct path path = PATH2(oid, iid);
	size_t i = lower_bound(draft, &path);

	if (i == draft->count || draft->records[i].path.ids[0] != oid)
		return -ENOENT;
	*ret = draft->records[i].path.ids[1];
	return 0;
}

void draft_remove(struct draft *draft, const struct path *path)
{
	size_t first = lower_bound(draft, path), end = upper_bound(draft, path, first);

	if (first == end)
		return;
	for (size_t i = first; i < end; i++)
		free_value(draft, &draft->records[i].value);
	memmove(&draft->records[first], &draft->records[end], (draft->count - end) * sizeof(*draft->records));
	draft->count -= end - first;
}

static int grow(struct draft *draft)
{
	size_t allocated = draft->allocated ? 2 * draft->allocated : 32;
	struct record *records;

	if (draft->count < draft->allocated)
		return 0;
	if (draft->count >= DRAFT_VALUES_MAX)
		return -ENOSPC;
	records = reallocarray(draft->records, allocated, sizeof(*records));
	if (!records)
		return -ENOMEM;
	draft->records = records;
	draft->allocated = allocated;
	return 0;
}

static int copy_value(struct draft *draft, const struct value *value, struct value *ret)
{
	uint8_t *copy;

	*ret = *value;
	if (!value_type_is_bytes(value->type))
		return 0;
	if (value->bytes.len > DRAFT_SIZE_MAX - draft->size)
		return -ENOSPC;
	copy = malloc(value->bytes.len + 1);
	if (!copy)
		return -ENOMEM;
	if (value->bytes.len > 0)
		memcpy(copy, value->bytes.data, value->bytes.len);
	ret->bytes.data = copy;
	draft->size += value->bytes.len;
	return 0;
}

static int put(struct draft *draft, const struct record *record)
{
	struct value value;
	size_t i;
	int r = copy_value(draft, &record->value, &value);

	if (r < 0)
		return r;
	draft_remove(draft, &record->path);
	r = grow(draft);
	if (r < 0) {
		free_value(draft, &value);
		return r;
	}
	i = lower_bound(draft, &record->path);
	memmove(&draft->records[i + 1], &draft->records[i], (draft->count - i) * sizeof(*draft->records));
	draft->records[i] = (struct record){ .path = record->path, .value = value };
	draft->count++;
	return 0;
}

int draft_write(struct draft *draft, const struct path *path, const struct records *records)
{
	unsigned int depth = path->depth <= PATH_INSTANCE ? PATH_INSTANCE : path->depth;
	int r = 0;

	for (size_t i = 0; i < records->count; i++) {
		struct path replaced = path_prefix(records->items[i].path, depth);

		draft_remove(draft, &replaced);
	}
	for (size_t i = 0; i < records->count && r == 0; i++)
		r = put(draft, &records->items[i]);
	return r;
}

int draft_read(const struct draft *draft, const struct path *path, struct records *ret)
{
	size_t first = lower_bound(draft, path), end = upper_bound(draft, path, first);
	int r = 0;

	for (size_t i = first; i < end && r >= 0; i++)
		r = records_add(ret, draft->records[i].path, draft->records[i].value);
	return r;
}
