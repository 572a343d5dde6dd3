/* SPDX-License-Identifier: Apache-2.0 */
/*
 * share-internal.h - the object that stands in the registry for several plugins'
 *
 * share-member.c: who is in it and who has which number. share.c: operations on it, which go on to a member.
 */
#pragma once

#include "base/list.h"
#include "plugin/share-definition.h"
#include "plugin/share.h"

/* What the plugin's object takes for its registry. */
struct member {
	struct registry bridge;
	struct object *object;
	struct share *share;
	uint16_t first;
	unsigned int turn; /* when it got its instances; 0: it has none */
};

struct share {
	struct object object;
	struct share_definition definition;
	struct member **members; /* by their first */
	size_t n_members;
	struct list calls;
	bool takes_turns; /* members may begin at the same number; the one that got instances last is there */
	unsigned int turns;
};

static inline struct share *share_of(const struct object *object)
{
	return container_of(object, struct share, object);
}

/* Who has the number iid; NULL: nobody. */
struct member *share_member_of(const struct share *share, uint16_t iid);

/* The member after the one that begins at first; -1: the first of all. */
struct member *share_member_after(const struct share *share, int first);

extern const struct object_ops share_ops;

/* The operations that members have not ended yet end without it. */
void share_forget_calls(struct share *share);
