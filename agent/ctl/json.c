/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

#include <errno.h>

#include "times.h"

static int print(const struct ctl *ctl, json_t *json, size_t flags)
{
	int r;

	if (!json)
		return -ENOMEM;
	r = json_dumpf(json, ctl->out, flags | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
	json_decref(json);
	fputc('\n', ctl->out);
	return r < 0 ? -EIO : OUTCOME_DONE;
}

int json_print(const struct ctl *ctl, json_t *json)
{
	return print(ctl, json, JSON_INDENT(2));
}

int json_print_line(const struct ctl *ctl, json_t *json)
{
	int r = print(ctl, json, 0);

	fflush(ctl->out);
	return r;
}

json_t *json_time(usec_t time)
{
	char text[TIMES_MAX];
	const char *words = times_rfc3339(time, text);

	return words ? json_string(words) : json_null();
}

json_t *json_text(const char *text)
{
	return *text ? json_string(text) : json_null();
}

json_t *json_ids(const uint16_t *ids, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < n; i++)
		(void)json_array_append_new(array, json_integer(ids[i]));
	return array;
}
