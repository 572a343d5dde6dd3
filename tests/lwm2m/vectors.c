/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

#include <math.h>

#define ROUNDS 2000

struct bytes hex(const char *text)
{
	static uint8_t pool[65536];
	static size_t used;
	struct bytes bytes = { pool + used, 0 };
	unsigned int byte;

	for (int n; sscanf(text, " %2x%n", &byte, &n) == 1; text += n) {
		assert_true(used < sizeof(pool));
		pool[used++] = (uint8_t)byte;
		bytes.len++;
	}
	assert_int_equal(strspn(text, " "), strlen(text));
	return bytes;
}

static size_t count_records(const struct vector *vector)
{
	size_t n = 0;

	while (n < ELEMENTSOF(vector->records) && vector->records[n].path.depth > 0)
		n++;
	return n;
}

enum value_type vectors_type(const void *data, const struct path *path)
{
	const struct vector *vector = data;

	for (size_t i = 0; vector && i < count_records(vector); i++)
		if (path_equal(&vector->records[i].path, path))
			return vector->records[i].value.type;
	return path->ids[2] % 10;
}

static void fill(const struct vector *vector, struct records *records)
{
	for (size_t i = 0; i < count_records(vector); i++) {
		assert_int_equal(records_add(records, vector->records[i].path, vector->records[i].value), 0);
		records->items[records->count - 1].time = vector->records[i].time;
	}
}

static void print_bytes(const char *title, struct bytes bytes)
{
	fprintf(stderr, "# %s:", title);
	for (size_t i = 0; i < bytes.len; i++)
		fprintf(stderr, " %02X", bytes.data[i]);
	fputc('\n', stderr);
}

static void check_bytes(const char *name, struct bytes is, struct bytes should)
{
	if (bytes_equal(is, should))
		return;
	print_bytes("is", is);
	print_bytes("should be", should);
	fail_msg("%s: other bytes than expected", name);
}

static void check_records(const char *name, const struct records *is, const struct records *should)
{
	if (is->count != should->count)
		fail_msg("%s: %zu records instead of %zu", name, is->count, should->count);
	for (size_t i = 0; i < is->count; i++) {
		const struct record *a = &is->items[i], *b = &should->items[i];
		char path[PATH_TEXT_MAX];

		path_format(&a->path, path);
		if (!path_equal(&a->path, &b->path))
			fail_msg("%s: record %zu is of %s", name, i, path);
		if (a->time != b->time)
			fail_msg("%s: %s has time %.17g instead of %.17g", name, path, a->time, b->time);
		if (!value_equal(&a->value, &b->value))
			fail_msg("%s: %s has another value (%s)", name, path, value_type_name(a->value.type));
	}
}

void vectors_encode(int format, const struct vector *vectors, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		_cleanup_(buffer_deinit) struct buffer buffer = { 0 };
		_cleanup_(records_deinit) struct records records = { 0 };
		int r;

		fill(&vectors[i], &records);
		r = codec_encode(format, &vectors[i].base, &records, &buffer);
		if (r != 0)
			fail_msg("%s: not encoded: %s", vectors[i].name, strerror(-r));
		check_bytes(vectors[i].name, buffer_bytes(&buffer), vectors[i].payload);
	}
}

/* In memory of just that size, so that a sanitizer sees a read past the end. */
static struct bytes copy_payload(struct bytes payload)
{
	uint8_t *copy = malloc(payload.len);

	assert_true(copy || payload.len == 0);
	if (payload.len > 0)
		memcpy(copy, payload.data, payload.len);
	return BYTES(copy, payload.len);
}

void vectors_decode(int format, const struct vector *vectors, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		_cleanup_(records_deinit) struct records records = { 0 }, expected = { 0 };
		struct codec_types types = { vectors_type, &vectors[i] };
		struct bytes payload = copy_payload(vectors[i].payload);
		int r;

		fill(&vectors[i], &expected);
		r = codec_decode(format, &vectors[i].base, payload, &types, &records);
		if (r != 0)
			fail_msg("%s: not decoded: %s", vectors[i].name, strerror(-r));
		check_records(vectors[i].name, &records, &expected);
		free((void *)payload.data);
	}
}

void vectors_refuse(int format, const struct refusal *refusals, size_t count)
{
	static const struct codec_types types = { vectors_type, NULL };

	for (size_t i = 0; i < count; i++) {
		_cleanup_(records_deinit) struct records records = { 0 };
		struct bytes payload = copy_payload(refusals[i].payload);
		int r;

		assert_int_equal(records_add(&records, PATH3(1, 2, 3), VALUE_FLOAT(4)), 0);
		r = codec_decode(format, &refusals[i].base, payload, &types, &records);
		free((void *)payload.data);
		if (r != refusals[i].error)
			fail_msg("%s: %s instead of %s", refusals[i].name, r ? strerror(-r) : "decoded",
				strerror(-refusals[i].error));
		assert_int_equal(records.count, 1);
		assert_int_equal(records.items[0].path.ids[2], 3);
	}
}

