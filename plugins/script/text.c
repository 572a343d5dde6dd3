/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "script.h"

/* As LW_ARRAY() and LW_BYTES() begin. */
struct array {
	uint32_t count;
	uint16_t ids[];
};

struct opaque {
	uint32_t len;
	uint8_t data[];
};

int text_append(struct text *text, const char *data, size_t len)
{
	if (text->len + len + 1 > text->allocated) {
		size_t allocated = (text->len + len + 1) * 2;
		char *grown = realloc(text->data, allocated);

		if (!grown)
			return -ENOMEM;
		text->data = grown;
		text->allocated = allocated;
	}
	memcpy(text->data + text->len, data, len);
	text->len += len;
	text->data[text->len] = 0;
	return 0;
}

void text_deinit(struct text *text)
{
	free(text->data);
	*text = (struct text){ 0 };
}

__attribute__((format(printf, 2, 3))) static int append_format(struct text *text, const char *format, ...)
{
	char line[64];
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	return text_append(text, line, (size_t)n);
}

/* A value has one line: its own line ends, and the character that marks them, are written as two characters. */
static int append_escaped(struct text *text, const char *at, size_t size)
{
	int r = 0;

	for (size_t i = 0; i < size && at[i] && r == 0; i++)
		if (at[i] == '\n' || at[i] == '\r' || at[i] == '\\')
			r = append_format(text, "\\%c", at[i] == '\n' ? 'n' : at[i] == '\r' ? 'r' : '\\');
		else
			r = text_append(text, &at[i], 1);
	return r;
}

static int append_hex(struct text *text, const struct opaque *opaque)
{
	int r = 0;

	for (uint32_t i = 0; i < opaque->len && r == 0; i++)
		r = append_format(text, "%02x", opaque->data[i]);
	return r;
}

static int append_value(struct text *text, enum lw_type type, const void *at, uint32_t size)
{
	const struct lw_objlnk *link = at;

	switch (type) {
	case LW_INTEGER:
	case LW_TIME:
		return append_format(text, "%" PRId64, *(const int64_t *)at);
	case LW_UNSIGNED:
		return append_format(text, "%" PRIu64, *(const uint64_t *)at);
	case LW_FLOAT:
		return append_format(text, "%.17g", *(const double *)at);
	case LW_BOOLEAN:
		return append_format(text, "%d", *(const bool *)at);
	case LW_OBJLNK:
		return append_format(text, "%u:%u", link->object, link->instance);
	case LW_OPAQUE:
		return append_hex(text, at);
	default:
		return append_escaped(text, at, size);
	}
}

static int append_line(
	struct text *text, const struct lw_resource *resource, int riid, const void *at, uint32_t size)
{
	int r = riid < 0 ? append_format(text, "%u ", resource->id) :
			   append_format(text, "%u/%d ", resource->id, riid);

	if (r == 0)
		r = append_value(text, resource->type, at, size);
	return r < 0 ? r : text_append(text, "\n", 1);
}

int text_print(struct text *text, const struct lw_resource *resource, const void *data)
{
	const char *field = (const char *)data + resource->offset;
	const struct array *array = (const struct array *)(const void *)field;
	int r = 0;

	if (!(resource->flags & LW_MULTIPLE))
		return append_line(text, resource, -1, field, resource->size);
	for (uint32_t i = 0; i < array->count && r == 0; i++)
		r = append_line(text, resource, array->ids[i],
			field + resource->values + i * resource->element, resource->element);
	return r;
}

static bool scan_hex(const char *text, struct opaque *opaque, uint32_t size)
{
	size_t len = strlen(text) / 2;

	if (strlen(text) % 2 || strspn(text, "0123456789abcdefABCDEF") != strlen(text) ||
		len > size - sizeof(*opaque))
		return false;
	for (size_t i = 0; i < len; i++)
		sscanf(text + 2 * i, "%2hhx", &opaque->data[i]);
	opaque->len = (uint32_t)len;
	return true;
}

static bool scan_string(const char *text, char *at, uint32_t size)
{
	uint32_t n = 0;

	for (; *text; text++) {
		char c = *text;

		if (c == '\\') {
			c = text[1] == 'n' ? '\n' : text[1] == 'r' ? '\r' : text[1] == '\\' ? '\\' : 0;
			if (!c)
				return false;
			text++;
		}
		if (n + 1 >= size)
			return false;
		at[n++] = c;
	}
	at[n] = 0;
	return true;
}

static bool scan_link(const char *text, struct lw_objlnk *link)
{
	int end = 0;

	return sscanf(text, "%" SCNu16 ":%" SCNu16 "%n", &link->object, &link->instance, &end) == 2 &&
	       !text[end];
}

