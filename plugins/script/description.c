/* SPDX-License-Identifier: Apache-2.0 */
/*
 * object.ini: [object], and a section for each resource that is its id. Not with the agent's own reader of such files, which
 * a plugin cannot reach, nor with iniparser, which knows no lines.
 */
#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <syslog.h>
#include <unistd.h>

#include "script.h"

struct resource {
	unsigned int line;
	uint16_t id;
	unsigned int type, ops, size, values;
	bool multiple, mandatory;
};

struct reader {
	const struct lw_host *host;
	struct description *description;
	char *file;
	unsigned int line;
	bool wrong;
	bool has_object; /* an [object] was there */
	unsigned int id, poll_ms, timeout_ms, output_kb;
	char version[8], run[256];
	struct resource resources[RESOURCES_MAX];
	size_t n_resources;
	struct resource *resource; /* whose section this is; NULL: [object] */
};

/* The values of a key that has some. */
struct word {
	const char *name;
	unsigned int value;
};

static const struct word types[] = { { "string", LW_STRING }, { "integer", LW_INTEGER },
	{ "unsigned", LW_UNSIGNED }, { "float", LW_FLOAT }, { "boolean", LW_BOOLEAN },
	{ "opaque", LW_OPAQUE }, { "time", LW_TIME }, { "objlnk", LW_OBJLNK }, { "corelnk", LW_CORELNK },
	{ 0 } };
static const struct word operations[] = { { "R", LW_R }, { "W", LW_W }, { "RW", LW_RW }, { "E", LW_E },
	{ 0 } };

__attribute__((format(printf, 2, 3))) static void complain(struct reader *reader, const char *format, ...)
{
	char text[300];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	reader->wrong = true;
	if (reader->line > 0)
		lw_log(reader->host, LOG_ERR, "%s:%u: %s", reader->file, reader->line, text);
	else
		lw_log(reader->host, LOG_ERR, "%s: %s", reader->file, text);
}

static bool parse_number(const char *text, unsigned long min, unsigned long max, unsigned int *ret)
{
	char *end;
	unsigned long number;

	errno = 0;
	number = strtoul(text, &end, 10);
	if (!isdigit((unsigned char)*text) || *end || errno || number < min || number > max)
		return false;
	*ret = (unsigned int)number;
	return true;
}

static bool parse_word(const struct word *words, const char *text, unsigned int *ret)
{
	for (; words->name; words++)
		if (strcasecmp(words->name, text) == 0) {
			*ret = words->value;
			return true;
		}
	return false;
}

static bool parse_bool(const char *text, bool *ret)
{
	*ret = strcmp(text, "yes") == 0;
	return *ret || strcmp(text, "no") == 0;
}

static bool parse_version(const char *text, char *ret)
{
	int end = 0;

	if (sscanf(text, "%*2[0-9].%*2[0-9]%n", &end) < 0 || end == 0 || text[end])
		return false;
	strcpy(ret, text);
	return true;
}

/* "single", "list", or ids in any order. */
static bool parse_instances(struct description *d, const char *text)
{
	char copy[512], *at = copy, *word;
	unsigned int id;

	d->object.flags = strcmp(text, "single") == 0 ? 0 : LW_INSTANCES;
	d->lists = strcmp(text, "list") == 0;
	d->n_instances = 0;
	if (d->lists || d->object.flags == 0)
		return true;
	snprintf(copy, sizeof(copy), "%s", text);
	while ((word = strsep(&at, " \t,"))) {
		if (!*word)
			continue;
		if (d->n_instances == INSTANCES_MAX || !parse_number(word, 0, LW_NO_ID - 1, &id))
			return false;
		d->instances[d->n_instances++] = (uint16_t)id;
	}
	return d->n_instances > 0;
}

static bool parse_run(struct reader *reader, const char *text)
{
	return *text && !strchr(text, '/') && snprintf(reader->run, sizeof(reader->run), "%s", text) < 256;
}

static bool is_anything(struct reader *reader, const char *text)
{
	return true;
}

/* How the keys are read, and what of them is accepted. */
struct key {
	const char *name, *expected;
	bool (*parse)(struct reader *reader, const char *text);
};

#define PARSE(name, expression)                                   \
	static bool name(struct reader *reader, const char *text) \
	{                                                         \
		return expression;                                \
	}

PARSE(object_id, parse_number(text, 4, LW_NO_ID - 1, &reader->id))
PARSE(object_version, parse_version(text, reader->version))
PARSE(object_instances, parse_instances(reader->description, text))
PARSE(object_poll, parse_number(text, 0, 86400000, &reader->poll_ms))
PARSE(object_timeout, parse_number(text, 1, 25000, &reader->timeout_ms))
PARSE(object_output, parse_number(text, 1, 1024, &reader->output_kb))
PARSE(resource_type, parse_word(types, text, &reader->resource->type))
PARSE(resource_operations, parse_word(operations, text, &reader->resource->ops))
PARSE(resource_size, parse_number(text, 1, 65536, &reader->resource->size))
PARSE(resource_values, parse_number(text, 1, 256, &reader->resource->values))
PARSE(resource_multiple, parse_bool(text, &reader->resource->multiple))
PARSE(resource_mandatory, parse_bool(text, &reader->resource->mandatory))

