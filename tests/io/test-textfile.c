/* SPDX-License-Identifier: Apache-2.0 */
#include "io/textfile.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "scratch.h"

#define PATIENCE (20 * USEC_PER_SEC)

struct fixture {
	char *directory, path[256];
	sd_event *event;
	struct textfile *textfile;
	unsigned int n_texts;
	int error;
};

static char said[512];
static unsigned int n_said;

int __wrap_log_full(int priority, int error, const struct log_fields *fields, const char *format, ...);

int __wrap_log_full(int priority, int error, const struct log_fields *fields, const char *format, ...)
{
	va_list arguments;

	n_said++;
	va_start(arguments, format);
	vsnprintf(said, sizeof(said), format, arguments);
	va_end(arguments);
	return -abs(error);
}

static int on_text(void *userdata, struct buffer *ret)
{
	struct fixture *fixture = userdata;

	if (fixture->error < 0)
		return fixture->error;
	return buffer_printf(ret, "text %u\n", ++fixture->n_texts);
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	if (scratch_setup((void **)&fixture->directory) < 0)
		return -1;
	snprintf(fixture->path, sizeof(fixture->path), "%s/there/agent.prom", fixture->directory);
	n_said = 0;
	*state = fixture;
	return sd_event_new(&fixture->event) < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	textfile_free(fixture->textfile);
	sd_event_unref(fixture->event);
	scratch_teardown((void **)&fixture->directory);
	free(fixture);
	return 0;
}

static void start(struct fixture *fixture)
{
	assert_int_equal(textfile_new(fixture->event, fixture->path, 20 * USEC_PER_MSEC, on_text, fixture,
				 &fixture->textfile), 0);
}

static void make_directory(struct fixture *fixture)
{
	assert_int_equal(mkdir(scratch_path(fixture->directory, "there"), 0755), 0);
}

static void assert_contents(struct fixture *fixture, const char *expected)
{
	char text[64] = "";
	FILE *stream = fopen(fixture->path, "re");

	assert_non_null(stream);
	assert_non_null(fgets(text, sizeof(text), stream));
	fclose(stream);
	assert_string_equal(text, expected);
}

static void wait_texts(struct fixture *fixture, unsigned int at_least)
{
	usec_t deadline = usec_now() + PATIENCE;

	while (fixture->n_texts < at_least) {
		assert_true(usec_now() < deadline);
		assert_true(sd_event_run(fixture->event, 50 * USEC_PER_MSEC) >= 0);
	}
}

/* At once, then again and again; whole at any time, since it is another file each time. */
static void test_replaced(void **state)
{
	struct fixture *fixture = *state;
	struct stat first, second;
	mode_t mask = umask(0077);
	char text[16] = "";
	int fd;

	make_directory(fixture);
	start(fixture);
	assert_contents(fixture, "text 1\n");
	assert_int_equal(stat(fixture->path, &first), 0);
	assert_int_equal(first.st_mode & 0777, 0644);
	fd = open(fixture->path, O_RDONLY | O_CLOEXEC);
	wait_texts(fixture, 2);
	assert_contents(fixture, "text 2\n");
	assert_int_equal(read(fd, text, sizeof(text)), 7);
	assert_string_equal(text, "text 1\n");
	assert_int_equal(stat(fixture->path, &second), 0);
	assert_int_not_equal(first.st_ino, second.st_ino);
	close(fd);
	umask(mask);
	wait_texts(fixture, 4);
	fixture->textfile = textfile_free(fixture->textfile);
	assert_int_equal(access(fixture->path, F_OK), -1);
	assert_int_equal(rmdir(scratch_path(fixture->directory, "there")), 0);
	assert_int_equal(n_said, 0);
}

static void test_directory_comes(void **state)
{
	struct fixture *fixture = *state;

	start(fixture);
	wait_texts(fixture, 3);
	assert_int_equal(n_said, 1);
	assert_non_null(strstr(said, "there/agent.prom: No such file or directory"));
	make_directory(fixture);
	wait_texts(fixture, fixture->n_texts + 1);
	assert_int_equal(access(fixture->path, F_OK), 0);
	assert_int_equal(unlink(fixture->path), 0);
	assert_int_equal(rmdir(scratch_path(fixture->directory, "there")), 0);
	/* It goes again, and that is said again. */
	wait_texts(fixture, fixture->n_texts + 2);
	assert_int_equal(n_said, 2);
}

/* What cannot be made does not take the place of what was. */
static void test_no_text(void **state)
{
	struct fixture *fixture = *state;

	make_directory(fixture);
	start(fixture);
	fixture->error = -ENOMEM;
	for (usec_t end = usec_now() + PATIENCE; n_said == 0;) {
		assert_true(usec_now() < end);
		assert_true(sd_event_run(fixture->event, 50 * USEC_PER_MSEC) >= 0);
	}
	assert_contents(fixture, "text 1\n");
}

/* A link that somebody else put there leads nowhere. */
static void test_link(void **state)
{
	struct fixture *fixture = *state;
	char target[256], link[300];
	struct stat st;

	make_directory(fixture);
	snprintf(target, sizeof(target), "%s", scratch_write(fixture->directory, "precious", "mine"));
	snprintf(link, sizeof(link), "%s.new", fixture->path);
	assert_int_equal(symlink(target, link), 0);
	start(fixture);
	assert_contents(fixture, "text 1\n");
	assert_int_equal(stat(target, &st), 0);
	assert_int_equal(st.st_size, 4);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_replaced), TEST(test_directory_comes), TEST(test_no_text), TEST(test_link),
	};

	return cmocka_run_group_tests_name("io/textfile", tests, NULL, NULL);
}
