/* SPDX-License-Identifier: Apache-2.0 */
#include "lwm2m/attributes.h"

#include <float.h>
#include <stdlib.h>

enum kind { KIND_COUNT, KIND_NUMBER, KIND_STEP, KIND_FLAG };

static const struct {
	const char *name;
	enum kind kind;
	unsigned int minor; /* there since LwM2M 1.minor */
} kinds[_ATTRIBUTE_MAX] = {
	[ATTRIBUTE_PMIN] = { "pmin", KIND_COUNT, 0 },
	[ATTRIBUTE_PMAX] = { "pmax", KIND_COUNT, 0 },
	[ATTRIBUTE_GT] = { "gt", KIND_NUMBER, 0 },
	[ATTRIBUTE_LT] = { "lt", KIND_NUMBER, 0 },
	[ATTRIBUTE_ST] = { "st", KIND_STEP, 0 },
	[ATTRIBUTE_EPMIN] = { "epmin", KIND_COUNT, 1 },
	[ATTRIBUTE_EPMAX] = { "epmax", KIND_COUNT, 1 },
	[ATTRIBUTE_EDGE] = { "edge", KIND_FLAG, 2 },
	[ATTRIBUTE_CON] = { "con", KIND_FLAG, 2 },
	[ATTRIBUTE_HQMAX] = { "hqmax", KIND_COUNT, 2 },
};

static int attribute_find(struct bytes name)
{
	for (int i = 0; i < _ATTRIBUTE_MAX; i++)
		if (bytes_equal(bytes_of(kinds[i].name), name))
			return i;
	return -EINVAL;
}

static int parse_count(struct bytes text, double max, double *ret)
{
	double number = 0;

	if (text.len == 0 || text.len > 10)
		return -EINVAL;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return -EINVAL;
		number = number * 10 + (text.data[i] - '0');
	}
	if (number > max)
		return -EINVAL;
	*ret = number;
	return 0;
}

static int parse_number(struct bytes text, double min, double *ret)
{
	struct value value;

	if (value_parse(text, VALUE_FLOAT, &value) < 0 || !(value.number >= min))
		return -EINVAL;
	*ret = value.number;
	return 0;
}

static int parse_value(enum kind kind, struct bytes text, double *ret)
{
	switch (kind) {
	case KIND_NUMBER:
		return parse_number(text, -DBL_MAX, ret);
	case KIND_STEP:
		return parse_number(text, 0, ret);
	case KIND_FLAG:
		return parse_count(text, 1, ret);
	default:
		return parse_count(text, UINT32_MAX, ret);
	}
}

/* One "name=value" or "name"; seen collects the names so far. */
static int parse_one(struct bytes text, struct attributes *attributes, unsigned int *seen)
{
	const uint8_t *equals = memchr(text.data, '=', text.len);
	size_t name_len = equals ? (size_t)(equals - text.data) : text.len;
	int which = attribute_find(BYTES(text.data, name_len));

	if (which < 0 || *seen & 1U << which)
		return -EINVAL;
	*seen |= 1U << which;
	if (!equals) {
		attributes->set &= ~(1U << which);
		return 0;
	}
	attributes->set |= 1U << which;
	return parse_value(
		kinds[which].kind, BYTES(equals + 1, text.len - name_len - 1), &attributes->values[which]);
}

int attributes_parse(struct bytes query, struct attributes *attributes)
{
	struct attributes result = *attributes;
	unsigned int seen = 0;
	size_t at = 0;

	while (at <= query.len) {
		const uint8_t *end = query.len > at ? memchr(query.data + at, '&', query.len - at) : NULL;
		size_t len = (end ? (size_t)(end - query.data) : query.len) - at;
		int r = len > 0 ? parse_one(BYTES(query.data + at, len), &result, &seen) : -EINVAL;

		if (r < 0)
			return r;
		at += len + 1;
	}
	*attributes = result;
	return 0;
}

int attributes_format(const struct attributes *attributes, struct buffer *ret)
{
	int r = 0;

	for (enum attribute i = 0; i < _ATTRIBUTE_MAX && r >= 0; i++) {
		struct value value = VALUE_FLOAT(attributes->values[i]);
		char text[VALUE_TEXT_MAX];

		if (!attributes_has(attributes, i))
			continue;
		if (kinds[i].kind != KIND_NUMBER && kinds[i].kind != KIND_STEP)
			value = VALUE_UNSIGNED((uint64_t)attributes->values[i]);
		value_format(&value, text);
		r = buffer_printf(ret, ";%s=%s", kinds[i].name, text);
	}
	return r;
}

