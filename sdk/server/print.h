/* SPDX-License-Identifier: Apache-2.0 */
/*
 * print.h - answers, for people or for scripts
 *
 * Kinds of answers: client and show (a registration), values and notification (path, name, value, unit),
 * links (Discover), done (what was asked is done), event (what a client did), error. As JSON each is one
 * line, as it came.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* Errors go to errors, all else to out. name is what an error line begins with. */
void print_answer(FILE *out, FILE *errors, const char *name, const json_t *answer, bool json);
