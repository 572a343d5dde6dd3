/* SPDX-License-Identifier: Apache-2.0 */
#include "lwm2m/acl.h"

#include <stdlib.h>

#include "lwm2m/registry.h"

void acl_deinit(struct acl *acl)
{
	for (size_t i = 0; i < acl->n_entries; i++)
		free(acl->entries[i].rights);
	free(acl->entries);
	*acl = (struct acl){ 0 };
}

/* The place of the entry about this instance, or where it would go. */
static size_t entry_index(const struct acl *acl, uint16_t oid, uint16_t iid)
{
	uint32_t wanted = (uint32_t)oid << 16 | iid;
	size_t low = 0, high = acl->n_entries;

	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct acl_entry *entry = &acl->entries[middle];

		if (((uint32_t)entry->oid << 16 | entry->iid) < wanted)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct acl_entry *acl_find(const struct acl *acl, uint16_t oid, uint16_t iid)
{
	size_t i = entry_index(acl, oid, iid);

	if (i == acl->n_entries || acl->entries[i].oid != oid || acl->entries[i].iid != iid)
		return NULL;
	return &acl->entries[i];
}

struct acl_entry *acl_find_own(const struct acl *acl, uint16_t own_iid)
{
	for (size_t i = 0; i < acl->n_entries; i++)
		if (acl->entries[i].own_iid == own_iid)
			return &acl->entries[i];
	return NULL;
}

static int reserve(struct acl *acl)
{
	size_t allocated = acl->allocated ? acl->allocated * 2 : 16;
	struct acl_entry *entries;

	if (acl->n_entries < acl->allocated)
		return 0;
	entries = reallocarray(acl->entries, allocated, sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	acl->entries = entries;
	acl->allocated = allocated;
	return 0;
}

int acl_add(struct acl *acl, uint16_t oid, uint16_t iid, uint16_t own_iid, struct acl_entry **ret)
{
	size_t i = entry_index(acl, oid, iid);
	int r = acl_find(acl, oid, iid) ? -EEXIST : reserve(acl);

	if (r < 0)
		return r;
	memmove(&acl->entries[i + 1], &acl->entries[i], (acl->n_entries - i) * sizeof(*acl->entries));
	acl->entries[i] = (struct acl_entry){ .oid = oid, .iid = iid, .own_iid = own_iid };
	acl->n_entries++;
	if (acl->object)
		r = object_add_instance(acl->object, own_iid);
	if (r < 0) {
		acl_remove(acl, &acl->entries[i]);
		return r;
	}
	*ret = &acl->entries[i];
	return 0;
}

/* What came of servers is another now. */
static void keep(const struct acl *acl)
{
	if (acl->object && acl->object->registry)
		registry_persist(acl->object->registry, ACL_OBJECT);
}

void acl_remove(struct acl *acl, struct acl_entry *entry)
{
	size_t i = (size_t)(entry - acl->entries);
	uint16_t own_iid = entry->own_iid;

	if (!entry->factory)
		keep(acl);
	free(entry->rights);
	acl->n_entries--;
	memmove(&acl->entries[i], &acl->entries[i + 1], (acl->n_entries - i) * sizeof(*acl->entries));
	if (acl->object && !acl_find_own(acl, own_iid))
		object_remove_instance(acl->object, own_iid);
}

static size_t right_index(const struct acl_entry *entry, uint16_t server)
{
	size_t i = 0;

	while (i < entry->n_rights && entry->rights[i].server < server)
		i++;
	return i;
}

static const struct acl_right *find_right(const struct acl_entry *entry, uint16_t server)
{
	size_t i = right_index(entry, server);

	return i < entry->n_rights && entry->rights[i].server == server ? &entry->rights[i] : NULL;
}

int acl_entry_set(struct acl_entry *entry, uint16_t server, uint8_t rights)
{
	size_t i = right_index(entry, server);
	struct acl_right *grown;

	if (find_right(entry, server)) {
		entry->rights[i].rights = rights;
		return 0;
	}
	if (entry->n_rights == ACL_RIGHTS_MAX)
		return -ENOSPC;
	grown = reallocarray(entry->rights, entry->n_rights + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	entry->rights = grown;
	memmove(&grown[i + 1], &grown[i], (entry->n_rights - i) * sizeof(*grown));
	grown[i] = (struct acl_right){ server, rights };
	entry->n_rights++;
	return 0;
}

void acl_entry_unset(struct acl_entry *entry, uint16_t server)
{
	size_t i = right_index(entry, server);

	if (!find_right(entry, server))
		return;
	entry->n_rights--;
	memmove(&entry->rights[i], &entry->rights[i + 1], (entry->n_rights - i) * sizeof(*entry->rights));
}

static uint16_t free_own_iid(const struct acl *acl)
{
	uint16_t iid = 0;

	if (acl->object)
		return object_free_instance(acl->object);
	while (iid < PATH_ID_NONE && acl_find_own(acl, iid))
		iid++;
	return iid;
}

static int add_free(struct acl *acl, uint16_t oid, uint16_t iid, struct acl_entry **ret)
{
	uint16_t own_iid = free_own_iid(acl);

	return own_iid == PATH_ID_NONE ? -ENOSPC : acl_add(acl, oid, iid, own_iid, ret);
}

static int fill_one(struct acl *acl, uint16_t oid, uint16_t iid)
{
	struct acl_entry *entry;
	int r;

	if (acl_find(acl, oid, iid))
		return 0;
	r = add_free(acl, oid, iid, &entry);
	if (r < 0)
		return r;
	entry->factory = true;
	r = acl->factory(acl, entry);
	if (r < 0)
		acl_remove(acl, entry);
	return r;
}

void acl_fill(struct acl *acl, const struct registry *registry)
{
	for (size_t i = 0; i < registry->n_objects; i++) {
		const struct object *object = registry->objects[i];
		int r = 0;

		if (object->info->id == ACL_OBJECT || object->info->flags & OBJECT_HIDDEN)
			continue;
		for (size_t k = 0; k < object->n_instances && r == 0; k++)
			r = fill_one(acl, object->info->id, object->instances[k]);
		if (object->info->flags & OBJECT_CREATE)
			(void)fill_one(acl, object->info->id, ACL_ANY_INSTANCE);
	}
}

int acl_take(struct acl *acl, uint16_t oid, uint16_t iid, uint16_t server)
{
	struct acl_entry *entry = acl_find(acl, oid, iid);
	int r = entry ? 0 : add_free(acl, oid, iid, &entry);

	if (r < 0)
		return r;
	entry->n_rights = 0;
	entry->owner = server;
	entry->factory = false;
	keep(acl);
	return 0;
}

void acl_forget(struct acl *acl, const struct path *path)
{
	if (path->ids[0] == ACL_OBJECT)
		return;
	if (path->depth >= PATH_INSTANCE) {
		struct acl_entry *entry = acl_find(acl, path->ids[0], path->ids[1]);

		if (entry)
			acl_remove(acl, entry);
		return;
	}
	for (size_t i = acl->n_entries; i > 0; i--)
		if (acl->entries[i - 1].oid == path->ids[0] && acl->entries[i - 1].factory)
			acl_remove(acl, &acl->entries[i - 1]);
}

/* An entry may be read by all, and written by its owner; nobody makes or removes one by itself. */
static unsigned int entry_rights(const struct acl *acl, uint16_t server, uint16_t own_iid)
{
	const struct acl_entry *entry = acl_find_own(acl, own_iid);

	return entry && entry->owner == server ? ACL_R | ACL_W : ACL_R;
}

unsigned int acl_rights(const struct acl *acl, uint16_t server, uint16_t oid, uint16_t iid)
{
	const struct acl_entry *entry;
	const struct acl_right *right;

	if (oid == ACL_OBJECT)
		return entry_rights(acl, server, iid);
	entry = acl_find(acl, oid, iid);
	if (!entry)
		return 0;
	right = find_right(entry, server);
	if (right)
		return right->rights;
	if (entry->owner == server)
		return ACL_ALL;
	right = find_right(entry, ACL_DEFAULT);
	return right ? right->rights : 0;
}

static bool is_closed(uint16_t oid, const struct object *object)
{
	return oid == 0 || oid == 21 || oid == 23 || (object && object->info->flags & OBJECT_HIDDEN);
}

static bool reads_some(const struct acl *acl, uint16_t server, const struct object *object)
{
	for (size_t i = 0; i < object->n_instances; i++)
		if (acl_rights(acl, server, object->info->id, object->instances[i]) & ACL_R)
			return true;
	return object->n_instances == 0;
}

static bool is_allowed_object(const struct acl *acl, uint16_t server, enum operation_type operation,
			      const struct object *object)
{
	if (operation == OPERATION_READ)
		return reads_some(acl, server, object);
	if (operation == OPERATION_CREATE)
		return acl_rights(acl, server, object->info->id, ACL_ANY_INSTANCE) & ACL_C;
	return true;
}

static unsigned int needed(enum operation_type operation, const struct path *path)
{
	static const uint8_t rights[_OPERATION_TYPE_MAX] = {
		[OPERATION_READ] = ACL_R,
		[OPERATION_DISCOVER] = ACL_R,
		[OPERATION_WRITE_REPLACE] = ACL_W,
		[OPERATION_WRITE_UPDATE] = ACL_W,
		[OPERATION_WRITE_BLOCK] = ACL_W,
		[OPERATION_WRITE_ATTRIBUTES] = ACL_R,
		[OPERATION_EXECUTE] = ACL_E,
		[OPERATION_CREATE] = ACL_C,
		[OPERATION_DELETE] = ACL_D,
	};

	/* An owner takes back what it gave to one server. */
	return operation == OPERATION_DELETE && path->ids[0] == ACL_OBJECT && path->depth > PATH_INSTANCE ?
		       ACL_W :
		       rights[operation];
}

int acl_check(const struct acl *acl, uint16_t server, enum operation_type operation, const struct path *path,
	      const struct object *object)
{
	bool allowed;

	if (is_closed(path->ids[0], object))
		return -EACCES;
	if (!acl || server == 0 || !object)
		return 0;
	if (path->depth < PATH_INSTANCE)
		allowed = is_allowed_object(acl, server, operation, object);
	else
		allowed = !object_has_instance(object, path->ids[1]) ||
			  acl_rights(acl, server, path->ids[0], path->ids[1]) & needed(operation, path);
	return allowed ? 0 : -EACCES;
}

void acl_filter(const struct acl *acl, uint16_t server, struct records *records)
{
	size_t kept = 0;

	if (!acl || server == 0)
		return;
	for (size_t i = 0; i < records->count; i++) {
		const struct path *path = &records->items[i].path;

		if (acl_rights(acl, server, path->ids[0], path->ids[1]) & ACL_R)
			records->items[kept++] = records->items[i];
	}
	records->count = kept;
}
