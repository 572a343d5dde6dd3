/* SPDX-License-Identifier: Apache-2.0 */
#include "payload.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "lwm2m/codec.h"
#include "model.h"
#include "values.h"

static int __attribute__((format(printf, 2, 3))) fail(char *error, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(error, VERB_ERROR_MAX, format, list);
	va_end(list);
	return -EINVAL;
}

static int add_value(const struct verb_call *call, const struct path *path, const char *text,
	struct records *records, char *error)
{
	struct model_types types = { call->type };
	enum value_type type = model_type_of(&types, path);
	char name[PATH_TEXT_MAX];
	int r;

	path_format(path, name);
	if (type == VALUE_NONE)
		return fail(error, "The type of %s is not known here%s", name,
			model_find(path) ? ": it is executed, not written" :
					   ": add --type integer, string, ...");
	r = values_add(records, path, type, text);
	if (r == -ENOMEM)
		return fail(error, "Out of memory");
	if (r < 0)
		return fail(error, "\"%s\" is %s type %s", text, r == -ERANGE ? "out of range for" : "not of",
			value_type_name(type));
	return 0;
}

/* "5700=21.5", "7/0=1" below a path: where the value goes, and the value. */
static int split_word(const struct path *below, const char *word, struct path *ret, const char **ret_value)
{
	const char *equals = strchr(word, '=');
	struct bytes id, rest;
	struct path path = *below;
	const uint8_t *slash;
	uint16_t number;

	if (!equals)
		return -EINVAL;
	for (rest = BYTES(word, equals - word); rest.data;
		rest = slash ? BYTES(slash + 1, rest.len - id.len - 1) : BYTES(NULL, 0)) {
		slash = rest.len ? memchr(rest.data, '/', rest.len) : NULL;
		id = BYTES(rest.data, slash ? (size_t)(slash - rest.data) : rest.len);
		if (path.depth == PATH_RESOURCE_INSTANCE || path_id_parse(id, false, &number) < 0)
			return -EINVAL;
		path = path_child(path, number);
	}
	*ret = path;
	*ret_value = equals + 1;
	return 0;
}

static int add_words(
	const struct verb_call *call, const struct path *below, struct records *records, char *error)
{
	struct path path;
	const char *value;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < call->n_words; i++) {
		if (split_word(below, call->words[i], &path, &value) < 0 || path.depth < PATH_RESOURCE)
			return fail(error, "\"%s\" is not %s", call->words[i],
				below->depth == PATH_RESOURCE ? "INSTANCE=VALUE" : "RESOURCE=VALUE");
		r = add_value(call, &path, value, records, error);
	}
	return r;
}

static int add_records(const struct verb_call *call, struct bytes data, const struct path *base,
	struct records *records, char *error)
{
	bool many = base->depth < PATH_RESOURCE || call->instances;
	struct value value = { .type = call->type == VALUE_STRING ? VALUE_STRING : VALUE_OPAQUE,
		.bytes = data };

	if (call->file) {
		if (many || call->n_words > 0)
			return fail(error, "--file is for one resource, and takes no VALUE beside it");
		return records_add(records, *base, value);
	}
	if (many)
		return add_words(call, base, records, error);
	if (call->n_words != 1)
		return fail(error, "A resource takes one VALUE, or --instances ID=VALUE ...%s",
			call->n_words ? "; quote a VALUE with spaces" : "");
	return add_value(call, base, call->words[0], records, error);
}

/* Text is enough for one value, but for bytes; TLV is what all clients have, unless theirs say otherwise. */
static int choose_format(
	const struct verb_call *call, const struct links *client, const struct records *records)
{
	bool single = call->path.depth >= PATH_RESOURCE && !call->instances;

	if (call->format >= 0)
		return call->format;
	if (single)
		return records->items[0].value.type == VALUE_OPAQUE ? CODEC_OPAQUE : CODEC_TEXT;
	if (client->formats.len == 0 || links_has_format(client, CODEC_TLV))
		return CODEC_TLV;
	return links_has_format(client, CODEC_SENML_CBOR) ? CODEC_SENML_CBOR : CODEC_SENML_JSON;
}

/* An instance without a value, which records cannot say: the header of its TLV. */
static int append_empty_instance(uint16_t id, struct buffer *payload)
{
	uint8_t wide[] = { 0x20, (uint8_t)(id >> 8), (uint8_t)id, 0 }, narrow[] = { 0x00, (uint8_t)id, 0 };

	/* Type 00 (object instance), width of the id, length in the type byte: 0. */
	return id > 255 ? buffer_append(payload, wide, 3) : buffer_append(payload, narrow, 2);
}

