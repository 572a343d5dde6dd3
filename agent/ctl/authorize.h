/* SPDX-License-Identifier: Apache-2.0 */
/*
 * authorize.h - polkit's question for a password, on this terminal
 *
 * A call that a password would allow is made again with pkttyagent beside us, which asks for it. Only where
 * somebody can answer: on a terminal, with the system bus, on which polkit is.
 */
#pragma once

#include "ctl.h"

/* Could somebody be asked? */
bool authorize_is_possible(const struct ctl *ctl);

/* Starts pkttyagent and waits until it is there: its process id, or -errno where there is none. */
pid_t authorize_start(void);
void authorize_stop(pid_t agent);
