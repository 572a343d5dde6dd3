/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plugin "script" with executables of the test's own, and those of sdk/example:
 * test-plugin-script process|none EXAMPLES lwm2m-script-changed
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../io/scratch.h"
#include "fixture.h"

#define OBJECT 33040

static const char *example, *changed;
static enum plugin_isolation isolation;
static char socket_path[256];
static struct fixture fixture;
static int log_copy = -1;

/* Every type, and an executable whose values are lines of a file. */
static const char description[] =
	"; a comment\n[object]\nid = 33040\nversion = 1.2\ntimeout_ms = 3000\npoll_ms = 50\n"
	"[1]\ntype = string\noperations = RW\nsize = 40\n[2]\ntype = integer\noperations = RW\n"
	"[3]\ntype = unsigned\noperations = RW\n[4]\ntype = float\noperations = RW\nunit = Cel\n"
	"[5]\ntype = boolean\noperations = RW\n[6]\ntype = opaque\noperations = RW\nsize = 8\n"
	"[7]\ntype = time\noperations = RW\n[8]\ntype = objlnk\noperations = RW\n"
	"[9]\ntype = corelnk\noperations = R\n[10]\noperations = E\n"
	"[11]\ntype = string\noperations = RW\nmultiple = yes\nvalues = 3\n"
	"[12]\ntype = integer\noperations = R\n[13]\ntype = string\noperations = W\n";
static const char values[] =
	"1 two\\nlines \\\\\n2 -5\n3 18446744073709551615\n4 2.5\n5 true\n6 00ff\n7 86400\n8 3:0\n"
	"9 </1>\n11/2 b\n11/7 \n";
static const char run[] =
	"#!/bin/sh\ncase $1 in\nread) cat values ;;\n"
	"write) shift 2; echo \"$@\" > wrote; cat > input\n"
	"	code=$(sed -n 's/^2 //p' input); [ -z \"$code\" ] || [ \"$code\" -lt 1 ] || exit \"$code\"\n"
	"	for id; do grep -v \"^$id[ /]\" values > rest; mv rest values; done; cat input >> values ;;\n"
	"execute) echo \"$2 $3 $4\" > executed; [ \"$4\" != \"7\" ] || exit 4 ;;\nesac\n";

static void write_script(const char *directory, const char *name, const char *text)
{
	assert_int_equal(chmod(scratch_write(directory, name, text), 0755), 0);
}

static char *content(const char *directory, const char *name)
{
	static char text[65536];
	FILE *file = fopen(scratch_path(directory, name), "re");

	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = 0;
	fclose(file);
	return text;
}

static void restore_stderr(void)
{
	if (log_copy < 0)
		return;
	dup2(log_copy, STDERR_FILENO);
	close(log_copy);
	log_copy = -1;
}