int payload_encode(const struct verb_call *call, const struct links *client, struct bytes data,
	struct buffer *ret_payload, int *ret_format, char error[VERB_ERROR_MAX])
{
	_cleanup_(records_deinit) struct records records = { 0 };
	bool create = call->verb->id == VERB_CREATE;
	struct path base = create ? PATH1(call->path.ids[0]) : call->path, below = call->path;
	int format, r;

	if (create && below.depth == PATH_OBJECT)
		below = path_child(below, PATH_ID_NONE);
	r = create ? add_words(call, &below, &records, error) :
		     add_records(call, data, &base, &records, error);
	if (r < 0)
		return r;
	if (!create && records.count == 0 && base.depth < PATH_RESOURCE)
		return fail(error, "Nothing to write: add RESOURCE=VALUE");
	format = create && below.ids[1] == PATH_ID_NONE && call->format < 0 ?
			 CODEC_TLV :
			 choose_format(call, client, &records);
	if (create && records.count == 0 && format == CODEC_TLV) {
		r = below.ids[1] == PATH_ID_NONE ? 0 : append_empty_instance(below.ids[1], ret_payload);
	} else {
		r = codec_encode(format, &base, &records, ret_payload);
	}
	if (r < 0)
		return fail(error, "These values cannot be sent as %s%s", payload_format_name(format),
			call->format >= 0 ? ": try another --format" : "");
	*ret_format = format;
	return 0;
}

int payload_to_json(const struct path *path, int format, struct bytes payload, enum value_type type,
	struct records *units, json_t **ret)
{
	_cleanup_(records_deinit) struct records records = { 0 };
	struct model_types forced = { type };
	struct codec_types types = { model_type_of, &forced, .times = true };
	const struct codec_types untyped = { .times = true };
	json_t *json;
	int r;

	if (format < 0)
		format = CODEC_TEXT;
	r = codec_decode(format, path, payload, &types, &records);
	/* A client may have its own idea of a resource's type: then as it says. */
	if ((r == -EINVAL || r == -ERANGE) && type == VALUE_NONE)
		r = codec_decode(format, path, payload, &untyped, &records);
	if (r < 0)
		return r;
	values_keep_units(&records, units);
	json = values_to_json(&records, units);
	if (!json)
		return -ENOMEM;
	*ret = json;
	return 0;
}

static json_t *attributes_to_json(struct bytes attributes)
{
	json_t *object = json_object();
	struct bytes one, value;
	char name[32];

	while (links_next_attribute(&attributes, &one)) {
		size_t len = 0;

		while (len < one.len && one.data[len] != '=')
			len++;
		if (len >= sizeof(name))
			continue;
		memcpy(name, one.data, len);
		name[len] = '\0';
		if (links_attribute(one, name, &value))
			(void)json_object_set_new(
				object, name, one.len > len ? values_text(value) : json_true());
	}
	return object;
}

static json_t *link_to_json(const struct links_entry *entry)
{
	const struct definition *resource = model_find(&entry->path);
	const char *name = resource                         ? resource->name :
			   entry->path.depth == PATH_OBJECT ? definition_object_name(entry->path.ids[0]) :
							      NULL;
	char path[PATH_TEXT_MAX];

	path_format(&entry->path, path);
	return json_pack("{s:s, s:s*, s:o}", "path", path, "name", name, "attributes",
		attributes_to_json(entry->attributes));
}

int payload_links_to_json(struct bytes payload, json_t **ret)
{
	struct links links;
	json_t *array;
	int r = links_parse(payload, &links);

	if (r < 0)
		return r;
	array = json_array();
	for (size_t i = 0; array && i < links.count; i++)
		(void)json_array_append_new(array, link_to_json(&links.entries[i]));
	links_deinit(&links);
	if (!array)
		return -ENOMEM;
	*ret = array;
	return 0;
}

const char *payload_format_name(int format)
{
	static char number[24];
	const struct codec *codec = codec_find(format);

	if (codec || format < 0)
		return codec ? codec->name : "no format";
	snprintf(number, sizeof(number), "format %d", format);
	return number;
}

const char *payload_error(int error)
{
	switch (error) {
	case -EPROTONOSUPPORT:
		return "this format is not known here";
	case -EBADMSG:
		return "it is malformed, or of another path";
	case -EINVAL:
	case -ERANGE:
		return "a value is not of its resource's type";
	case -E2BIG:
		return "it has too many values";
	case -ENOTSUP:
		return "this format carries one value only";
	default:
		return strerror(-error);
	}
}
