/* SPDX-License-Identifier: Apache-2.0 */
/*
 * security.h - object 0, LwM2M Security: a view of the accounts that no server may see
 *
 * One instance per account. Reads are for the agent itself and its administrator and leave the secret key out; everybody
 * else gets -EACCES, whatever was checked before. The accounts are borrowed and outlive the object.
 */
#pragma once

#include "base/cleanup.h"
#include "lwm2m/object.h"
#include "lwm2m/server.h"

struct security;

/* The definition. */
extern const struct object_info security_info;

/* What a Bootstrap-Server may bring at most, bytes. */
#define SECURITY_IDENTITY_MAX 4096
#define SECURITY_KEY_MAX      4096

/* Appends the account's instance, the secret key too; ret borrows from the account. -ENOMEM. */
int security_append(const struct server *server, struct records *ret);

/* Takes the value of a resource into the account. -ENOENT: there is no such resource; -ERANGE, -EINVAL, -ENOMEM. */
int security_set(struct server *server, uint16_t rid, const struct value *value);

/* -ENOMEM. */
int security_new(struct servers *servers, struct security **ret);
struct security *security_free(struct security *security);
DEFINE_CLEANUP(struct security *, security_free)

struct object *security_object(struct security *security);
