/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random work on a store, cut off at every system call: by the death of the process, by the end of the power, by a
 * failure of the call. Whatever happens, each name has its old contents or its new ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "disk.h"
#include "io/store.h"
#include "scratch.h"

#define NAMES 4
#define STEPS 9

#ifdef __SANITIZE_ADDRESS__
#define SEQUENCES 6
#else
#define SEQUENCES 20
#endif

static const char *const names[NAMES] = { "object-1", "object-2", "server-101", "server-102" };

/* Contents have a number, NONE without a file. What they are follows from it. */
enum { NONE = 0 };

enum action { WRITE, REMOVE, RESET, REOPEN, READ };

struct step {
	enum action action;
	unsigned int name, number;
};

enum cut { KILLED, POWER, KILLED_THEN_POWER, FAILED, FAILED_THEN_POWER, _CUT_MAX };

struct model {
	const char *dir;
	struct store *store;
	struct {
		unsigned int numbers[STEPS + 2];
		size_t count;
	} allowed[NAMES];
	bool reset; /* cut off: of all that there was, or of nothing */
};

/* What the log said: lines; of these that a name cannot be kept, since it was kept the last time; about damage. */
static unsigned int lines, failures[NAMES], damaged;

static unsigned int counts[_CUT_MAX];

int __wrap_log_full(
	int priority, int error, const struct log_fields *fields, const char *format, ...);

