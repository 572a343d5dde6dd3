/* SPDX-License-Identifier: Apache-2.0 */
/* Plugins that fail, each in its own way: what the registry answers meanwhile, what is said, how they come back. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "fixture.h"

#define FAULTS 33002

static int setup(void **state)
{
	struct fixture *fixture = malloc(sizeof(*fixture));

	fixture_init(fixture);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	fixture_deinit(*state);
	free(*state);
	return 0;
}

static void begin(struct fixture *fixture, const char *what, const char *at)
{
	const struct plugin_setting settings[] = {
		{ "fault", "what", what },
		{ "fault", "at", at },
		{ NULL, NULL, NULL },
	};

	fixture_add(fixture, "faults", "test-faults", PLUGIN_ISOLATION_PROCESS, what ? settings : NULL);
	supervisor_start(fixture->supervisor);
}

static void begin_running(struct fixture *fixture, const char *what, const char *at)
{
	begin(fixture, what, at);
	fixture_wait_state(fixture, PLUGIN_RUNNING);
	fixture_forget(fixture);
}

static void expect_failure(struct fixture *fixture, const char *part)
{
	const char *failure = fixture_status(fixture).failure;

	if (!strstr(failure, part))
		fail_msg("\"%s\" does not say \"%s\"", failure, part);
}

/* The object stays, answers 5.03 meanwhile, and comes back as it was. */
static void test_killed(void **state)
{
	struct fixture *fixture = *state;
	struct object *object;
	const uint16_t *ids;
	int pending;
	pid_t pid;

	fixture->options.restart_min = 200 * USEC_PER_MSEC;
	begin_running(fixture, NULL, NULL);
	object = registry_find(&fixture->registry, FAULTS);
	pid = fixture_status(fixture).pid;
	fixture_begin_read(fixture, PATH3(FAULTS, 0, 13), &pending);
	assert_int_equal(kill(pid, SIGKILL), 0);
	fixture_wait_state(fixture, PLUGIN_WAITING);
	assert_int_equal(pending, -ECONNRESET);
	assert_ptr_equal(registry_find(&fixture->registry, FAULTS), object);
	assert_true(object_has_instance(object, 0));
	assert_int_equal(fixture_read(fixture, PATH3(FAULTS, 0, 1)), -ECONNRESET);
	assert_int_equal(fixture_write_value(fixture, PATH3(FAULTS, 0, 2), VALUE_STRING("x")), -ECONNRESET);
	assert_int_equal(fixture_execute(fixture, PATH3(FAULTS, 0, 3), ""), -ECONNRESET);
	assert_int_equal(fixture_probe(fixture, PATH3(FAULTS, 0, 1), &ids), 0);
	assert_true(fixture_status(fixture).restart_at != USEC_INFINITY);
	assert_int_equal(fixture_status(fixture).pid, 0);
	expect_failure(fixture, "SIGKILL");

	fixture_wait_state(fixture, PLUGIN_RUNNING);
	assert_int_not_equal(fixture_status(fixture).pid, pid);
	assert_int_equal(fixture_status(fixture).restarts, 1);
	assert_ptr_equal(registry_find(&fixture->registry, FAULTS), object);
	fixture_expect(fixture, PATH3(FAULTS, 0, 1), VALUE_INTEGER(7));
	/* The object list is the one it was: no Registration Update. */
	assert_false(fixture_told(fixture, REGISTRY_INSTANCE, PATH1(FAULTS)));
	assert_false(fixture_told(fixture, REGISTRY_INSTANCE, PATH2(FAULTS, 0)));
	assert_false(fixture_told(fixture, REGISTRY_VALUE, PATH3(FAULTS, 0, 1)));
	/* What is asked for with read() may be another now. */
	assert_true(fixture_told(fixture, REGISTRY_VALUE, PATH3(FAULTS, 0, 10)));
}