/* What the plugin says goes to the file "log"; where it is in this process, so does all else until the test ends. */
static void begin(const char *directory, const char *processes)
{
	static char scripts[256];
	const struct plugin_setting settings[] = {
		{ "script", "directory", scripts },
		{ "script", "processes", processes },
		{ "script", "socket", socket_path },
		{ NULL },
	};
	int file;

	snprintf(scripts, sizeof(scripts), "%s", scratch_path(directory, "scripts"));
	snprintf(socket_path, sizeof(socket_path), "%s", scratch_path(directory, "socket"));
	file = open(scratch_path(directory, "log"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	log_copy = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
	assert_true(file >= 0 && log_copy >= 0);
	dup2(file, STDERR_FILENO);
	close(file);
	fixture_init(&fixture);
	fixture.options.silence_max = fixture.options.ping_timeout = 10 * USEC_PER_SEC;
	fixture_add(&fixture, "script", getenv("LWM2M_SCRIPT_PLUGIN"), isolation, settings);
	supervisor_start(fixture.supervisor);
	fixture_wait(&fixture, supervisor_is_settled(fixture.supervisor));
	if (isolation == PLUGIN_ISOLATION_PROCESS)
		restore_stderr();
}

static void begin_object(const char *directory)
{
	scratch_write(directory, "scripts/all/object.ini", description);
	scratch_write(directory, "scripts/all/values", values);
	write_script(directory, "scripts/all/run", run);
	begin(directory, "4");
	assert_int_equal(fixture_status(&fixture).state, PLUGIN_RUNNING);
}

static int teardown(void **state)
{
	fixture_deinit(&fixture);
	restore_stderr();
	return scratch_teardown(state);
}

static void test_read(void **state)
{
	static const uint8_t bytes[] = { 0, 255 };
	const uint16_t *ids;

	begin_object(*state);
	assert_string_equal(registry_find(&fixture.registry, OBJECT)->info->version, "1.2");
	fixture_expect(&fixture, PATH3(OBJECT, 0, 1), VALUE_STRING("two\nlines \\"));
	fixture_expect(&fixture, PATH3(OBJECT, 0, 2), VALUE_INTEGER(-5));
	fixture_expect(&fixture, PATH3(OBJECT, 0, 3), VALUE_UNSIGNED(UINT64_MAX));
	fixture_expect(&fixture, PATH3(OBJECT, 0, 4), VALUE_FLOAT(2.5));
	fixture_expect(&fixture, PATH3(OBJECT, 0, 5), VALUE_BOOLEAN(true));
	fixture_expect(&fixture, PATH3(OBJECT, 0, 6), VALUE_OPAQUE(bytes, 2));
	fixture_expect(&fixture, PATH3(OBJECT, 0, 7), VALUE_TIME(86400));
	fixture_expect(&fixture, PATH3(OBJECT, 0, 8), VALUE_OBJLNK(3, 0));
	fixture_expect(&fixture, PATH4(OBJECT, 0, 11, 2), VALUE_STRING("b"));
	fixture_expect(&fixture, PATH4(OBJECT, 0, 11, 7), VALUE_STRING(""));
	/* It has no line, and is not there. */
	assert_int_equal(fixture_read(&fixture, PATH3(OBJECT, 0, 12)), -ENODATA);
	assert_int_equal(fixture_probe(&fixture, PATH3(OBJECT, 0, 12), &ids), -ENOENT);
	scratch_write(*state, "scripts/all/values", "12 3\n");
	fixture_wait(&fixture, fixture_read(&fixture, PATH3(OBJECT, 0, 12)) == 0);
	assert_int_equal(fixture_probe(&fixture, PATH3(OBJECT, 0, 1), &ids), -ENOENT);
}

static void test_write(void **state)
{
	const struct record several[] = {
		{ .path = PATH3(OBJECT, 0, 4), .value = VALUE_FLOAT(-0.5) },
		{ .path = PATH4(OBJECT, 0, 11, 3), .value = VALUE_STRING("a\nb") },
		{ .path = PATH3(OBJECT, 0, 13), .value = VALUE_STRING("secret") },
	};

	begin_object(*state);
	assert_int_equal(fixture_write_value(&fixture, PATH3(OBJECT, 0, 1), VALUE_STRING("new")), 0);
	assert_string_equal(content(*state, "scripts/all/wrote"), "1\n");
	assert_string_equal(content(*state, "scripts/all/input"), "1 new\n");
	fixture_expect(&fixture, PATH3(OBJECT, 0, 1), VALUE_STRING("new"));
	/* All of a request in one run; an array is there as a whole. */
	assert_int_equal(fixture_write(&fixture, OPERATION_WRITE_UPDATE, PATH2(OBJECT, 0), several, 3), 0);
	assert_string_equal(content(*state, "scripts/all/wrote"), "4 11 13\n");
	assert_string_equal(
		content(*state, "scripts/all/input"), "4 -0.5\n11/2 b\n11/3 a\\nb\n11/7 \n13 secret\n");
	/* What is there already is written all the same. */
	unlink(scratch_path(*state, "scripts/all/wrote"));
	assert_int_equal(fixture_write_value(&fixture, PATH3(OBJECT, 0, 4), VALUE_FLOAT(-0.5)), 0);
	assert_string_equal(content(*state, "scripts/all/wrote"), "4\n");
}

/* Exit codes; values are what they were. */
static void test_refusals(void **state)
{
	static const int errors[] = { 0, -EIO, -EINVAL, -ENOENT, -EPERM, -EBUSY, -ENOTSUP, -EIO };

	begin_object(*state);
	for (int i = 1; i < 8; i++)
		assert_int_equal(
			fixture_write_value(&fixture, PATH3(OBJECT, 0, 2), VALUE_INTEGER(i)), errors[i]);
	fixture_expect(&fixture, PATH3(OBJECT, 0, 2), VALUE_INTEGER(-5));
}

static void test_execute(void **state)
{
	begin_object(*state);
	assert_int_equal(fixture_execute(&fixture, PATH3(OBJECT, 0, 10), "0='a b',3"), 0);
	assert_string_equal(content(*state, "scripts/all/executed"), "0 10 0='a b',3\n");
	assert_int_equal(fixture_execute(&fixture, PATH3(OBJECT, 0, 10), "7"), -EPERM);
}

/* A failure and nonsense leave no value, and no old one either. */
static void test_nonsense(void **state)
{
	static const char *const wrong[] = {
		"2 x\n",
		"2 5\n2 6\n",
		"2/1 5\n",
		"99 1\n",
		"x\n",
		"2 99999999999999999999\n",
		"3 -1\n",
		"5 maybe\n",
		"6 0\n",
		"6 0g\n",
		"6 001122334455667788\n",
		"8 3\n",
		"11 x\n",
		"11/2 a\n11/1 b\n",
		"11/1 a\n11/2 b\n11/3 c\n11/4 d\n",
		"10 1\n",
		"13 x\n",
		"1 bad \\x\n",
		"1 01234567890123456789012345678901234567890\n",
		"4 1e999\n",
		"4 \n",
		"2\n",
	};

	begin_object(*state);
	for (size_t i = 0; i < ELEMENTSOF(wrong); i++) {
		scratch_write(*state, "scripts/all/values", values);
		fixture_wait(&fixture, fixture_read(&fixture, PATH3(OBJECT, 0, 2)) == 0);
		scratch_write(*state, "scripts/all/values", wrong[i]);
		fixture_wait(&fixture, fixture_read(&fixture, PATH3(OBJECT, 0, 2)) == -ENODATA);
		if (!strstr(content(*state, "log"), "line "))
			fail_msg("\"%s\": nothing is said of it", wrong[i]);
		assert_int_equal(truncate(scratch_path(*state, "log"), 0), 0);
	}
}

static void write_object(
	const char *directory, const char *name, unsigned int id, const char *keys, const char *script)
{
	char path[64], text[512];

	snprintf(path, sizeof(path), "scripts/%s/object.ini", name);
	snprintf(text, sizeof(text),
		"[object]\nid = %u\n%s[1]\ntype = string\noperations = RW\n[2]\noperations = E\n", id, keys);
	scratch_write(directory, path, text);
	snprintf(path, sizeof(path), "scripts/%s/run", name);
	snprintf(text, sizeof(text), "#!/bin/sh\n%s\n", script);
	write_script(directory, path, text);
}

static void test_slow(void **state)
{
	int slow;

	write_object(*state, "slow", 33041, "", "until [ -e go ]; do sleep 0.02; done; echo 1 slow");
	write_object(*state, "fast", 33042, "", "echo 1 fast");
	begin(*state, "4");
	fixture_begin_read(&fixture, PATH3(33041, 0, 1), &slow);
	fixture_expect(&fixture, PATH3(33042, 0, 1), VALUE_STRING("fast"));
	assert_int_equal(slow, 1);
	scratch_write(*state, "scripts/slow/go", "");
	fixture_wait(&fixture, slow == 0);
	fixture_expect(&fixture, PATH3(33041, 0, 1), VALUE_STRING("slow"));
}

/* It is ended with all that it started. */
static void test_time_limit(void **state)
{
	pid_t child;

	write_object(
		*state, "hang", 33041, "timeout_ms = 200\n", "sleep 1000 & echo $! > child; echo 1 x; wait");
	begin(*state, "4");
	assert_int_equal(fixture_read(&fixture, PATH3(33041, 0, 1)), -ENODATA);
	child = (pid_t)atoi(content(*state, "scripts/hang/child"));
	assert_true(child > 1);
	fixture_wait(&fixture, kill(child, 0) < 0 && errno == ESRCH);
	assert_int_equal(fixture_write_value(&fixture, PATH3(33041, 0, 1), VALUE_STRING("")), -ETIMEDOUT);
	assert_int_equal(fixture_execute(&fixture, PATH3(33041, 0, 2), ""), -ETIMEDOUT);
	assert_non_null(strstr(content(*state, "log"), "it took longer than timeout_ms"));
}

static void test_output_limit(void **state)
{
	write_object(*state, "yes", 33041, "output_kb = 2\n", "yes");
	write_object(*state, "nul", 33042, "", "printf '1 a\\0b\\n'");
	write_object(
		*state, "errors", 33043, "", "yes wrong >&2 & sleep 0.2; echo 1 x; echo 'no \\033[end' >&2");
	begin(*state, "4");
	assert_int_equal(fixture_read(&fixture, PATH3(33041, 0, 1)), -ENODATA);
	assert_int_equal(fixture_execute(&fixture, PATH3(33041, 0, 2), ""), -EMSGSIZE);
	assert_int_equal(fixture_read(&fixture, PATH3(33042, 0, 1)), -ENODATA);
	assert_non_null(strstr(content(*state, "log"), "longer than output_kb"));
	fixture_expect(&fixture, PATH3(33043, 0, 1), VALUE_STRING("x"));
	assert_true(strlen(content(*state, "log")) < 10000);
}

/* Nothing of the agent's gets through: no variable, no descriptor, no blocked signal. */
static void test_clean(void **state)
{
	setenv("LWM2M_TEST_SECRET", "secret", 1);
	write_object(*state, "clean", 33041, "",
		"env | sort > env; ls /proc/self/fd > fds; pwd > pwd\n"
		"grep SigBlk /proc/self/status > blocked; echo 1 x");
	begin(*state, "4");
	fixture_expect(&fixture, PATH3(33041, 0, 1), VALUE_STRING("x"));
	/* PWD is the shell's own. */
	assert_non_null(strstr(content(*state, "scripts/clean/env"), "LC_ALL=C.UTF-8\nLWM2M_OBJECT=33041\n"));
	assert_null(strstr(content(*state, "scripts/clean/env"), "LWM2M_TEST"));
	/* 3 is the directory that ls reads. */
	assert_string_equal(content(*state, "scripts/clean/fds"), "0\n1\n2\n3\n");
	assert_string_equal(content(*state, "scripts/clean/blocked"), "SigBlk:\t0000000000000000\n");
	assert_non_null(strstr(content(*state, "scripts/clean/pwd"), "scripts/clean\n"));
}

static void test_processes(void **state)
{
	char *line, *counts;
	int errors[6];

	write_object(*state, "busy", 33041, "instances = 0 1 2 3 4 5\n",
		"mkdir lock.$$; ls -d lock.* | wc -l >> counts; sleep 0.1; rmdir lock.$$; echo 1 x");
	begin(*state, "2");
	for (uint16_t i = 0; i < 6; i++)
		fixture_begin_read(&fixture, PATH3(33041, i, 1), &errors[i]);
	for (size_t i = 0; i < 6; i++)
		fixture_wait(&fixture, errors[i] == 0);
	counts = content(*state, "scripts/busy/counts");
	while ((line = strsep(&counts, "\n")) && *line)
		assert_in_range(atoi(line), 1, 2);
}

static void run_changed(const char *place, int status)
{
	pid_t child = fork();
	int end;

	if (child == 0) {
		execl(changed, changed, "--socket", socket_path, place, NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(child, &end, 0), child);
	assert_int_equal(WEXITSTATUS(end), status);
}

/* Without a poll, values are read when somebody says so. */
static void test_changed(void **state)
{
	write_object(*state, "quiet", 33041, "poll_ms = 0\ninstances = 4\n", "echo 1 $(cat value)");
	scratch_write(*state, "scripts/quiet/value", "first\n");
	begin(*state, "4");
	fixture_wait(&fixture, fixture_read(&fixture, PATH3(33041, 4, 1)) == 0);
	for (int i = 0; i < 2; i++) {
		scratch_write(*state, "scripts/quiet/value", i ? "second\n" : "third\n");
		fixture_forget(&fixture);
		run_changed(i ? "33041" : "33041/4", 0);
		fixture_wait(&fixture, fixture_told(&fixture, REGISTRY_VALUE, PATH3(33041, 4, 1)));
		fixture_expect(
			&fixture, PATH3(33041, 4, 1), i ? VALUE_STRING("second") : VALUE_STRING("third"));
	}
	run_changed("33041/5", 0);
	run_changed("7/7", 0);
	run_changed("x", 2);
	run_changed("1/2/3", 2);
	fixture_expect(&fixture, PATH3(33041, 4, 1), VALUE_STRING("second"));
	supervisor_stop(fixture.supervisor);
	fixture_wait(&fixture, fixture_status(&fixture).pid == 0);
	run_changed("33041", 1);
}

static void test_list(void **state)
{
	struct object *object;

	write_object(*state, "many", 33041, "instances = list\n",
		"case $1 in list) cat ids;; *) echo 1 $2;; esac");
	scratch_write(*state, "scripts/many/ids", "3\n5\n");
	begin(*state, "4");
	object = registry_find(&fixture.registry, 33041);
	fixture_wait(&fixture, object_has_instance(object, 3) && object_has_instance(object, 5));
	fixture_expect(&fixture, PATH3(33041, 5, 1), VALUE_STRING("5"));
	scratch_write(*state, "scripts/many/ids", "5 9\n");
	run_changed("33041", 0);
	fixture_wait(&fixture, !object_has_instance(object, 3) && object_has_instance(object, 9));
	/* Nonsense changes nothing. */
	scratch_write(*state, "scripts/many/ids", "1 x\n");
	run_changed("33041", 0);
	fixture_wait(&fixture, strstr(content(*state, "log"), "is no instance id"));
	assert_true(object_has_instance(object, 5) && object_has_instance(object, 9) &&
		    !object_has_instance(object, 1));
}

/* File, line, key, what is accepted; and the others start. */
static void test_bad_descriptions(void **state)
{
	static const struct {
		const char *text, *line;
	} wrong[] = {
		{ "[object]\nid = 3\n[1]\n", ":2: id = 3: it has to be an object id from 4 to 65534" },
		{ "[object]\nid = 9x\n", ":2: id = 9x: it has to be" },
		{ "[object]\nid = 99\nversion = 1\n", ":3: version = 1: it has to be a version as 1.0" },
		{ "[object]\nid = 99\nsize = 1\n",
			":3: there is no key \"size\" here, only id, version, name" },
		{ "[object]\nid = 99\ninstances = 1 x\n",
			":3: instances = 1 x: it has to be single, list, or" },
		{ "[object]\nid = 99\nrun = /bin/true\n",
			":3: run = /bin/true: it has to be the name of a file" },
		{ "[object]\nid = 99\nrun = absent\n", "absent, which is to be run: No such file" },
		{ "[object]\nid = 99\ntimeout_ms = 0\n",
			":3: timeout_ms = 0: it has to be milliseconds from 1 to 25000" },
		{ "[object]\nid = 99\n[1]\ntype = int\n",
			":4: type = int: it has to be string, integer, unsigned" },
		{ "[object]\nid = 99\n[1]\ntype = string\n", ":3: [1] needs operations = R, W, RW or E" },
		{ "[object]\nid = 99\n[1]\noperations = R\n", ":3: [1] needs type = string" },
		{ "[object]\nid = 99\n[1]\noperations = RWE\n",
			":4: operations = RWE: it has to be R, W, RW or E" },
		{ "[object]\nid = 99\n[1]\nmultiple = 1\n", ":4: multiple = 1: it has to be yes or no" },
		{ "[object]\nid = 99\n[x]\n", ":3: [x]: it has to be [object] or the id of a resource" },
		{ "[object]\nid = 99\n[1]\noperations = E\n[1]\noperations = E\n", ":5: [1] is there twice" },
		{ "[object]\nid = 99\n", "an object needs a resource" },
		{ "[1]\noperations = E\n", "[object] needs id =" },
		{ "id = 99\n", ":1: there is a key before the first section" },
		{ "[object]\nwhat\n", ":2: \"what\" is neither a [section] nor key = value" },
		{ "[object]\nid = 33041\n[1]\noperations = E\n", "object 33041 is there already, in " },
	};
	char path[64];

	write_object(*state, "a-good", 33041, "", "echo 1 x");
	for (size_t i = 0; i < ELEMENTSOF(wrong); i++) {
		snprintf(path, sizeof(path), "scripts/bad-%zu/object.ini", i);
		scratch_write(*state, path, wrong[i].text);
		snprintf(path, sizeof(path), "scripts/bad-%zu/run", i);
		write_script(*state, path, "#!/bin/sh\n");
	}
	scratch_write(*state, "scripts/empty/run", "");
	begin(*state, "4");
	fixture_expect(&fixture, PATH3(33041, 0, 1), VALUE_STRING("x"));
	assert_null(registry_find(&fixture.registry, 99));
	for (size_t i = 0; i < ELEMENTSOF(wrong); i++)
		if (!strstr(content(*state, "log"), wrong[i].line))
			fail_msg("the log does not say \"%s\":\n%s", wrong[i].line, content(*state, "log"));
	assert_non_null(strstr(content(*state, "log"), "empty/object.ini: No such file"));
}

static void link_example(const char *directory, const char *name)
{
	char target[512], path[64];

	scratch_write(directory, "scripts/keep", "");
	snprintf(path, sizeof(path), "scripts/%s", name);
	snprintf(target, sizeof(target), "%s/%s", example, name);
	assert_int_equal(symlink(target, scratch_path(directory, path)), 0);
}

static void test_example_sh(void **state)
{
	struct object *object;

	link_example(*state, "script-sh");
	begin(*state, "4");
	object = registry_find(&fixture.registry, 3320);
	assert_non_null(object);
	if (system("df --local -x tmpfs -x devtmpfs -x squashfs >/dev/null 2>&1") != 0) {
		/* cmocka's skip() is a failure to meson. */
		printf("# skipped test_example_sh: df knows no file system here\n");
		return;
	}
	fixture_wait(&fixture, object->n_instances > 0);
	assert_int_equal(fixture_read(&fixture, PATH3(3320, 0, 5700)), 0);
	assert_true(
		fixture.records.items[0].value.number >= 0 && fixture.records.items[0].value.number <= 100);
	fixture_expect(&fixture, PATH3(3320, 0, 5701), VALUE_STRING("%"));
	assert_int_equal(fixture_read(&fixture, PATH3(3320, 0, 5750)), 0);
}

/* What it shows is in one place for all: twice at a time would be once too often. */
static void test_example_python(void **state)
{
	link_example(*state, "script-python");
	begin(*state, "4");
	if (isolation == PLUGIN_ISOLATION_NONE)
		return;
	assert_int_equal(
		fixture_write_value(&fixture, PATH3(3341, 0, 5527), VALUE_STRING("Hello, w\xc3\xb6rld")), 0);
	fixture_expect(&fixture, PATH3(3341, 0, 5527), VALUE_STRING("Hello, w\xc3\xb6rld"));
	assert_int_equal(fixture_execute(&fixture, PATH3(3341, 0, 5530), ""), 0);
	fixture_wait(&fixture, fixture_read(&fixture, PATH3(3341, 0, 5527)) == 0 &&
				       fixture.records.items[0].value.bytes.len == 0);
}

int main(int argc, char **argv)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_read),
		TEST(test_write),
		TEST(test_refusals),
		TEST(test_execute),
		TEST(test_nonsense),
		TEST(test_slow),
		TEST(test_time_limit),
		TEST(test_output_limit),
		TEST(test_clean),
		TEST(test_processes),
		TEST(test_changed),
		TEST(test_list),
		TEST(test_bad_descriptions),
		TEST(test_example_sh),
		TEST(test_example_python),
	};

	if (argc != 4)
		return EXIT_FAILURE;
	isolation = (enum plugin_isolation)plugin_isolation_parse(argv[1]);
	example = argv[2];
	changed = argv[3];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
