/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acl.h - may this server do this to that instance
 *
 * Security (0), OSCORE (21) and COSE (23) are closed to every LwM2M Server, whether they exist or not (Core
 * 1.2, 8.1). With one server nothing else is: registry->acl is NULL. With several there is a table with one
 * entry for each Object Instance, and one with the id 65535 for each object that servers may Create
 * instances of (Core 1.2, 8.2). Object 2 is a view of this table: each entry is one of its instances.
 *
 * What of an entry a server wrote, or made by a Create, is kept by a restart. All else is factory: made by
 * acl->factory, as configuration has it, when the instance appears.
 */
#pragma once

#include "lwm2m/object.h"

enum { ACL_OBJECT = 2, ACL_ANY_INSTANCE = 65535, ACL_BOOTSTRAP = 65535, ACL_DEFAULT = 0 };

/* Bits of a value of 2/x/2. */
enum { ACL_R = 1, ACL_W = 2, ACL_E = 4, ACL_D = 8, ACL_C = 16, ACL_ALL = 31 };

/* Servers that one entry has rights for, at most. */
#define ACL_RIGHTS_MAX 64

struct acl_right {
	uint16_t server; /* Short Server ID, or ACL_DEFAULT */
	uint8_t rights;
};

struct acl_entry {
	uint16_t oid, iid; /* of what it is about */
	uint16_t own_iid;  /* instance of object 2 */
	uint16_t owner;    /* Short Server ID, or ACL_BOOTSTRAP */
	bool factory;      /* as configuration has it */
	struct acl_right *rights; /* ascending */
	size_t n_rights;
};

struct acl {
	struct acl_entry *entries; /* by what they are about */
	size_t n_entries, allocated;
	struct object *object; /* 2, whose instances follow the entries; NULL: there is none */
	/* Gives a new entry its owner and rights. -ENOMEM. */
	int (*factory)(struct acl *acl, struct acl_entry *entry);
};

void acl_deinit(struct acl *acl);

/* Entries are good until the next one is added or removed. */
struct acl_entry *acl_find(const struct acl *acl, uint16_t oid, uint16_t iid);
struct acl_entry *acl_find_own(const struct acl *acl, uint16_t own_iid);

/* A new entry without owner and rights as instance own_iid of object 2. -EEXIST, -ENOMEM. */
int acl_add(struct acl *acl, uint16_t oid, uint16_t iid, uint16_t own_iid, struct acl_entry **ret);
void acl_remove(struct acl *acl, struct acl_entry *entry);

/* -ENOSPC: more than ACL_RIGHTS_MAX, -ENOMEM. */
int acl_entry_set(struct acl_entry *entry, uint16_t server, uint8_t rights);
void acl_entry_unset(struct acl_entry *entry, uint16_t server);

/* Gives every instance that has none its factory entry; it comes again when there is no memory now. */
void acl_fill(struct acl *acl, const struct registry *registry);

/* A server made this instance, which is now its own. -ENOMEM. */
int acl_take(struct acl *acl, uint16_t oid, uint16_t iid, uint16_t server);

/* An instance is gone. Of an object that is gone as a whole, which may return, go the factory entries. */
void acl_forget(struct acl *acl, const struct path *path);

/*
 * What server may do to this instance, or for ACL_ANY_INSTANCE to the object: its own entry; all for an owner
 * without one; else the default; else nothing.
 */
unsigned int acl_rights(const struct acl *acl, uint16_t server, uint16_t oid, uint16_t iid);

/*
 * 0: allowed; -EACCES: not. acl may be NULL, and so may object: there is none of that id. An instance that is
 * not there is nobody's secret. server 0 is the agent itself. A Read of an object is allowed where one
 * instance may be read; acl_filter() leaves out the others.
 */
int acl_check(const struct acl *acl, uint16_t server, enum operation_type operation, const struct path *path,
	      const struct object *object);
void acl_filter(const struct acl *acl, uint16_t server, struct records *records);