static void test_abort_in_read(void **state)
{
	begin_running(*state, "abort", "read");
	assert_int_equal(fixture_read(*state, PATH3(FAULTS, 0, 10)), -ECONNRESET);
	fixture_wait_state(*state, PLUGIN_WAITING);
	expect_failure(*state, "SIGABRT");
	fixture_wait_state(*state, PLUGIN_RUNNING);
	fixture_expect(*state, PATH3(FAULTS, 0, 1), VALUE_INTEGER(7));
}

static void test_abort_in_poll(void **state)
{
	struct fixture *fixture = *state;

	/* The first poll is part of the start. */
	begin(fixture, "abort", "poll");
	fixture_wait_state(fixture, PLUGIN_WAITING);
	expect_failure(fixture, "SIGABRT");
}

static void test_abort_in_write(void **state)
{
	begin_running(*state, "abort", "write");
	assert_int_equal(fixture_write_value(*state, PATH3(FAULTS, 0, 2), VALUE_STRING("x")), -ECONNRESET);
	fixture_wait_state(*state, PLUGIN_WAITING);
	expect_failure(*state, "SIGABRT");
}

static void test_exit(void **state)
{
	begin_running(*state, "exit", "execute");
	assert_int_equal(fixture_execute(*state, PATH3(FAULTS, 0, 3), ""), -ECONNRESET);
	fixture_wait_state(*state, PLUGIN_WAITING);
	expect_failure(*state, "status 3");
}

/* A plugin that does not return is asked whether it lives, and ended. */
static void test_hang_in_read(void **state)
{
	struct fixture *fixture = *state;

	fixture->options.ping_timeout = 100 * USEC_PER_MSEC;
	begin_running(fixture, "hang", "read");
	assert_int_equal(fixture_read(fixture, PATH3(FAULTS, 0, 10)), -ECONNRESET);
	fixture_wait_state(fixture, PLUGIN_WAITING);
	expect_failure(fixture, "does not answer");
	fixture_wait_state(fixture, PLUGIN_RUNNING);
}

/* One that answers later is asked and lives on. */
static void test_late_is_not_hung(void **state)
{
	struct fixture *fixture = *state;
	usec_t began = usec_now();
	int pending;

	fixture->options.silence_max = 20 * USEC_PER_MSEC;
	begin_running(fixture, NULL, NULL);
	fixture_begin_read(fixture, PATH3(FAULTS, 0, 13), &pending);
	while (usec_now() < began + 500 * USEC_PER_MSEC)
		sd_event_run(fixture->event, 50 * USEC_PER_MSEC);
	assert_int_equal(pending, 1);
	assert_int_equal(fixture_status(fixture).state, PLUGIN_RUNNING);
	fixture_expect(fixture, PATH3(FAULTS, 0, 1), VALUE_INTEGER(7));
	supervisor_stop(fixture->supervisor);
	assert_int_equal(pending, -ECONNRESET);
}

/* Nobody asked, but an observed plugin has to have news some time. */
static void test_hang_while_watched(void **state)
{
	struct fixture *fixture = *state;
	pid_t pid;

	fixture->options.silence_max = 20 * USEC_PER_MSEC;
	fixture->options.ping_timeout = 100 * USEC_PER_MSEC;
	begin_running(fixture, NULL, NULL);
	fixture_watch(fixture, FAULTS, true);
	fixture_wait(fixture, fixture_told(fixture, REGISTRY_VALUE, PATH3(FAULTS, 0, 0)));
	pid = fixture_status(fixture).pid;
	assert_int_equal(kill(pid, SIGSTOP), 0);
	fixture_wait_state(fixture, PLUGIN_WAITING);
	expect_failure(fixture, "does not answer");
	/* The next one is watched, too. */
	fixture_wait_state(fixture, PLUGIN_RUNNING);
	fixture_forget(fixture);
	fixture_wait(fixture, fixture_told(fixture, REGISTRY_VALUE, PATH3(FAULTS, 0, 0)));
}

