/* SPDX-License-Identifier: Apache-2.0 */
#include "lwm2m/discover.h"

#include "lwm2m/codec.h"

/* The last object id of the LwM2M enabler's first release. */
#define OBJECT_CORE_LAST 7

static int append_link(struct buffer *buffer, const struct path *path)
{
	char text[PATH_TEXT_MAX + 3];
	size_t len = 0;

	if (buffer->len > 0)
		text[len++] = ',';
	text[len++] = '<';
	len += path_format(path, text + len);
	text[len++] = '>';
	return buffer_append(buffer, text, len);
}

static int append_version(struct buffer *buffer, const char *version)
{
	int r = buffer_append_text(buffer, ";ver=");

	return r < 0 ? r : buffer_append_text(buffer, version);
}

/* What the links below one path begin with, which come after that path's own: ",</3/0/". */
struct stem {
	char text[PATH_TEXT_MAX + 3];
	size_t len;
};

static struct stem stem_of(const struct path *parent)
{
	struct stem stem = { .text = ",<", .len = 2 };

	stem.len += path_format(parent, stem.text + stem.len);
	stem.text[stem.len++] = '/';
	return stem;
}

static int append_child(struct buffer *buffer, struct stem *stem, uint16_t id)
{
	size_t len = stem->len + path_format_id(id, stem->text + stem->len);

	stem->text[len++] = '>';
	return buffer_append(buffer, stem->text, len);
}

static const char *version_of(const struct object_info *info, enum lwm2m_version version)
{
	return version >= LWM2M_1_2 && info->version_1_2 ? info->version_1_2 : info->version;
}

static int append_object(struct buffer *buffer, const struct object_info *info, enum lwm2m_version version)
{
	const char *own = version_of(info, version);
	struct path path = PATH1(info->id);
	int r = append_link(buffer, &path);

	if (r < 0 || !own)
		return r;
	if (info->id > OBJECT_CORE_LAST && strcmp(own, "1.0") == 0)
		return 0;
	return append_version(buffer, own);
}

static int append_object_with_version(
	struct buffer *buffer, const struct object_info *info, enum lwm2m_version version)
{
	const char *own = version_of(info, version);
	struct path path = PATH1(info->id);
	int r = append_link(buffer, &path);

	return r < 0 ? r : append_version(buffer, own ? own : "1.0");
}

struct walk {
	const struct object *object;
	const struct attributes_store *attributes;
	uint16_t session;
	enum lwm2m_version version;
	struct buffer *buffer;
};

static int append_attributes(const struct walk *walk, struct path path)
{
	struct attributes own;

	if (walk->attributes->count == 0)
		return 0;
	own = attributes_get(walk->attributes, walk->session, &path);
	return attributes_format(&own, walk->buffer);
}

/* How many instances a multiple resource has. */
static int append_dimension(struct buffer *buffer, int count)
{
	const struct value value = VALUE_INTEGER(count);
	char text[VALUE_TEXT_MAX];
	int r = buffer_append_text(buffer, ";dim=");

	return r < 0 ? r : buffer_append(buffer, text, value_format(&value, text));
}

static int append_resource_instances(
	const struct walk *walk, struct path resource, const uint16_t *ids, int count)
{
	struct stem stem = stem_of(&resource);
	int r = 0;

	for (int i = 0; i < count && r >= 0; i++) {
		r = append_child(walk->buffer, &stem, ids[i]);
		if (r >= 0)
			r = append_attributes(walk, path_child(resource, ids[i]));
	}
	return r;
}

/* The resources that an instance has now; with what is attached to them where attached says so. */
static int append_resources(const struct walk *walk, struct path instance, bool attached, unsigned int levels)
{
	const struct object_info *info = walk->object->info;
	struct stem stem = stem_of(&instance);
	int r = 0;

	for (size_t i = 0; i < info->n_resources && r >= 0; i++) {
		const struct resource_info *resource = &info->resources[i];
		const uint16_t *ids;
		int count = walk->object->ops->probe(walk->object, instance.ids[1], resource, &ids);

		if (count < 0)
			continue;
		r = append_child(walk->buffer, &stem, resource->id);
		if (r >= 0 && resource->flags & RESOURCE_MULTIPLE)
			r = append_dimension(walk->buffer, count);
		if (r >= 0 && attached)
			r = append_attributes(walk, path_child(instance, resource->id));
		if (r >= 0 && levels > 1)
			r = append_resource_instances(walk, path_child(instance, resource->id), ids, count);
	}
	return r;
}

