/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>

#include "fuzz.h"
#include "lwm2m/rfc3339.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	int64_t seconds, again;
	char text[64];
	time_t time;
	struct tm tm;

	if (rfc3339_parse(BYTES(data, len), &seconds) < 0)
		return 0;
	time = seconds;
	CHECK(gmtime_r(&time, &tm));
	if (tm.tm_year < -1900 || tm.tm_year > 9999 - 1900) /* by its offset */
		return 0;
	snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1,
		tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
	CHECK(rfc3339_parse(bytes_of(text), &again) == 0 && again == seconds);
	return 0;
}
