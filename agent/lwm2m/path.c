/* SPDX-License-Identifier: Apache-2.0 */
#include "lwm2m/path.h"

#include "base/cleanup.h"

int path_compare(const struct path *a, const struct path *b)
{
	unsigned int depth = a->depth < b->depth ? a->depth : b->depth;

	for (unsigned int i = 0; i < depth; i++)
		if (a->ids[i] != b->ids[i])
			return a->ids[i] < b->ids[i] ? -1 : 1;
	return (int)a->depth - (int)b->depth;
}

int path_id_parse(struct bytes text, bool none_allowed, uint16_t *ret)
{
	uint32_t id = 0;

	if (text.len == 0 || text.len > 5 || (text.data[0] == '0' && text.len > 1))
		return -EINVAL;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return -EINVAL;
		id = id * 10 + (text.data[i] - '0');
	}
	if (id > PATH_ID_NONE || (id == PATH_ID_NONE && !none_allowed))
		return -EINVAL;
	*ret = (uint16_t)id;
	return 0;
}

int path_parse(struct bytes text, struct path *ret)
{
	struct path path = PATH0();
	size_t at = 1;
	int r;

	if (text.len == 0 || text.data[0] != '/')
		return -EINVAL;
	while (at < text.len) {
		size_t end = at;

		while (end < text.len && text.data[end] != '/')
			end++;
		if (path.depth == ELEMENTSOF(path.ids) || end + 1 == text.len)
			return -EINVAL;
		r = path_id_parse(BYTES(text.data + at, end - at), false, &path.ids[path.depth]);
		if (r < 0)
			return r;
		path.depth++;
		at = end + 1;
	}
	*ret = path;
	return 0;
}

size_t path_format_id(uint16_t id, char ret[PATH_ID_TEXT_MAX])
{
	size_t len = 1U + (id >= 10) + (id >= 100) + (id >= 1000) + (id >= 10000);

	for (size_t i = len; i > 0; id /= 10)
		ret[--i] = (char)('0' + id % 10);
	return len;
}

size_t path_format_below(const struct path *path, unsigned int depth, char ret[PATH_TEXT_MAX - 1])
{
	size_t len = 0;

	for (unsigned int i = depth; i < path->depth; i++) {
		if (i > depth)
			ret[len++] = '/';
		len += path_format_id(path->ids[i], ret + len);
	}
	ret[len] = '\0';
	return len;
}

size_t path_format(const struct path *path, char ret[PATH_TEXT_MAX])
{
	ret[0] = '/';
	return 1 + path_format_below(path, 0, ret + 1);
}
