/* SPDX-License-Identifier: Apache-2.0 */
#include "objects/access-control.h"

#include <errno.h>
#include <stdlib.h>

enum {
	OBJECT_ID = 0,
	INSTANCE_ID = 1,
	ACL = 2,
	OWNER = 3,
};

struct access_control {
	struct object object;
	struct acl acl;
	struct servers *servers;
	uint16_t ids[ACL_RIGHTS_MAX]; /* what probe lends */
};

static const struct resource_info resources[] = {
	{ OBJECT_ID, VALUE_INTEGER, RESOURCE_R, RESOURCE_MANDATORY },
	{ INSTANCE_ID, VALUE_INTEGER, RESOURCE_R, RESOURCE_MANDATORY },
	{ ACL, VALUE_INTEGER, RESOURCE_RW, RESOURCE_MULTIPLE },
	{ OWNER, VALUE_INTEGER, RESOURCE_RW, RESOURCE_MANDATORY },
};

const struct object_info access_control_info = {
	.id = ACL_OBJECT,
	.flags = OBJECT_MULTIPLE | OBJECT_PERSIST | OBJECT_WHOLE,
	.version = "1.1",
	.resources = resources,
	.n_resources = ELEMENTSOF(resources),
};

static struct access_control *of(const struct object *object)
{
	return container_of(object, struct access_control, object);
}

static uint16_t first_account(const struct servers *servers)
{
	const struct server *server;

	list_for_each(server, &servers->list, link)
		if (!server->bootstrap)
			return server->short_id;
	return ACL_BOOTSTRAP;
}

static int add_account(struct acl_entry *entry, const struct server *server)
{
	uint8_t rights = server->rights;
	bool owns = server->short_id == entry->owner;
	int r;

	if (entry->iid == ACL_ANY_INSTANCE)
		rights &= ACL_C;
	if (owns ? rights == ACL_ALL : rights == 0)
		return 0;
	r = acl_entry_set(entry, server->short_id, rights);
	return r == -ENOSPC ? 0 : r;
}

static int factory(struct acl *acl, struct acl_entry *entry)
{
	const struct access_control *access_control = container_of(acl, struct access_control, acl);
	const struct server *server;
	int r = 0;

	if (entry->oid == 1 && entry->iid != ACL_ANY_INSTANCE) {
		server = servers_find_instance(access_control->servers, entry->iid);
		entry->owner = server ? server->short_id : ACL_BOOTSTRAP;
		return 0;
	}
	entry->owner =
		entry->iid == ACL_ANY_INSTANCE ? ACL_BOOTSTRAP : first_account(access_control->servers);
	list_for_each(server, &access_control->servers->list, link)
		if (!server->bootstrap && r == 0)
			r = add_account(entry, server);
	return r;
}

static int read_acl(const struct acl_entry *entry, struct operation *operation)
{
	int r = 0;

	for (size_t i = 0; i < entry->n_rights && r >= 0; i++) {
		struct path path = PATH4(ACL_OBJECT, entry->own_iid, ACL, entry->rights[i].server);

		if (path_contains(&operation->path, &path))
			r = records_add(&operation->records, path, VALUE_INTEGER(entry->rights[i].rights));
	}
	return r;
}

static int read_integer(
	const struct acl_entry *entry, uint16_t rid, int64_t value, struct operation *operation)
{
	struct path path = PATH3(ACL_OBJECT, entry->own_iid, rid);

	return path_contains(&operation->path, &path) ?
		       records_add(&operation->records, path, VALUE_INTEGER(value)) :
		       0;
}

static int read_entry(const struct acl_entry *entry, struct operation *operation)
{
	int r = read_integer(entry, OBJECT_ID, entry->oid, operation);

	if (r >= 0)
		r = read_integer(entry, INSTANCE_ID, entry->iid, operation);
	if (r >= 0)
		r = read_acl(entry, operation);
	return r < 0 ? r : read_integer(entry, OWNER, entry->owner, operation);
}

/* The agent itself, which keeps what it reads here, gets what came of servers. */
static void access_control_read(struct object *object, struct operation *operation)
{
	const struct acl *acl = &of(object)->acl;
	int r = 0;

	for (size_t i = 0; i < object->n_instances && r >= 0; i++) {
		const struct acl_entry *entry;

		if (operation->path.depth >= PATH_INSTANCE && operation->path.ids[1] != object->instances[i])
			continue;
		entry = acl_find_own(acl, object->instances[i]);
		if (entry && !(operation->server == 0 && entry->factory))
			r = read_entry(entry, operation);
	}
	operation_done(operation, r < 0 ? r : 0);
}

static int set_right(struct acl_entry *entry, uint16_t server, int64_t rights)
{
	int r = rights < 0 || rights > ACL_ALL ? -ERANGE : acl_entry_set(entry, server, (uint8_t)rights);

	return r == -ENOSPC ? -EMSGSIZE : r;
}

static int set_owner(const struct access_control *access_control, struct acl_entry *entry, int64_t owner)
{
	if (owner < 1 || owner > UINT16_MAX ||
		!servers_find_short_id(access_control->servers, (uint16_t)owner))
		return -EINVAL;
	entry->owner = (uint16_t)owner;
	return 0;
}