static const struct key object_keys[] = {
	{ "id", "an object id from 4 to 65534", object_id },
	{ "version", "a version as 1.0", object_version },
	{ "name", "text", is_anything },
	{ "instances", "single, list, or at most 64 instance ids with spaces between them",
		object_instances },
	{ "run", "the name of a file in the same directory", parse_run },
	{ "poll_ms", "milliseconds from 0 (never) to 86400000", object_poll },
	{ "timeout_ms", "milliseconds from 1 to 25000", object_timeout },
	{ "output_kb", "KiB from 1 to 1024", object_output },
	{ 0 },
};

static const struct key resource_keys[] = {
	{ "name", "text", is_anything },
	{ "unit", "text", is_anything },
	{ "type", "string, integer, unsigned, float, boolean, opaque, time, objlnk or corelnk",
		resource_type },
	{ "operations", "R, W, RW or E", resource_operations },
	{ "multiple", "yes or no", resource_multiple },
	{ "mandatory", "yes or no", resource_mandatory },
	{ "size", "bytes from 1 to 65536", resource_size },
	{ "values", "a number from 1 to 256", resource_values },
	{ 0 },
};

static void read_key(struct reader *reader, const char *name, const char *value)
{
	const struct key *keys = reader->resource ? resource_keys : object_keys, *key;
	char known[128] = "";

	for (key = keys; key->name; key++) {
		if (strcmp(key->name, name) != 0) {
			snprintf(known + strlen(known), sizeof(known) - strlen(known), "%s%s",
				*known ? ", " : "", key->name);
			continue;
		}
		if (!key->parse(reader, value))
			complain(reader, "%s = %.60s: it has to be %s", name, value, key->expected);
		return;
	}
	complain(reader, "there is no key \"%.40s\" here, only %s", name, known);
}

static void read_section(struct reader *reader, char *name)
{
	unsigned int id;

	name[strcspn(name, "]")] = 0;
	reader->resource = NULL;
	if (strcmp(name, "object") == 0) {
		if (reader->has_object)
			complain(reader, "[object] is there twice");
		reader->has_object = true;
		return;
	}
	if (!parse_number(name, 0, LW_NO_ID - 1, &id)) {
		complain(reader, "[%.40s]: it has to be [object] or the id of a resource, as [5700]", name);
		id = LW_NO_ID;
	}
	for (size_t i = 0; i < reader->n_resources; i++)
		if (reader->resources[i].id == id)
			complain(reader, "[%u] is there twice", id);
	if (reader->n_resources == RESOURCES_MAX) {
		complain(reader, "an object may have %d resources", RESOURCES_MAX);
		reader->n_resources--;
	}
	reader->resource = &reader->resources[reader->n_resources++];
	*reader->resource =
		(struct resource){ .line = reader->line, .id = (uint16_t)id, .size = 256, .values = 16 };
}

static char *trim(char *text)
{
	size_t len;

	text += strspn(text, " \t\r\n");
	len = strlen(text);
	while (len > 0 && strchr(" \t\r\n", text[len - 1]))
		text[--len] = 0;
	return text;
}

static void read_line(struct reader *reader, char *line)
{
	char *equals = strchr(line, '=');

	if (*line == 0 || *line == ';' || *line == '#')
		return;
	if (*line == '[')
		read_section(reader, line + 1);
	else if (!equals)
		complain(reader, "\"%.40s\" is neither a [section] nor key = value", line);
	else if (!reader->resource && !reader->has_object)
		complain(reader, "there is a key before the first section");
	else {
		*equals = 0;
		read_key(reader, trim(line), trim(equals + 1));
	}
}

static int read_file(struct reader *reader)
{
	FILE *file = fopen(reader->file, "re");
	char line[1024];
	int r;

	if (!file) {
		r = -errno;
		complain(reader, "%s", strerror(-r));
		return r;
	}
	while (fgets(line, sizeof(line), file)) {
		reader->line++;
		if (strlen(line) == sizeof(line) - 1)
			complain(reader, "this line is longer than 1000 bytes");
		read_line(reader, trim(line));
	}
	r = ferror(file) ? -EIO : 0;
	fclose(file);
	return r;
}

static void check_resource(struct reader *reader, const struct resource *resource)
{
	reader->line = resource->line;
	if (resource->ops == 0)
		complain(reader, "[%u] needs operations = R, W, RW or E", resource->id);
	else if (resource->ops != LW_E && resource->type == LW_NONE)
		complain(reader, "[%u] needs type = %s", resource->id, resource_keys[2].expected);
}

