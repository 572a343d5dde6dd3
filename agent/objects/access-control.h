/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access-control.h - object 2, Access Control: which server may do what, where there are several
 *
 * A view of the table in lwm2m/acl.h, and what configuration says about it. What no server created belongs to the first
 * account; each account has the rights that its section says (struct server.rights), which are all unless said. An
 * instance of object 1 belongs to the server it is about and is nobody else's business. Create is for those who have the C
 * among their rights, by an entry that no server may change. The owner of an entry may write its rights and hand it over
 * to another account. What servers wrote or created is what a read by the agent itself gives and thus what is kept;
 * kept entries whose owner has no account any more go to the first one. The accounts are borrowed and outlive the object.
 */
#pragma once

#include "base/cleanup.h"
#include "lwm2m/acl.h"
#include "lwm2m/object.h"
#include "lwm2m/server.h"

struct access_control;

/* The definition. */
extern const struct object_info access_control_info;

/* -ENOMEM. */
int access_control_new(struct servers *servers, struct access_control **ret);
struct access_control *access_control_free(struct access_control *access_control);
DEFINE_CLEANUP(struct access_control *, access_control_free)

struct object *access_control_get(struct access_control *access_control);

/* For registry->acl. */
struct acl *access_control_acl(struct access_control *access_control);
