/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control.h - the socket that ctl talks to: DIR/control, mode 0600
 *
 * A connection is one command. ctl sends one line of JSON, {"words": [...], "data": "Base64 of a file"}, the
 * server answers with lines of JSON as command.h has them and closes after {"kind": "end", "exit": CODE}.
 * When ctl goes away, so does the command. Input, output and connections are bounded.
 */
#pragma once

#include <systemd/sd-event.h>

#include "base/cleanup.h"

#define CONTROL_SOCKET "control"

struct control;
struct daemon;

/* Failures are logged. */
int control_new(struct daemon *daemon, const char *dir, struct control **ret);
struct control *control_free(struct control *control);
DEFINE_CLEANUP(struct control *, control_free)
