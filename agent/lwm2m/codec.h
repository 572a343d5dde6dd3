/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec.h - content formats: records to payload and back
 *
 * One table entry per CoAP Content-Format (OMA LwM2M Core 1.2, 7.4), one file per format. Codecs know no object: the type
 * that a resource has by its definition is asked of struct codec_types, and a value of a resource of unknown type stays as
 * the format carried it (TLV and text: the raw bytes, as VALUE_OPAQUE and VALUE_STRING). A decoder borrows from the
 * payload what needs no unescaping; the payload has to outlive the records.
 */
#pragma once

#include "base/bytes.h"
#include "lwm2m/path.h"
#include "lwm2m/records.h"
#include "lwm2m/value.h"
#include "lwm2m/version.h"

enum codec_format {
	CODEC_TEXT = 0,
	CODEC_LINK = 40, /* application/link-format: corelink.h, not in the table */
	CODEC_OPAQUE = 42,
	CODEC_CBOR = 60,
	CODEC_SENML_JSON = 110,
	CODEC_SENML_CBOR = 112,
	CODEC_SENML_ETCH_JSON = 320,
	CODEC_SENML_ETCH_CBOR = 322,
	CODEC_TLV = 11542,
	CODEC_LWM2M_JSON = 11543,
	CODEC_LWM2M_CBOR = 11544,
};

/* What the decoder needs of the object definitions; type_of answers VALUE_NONE for a resource that it does not know. */
struct codec_types {
	enum value_type (*type_of)(const void *data, const struct path *path);
	const void *data;
	bool names; /* the payload is a list of paths, without values: see codec_decode_paths() */
	bool times; /* a path may come again with another time: of a client's answers, never of what is to be written */
};

struct codec {
	uint16_t format;
	const char *name; /* "senml-cbor": for people, command lines and logs */
	bool single;      /* carries exactly one value: only for resources and resource instances */
	bool etch;        /* VALUE_NONE deletes: only for Composite operations */
	enum lwm2m_version since, until;
	int (*encode)(const struct path *base, const struct records *records, struct buffer *ret);
	int (*decode)(const struct path *base, struct bytes payload, const struct codec_types *types,
		struct records *ret);
};

/* NULL when there is no such format. */
const struct codec *codec_find(int format);
const struct codec *codec_find_name(const char *name);

/* May a server that registered with this version ask for the format, and send it, in an operation on one path? */
bool codec_is_offered(int format, enum lwm2m_version version);

/* Can values of several times go into one payload of this format? */
bool codec_has_times(int format);

/* Appends the formats so offered that carry more than text or bytes: "60 110 112 11542". -ENOMEM, -EMSGSIZE. */
int codec_append_offered(enum lwm2m_version version, struct buffer *ret);

/*
 * Appends the payload for records at or below base, the path that was asked for. No record at all is an empty object,
 * instance or multiple resource and no error (single formats: -ENOTSUP).
 * -ENOTSUP: this format can't carry these records (4.06). -EMSGSIZE: past the buffer's limit. -ENOMEM. On failure ret's
 * contents are as before the call.
 */
int codec_encode(int format, const struct path *base, const struct records *records, struct buffer *ret);

/*
 * Appends the records of a payload sent to base, whose resources are then all at or below base, except that a payload
 * sent to an object may hold one instance without an id: its records have PATH_ID_NONE there (Create).
 * -EPROTONOSUPPORT: unknown format (4.15). -EBADMSG: malformed, duplicate path (see types->times), or outside of base (4.00). -EINVAL,
 * -ERANGE: a value that its resource's type cannot take (4.00). -E2BIG: more than CODEC_RECORDS_MAX records (4.13).
 * -ENOTSUP: a single format for something that is not one value (4.00). -ENOMEM. On failure the records added so far are
 * taken back.
 */
int codec_decode(int format, const struct path *base, struct bytes payload, const struct codec_types *types,
		 struct records *ret);

/*
 * Appends the paths of a Read- or Observe-Composite as records without a value; they may be of any depth, "/" too. ret
 * does not borrow from the payload. Only SenML carries such a list, otherwise -EPROTONOSUPPORT. -EBADMSG: malformed, or
 * with a value. -E2BIG: more than max. -ENOMEM.
 */
int codec_decode_paths(int format, struct bytes payload, size_t max, struct records *ret);

#define CODEC_RECORDS_MAX 4096