int __wrap_log_full(int priority, int error, const struct log_fields *fields, const char *format, ...)
{
	char line[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	lines++;
	damaged += strstr(line, "going on without it") != NULL;
	for (size_t i = 0; i < NAMES; i++)
		failures[i] += strstr(line, "Cannot keep") && strstr(line, names[i]);
	return error < 0 ? error : -error;
}

static void make_plan(unsigned int seed, struct step plan[STEPS])
{
	static const enum action actions[] = { WRITE, WRITE, WRITE, WRITE, WRITE, WRITE, REMOVE, RESET, REOPEN,
		READ };

	disk_seed(seed);
	for (unsigned int i = 0; i < STEPS; i++)
		plan[i] = (struct step){
			.action = actions[disk_random(ELEMENTSOF(actions))],
			.name = disk_random(NAMES),
			.number = i + 1,
		};
	/* Now and then the same once more. */
	for (unsigned int i = 1; i < STEPS; i++)
		if (disk_random(4) == 0)
			plan[i] = plan[i - 1];
}

static void make_contents(unsigned int number, struct buffer *ret)
{
	size_t len = number % 3 == 0 ? 200 * number : 11 * number;
	uint8_t *at;

	assert_int_equal(buffer_printf(ret, "%u:", number), 0);
	assert_int_equal(buffer_reserve(ret, len, &at), 0);
	for (size_t i = 0; i < len; i++)
		at[i] = (uint8_t)(number + i * i);
	ret->len += len;
}

static bool is_contents(struct bytes bytes, unsigned int number)
{
	_cleanup_(buffer_deinit) struct buffer contents = { 0 };

	make_contents(number, &contents);
	return bytes_equal(bytes, buffer_bytes(&contents));
}

static void allow(struct model *model, unsigned int name, unsigned int number)
{
	assert_true(model->allowed[name].count < ELEMENTSOF(model->allowed[name].numbers));
	model->allowed[name].numbers[model->allowed[name].count++] = number;
}

static void allow_only(struct model *model, unsigned int name, unsigned int number)
{
	model->allowed[name].count = 0;
	allow(model, name, number);
}

/* After what came out: the new state only, or the old one or the new one, and the failure was said, once. */
static void note(struct model *model, unsigned int name, unsigned int number, int r)
{
	if (r == 0) {
		allow_only(model, name, number);
		failures[name] = 0;
		return;
	}
	allow(model, name, number);
	if (disk_is_dead())
		return;
	assert_true(disk_has_failed());
	assert_true(lines > 0);
	assert_true(failures[name] <= 1);
}

static void close_store(struct model *model)
{
	model->store = store_free(model->store);
	memset(failures, 0, sizeof(failures));
}

/* Again where it fails, as systemd does. */
static void open_store(struct model *model)
{
	close_store(model);
	while (store_open(model->dir, &model->store) < 0 && !disk_is_dead())
		assert_true(disk_has_failed());
}

static void write_name(struct model *model, unsigned int name, unsigned int number)
{
	_cleanup_(buffer_deinit) struct buffer contents = { 0 };

	make_contents(number, &contents);
	note(model, name, number, store_write(model->store, names[name], buffer_bytes(&contents)));
}

/* The number of what store_read() gave, which has to be one of those that are allowed; then it alone is. */
static unsigned int check(struct model *model, unsigned int name, int r, struct bytes bytes)
{
	for (size_t i = 0; i < model->allowed[name].count; i++) {
		unsigned int number = model->allowed[name].numbers[i];

		if (r < 0 ? number == NONE : number != NONE && is_contents(bytes, number)) {
			allow_only(model, name, number);
			return number;
		}
	}
	fail_msg("%s is neither in its old state nor in its new one: %d, %zu bytes", names[name], r, bytes.len);
	return NONE;
}

static unsigned int check_name(struct model *model, unsigned int name)
{
	_cleanup_(buffer_deinit) struct buffer buffer = { 0 };
	int r = store_read(model->store, names[name], &buffer);

	assert_true(r == 0 || r == -ENOENT);
	return check(model, name, r, buffer_bytes(&buffer));
}

/* In the middle of it all: while a failure is around, both states may still come to be. */
static void read_name(struct model *model, unsigned int name)
{
	_cleanup_(buffer_deinit) struct buffer buffer = { 0 };
	int r = store_read(model->store, names[name], &buffer);

	if (!disk_is_dead() && !disk_has_failed())
		check(model, name, r, buffer_bytes(&buffer));
}

static void reset_all(struct model *model)
{
	bool failed_before = disk_has_failed();
	int r;

	r = store_wipe(model->store);
	model->reset = disk_is_dead() && !failed_before;
	for (unsigned int i = 0; i < NAMES; i++)
		note(model, i, NONE, r);
}

static void take_step(struct model *model, const struct step *step)
{
	switch (step->action) {
	case WRITE:
		write_name(model, step->name, step->number);
		break;
	case REMOVE:
		note(model, step->name, NONE, store_remove(model->store, names[step->name]));
		break;
	case RESET:
		reset_all(model);
		break;
	case REOPEN:
		open_store(model);
		break;
	case READ:
		read_name(model, step->name);
	}
}

static void take_steps(struct model *model, const struct step *plan)
{
	for (unsigned int i = 0; i < NAMES; i++)
		allow_only(model, i, NONE);
	lines = damaged = 0;
	open_store(model);
	for (size_t i = 0; i < STEPS && !disk_is_dead(); i++)
		take_step(model, &plan[i]);
}

static bool has_leftovers(const struct model *model)
{
	for (size_t i = 0; i < NAMES; i++) {
		char path[512];

		snprintf(path, sizeof(path), "%s/%s.state.new", model->dir, names[i]);
		if (access(path, F_OK) == 0)
			return true;
	}
	return false;
}

static void check_all(struct model *model)
{
	const struct model before = *model;
	unsigned int n_old = 0, n_gone = 0;

	open_store(model);
	assert_false(has_leftovers(model));
	for (unsigned int i = 0; i < NAMES; i++) {
		unsigned int number = check_name(model, i);

		n_old += number == before.allowed[i].numbers[0];
		n_gone += number == NONE;
	}
	if (model->reset)
		assert_true(n_old == NAMES || n_gone == NAMES);
	model->reset = false;
	assert_int_equal(damaged, 0);
}

static void check_usable(struct model *model)
{
	for (unsigned int i = 0; i < NAMES; i++) {
		write_name(model, i, 20 + i);
		assert_int_equal(check_name(model, i), 20 + i);
	}
}

static void cut_power(struct model *model)
{
	close_store(model);
	disk_lose();
}

static void empty(const char *dir)
{
	static const char *const suffixes[] = { ".state", ".state.new", ".state.corrupt" };
	char path[512];

	for (size_t i = 0; i < NAMES * ELEMENTSOF(suffixes); i++) {
		snprintf(path, sizeof(path), "%s/%s%s", dir, names[i / ELEMENTSOF(suffixes)],
			suffixes[i % ELEMENTSOF(suffixes)]);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/lock", dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/reset", dir);
	unlink(path);
}

/* One life from an empty directory to the cut and what comes after it. Returns the number of calls of the whole plan. */
static unsigned int live(const char *dir, const struct step *plan, enum cut cut, unsigned int at,
			 unsigned int failing)
{
	static const int errors[] = { ENOSPC, EIO, EROFS, EDQUOT };
	struct model model = { .dir = dir };
	unsigned int calls;

	empty(dir);
	disk_start(dir);
	if (cut >= FAILED)
		disk_fail_at(at, failing, errors[disk_random(ELEMENTSOF(errors))]);
	else
		disk_die_at(at);
	take_steps(&model, plan);
	calls = disk_calls();
	disk_fail_at(0, 0, 0);
	if (cut == POWER || cut == FAILED_THEN_POWER)
		cut_power(&model);
	disk_revive();
	check_all(&model);
	if (cut == KILLED_THEN_POWER) {
		cut_power(&model);
		check_all(&model);
	}
	check_usable(&model);
	cut_power(&model);
	check_all(&model);
	close_store(&model);
	disk_stop();
	counts[cut]++;
	return calls;
}

static void live_all(const char *dir, enum cut cut, unsigned int times, unsigned int failing)
{
	for (unsigned int seed = 0; seed < SEQUENCES; seed++) {
		struct step plan[STEPS];
		unsigned int calls;

		make_plan(seed, plan);
		calls = live(dir, plan, KILLED, 0, 0);
		for (unsigned int at = 1; at <= calls; at++)
			for (unsigned int i = 0; i < times; i++)
				live(dir, plan, cut, at, failing);
	}
}

static void test_killed(void **state)
{
	live_all(*state, KILLED, 1, 0);
}

static void test_power_cut(void **state)
{
	live_all(*state, POWER, 4, 0);
}

/* What a process saw after another one was killed, and may have told, is not undone. */
static void test_power_cut_after_kill(void **state)
{
	live_all(*state, KILLED_THEN_POWER, 1, 0);
}

static void test_failure(void **state)
{
	live_all(*state, FAILED, 1, 1);
}

/* The disk is full for a while. */
static void test_failures(void **state)
{
	live_all(*state, FAILED, 1, 25);
}

static void test_failure_and_power_cut(void **state)
{
	live_all(*state, FAILED_THEN_POWER, 2, 1);
}

static void test_enough(void **state)
{
	printf("# cut off by a kill %u times, by the power %u, by both %u; %u failures, %u with a power cut\n",
		counts[KILLED], counts[POWER], counts[KILLED_THEN_POWER], counts[FAILED],
		counts[FAILED_THEN_POWER]);
	assert_true(counts[KILLED] + counts[POWER] + counts[KILLED_THEN_POWER] >= 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_killed, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(test_power_cut, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(test_power_cut_after_kill, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(test_failure, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(test_failures, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(test_failure_and_power_cut, scratch_setup, scratch_teardown),
		cmocka_unit_test(test_enough),
	};

	/* Nothing here has to last, and there are many small files. */
	if (access("/dev/shm", W_OK) == 0)
		(void)setenv("TMPDIR", "/dev/shm", 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
