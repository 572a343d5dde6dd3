/* SPDX-License-Identifier: Apache-2.0 */
/*
 * accounts.h - accounts as instances of Security and Server, and back
 *
 * What a Bootstrap-Server makes are values of objects 0 and 1; what the client works with are accounts. An
 * instance of Security and one of Server are of the same account when both have the same Short Server ID.
 * What those objects have no resource for (the version to offer, sizes, queue mode) comes from a template.
 */
#pragma once

#include "lwm2m/draft.h"
#include "lwm2m/object.h"
#include "lwm2m/server.h"

/* The resource of object 0, 1 or 2 at path; NULL: it is not known. */
const struct resource_info *accounts_find_resource(const struct path *path);

/* Appends the instances of Security and Server of all accounts, keys too; ret borrows from them. -ENOMEM. */
int accounts_read(const struct servers *servers, struct records *ret);

#define ACCOUNTS_WHY_MAX 128

/*
 * Makes accounts of the draft; ret is empty before, and on failure. -EINVAL: it is not consistent, and why
 * for people. -ENOMEM. An account has the name of the one of named that has the same Short Server ID, or
 * "server-ID".
 */
int accounts_make(const struct draft *draft, const struct server *template, const struct servers *named,
	struct servers *ret, char why[ACCOUNTS_WHY_MAX]);
