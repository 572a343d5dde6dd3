/* SPDX-License-Identifier: Apache-2.0 */
/*
 * path.h - "/3303/0/5700": where something is in the object model
 *
 * A path names the root (depth 0), an object (1), an object instance (2), a resource (3) or a resource instance (4).
 * Unused ids are 0, so that equal paths have equal bytes. PATH_ID_NONE (65535) is reserved by OMA and names nothing; in a
 * Create it stands for an instance whose id is still to be chosen.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

#define PATH_ID_NONE  UINT16_C(65535)
#define PATH_TEXT_MAX 25 /* "/65534/65534/65534/65534" and its NUL */

enum path_depth { PATH_ROOT, PATH_OBJECT, PATH_INSTANCE, PATH_RESOURCE, PATH_RESOURCE_INSTANCE };

struct path {
	uint16_t ids[4]; /* object, object instance, resource, resource instance */
	uint16_t depth;
};

#define PATH0()           ((struct path){ .depth = 0 })
#define PATH1(o)          ((struct path){ { (o) }, 1 })
#define PATH2(o, i)       ((struct path){ { (o), (i) }, 2 })
#define PATH3(o, i, r)    ((struct path){ { (o), (i), (r) }, 3 })
#define PATH4(o, i, r, n) ((struct path){ { (o), (i), (r), (n) }, 4 })

/* Appends one id to a path of depth < 4. */
static inline struct path path_child(struct path path, uint16_t id)
{
	path.ids[path.depth++] = id;
	return path;
}

/* The first depth ids of a path that is at least that deep. */
static inline struct path path_prefix(struct path path, unsigned int depth)
{
	for (unsigned int i = depth; i < path.depth; i++)
		path.ids[i] = 0;
	path.depth = (uint16_t)depth;
	return path;
}

static inline bool path_equal(const struct path *a, const struct path *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* Is path the same as, or below, parent? */
static inline bool path_contains(const struct path *parent, const struct path *path)
{
	if (parent->depth > path->depth)
		return false;
	for (unsigned int i = 0; i < parent->depth; i++)
		if (parent->ids[i] != path->ids[i])
			return false;
	return true;
}

/* Order of a depth-first walk: "/3" < "/3/0" < "/3/0/1" < "/4". */
int path_compare(const struct path *a, const struct path *b);

/* Reads one id, decimal without sign or leading zeros, 0–65534 (65535 too where none_allowed). -EINVAL. */
int path_id_parse(struct bytes text, bool none_allowed, uint16_t *ret);

/* Reads "/", "/3", … "/3/0/7/1"; the whole of text. -EINVAL: not of this form. */
int path_parse(struct bytes text, struct path *ret);

/* Writes one id, without NUL; returns its length. */
#define PATH_ID_TEXT_MAX 5
size_t path_format_id(uint16_t id, char ret[PATH_ID_TEXT_MAX]);

/* Writes text and NUL; returns the text's length. */
size_t path_format(const struct path *path, char ret[PATH_TEXT_MAX]);

/* The same without what the first depth ids make of it, and without a slash before: "0/1" of "/3/0/0/1" at depth 2. */
size_t path_format_below(const struct path *path, unsigned int depth, char ret[PATH_TEXT_MAX - 1]);
