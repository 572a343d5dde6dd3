/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report.h - what goes on with the servers, in words
 *
 * One log line for each event of the engine, and the one line that `systemctl status` shows.
 */
#pragma once

#include "lwm2m/engine.h"

void report_event(const struct effect *effect);

/* That the machine's clock was never set, and that it is now. */
void report_clock(bool is_set);

/* "registered to main, next update 12:03; backup: next try 12:05" to the service manager. */
void report_status(const struct engine *engine, const struct servers *servers, usec_t now);
