/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/log-ids.h"
#include "base/log.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/uio.h>

static FILE *captured;
static int saved_stderr;

static int capture(void **state)
{
	captured = tmpfile();
	if (!captured)
		return -1;
	unsetenv("JOURNAL_STREAM");
	log_open("test");
	log_set_level(LOG_NOTICE);
	fflush(stderr);
	saved_stderr = dup(STDERR_FILENO);
	return dup2(fileno(captured), STDERR_FILENO) < 0 ? -1 : 0;
}

static int release(void **state)
{
	fflush(stderr);
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	return fclose(captured);
}

static void check(const char *lines)
{
	char text[4096];
	size_t len;

	fflush(stderr);
	rewind(captured);
	len = fread(text, 1, sizeof(text) - 1, captured);
	text[len] = '\0';
	assert_string_equal(text, lines);
}

static void test_lines(void **state)
{
	log_error("Cannot read %s", "x");
	log_warning("%d left", 3);
	log_notice("Started");
	log_info("not shown");
	log_debug("not shown");
	check("error: Cannot read x\nwarning: 3 left\nnotice: Started\n");
}

/* The error goes through, whatever its sign and whether the line is shown. */
static void test_errors(void **state)
{
	errno = EIO;
	assert_int_equal(log_error_errno(-ENOENT, "Cannot open %s: %m", "x"), -ENOENT);
	assert_int_equal(log_warning_errno(EACCES, "Cannot open y: %m"), -EACCES);
	assert_int_equal(log_server(LOG_NOTICE, -EPERM, "main", "Server: %m"), -EPERM);
	assert_int_equal(log_plugin(LOG_DEBUG, -EPERM, "gpio", "not shown"), -EPERM);
	assert_int_equal(log_plugin(LOG_DEBUG, EPERM, "gpio", "not shown"), -EPERM);
	assert_int_equal(log_server(LOG_NOTICE, 0, "main", "Registered"), 0);
	check("error: Cannot open x: No such file or directory\nwarning: Cannot open y: Permission denied\n"
	      "notice: Server: Operation not permitted\nnotice: Registered\n");
}

static void test_level(void **state)
{
	log_set_level(LOG_ERR);
	assert_int_equal(log_level(), LOG_ERR);
	log_warning("not shown");
	log_set_level(LOG_DEBUG);
	log_debug("shown");
	check("debug: shown\n");
}

static void test_long_line(void **state)
{
	char text[3000];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	log_error("%s", text);
	fflush(stderr);
	assert_in_range(ftell(captured), 1000, 1100);
}

static void test_level_names(void **state)
{
	assert_int_equal(log_level_parse("error"), LOG_ERR);
	assert_int_equal(log_level_parse("warning"), LOG_WARNING);
	assert_int_equal(log_level_parse("notice"), LOG_NOTICE);
	assert_int_equal(log_level_parse("info"), LOG_INFO);
	assert_int_equal(log_level_parse("debug"), LOG_DEBUG);
	assert_int_equal(log_level_parse("Debug"), -EINVAL);
	assert_int_equal(log_level_parse(""), -EINVAL);
}

/* The last entry for the journal, a field a line. */
static char entry[4096];

int __wrap_sd_journal_sendv(const struct iovec *fields, int n);

int __wrap_sd_journal_sendv(const struct iovec *fields, int n)
{
	size_t len = 0;

	for (int i = 0; i < n; i++)
		len += (size_t)snprintf(entry + len, sizeof(entry) - len, "%.*s\n", (int)fields[i].iov_len,
			(const char *)fields[i].iov_base);
	return 0;
}

/* As systemd does it, where stderr leads to the journal. */
static void open_journal(void)
{
	struct stat st;
	char stream[64];

	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	log_open("test");
}

static void test_journal(void **state)
{
	const uint16_t object = 0;

	open_journal();
	log_notice("plain\nin two lines");
	assert_string_equal(entry, "MESSAGE=plain\nin two lines\nPRIORITY=5\nSYSLOG_IDENTIFIER=test\n");
	assert_int_equal(log_server(LOG_WARNING, -EPERM, "main", "no: %m"), -EPERM);
	assert_string_equal(entry, "MESSAGE=no: Operation not permitted\nPRIORITY=4\nSYSLOG_IDENTIFIER=test\nSERVER=main\n");
	log_at(LOG_ERR, 0, LOG_FIELDS(.plugin = "gpio", .object = &object, .server = "main", .id = LOG_ID_LOST), "all");
	assert_string_equal(entry, "MESSAGE=all\nPRIORITY=3\nSYSLOG_IDENTIFIER=test\nMESSAGE_ID=" LOG_ID_LOST
				   "\nSERVER=main\nOBJECT=0\nPLUGIN=gpio\n");
	unsetenv("JOURNAL_STREAM");
	log_open("test");
	check("");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_lines, capture, release),
		cmocka_unit_test_setup_teardown(test_errors, capture, release),
		cmocka_unit_test_setup_teardown(test_level, capture, release),
		cmocka_unit_test_setup_teardown(test_long_line, capture, release),
		cmocka_unit_test_setup_teardown(test_journal, capture, release),
		cmocka_unit_test(test_level_names),
	};

	return cmocka_run_group_tests_name("base/log", tests, NULL, NULL);
}
