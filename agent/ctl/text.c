/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"

#include <wchar.h>

#include "base/cleanup.h"
#include "base/utf8.h"

#define WORD_MAX 32

static bool is_control(wchar_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 ||
	       (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069); /* changes of direction */
}

/* Takes one character off text, which is UTF-8 and not empty; its length. */
static size_t next_character(struct bytes text, wchar_t *ret)
{
	mbstate_t state = { 0 };
	size_t n = mbrtowc(ret, (const char *)text.data, text.len, &state);

	if (n > 0 && n <= text.len)
		return n;
	*ret = text.data[0];
	return 1;
}

static int append_control(struct buffer *buffer, wchar_t c)
{
	if (c == '\n')
		return buffer_append_text(buffer, "\\n");
	if (c == '\t')
		return buffer_append_text(buffer, "\\t");
	if (c == '\r')
		return buffer_append_text(buffer, "\\r");
	return buffer_printf(buffer, c < 0x100 ? "\\x%02x" : "\\u%04x", (unsigned int)c);
}

static int append_run(struct buffer *buffer, struct bytes run)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < run.len;) {
		wchar_t c;
		size_t n = next_character(BYTES(run.data + i, run.len - i), &c);

		r = is_control(c) ? append_control(buffer, c) : buffer_append(buffer, run.data + i, n);
		i += n;
	}
	return r;
}

int text_append_safe(struct buffer *buffer, const char *text)
{
	struct bytes rest = bytes_of(text);
	int r = 0;

	while (r >= 0 && rest.len > 0)
		r = append_run(buffer, utf8_next(&rest));
	return r;
}

void text_print_safe(FILE *to, const char *text)
{
	_cleanup_(buffer_deinit) struct buffer safe = { 0 };

	if (text_append_safe(&safe, text) >= 0)
		(void)fwrite(safe.data, 1, safe.len, to);
}

static unsigned int character_width(wchar_t c)
{
	int width = wcwidth(c);

	return width < 0 ? 1 : (unsigned int)width;
}

unsigned int text_width(struct bytes text)
{
	unsigned int width = 0;

	for (size_t i = 0; i < text.len;) {
		wchar_t c;

		i += next_character(BYTES(text.data + i, text.len - i), &c);
		width += character_width(c);
	}
	return width;
}

size_t text_fitting(struct bytes text, unsigned int width)
{
	unsigned int used = 0;
	size_t i = 0;

	while (i < text.len) {
		wchar_t c;
		size_t n = next_character(BYTES(text.data + i, text.len - i), &c);

		used += character_width(c);
		if (used > width)
			break;
		i += n;
	}
	return i;
}

struct bytes text_next_line(struct bytes *text, unsigned int width)
{
	size_t len = width == 0 ? text->len : text_fitting(*text, width), next = len;
	struct bytes line;

	if (len == 0 && text->len > 0) /* narrower than one wide character */
		len = next = text_fitting(*text, 2);
	if (len < text->len) {
		size_t space = len;

		while (space > 0 && text->data[space] != ' ')
			space--;
		if (space > 0) {
			len = space;
			next = space + 1;
		}
	}
	line = BYTES(text->data, len);
	*text = BYTES(text->data + next, text->len - next);
	return line;
}

static unsigned int least(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int ab = a < b ? a : b;

	return ab < c ? ab : c;
}

unsigned int text_distance(const char *a, const char *b)
{
	unsigned int rows[3][WORD_MAX + 1], *before = rows[0], *last = rows[1], *row = rows[2];
	size_t a_len = strlen(a), b_len = strlen(b);

	if (a_len >= WORD_MAX || b_len >= WORD_MAX)
		return WORD_MAX;
	for (unsigned int j = 0; j <= b_len; j++)
		last[j] = j;
	for (unsigned int i = 1; i <= a_len; i++) {
		unsigned int *spare = before;

		row[0] = i;
		for (unsigned int j = 1; j <= b_len; j++) {
			row[j] = least(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
				before[j - 2] + 1 < row[j])
				row[j] = before[j - 2] + 1;
		}
		before = last;
		last = row;
		row = spare;
	}
	return last[b_len];
}

bool text_is_near(const char *word, const char *meant)
{
	size_t len = strlen(meant);

	return text_distance(word, meant) <= (len <= 4 ? 1 : 2);
}