static bool scan_boolean(const char *text, bool *ret)
{
	bool yes = strcmp(text, "1") == 0 || strcmp(text, "true") == 0;

	if (!yes && strcmp(text, "0") != 0 && strcmp(text, "false") != 0)
		return false;
	*ret = yes;
	return true;
}

static bool scan_number(enum lw_type type, const char *text, void *at)
{
	char *end = NULL;

	errno = 0;
	if (!isdigit((unsigned char)*text) && *text != '-' && *text != '+' && *text != '.' &&
		type != LW_FLOAT)
		return false;
	if (type == LW_FLOAT)
		*(double *)at = strtod(text, &end);
	else if (type == LW_UNSIGNED)
		*(uint64_t *)at = strtoull(text, &end, 10);
	else
		*(int64_t *)at = strtoll(text, &end, 10);
	if (type == LW_FLOAT && errno == ERANGE && fabs(*(double *)at) < 1)
		errno = 0;
	return errno == 0 && end != text && !*end && (type != LW_UNSIGNED || *text != '-');
}

static bool scan_value(enum lw_type type, const char *text, void *at, uint32_t size)
{
	switch (type) {
	case LW_BOOLEAN:
		return scan_boolean(text, at);
	case LW_OBJLNK:
		return scan_link(text, at);
	case LW_OPAQUE:
		return scan_hex(text, at, size);
	case LW_STRING:
	case LW_CORELNK:
		return scan_string(text, at, size);
	default:
		return scan_number(type, text, at);
	}
}

/* NULL, or what is wrong. Resource instances come in ascending order. */
static const char *scan_element(
	const struct lw_resource *resource, char *field, unsigned long riid, const char *value)
{
	struct array *array = (struct array *)(void *)field;
	uint32_t i = array->count;

	if (riid >= LW_NO_ID || (i > 0 && riid <= array->ids[i - 1]))
		return "resource instances have to be in ascending order, each once";
	if (i >= resource->capacity)
		return "there are more resource instances than its description has room for";
	if (!scan_value(resource->type, value, field + resource->values + i * resource->element,
		    resource->element))
		return "this is no value of its type and size";
	array->ids[i] = (uint16_t)riid;
	array->count++;
	return NULL;
}

static const char *scan_line(const struct description *description, char *line, void *data)
{
	const struct lw_resource *resource;
	char *at = line, *value = line + strcspn(line, " ");
	unsigned long rid, riid = LW_NO_ID;
	bool *present;

	if (*value)
		*value++ = 0;
	rid = isdigit((unsigned char)*at) ? strtoul(at, &at, 10) : LW_NO_ID;
	if (*at == '/' && isdigit((unsigned char)at[1]))
		riid = strtoul(at + 1, &at, 10);
	resource = *at || rid >= LW_NO_ID ? NULL : description_find(description, (uint16_t)rid);
	if (!resource || !(resource->ops & LW_R))
		return "it does not begin with the id of a resource that can be read";
	if ((riid != LW_NO_ID) != !!(resource->flags & LW_MULTIPLE))
		return riid != LW_NO_ID ? "this resource has no instances" :
					  "this resource has instances: RID/RIID";
	present = (bool *)((char *)data + resource->present - 1);
	if (riid == LW_NO_ID && *present)
		return "this resource has a line already";
	*present = true;
	if (riid != LW_NO_ID)
		return scan_element(resource, (char *)data + resource->offset, riid, value);
	return scan_value(resource->type, value, (char *)data + resource->offset, resource->size) ?
		       NULL :
		       "this is no value of its type and size";
}

/* What can be read has no value until a line says so. */
static void clear(const struct description *description, void *data)
{
	for (size_t i = 0; i < description->n_resources; i++) {
		const struct lw_resource *resource = &description->resources[i];

		if (!(resource->ops & LW_R))
			continue;
		*(bool *)((char *)data + resource->present - 1) = false;
		if (resource->flags & LW_MULTIPLE)
			((struct array *)(void *)((char *)data + resource->offset))->count = 0;
	}
}

int text_scan(const struct description *description, char *output, void *data, char ret_reason[200])
{
	unsigned int number = 0;
	const char *wrong;
	char *line;

	clear(description, data);
	while ((line = strsep(&output, "\n"))) {
		number++;
		if (!*line)
			continue;
		wrong = scan_line(description, line, data);
		if (wrong) {
			clear(description, data);
			snprintf(ret_reason, 200, "line %u, \"%.40s\": %s", number, line, wrong);
			return -EINVAL;
		}
	}
	return 0;
}
