/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json-reader.h - a JSON payload as jansson's tree, shared by the formats built on JSON
 *
 * What jansson builds can be a hundred times as large as the payload, so the payload's structure is bounded
 * first. Its integers are int64_t: an Unsigned past 2^63 - 1 is sent, but received only in the formats that
 * are not JSON (here -EBADMSG). It holds each string itself, and while it parses the longest one once more;
 * values read here borrow from the tree, which goes when the payload has been decoded.
 */
#pragma once

#include <jansson.h>

#include "base/bytes.h"
#include "lwm2m/records.h"

/* -EBADMSG: no JSON, or an object has a member twice. -E2BIG: more than max containers and members. */
int json_read_tree(struct bytes payload, size_t max, json_t **ret);

/* For _cleanup_(). */
void json_tree_freep(json_t **tree);

/* A string, number or boolean, or VALUE_NONE for null. -EBADMSG: an array or object. */
int json_read_value(const json_t *json, struct value *ret);

/*
 * Copies text into memory of the records, so that it outlives the tree; leaves values of other types alone.
 * -ENOMEM.
 */
int json_keep_text(struct records *records, struct value *value);
