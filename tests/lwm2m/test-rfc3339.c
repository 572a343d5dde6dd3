/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

#include <time.h>

#include "lwm2m/rfc3339.h"

static void test_times(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} times[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "2013-03-21T20:04:00Z", 1363896240 },
		{ "2013-03-21t20:04:00z", 1363896240 },
		{ "2013-03-21T21:04:00+01:00", 1363896240 },
		{ "2013-03-21T14:34:00-05:30", 1363896240 },
		{ "2013-03-21T20:04:00.9Z", 1363896240 },
		{ "2013-03-21T20:04:00.123456789012Z", 1363896240 },
		{ "1985-04-12T23:20:50.52Z", 482196050 },
		{ "1990-12-31T23:59:60Z", 662688000 },
		{ "1969-12-31T23:59:59Z", -1 },
		{ "2000-02-29T12:00:00Z", 951825600 },
		{ "2038-01-19T03:14:08Z", INT64_C(1) << 31 },
		{ "0000-01-01T00:00:00Z", -62167219200 },
		{ "9999-12-31T23:59:59-23:59", 253402387139 },
	};

	for (size_t i = 0; i < ELEMENTSOF(times); i++) {
		int64_t seconds;

		assert_int_equal(rfc3339_parse(bytes_of(times[i].text), &seconds), 0);
		if (seconds != times[i].seconds)
			fail_msg("%s is %lld", times[i].text, (long long)seconds);
	}
}

static void test_refused(void **state)
{
	static const char *const texts[] = {
		"", "Z", "2013-03-21", "2013-03-21T20:04:00", "2013-03-21T20:04Z", "2013-03-21 20:04:00Z",
		"13-03-21T20:04:00Z",
		"2013-00-21T20:04:00Z", "2013-13-21T20:04:00Z", "2013-03-00T20:04:00Z",
		"2013-04-31T20:04:00Z",
		"2013-02-29T20:04:00Z", "1900-02-29T20:04:00Z", "2013-03-21T24:00:00Z",
		"2013-03-21T20:60:00Z",
		"2013-03-21T20:04:61Z", "2013-03-21T20:04:00.Z", "2013-03-21T20:04:00,5Z",
		"2013-03-21T20:04:00ZZ",
		"2013-03-21T20:04:00+1:00", "2013-03-21T20:04:00+01", "2013-03-21T20:04:00+0100",
		"2013-03-21T20:04:00+24:00",
		"2013-03-21T20:04:00+01:60", "2013-03-21T20:04:00 01:00", "-013-03-21T20:04:00Z",
		"2013-3-021T20:04:00Z",
		"2013-03-21T20:04:00.5", " 2013-03-21T20:04:00Z", "2013-03-21T20:04:00Z ",
	};
	int64_t seconds = 7;

	for (size_t i = 0; i < ELEMENTSOF(texts); i++)
		if (rfc3339_parse(bytes_of(texts[i]), &seconds) != -EINVAL)
			fail_msg("\"%s\" is taken", texts[i]);
	assert_int_equal(seconds, 7);
}

/* Every day of 400 years, leap days and all, against the C library. */
static void test_calendar(void **state)
{
	for (int64_t day = -50000; day < 96097; day++) {
		time_t time = day * 86400;
		struct tm tm;
		int64_t seconds;
		char text[64];

		assert_true(strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&time, &tm)) > 0);
		assert_int_equal(rfc3339_parse(bytes_of(text), &seconds), 0);
		if (seconds != time)
			fail_msg("%s is %lld", text, (long long)seconds);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_calendar),
	};

	return cmocka_run_group_tests_name("lwm2m/rfc3339", tests, NULL, NULL);
}
