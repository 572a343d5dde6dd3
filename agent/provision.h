/* SPDX-License-Identifier: Apache-2.0 */
/*
 * provision.h - the accounts that a Bootstrap-Server made, in place of the configuration's
 *
 * They are a file of the state directory. It says which accounts the configuration had then: where an
 * administrator changed those since, the configuration counts again and the file goes.
 */
#pragma once

#include "lwm2m/engine.h"

struct agent;

/*
 * Puts the accounts that were kept in place of those in agent->config; once the state directory is open.
 * -ENOMEM.
 */
int provision_load(struct agent *agent);

/* For struct engine_config; userdata is the agent. */
extern const struct engine_accounts provision_accounts;
