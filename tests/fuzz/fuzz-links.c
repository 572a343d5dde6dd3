/* SPDX-License-Identifier: Apache-2.0 */
/* Link format as the lab server reads it; the first byte is a format to look for. */
#include "base/cleanup.h"
#include "fuzz.h"
#include "links.h"

static bool is_in(struct bytes part, const char *text, size_t len)
{
	return part.len == 0 || ((const char *)part.data >= text && (const char *)part.data + part.len <= text + len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct links links;
	struct bytes one;

	if (len == 0 || links_parse(BYTES(data + 1, len - 1), &links) < 0)
		return 0;
	CHECK(links.count <= LINKS_MAX && is_in(links.root, links.text, len) && is_in(links.formats, links.text, len));
	for (size_t i = 0; i < links.count; i++) {
		struct bytes rest = links.entries[i].attributes;

		CHECK(is_in(rest, links.text, len) && links.entries[i].path.depth <= PATH_RESOURCE_INSTANCE);
		if (links_attribute(rest, "ver", &one))
			CHECK(is_in(one, links.text, len));
		while (links_next_attribute(&rest, &one))
			CHECK(is_in(one, links.text, len));
		CHECK(rest.len == 0);
	}
	(void)links_has_format(&links, data[0]);
	links_deinit(&links);
	return 0;
}
