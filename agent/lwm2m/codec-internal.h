/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec-internal.h - what the formats share among themselves, and what codec.c's table is made of
 *
 * codec_encode() has checked that all records are at or below base and, for single formats, that there is one and that it
 * is base itself; codec_decode() checks paths and duplicates afterwards. So a format's own functions need not.
 */
#pragma once

#include "lwm2m/codec.h"

int codec_text_encode(const struct path *base, const struct records *records, struct buffer *ret);
int codec_text_decode(const struct path *base, struct bytes payload, const struct codec_types *types,
		      struct records *ret);

int codec_opaque_encode(const struct path *base, const struct records *records, struct buffer *ret);
int codec_opaque_decode(const struct path *base, struct bytes payload, const struct codec_types *types,
			struct records *ret);

int codec_cbor_encode(const struct path *base, const struct records *records, struct buffer *ret);
int codec_cbor_decode(const struct path *base, struct bytes payload, const struct codec_types *types,
		      struct records *ret);

int codec_tlv_encode(const struct path *base, const struct records *records, struct buffer *ret);
int codec_tlv_decode(const struct path *base, struct bytes payload, const struct codec_types *types,
		     struct records *ret);

int codec_senml_json_encode(const struct path *base, const struct records *records, struct buffer *ret);
int codec_senml_json_decode(const struct path *base, struct bytes payload, const struct codec_types *types,
			    struct records *ret);

int codec_senml_etch_json_encode(const struct path *base, const struct records *records, struct buffer *ret);
int codec_senml_etch_json_decode(
	const struct path *base, struct bytes payload, const struct codec_types *types, struct records *ret);

int codec_senml_cbor_encode(const struct path *base, const struct records *records, struct buffer *ret);
int codec_senml_cbor_decode(const struct path *base, struct bytes payload, const struct codec_types *types,
			    struct records *ret);

int codec_senml_etch_cbor_encode(const struct path *base, const struct records *records, struct buffer *ret);
int codec_senml_etch_cbor_decode(
	const struct path *base, struct bytes payload, const struct codec_types *types, struct records *ret);

int codec_lwm2m_json_encode(const struct path *base, const struct records *records, struct buffer *ret);
int codec_lwm2m_json_decode(const struct path *base, struct bytes payload, const struct codec_types *types,
			    struct records *ret);

int codec_lwm2m_cbor_encode(const struct path *base, const struct records *records, struct buffer *ret);
int codec_lwm2m_cbor_decode(const struct path *base, struct bytes payload, const struct codec_types *types,
			    struct records *ret);

/* Containers and members of a JSON payload. */
#define CODEC_JSON_MAX (8 * CODEC_RECORDS_MAX)

static inline enum value_type codec_type_of(const struct codec_types *types, const struct path *path)
{
	return types && types->type_of ? types->type_of(types->data, path) : VALUE_NONE;
}

/* Adds a value that the format typed itself, as its resource's type. -EINVAL, -ERANGE, -E2BIG, -ENOMEM. */
int codec_add(struct records *records, const struct path *path, const struct value *value,
	      const struct codec_types *types);

/* Adds VALUE_NONE: what is there is to be deleted. -E2BIG, -ENOMEM. */
int codec_add_null(struct records *records, const struct path *path);

/* Base64 in either alphabet into memory of the records. -EINVAL, -ENOMEM. */
int codec_decode_base64(struct records *records, struct bytes text, struct bytes *ret);
