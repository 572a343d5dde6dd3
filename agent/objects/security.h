/* SPDX-License-Identifier: Apache-2.0 */
/*
 * security.h - object 0, LwM2M Security: a view of the accounts that no server may see
 *
 * One instance per account. Reads are for the agent itself (operation->server 0) and leave the secret key out; everybody
 * else gets -EACCES, whatever was checked before. The accounts are borrowed and outlive the object.
 */
#pragma once

#include "base/cleanup.h"
#include "lwm2m/object.h"
#include "lwm2m/server.h"

struct security;

/* -ENOMEM. */
int security_new(struct servers *servers, struct security **ret);
struct security *security_free(struct security *security);
DEFINE_CLEANUP(struct security *, security_free)

struct object *security_object(struct security *security);
