/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "plugin/share-internal.h"

/* Whose turn it is of those that begin at first; NULL: none begins there. */
static struct member *member_at(const struct share *share, uint16_t first)
{
	struct member *found = NULL;

	for (size_t i = 0; i < share->n_members; i++)
		if (share->members[i]->first == first && (!found || share->members[i]->turn > found->turn))
			found = share->members[i];
	return found;
}

struct member *share_member_after(const struct share *share, int first)
{
	for (size_t i = 0; i < share->n_members; i++)
		if (share->members[i]->first > first)
			return member_at(share, share->members[i]->first);
	return NULL;
}

struct member *share_member_of(const struct share *share, uint16_t iid)
{
	size_t i = 0;

	while (i < share->n_members && share->members[i]->first <= iid)
		i++;
	return i > 0 ? member_at(share, share->members[i - 1]->first) : NULL;
}

/* Has a server a number for this instance of the member's? */
static bool is_shown(const struct member *member, uint16_t inner)
{
	const struct member *next = share_member_after(member->share, member->first);
	unsigned int iid = (unsigned int)inner + member->first;

	return iid < PATH_ID_NONE && (!next || iid < next->first) &&
	       member_at(member->share, member->first) == member;
}

static bool has_shown(const struct member *member, uint16_t inner)
{
	return object_has_instance(member->object, inner) && is_shown(member, inner);
}

static void show(struct member *member, uint16_t inner)
{
	struct object *object = &member->share->object;
	uint16_t iid = (uint16_t)(inner + member->first);

	/* Without memory it is not there for servers. */
	if (has_shown(member, inner))
		(void)object_add_instance(object, iid);
	else if (is_shown(member, inner))
		object_remove_instance(object, iid);
}

/* Members came or went: who has which number is another now. */
static void show_all(struct share *share)
{
	for (size_t i = share->object.n_instances; i > 0; i--) {
		uint16_t iid = share->object.instances[i - 1];
		const struct member *member = share_member_of(share, iid);

		if (!member || !has_shown(member, (uint16_t)(iid - member->first)))
			object_remove_instance(&share->object, iid);
	}
	for (size_t i = 0; i < share->n_members; i++)
		for (size_t k = 0; k < share->members[i]->object->n_instances; k++)
			show(share->members[i], share->members[i]->object->instances[k]);
}

/* It is one's turn when it gets instances, and another's when it has none left; whoever has them shows other values. */
static void take_turn(struct member *member)
{
	struct share *share = member->share;
	bool has_instances = member->object->n_instances > 0;

	if (has_instances == (member->turn > 0))
		return;
	member->turn = has_instances ? ++share->turns : 0;
	if (!share->takes_turns)
		return;
	show_all(share);
	if (share->object.registry)
		registry_changed(share->object.registry, &PATH1(share->object.info->id));
}

static void on_change(void *userdata, enum registry_change change, const struct path *path)
{
	struct member *member = userdata;
	struct path outer = *path;

	if (path->depth < PATH_INSTANCE) {
		if (change == REGISTRY_VALUE)
			registry_changed(member->share->object.registry, path);
	} else if (change == REGISTRY_INSTANCE) {
		take_turn(member);
		show(member, path->ids[1]);
	} else if (is_shown(member, path->ids[1])) {
		outer.ids[1] = (uint16_t)(path->ids[1] + member->first);
		registry_changed(member->share->object.registry, &outer);
	}
}

static struct share *share_free(struct share *share)
{
	if (!share)
		return NULL;
	share_forget_calls(share);
	share_definition_deinit(&share->definition);
	object_deinit(&share->object);
	free(share->members);
	free(share);
	return NULL;
}
DEFINE_CLEANUP(struct share *, share_free)

static int share_new(struct share **ret)
{
	struct share *share = calloc(1, sizeof(*share));

	if (!share)
		return -ENOMEM;
	share->object.info = &share->definition.info;
	share->object.ops = &share_ops;
	share->object.shared = true;
	list_init(&share->calls);
	*ret = share;
	return 0;
}

static int member_add(struct share *share, struct object *object, uint16_t first)
{
	struct member **members = reallocarray(share->members, share->n_members + 1, sizeof(*members));
	struct member *member = members ? calloc(1, sizeof(*member)) : NULL;
	size_t i = share->n_members;

	if (members)
		share->members = members;
	if (!member)
		return -ENOMEM;
	member->bridge.listener = on_change;
	member->bridge.userdata = member;
	member->object = object;
	member->share = share;
	member->first = first;
	for (; i > 0 && members[i - 1]->first > first; i--)
		members[i] = members[i - 1];
	members[i] = member;
	share->n_members++;
	object->registry = &member->bridge;
	return 0;
}

