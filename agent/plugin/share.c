/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/share.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/list.h"
#include "plugin/share-definition.h"

/* What the plugin's object takes for its registry. */
struct member {
	struct registry bridge;
	struct object *object;
	struct share *share;
	uint16_t first;
};

struct share {
	struct object object;
	struct share_definition definition;
	struct member **members; /* by their first */
	size_t n_members;
	struct list calls;
};

/* An operation of ours on its way in the member that begins at first. */
struct call {
	struct operation operation;
	struct operation *outer;
	struct list link;
	struct share *share; /* NULL: it is gone */
	uint16_t first;
	bool lent;  /* the records are those of the operation outside */
	bool *over; /* while the member is being called: says whether the operation has ended there */
	bool all, answered; /* asks one member after the other; one of them gave an answer */
	int error;
};

static const struct object_ops share_ops;

static struct share *share_of(const struct object *object)
{
	return container_of(object, struct share, object);
}

/* The member after the one that begins at first; -1: the first of all. */
static struct member *member_after(const struct share *share, int first)
{
	for (size_t i = 0; i < share->n_members; i++)
		if (share->members[i]->first > first)
			return share->members[i];
	return NULL;
}

static struct member *member_of(const struct share *share, uint16_t iid)
{
	struct member *found = NULL;

	for (size_t i = 0; i < share->n_members && share->members[i]->first <= iid; i++)
		found = share->members[i];
	return found;
}

/* Has a server a number for this instance of the member's? */
static bool is_shown(const struct member *member, uint16_t inner)
{
	const struct member *next = member_after(member->share, member->first);
	unsigned int iid = (unsigned int)inner + member->first;

	return iid < PATH_ID_NONE && (!next || iid < next->first);
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
		const struct member *member = member_of(share, iid);

		if (!member || !has_shown(member, (uint16_t)(iid - member->first)))
			object_remove_instance(&share->object, iid);
	}
	for (size_t i = 0; i < share->n_members; i++)
		for (size_t k = 0; k < share->members[i]->object->n_instances; k++)
			show(share->members[i], share->members[i]->object->instances[k]);
}

static void on_change(void *userdata, enum registry_change change, const struct path *path)
{
	struct member *member = userdata;
	struct path outer = *path;

	if (path->depth < PATH_INSTANCE) {
		if (change == REGISTRY_VALUE)
			registry_changed(member->share->object.registry, path);
	} else if (change == REGISTRY_INSTANCE) {
		show(member, path->ids[1]);
	} else if (is_shown(member, path->ids[1])) {
		outer.ids[1] = (uint16_t)(path->ids[1] + member->first);
		registry_changed(member->share->object.registry, &outer);
	}
}

static void shift(struct records *records, int by)
{
	for (size_t i = 0; i < records->count; i++)
		if (records->items[i].path.ids[1] != PATH_ID_NONE)
			records->items[i].path.ids[1] = (uint16_t)(records->items[i].path.ids[1] + by);
}

static void call_member(struct call *call, const struct member *member)
{
	const struct object_ops *ops = member->object->ops;
	void (*const functions[_OPERATION_TYPE_MAX])(struct object *, struct operation *) = {
		[OPERATION_READ] = ops->read,
		[OPERATION_WRITE_REPLACE] = ops->write,
		[OPERATION_WRITE_UPDATE] = ops->write,
		[OPERATION_WRITE_BLOCK] = ops->write,
		[OPERATION_EXECUTE] = ops->execute,
		[OPERATION_CREATE] = ops->create,
		[OPERATION_DELETE] = ops->delete,
	};

	call->first = member->first;
	functions[call->operation.type](member->object, &call->operation);
}

static void call_end(struct call *call, int error)
{
	struct operation *outer = call->outer;

	if (call->over)
		*call->over = true;
	if (call->share)
		list_remove(&call->link);
	records_deinit(&call->operation.records);
	free(call);
	operation_done(outer, error);
}

static void take_records(struct call *call)
{
	call->operation.records = call->outer->records;
	call->outer->records = (struct records){ 0 };
	call->lent = true;
	shift(&call->operation.records, -call->first);
}

static void give_back_records(struct call *call)
{
	if (!call->lent)
		return;
	shift(&call->operation.records, call->first);
	call->outer->records = call->operation.records;
	call->operation.records = (struct records){ 0 };
	call->lent = false;
}

/* One of all members has answered. */
static int take_answer(struct call *call)
{
	struct records *records = &call->operation.records;
	int r = 0;

	shift(records, call->first);
	for (size_t i = 0; i < records->count && r >= 0; i++)
		r = records_add_copy(&call->outer->records, records->items[i].path, records->items[i].value);
	records_clear(records);
	return r;
}

static void ask_next(struct call *call, int after)
{
	const struct member *next = call->share ? member_after(call->share, after) : NULL;

	if (next)
		call_member(call, next);
	else
		call_end(call, call->answered ? 0 : call->error);
}

static void on_done(struct operation *operation, int error)
{
	struct call *call = container_of(operation, struct call, operation);

	if (call->all) {
		if (error == 0)
			error = take_answer(call);
		call->answered = call->answered || error == 0;
		call->error = error;
		records_clear(&operation->records);
		ask_next(call, call->first);
		return;
	}
	give_back_records(call);
	call_end(call, error);
}

static struct call *call_new(struct share *share, struct operation *outer)
{
	struct call *call = calloc(1, sizeof(*call));

