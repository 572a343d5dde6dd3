/* SPDX-License-Identifier: Apache-2.0 */
#include "lwm2m/operation.h"

#include "base/cleanup.h"
#include "lwm2m/acl.h"
#include "lwm2m/codec.h"

static const uint8_t successes[_OPERATION_TYPE_MAX] = {
	[OPERATION_READ] = COAP_CONTENT,
	[OPERATION_DISCOVER] = COAP_CONTENT,
	[OPERATION_WRITE_REPLACE] = COAP_CHANGED,
	[OPERATION_WRITE_UPDATE] = COAP_CHANGED,
	[OPERATION_WRITE_BLOCK] = COAP_CHANGED,
	[OPERATION_WRITE_ATTRIBUTES] = COAP_CHANGED,
	[OPERATION_EXECUTE] = COAP_CHANGED,
	[OPERATION_CREATE] = COAP_CREATED,
	[OPERATION_DELETE] = COAP_DELETED,
};

/* The one table from errno to CoAP. */
static const struct {
	int error;
	uint8_t code;
} codes[] = {
	{ EBADMSG, COAP_BAD_REQUEST },
	{ EINVAL, COAP_BAD_REQUEST },
	{ ERANGE, COAP_BAD_REQUEST },
	{ EEXIST, COAP_BAD_REQUEST },
	{ EACCES, COAP_UNAUTHORIZED },
	{ ENOENT, COAP_NOT_FOUND },
	{ ENODATA, COAP_NOT_FOUND },
	{ EPERM, COAP_METHOD_NOT_ALLOWED },
	{ EILSEQ, COAP_INCOMPLETE },
	{ EMSGSIZE, COAP_TOO_LARGE },
	{ E2BIG, COAP_TOO_LARGE },
	{ EPROTONOSUPPORT, COAP_UNSUPPORTED_FORMAT },
	{ ENOTSUP, COAP_NOT_IMPLEMENTED },
	{ EAGAIN, COAP_UNAVAILABLE },
	{ EBUSY, COAP_UNAVAILABLE },
	{ ETIMEDOUT, COAP_UNAVAILABLE },
	{ ECONNRESET, COAP_UNAVAILABLE },
	{ ENOMEM, COAP_UNAVAILABLE },
	{ ENOSPC, COAP_UNAVAILABLE },
};

uint8_t operation_code(enum operation_type type, int error)
{
	if (error == 0)
		return successes[type];
	for (size_t i = 0; i < ELEMENTSOF(codes); i++)
		if (codes[i].error == -error)
			return codes[i].code;
	return COAP_INTERNAL_ERROR;
}

static int classify_get(const struct message *request, const struct target *target)
{
	if (target->path.depth == PATH_ROOT)
		return -EPERM;
	if (request->accept != CODEC_LINK)
		return OPERATION_READ;
	return target->path.depth <= PATH_RESOURCE ? (int)OPERATION_DISCOVER : -EPERM;
}

static int classify_put(const struct message *request, const struct target *target)
{
	if (request->query.len > 0 && request->payload.len == 0 && request->format < 0)
		return target->path.depth >= PATH_OBJECT ? (int)OPERATION_WRITE_ATTRIBUTES : -EPERM;
	return target->path.depth >= PATH_INSTANCE ? (int)OPERATION_WRITE_REPLACE : -EPERM;
}

/* POST on a resource executes it, or adds to its resource instances. */
static int classify_post(const struct target *target)
{
	switch (target->path.depth) {
	case PATH_OBJECT:
		return OPERATION_CREATE;
	case PATH_INSTANCE:
		return OPERATION_WRITE_UPDATE;
	case PATH_RESOURCE:
		if (target->resource && target->resource->flags & RESOURCE_MULTIPLE &&
		    target->resource->operations & RESOURCE_W)
			return OPERATION_WRITE_UPDATE;
		return OPERATION_EXECUTE;
	default:
		return -EPERM;
	}
}

static int classify(const struct message *request, const struct target *target)
{
	switch (request->code) {
	case COAP_GET:
		return classify_get(request, target);
	case COAP_PUT:
		return classify_put(request, target);
	case COAP_POST:
		return classify_post(target);
	case COAP_DELETE:
		return target->path.depth == PATH_INSTANCE || target->path.depth == PATH_RESOURCE_INSTANCE ?
			       (int)OPERATION_DELETE :
			       -EPERM;
	default:
		return -EPERM;
	}
}

/* Resource instances are there or not by what the object says of this moment. */
static int check_resource_instance(const struct target *target)
{
	const uint16_t *ids = NULL;
	int n = target->object->ops->probe(target->object, target->path.ids[1], target->resource, &ids);

	if (n < 0)
		return n;
	for (int i = 0; i < n; i++)
		if (ids[i] == target->path.ids[3])
			return 0;
	return -ENOENT;
}

