/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One program for each format (FUZZ_FORMAT). The first byte says to which path the payload is sent; the last
 * digit of a resource's id is its type, 0 is unknown.
 */
#include <math.h>

#include "base/cleanup.h"
#include "base/utf8.h"
#include "fuzz.h"
#include "lwm2m/codec.h"

static enum value_type type_of(const void *data, const struct path *path)
{
	return path->ids[2] % _VALUE_TYPE_MAX;
}

static bool is_json(void)
{
	return FUZZ_FORMAT == CODEC_SENML_JSON || FUZZ_FORMAT == CODEC_SENML_ETCH_JSON || FUZZ_FORMAT == CODEC_LWM2M_JSON;
}

static bool has_null(void)
{
	return codec_find(FUZZ_FORMAT)->etch;
}

static struct path choose_base(uint8_t byte)
{
	static const uint8_t depths[] = {
		PATH_INSTANCE, PATH_OBJECT, PATH_RESOURCE, PATH_RESOURCE_INSTANCE, PATH_ROOT,
	};
	struct path base = PATH4(9, 1, byte % 16, 1);

	if (codec_find(FUZZ_FORMAT)->single)
		return path_prefix(base, PATH_RESOURCE + (byte >> 4) % 2);
	return path_prefix(base, depths[(byte >> 4) % ELEMENTSOF(depths)]);
}

static void check_value(const struct path *path, const struct value *value)
{
	enum value_type type = type_of(NULL, path);
	struct bytes text = value->bytes;

	if (value->type == VALUE_NONE && has_null())
		return;
	CHECK(type == VALUE_NONE || value->type == type);
	if (type == VALUE_STRING || type == VALUE_CORELNK)
		CHECK(utf8_valid(text) && (text.len == 0 || !memchr(text.data, 0, text.len)));
}

static void check_records(const struct path *base, const struct records *records)
{
	for (size_t i = 0; i < records->count; i++) {
		const struct record *record = &records->items[i];

		CHECK(record->path.depth >= PATH_RESOURCE && path_contains(base, &record->path));
		CHECK(records_find(records, &record->path) == record);
		CHECK(isfinite(record->time));
		check_value(&record->path, &record->value);
	}
}

/* Null has no form but in SenML-ETCH; jansson reads no integer past int64_t, though a float of that size may become one. */
static bool comes_back(const struct value *value)
{
	if (is_json() && value->type == VALUE_UNSIGNED)
		return value->natural <= INT64_MAX;
	return value->type != VALUE_NONE || has_null();
}

/* LwM2M CBOR has no place for a value beside others below it. */
static bool is_parent(const struct records *records, const struct path *path)
{
	for (size_t i = 0; i < records->count; i++)
		if (path_contains(path, &records->items[i].path) && !path_equal(path, &records->items[i].path))
			return true;
	return false;
}

static bool all_come_back(const struct records *records)
{
	for (size_t i = 0; i < records->count; i++)
		if (!comes_back(&records->items[i].value) ||
		    (FUZZ_FORMAT == CODEC_LWM2M_CBOR && is_parent(records, &records->items[i].path)))
			return false;
	return true;
}

static void check_same(const struct records *records, const struct records *again)
{
	CHECK(records->count == again->count);
	for (size_t i = 0; i < records->count; i++) {
		const struct record *a = &records->items[i], *b = &again->items[i];

		if (FUZZ_FORMAT == CODEC_LWM2M_CBOR) /* which sorts */
			b = records_find(again, &a->path);
		CHECK(b && path_equal(&a->path, &b->path));
		CHECK(a->time == b->time);
		if (type_of(NULL, &a->path) != VALUE_NONE)
			CHECK(value_equal(&a->value, &b->value));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct codec_types types = { type_of, NULL };
	_cleanup_(records_deinit) struct records records = { 0 }, again = { 0 };
	_cleanup_(buffer_deinit) struct buffer buffer = { 0 };
	struct path base;

	if (len == 0)
		return 0;
	base = choose_base(data[0]);
	if (codec_decode(FUZZ_FORMAT, &base, BYTES(data + 1, len - 1), &types, &records) < 0) {
		CHECK(records.count == 0);
		return 0;
	}
	check_records(&base, &records);
	if (!all_come_back(&records))
		return 0;
	CHECK(codec_encode(FUZZ_FORMAT, &base, &records, &buffer) == 0);
	CHECK(codec_decode(FUZZ_FORMAT, &base, buffer_bytes(&buffer), &types, &again) == 0);
	check_same(&records, &again);
	return 0;
}
