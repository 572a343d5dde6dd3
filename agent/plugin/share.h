/* SPDX-License-Identifier: Apache-2.0 */
/*
 * share.h - several plugins that serve objects of one id
 *
 * Two plugins may both have temperatures. Each numbers its instances as it likes; first_instance of its configuration is
 * added to them, so that servers see one object whose instances from one plugin's first to the next one's are the
 * former's. A plugin that is alone, and begins at 0, is in the registry itself; otherwise an object stands there that
 * hands operations on. An operation on all instances asks one plugin after the other: those that cannot answer now are
 * left out, unless that is all of them.
 *
 * Where the agent has such an object itself, which steps aside, plugins take turns: they may begin at the same number, and
 * servers see the instances of the one that got some last. So a modem and a wireless interface each bring /4/0 while they
 * are in use, and when neither is, the agent's is back. To servers it is one object all the time.
 */
#pragma once

#include "lwm2m/registry.h"

#define SHARE_REASON_MAX 256

/*
 * Puts a plugin's object, its instances made, into the registry. -EEXIST: another stands in the way, and ret_reason is a
 * sentence on how to make room. -ENOMEM.
 */
int share_add(struct registry *registry, struct object *object, uint16_t first, char ret_reason[SHARE_REASON_MAX]);

/* Takes it out again; operations that it has not ended yet it ends afterwards. Nothing where it is not in. */
void share_remove(struct registry *registry, struct object *object);
