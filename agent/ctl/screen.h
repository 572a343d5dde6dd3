/* SPDX-License-Identifier: Apache-2.0 */
/*
 * screen.h - where the output goes: how wide it is, and whether it has colour and signs beyond ASCII
 *
 * Only a terminal has a width, unless COLUMNS names one: what goes to a pipe or a file is never cut. Colour
 * is for terminals, and not where NO_COLOR is set or TERM is "dumb".
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

struct screen {
	unsigned int width; /* 0: as wide as it takes */
	bool colour, utf8;
};

enum colour { COLOUR_NONE, COLOUR_GOOD, COLOUR_WARNING, COLOUR_BAD, COLOUR_FAINT, COLOUR_STRONG };

/* file: the standard output. Also sets the locale's character set, which text.h measures by. */
void screen_init(struct screen *screen, FILE *file);

/* No width, no colour: for files. */
void screen_init_plain(struct screen *screen);

/* The control sequence, "" where there is no colour. */
const char *screen_colour(const struct screen *screen, enum colour colour);
const char *screen_reset(const struct screen *screen, enum colour colour);
