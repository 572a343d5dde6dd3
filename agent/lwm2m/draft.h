/* SPDX-License-Identifier: Apache-2.0 */
/*
 * draft.h - the accounts while a Bootstrap-Server makes them
 *
 * Security (0), Server (1), Access Control (2) and OSCORE (21) are not changed one by one under the
 * client's feet: what a Bootstrap-Server writes and deletes there goes into a draft, which counts as a
 * whole once it is consistent, or not at all. A draft is the values by path, ascending; what may be in them
 * is for who reads it. It owns the values and wipes them when they go. Its size is bounded:
 * DRAFT_VALUES_MAX, DRAFT_SIZE_MAX.
 */
#pragma once

#include "lwm2m/records.h"

#define DRAFT_VALUES_MAX 1024
#define DRAFT_SIZE_MAX   (64 * 1024) /* bytes of text and opaque values */

struct draft {
	struct record *records; /* by path */
	size_t count, allocated;
	size_t size;
};

void draft_deinit(struct draft *draft);

/* Is the object of this id one of those that a draft is made of? */
bool draft_has_object(uint16_t oid);

/* The value at exactly this path, or NULL. */
const struct value *draft_find(const struct draft *draft, const struct path *path);

/* Is there something at or below path? */
bool draft_contains(const struct draft *draft, const struct path *path);

/* The first instance of the object whose id is iid or more. -ENOENT: there is none. */
int draft_next_instance(const struct draft *draft, uint16_t oid, uint16_t iid, uint16_t *ret);

/*
 * Writes records, which are all at or below path: each instance among them is replaced, where path is one
 * of an object or instance; of a resource only that one is. -ENOSPC: past the bounds, -ENOMEM; of what was
 * to be written some may be there then, and the draft is of no use any more.
 */
int draft_write(struct draft *draft, const struct path *path, const struct records *records);

/* Removes what is at or below path. */
void draft_remove(struct draft *draft, const struct path *path);

/* Appends what is at or below path; ret borrows. -ENOMEM. */
int draft_read(const struct draft *draft, const struct path *path, struct records *ret);
