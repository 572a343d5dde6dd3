/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"
#include "lwm2m/operation.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (operation_check_arguments(BYTES(data, len)) < 0 || len == 0)
		return 0;
	/* A plugin reads them as a C string. */
	CHECK(!memchr(data, 0, len));
	CHECK(data[0] >= '0' && data[0] <= '9');
	CHECK(data[len - 1] == '\'' || (data[len - 1] >= '0' && data[len - 1] <= '9'));
	return 0;
}
