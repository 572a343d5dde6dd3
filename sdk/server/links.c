/* SPDX-License-Identifier: Apache-2.0 */
#include "links.h"

#include <stdlib.h>

#include "base/cleanup.h"

/* The length up to the next separator outside of quotes, or all of it. */
static size_t span(struct bytes text, char separator)
{
	bool quoted = false;

	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == '"')
			quoted = !quoted;
		else if (text.data[i] == separator && !quoted)
			return i;
	}
	return text.len;
}

static struct bytes skip(struct bytes text, size_t n)
{
	return BYTES(text.data + n, text.len - n);
}

static bool take(struct bytes *rest, char separator, struct bytes *ret)
{
	size_t len = span(*rest, separator);

	if (rest->len == 0)
		return false;
	*ret = BYTES(rest->data, len);
	*rest = skip(*rest, len < rest->len ? len + 1 : len);
	return true;
}

bool links_next_attribute(struct bytes *attributes, struct bytes *ret)
{
	while (attributes->len > 0 && attributes->data[0] == ';')
		*attributes = skip(*attributes, 1);
	return take(attributes, ';', ret);
}

bool links_attribute(struct bytes attributes, const char *name, struct bytes *ret)
{
	size_t len = strlen(name);
	struct bytes one;

	while (links_next_attribute(&attributes, &one)) {
		if (one.len < len || memcmp(one.data, name, len) != 0 ||
			(one.len > len && one.data[len] != '='))
			continue;
		one = skip(one, one.len > len ? len + 1 : len);
		if (one.len >= 2 && one.data[0] == '"' && one.data[one.len - 1] == '"')
			one = BYTES(one.data + 1, one.len - 2);
		*ret = one;
		return true;
	}
	return false;
}

static bool is_root(struct bytes attributes)
{
	struct bytes type;

	return links_attribute(attributes, "rt", &type) && bytes_equal(type, BYTES_LITERAL("oma.lwm2m"));
}

static struct bytes trim(struct bytes text)
{
	while (text.len > 0 && text.data[0] == ' ')
		text = skip(text, 1);
	while (text.len > 0 && text.data[text.len - 1] == ' ')
		text.len--;
	return text;
}

static int split_link(struct bytes link, struct bytes *ret_target, struct bytes *ret_attributes)
{
	const uint8_t *end;

	link = trim(link);
	end = link.len > 1 && link.data[0] == '<' ? memchr(link.data, '>', link.len) : NULL;
	if (!end)
		return -EBADMSG;
	*ret_target = BYTES(link.data + 1, (size_t)(end - link.data - 1));
	*ret_attributes = skip(link, (size_t)(end - link.data) + 1);
	return ret_attributes->len == 0 || ret_attributes->data[0] == ';' ? 0 : -EBADMSG;
}

/* The root link may come anywhere, so that it is looked for first. */
static int find_root(struct bytes rest, struct links *links)
{
	struct bytes link, target, attributes;

	while (take(&rest, ',', &link)) {
		if (trim(link).len == 0)
			continue;
		if (split_link(link, &target, &attributes) < 0)
			return -EBADMSG;
		if (is_root(attributes) || bytes_equal(target, BYTES_LITERAL("/")))
			(void)links_attribute(attributes, "ct", &links->formats);
		if (!is_root(attributes))
			continue;
		while (target.len > 0 && target.data[target.len - 1] == '/')
			target.len--;
		links->root = target;
	}
	return 0;
}

static int add_entry(struct links *links, struct bytes target, struct bytes attributes)
{
	struct path path;

	if (links->root.len > 0) {
		if (target.len < links->root.len ||
			memcmp(target.data, links->root.data, links->root.len) != 0)
			return 0;
		target = skip(target, links->root.len);
	}
	if (is_root(attributes) || path_parse(target, &path) < 0)
		return 0;
	if (links->count == LINKS_MAX)
		return -E2BIG;
	if ((links->count & (links->count - 1)) == 0) {
		struct links_entry *entries =
			reallocarray(links->entries, links->count ? 2 * links->count : 1, sizeof(*entries));

		if (!entries)
			return -ENOMEM;
		links->entries = entries;
	}
	links->entries[links->count++] = (struct links_entry){ path, attributes };
	return 0;
}

static int add_entries(struct links *links, struct bytes rest)
{
	struct bytes link, target, attributes;
	int r;

	while (take(&rest, ',', &link)) {
		if (trim(link).len == 0)
			continue;
		(void)split_link(link, &target, &attributes);
		r = add_entry(links, target, attributes);
		if (r < 0)
			return r;
	}
	return 0;
}

int links_parse(struct bytes text, struct links *ret)
{
	struct links links = { 0 };
	struct bytes copy;
	int r;

	links.text = malloc(text.len + 1);
	if (!links.text)
		return -ENOMEM;
	if (text.len > 0)
		memcpy(links.text, text.data, text.len);
	links.text[text.len] = '\0';
	copy = BYTES(links.text, text.len);
	r = find_root(copy, &links);
	if (r >= 0)
		r = add_entries(&links, copy);
	if (r < 0) {
		links_deinit(&links);
		return r;
	}
	*ret = links;
	return 0;
}

void links_deinit(struct links *links)
{
	free(links->text);
	free(links->entries);
	*links = (struct links){ 0 };
}

bool links_has_format(const struct links *links, int format)
{
	struct bytes rest = links->formats, one;

	while (take(&rest, ' ', &one)) {
		int number = 0;

		for (size_t i = 0; i < one.len && one.data[i] >= '0' && one.data[i] <= '9' && i < 5; i++)
			number = number * 10 + (one.data[i] - '0');
		if (one.len > 0 && number == format)
			return true;
	}
	return false;
}
