/* SPDX-License-Identifier: Apache-2.0 */
/*
 * records.h - a list of (path, time, value), what every payload is on the inside
 *
 * Decoders fill one, encoders and objects read one. Records keep their order. records_add() borrows the value's bytes,
 * which must outlive the list's next records_clear(); records_add_copy() copies them into memory of the list's own, which
 * stays where it is as the list grows. records_clear() keeps the allocations for the next use.
 */
#pragma once

#include <stddef.h>

#include "lwm2m/path.h"
#include "lwm2m/value.h"

struct record {
	struct path path; /* of a resource or resource instance */
	double time;      /* seconds since 1970, 0: now */
	struct value value;
};

struct records_chunk;

struct records {
	struct record *items;
	size_t count, allocated;
	struct records_chunk *chunks;
};

void records_deinit(struct records *records);
void records_clear(struct records *records);

/* -ENOMEM; the list is then unchanged. */
int records_add(struct records *records, struct path path, struct value value);
int records_add_copy(struct records *records, struct path path, struct value value);

/* Memory that lives as long as the records: for decoders that have to unescape, NULL when there is none. */
void *records_allocate(struct records *records, size_t size);

/* Copies the bytes that records from index first on still borrow, so that their source may go. -ENOMEM. */
int records_own(struct records *records, size_t first);

/* The first record at exactly this path, or NULL. */
const struct record *records_find(const struct records *records, const struct path *path);
