/* SPDX-License-Identifier: Apache-2.0 */
/*
 * senml.h - SenML (RFC 8428) as LwM2M uses it, without its two syntaxes
 *
 * A decoder looks each member of a record up by its name or CBOR label, sets it in a struct senml_record and adds the whole
 * record, which this file resolves: the name is base name and name in one, the time base time and time added up. There is
 * no clock here: a time below 2^28, which counts from now, is given on as it is. An encoder asks for each record's name.
 */
#pragma once

#include "lwm2m/codec.h"

enum senml_member {
	SENML_IGNORED, /* known and of no use here, or unknown and optional */
	SENML_BASE_NAME,
	SENML_BASE_TIME,
	SENML_BASE_VALUE,
	SENML_VERSION,
	SENML_NAME,
	SENML_TIME,
	SENML_VALUE,
	SENML_STRING,
	SENML_BOOLEAN,
	SENML_DATA,
	SENML_LINK,
};

/* Labels of SenML CBOR that encoders need. */
#define SENML_LABEL_BASE_NAME (-2)
#define SENML_LABEL_NAME      0
#define SENML_LABEL_VALUE     2
#define SENML_LABEL_STRING    3
#define SENML_LABEL_BOOLEAN   4
#define SENML_LABEL_TIME      6
#define SENML_LABEL_DATA      8

struct senml_record {
	unsigned int members; /* a bit for each member that was set */
	struct bytes base_name, name;
	double base_time, time;
	struct value value;
};

struct senml {
	const struct codec_types *types;
	struct records *records;
	struct bytes base_name; /* borrowed from the payload */
	double base_time;
	bool etch; /* null is a value: what has it is to be deleted (RFC 8790) */
};

/* -EBADMSG: unknown, and its name says that it has to be understood. */
int senml_member_by_name(struct bytes name);
enum senml_member senml_member_by_label(int64_t label);

/* Borrows the value's bytes. -EBADMSG: of the wrong kind, twice, or a second value. */
int senml_set(struct senml_record *record, enum senml_member member, const struct value *value);

/* Resolves the record and adds it to senml->records. Those of codec_decode(). */
int senml_add(struct senml *senml, const struct senml_record *record);

/* Only SenML-ETCH has a form for VALUE_NONE. */
bool senml_has_null(const struct records *records);

#define SENML_NAME_MAX (PATH_TEXT_MAX + 1)

/*
 * The names of an encoder: base name and name of the record are its path. Of a record at base itself that is the base name
 * and no name, else the base name ends in a slash. ret is not NUL-terminated; returns the length.
 */
size_t senml_base_name(const struct path *base, const struct path *first, char ret[SENML_NAME_MAX]);
size_t senml_name(const struct path *base, const struct path *path, char ret[SENML_NAME_MAX]);
