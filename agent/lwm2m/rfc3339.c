/* SPDX-License-Identifier: Apache-2.0 */
#include "lwm2m/rfc3339.h"

#define DATE_TIME_LEN 19 /* "YYYY-MM-DDThh:mm:ss" */

/* The number that the digits of text at at..at+len are, -1 when they are not. */
static int digits(struct bytes text, size_t at, size_t len)
{
	int number = 0;

	if (at + len > text.len)
		return -1;
	for (size_t i = at; i < at + len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return -1;
		number = number * 10 + (text.data[i] - '0');
	}
	return number;
}

static int days_in_month(int year, int month)
{
	static const int8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

/* Years are counted from March, so that the leap day is the last of its year. */
static int64_t days_since_1970(int year, int month, int day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t months = month > 2 ? month - 3 : month + 9;

	y += 400; /* year 0 too is past the origin */
	return 365 * y + y / 4 - y / 100 + y / 400 + (153 * months + 2) / 5 + day - 1 - 719468 - 146097;
}

static int parse_date_time(struct bytes text, int64_t *ret)
{
	int year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
	int hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);

	if (text.len < DATE_TIME_LEN || text.data[4] != '-' || text.data[7] != '-' ||
	    (text.data[10] | 0x20) != 't' || text.data[13] != ':' || text.data[16] != ':')
		return -EINVAL;
	if (year < 0 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) || hour < 0 ||
	    hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
		return -EINVAL;
	*ret = ((days_since_1970(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
	return 0;
}

/* "Z", "+01:00" to seconds east of UTC. */
static int parse_offset(struct bytes text, int64_t *ret)
{
	int hour = digits(text, 1, 2), minute = digits(text, 4, 2);

	if (text.len == 1 && (text.data[0] | 0x20) == 'z') {
		*ret = 0;
		return 0;
	}
	if (text.len != 6 || (text.data[0] != '+' && text.data[0] != '-') || text.data[3] != ':' ||
		hour < 0 || hour > 23 || minute < 0 || minute > 59)
		return -EINVAL;
	*ret = (hour * 60 + minute) * 60 * (text.data[0] == '-' ? -1 : 1);
	return 0;
}

int rfc3339_parse(struct bytes text, int64_t *ret)
{
	size_t at = DATE_TIME_LEN;
	int64_t seconds, offset;
	int r;

	r = parse_date_time(text, &seconds);
	if (r < 0)
		return r;
	if (at < text.len && text.data[at] == '.') {
		if (digits(text, ++at, 1) < 0)
			return -EINVAL;
		while (digits(text, at, 1) >= 0)
			at++;
	}
	r = parse_offset(BYTES(text.data + at, text.len - at), &offset);
	if (r < 0)
		return r;
	*ret = seconds - offset;
	return 0;
}
