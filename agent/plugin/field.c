/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/field.h"

#include <math.h>

/* How the LW_ARRAY() macros begin. */
struct array {
	uint32_t count;
	uint16_t ids[];
};

struct opaque {
	uint32_t len;
	uint8_t data[];
};

static struct array *array_of(const struct lw_resource *resource, void *data)
{
	return (struct array *)(void *)((char *)data + resource->offset);
}

static const struct array *array_in(const struct lw_resource *resource, const void *data)
{
	return (const struct array *)(const void *)((const char *)data + resource->offset);
}

static char *element(const struct lw_resource *resource, const void *data, size_t index)
{
	return (char *)(uintptr_t)data + resource->offset + resource->values + index * resource->element;
}

static bool is_multiple(const struct lw_resource *resource)
{
	return resource->flags & LW_MULTIPLE;
}

static uint32_t element_size(const struct lw_resource *resource)
{
	return is_multiple(resource) ? resource->element : resource->size;
}

void field_normalize(const struct lw_resource *resource, void *data)
{
	struct array *array = array_of(resource, data);

	if (!is_multiple(resource))
		return;
	if (array->count > resource->capacity)
		array->count = resource->capacity;
	if (array->count > 1 && array->ids[0] == 0 && array->ids[1] == 0)
		for (uint32_t i = 1; i < array->count; i++)
			array->ids[i] = (uint16_t)i;
	for (uint32_t i = 0; i < array->count; i++)
		if (array->ids[i] == LW_NO_ID || (i > 0 && array->ids[i] <= array->ids[i - 1]))
			array->count = i;
}

static bool is_present(const struct lw_resource *resource, const void *data)
{
	return resource->present == 0 || ((const uint8_t *)data)[resource->present - 1] != 0;
}

int field_probe(const struct lw_resource *resource, const void *data, const uint16_t **ret_ids)
{
	if (!is_present(resource, data))
		return -ENOENT;
	if (!is_multiple(resource))
		return 0;
	*ret_ids = array_in(resource, data)->ids;
	return (int)(array_in(resource, data)->count < resource->capacity ? array_in(resource, data)->count :
										resource->capacity);
}

static int64_t get_signed(const char *at, uint32_t size)
{
	int8_t i8;
	int16_t i16;
	int32_t i32;
	int64_t i64;

	switch (size) {
	case 1:
		return memcpy(&i8, at, 1), i8;
	case 2:
		return memcpy(&i16, at, 2), i16;
	case 4:
		return memcpy(&i32, at, 4), i32;
	default:
		return memcpy(&i64, at, 8), i64;
	}
}

static uint64_t get_unsigned(const char *at, uint32_t size)
{
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;

	switch (size) {
	case 1:
		return memcpy(&u8, at, 1), u8;
	case 2:
		return memcpy(&u16, at, 2), u16;
	case 4:
		return memcpy(&u32, at, 4), u32;
	default:
		return memcpy(&u64, at, 8), u64;
	}
}

static double get_float(const char *at, uint32_t size)
{
	double number;
	float narrow;

	if (size == sizeof(number))
		return memcpy(&number, at, sizeof(number)), number;
	return memcpy(&narrow, at, sizeof(narrow)), (double)narrow;
}

static struct bytes get_opaque(const char *at, uint32_t size)
{
	const struct opaque *opaque = (const struct opaque *)(const void *)at;
	size_t room = size - sizeof(*opaque);

	return BYTES(opaque->data, opaque->len < room ? opaque->len : room);
}

static struct value get_value(enum lw_type type, const char *at, uint32_t size)
{
	struct value value = { .type = (enum value_type)type };
	struct lw_objlnk link;

	switch (type) {
	case LW_INTEGER:
	case LW_TIME:
		value.integer = get_signed(at, size);
		break;
	case LW_UNSIGNED:
		value.natural = get_unsigned(at, size);
		break;
	case LW_FLOAT:
		value.number = get_float(at, size);
		break;
	case LW_BOOLEAN:
		value.boolean = *at != 0;
		break;
	case LW_OPAQUE:
		value.bytes = get_opaque(at, size);
		break;
	case LW_OBJLNK:
		memcpy(&link, at, sizeof(link));
		value.link.object = link.object;
		value.link.instance = link.instance;
		break;
	default:
		value.bytes = BYTES(at, strnlen(at, size));
	}
	return value;
}

int field_get(const struct lw_resource *resource, const void *data, size_t index, struct value *ret)
{
	const char *at = is_multiple(resource) ? element(resource, data, index) :
						 (const char *)data + resource->offset;
	struct value value;

	if (!is_present(resource, data))
		return -ENODATA;
	value = get_value(resource->type, at, element_size(resource));
	if (value.type == VALUE_FLOAT && isnan(value.number))
		return -ENODATA;
	*ret = value;
	return 0;
}

static int set_signed(char *at, uint32_t size, int64_t integer)
{
	int8_t i8 = (int8_t)integer;
	int16_t i16 = (int16_t)integer;
	int32_t i32 = (int32_t)integer;

	if ((size == 1 && i8 != integer) || (size == 2 && i16 != integer) || (size == 4 && i32 != integer))
		return -ERANGE;
	memcpy(at,
		size == 1 ? (void *)&i8 :
		size == 2 ? (void *)&i16 :
		size == 4 ? (void *)&i32 :
			    (void *)&integer,
		size);
	return 0;
}