static void test_hang_at_start(void **state)
{
	struct fixture *fixture = *state;

	fixture->options.start_timeout = 200 * USEC_PER_MSEC;
	begin(fixture, "hang", "start");
	fixture_wait_state(fixture, PLUGIN_WAITING);
	expect_failure(fixture, "did not start within 0.2 s");
	assert_null(registry_find(&fixture->registry, FAULTS));
}

static void test_start_fails(void **state)
{
	struct fixture *fixture = *state;

	begin(fixture, "fail", "start");
	assert_false(supervisor_is_settled(fixture->supervisor));
	fixture_wait_state(fixture, PLUGIN_WAITING);
	expect_failure(fixture, "failed in its start(): Input/output error");
}

/* Again and again, later each time, until it is given up. */
static void test_given_up(void **state)
{
	struct fixture *fixture = *state;
	usec_t waits[8], now = 0;
	unsigned int n = 0;

	fixture->options.failures_max = 5;
	fixture->options.restart_min = 20 * USEC_PER_MSEC;
	begin(fixture, "abort", "init");
	while (fixture_status(fixture).state != PLUGIN_FAILED) {
		unsigned int restarts = fixture_status(fixture).restarts;

		fixture_wait(fixture, fixture_status(fixture).state == PLUGIN_WAITING ||
					      fixture_status(fixture).state == PLUGIN_FAILED);
		if (fixture_status(fixture).state == PLUGIN_FAILED)
			break;
		sd_event_now(fixture->event, CLOCK_BOOTTIME, &now);
		waits[n++] = fixture_status(fixture).restart_at - now;
		fixture_wait(fixture, fixture_status(fixture).restarts > restarts);
	}
	assert_int_equal(n, 4);
	for (unsigned int i = 0; i < n; i++) {
		usec_t middle = usec_min(20 * USEC_PER_MSEC << i, 80 * USEC_PER_MSEC);

		assert_in_range(waits[i], middle - middle / 4 - USEC_PER_MSEC, middle + middle / 4);
	}
	expect_failure(fixture, "SIGABRT");
	assert_int_equal(fixture->settled, 1);
	assert_int_equal(fixture_status(fixture).restart_at, USEC_INFINITY);
}

/* An object that was there leaves when its plugin is given up; a restart by hand brings it back. */
static void test_given_up_leaves(void **state)
{
	struct fixture *fixture = *state;

	fixture->options.failures_max = 1;
	begin_running(fixture, "abort", "read");
	assert_int_equal(fixture_read(fixture, PATH3(FAULTS, 0, 10)), -ECONNRESET);
	fixture_wait_state(fixture, PLUGIN_FAILED);
	assert_null(registry_find(&fixture->registry, FAULTS));
	assert_true(fixture_told(fixture, REGISTRY_INSTANCE, PATH1(FAULTS)));
	assert_int_equal(supervisor_restart(fixture->supervisor, "faults"), 0);
	fixture_wait_state(fixture, PLUGIN_RUNNING);
	assert_non_null(registry_find(&fixture->registry, FAULTS));
}

/* A plugin that ran long enough starts counting anew. */
static void test_stable(void **state)
{
	struct fixture *fixture = *state;

	fixture->options.failures_max = 2;
	fixture->options.stable_after = 1;
	begin_running(fixture, "abort", "read");
	for (unsigned int i = 1; i <= 3; i++) {
		assert_int_equal(fixture_read(fixture, PATH3(FAULTS, 0, 10)), -ECONNRESET);
		fixture_wait(fixture, fixture_status(fixture).restarts == i);
		fixture_wait_state(fixture, PLUGIN_RUNNING);
	}
}

