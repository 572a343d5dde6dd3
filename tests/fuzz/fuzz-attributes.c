/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cleanup.h"
#include "fuzz.h"
#include "lwm2m/attributes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	_cleanup_(buffer_deinit) struct buffer buffer = { 0 };
	struct attributes attributes = { 0 }, again = { 0 };

	if (attributes_parse(BYTES(data, len), &attributes) < 0) {
		CHECK(attributes.set == 0);
		return 0;
	}
	CHECK(attributes_format(&attributes, &buffer) == 0);
	if (buffer.len == 0)
		return 0;
	for (size_t i = 0; i < buffer.len; i++)
		if (buffer.data[i] == ';')
			buffer.data[i] = '&';
	CHECK(attributes_parse(BYTES(buffer.data + 1, buffer.len - 1), &again) == 0);
	CHECK(again.set == attributes.set);
	for (enum attribute which = 0; which < _ATTRIBUTE_MAX; which++)
		CHECK(!attributes_has(&again, which) || again.values[which] == attributes.values[which]);
	return 0;
}
