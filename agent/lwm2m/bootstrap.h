/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bootstrap.h - what goes on with the Bootstrap-Server; within the engine
 *
 * There is one at most. bootstrap.c is when it is asked and how that ends, bootstrap-serve.c what it asks
 * of us. Its session's number is the one after the peers'.
 */
#pragma once

#include "lwm2m/draft.h"
#include "lwm2m/engine-internal.h"

/* A body in blocks, of the server's, and thus a Bootstrap-Pack. */
#define BOOTSTRAP_BODY_MAX (64 * 1024)

void bootstrap_init(struct engine *engine);
void bootstrap_deinit(struct engine *engine);

void bootstrap_start(struct engine *engine);
void bootstrap_stop(struct engine *engine);
int bootstrap_ask_for(struct engine *engine); /* engine_bootstrap() */
void bootstrap_tick(struct engine *engine);
usec_t bootstrap_deadline(const struct engine *engine);
void bootstrap_network_changed(struct engine *engine);

/* The answer to its EFFECT_CONNECT, the end of its session, and the answer to its EFFECT_REQUEST. */
void bootstrap_connected(struct engine *engine, int error);
void bootstrap_answered(struct engine *engine, int error, const struct message *response);

/* This try is over without success. why: for people, or NULL. */
void bootstrap_fail(struct engine *engine, int error, uint8_t code, const char *why);

/* The server said something. */
void bootstrap_heard(struct engine *engine);

/*
 * The draft becomes the accounts, to be kept before anything else leaves; -errno: it cannot, and
 * bootstrap->why.
 */
int bootstrap_finish(struct engine *engine);

/* The accounts could not be kept: what there was stays. The server was told otherwise; it is asked again. */
void bootstrap_not_kept(struct engine *engine);

/* bootstrap-serve.c: a request of the server. */
void bootstrap_serve(struct engine *engine, const struct message *message);

/* Begins the draft with the accounts as they are. -errno. */
int bootstrap_draft_accounts(struct engine *engine);

/* Objects in the pack are replaced as a whole in the draft. -errno: it is none, or has what cannot be. */
int bootstrap_take_pack(struct engine *engine, const struct message *response);

/* A write or delete outside of the draft ended. */
void bootstrap_request_ended(struct request *request, int error);