static void test_restart_by_hand(void **state)
{
	struct fixture *fixture = *state;
	pid_t pid;

	begin_running(fixture, NULL, NULL);
	pid = fixture_status(fixture).pid;
	assert_int_equal(supervisor_restart(fixture->supervisor, "faults"), 0);
	assert_int_equal(fixture_read(fixture, PATH3(FAULTS, 0, 1)), -ECONNRESET);
	fixture_wait(fixture, fixture_status(fixture).restarts == 1 && fixture_status(fixture).state == PLUGIN_RUNNING);
	assert_int_not_equal(fixture_status(fixture).pid, pid);
	assert_string_equal(fixture_status(fixture).failure, "");
	assert_int_equal(kill(pid, 0), -1);
}

/* Modules that no other try would make better. */
static void refuse(struct fixture *fixture, const char *module, enum plugin_isolation isolation, const char *part)
{
	fixture_add(fixture, "refused", module, isolation, NULL);
	supervisor_start(fixture->supervisor);
	fixture_wait_state(fixture, PLUGIN_FAILED);
	assert_int_equal(fixture_status(fixture).restarts, 0);
	assert_int_equal(fixture->settled, 1);
	expect_failure(fixture, part);
}

static void test_missing_module(void **state)
{
	refuse(*state, "test-missing", PLUGIN_ISOLATION_PROCESS, "No such file");
}

static void test_wrong_abi(void **state)
{
	refuse(*state, "test-abi", PLUGIN_ISOLATION_PROCESS, "made for plugin ABI 2 and this agent has ABI 1");
}

static void test_no_plugin(void **state)
{
	refuse(*state, "test-nothing", PLUGIN_ISOLATION_PROCESS, "exports no lw_plugin");
}

static void test_wrong_abi_in_process(void **state)
{
	refuse(*state, "test-abi", PLUGIN_ISOLATION_NONE, "made for plugin ABI 2 and this agent has ABI 1");
}

static void test_no_host(void **state)
{
	struct fixture *fixture = *state;

	fixture->options.host_path = "/nonexistent/lwm2m-plugin-host";
	begin(fixture, NULL, NULL);
	fixture_wait_state(fixture, PLUGIN_WAITING);
	expect_failure(fixture, "/nonexistent/lwm2m-plugin-host: No such file");
}

/* A program that is no host at all. */
static void test_strange_host(void **state)
{
	struct fixture *fixture = *state;

	fixture->options.host_path = "/bin/true";
	begin(fixture, NULL, NULL);
	fixture_wait_state(fixture, PLUGIN_WAITING);
	expect_failure(fixture, "status 0");
}

/* Two plugins with one object: the first has it. */
static void test_object_is_taken(void **state)
{
	struct fixture *fixture = *state;
	struct object *object;

	begin_running(fixture, NULL, NULL);
	object = registry_find(&fixture->registry, FAULTS);
	fixture_add(fixture, "second", "test-faults", PLUGIN_ISOLATION_PROCESS, NULL);
	fixture_wait(fixture, supervisor_status(fixture->supervisor, 1).state == PLUGIN_FAILED);
	assert_non_null(strstr(supervisor_status(fixture->supervisor, 1).failure, "object 33002 is there already"));
	assert_ptr_equal(registry_find(&fixture->registry, FAULTS), object);
	fixture_expect(fixture, PATH3(FAULTS, 0, 1), VALUE_INTEGER(7));
}

/* The agent's own object steps aside for a plugin's, also while that crashes, and is back when it is given up. */
static void test_takes_the_place_of_the_agents(void **state)
{
	static const struct object_info info = { FAULTS, OBJECT_REPLACEABLE, "1.0", NULL, 0 };
	struct fixture *fixture = *state;
	struct object own = { .info = &info };

	fixture->options.failures_max = 2;
	fixture->options.restart_min = 20 * USEC_PER_MSEC;
	assert_int_equal(registry_add(&fixture->registry, &own), 0);
	begin_running(fixture, "abort", "read");
	fixture_expect(fixture, PATH3(FAULTS, 0, 1), VALUE_INTEGER(7));
	assert_int_equal(fixture_read(fixture, PATH3(FAULTS, 0, 10)), -ECONNRESET);
	assert_ptr_not_equal(registry_find(&fixture->registry, FAULTS), &own);
	fixture_wait(fixture, fixture_status(fixture).restarts == 1);
	fixture_wait_state(fixture, PLUGIN_RUNNING);
	assert_ptr_not_equal(registry_find(&fixture->registry, FAULTS), &own);
	fixture_forget(fixture);
	assert_int_equal(fixture_read(fixture, PATH3(FAULTS, 0, 10)), -ECONNRESET);
	fixture_wait_state(fixture, PLUGIN_FAILED);
	assert_ptr_equal(registry_find(&fixture->registry, FAULTS), &own);
	assert_true(fixture_told(fixture, REGISTRY_INSTANCE, PATH1(FAULTS)));
	registry_remove(&fixture->registry, &own);
}

