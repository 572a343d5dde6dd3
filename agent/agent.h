/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agent.h - all parts of one running agent, and the pump between them
 *
 * agent_new() builds the parts in order, agent_free() takes them down in reverse. The engine leaves effects; the pump, run
 * before each wait of the loop and after whatever the transport brought, carries them out and sets the loop's deadline to
 * the engine's. What objects ask for in the middle of an operation (reboot, factory reset, 1/x/4, 1/x/8) is noted and done
 * when the answer is out.
 */
#pragma once

#include "base/cleanup.h"
#include "io/config.h"
#include "options.h"

struct agent;

/* How agent_run() ended. */
enum { AGENT_STOPPED, AGENT_RESET, AGENT_RELOAD, AGENT_REBUILD };

/* config is taken over, options are borrowed. Every failure is logged. -errno. */
int agent_new(const struct options *options, struct config *config, struct agent **ret);
struct agent *agent_free(struct agent *agent);
DEFINE_CLEANUP(struct agent *, agent_free)

/*
 * Until SIGTERM or SIGINT: AGENT_STOPPED; until a server executed Factory Reset, state is gone then: AGENT_RESET; until
 * SIGHUP and a good configuration, *ret_config: AGENT_RELOAD; until a bootstrap made other accounts: AGENT_REBUILD. -errno,
 * logged.
 */
int agent_run(struct agent *agent, struct config **ret_config);
