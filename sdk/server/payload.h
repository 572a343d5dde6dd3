/* SPDX-License-Identifier: Apache-2.0 */
/*
 * payload.h - payloads of requests from the words of a call, and of answers to JSON
 */
#pragma once

#include <jansson.h>

#include "links.h"
#include "lwm2m/records.h"
#include "verbs.h"

/*
 * The payload of a write or create, and its format. data is that of a --file. -EINVAL: the words do not say
 * what to write; error is a line for people, as for every other failure.
 */
int payload_encode(const struct verb_call *call, const struct links *client, struct bytes data,
	struct buffer *ret_payload, int *ret_format, char error[VERB_ERROR_MAX]);

/*
 * The values of an answer for path. format -1: not said. units: see values_keep_units(). Errors of
 * codec_decode().
 */
int payload_to_json(const struct path *path, int format, struct bytes payload, enum value_type type,
	struct records *units, json_t **ret);

/* [{"path", "name", "attributes": {"pmin": "10", …}}, …]. Errors of links_parse(). */
int payload_links_to_json(struct bytes payload, json_t **ret);

/* "senml-cbor", "no format", "format 50" (then in static memory until the next call). */
const char *payload_format_name(int format);

/* What a decoder's error means, for people. */
const char *payload_error(int error);