/* Stderr, which hosts get from us, into a file until restore_stderr(), which counts the lines that have part in them. */
static FILE *catch_stderr(int *ret_saved)
{
	FILE *file = tmpfile();

	assert_non_null(file);
	*ret_saved = dup(STDERR_FILENO);
	assert_int_equal(dup2(fileno(file), STDERR_FILENO), STDERR_FILENO);
	return file;
}

static unsigned int restore_stderr(FILE *file, int saved, const char *part)
{
	unsigned int n = 0;
	char line[1024];

	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(file);
	while (fgets(line, sizeof(line), file))
		n += strstr(line, part) != NULL;
	fclose(file);
	return n;
}

/* Values that change without end reach the agent some hundred times a second at most, and so does the log. */
static void test_flood(void **state)
{
	struct fixture *fixture = *state;
	unsigned int told = 0;
	usec_t until;
	int saved;
	FILE *log = catch_stderr(&saved);

	begin_running(fixture, "flood", "");
	until = usec_now() + 500 * USEC_PER_MSEC;
	while (usec_now() < until) {
		fixture_forget(fixture);
		sd_event_run(fixture->event, 10 * USEC_PER_MSEC);
		told += fixture_told(fixture, REGISTRY_VALUE, PATH3(FAULTS, 0, 0));
	}
	assert_int_equal(restore_stderr(log, saved, "faults: again"), 50);
	assert_in_range(told, 2, 60);
	assert_int_equal(fixture_status(fixture).state, PLUGIN_RUNNING);
	fixture_expect(fixture, PATH3(FAULTS, 0, 1), VALUE_INTEGER(7));
}

/* Nothing of the agent's is open in the host but stdio, its socket and what its own loop needs; nothing private is told. */
static void test_nothing_leaks(void **state)
{
	struct fixture *fixture = *state;
	int leaks[32];

	for (size_t i = 0; i < ELEMENTSOF(leaks); i++)
		leaks[i] = dup(STDERR_FILENO);
	setenv("NOTIFY_SOCKET", "/run/systemd/notify", 1);
	begin_running(fixture, NULL, NULL);
	unsetenv("NOTIFY_SOCKET");
	for (size_t i = 0; i < ELEMENTSOF(leaks); i++)
		close(leaks[i]);
	fixture_expect(fixture, PATH3(FAULTS, 0, 12), VALUE_STRING("none"));
	assert_int_equal(fixture_read(fixture, PATH3(FAULTS, 0, 11)), 0);
	assert_in_range(fixture->records.items[0].value.integer, 4, 12);
}

/* A host that hangs when it is asked to end is killed a second later. */
static void test_stop_kills(void **state)
{
	struct fixture *fixture = *state;
	usec_t began;

	begin_running(fixture, NULL, NULL);
	assert_int_equal(kill(fixture_status(fixture).pid, SIGSTOP), 0);
	began = usec_now();
	supervisor_stop(fixture->supervisor);
	assert_null(registry_find(&fixture->registry, FAULTS));
	fixture_wait(fixture, fixture_status(fixture).pid == 0);
	assert_in_range(usec_now() - began, 900 * USEC_PER_MSEC, 5 * USEC_PER_SEC);
	/* And it can be started again. */
	supervisor_start(fixture->supervisor);
	fixture_wait_state(fixture, PLUGIN_RUNNING);
}