void attributes_override(struct attributes *to, const struct attributes *from)
{
	for (enum attribute i = 0; i < _ATTRIBUTE_MAX; i++)
		if (attributes_has(from, i))
			to->values[i] = from->values[i];
	to->set |= from->set;
}

int attributes_check(const struct attributes *attributes, enum value_type type, unsigned int minor)
{
	unsigned int numeric = 1U << ATTRIBUTE_GT | 1U << ATTRIBUTE_LT | 1U << ATTRIBUTE_ST;
	double lt = attributes_value(attributes, ATTRIBUTE_LT, 0),
	       gt = attributes_value(attributes, ATTRIBUTE_GT, 0),
	       st = attributes_value(attributes, ATTRIBUTE_ST, 0);

	for (enum attribute i = 0; i < _ATTRIBUTE_MAX; i++)
		if (attributes_has(attributes, i) && kinds[i].minor > minor)
			return -EINVAL;
	if (attributes->set & numeric && !value_type_is_numeric(type))
		return -EINVAL;
	if (attributes_has(attributes, ATTRIBUTE_EDGE) && type != VALUE_BOOLEAN)
		return -EINVAL;
	if (attributes_has(attributes, ATTRIBUTE_LT) && attributes_has(attributes, ATTRIBUTE_GT) &&
		!(lt < gt && lt + 2 * st < gt))
		return -EINVAL;
	return 0;
}

void attributes_store_deinit(struct attributes_store *store)
{
	free(store->entries);
	*store = (struct attributes_store){ .limit = store->limit };
}

static int entry_compare(const struct attributes_entry *entry, uint16_t session, const struct path *path)
{
	if (entry->session != session)
		return entry->session < session ? -1 : 1;
	return path_compare(&entry->path, path);
}

/* The place of the entry, or where it would go; *ret_found says which. */
static size_t entry_index(const struct attributes_store *store, uint16_t session, const struct path *path,
			  bool *ret_found)
{
	size_t low = 0, high = store->count;

	*ret_found = false;
	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = entry_compare(&store->entries[middle], session, path);

		if (order == 0) {
			*ret_found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct attributes attributes_get(
	const struct attributes_store *store, uint16_t session, const struct path *path)
{
	bool found;
	size_t i = entry_index(store, session, path, &found);

	return found ? store->entries[i].attributes : (struct attributes){ 0 };
}

struct attributes attributes_effective(const struct attributes_store *store, uint16_t session,
				       const struct path *path)
{
	struct attributes result = { 0 };

	if (store->count == 0)
		return result;
	for (unsigned int depth = PATH_OBJECT; depth <= path->depth; depth++) {
		struct path at = path_prefix(*path, depth);
		struct attributes own = attributes_get(store, session, &at);

		attributes_override(&result, &own);
	}
	return result;
}

static void remove_entry(struct attributes_store *store, size_t i)
{
	store->count--;
	memmove(&store->entries[i], &store->entries[i + 1], (store->count - i) * sizeof(*store->entries));
}

static int insert_entry(struct attributes_store *store, size_t i, struct attributes_entry entry)
{
	if (store->limit && store->count >= store->limit)
		return -ENOSPC;
	if (store->count == store->allocated) {
		size_t allocated = store->allocated ? store->allocated * 2 : 8;
		struct attributes_entry *entries = reallocarray(store->entries, allocated, sizeof(*entries));

		if (!entries)
			return -ENOMEM;
		store->entries = entries;
		store->allocated = allocated;
	}
	memmove(&store->entries[i + 1], &store->entries[i], (store->count - i) * sizeof(*store->entries));
	store->entries[i] = entry;
	store->count++;
	return 0;
}

int attributes_put(struct attributes_store *store, uint16_t session, const struct path *path,
		   const struct attributes *attributes)
{
	bool found;
	size_t i = entry_index(store, session, path, &found);

	if (!attributes->set) {
		if (found)
			remove_entry(store, i);
		return 0;
	}
	if (found) {
		store->entries[i].attributes = *attributes;
		return 0;
	}
	return insert_entry(store, i, (struct attributes_entry){ session, *path, *attributes });
}

void attributes_forget_path(struct attributes_store *store, const struct path *path)
{
	for (size_t i = store->count; i > 0; i--)
		if (path_contains(path, &store->entries[i - 1].path))
			remove_entry(store, i - 1);
}

void attributes_forget_session(struct attributes_store *store, uint16_t session)
{
	for (size_t i = store->count; i > 0; i--)
		if (store->entries[i - 1].session == session)
			remove_entry(store, i - 1);
}
