/* SPDX-License-Identifier: Apache-2.0 */
#include "io/endpoint.h"

#include <stdio.h>
#include <systemd/sd-id128.h>

#define APPLICATION SD_ID128_MAKE(f3, 5c, 2a, 0d, 7b, 1e, 4f, 96, 8a, 44, c9, 03, de, 61, 57, b8)

int endpoint_default(char ret[ENDPOINT_DEFAULT_MAX])
{
	sd_id128_t id;
	int r = sd_id128_get_machine_app_specific(APPLICATION, &id);

	if (r < 0)
		return r;
	snprintf(ret, ENDPOINT_DEFAULT_MAX, "urn:uuid:" SD_ID128_UUID_FORMAT_STR, SD_ID128_FORMAT_VAL(id));
	return 0;
}
