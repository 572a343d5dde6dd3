/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cbor-reader.h - CBOR (RFC 8949) item by item, off the beginning of a run of bytes
 *
 * A thin layer over libcbor's stream decoder, shared by the formats built on CBOR. Nothing recurses and nothing is
 * allocated, but for strings of indefinite length, which are put together in memory of the records.
 */
#pragma once

#include "base/bytes.h"
#include "lwm2m/records.h"

enum cbor_item_kind {
	CBOR_ITEM_UNSIGNED, /* number */
	CBOR_ITEM_NEGATIVE, /* -1 - number */
	CBOR_ITEM_FLOAT,
	CBOR_ITEM_BOOLEAN,
	CBOR_ITEM_NULL, /* and undefined */
	CBOR_ITEM_BYTES,
	CBOR_ITEM_TEXT,
	CBOR_ITEM_ARRAY, /* number of items follow */
	CBOR_ITEM_MAP,   /* number of pairs follow */
	CBOR_ITEM_TAG,   /* number; the tagged item follows */
	CBOR_ITEM_BREAK,
};

struct cbor_item {
	enum cbor_item_kind kind;
	bool indefinite; /* bytes, text, array, map: what it consists of follows, up to a break */
	union {
		uint64_t number;
		double real;
		bool boolean;
		struct bytes bytes;
	};
};

/* Takes one item off rest; arrays and maps without what they hold. -EBADMSG: malformed, or rest ends too early. */
int cbor_read(struct bytes *rest, struct cbor_item *ret);

/* The whole of a string whose item has been read: as it is, or its pieces put together. -EBADMSG, -ENOMEM. */
int cbor_read_string(
	struct bytes *rest, const struct cbor_item *item, struct records *records, struct bytes *ret);

/*
 * Takes one value off rest: a number, boolean, string or null (VALUE_NONE), untagged or with the tag of a time: 0
 * (RFC 3339 text) or 1 (seconds). -EBADMSG, -ERANGE: an integer below int64_t, -ENOMEM.
 */
int cbor_read_value(struct bytes *rest, struct records *records, struct value *ret);

/* Counts down what a container holds: 1 while there is more, 0 at its end, where it has taken a break off rest. */
int cbor_more(struct bytes *rest, struct cbor_item *container);

/* Takes one item off rest with all it holds, which may not nest deeper than a few levels. -EBADMSG. */
int cbor_skip(struct bytes *rest);