static int append_instance(const struct walk *walk, uint16_t iid, bool attached, unsigned int levels)
{
	struct path path = PATH2(walk->object->info->id, iid);
	int r = append_link(walk->buffer, &path);

	if (r >= 0)
		r = append_attributes(walk, path);
	return r < 0 || levels == 0 ? r : append_resources(walk, path, attached, levels);
}

static int discover_object(const struct walk *walk, unsigned int levels)
{
	int r = append_object(walk->buffer, walk->object->info, walk->version);

	if (r >= 0)
		r = append_attributes(walk, PATH1(walk->object->info->id));
	for (size_t i = 0; levels > 0 && i < walk->object->n_instances && r >= 0; i++)
		r = append_instance(walk, walk->object->instances[i], false, levels - 1);
	return r;
}

/* A resource's own link shows what it inherits too. */
static int discover_resource(const struct walk *walk, const struct target *target, unsigned int levels)
{
	struct attributes effective = attributes_effective(walk->attributes, walk->session, &target->path);
	const uint16_t *ids;
	int count = walk->object->ops->probe(walk->object, target->path.ids[1], target->resource, &ids);
	int r = append_link(walk->buffer, &target->path);

	if (r >= 0 && target->resource->flags & RESOURCE_MULTIPLE)
		r = append_dimension(walk->buffer, count < 0 ? 0 : count);
	if (r >= 0)
		r = attributes_format(&effective, walk->buffer);
	return r < 0 || levels == 0 ? r : append_resource_instances(walk, target->path, ids, count);
}

int discover_depth(struct bytes query, int *ret)
{
	static const char name[] = "depth=";

	*ret = -1;
	while (query.len > 0) {
		const uint8_t *end = memchr(query.data, '&', query.len);
		size_t len = end ? (size_t)(end - query.data) : query.len;

		if (len >= strlen(name) && memcmp(query.data, name, strlen(name)) == 0) {
			uint8_t digit = len == strlen(name) + 1 ? query.data[len - 1] : '\0';

			if (*ret >= 0 || digit < '0' || digit > '3')
				return -EINVAL;
			*ret = digit - '0';
		}
		len += end ? 1 : 0;
		query = BYTES(query.data + len, query.len - len);
	}
	return 0;
}

int discover_target(const struct target *target, const struct attributes_store *attributes, uint16_t session,
		    enum lwm2m_version version, int depth, struct buffer *ret)
{
	unsigned int levels = depth >= 0 ? (unsigned int)depth : target->path.depth == PATH_OBJECT ? 2 : 1;

	struct walk walk = { target->object, attributes, session, version, ret };

	switch (target->path.depth) {
	case PATH_OBJECT:
		return discover_object(&walk, levels);
	case PATH_INSTANCE:
		return append_instance(&walk, target->path.ids[1], true, levels);
	default:
		return discover_resource(&walk, target, levels);
	}
}

static int append_instances(struct buffer *buffer, const struct object *object)
{
	int r = 0;

	for (size_t i = 0; i < object->n_instances && r >= 0; i++) {
		struct path path = PATH2(object->info->id, object->instances[i]);

		r = append_link(buffer, &path);
	}
	return r;
}

static int append_list(const struct registry *registry, enum lwm2m_version version, struct buffer *ret,
		       int (*append)(struct buffer *buffer, const struct object_info *info,
			       enum lwm2m_version version))
{
	int r = 0;

	for (size_t i = 0; i < registry->n_objects && r >= 0; i++) {
		const struct object *object = registry->objects[i];

		if (object->info->flags & OBJECT_HIDDEN)
			continue;
		r = append(ret, object->info, version);
		if (r >= 0)
			r = append_instances(ret, object);
	}
	return r;
}

int discover_registry(const struct registry *registry, enum lwm2m_version version, struct buffer *ret)
{
	return append_list(registry, version, ret, append_object);
}

int discover_profile(const struct registry *registry, struct buffer *ret)
{
	return append_list(registry, LWM2M_1_2, ret, append_object_with_version);
}

int discover_root(enum lwm2m_version version, struct buffer *ret)
{
	int r = buffer_append_text(ret, "</>;rt=\"oma.lwm2m\";ct=\"");

	if (r >= 0)
		r = codec_append_offered(version, ret);
	return r < 0 ? r : buffer_append_byte(ret, '"');
}