/* In an agent of its own, which then dies like in a power cut. Writes the host's pid to fd. */
static void be_agent(int fd)
{
	struct fixture fixture;
	pid_t pid;

	/* No outcome of the child's is the test's. */
	alarm(10);
	fixture_init(&fixture);
	begin_running(&fixture, NULL, NULL);
	pid = fixture_status(&fixture).pid;
	/* A host that hangs reads no end of file. */
	kill(pid, SIGSTOP);
	if (write(fd, &pid, sizeof(pid)) != sizeof(pid))
		abort();
	raise(SIGKILL);
}

static void test_agent_dies(void **state)
{
	usec_t until = usec_now() + 10 * USEC_PER_SEC;
	pid_t agent, host;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	agent = fork();
	if (agent == 0) {
		close(fds[0]);
		be_agent(fds[1]);
		_exit(1);
	}
	close(fds[1]);
	assert_int_equal(read(fds[0], &host, sizeof(host)), sizeof(host));
	assert_int_equal(waitpid(agent, NULL, 0), agent);
	while (kill(host, 0) == 0 && usec_now() < until) {
		char path[64], text[256] = "";
		FILE *file;

		/* As a zombie it may stay where nobody reaps orphans. */
		snprintf(path, sizeof(path), "/proc/%d/stat", (int)host);
		file = fopen(path, "re");
		if (!file || !fgets(text, sizeof(text), file) || strstr(text, ") Z ")) {
			fclose(file);
			break;
		}
		fclose(file);
		usleep(1000);
	}
	assert_true(usec_now() < until);
	close(fds[0]);
}

static void test_disabled(void **state)
{
	struct fixture *fixture = *state;
	const struct plugin_config config = { .name = "off", .module = "/nonexistent.so" };

	begin_running(fixture, NULL, NULL);
	assert_int_equal(supervisor_add(fixture->supervisor, &config), 0);
	assert_int_equal(supervisor_add(fixture->supervisor, &config), -EEXIST);
	assert_int_equal(supervisor_count(fixture->supervisor), 2);
	assert_int_equal(supervisor_status(fixture->supervisor, 1).state, PLUGIN_DISABLED);
	assert_int_equal(supervisor_restart(fixture->supervisor, "off"), -EINVAL);
	assert_true(supervisor_is_settled(fixture->supervisor));
}

static void test_names(void **state)
{
	assert_int_equal(plugin_isolation_parse("process"), PLUGIN_ISOLATION_PROCESS);
	assert_int_equal(plugin_isolation_parse("none"), PLUGIN_ISOLATION_NONE);
	assert_int_equal(plugin_isolation_parse("thread"), -EINVAL);
	for (int i = 0; i < _PLUGIN_STATE_MAX; i++)
		assert_non_null(plugin_state_name((enum plugin_state)i));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_killed),
		TEST(test_abort_in_read),
		TEST(test_abort_in_poll),
		TEST(test_abort_in_write),
		TEST(test_exit),
		TEST(test_hang_in_read),
		TEST(test_late_is_not_hung),
		TEST(test_hang_while_watched),
		TEST(test_hang_at_start),
		TEST(test_start_fails),
		TEST(test_given_up),
		TEST(test_given_up_leaves),
		TEST(test_stable),
		TEST(test_restart_by_hand),
		TEST(test_missing_module),
		TEST(test_wrong_abi),
		TEST(test_no_plugin),
		TEST(test_wrong_abi_in_process),
		TEST(test_no_host),
		TEST(test_strange_host),
		TEST(test_object_is_taken),
		TEST(test_takes_the_place_of_the_agents),
		TEST(test_flood),
		TEST(test_nothing_leaks),
		TEST(test_stop_kills),
		TEST(test_agent_dies),
		TEST(test_disabled),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