/* What no single line is to blame for. */
static void check(struct reader *reader)
{
	for (size_t i = 0; i < reader->n_resources; i++)
		check_resource(reader, &reader->resources[i]);
	reader->line = 0;
	if (!reader->has_object || reader->id == 0)
		complain(reader, "[object] needs id = %s", object_keys[0].expected);
	if (reader->n_resources == 0)
		complain(reader, "an object needs a resource: a section as [5700]");
	if (access(reader->description->run, X_OK) < 0)
		complain(reader, "%s, which is to be run: %s", reader->description->run, strerror(errno));
}

static uint32_t align(uint32_t offset)
{
	return (offset + 7) & ~7U;
}

static uint32_t element_size(const struct resource *from)
{
	switch (from->type) {
	case LW_BOOLEAN:
		return sizeof(bool);
	case LW_OBJLNK:
		return sizeof(struct lw_objlnk);
	case LW_STRING:
	case LW_CORELNK:
		return from->size + 1;
	case LW_OPAQUE:
		return (sizeof(uint32_t) + from->size + 3) & ~3U;
	default:
		return 8;
	}
}

/* Its field, as the macros of lwm2m/plugin.h lay it out, from offset on; returns where the next one may be. */
static uint32_t place(const struct resource *from, struct lw_resource *to, uint32_t offset)
{
	*to = (struct lw_resource){ .id = from->id,
		.ops = (uint8_t)from->ops,
		.type = (uint8_t)from->type,
		.flags = (from->multiple ? LW_MULTIPLE : 0) | (from->mandatory ? LW_MANDATORY : 0) };
	if (from->ops == LW_E)
		return offset;
	if (from->ops & LW_R) {
		to->present = 1 + offset;
		offset = align(offset + 1);
	}
	to->offset = offset;
	to->size = element_size(from);
	if (from->multiple) {
		to->capacity = from->values;
		to->values = align(sizeof(uint32_t) + from->values * sizeof(uint16_t));
		to->element = to->size;
		to->size = to->values + from->values * to->element;
	}
	return align(offset + to->size);
}

static int compare_resources(const void *a, const void *b)
{
	return (int)((const struct resource *)a)->id - (int)((const struct resource *)b)->id;
}

static int make_tables(struct reader *reader)
{
	struct description *d = reader->description;
	uint32_t offset = FIELDS_OFFSET;

	qsort(reader->resources, reader->n_resources, sizeof(struct resource), compare_resources);
	d->resources = calloc(reader->n_resources + 1, sizeof(*d->resources));
	if (!d->resources)
		return -ENOMEM;
	for (size_t i = 0; i < reader->n_resources; i++)
		offset = place(&reader->resources[i], &d->resources[i], offset);
	d->n_resources = reader->n_resources;
	d->resources[d->n_resources] = (struct lw_resource)LW_RES_END;
	d->defaults = calloc(1, offset);
	d->object.id = (uint16_t)reader->id;
	d->object.version = strdup(reader->version);
	d->object.resources = d->resources;
	d->object.defaults = d->defaults;
	d->object.data_size = offset;
	d->object.poll_ms = reader->poll_ms;
	d->timeout_ms = reader->timeout_ms;
	d->output_kb = reader->output_kb;
	return d->defaults && d->object.version ? 0 : -ENOMEM;
}

static int read_all(struct reader *reader, const char *directory)
{
	struct description *d = reader->description;
	int r;

	if (asprintf(&reader->file, "%s/object.ini", directory) < 0)
		return -ENOMEM;
	r = read_file(reader);
	if (r < 0)
		return r;
	d->directory = strdup(directory);
	if (!d->directory || asprintf(&d->run, "%s/%s", directory, reader->run) < 0)
		return -ENOMEM;
	check(reader);
	return reader->wrong ? -EINVAL : make_tables(reader);
}

int description_read(const struct lw_host *host, const char *directory, struct description **ret)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	struct description *d = calloc(1, sizeof(*d));
	int r = -ENOMEM;

	if (reader && d) {
		*reader = (struct reader){ .host = host,
			.description = d,
			.version = "1.0",
			.run = "run",
			.poll_ms = 10000,
			.timeout_ms = 5000,
			.output_kb = 64 };
		r = read_all(reader, directory);
	}
	if (r == 0)
		*ret = d;
	else
		description_free(d);
	if (reader)
		free(reader->file);
	free(reader);
	return r;
}

struct description *description_free(struct description *d)
{
	if (!d)
		return NULL;
	free((char *)(uintptr_t)d->object.version);
	free(d->resources);
	free(d->directory);
	free(d->run);
	free(d->defaults);
	free(d);
	return NULL;
}

const struct lw_resource *description_find(const struct description *description, uint16_t rid)
{
	for (size_t i = 0; i < description->n_resources; i++)
		if (description->resources[i].id == rid)
			return &description->resources[i];
	return NULL;
}
