/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report.h - what goes on with the servers, in words
 *
 * One log line for each event of the engine, and the one line that `systemctl status` and the D-Bus API show.
 */
#pragma once

#include "lwm2m/engine.h"

/* failure: what the transport says of the last connection; NULL: nothing. */
void report_event(const struct effect *effect, const char *failure);

/* That the machine's clock was never set, and that it is now. */
void report_clock(bool is_set);

/* Why something failed: "no answer", "the server answered 4.03 Forbidden"; NULL: it did not fail. */
#define REPORT_WHY_MAX 192
const char *report_why(const struct effect *effect, const char *failure, char *text, size_t size);

/* "registered to main, next update 12:03; backup: next try 12:05" and a NUL, after what ret has already. -ENOMEM. */
int report_status(const struct engine *engine, const struct servers *servers, usec_t now, struct buffer *ret);