static int refuse(const struct object *object, uint16_t first, char reason[SHARE_REASON_MAX])
{
	snprintf(reason, SHARE_REASON_MAX,
		"object %u is there already with instances from %u on, from another plugin or the agent itself; "
		"another plugin's may stand beside it: set first_instance = %u in [plugin]",
		object->info->id, first, first < 1000 ? 1000 : first + 1000 < PATH_ID_NONE ? first + 1000 : 1);
	return -EEXIST;
}

static int join(struct share *share, struct object *object, uint16_t first, char reason[SHARE_REASON_MAX])
{
	const struct member *before = share_member_of(share, first);
	uint16_t rid = 0;
	int r;

	if (before && before->first == first && !share->takes_turns)
		return refuse(object, first, reason);
	r = share_definition_add(&share->definition, object->info, &rid);
	if (r == -EINVAL) {
		snprintf(reason, SHARE_REASON_MAX,
			"object %u is there already, and its resource %u is of another type", object->info->id, rid);
		return -EEXIST;
	}
	return r < 0 ? r : member_add(share, object, first);
}

/* An object that stood alone, from instance 0 on, has to stand beside another. */
static int take_in(struct registry *registry, struct object *alone, struct share **ret, char reason[SHARE_REASON_MAX])
{
	_cleanup_(share_freep) struct share *share = NULL;
	int r = share_new(&share);

	if (r == 0)
		r = join(share, alone, 0, reason);
	if (r < 0)
		return r;
	take_turn(share->members[0]);
	show_all(share);
	share->object.watched = alone->watched;
	registry_replace(registry, alone, &share->object);
	alone->registry = &share->members[0]->bridge;
	*ret = steal_pointer(&share);
	return 0;
}

static int begin_share(struct registry *registry, struct object *object, uint16_t first,
	char reason[SHARE_REASON_MAX])
{
	_cleanup_(share_freep) struct share *share = NULL;
	int r = share_new(&share);

	if (r == 0)
		r = join(share, object, first, reason);
	if (r < 0)
		return r;
	take_turn(share->members[0]);
	show_all(share);
	r = registry_add(registry, &share->object);
	if (r < 0) {
		object->registry = NULL;
		free(share->members[0]);
		return r;
	}
	steal_pointer(&share);
	return 0;
}

static int join_existing(struct share *share, struct object *object, uint16_t first,
	char reason[SHARE_REASON_MAX])
{
	int r = join(share, object, first, reason);

	if (r < 0)
		return r;
	if (share->object.watched && object->ops->watch)
		object->ops->watch(object, true);
	take_turn(container_of(object->registry, struct member, bridge));
	show_all(share);
	return 0;
}

/* The plugins' object of this id, which may be the one that the agent's own waits for, or stands aside for. */
static struct object *find_plugins(struct registry *registry, uint16_t oid, bool *ret_takes_turns)
{
	struct object *there = registry_find(registry, oid);
	bool own = there && there->info->flags & OBJECT_REPLACEABLE;

	*ret_takes_turns = there && (own || there->replaced);
	return own ? there->waiting : there;
}

int share_add(struct registry *registry, struct object *object, uint16_t first, char ret_reason[SHARE_REASON_MAX])
{
	bool takes_turns;
	struct object *there = find_plugins(registry, object->info->id, &takes_turns);
	struct share *share;
	int r;

	object->shared = true;
	if (!there)
		return first == 0 ? registry_add(registry, object) :
				    begin_share(registry, object, first, ret_reason);
	if (!there->shared || (there->ops != &share_ops && first == 0 && !takes_turns))
		return refuse(object, 0, ret_reason);
	if (there->ops != &share_ops) {
		r = take_in(registry, there, &share, ret_reason);
		if (r < 0)
			return r;
		there = &share->object;
	}
	share = share_of(there);
	share->takes_turns = takes_turns;
	return join_existing(share, object, first, ret_reason);
}

static void leave(struct registry *registry, struct member *member)
{
	struct share *share = member->share;
	bool was_shown = share->takes_turns && member->turn > 0;
	size_t i = 0;

	while (share->members[i] != member)
		i++;
	share->n_members--;
	memmove(&share->members[i], &share->members[i + 1], (share->n_members - i) * sizeof(*share->members));
	member->object->registry = NULL;
	free(member);
	if (share->n_members > 0) {
		show_all(share);
		if (was_shown)
			registry_changed(share->object.registry, &PATH1(share->object.info->id));
		return;
	}
	registry_remove(registry, &share->object);
	share_free(share);
}

void share_remove(struct registry *registry, struct object *object)
{
	if (!object->registry)
		return;
	if (object->registry == registry)
		registry_remove(registry, object);
	else
		leave(registry, container_of(object->registry, struct member, bridge));
}
