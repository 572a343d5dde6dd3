/* SPDX-License-Identifier: Apache-2.0 */
#include "lwm2m/records.h"

#include <stdlib.h>

struct records_chunk {
	struct records_chunk *next;
	size_t used, size;
	_Alignas(8) uint8_t data[];
};

#define CHUNK_SIZE 1024

static void free_chunks(struct records_chunk *chunk)
{
	while (chunk) {
		struct records_chunk *next = chunk->next;

		free(chunk);
		chunk = next;
	}
}

void records_deinit(struct records *records)
{
	free_chunks(records->chunks);
	free(records->items);
	*records = (struct records){ 0 };
}

/* Keeps the newest chunk unless it was made for one large value. */
void records_clear(struct records *records)
{
	struct records_chunk *chunk = records->chunks;

	records->count = 0;
	if (!chunk)
		return;
	free_chunks(chunk->next);
	chunk->next = NULL;
	chunk->used = 0;
	if (chunk->size > CHUNK_SIZE) {
		free(chunk);
		records->chunks = NULL;
	}
}

int records_add(struct records *records, struct path path, struct value value)
{
	if (records->count == records->allocated) {
		size_t allocated = records->allocated ? records->allocated * 2 : 8;
		struct record *items = reallocarray(records->items, allocated, sizeof(*items));

		if (!items)
			return -ENOMEM;
		records->items = items;
		records->allocated = allocated;
	}
	records->items[records->count++] = (struct record){ .path = path, .value = value };
	return 0;
}

void *records_allocate(struct records *records, size_t size)
{
	struct records_chunk *chunk = records->chunks;
	void *data;

	if (size > SIZE_MAX - 7 - sizeof(*chunk))
		return NULL;
	size = (size + 7) & ~(size_t)7;
	if (!chunk || chunk->size - chunk->used < size) {
		size_t room = size > CHUNK_SIZE ? size : CHUNK_SIZE;

		chunk = malloc(sizeof(*chunk) + room);
		if (!chunk)
			return NULL;
		*chunk = (struct records_chunk){ .next = records->chunks, .size = room };
		records->chunks = chunk;
	}
	data = chunk->data + chunk->used;
	chunk->used += size;
	return data;
}

static int own_value(struct records *records, struct value *value)
{
	void *copy;

	if (!value_type_is_bytes(value->type) || value->bytes.len == 0)
		return 0;
	copy = records_allocate(records, value->bytes.len);
	if (!copy)
		return -ENOMEM;
	value->bytes.data = memcpy(copy, value->bytes.data, value->bytes.len);
	return 0;
}

int records_add_copy(struct records *records, struct path path, struct value value)
{
	int r = own_value(records, &value);

	return r < 0 ? r : records_add(records, path, value);
}

int records_own(struct records *records, size_t first)
{
	for (size_t i = first; i < records->count; i++) {
		int r = own_value(records, &records->items[i].value);

		if (r < 0)
			return r;
	}
	return 0;
}

const struct record *records_find(const struct records *records, const struct path *path)
{
	for (size_t i = 0; i < records->count; i++)
		if (path_equal(&records->items[i].path, path))
			return &records->items[i];
	return NULL;
}
