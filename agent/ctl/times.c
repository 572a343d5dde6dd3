/* SPDX-License-Identifier: Apache-2.0 */
#include "times.h"

#include <stdbool.h>
#include <stdio.h>

#define MINUTE UINT64_C(60)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

usec_t times_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (usec_t)t.tv_sec * USEC_PER_SEC + (usec_t)t.tv_nsec / 1000;
}

/* Far off times, of a broken clock, have no calendar date. */
static bool calendar(usec_t time, struct tm *ret)
{
	time_t seconds = (time_t)(time / USEC_PER_SEC);

	return localtime_r(&seconds, ret) != NULL;
}

/* Is then on the day that comes so many days after now? */
static bool is_day(const struct tm *then, usec_t now, int days)
{
	struct tm day;

	if (!calendar(now, &day))
		return false;
	day.tm_mday += days;
	day.tm_hour = 12; /* a day has 23 or 25 hours now and then */
	day.tm_isdst = -1;
	return mktime(&day) != -1 && then->tm_year == day.tm_year && then->tm_yday == day.tm_yday;
}

const char *times_point(usec_t time, usec_t now, char text[TIMES_MAX])
{
	struct tm then;

	if (!calendar(time, &then)) {
		snprintf(text, TIMES_MAX, "an unknown time");
		return text;
	}
	if (is_day(&then, now, 0))
		strftime(text, TIMES_MAX, "%H:%M:%S", &then);
	else if (is_day(&then, now, -1))
		strftime(text, TIMES_MAX, "%H:%M yesterday", &then);
	else if (is_day(&then, now, 1))
		strftime(text, TIMES_MAX, "%H:%M tomorrow", &then);
	else
		strftime(text, TIMES_MAX, "%Y-%m-%d %H:%M", &then);
	return text;
}

const char *times_span(usec_t span, char text[TIMES_MAX])
{
	static const struct {
		uint64_t unit, below; /* in seconds; shown with the unit below, up to ten of this one */
		const char *name, *below_name;
	} units[] = {
		{ DAY, HOUR, "d", "h" },
		{ HOUR, MINUTE, "h", "min" },
		{ MINUTE, 1, "min", "s" },
	};
	uint64_t s = span / USEC_PER_SEC;

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		uint64_t n = s / units[i].unit, rest = s % units[i].unit / units[i].below;

		if (n == 0)
			continue;
		if (rest > 0 && n < 10)
			snprintf(text, TIMES_MAX, "%llu %s %llu %s", (unsigned long long)n, units[i].name,
				(unsigned long long)rest, units[i].below_name);
		else
			snprintf(text, TIMES_MAX, "%llu %s", (unsigned long long)n, units[i].name);
		return text;
	}
	snprintf(text, TIMES_MAX, "%llu s", (unsigned long long)s);
	return text;
}

const char *times_relative(usec_t time, usec_t now, char text[TIMES_MAX])
{
	bool past = time <= now;
	usec_t span = past ? now - time : time - now;
	char words[TIMES_MAX];

	if (span < USEC_PER_SEC)
		snprintf(text, TIMES_MAX, past ? "just now" : "now");
	else
		snprintf(text, TIMES_MAX, past ? "%.40s ago" : "in %.40s", times_span(span, words));
	return text;
}

const char *times_rfc3339(usec_t time, char text[TIMES_MAX])
{
	time_t seconds = (time_t)(time / USEC_PER_SEC);
	struct tm tm;

	if (time == 0 || !gmtime_r(&seconds, &tm) ||
		strftime(text, TIMES_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return NULL;
	return text;
}
