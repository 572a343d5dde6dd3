/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this machine's administrator asks of the objects. The answer to a Read waits in engine->answers, with
 * records of its own, until its effect is carried out: the request that brought it may be another's by then.
 */
#include <stdlib.h>

#include "lwm2m/engine-internal.h"

struct answer {
	struct list link;
	uint32_t id;
	bool lent;
	struct records records;
};

/*
 * Of Security: what says where a server is and how it is talked to. Keys, and what comes with them, stay in.
 */
static bool is_public(uint16_t oid, uint16_t rid)
{
	static const uint16_t security[] = { 0, 1, 2, 10, 11, 12 };

	if (oid != 0)
		return false;
	for (size_t i = 0; i < ELEMENTSOF(security); i++)
		if (security[i] == rid)
			return true;
	return false;
}

static void drop_secrets(const struct object *object, struct records *records)
{
	size_t kept = 0;

	if (!object || !(object->info->flags & OBJECT_HIDDEN))
		return;
	for (size_t i = 0; i < records->count; i++)
		if (is_public(records->items[i].path.ids[0], records->items[i].path.ids[2]))
			records->items[kept++] = records->items[i];
	records->count = kept;
}

static struct answer *answer_free(struct answer *answer)
{
	list_remove(&answer->link);
	records_deinit(&answer->records);
	free(answer);
	return NULL;
}

/* Takes the records over; the request is left with none. */
static int keep_records(struct request *request, struct answer **ret)
{
	struct records *records = &request->operation.records;
	struct answer *answer;
	int r = records_own(records, 0);

	if (r < 0)
		return r;
	answer = calloc(1, sizeof(*answer));
	if (!answer)
		return -ENOMEM;
	answer->id = request->id;
	answer->records = *records;
	*records = (struct records){ 0 };
	list_append(&request->engine->answers, &answer->link);
	*ret = answer;
	return 0;
}

/* One that timed out ends once more, when its object answers at last: nobody waits any more. */
void operate_finish(struct request *request, int error)
{
	struct answer *answer = NULL;
	struct effect *effect;

	if (request->id == 0)
		return;
	if (error == 0)
		serve_took_effect(request);
	if (error == 0 && request->operation.type == OPERATION_READ) {
		drop_secrets(request->target.object, &request->operation.records);
		error = request_has_content(request) ? keep_records(request, &answer) : -ENODATA;
	}
	effect = effects_add(request->engine->effects, EFFECT_ANSWER);
	if (effect) {
		effect->id = request->id;
		effect->error = error;
		effect->records = answer ? &answer->records : NULL;
	} else if (answer)
		answer_free(answer);
	request->id = 0;
}

void operate_lend(struct engine *engine, const struct effect *effect)
{
	struct answer *answer;

	list_for_each(answer, &engine->answers, link)
		answer->lent |= answer->id == effect->id;
}

void operate_take_back(struct engine *engine)
{
	struct answer *answer, *safe;

	list_for_each_safe(answer, safe, &engine->answers, link)
		if (answer->lent)
			answer_free(answer);
}

void operate_deinit(struct engine *engine)
{
	struct answer *answer, *safe;

	list_for_each_safe(answer, safe, &engine->answers, link)
		answer_free(answer);
}

/* A stream takes its bytes as one block, all else takes records. */
static int fill_write(struct request *request, const struct engine_operation *asked)
{
	struct operation *operation = &request->operation;
	int r;

	if (operation->type == OPERATION_WRITE_BLOCK) {
		if (asked->value->type != VALUE_OPAQUE)
			return -EINVAL;
		operation->block = asked->value->bytes;
		return 0;
	}
	r = records_add(&operation->records, asked->path, *asked->value);
	return r < 0 ? r : operation_check_records(&request->target, &operation->records);
}

static int fill(struct request *request, const struct engine_operation *asked)
{
	switch (request->operation.type) {
	case OPERATION_READ:
		return 0;
	case OPERATION_EXECUTE:
		request->operation.arguments = asked->arguments;
		return operation_check_arguments(asked->arguments);
	default:
		return fill_write(request, asked);
	}
}

/* A resource instance is added to its resource, or replaced there. */
static struct path path_of(const struct engine_operation *asked)
{
	if (asked->type == OPERATION_WRITE_UPDATE && asked->path.depth == PATH_RESOURCE_INSTANCE)
		return path_prefix(asked->path, PATH_RESOURCE);
	return asked->path;
}

int operate_start(struct engine *engine, const struct engine_operation *asked, uint32_t *ret_id)
{
	const struct path path = path_of(asked);
	struct request *request;
	struct target target;
	int r = operation_target(asked->type, &path, engine->registry, &target);

	if (r < 0)
		return r;
	request = request_new(engine, REQUEST_OPERATE, NULL, &target);
	if (!request)
		return -EBUSY;
	r = fill(request, asked);
	if (r < 0) {
		request_free(request);
		return r;
	}
	request->operation.server = OPERATION_ADMINISTRATOR;
	*ret_id = request->id = engine_next_id(engine);
	request_start(request);
	return 0;
}