static int check_exists(const struct target *target)
{
	const struct path *path = &target->path;
	const uint16_t *ids;

	if (!target->object)
		return -ENOENT;
	if (path->depth >= PATH_INSTANCE && !object_has_instance(target->object, path->ids[1]))
		return -ENOENT;
	if (path->depth >= PATH_RESOURCE && !target->resource)
		return -ENOENT;
	if (path->depth == PATH_RESOURCE_INSTANCE)
		return check_resource_instance(target);
	if (path->depth == PATH_RESOURCE &&
	    (target->type == OPERATION_DISCOVER || target->type == OPERATION_WRITE_ATTRIBUTES))
		return target->object->ops->probe(target->object, path->ids[1], target->resource, &ids) < 0 ?
			       -ENOENT :
			       0;
	return 0;
}

static int check_permitted(const struct target *target)
{
	static const uint8_t needed[_OPERATION_TYPE_MAX] = {
		[OPERATION_READ] = RESOURCE_R,
		[OPERATION_WRITE_REPLACE] = RESOURCE_W,
		[OPERATION_WRITE_UPDATE] = RESOURCE_W,
		[OPERATION_EXECUTE] = RESOURCE_E,
	};
	const struct object_info *info = target->object->info;
	const struct object_ops *ops = target->object->ops;
	bool able = true;

	if (target->type == OPERATION_WRITE_REPLACE || target->type == OPERATION_WRITE_UPDATE)
		able = ops->write;
	else if (target->type == OPERATION_EXECUTE)
		able = ops->execute;
	else if (target->type == OPERATION_CREATE)
		able = ops->create && info->flags & OBJECT_CREATE;
	else if (target->type == OPERATION_DELETE)
		able = ops->delete &&
		       (target->path.depth == PATH_INSTANCE ? info->flags & OBJECT_CREATE :
							      target->resource->operations & RESOURCE_W);
	if (!able)
		return -EPERM;
	if (target->resource && needed[target->type] &&
		!(target->resource->operations & needed[target->type]))
		return -EPERM;
	return 0;
}

int operation_parse(const struct message *request, const struct registry *registry, uint16_t server,
		    struct target *ret)
{
	struct target target = { 0 };
	int r;

	if (path_parse(request->path, &target.path) < 0)
		return COAP_METHOD_NOT_ALLOWED;
	if (target.path.depth >= PATH_OBJECT)
		target.object = registry_find(registry, target.path.ids[0]);
	if (target.object && target.path.depth >= PATH_RESOURCE)
		target.resource = object_find_resource(target.object, target.path.ids[2]);
	if (target.path.depth >= PATH_OBJECT) {
		r = acl_check(NULL, 0, OPERATION_READ, &target.path, target.object);
		if (r < 0)
			return operation_code(OPERATION_READ, r);
	}
	r = classify(request, &target);
	if (r < 0)
		return operation_code(OPERATION_READ, r);
	target.type = (enum operation_type)r;
	r = acl_check(registry->acl, server, target.type, &target.path, target.object);
	if (r == 0)
		r = check_exists(&target);
	if (r == 0)
		r = check_permitted(&target);
	if (r < 0)
		return operation_code(target.type, r);
	if (target.resource && target.resource->flags & RESOURCE_STREAM &&
		target.type == OPERATION_WRITE_REPLACE)
		target.type = OPERATION_WRITE_BLOCK;
	*ret = target;
	return 0;
}

int operation_target(enum operation_type type, const struct path *path, const struct registry *registry,
		     struct target *ret)
{
	struct target target = { .type = type, .path = *path };
	bool hidden;
	int r;

	if (path->depth < PATH_OBJECT)
		return -EPERM;
	target.object = registry_find(registry, path->ids[0]);
	if (target.object && path->depth >= PATH_RESOURCE)
		target.resource = object_find_resource(target.object, path->ids[2]);
	r = check_exists(&target);
	if (r < 0)
		return r;
	hidden = target.object->info->flags & OBJECT_HIDDEN;
	if (type != OPERATION_READ && (hidden || !target.resource))
		return -EPERM;
	r = hidden ? 0 : check_permitted(&target);
	if (r < 0)
		return r;
	if (target.resource && target.resource->flags & RESOURCE_STREAM && type == OPERATION_WRITE_REPLACE)
		target.type = OPERATION_WRITE_BLOCK;
	*ret = target;
	return 0;
}

/*
 * One record of a Write against its resource's definition. -ENODATA: leave it out (a Create, Core 1.2,
 * 6.3.6).
 */
static int check_record(const struct target *target, const struct record *record)
{
	const struct resource_info *resource = object_find_resource(target->object, record->path.ids[2]);

	if (!resource)
		return target->type == OPERATION_CREATE ? -ENODATA : -ENOENT;
	if (!(resource->operations & RESOURCE_W))
		return target->type == OPERATION_CREATE && resource->operations & RESOURCE_R ? -ENODATA :
											       -EPERM;
	if ((record->path.depth == PATH_RESOURCE_INSTANCE) != !!(resource->flags & RESOURCE_MULTIPLE))
		return -EBADMSG;
	if (record->value.type == VALUE_NONE || record->value.type != resource->type)
		return -EINVAL;
	return 0;
}