void vectors_not_encodable(int format, const struct vector *vectors, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		_cleanup_(buffer_deinit) struct buffer buffer = { 0 };
		_cleanup_(records_deinit) struct records records = { 0 };
		int r;

		fill(&vectors[i], &records);
		assert_int_equal(buffer_append_text(&buffer, "before"), 0);
		r = codec_encode(format, &vectors[i].base, &records, &buffer);
		if (r != -ENOTSUP)
			fail_msg("%s: %s", vectors[i].name, r ? strerror(-r) : "encoded");
		check_bytes(vectors[i].name, buffer_bytes(&buffer), BYTES_LITERAL("before"));
	}
}

static uint64_t random_number(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state * UINT64_C(2685821657736338717);
}

/* Of every magnitude alike. */
static uint64_t random_bits(uint64_t *state)
{
	return random_number(state) >> random_number(state) % 64;
}

static double random_float(uint64_t *state)
{
	uint64_t bits = random_number(state);
	double number;

	switch (random_number(state) % 4) {
	case 0:
		return (double)(int64_t)bits / 1000;
	case 1:
		return (double)(float)bits;
	case 2:
		return (double)(bits % 100000) / 100 - 273.15;
	default:
		memcpy(&number, &bits, sizeof(number));
		return isfinite(number) ? number : 0;
	}
}

static struct bytes random_text(uint64_t *state, bool opaque)
{
	static const char *const pieces[] = {
		"a", "\"", "\\", "/", "ä", "€", "😀", "\n", "\x01", "\x7F", "</3/0>;pmin=1", "=",
	};
	static char texts[64][512];
	static unsigned int next;
	char *text = texts[next++ % ELEMENTSOF(texts)];
	size_t len = 0;

	for (uint64_t n = random_number(state) % 24; n > 0; n--) {
		const char *piece = pieces[random_number(state) % ELEMENTSOF(pieces)];

		if (opaque)
			text[len++] = (char)random_number(state);
		else
			len += (size_t)snprintf(text + len, 16, "%s", piece);
	}
	return BYTES(text, len);
}

static struct value random_value(uint64_t *state, enum value_type type)
{
	uint64_t bits = random_bits(state);

	switch (type) {
	case VALUE_INTEGER:
	case VALUE_TIME:
		return (struct value){ type, .integer = (int64_t)(bits % 2 ? 0 - bits : bits) };
	case VALUE_UNSIGNED: /* within what jansson reads */
		return VALUE_UNSIGNED(bits >> 1);
	case VALUE_FLOAT:
		return VALUE_FLOAT(random_float(state));
	case VALUE_BOOLEAN:
		return VALUE_BOOLEAN(random_number(state) % 2);
	case VALUE_OBJLNK:
		return VALUE_OBJLNK((uint16_t)bits, (uint16_t)random_bits(state));
	default:
		return (struct value){ type, .bytes = random_text(state, type == VALUE_OPAQUE) };
	}
}

/* Sorted, without two of the same path: ids grow from the last one at a random depth. */
static void add_random(uint64_t *state, const struct path *base, struct records *records)
{
	unsigned int depth = PATH_RESOURCE + random_number(state) % 2;
	struct path path = *base;

	if (records->count > 0) {
		const struct path *last = &records->items[records->count - 1].path;
		unsigned int at = base->depth + random_number(state) % (last->depth - base->depth);
		unsigned int id = last->ids[at] + 1U + random_number(state) % 400;

		path = path_child(path_prefix(*last, at), (uint16_t)id);
	}
	while (path.depth < depth)
		path = path_child(path, (uint16_t)(random_number(state) % 3));
	if (path.ids[2] % 10 == VALUE_NONE)
		path.ids[2]++;
	assert_int_equal(records_add(records, path, random_value(state, path.ids[2] % 10)), 0);
}

static struct path random_base(uint64_t *state, bool single)
{
	struct path base = PATH1((uint16_t)(random_bits(state) % 65535));

	for (uint64_t depth = 1 + random_number(state) % 2 + (single ? 2 : 0); base.depth < depth;)
		base = path_child(base, (uint16_t)(random_bits(state) % 65534));
	return base;
}

void vectors_round_trip(int format)
{
	static const struct codec_types types = { vectors_type, NULL };
	const bool single = codec_find(format)->single;
	uint64_t state = 88172645463325252;

	for (unsigned int round = 0; round < ROUNDS; round++) {
		_cleanup_(buffer_deinit) struct buffer buffer = { 0 };
		_cleanup_(records_deinit) struct records records = { 0 }, decoded = { 0 };
		struct path base = random_base(&state, single);
		char name[32];

		snprintf(name, sizeof(name), "round %u", round);
		if (single) {
			enum value_type type = base.ids[2] % 10;

			if (type == VALUE_NONE || (format == CODEC_OPAQUE && type != VALUE_OPAQUE))
				continue;
			assert_int_equal(records_add(&records, base, random_value(&state, type)), 0);
		} else
			for (uint64_t n = random_number(&state) % 30; n > 0; n--)
				add_random(&state, &base, &records);
		if (codec_encode(format, &base, &records, &buffer) < 0)
			fail_msg("%s: not encoded", name);
		if (codec_decode(format, &base, buffer_bytes(&buffer), &types, &decoded) < 0)
			fail_msg("%s: not decoded", name);
		check_records(name, &decoded, &records);
	}
}
