/* SPDX-License-Identifier: Apache-2.0 */
/*
 * monitor.h - objects 4 and 7: fed with what the network adapter and the transport know
 */
#pragma once

#include "agent-internal.h"

/* Adds the objects that the configuration does not turn off. -errno. */
int monitor_add(struct agent *agent);
void monitor_free(struct agent *agent);

/* The network is another now, or a server is reached by it. */
void monitor_refresh(struct agent *agent);

/* A message came in; one went out by this effect. */
void monitor_received(struct agent *agent);
void monitor_sent(struct agent *agent, const struct effect *effect);

/* As the engine's. */
usec_t monitor_deadline(const struct agent *agent);
void monitor_tick(struct agent *agent);
