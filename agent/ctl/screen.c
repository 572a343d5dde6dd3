/* SPDX-License-Identifier: Apache-2.0 */
#include "screen.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WIDTH_MIN     40
#define WIDTH_MAX     1000
#define WIDTH_DEFAULT 80 /* of a terminal that does not say */

static unsigned int width_of(int fd, bool terminal)
{
	const char *columns = getenv("COLUMNS");
	unsigned long width = columns ? strtoul(columns, NULL, 10) : 0;
	struct winsize size;

	if (width == 0 && !terminal)
		return 0;
	if (width == 0 && ioctl(fd, TIOCGWINSZ, &size) == 0)
		width = size.ws_col;
	if (width == 0)
		width = WIDTH_DEFAULT;
	return width < WIDTH_MIN ? WIDTH_MIN : width > WIDTH_MAX ? WIDTH_MAX : (unsigned int)width;
}

/* Text of plugins and servers is UTF-8, whatever the locale; so it is measured as UTF-8, too. */
static bool set_locale(void)
{
	bool utf8;

	(void)setlocale(LC_CTYPE, "");
	utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	if (!utf8)
		(void)setlocale(LC_CTYPE, "C.UTF-8");
	return utf8;
}

void screen_init(struct screen *screen, FILE *file)
{
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
	bool terminal = isatty(fileno(file));

	*screen = (struct screen){
		.width = width_of(fileno(file), terminal),
		.colour = terminal && (!no_color || !*no_color) && term && strcmp(term, "dumb") != 0,
		.utf8 = set_locale(),
	};
}

void screen_init_plain(struct screen *screen)
{
	*screen = (struct screen){ .utf8 = true };
}

const char *screen_colour(const struct screen *screen, enum colour colour)
{
	static const char *const sequences[] = {
		[COLOUR_GOOD] = "\033[32m",
		[COLOUR_WARNING] = "\033[33m",
		[COLOUR_BAD] = "\033[1;31m",
		[COLOUR_FAINT] = "\033[2m",
		[COLOUR_STRONG] = "\033[1m",
	};

	return screen->colour && colour != COLOUR_NONE ? sequences[colour] : "";
}

const char *screen_reset(const struct screen *screen, enum colour colour)
{
	return screen->colour && colour != COLOUR_NONE ? "\033[0m" : "";
}
