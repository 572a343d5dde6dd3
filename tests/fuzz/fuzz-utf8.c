/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cleanup.h"
#include "base/utf8.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	_cleanup_(buffer_deinit) struct buffer mended = { 0 };
	struct bytes text = BYTES(data, len);
	bool valid = utf8_valid(text);

	for (struct bytes piece = utf8_next(&text); piece.len > 0; piece = utf8_next(&text))
		CHECK(buffer_append(&mended, piece.data, piece.len) == 0);
	CHECK(text.len == 0);
	CHECK(utf8_valid(buffer_bytes(&mended)));
	CHECK(bytes_equal(buffer_bytes(&mended), BYTES(data, len)) == valid);
	return 0;
}
