/* SPDX-License-Identifier: Apache-2.0 */
#include "lwm2m/senml.h"

#include <math.h>

#include "base/cleanup.h"
#include "lwm2m/codec-internal.h"

#define VERSION_MAX 10 /* RFC 8428 */

#define NO_LABEL INT8_MAX

#define MEMBER_VALUES                                                                                 \
	(1U << SENML_VALUE | 1U << SENML_STRING | 1U << SENML_BOOLEAN | 1U << SENML_DATA | 1U << SENML_LINK)

static const struct {
	const char *name;
	int8_t label;
	uint8_t member;
} members[] = {
	{ "n", 0, SENML_NAME },
	{ "v", 2, SENML_VALUE },
	{ "vs", 3, SENML_STRING },
	{ "vb", 4, SENML_BOOLEAN },
	{ "vd", 8, SENML_DATA },
	{ "vlo", NO_LABEL, SENML_LINK },
	{ "t", 6, SENML_TIME },
	{ "bn", -2, SENML_BASE_NAME },
	{ "bt", -3, SENML_BASE_TIME },
	{ "bv", -5, SENML_BASE_VALUE },
	{ "bver", -1, SENML_VERSION },
};

int senml_member_by_name(struct bytes name)
{
	for (size_t i = 0; i < ELEMENTSOF(members); i++)
		if (bytes_equal(name, bytes_of(members[i].name)))
			return members[i].member;
	return name.len > 0 && name.data[name.len - 1] == '_' ? -EBADMSG : SENML_IGNORED;
}

enum senml_member senml_member_by_label(int64_t label)
{
	for (size_t i = 0; i < ELEMENTSOF(members); i++)
		if (members[i].label == label && label != NO_LABEL)
			return members[i].member;
	return SENML_IGNORED;
}

static int set_text(struct bytes *text, const struct value *value)
{
	if (value->type != VALUE_STRING)
		return -EBADMSG;
	*text = value->bytes;
	return 0;
}

static int set_number(double *number, const struct value *value)
{
	if (!value_type_is_numeric(value->type))
		return -EBADMSG;
	*number = value_number(value);
	return 0;
}

static int set_value(struct senml_record *record, enum senml_member member, const struct value *value)
{
	bool fits, null = value->type == VALUE_NONE;

	switch (member) {
	case SENML_VALUE:
		fits = value_type_is_numeric(value->type);
		break;
	case SENML_BOOLEAN:
		fits = value->type == VALUE_BOOLEAN;
		break;
	case SENML_DATA:
		fits = value->type == VALUE_OPAQUE;
		break;
	default:
		fits = value->type == VALUE_STRING;
		break;
	}
	if ((!fits && !null) || record->members & MEMBER_VALUES)
		return -EBADMSG;
	record->value = *value;
	return member == SENML_LINK && !null ? value_convert(value, VALUE_OBJLNK, &record->value) : 0;
}

/* A base value other than 0 would have to be added to every number; nobody is known to send one. */
static int check_number(const struct value *value, double max)
{
	double number;
	int r = set_number(&number, value);

	return r < 0 ? r : number >= 0 && number <= max ? 0 : -EBADMSG;
}

int senml_set(struct senml_record *record, enum senml_member member, const struct value *value)
{
	int r;

	switch (member) {
	case SENML_IGNORED:
		return 0;
	case SENML_BASE_NAME:
		r = set_text(&record->base_name, value);
		break;
	case SENML_NAME:
		r = set_text(&record->name, value);
		break;
	case SENML_BASE_TIME:
		r = set_number(&record->base_time, value);
		break;
	case SENML_TIME:
		r = set_number(&record->time, value);
		break;
	case SENML_BASE_VALUE:
		r = check_number(value, 0);
		break;
	case SENML_VERSION:
		r = check_number(value, VERSION_MAX);
		break;
	default:
		r = set_value(record, member, value);
		break;
	}
	if (record->members & 1U << member)
		r = -EBADMSG;
	record->members |= 1U << member;
	return r;
}

static int resolve_path(const struct senml *senml, struct bytes name, struct path *ret)
{
	char text[SENML_NAME_MAX];
	size_t len = senml->base_name.len + name.len;

	if (senml->base_name.len >= sizeof(text) || name.len >= sizeof(text) - senml->base_name.len)
		return -EBADMSG;
	if (senml->base_name.len > 0)
		memcpy(text, senml->base_name.data, senml->base_name.len);
	if (name.len > 0)
		memcpy(text + senml->base_name.len, name.data, name.len);
	return path_parse(BYTES(text, len), ret) < 0 ? -EBADMSG : 0;
}

/* A base name without a name is a path as well, unless it ends in a slash for those that follow. */
static int add_name(struct senml *senml, const struct senml_record *record)
{
	struct bytes base = senml->base_name;
	struct path path;
	int r;

	if (record->members & (MEMBER_VALUES | 1U << SENML_TIME | 1U << SENML_BASE_TIME))
		return -EBADMSG;
	if (!(record->members & 1U << SENML_NAME) && base.len > 1 && base.data[base.len - 1] == '/')
		return 0;
	if (!(record->members & (1U << SENML_NAME | 1U << SENML_BASE_NAME)))
		return -EBADMSG;
	r = resolve_path(senml, record->name, &path);
	return r < 0 ? r : codec_add_null(senml->records, &path);
}

int senml_add(struct senml *senml, const struct senml_record *record)
{
	struct path path;
	double time;
	int r;

	if (record->members & 1U << SENML_BASE_NAME)
		senml->base_name = record->base_name;
	if (record->members & 1U << SENML_BASE_TIME)
		senml->base_time = record->base_time;
	if (senml->types && senml->types->names)
		return add_name(senml, record);
	/* A record may be there just to set the base. */
	if (!(record->members & MEMBER_VALUES))
		return record->members & (1U << SENML_NAME | 1U << SENML_TIME) ? -EBADMSG : 0;
	time = senml->base_time + record->time;
	if (!isfinite(time))
		return -EBADMSG;
	r = resolve_path(senml, record->name, &path);
	if (r < 0)
		return r;
	if (senml->etch && record->value.type == VALUE_NONE)
		r = codec_add_null(senml->records, &path);
	else
		r = codec_add(senml->records, &path, &record->value, senml->types);
	if (r < 0)
		return r;
	senml->records->items[senml->records->count - 1].time = time;
	return 0;
}

bool senml_has_null(const struct records *records)
{
	for (size_t i = 0; i < records->count; i++)
		if (records->items[i].value.type == VALUE_NONE)
			return true;
	return false;
}

size_t senml_base_name(const struct path *base, const struct path *first, char ret[SENML_NAME_MAX])
{
	size_t len = path_format(base, ret);

	if (base->depth > 0 && !path_equal(base, first))
		ret[len++] = '/';
	return len;
}

size_t senml_name(const struct path *base, const struct path *path, char ret[SENML_NAME_MAX])
{
	return path_format_below(path, base->depth, ret);
}
