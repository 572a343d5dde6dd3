/* SPDX-License-Identifier: Apache-2.0 */
#include "lwm2m/version.h"

#include "base/cleanup.h"

static const char *const names[] = { [LWM2M_1_0] = "1.0", [LWM2M_1_1] = "1.1", [LWM2M_1_2] = "1.2" };

const char *version_name(enum lwm2m_version version)
{
	return names[version];
}

int version_parse(struct bytes text, enum lwm2m_version *ret)
{
	for (size_t i = 0; i < ELEMENTSOF(names); i++)
		if (bytes_equal(text, bytes_of(names[i]))) {
			*ret = (enum lwm2m_version)i;
			return 0;
		}
	return -EINVAL;
}