static int apply(const struct access_control *access_control, struct acl_entry *entry,
	const struct operation *operation)
{
	int r = 0;

	if (operation->type == OPERATION_WRITE_REPLACE &&
	    (operation->path.depth == PATH_INSTANCE ||
		    (operation->path.depth == PATH_RESOURCE && operation->path.ids[2] == ACL)))
		entry->n_rights = 0;
	for (size_t i = 0; i < operation->records.count && r == 0; i++) {
		const struct record *record = &operation->records.items[i];

		if (record->path.ids[2] == ACL)
			r = set_right(entry, record->path.ids[3], record->value.integer);
		else
			r = set_owner(access_control, entry, record->value.integer);
	}
	return r;
}

static int copy_entry(const struct acl_entry *entry, struct acl_entry *ret)
{
	*ret = *entry;
	ret->rights = calloc(entry->n_rights + 1, sizeof(*ret->rights));
	if (!ret->rights)
		return -ENOMEM;
	if (entry->n_rights > 0)
		memcpy(ret->rights, entry->rights, entry->n_rights * sizeof(*ret->rights));
	return 0;
}

/* All of it or nothing: tried on a copy. */
static int write_entry(const struct access_control *access_control, struct acl_entry *entry,
		       const struct operation *operation)
{
	struct acl_entry copy;
	int r = copy_entry(entry, &copy);

	if (r < 0)
		return r;
	r = apply(access_control, &copy, operation);
	if (r < 0) {
		free(copy.rights);
		return r;
	}
	free(entry->rights);
	*entry = copy;
	entry->factory = false;
	return 0;
}

static void access_control_write(struct object *object, struct operation *operation)
{
	struct acl_entry *entry = acl_find_own(&of(object)->acl, operation->path.ids[1]);

	operation_done(operation, entry ? write_entry(of(object), entry, operation) : -ENOENT);
}

/* One server's rights; an instance goes with what it is about. */
static void access_control_delete(struct object *object, struct operation *operation)
{
	struct acl_entry *entry = acl_find_own(&of(object)->acl, operation->path.ids[1]);

	if (operation->path.depth != PATH_RESOURCE_INSTANCE || !entry) {
		operation_done(operation, entry ? -EPERM : -ENOENT);
		return;
	}
	acl_entry_unset(entry, operation->path.ids[3]);
	entry->factory = false;
	operation_done(operation, 0);
}

static const struct record *find_record(const struct operation *operation, uint16_t rid)
{
	for (size_t i = 0; i < operation->records.count; i++)
		if (operation->records.items[i].path.ids[2] == rid)
			return &operation->records.items[i];
	return NULL;
}

static int restore_rights(const struct access_control *access_control, struct acl_entry *entry,
			  const struct operation *operation)
{
	int r = 0;

	for (size_t i = 0; i < operation->records.count && r == 0; i++) {
		const struct record *record = &operation->records.items[i];

		if (record->path.ids[2] == ACL)
			r = set_right(entry, record->path.ids[3], record->value.integer);
		else if (record->path.ids[2] == OWNER && record->value.integer != ACL_BOOTSTRAP &&
			 set_owner(access_control, entry, record->value.integer) < 0)
			entry->owner = first_account(access_control->servers);
	}
	return r;
}

static int restore_entry(struct access_control *access_control, const struct operation *operation)
{
	const struct record *oid = find_record(operation, OBJECT_ID),
			    *iid = find_record(operation, INSTANCE_ID);
	struct acl_entry *entry;
	int r;

	if (!oid || !iid || oid->value.natural < 1 || oid->value.natural >= PATH_ID_NONE ||
	    iid->value.natural > UINT16_MAX || oid->value.natural == ACL_OBJECT)
		return -EBADMSG;
	r = acl_add(&access_control->acl, (uint16_t)oid->value.natural, (uint16_t)iid->value.natural,
		operation->path.ids[1], &entry);
	if (r < 0)
		return r;
	entry->owner = ACL_BOOTSTRAP;
	r = restore_rights(access_control, entry, operation);
	if (r < 0)
		acl_remove(&access_control->acl, entry);
	return r;
}

/* What was kept comes back this way; servers do not Create here. */
static void access_control_create(struct object *object, struct operation *operation)
{
	operation_done(operation, operation->server == 0 ? restore_entry(of(object), operation) : -EPERM);
}

static int access_control_probe(const struct object *object, uint16_t iid,
	const struct resource_info *resource, const uint16_t **ret_ids)
{
	struct access_control *access_control = of(object);
	const struct acl_entry *entry = acl_find_own(&access_control->acl, iid);

	if (!entry)
		return -ENOENT;
	if (resource->id != ACL)
		return 0;
	for (size_t i = 0; i < entry->n_rights; i++)
		access_control->ids[i] = entry->rights[i].server;
	*ret_ids = access_control->ids;
	return (int)entry->n_rights;
}

static const struct object_ops ops = {
	.read = access_control_read,
	.write = access_control_write,
	.create = access_control_create,
	.delete = access_control_delete,
	.probe = access_control_probe,
};

int access_control_new(struct servers *servers, struct access_control **ret)
{
	struct access_control *access_control = calloc(1, sizeof(*access_control));

	if (!access_control)
		return -ENOMEM;
	access_control->object.info = &access_control_info;
	access_control->object.ops = &ops;
	access_control->acl.object = &access_control->object;
	access_control->acl.factory = factory;
	access_control->servers = servers;
	*ret = access_control;
	return 0;
}

struct access_control *access_control_free(struct access_control *access_control)
{
	if (!access_control)
		return NULL;
	acl_deinit(&access_control->acl);
	object_deinit(&access_control->object);
	free(access_control);
	return NULL;
}

struct object *access_control_get(struct access_control *access_control)
{
	return &access_control->object;
}

struct acl *access_control_acl(struct access_control *access_control)
{
	return &access_control->acl;
}
