/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"
#include "lwm2m/path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct path path;
	char text[PATH_TEXT_MAX];

	if (path_parse(BYTES(data, len), &path) < 0)
		return 0;
	CHECK(path_format(&path, text) == len);
	CHECK(memcmp(text, data, len) == 0);
	for (unsigned int i = 0; i < 4; i++)
		CHECK(path.ids[i] != PATH_ID_NONE && (i < path.depth || path.ids[i] == 0));
	return 0;
}
