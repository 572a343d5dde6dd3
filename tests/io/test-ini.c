/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "io/ini.h"
#include "scratch.h"

static char reports[4096];

static void report(void *userdata, const char *file, unsigned int line, const char *text)
{
	size_t len = strlen(reports);

	snprintf(reports + len, sizeof(reports) - len, "%u: %s\n", line, text);
}

static int read_text(const char *directory, const char *text, struct ini *ini)
{
	char file[256];

	snprintf(file, sizeof(file), "%s", scratch_write(directory, "x.conf", text));
	reports[0] = '\0';
	return ini_read(ini, file, report, NULL);
}

static void test_values(void **state)
{
	static const struct {
		const char *line, *value;
	} lines[] = {
		{ "key = plain", "plain" },
		{ "key=tight", "tight" },
		{ "  key  =  blanks around  ", "blanks around" },
		{ "KEY = upper", "upper" },
		{ "key =", "" },
		{ "key = ; nothing but a comment", "" },
		{ "key = \"\"", "" },
		{ "key = ''", "" },
		{ "key = value ; and a comment", "value" },
		{ "key = value # and a comment", "value" },
		{ "key = \"a ; b # c\" ; d", "a ; b # c" },
		{ "key = ' blanks kept '", " blanks kept " },
		{ "key = 100%s %n %d", "100%s %n %d" },
		{ "key = a=b", "a=b" },
		{ "key = coap://[::1]:5683", "coap://[::1]:5683" },
		{ "key = Grüße", "Grüße" },
		{ "key = it's", "it's" },
		{ "key = a\\b", "a\\b" },
		{ "key = carriage return\r", "carriage return" },
	};

	for (size_t i = 0; i < ELEMENTSOF(lines); i++) {
		_cleanup_(ini_deinit) struct ini ini = { 0 };
		char text[256];

		snprintf(text, sizeof(text), "# comment\n\n[section]\n%s\n", lines[i].line);
		assert_int_equal(read_text(*state, text, &ini), 0);
		assert_string_equal(reports, "");
		assert_int_equal(ini.n_settings, 1);
		assert_string_equal(ini.settings[0].section, "section");
		assert_string_equal(ini.settings[0].key, "key");
		assert_string_equal(ini.settings[0].value, lines[i].value);
		assert_int_equal(ini.settings[0].line, 4);
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *report;
	} texts[] = {
		{ "[a]\nkey\n", "2: neither a [section] nor 'key = value'\n" },
		{ "[a]\nkey value\n[b\n", "2: neither a [section] nor 'key = value'\n3: a section has no ']'\n" },
		{ "[a] ; comment\n", "1: nothing may follow the ']' of a section\n" },
		{ "[]\n", "1: a section's name has letters, digits, '.', '_' and '-' only\n" },
		{ "[a:b]\n", "1: a section's name has letters, digits, '.', '_' and '-' only\n" },
		{ "key = 1\n", "1: a key before any [section]\n" },
		{ "[a]\n= 1\n", "2: a key has letters, digits, '.', '_' and '-' only\n" },
		{ "[a]\nb:c = 1\n", "2: a key has letters, digits, '.', '_' and '-' only\n" },
		{ "[a]\nb = 1\nc = 2\nB = 3\n", "4: the key is given twice, first in line 2\n" },
		{ "[a]\nb = 1\n[c]\n[A]\nb = 3\n", "5: the key is given twice, first in line 2\n" },
		{ "[a]\nb = x#y\n",
		  "2: '#' and ';' start a comment: put the value in quotes, or a blank before the comment\n" },
		{ "[a]\nb = \"x\n", "2: a quote is not closed\n" },
		{ "[a]\nb = 'x' y\n", "2: only a comment may follow a closing quote\n" },
		{ "[a]\nb = \"x\\\" y\"\n", "2: a value in quotes cannot have a backslash\n" },
		{ "[a]\nb = x \\\ny\n",
		  "2: a line cannot end with a backslash\n3: neither a [section] nor 'key = value'\n" },
		{ "# comment \\\n", "1: a line cannot end with a backslash\n" },
	};

	for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
		_cleanup_(ini_deinit) struct ini ini = { 0 };

		assert_int_equal(read_text(*state, texts[i].text, &ini), -EINVAL);
		assert_string_equal(reports, texts[i].report);
		assert_int_equal(ini.n_settings, 0);
	}
}

static void test_bytes(void **state)
{
	_cleanup_(ini_deinit) struct ini ini = { 0 };
	char file[256];

	snprintf(file, sizeof(file), "%s", scratch_write_bytes(*state, "nul.conf", "[a]\n\0\nb = 1\n", 12));
	reports[0] = '\0';
	assert_int_equal(ini_read(&ini, file, report, NULL), -EINVAL);
	assert_string_equal(reports, "2: a NUL byte: this is no text file\n");
}

static void test_long_lines(void **state)
{
	_cleanup_(ini_deinit) struct ini ini = { 0 };
	char text[2048] = "[a]\nb = ", *end = text + strlen(text);

	/* 1000 characters with the line's end. */
	memset(end, 'x', 995);
	assert_int_equal(read_text(*state, text, &ini), 0);
	assert_int_equal(strlen(ini_find(&ini, "a", "b")->value), 995);
	memset(end, 'x', 1995);
	assert_int_equal(read_text(*state, text, &ini), -EINVAL);
	assert_string_equal(reports, "2: a line longer than 1000 characters\n");
}

static void test_later_files_win(void **state)
{
	_cleanup_(ini_deinit) struct ini ini = { 0 };

	assert_int_equal(read_text(*state, "[a]\nb = 1\nc = 2\n[empty]\n", &ini), 0);
	assert_int_equal(read_text(*state, "\n[d]\ne = 3\n[a]\nb = 4\n", &ini), 0);
	assert_int_equal(ini.n_settings, 3);
	assert_string_equal(ini_find(&ini, "a", "b")->value, "4");
	assert_int_equal(ini_find(&ini, "a", "b")->line, 5);
	assert_string_equal(ini_find(&ini, "a", "c")->value, "2");
	assert_null(ini_find(&ini, "a", "e"));
	assert_int_equal(ini.n_sections, 3);
	assert_string_equal(ini.sections[1].name, "empty");
	assert_int_equal(ini.sections[1].line, 4);
}

static void test_unreadable(void **state)
{
	_cleanup_(ini_deinit) struct ini ini = { 0 };

	reports[0] = '\0';
	assert_int_equal(ini_read(&ini, "/nonexistent/x.conf", report, NULL), -ENOENT);
	assert_string_equal(reports, "0: No such file or directory\n");
	reports[0] = '\0';
	assert_int_equal(ini_read(&ini, *state, report, NULL), -EISDIR);
	assert_string_equal(reports, "0: Is a directory\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_values, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(test_refused, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(test_bytes, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(test_long_lines, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(test_later_files_win, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(test_unreadable, scratch_setup, scratch_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
