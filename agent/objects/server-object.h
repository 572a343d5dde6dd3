/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server-object.h - object 1, LwM2M Server: the part of the accounts that servers may read and change
 *
 * One instance per account that is no Bootstrap Server's. A Write goes into struct server; what servers wrote, and only
 * that, is what a read by the agent itself (operation->server 0) gives and thus what is kept: configuration stays in charge
 * of the rest. A Replace of an instance returns optional resources it does not bring to their defaults. The accounts are
 * borrowed and outlive the object. 1/x/9 answers 5.01 where there is nobody to bootstrap from.
 */
#pragma once

#include "base/cleanup.h"
#include "lwm2m/object.h"
#include "lwm2m/server.h"

/*
 * Called before the operation is answered and from within the engine: take a note, and act once the engine's effects
 * are carried out.
 */
struct server_object_actions {
	/* 1/x/4: be gone for server->disable_timeout_s, after the answer and a De-register. */
	void (*disable)(void *userdata, struct server *server);
	/* 1/x/8, or lifetime or binding are others now: send a Registration Update. */
	void (*update)(void *userdata, struct server *server);
	/* 1/x/9: ask the Bootstrap-Server. */
	void (*bootstrap)(void *userdata, struct server *server);
};

struct server_object;

/* The definition. */
extern const struct object_info server_object_info;

/* Appends the account's instance; ret borrows from the account. -ENOMEM. */
int server_object_append(const struct server *server, struct records *ret);

/* Takes a resource's value into the account, whoever may write it. -EPERM: it has none; -ERANGE, -EINVAL. */
int server_object_set(struct server *server, const struct record *record);

/* actions and userdata are borrowed; an action that is NULL answers 5.01. -ENOMEM. */
int server_object_new(struct servers *servers, const struct server_object_actions *actions, void *userdata,
		      struct server_object **ret);
struct server_object *server_object_free(struct server_object *server_object);
DEFINE_CLEANUP(struct server_object *, server_object_free)

struct object *server_object_get(struct server_object *server_object);
