/* SPDX-License-Identifier: Apache-2.0 */
#include "print.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "base/base64.h"
#include "base/cleanup.h"
#include "lwm2m/value.h"

#define HEX_SHOWN	  32 /* bytes of an opaque value */
#define RELATIVE_TIME_MAX 268435456

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* Columns, not bytes: near enough for names and paths. */
static int width_of(const char *text)
{
	int width = 0;

	for (; *text; text++)
		width += (*text & 0xc0) != 0x80;
	return width;
}

static int widest(const json_t *array, const char *key)
{
	int width = 0;
	size_t i;
	json_t *item;

	json_array_foreach(array, i, item)
	{
		int n = width_of(text_of(item, key));

		if (n > width)
			width = n;
	}
	return width;
}

static void print_padded(FILE *out, const char *text, int width)
{
	fprintf(out, "%s%*s", text, width - width_of(text) + 2, "");
}

/* What a device says must not move the cursor or ring the bell. */
static void print_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\n')
			fputs("\\n", out);
		else if ((unsigned char)*text < ' ' || *text == 0x7f)
			fprintf(out, "\\x%02x", (unsigned char)*text);
		else
			fputc(*text, out);
	}
}

static void print_time(FILE *out, json_int_t seconds)
{
	time_t time = (time_t)seconds;
	struct tm tm;
	char text[64];

	if (gmtime_r(&time, &tm) && strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) > 0)
		fputs(text, out);
	else
		fprintf(out, "%lld", (long long)seconds);
}

static void print_opaque(FILE *out, const char *text)
{
	size_t len = strlen(text), n = 0;
	_cleanup_(freep) uint8_t *bytes = malloc(BASE64_BYTES_MAX(len) + 1);

	if (!bytes || base64_decode(bytes_of(text), bytes, &n) < 0)
		return;
	for (size_t i = 0; i < n && i < HEX_SHOWN; i++)
		fprintf(out, "%02x", bytes[i]);
	if (n == 0 || n > HEX_SHOWN)
		fprintf(out, "%s(%zu bytes)", n ? "... " : "", n);
}

static void print_value(FILE *out, const json_t *item)
{
	const json_t *value = json_object_get(item, "value");
	const char *type = text_of(item, "type");
	char text[VALUE_TEXT_MAX];

	if (json_is_string(value) && strcmp(type, "opaque") == 0)
		print_opaque(out, json_string_value(value));
	else if (json_is_string(value))
		print_text(out, json_string_value(value));
	else if (json_is_integer(value) && strcmp(type, "time") == 0)
		print_time(out, json_integer_value(value));
	else if (json_is_integer(value))
		fprintf(out, "%lld", (long long)json_integer_value(value));
	else if (json_is_real(value))
		fprintf(out, "%.*s", (int)value_format(&VALUE_FLOAT(json_real_value(value)), text), text);
	else if (json_is_boolean(value))
		fputs(json_is_true(value) ? "true" : "false", out);
	else
		fputs(strcmp(type, "float") == 0 ? "not a number" : "nothing", out);
}

/* What is less than 2^28 counts from now (RFC 8428, 4.5.3). */
static void print_when(FILE *out, const json_t *item)
{
	double time = json_number_value(json_object_get(item, "time"));

	if (time >= RELATIVE_TIME_MAX) {
		fputs("  at ", out);
		print_time(out, (json_int_t)time);
	} else if (time != 0) {
		fprintf(out, "  %g s %s", fabs(time), time < 0 ? "ago" : "ahead");
	}
}

/* Of a notification with many values, each line says when. */
static void print_values(FILE *out, const json_t *answer, const char *before)
{
	const json_t *values = json_object_get(answer, "values");
	int path_width = widest(values, "path"), name_width = widest(values, "name");
	size_t i;
	json_t *item;

	if (json_array_size(values) == 0)
		fprintf(out, "%sno values\n", before);
	json_array_foreach(values, i, item)
	{
		const char *unit = text_of(item, "unit");

		fputs(before, out);
		print_padded(out, text_of(item, "path"), path_width);
		if (name_width > 0)
			print_padded(out, text_of(item, "name"), name_width);
		print_value(out, item);
		if (*unit) {
			fputc(' ', out);
			print_text(out, unit);
		}
		print_when(out, item);
		fputc('\n', out);
	}
}

static void local_time(double seconds, char text[16])
{
	time_t time = (time_t)seconds;
	struct tm tm;

	if (!localtime_r(&time, &tm) || strftime(text, 16, "%H:%M:%S", &tm) == 0)
		strcpy(text, "");
}

static void print_notification(FILE *out, const json_t *answer)
{
	char clock[16], before[24];

	local_time(json_number_value(json_object_get(answer, "received")), clock);
	snprintf(before, sizeof(before), "%s  ", clock);
	print_values(out, answer, before);
}

static void print_attributes(FILE *out, const json_t *attributes)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)attributes, key, value)
	{
		fprintf(out, " %s", key);
		if (json_is_string(value)) {
			fputc('=', out);
			print_text(out, json_string_value(value));
		}
	}
}

