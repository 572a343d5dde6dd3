/* SPDX-License-Identifier: Apache-2.0 */
/*
 * console.h - the verbs of ctl at a prompt, on the terminal the server was started from
 *
 * Words are split at spaces; quotes keep them together. Commands that go on (observe, events) run beside the
 * prompt; `cancel` ends an observation, `stop` ends all of them. `quit` or the end of the input ends the
 * server.
 */
#pragma once

#include "base/cleanup.h"

struct console;
struct daemon;

int console_new(struct daemon *daemon, struct console **ret);
struct console *console_free(struct console *console);
DEFINE_CLEANUP(struct console *, console_free)

/*
 * Splits a line into words in place: words point into it. Quotes ' and " keep spaces, a backslash keeps the
 * next character outside of '. Returns how many; -EINVAL: a quote is not closed. -E2BIG: more than max.
 */
int console_split(char *line, char *words[], unsigned int max);