static int set_unsigned(char *at, uint32_t size, uint64_t natural)
{
	uint8_t u8 = (uint8_t)natural;
	uint16_t u16 = (uint16_t)natural;
	uint32_t u32 = (uint32_t)natural;

	if ((size == 1 && u8 != natural) || (size == 2 && u16 != natural) || (size == 4 && u32 != natural))
		return -ERANGE;
	memcpy(at,
		size == 1 ? (void *)&u8 :
		size == 2 ? (void *)&u16 :
		size == 4 ? (void *)&u32 :
			    (void *)&natural,
		size);
	return 0;
}

static void set_float(char *at, uint32_t size, double number)
{
	float narrow = (float)number;

	memcpy(at, size == sizeof(number) ? (void *)&number : (void *)&narrow, size);
}

static int set_opaque(char *at, uint32_t size, struct bytes bytes)
{
	struct opaque *opaque = (struct opaque *)(void *)at;

	if (bytes.len > size - sizeof(*opaque))
		return -EMSGSIZE;
	opaque->len = (uint32_t)bytes.len;
	if (bytes.len > 0)
		memcpy(opaque->data, bytes.data, bytes.len);
	return 0;
}

static int set_text(char *at, uint32_t size, struct bytes bytes)
{
	if (bytes.len >= size)
		return -EMSGSIZE;
	if (bytes.len > 0 && memchr(bytes.data, 0, bytes.len))
		return -EINVAL;
	if (bytes.len > 0)
		memcpy(at, bytes.data, bytes.len);
	at[bytes.len] = 0;
	return 0;
}

static int set_value(enum lw_type type, char *at, uint32_t size, const struct value *value)
{
	struct lw_objlnk link;

	switch (type) {
	case LW_INTEGER:
	case LW_TIME:
		return set_signed(at, size, value->integer);
	case LW_UNSIGNED:
		return set_unsigned(at, size, value->natural);
	case LW_FLOAT:
		return set_float(at, size, value->number), 0;
	case LW_BOOLEAN:
		*at = value->boolean;
		return 0;
	case LW_OPAQUE:
		return set_opaque(at, size, value->bytes);
	case LW_OBJLNK:
		link = (struct lw_objlnk){ value->link.object, value->link.instance };
		return memcpy(at, &link, sizeof(link)), 0;
	default:
		return set_text(at, size, value->bytes);
	}
}

/* The place of riid among the array's ids, or where it would go. */
static uint32_t array_index(const struct array *array, uint16_t riid)
{
	uint32_t i = 0;

	while (i < array->count && array->ids[i] < riid)
		i++;
	return i;
}

static int set_element(
	const struct lw_resource *resource, void *data, uint16_t riid, const struct value *value)
{
	struct array *array = array_of(resource, data);
	uint32_t i = array_index(array, riid), behind = array->count - i;

	if (riid == LW_NO_ID)
		return -EINVAL;
	if (behind == 0 || array->ids[i] != riid) {
		if (array->count == resource->capacity)
			return -EMSGSIZE;
		memmove(&array->ids[i + 1], &array->ids[i], behind * sizeof(array->ids[0]));
		memmove(element(resource, data, i + 1), element(resource, data, i),
			(size_t)behind * resource->element);
		memset(element(resource, data, i), 0, resource->element);
		array->ids[i] = riid;
		array->count++;
	}
	return set_value(resource->type, element(resource, data, i), resource->element, value);
}

int field_set(const struct lw_resource *resource, void *data, uint16_t riid, const struct value *value)
{
	int r = is_multiple(resource) ?
			set_element(resource, data, riid, value) :
			set_value(resource->type, (char *)data + resource->offset, resource->size, value);

	if (r == 0 && resource->present > 0)
		((uint8_t *)data)[resource->present - 1] = true;
	return r;
}

int field_remove(const struct lw_resource *resource, void *data, uint16_t riid)
{
	struct array *array = array_of(resource, data);
	uint32_t i, behind;

	if (!is_multiple(resource))
		return -ENOENT;
	i = array_index(array, riid);
	if (i == array->count || array->ids[i] != riid)
		return -ENOENT;
	behind = --array->count - i;
	memmove(&array->ids[i], &array->ids[i + 1], behind * sizeof(array->ids[0]));
	memmove(element(resource, data, i), element(resource, data, i + 1),
		(size_t)behind * resource->element);
	return 0;
}

void field_clear(const struct lw_resource *resource, void *data)
{
	if (is_multiple(resource))
		array_of(resource, data)->count = 0;
}

static bool element_equal(const struct lw_resource *resource, const char *a, const char *b)
{
	struct value x, y;

	if (!value_type_is_bytes((enum value_type)resource->type))
		return memcmp(a, b, element_size(resource)) == 0;
	x = get_value(resource->type, a, element_size(resource));
	y = get_value(resource->type, b, element_size(resource));
	return bytes_equal(x.bytes, y.bytes);
}

bool field_equal(const struct lw_resource *resource, const void *a, const void *b)
{
	const struct array *x = array_in(resource, a), *y = array_in(resource, b);

	if (is_present(resource, a) != is_present(resource, b))
		return false;
	if (!is_multiple(resource))
		return element_equal(resource, (const char *)x, (const char *)y);
	if (x->count != y->count || memcmp(x->ids, y->ids, x->count * sizeof(x->ids[0])) != 0)
		return false;
	for (uint32_t i = 0; i < x->count; i++)
		if (!element_equal(resource, element(resource, a, i), element(resource, b, i)))
			return false;
	return true;
}

void field_copy(const struct lw_resource *resource, void *to, const void *from)
{
	memcpy((char *)to + resource->offset, (const char *)from + resource->offset, resource->size);
	if (resource->present > 0)
		((uint8_t *)to)[resource->present - 1] = ((const uint8_t *)from)[resource->present - 1];
}
