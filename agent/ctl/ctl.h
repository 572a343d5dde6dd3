/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ctl.h - one run of lwm2mctl: what was asked for, and what all verbs share
 *
 * A verb's function returns an outcome, which is the exit status, or -errno, which main() puts into words.
 * Whoever returns another outcome than OUTCOME_DONE has said why on the standard error. What is shown goes to
 * ctl->out, what failed to ctl->err: diagnose lets verbs write into files of its bundle.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <systemd/sd-bus.h>

#include "base/usec.h"
#include "screen.h"

/* Exit statuses; kept stable. */
enum outcome { OUTCOME_DONE, OUTCOME_FAILED, OUTCOME_USAGE, OUTCOME_NO_DAEMON };

struct ctl {
	struct screen screen; /* of the standard output */
	FILE *out, *err;
	sd_bus *bus;             /* NULL until connection_open() */
	const char *bus_address; /* "system", "session" or an address */
	usec_t timeout;          /* of one call; 0: the default. observe: of all */
	bool json;
	bool quiet; /* failures are not said */
};

/* What and why goes to ctl->err, as "lwm2mctl: …". Returns outcome. */
int ctl_fail(const struct ctl *ctl, enum outcome outcome, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Of an action that has nothing to show: one line for people, {"done": true} for programs. */
int ctl_done(const struct ctl *ctl, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Lines of the output for people, broken to the width of the screen. */
void ctl_note(const struct ctl *ctl, enum colour colour, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