	if (!call) {
		operation_done(outer, -ENOMEM);
		return NULL;
	}
	call->operation = *outer;
	call->operation.records = (struct records){ 0 };
	call->operation.done = on_done;
	call->outer = outer;
	call->share = share;
	list_append(&share->calls, &call->link);
	return call;
}

/* What all members have together this one may not have. */
static int check_resource(const struct member *member, const struct path *path, uint8_t operations)
{
	const struct resource_info *resource;

	if (path->depth < PATH_RESOURCE)
		return 0;
	resource = object_find_resource(member->object, path->ids[2]);
	return !resource ? -ENOENT : operations && !(resource->operations & operations) ? -EPERM : 0;
}

static int check(const struct member *member, const struct operation *operation)
{
	static const uint8_t needed[_OPERATION_TYPE_MAX] = {
		[OPERATION_READ] = RESOURCE_R,
		[OPERATION_WRITE_REPLACE] = RESOURCE_W,
		[OPERATION_WRITE_UPDATE] = RESOURCE_W,
		[OPERATION_WRITE_BLOCK] = RESOURCE_W,
		[OPERATION_EXECUTE] = RESOURCE_E,
	};
	uint8_t operations = needed[operation->type];
	bool creates = operation->type == OPERATION_CREATE;
	int r;

	if (creates != !object_has_instance(&member->share->object, operation->path.ids[1]))
		return creates ? -EEXIST : -ENOENT;
	if ((creates || (operation->type == OPERATION_DELETE && operation->path.depth == PATH_INSTANCE)) &&
		!(member->object->info->flags & OBJECT_CREATE))
		return -EPERM;
	r = check_resource(member, &operation->path, operations);
	if (operation->type == OPERATION_READ)
		return r;
	for (size_t i = 0; i < operation->records.count && r == 0; i++)
		r = check_resource(member, &operation->records.items[i].path, operations);
	return r;
}

/* An operation on one instance: its paths become the member's, and servers' again when it ends. */
static void share_operate(struct object *base, struct operation *outer)
{
	struct share *share = share_of(base);
	const struct member *member = member_of(share, outer->path.ids[1]);
	int r = member ? check(member, outer) : -ENOENT;
	bool over = false;
	struct call *call;

	if (r < 0) {
		operation_done(outer, r);
		return;
	}
	call = call_new(share, outer);
	if (!call)
		return;
	call->operation.path.ids[1] = (uint16_t)(outer->path.ids[1] - member->first);
	call->first = member->first;
	call->over = &over;
	take_records(call);
	call_member(call, member);
	if (over)
		return;
	call->over = NULL;
	/* What is to be written is valid during the call; what is read comes at the end. */
	if (outer->type != OPERATION_READ)
		give_back_records(call);
}

static void share_read(struct object *base, struct operation *outer)
{
	struct call *call;

	if (outer->path.depth >= PATH_INSTANCE) {
		share_operate(base, outer);
		return;
	}
	call = call_new(share_of(base), outer);
	if (!call)
		return;
	call->all = true;
	ask_next(call, -1);
}

static int share_probe(const struct object *base, uint16_t iid, const struct resource_info *resource,
	const uint16_t **ret_ids)
{
	const struct member *member = member_of(share_of(base), iid);
	const struct resource_info *inner = member ? object_find_resource(member->object, resource->id) : NULL;

	return inner ? member->object->ops->probe(
			       member->object, (uint16_t)(iid - member->first), inner, ret_ids) :
		       -ENOENT;
}

static void watch_member(const struct member *member, bool watched)
{
	if (member->object->ops->watch)
		member->object->ops->watch(member->object, watched);
}

static void share_watch(struct object *base, bool watched)
{
	const struct share *share = share_of(base);

	for (size_t i = 0; i < share->n_members; i++)
		watch_member(share->members[i], watched);
}

static const struct object_ops share_ops = {
	.read = share_read,
	.write = share_operate,
	.execute = share_operate,
	.create = share_operate,
	.delete = share_operate,
	.probe = share_probe,
	.watch = share_watch,
};

static struct share *share_free(struct share *share)
{
	struct call *call;

	if (!share)
		return NULL;
	while ((call = list_first_entry(&share->calls, struct call, link))) {
		list_remove(&call->link);
		call->share = NULL;
	}
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
	const struct member *before = member_of(share, first);
	uint16_t rid = 0;
	int r;

	if (before && before->first == first)
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
	show_all(share);
	if (share->object.watched && object->ops->watch)
		object->ops->watch(object, true);
	return 0;
}

int share_add(struct registry *registry, struct object *object, uint16_t first, char ret_reason[SHARE_REASON_MAX])
{
	struct object *there = registry_find(registry, object->info->id);
	struct share *share;
	int r;

	object->shared = true;
	if (!there || there->info->flags & OBJECT_REPLACEABLE)
		return first == 0 ? registry_add(registry, object) :
				    begin_share(registry, object, first, ret_reason);
	if (!there->shared || (there->ops != &share_ops && first == 0))
		return refuse(object, 0, ret_reason);
	if (there->ops == &share_ops)
		return join_existing(share_of(there), object, first, ret_reason);
	r = take_in(registry, there, &share, ret_reason);
	return r < 0 ? r : join_existing(share, object, first, ret_reason);
}

static void leave(struct registry *registry, struct member *member)
{
	struct share *share = member->share;
	size_t i = 0;

	while (share->members[i] != member)
		i++;
	share->n_members--;
	memmove(&share->members[i], &share->members[i + 1], (share->n_members - i) * sizeof(*share->members));
	member->object->registry = NULL;
	free(member);
	if (share->n_members > 0) {
		show_all(share);
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
