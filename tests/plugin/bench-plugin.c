/* SPDX-License-Identifier: Apache-2.0 */
/* What a plugin in a process of its own costs: prints, and judges nothing. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"

#define SAMPLES 2000

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static uint64_t nanoseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void print_samples(const char *isolation, const char *name, uint64_t *samples, size_t n)
{
	qsort(samples, n, sizeof(*samples), compare);
	printf("%-8s %-28s %10.2f µs p50 %10.2f µs p99\n", isolation, name, (double)samples[n / 2] / 1e3,
		(double)samples[n * 99 / 100] / 1e3);
}

static void bench_read(struct fixture *fixture, const char *isolation, const char *name, struct path path)
{
	static uint64_t samples[SAMPLES];

	for (size_t i = 0; i < SAMPLES; i++) {
		uint64_t began = nanoseconds();

		assert_int_equal(fixture_read(fixture, path), 0);
		samples[i] = nanoseconds() - began;
	}
	print_samples(isolation, name, samples, SAMPLES);
}

static void bench_write(struct fixture *fixture, const char *isolation)
{
	static uint64_t samples[SAMPLES];

	for (size_t i = 0; i < SAMPLES; i++) {
		uint64_t began = nanoseconds();

		assert_int_equal(fixture_write_value(fixture, PATH3(3442, 0, 120), VALUE_INTEGER((int64_t)i)), 0);
		samples[i] = nanoseconds() - began;
	}
	print_samples(isolation, "write", samples, SAMPLES);
}

/* From the death of the host to its successor's values, without the wait. */
static void bench_restart(struct fixture *fixture)
{
	static uint64_t samples[20];

	for (size_t i = 0; i < ELEMENTSOF(samples); i++) {
		uint64_t began = nanoseconds();

		assert_int_equal(supervisor_restart(fixture->supervisor, "test-object"), 0);
		fixture_wait(fixture, fixture_status(fixture).restarts == i + 1 &&
					      fixture_status(fixture).state == PLUGIN_RUNNING);
		samples[i] = nanoseconds() - began;
	}
	print_samples("process", "kill and restart", samples, ELEMENTSOF(samples));
}

static void print_memory(pid_t pid)
{
	unsigned long private = 0, pss = 0, kib;
	char path[64], line[256];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
	file = fopen(path, "re");
	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "Private_Dirty: %lu", &kib) == 1)
			private += kib;
		sscanf(line, "Pss: %lu", &pss);
	}
	fclose(file);
	printf("%-8s %-28s %10lu KiB written, %lu KiB with its share of what others read, too\n", "process", "private memory of a host", private,
		pss);
}

static void bench(enum plugin_isolation isolation)
{
	const char *name = plugin_isolation_name(isolation);
	struct fixture fixture;

	fixture_init(&fixture);
	fixture_start(&fixture, "test-object", isolation);
	bench_read(&fixture, name, "read of a field", PATH3(3442, 0, 120));
	bench_read(&fixture, name, "read of 18 fields", PATH2(3442, 0));
	bench_read(&fixture, name, "read through read()", PATH3(33000, 0, 11));
	bench_write(&fixture, name);
	if (isolation == PLUGIN_ISOLATION_PROCESS)
		bench_restart(&fixture);
	fixture_deinit(&fixture);
}

/* Of a host whose plugin whose own data are small. */
static void bench_memory(void **state)
{
	struct fixture fixture;

	fixture_init(&fixture);
	fixture_start(&fixture, "test-faults", PLUGIN_ISOLATION_PROCESS);
	assert_int_equal(fixture_read(&fixture, PATH3(33002, 0, 1)), 0);
	print_memory(fixture_status(&fixture).pid);
	fixture_deinit(&fixture);
}

static void bench_process(void **state)
{
	bench(PLUGIN_ISOLATION_PROCESS);
}

static void bench_none(void **state)
{
	bench(PLUGIN_ISOLATION_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bench_process),
		cmocka_unit_test(bench_none),
		cmocka_unit_test(bench_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
