/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/cleanup.h"
#include "plugin/share-internal.h"

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
	const struct member *next = call->share ? share_member_after(call->share, after) : NULL;

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
	const struct member *member = share_member_of(share, outer->path.ids[1]);
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
	const struct member *member = share_member_of(share_of(base), iid);
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

const struct object_ops share_ops = {
	.read = share_read,
	.write = share_operate,
	.execute = share_operate,
	.create = share_operate,
	.delete = share_operate,
	.probe = share_probe,
	.watch = share_watch,
};

void share_forget_calls(struct share *share)
{
	struct call *call;

	while ((call = list_first_entry(&share->calls, struct call, link))) {
		list_remove(&call->link);
		call->share = NULL;
	}
}