/* Nothing is no value; only a multiple resource or an instance can be replaced by nothing. */
static bool lacks_value(const struct target *target, const struct records *records)
{
	return records->count == 0 && target->path.depth >= PATH_RESOURCE &&
	       (target->path.depth == PATH_RESOURCE_INSTANCE ||
		       !(target->resource->flags & RESOURCE_MULTIPLE));
}

int operation_check_records(const struct target *target, struct records *records)
{
	size_t kept = 0;

	if (lacks_value(target, records))
		return -EBADMSG;
	for (size_t i = 0; i < records->count; i++) {
		int r = check_record(target, &records->items[i]);

		if (r < 0 && r != -ENODATA)
			return r;
		if (r == 0)
			records->items[kept++] = records->items[i];
	}
	records->count = kept;
	return 0;
}

/* Which instance a Create makes; all records have to be of one. */
static int choose_instance(struct target *target, const struct records *records)
{
	uint16_t iid = records->count ? records->items[0].path.ids[1] : PATH_ID_NONE;

	for (size_t i = 1; i < records->count; i++)
		if (records->items[i].path.ids[1] != iid)
			return -EBADMSG;
	if (iid == PATH_ID_NONE)
		iid = object_free_instance(target->object);
	if (iid == PATH_ID_NONE || (!(target->object->info->flags & OBJECT_MULTIPLE) && iid != 0) ||
	    object_has_instance(target->object, iid))
		return -EEXIST;
	target->path = PATH2(target->object->info->id, iid);
	return 0;
}

static bool has_resource(const struct records *records, uint16_t rid)
{
	for (size_t i = 0; i < records->count; i++)
		if (records->items[i].path.ids[2] == rid)
			return true;
	return false;
}

static int check_create(struct target *target, struct records *records)
{
	const struct object_info *info = target->object->info;

	for (size_t i = 0; i < info->n_resources; i++)
		if (info->resources[i].flags & RESOURCE_MANDATORY &&
			info->resources[i].operations & RESOURCE_W &&
			!has_resource(records, info->resources[i].id))
			return -EINVAL;
	for (size_t i = 0; i < records->count; i++)
		records->items[i].path.ids[1] = target->path.ids[1];
	return 0;
}

int operation_decode(struct target *target, int format, enum lwm2m_version version, struct bytes body,
		     const struct registry *registry, struct records *ret)
{
	const struct codec_types types = { registry_type_of, registry };
	int r;

	/* A body without Content-Format is plain text (Core 1.0, 6.4); an empty Create needs none. */
	if (format < 0 && (target->type != OPERATION_CREATE || body.len > 0))
		format = CODEC_TEXT;
	if (format < 0)
		r = 0;
	else
		r = codec_is_offered(format, version) ?
			    codec_decode(format, &target->path, body, &types, ret) :
			    -EPROTONOSUPPORT;
	if (r == -ENOTSUP)
		r = -EBADMSG;
	if (r == 0 && target->type == OPERATION_CREATE)
		r = choose_instance(target, ret);
	if (r == 0)
		r = operation_check_records(target, ret);
	if (r == 0 && target->type == OPERATION_CREATE)
		r = check_create(target, ret);
	return r < 0 ? operation_code(target->type, r) : 0;
}

/* Printable ASCII without blanks, quotes and backslashes. */
static bool is_argument_character(uint8_t c)
{
	return c > ' ' && c < 0x7F && c != '"' && c != '\'' && c != '\\';
}

/* "='text'" after an argument's digit; returns what follows it, NULL when malformed. */
static const uint8_t *skip_argument_value(const uint8_t *at, const uint8_t *end)
{
	if (at == end || *at != '=')
		return at;
	if (end - at < 3 || at[1] != '\'')
		return NULL;
	for (at += 2; at < end && is_argument_character(*at);)
		at++;
	return at < end && *at == '\'' ? at + 1 : NULL;
}

int operation_check_arguments(struct bytes arguments)
{
	const uint8_t *at = arguments.data, *end;
	unsigned int seen = 0;

	if (arguments.len == 0)
		return 0;
	end = at + arguments.len;
	for (;;) {
		if (at == end || *at < '0' || *at > '9' || seen & 1U << (*at - '0'))
			return -EINVAL;
		seen |= 1U << (*at - '0');
		at = skip_argument_value(at + 1, end);
		if (!at)
			return -EINVAL;
		if (at == end)
			return 0;
		if (*at++ != ',')
			return -EINVAL;
	}
}

int operation_format(const struct target *target, int accept, enum lwm2m_version version)
{
	const struct resource_info *resource = target->resource;

	if (accept >= 0)
		return codec_is_offered(accept, version) ? accept : -ENOTSUP;
	if (!resource || (resource->flags & RESOURCE_MULTIPLE && target->path.depth == PATH_RESOURCE))
		return version == LWM2M_1_0 ? CODEC_TLV : CODEC_SENML_CBOR;
	return resource->type == VALUE_OPAQUE ? CODEC_OPAQUE : CODEC_TEXT;
}
