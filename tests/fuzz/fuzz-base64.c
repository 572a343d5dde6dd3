/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"
#include "base/cleanup.h"
#include "fuzz.h"

static void check_again(struct bytes bytes, bool url)
{
	_cleanup_(freep) char *text = malloc(BASE64_TEXT_MAX(bytes.len) + 1);
	_cleanup_(freep) uint8_t *again = malloc(bytes.len + 3);
	size_t len, text_len;

	CHECK(text && again);
	text_len = base64_encode(bytes, url, text);
	CHECK(text_len <= BASE64_TEXT_MAX(bytes.len));
	CHECK(base64_decode(BYTES(text, text_len), again, &len) == 0);
	CHECK(bytes_equal(BYTES(again, len), bytes));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	_cleanup_(freep) uint8_t *bytes = malloc(BASE64_BYTES_MAX(len) + 1);
	size_t bytes_len;

	CHECK(bytes);
	check_again(BYTES(data, len), false);
	if (base64_decode(BYTES(data, len), bytes, &bytes_len) < 0)
		return 0;
	CHECK(bytes_len <= BASE64_BYTES_MAX(len));
	check_again(BYTES(bytes, bytes_len), true);
	return 0;
}