static void print_links(FILE *out, const json_t *answer)
{
	const json_t *links = json_object_get(answer, "links");
	int path_width = widest(links, "path"), name_width = widest(links, "name");
	size_t i;
	json_t *item;

	json_array_foreach(links, i, item)
	{
		const json_t *attributes = json_object_get(item, "attributes");
		const char *name = text_of(item, "name");

		if (!*name && json_object_size(attributes) == 0) {
			fprintf(out, "%s\n", text_of(item, "path"));
			continue;
		}
		print_padded(out, text_of(item, "path"), path_width);
		if (json_object_size(attributes) > 0) {
			print_padded(out, name, name_width);
			print_attributes(out, attributes);
		} else {
			fputs(name, out);
		}
		fputc('\n', out);
	}
}

static void print_security(FILE *out, const json_t *answer)
{
	const char *identity = text_of(answer, "identity");

	fputs(*identity ? "PSK " : "no security", out);
	print_text(out, identity);
}

static void print_client(FILE *out, const json_t *answer)
{
	const json_t *left = json_object_get(answer, "left");
	const char *address = text_of(answer, "address");

	print_text(out, text_of(answer, "endpoint"));
	fprintf(out, "  %s  LwM2M %s%s  ", *address ? address : "away", text_of(answer, "version"),
		json_is_true(json_object_get(answer, "queue")) ? " queue mode" : "");
	if (json_is_integer(left))
		fprintf(out, "%lld of %lld s left  ", (long long)json_integer_value(left),
			(long long)json_integer_value(json_object_get(answer, "lifetime")));
	else
		fputs("no end  ", out);
	print_security(out, answer);
	fputc('\n', out);
}

static void print_object(FILE *out, const json_t *object)
{
	json_int_t id = json_integer_value(json_object_get(object, "object"));
	const char *name = text_of(object, "name"), *version = text_of(object, "version");
	size_t i;
	json_t *instance;

	fprintf(out, "  /%lld%*s%s", (long long)id,
		id > 9999 ? 1 :
		id > 999  ? 2 :
		id > 99   ? 3 :
		id > 9    ? 4 :
			    5,
		"", *name ? name : "(not known here)");
	if (*version) {
		fputs(" ", out);
		print_text(out, version);
	}
	fputs(":", out);
	json_array_foreach(json_object_get(object, "instances"), i, instance)
		fprintf(out, " /%lld/%lld", (long long)id, (long long)json_integer_value(instance));
	if (i == 0)
		fputs(" no instances", out);
	fputc('\n', out);
}

static void print_show(FILE *out, const json_t *answer)
{
	const char *dtls = text_of(answer, "dtls");
	size_t i;
	json_t *object;

	print_client(out, answer);
	if (*dtls)
		fprintf(out, "  over %s\n", dtls);
	json_array_foreach(json_object_get(answer, "objects"), i, object) print_object(out, object);
}

static void print_event(FILE *out, const json_t *answer)
{
	const char *address = text_of(answer, "address");
	char clock[16], before[24];

	local_time(json_number_value(json_object_get(answer, "time")), clock);
	fprintf(out, "%s  ", clock);
	print_text(out, text_of(answer, "endpoint"));
	fprintf(out, " %s", text_of(answer, "event"));
	if (*address)
		fprintf(out, "  %s", address);
	fputc('\n', out);
	snprintf(before, sizeof(before), "%s    ", clock);
	if (json_object_get(answer, "values"))
		print_values(out, answer, before);
}

static void print_done(FILE *out, const json_t *answer)
{
	const char *location = text_of(answer, "location"), *verb = text_of(answer, "verb");

	if (strcmp(verb, "cancel") == 0) {
		fprintf(out, "%lld cancelled\n",
			(long long)json_integer_value(json_object_get(answer, "observations")));
		return;
	}
	fprintf(out, "%s  %s", *location ? location : text_of(answer, "path"), text_of(answer, "code"));
	fputc('\n', out);
}

static const struct {
	const char *kind;
	void (*print)(FILE *out, const json_t *answer);
} kinds[] = {
	{ "client", print_client },
	{ "show", print_show },
	{ "notification", print_notification },
	{ "links", print_links },
	{ "event", print_event },
	{ "done", print_done },
};

/* 15 digits where they are enough for every number: 21.3 is not to become 21.300000000000001. */
static bool needs_17_digits(const json_t *json)
{
	const char *key;
	char text[32];
	json_t *item;
	size_t i;

	if (json_is_real(json)) {
		snprintf(text, sizeof(text), "%.15g", json_real_value(json));
		return strtod(text, NULL) != json_real_value(json);
	}
	json_array_foreach(json, i, item) if (needs_17_digits(item)) return true;
	json_object_foreach((json_t *)json, key, item) if (needs_17_digits(item)) return true;
	return false;
}

static void print_json(FILE *out, const json_t *answer)
{
	json_dumpf(answer, out, JSON_COMPACT | JSON_REAL_PRECISION(needs_17_digits(answer) ? 17 : 15));
	fputc('\n', out);
}

void print_answer(FILE *out, FILE *errors, const char *name, const json_t *answer, bool json)
{
	const char *kind = text_of(answer, "kind");

	if (json) {
		print_json(out, answer);
	} else if (strcmp(kind, "error") == 0) {
		fputs(name, errors);
		print_text(errors, text_of(answer, "error"));
		fputc('\n', errors);
	} else if (strcmp(kind, "values") == 0) {
		print_values(out, answer, "");
	} else {
		for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
			if (strcmp(kinds[i].kind, kind) == 0)
				kinds[i].print(out, answer);
	}
	fflush(out);
}
