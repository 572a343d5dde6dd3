/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keep.h - what a restart has to bring back goes to the state directory; what did not get there is tried again
 *
 * A disk that is full is so for a while: the engine is asked for what could not be written after ten seconds,
 * then after twice as long and so on up to ten minutes, and a last time when the agent ends. It gives what is
 * true by then, so nothing is held for that.
 */
#pragma once

#include "lwm2m/message.h"

struct agent;

/* Carries out an EFFECT_PERSIST. */
void keep_effect(struct agent *agent, const struct effect *effect);

/* The agent is about to end; before its registrations say their last. */
void keep_last_time(struct agent *agent);
