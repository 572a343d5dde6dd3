/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "ctl/times.h"

#define HOUR (3600 * USEC_PER_SEC)
#define NOW  (UINT64_C(1764072000) * USEC_PER_SEC) /* 2025-11-25 12:00:00 UTC */

static void test_span(void **state)
{
	static const struct {
		uint64_t s;
		const char *text;
	} spans[] = {
		{ 0, "0 s" },
		{ 59, "59 s" },
		{ 60, "1 min" },
		{ 206, "3 min 26 s" },
		{ 11 * 60 + 5, "11 min" },
		{ 7500, "2 h 5 min" },
		{ 23 * 3600 + 1800, "23 h" },
		{ 86400, "1 d" },
		{ 3 * 86400 + 4 * 3600, "3 d 4 h" },
		{ UINT64_MAX / USEC_PER_SEC, "213503982 d" },
	};
	char text[TIMES_MAX];

	for (size_t i = 0; i < ELEMENTSOF(spans); i++)
		assert_string_equal(times_span(spans[i].s * USEC_PER_SEC, text), spans[i].text);
}

static void test_relative(void **state)
{
	char text[TIMES_MAX];

	assert_string_equal(times_relative(NOW, NOW, text), "just now");
	assert_string_equal(times_relative(NOW + 5, NOW, text), "now");
	assert_string_equal(times_relative(NOW - 5 * USEC_PER_SEC, NOW, text), "5 s ago");
	assert_string_equal(times_relative(NOW + 2 * HOUR, NOW, text), "in 2 h");
}

static void test_point(void **state)
{
	static const struct {
		const char *zone;
		usec_t time, now;
		const char *text;
	} points[] = {
		{ "UTC", NOW, NOW, "12:00:00" },
		{ "UTC", NOW + 11 * HOUR, NOW, "23:00:00" },
		{ "UTC", NOW + 12 * HOUR, NOW, "00:00 tomorrow" },
		{ "UTC", NOW - 13 * HOUR, NOW, "23:00 yesterday" },
		{ "UTC", NOW + 48 * HOUR, NOW, "2025-11-27 12:00" },
		{ "UTC", NOW - 48 * HOUR, NOW, "2025-11-23 12:00" },
		{ "CET-1", NOW + 11 * HOUR, NOW, "00:00 tomorrow" },
		/* Half past midnight, after a day of 23 hours. */
		{ "CET-1CEST,M3.5.0,M10.5.0/3", UINT64_C(1743328800) * USEC_PER_SEC, UINT64_C(1743373800) * USEC_PER_SEC,
			"12:00 yesterday" },
		{ "UTC", USEC_PER_SEC, NOW, "1970-01-01 00:00" },
		{ "UTC", UINT64_MAX, NOW, "586524-01-19 08:01" },
	};
	char text[TIMES_MAX];

	for (size_t i = 0; i < ELEMENTSOF(points); i++) {
		setenv("TZ", points[i].zone, 1);
		tzset();
		assert_string_equal(times_point(points[i].time, points[i].now, text), points[i].text);
	}
}

static void test_rfc3339(void **state)
{
	char text[TIMES_MAX];

	setenv("TZ", "CET-1", 1);
	tzset();
	assert_string_equal(times_rfc3339(NOW, text), "2025-11-25T12:00:00Z");
	assert_null(times_rfc3339(0, text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_span),
		cmocka_unit_test(test_relative),
		cmocka_unit_test(test_point),
		cmocka_unit_test(test_rfc3339),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
