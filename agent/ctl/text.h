/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text.h - text for a terminal: how wide it is, made harmless, cut and broken into lines; and words that were
 * misspelled
 *
 * Text comes from servers, plugins and the network. Control characters, with which it could move the cursor
 * or rename the window, are written as \n, \t or \x1b. Widths are columns: a wide character has two, a
 * combining one none.
 */
#pragma once

#include <stddef.h>
#include <stdio.h>

#include "base/bytes.h"

/* Adds text to buffer with control characters, and bytes that are not UTF-8, replaced. -ENOMEM */
int text_append_safe(struct buffer *buffer, const char *text);

/* The same to a file. */
void text_print_safe(FILE *to, const char *text);

unsigned int text_width(struct bytes text);

/* The length in bytes of the longest beginning of text that is at most so wide. */
size_t text_fitting(struct bytes text, unsigned int width);

/* Takes the next line of at most width columns off text, broken at a space where there is one. width 0: all
   of it. */
struct bytes text_next_line(struct bytes *text, unsigned int width);

/* How many single changes make a into b; a neighbouring swap counts as one. Only short words: more than 31
   bytes are far. */
unsigned int text_distance(const char *a, const char *b);

/* Near enough to have been meant. */
bool text_is_near(const char *word, const char *meant);
